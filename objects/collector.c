/* collector.c -- a collection: subtract, mark, and what becomes of garbage. collector.h says how.
 */
#include "objects/collector.h"

#include "objects/collector_internal.h"
#include "objects/dict_object.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

#include <time.h>

/* Visitors are inlined into the loops that they are for; a build for debugging (-Og) cannot. */
#ifdef NDEBUG
#define VISITOR static inline __attribute__((always_inline)) void
#else
#define VISITOR static inline void
#endif

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

/* ---- subtract ---- */

VISITOR subtract_now(pass *p, object *child)
{
    if (in_set(p->generation, child))
        p->n_zero += --child->refcount == 0;
}

VISITOR subtract_child(pass *p, object *child)
{
    visit_later(p, child, subtract_now);
}

VISITOR subtract(pass *p, object *o)
{
    unsigned flags = o->flags;
    p->n_seen++;
    if ((flags & (OBJECT_VISITED | OBJECT_LAZY)) != 0) {
        p->has_lazy |= (flags & OBJECT_LAZY) != 0;
        object_drop_flags(o, OBJECT_VISITED);
    }
    /* Of a full collection all are in the oldest generation from now on, and still in the set. */
    if (p->generation == COLLECTOR_OLDEST && (flags & OBJECT_RANK) != COLLECTOR_OLDEST) {
        object_set_rank(o, COLLECTOR_OLDEST);
        o->listed = OBJECT_UNLISTED;
    }
    if ((flags & OBJECT_HOLDS) == 0)
        p->n_leaves += is_old_leaf(o->flags);
    else
        for_children(p, o, subtract_child);
}

/* Returns how many objects are held from inside of the set only. */
static size_t subtract_all(collection *k)
{
    pass p = {.generation = k->generation};
    for_set_but_leaves(k, &p, subtract);
    visit_rest(&p, subtract_now);
    k->trace.n_objects = p.n_seen + p.n_skipped;
    k->has_lazy = p.has_lazy;
    k->has_references = p.n_found != 0;
    return p.n_zero;
}

/* ---- mark ---- */

/* What rises from 0 was no root, or its turn has come before it rose: it is looked at from here. */
VISITOR mark_now(pass *p, object *child)
{
    if (in_set(p->generation, child) && child->refcount++ == 0) {
        child->flags |= OBJECT_VISITED;
        p->stack->objects[p->stack->n++] = child;
    }
}

VISITOR mark_child(pass *p, object *child)
{
    visit_later(p, child, mark_now);
}

VISITOR mark_contents(pass *p, object *o)
{
    p->n_marked++;
    for_children(p, o, mark_child);
}

VISITOR mark(pass *p, object *o)
{
    if (o->refcount == 0 || (o->flags & OBJECT_VISITED) != 0)
        return;
    p->n_roots++;
    mark_contents(p, o);
}

/* The rest of the marking may add more to the stack. */
static void mark_stack(pass *p)
{
    do {
        while (p->stack->n > 0)
            mark_contents(p, p->stack->objects[--p->stack->n]);
        visit_rest(p, mark_now);
    } while (p->stack->n > 0);
}

/* All are roots: the marks would do no more than to add again what was subtracted. */
VISITOR restore_now(pass *p, object *child)
{
    if (in_set(p->generation, child))
        child->refcount++;
}

VISITOR restore_child(pass *p, object *child)
{
    visit_later(p, child, restore_now);
}

VISITOR restore(pass *p, object *o)
{
    for_children(p, o, restore_child);
}

static void restore_all(collection *k)
{
    pass p = {.generation = k->generation};
    if (k->has_references)
        for_set_but_leaves(k, &p, restore);
    visit_rest(&p, restore_now);
    k->trace.n_roots = k->trace.n_objects;
    k->trace.n_marked = k->trace.n_objects;
}

/* Old leaves are marked like all others. */
static void mark_all(collection *k)
{
    if (k->walks)
        collector_drop_notes(k->rt);
    pass p = {.generation = k->generation, .stack = k->stack};
    for_set(k, &p, mark);
    mark_stack(&p);
    k->trace.n_roots = p.n_roots;
    k->trace.n_marked = p.n_marked;
}

/* ---- garbage ---- */

