/*
 * collector_visit.h -- passes over the set of a collection, and over what its objects hold.
 */
#ifndef OBJECTS_COLLECTOR_VISIT_H
#define OBJECTS_COLLECTOR_VISIT_H

#include "objects/collector_internal.h"

/* Visitors are inlined into the loops that they are for; a build for debugging (-Og) cannot. */
#ifdef NDEBUG
#define VISITOR static inline __attribute__((always_inline)) void
#else
#define VISITOR static inline void
#endif

/* ---- the set ---- */

/*
 * One pass over the set: what its visitor counts is local to it, so that the compiler can keep it
 * in registers. References found are not followed at once but AHEAD references later, when their
 * memory, asked for as they were found, is there.
 */
enum { AHEAD = 32 };

typedef struct pass {
    unsigned generation;
    size_t n_seen;
    size_t n_skipped;         /* in pools of old leaves */
    size_t n_leaves;          /* old leaves among those seen */
    bool has_lazy, has_cares; /* an object with OBJECT_LAZY, OBJECT_CARE was seen */
    object_array *stack;
    size_t n_roots;
    size_t n_marked;
    size_t n_found;  /* references */
    size_t n_zero;   /* objects whose count fell to 0 */
    size_t n_strays; /* references from garbage to what is none */
    object *ahead[AHEAD];
} pass;

static inline bool in_set(unsigned generation, const object *o)
{
    return object_rank(o) <= generation;
}

typedef void set_visitor(pass *p, object *o);

typedef struct set_visit {
    pass *p;
    set_visitor *visit;
} set_visit;

VISITOR visit_in_set(object *o, void *argument)
{
    const set_visit *v = argument;
    if (in_set(v->p->generation, o))
        v->visit(v->p, o);
}

VISITOR for_set(const collection *k, pass *p, set_visitor *visit)
{
    if (k->walks && collector_is_watched(k->rt)) {
        pass kept = *p; /* that of the other walk is seen by no code that is not inlined */
        set_visit v = {&kept, visit};
        collector_walk_watched(k->rt, visit_in_set, &v);
        *p = kept;
        return;
    }
    if (k->walks) {
        set_visit v = {p, visit};
        collector_walk_inlined(k->rt, visit_in_set, &v);
        return;
    }
    for (unsigned g = 0; g <= k->generation; g++) {
        const collector_list *list = &k->rt->collector.young[g];
        for (uint32_t i = 0; i < list->n_objects; i++)
            visit(p, list->objects[i]);
    }
}

/* A leaf is an object that holds no reference. A pool of leaves of the oldest generation is noted
 * (heap.h) and not looked at again, while it is full and none of them was given one. */
static inline bool is_old_leaf(unsigned flags)
{
    const unsigned telling = OBJECT_RANK | OBJECT_VISITED | OBJECT_LAZY | OBJECT_HOLDS;
    return (flags & telling) == COLLECTOR_OLDEST;
}

VISITOR visit_pool(heap_pool *pool, void *argument)
{
    const set_visit *v = argument;
    pass *p = v->p;
    if (heap_is_noted(heap_pool_start(pool))) {
        p->n_skipped += p->generation == COLLECTOR_OLDEST ? pool->n_live : 0;
        return;
    }
    size_t n_before = p->n_leaves;
    collector_walk_pool(pool, visit_in_set, argument);
    if (p->n_leaves - n_before == pool->n_blocks)
        heap_note(pool);
}

/* A visitor that has nothing to do with old leaves may pass over them. */
VISITOR for_set_but_leaves(const collection *k, pass *p, set_visitor *visit)
{
    if (!k->walks || collector_is_watched(k->rt)) {
        for_set(k, p, visit);
        return;
    }
    set_visit v = {p, visit};
    collector_walk_pools(k->rt, visit_pool, &v);
}

typedef void child_visitor(pass *p, object *child);

VISITOR for_span(pass *p, value_span span, child_visitor *visit)
{
    for (size_t i = 0; i < span.n; i++) {
        value v = span.first[i * span.stride];
        if (value_is_object(v))
            visit(p, value_to_object(v));
    }
}

/* Plain instances, most of all objects, are looked at without a call. */
VISITOR for_children(pass *p, const object *o, child_visitor *visit)
{
    if ((o->flags & OBJECT_HOLDS) == 0)
        return;
    const type *t = o->type;
    uintptr_t n = t->n_inline;
    if (t->scan == TYPE_SCAN_INLINE)
        n = object_words_of(o)->attributes & OBJECT_CAPACITY_MASK;
    if (t->scan != TYPE_SCAN_SPANS && n != 0) {
        for_span(p, (value_span){object_values(o), n, 1}, visit);
        return;
    }
    value_span spans[OBJECT_MAX_SPANS];
    unsigned n_spans = object_spans(o, spans);
    for (unsigned i = 0; i < n_spans; i++)
        for_span(p, spans[i], visit);
}

/* Asks for the memory of a child, and visits the one that was asked for AHEAD children ago. */
VISITOR visit_later(pass *p, object *child, child_visitor *visit)
{
    object **place = &p->ahead[p->n_found++ % AHEAD];
    object *due = *place;
    *place = child;
    __builtin_prefetch(child, 1);
    if (due != NULL)
        visit(p, due);
}

VISITOR visit_rest(pass *p, child_visitor *visit)
{
    for (size_t i = 0; i < AHEAD; i++) {
        object *due = p->ahead[(p->n_found + i) % AHEAD];
        p->ahead[(p->n_found + i) % AHEAD] = NULL;
        if (due != NULL)
            visit(p, due);
    }
}

#endif
