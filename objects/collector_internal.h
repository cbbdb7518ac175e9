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

/* A collection that runs. */
typedef struct collection {
    runtime *rt;
    unsigned generation;
    bool walks; /* the pools; otherwise the lists have all objects of the set */
    bool has_references;
    bool has_lazy;         /* tuples or dicts that may no longer have to be tracked */
    bool has_weakrefs;     /* of garbage, or as garbage */
    bool is_closed;        /* garbage is plain instances that refer to each other only */
    object_array *stack;   /* marked, contents not yet looked at */
    object_array *garbage; /* in the order in which they were found */
    collector_trace trace;
} collection;

/* Finds garbage and holds it under a reference of ours; survivors move up. */
void collector_find_garbage(collection *k);

/* Clears, finalizes and frees the garbage that was found. */
void collector_dispose(collection *k);

/* Room for n. False without memory. */
bool object_array_map(object_array *a, size_t n);
void object_array_unmap(object_array *a);

/* Tells the subscribers. */
void collector_notify(runtime *rt, collector_phase phase, const collector_trace *trace);

static inline bool object_has_weakrefs(const object *o)
{
    return o->type->layout != LAYOUT_SLOTS && object_words_of(o)->weakrefs != NULL;
}

static inline void object_set_rank(object *o, unsigned rank)
{
    o->flags = (uint16_t)((o->flags & ~(unsigned)OBJECT_RANK) | rank);
}

static inline void object_drop_flags(object *o, unsigned flags)
{
    o->flags = (uint16_t)(o->flags & ~flags);
}

/* Puts an object that is in no list into a generation, into its list if that has room. */
static inline void collector_put(runtime *rt, object *o, unsigned generation)
{
    uint16_t place = OBJECT_UNLISTED;
    if (generation < COLLECTOR_OLDEST) {
        collector_list *list = &rt->collector.young[generation];
        if (__builtin_expect(list->n_objects < COLLECTOR_LIST_CAPACITY, 1)) {
            place = (uint16_t)list->n_objects;
            list->objects[list->n_objects++] = o;
        } else {
            list->has_unlisted = true;
        }
    }
    object_set_rank(o, generation);
    o->listed = place;
}

typedef void object_visitor(object *o, void *argument);

/* How far ahead of a walk memory is asked for: over the end of a pool, too, where no processor
 * looks by itself. */
enum { COLLECTOR_WALK_AHEAD = 1024 };

/* Visits every object of a pool: each block that is not free, which its flags tell. */
static inline __attribute__((always_inline)) void
collector_walk_pool(const heap_pool *pool, object_visitor *visit, void *argument)
{
    size_t n_bytes = heap_class_bytes(pool->size_class);
    const char *end = pool->virgin;
    for (char *block = heap_pool_start(pool); block != end; block += n_bytes) {
        object *o = (object *)(void *)block;
        __builtin_prefetch(block + COLLECTOR_WALK_AHEAD);
        if (o->flags != 0)
            visit(o, argument);
    }
}

typedef void pool_visitor(heap_pool *pool, void *argument);

/* Visits every pool with a block in use: inlined with its visitor. */
static inline __attribute__((always_inline)) void
collector_walk_pools(const runtime *rt, pool_visitor *visit, void *argument)
{
    for (heap_arena *a = heap_state_of(rt->objects)->first; a != NULL; a = a->next) {
        heap_pool *pools = (heap_pool *)(void *)a + 1;
        for (size_t i = 0; i < a->n_taken; i++) {
            if (pools[i].state != HEAP_POOL_FREE && pools[i].n_live != 0)
                visit(&pools[i], argument);
        }
    }
}

typedef struct collector_pool_visit {
    object_visitor *visit;
    void *argument;
} collector_pool_visit;

static inline __attribute__((always_inline)) void collector_visit_pool(heap_pool *pool,
                                                                       void *argument)
{
    const collector_pool_visit *v = argument;
    collector_walk_pool(pool, v->visit, v->argument);
}

/* Visits every object of a heap that is not watched: inlined with its visitor. */
static inline __attribute__((always_inline)) void
collector_walk_inlined(const runtime *rt, object_visitor *visit, void *argument)
{
    collector_pool_visit v = {visit, argument};
    collector_walk_pools(rt, collector_visit_pool, &v);
}

/* The same in a watched heap, where free blocks must not be read: the list of the free ones is. */
void collector_walk_watched(const runtime *rt, object_visitor *visit, void *argument);

/* Pools are noted while all their objects are old leaves (collector_visit.h): not any more. */
void collector_drop_notes(const runtime *rt);

static inline bool collector_is_watched(const runtime *rt)
{
    return heap_state_of(rt->objects)->watched;
}

/* Visits every object of any heap. */
void collector_walk(const runtime *rt, object_visitor *visit, void *argument);

#endif