static bool has_weakrefs(const object *o)
{
    return o->type->layout != LAYOUT_SLOTS && object_words_of(o)->weakrefs != NULL;
}

/* Adds a reference of garbage again. An object that rises from 0 is garbage, too. */
VISITOR gather_child_now(pass *p, object *child)
{
    if (in_set(p->generation, child) && child->refcount++ == 0)
        child->flags |= OBJECT_GARBAGE;
    p->n_strays += (child->flags & OBJECT_GARBAGE) == 0;
}

VISITOR gather_child(pass *p, object *child)
{
    visit_later(p, child, gather_child_now);
}

/* One reference is ours, under which garbage lives while other code runs. */
VISITOR gather(pass *p, object *o)
{
    if (o->refcount != 0 && (o->flags & OBJECT_GARBAGE) == 0)
        return;
    if ((o->flags & OBJECT_CARE) != 0)
        p->has_cares = true;
    o->flags |= OBJECT_GARBAGE;
    o->refcount++;
    p->stack->objects[p->stack->n++] = o;
    for_children(p, o, gather_child);
}

static void gather_garbage(collection *k)
{
    pass p = {.generation = k->generation, .stack = k->garbage};
    for_set(k, &p, gather);
    visit_rest(&p, gather_child_now);
    k->is_closed = !p.has_cares && p.n_strays == 0;
    for (size_t i = 0; p.has_cares && i < k->garbage->n; i++) {
        const object *o = k->garbage->objects[i];
        k->has_weakrefs |= has_weakrefs(o) || object_is_weakref(o);
    }
}

static bool is_atomic(const object *o)
{
    return o->type->kind == KIND_TUPLE ? tuple_is_atomic(o) : dict_object_is_atomic(o);
}

/* ---- survivors go one generation up; what could not be part of a cycle, out of all ---- */

static void untrack_atomic(collection *k, object *o)
{
    bool may_untrack = o->type->kind == KIND_TUPLE || k->generation == COLLECTOR_OLDEST;
    if (may_untrack && (o->flags & OBJECT_GARBAGE) == 0 && is_atomic(o))
        object_set_rank(o, OBJECT_UNTRACKED);
}

/* Not inlined: most objects are nothing but put into the next generation. */
static __attribute__((noinline)) void promote(object *o, void *argument)
{
    collection *k = argument;
    if (!in_set(k->generation, o))
        return;
    o->listed = OBJECT_UNLISTED;
    if ((o->flags & OBJECT_LAZY) != 0)
        untrack_atomic(k, o);
    bool stays = (o->flags & OBJECT_GARBAGE) != 0 || object_rank(o) == OBJECT_UNTRACKED ||
                 k->generation == COLLECTOR_OLDEST;
    if (!stays)
        collector_put(k->rt, o, k->generation + 1);
}

static void promote_lists(collection *k)
{
    for (unsigned g = 0; g <= k->generation; g++) {
        const collector_list *list = &k->rt->collector.young[g];
        for (uint32_t i = 0; i < list->n_objects; i++) {
            object *o = list->objects[i];
            if (__builtin_expect((o->flags & (OBJECT_LAZY | OBJECT_GARBAGE)) != 0, 0))
                promote(o, k);
            else
                collector_put(k->rt, o, k->generation + 1);
        }
    }
}

static void empty_lists(const collection *k)
{
    collector *c = &k->rt->collector;
    for (unsigned g = 0; g <= k->generation && g < COLLECTOR_OLDEST; g++) {
        c->young[g].n_objects = 0;
        c->young[g].has_unlisted = g == 0 && !c->is_enabled; /* those made from now on */
    }
}

static void promote_survivors(collection *k)
{
    if (k->walks && (k->generation != COLLECTOR_OLDEST || k->has_lazy))
        collector_walk(k->rt, promote, k);
    else if (!k->walks)
        promote_lists(k);
    empty_lists(k);
}

/* The objects of the lists of a generation up to the n-th are in it again. */
static void put_back(const collector_list *list, unsigned generation, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        object_set_rank(list->objects[i], generation);
        list->objects[i]->listed = (uint16_t)i;
    }
}

