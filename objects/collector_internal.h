/*
 * collector_internal.h -- what the files of the collector share and nobody else sees.
 */
#ifndef OBJECTS_COLLECTOR_INTERNAL_H
#define OBJECTS_COLLECTOR_INTERNAL_H

#include "objects/heap_internal.h"
#include "objects/object.h"

typedef struct collector_subscriber {
    collector_callback *run;
    void *argument;
} collector_subscriber;

/* Room for n. False without memory. */
bool object_array_map(object_array *a, size_t n);
void object_array_unmap(object_array *a);

/* Puts an object that is in no list into a generation, into its list if that has room. */
void collector_put(runtime *rt, object *o, unsigned generation);

/* Tells the subscribers. */
void collector_notify(runtime *rt, collector_phase phase, const collector_trace *trace);

static inline void object_set_rank(object *o, unsigned rank)
{
    o->flags = (uint16_t)((o->flags & ~(unsigned)OBJECT_RANK) | rank);
}

static inline void object_drop_flags(object *o, unsigned flags)
{
    o->flags = (uint16_t)(o->flags & ~flags);
}

typedef void object_visitor(object *o, void *argument);

/*
 * Visits every object of a pool: each block that is not free, which its flags tell; in a watched
 * heap, where free blocks must not be read, the list of free ones. Inlined with its visitor.
 */
static inline __attribute__((always_inline)) void collector_walk_pool(const heap_state *s,
                                                                      const heap_pool *pool,
                                                                      object_visitor *visit,
                                                                      void *argument)
{
    unsigned char is_free[HEAP_POOL_BYTES / HEAP_ALIGNMENT];
    bool watched = s->watched;
    if (watched && heap_mark_free(pool, is_free) < 0)
        return; /* damaged */
    size_t n_bytes = heap_class_bytes(pool->size_class);
    size_t i = 0;
    for (char *block = heap_pool_start(pool); block != pool->virgin; block += n_bytes, i++) {
        object *o = (object *)(void *)block;
        if (watched ? is_free[i] == 0 : o->flags != 0)
            visit(o, argument);
    }
}

static inline __attribute__((always_inline)) void
collector_walk(const runtime *rt, object_visitor *visit, void *argument)
{
    const heap_state *s = heap_state_of(rt->objects);
    for (const heap_arena *a = s->first; a != NULL; a = a->next) {
        const heap_pool *pools = (const heap_pool *)(const void *)a + 1;
        for (size_t i = 0; i < a->n_taken; i++) {
            if (pools[i].state != HEAP_POOL_FREE && pools[i].n_live != 0)
                collector_walk_pool(s, &pools[i], visit, argument);
        }
    }
}

#endif