/* False, with all as it was, if one holds a reference. */
static bool promote_list(const collection *k, unsigned generation)
{
    const unsigned telling = OBJECT_HOLDS | OBJECT_LAZY | OBJECT_VISITED;
    const collector_list *list = &k->rt->collector.young[generation];
    for (uint32_t i = 0; i < list->n_objects; i++) {
        object *o = list->objects[i];
        if (__builtin_expect((o->flags & telling) != 0, 0)) {
            put_back(list, generation, i);
            return false;
        }
        collector_put(k->rt, o, k->generation + 1);
    }
    return true;
}

/* The objects of a list are old leaves now. Those made one after the other lie side by side. */
static void note_pools(const collector_list *list)
{
    for (uint32_t i = 0, n; i < list->n_objects; i += n) {
        heap_pool *pool = heap_pool_of(list->objects[i]);
        for (n = 1; i + n < list->n_objects && heap_pool_of(list->objects[i + n]) == pool;)
            n++;
        if (n == pool->n_blocks)
            heap_note(pool);
    }
}

/* Where no object of the lists holds a reference none can be garbage, and one look at each is
 * enough to promote it. False if one holds any: then all is as it was. */
static bool promote_holders_of_nothing(collection *k)
{
    collector_list *young = k->rt->collector.young;
    collector_list *next = k->generation + 1 < COLLECTOR_OLDEST ? &young[k->generation + 1] : NULL;
    collector_list before = next != NULL ? *next : (collector_list){0};
    size_t n_seen = 0;
    unsigned g = 0;
    for (; g <= k->generation && promote_list(k, g); g++)
        n_seen += young[g].n_objects;
    if (g > k->generation) {
        k->trace.n_objects = k->trace.n_roots = k->trace.n_marked = n_seen;
        for (g = 0; next == NULL && g <= k->generation; g++)
            note_pools(&young[g]);
        empty_lists(k);
        return true;
    }
    while (g-- > 0)
        put_back(&young[g], g, young[g].n_objects);
    if (next != NULL)
        *next = before;
    return false;
}

/* All weak references to garbage, and those that are garbage, are cleared before the first callback
 * runs. */
static void clear_weakrefs(collection *k)
{
    weakref *first = NULL;
    weakref *last = NULL;
    for (size_t i = 0; i < k->garbage->n; i++) {
        object *o = k->garbage->objects[i];
        if (object_is_weakref(o))
            weakref_forget((weakref *)(void *)o);
        weakref *chain = has_weakrefs(o) ? weakref_kill_quietly(o) : NULL;
        if (chain == NULL)
            continue;
        if (first == NULL)
            first = chain;
        else
            last->callback->next = chain;
        for (last = chain; last->callback->next != NULL;)
            last = last->callback->next;
    }
    for (; first != NULL; first = weakref_run_first(first))
        k->trace.n_callbacks++;
}

static void run_finalizers(collection *k)
{
    for (size_t i = 0; i < k->garbage->n; i++)
        k->trace.n_finalized += object_finalize(k->garbage->objects[i]);
}

/* ---- what finalizers brought back: the same again, in the set of garbage ---- */

VISITOR subtract_garbage(pass *p, object *child)
{
    (void)p;
    if ((child->flags & OBJECT_GARBAGE) != 0)
        child->refcount--;
}

VISITOR add_garbage(pass *p, object *child)
{
    (void)p;
    if ((child->flags & OBJECT_GARBAGE) != 0)
        child->refcount++;
}

/* Our own reference is 1. */
VISITOR save_child(pass *p, object *child)
{
    if ((child->flags & OBJECT_GARBAGE) != 0 && child->refcount++ == 1) {
        child->flags |= OBJECT_VISITED;
        p->stack->objects[p->stack->n++] = child;
    }
}

static void save(pass *p, object *o)
{
    o->flags |= OBJECT_SAVED;
    for_children(p, o, save_child);
}

static void save_reached(collection *k)
{
    const object_array *garbage = k->garbage;
    pass p = {.stack = k->stack};
    for (size_t i = 0; i < garbage->n; i++) {
        object_drop_flags(garbage->objects[i], OBJECT_VISITED);
        for_children(&p, garbage->objects[i], subtract_garbage);
    }
    for (size_t i = 0; i < garbage->n; i++) {
        object *o = garbage->objects[i];
        if (o->refcount == 1 || (o->flags & OBJECT_VISITED) != 0)
            continue;
        save(&p, o);
        while (p.stack->n > 0)
            save(&p, p.stack->objects[--p.stack->n]);
    }
    for (size_t i = 0; i < garbage->n; i++) {
        if ((garbage->objects[i]->flags & OBJECT_SAVED) == 0)
            for_children(&p, garbage->objects[i], add_garbage);
    }
}

static unsigned next_generation(const collection *k)
{
    return k->generation == COLLECTOR_OLDEST ? COLLECTOR_OLDEST : k->generation + 1;
}

static void let_live(collection *k, object *o)
{
    object_drop_flags(o, OBJECT_GARBAGE | OBJECT_SAVED);
    collector_put(k->rt, o, next_generation(k));
}

static void keep_saved(collection *k)
{
    object_array *garbage = k->garbage;
    size_t n_kept = 0;
    save_reached(k);
    for (size_t i = 0; i < garbage->n; i++) {
        object *o = garbage->objects[i];
        if ((o->flags & OBJECT_SAVED) == 0) {
            garbage->objects[n_kept++] = o;
            continue;
        }
        let_live(k, o);
        object_decref(o);
        k->trace.n_resurrected++;
    }
    garbage->n = n_kept;
}

static void free_garbage(collection *k)
{
    collector *c = &k->rt->collector;
    object_array saved = {0};
    bool saves = c->saves_all && object_array_map(&saved, c->garbage.n + k->garbage->n);
    for (size_t i = 0; saves && i < c->garbage.n; i++)
        saved.objects[saved.n++] = c->garbage.objects[i];
    for (size_t i = 0; i < k->garbage->n; i++) {
        object *o = k->garbage->objects[i];
        if (saves) {
            let_live(k, o);
            saved.objects[saved.n++] = o; /* our reference becomes the list's */
            continue;
        }
        if (o->refcount > 1)
            object_clear(o);
        object_drop_flags(o, OBJECT_GARBAGE);
        object_decref(o);
    }
    if (!saves)
        return;
    object_array_unmap(&c->garbage);
    c->garbage = saved;
}

/* Nobody can see in which order they go, and none holds anything else: their blocks go back. */
static void free_closed(const collection *k)
{
    enum { FREE_AHEAD = 16 };
    object *const *objects = k->garbage->objects;
    size_t n = k->garbage->n;
    for (size_t i = 0; i < n; i++) {
        __builtin_prefetch(objects[i + FREE_AHEAD < n ? i + FREE_AHEAD : i], 1);
        mem_free_small(objects[i]);
    }
    k->rt->collector.stats[k->generation].n_collected += n;
}

static void dispose(collection *k)
{
    k->trace.n_unreachable = k->garbage->n;
    if (k->is_closed && !k->rt->collector.saves_all) {
        free_closed(k);
        return;
    }
    if (k->has_weakrefs)
        clear_weakrefs(k);
    if (k->rt->collector.has_finalizers)
        run_finalizers(k);
    if (k->trace.n_finalized > 0)
        keep_saved(k);
    size_t n = k->garbage->n;
    collector_stats *stats = &k->rt->collector.stats[k->generation];
    if (k->rt->collector.saves_all)
        stats->n_uncollectable += n;
    else
        stats->n_collected += n;
    free_garbage(k);
}

/* ---- a whole collection ---- */

static void find_garbage(collection *k)
{
    if (!k->walks && promote_holders_of_nothing(k))
        return;
    size_t n_zero = subtract_all(k);
    if (n_zero == 0)
        restore_all(k);
    else if (n_zero < k->trace.n_objects)
        mark_all(k);
    if (k->trace.n_marked < k->trace.n_objects)
        gather_garbage(k);
    promote_survivors(k);
}

/* How many objects the set can have. */
static size_t most_objects(const collection *k)
{
    if (!k->walks)
        return (size_t)2 * COLLECTOR_LIST_CAPACITY;
    heap_stats stats;
    heap_get_stats(k->rt->objects, &stats);
    return stats.n_blocks_live;
}

/* Counters that say when the next collection is due. */
static void count(const collection *k)
{
    collector *c = &k->rt->collector;
    unsigned g = k->generation;
    for (unsigned i = 1; i <= g; i++)
        c->counts[i] = 0;
    if (g < COLLECTOR_OLDEST)
        c->counts[g + 1]++;
    if (g == COLLECTOR_OLDEST - 1)
        c->n_old_pending += k->trace.n_marked;
    if (g != COLLECTOR_OLDEST)
        return;
    bool was_fruitful = k->trace.n_unreachable > k->trace.n_objects / 8;
    unsigned more = c->growth * 2 > COLLECTOR_GROWTH_MOST ? COLLECTOR_GROWTH_MOST : c->growth * 2;
    c->growth = was_fruitful ? COLLECTOR_GROWTH_LEAST : more;
    c->n_old = k->trace.n_marked;
    c->n_old_pending = 0;
}

static uint64_t now_ns(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void run(collection *k)
{
    collector *c = &k->rt->collector;
    uint64_t start = now_ns();
    k->stack->n = 0;
    k->garbage->n = 0;
    find_garbage(k);
    if (k->garbage->n > 0)
        dispose(k);
    k->trace.ns = now_ns() - start;
    count(k);
    c->stats[k->generation].n_collections++;
}

static void set_limit(collector *c)
{
    const uint32_t threshold = c->thresholds[0];
    bool waits = c->is_collecting || threshold == 0 || c->young[0].n_objects >= threshold;
    c->young[0].limit = waits ? COLLECTOR_LIST_CAPACITY : threshold;
}

size_t collector_collect(runtime *rt, int generation)
{
    collector *c = &rt->collector;
    if (c->is_collecting || generation < 0 || generation > COLLECTOR_OLDEST)
        return 0;
    collection k = {.rt = rt,
                    .generation = (unsigned)generation,
                    .stack = &c->stack,
                    .garbage = &c->found,
                    .trace = {.number = c->n_traces + 1, .generation = generation}};
    k.walks = generation == COLLECTOR_OLDEST || c->young[0].has_unlisted ||
              (generation == 1 && c->young[1].has_unlisted);
    object_array stack = {0};
    object_array garbage = {0};
    if (k.walks) {
        size_t n = most_objects(&k);
        k.stack = &stack;
        k.garbage = &garbage;
        if (!object_array_map(&stack, n) || !object_array_map(&garbage, n)) {
            object_array_unmap(&stack);
            c->stats[generation].n_uncollectable += n;
            return 0;
        }
    }
    c->is_collecting = true;
    collector_notify(rt, COLLECTOR_START, &k.trace);
    run(&k);
    c->traces[k.trace.number % COLLECTOR_MAX_TRACES] = k.trace;
    c->n_traces = k.trace.number;
    collector_notify(rt, COLLECTOR_STOP, &k.trace);
    c->is_collecting = false;
    set_limit(c);
    object_array_unmap(&stack);
    object_array_unmap(&garbage);
    return k.trace.n_unreachable - k.trace.n_resurrected;
}

/* The oldest generation that is due; -1: none. */
static int due(const collector *c)
{
    if (c->thresholds[0] == 0 || c->young[0].n_objects < c->thresholds[0])
        return -1;
    size_t grown = c->n_old / 100 * c->growth;
    if (c->counts[2] > c->thresholds[2] && c->n_old_pending >= COLLECTOR_GROWTH_MIN &&
        c->n_old_pending >= grown)
        return 2;
    return c->counts[1] > c->thresholds[1] ? 1 : 0;
}

/* Objects of a full list become unlisted. */
static void spill(collector_list *list)
{
    for (uint32_t i = 0; i < list->n_objects; i++)
        list->objects[i]->listed = OBJECT_UNLISTED;
    list->n_objects = 0;
    list->has_unlisted = true;
}

void collector_step(runtime *rt)
{
    collector *c = &rt->collector;
    collector_list *list = &c->young[0];
    if (!c->is_collecting) {
        int generation = due(c);
        if (generation >= 0)
            (void)collector_collect(rt, generation);
    }
    if (list->n_objects == COLLECTOR_LIST_CAPACITY)
        spill(list);
    set_limit(c);
}
