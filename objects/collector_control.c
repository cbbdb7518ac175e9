/* collector_control.c -- the lists of the young, the switches, and looking at who is tracked. */
#include "objects/collector.h"

#include "objects/collector_internal.h"

#include <stdlib.h>
#include <sys/mman.h>

static const uint32_t default_thresholds[COLLECTOR_GENERATIONS] = {700, 10, 10};

/* ---- walking ---- */

static void walk_watched_pool(const heap_pool *pool, object_visitor *visit, void *argument)
{
    unsigned char is_free[HEAP_POOL_BYTES / HEAP_ALIGNMENT];
    if (heap_mark_free(pool, is_free) < 0)
        return; /* damaged */
    size_t n_bytes = heap_class_bytes(pool->size_class);
    size_t i = 0;
    for (char *block = heap_pool_start(pool); block != pool->virgin; block += n_bytes, i++) {
        if (is_free[i] == 0)
            visit((object *)(void *)block, argument);
    }
}

void collector_walk_watched(const runtime *rt, object_visitor *visit, void *argument)
{
    for (const heap_arena *a = heap_state_of(rt->objects)->first; a != NULL; a = a->next) {
        const heap_pool *pools = (const heap_pool *)(const void *)a + 1;
        for (size_t i = 0; i < a->n_taken; i++) {
            if (pools[i].state != HEAP_POOL_FREE && pools[i].n_live != 0)
                walk_watched_pool(&pools[i], visit, argument);
        }
    }
}

void collector_walk(const runtime *rt, object_visitor *visit, void *argument)
{
    if (collector_is_watched(rt))
        collector_walk_watched(rt, visit, argument);
    else
        collector_walk_inlined(rt, visit, argument);
}

/* ---- arrays ---- */

bool object_array_map(object_array *a, size_t n)
{
    size_t n_bytes = (n + 1) * sizeof(object *);
    void *memory = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    *a = (object_array){.objects = memory, .n_bytes = n_bytes};
    return true;
}

void object_array_unmap(object_array *a)
{
    if (a->objects != NULL)
        (void)munmap(a->objects, a->n_bytes); /* cannot fail: mapped so */
    *a = (object_array){0};
}

/* ---- making and deleting ---- */

bool collector_init(collector *c)
{
    enum { N_LISTS = COLLECTOR_OLDEST };
    object_array lists;
    if (!object_array_map(&lists, (size_t)N_LISTS * COLLECTOR_LIST_CAPACITY))
        return false;
    for (size_t g = 0; g < N_LISTS; g++)
        c->young[g].objects = lists.objects + g * COLLECTOR_LIST_CAPACITY;
    if (!object_array_map(&c->stack, (size_t)N_LISTS * COLLECTOR_LIST_CAPACITY) ||
        !object_array_map(&c->found, (size_t)N_LISTS * COLLECTOR_LIST_CAPACITY))
        return false;
    for (int g = 0; g < COLLECTOR_GENERATIONS; g++)
        c->thresholds[g] = default_thresholds[g];
    c->young[0].limit = c->thresholds[0];
    c->growth = COLLECTOR_GROWTH_LEAST;
    c->is_enabled = true;
    return true;
}

void collector_release(collector *c)
{
    object_array lists = {c->young[0].objects, 0, c->stack.n_bytes};
    object_array_unmap(&lists);
    object_array_unmap(&c->stack);
    object_array_unmap(&c->found);
    object_array_unmap(&c->garbage);
    free(c->callbacks);
    *c = (collector){0};
}

/* ---- who is where ---- */

static void drop_note(heap_pool *pool, void *argument)
{
    (void)argument;
    heap_drop_note(heap_pool_start(pool));
}

void collector_drop_notes(const runtime *rt)
{
    collector_walk_pools(rt, drop_note, NULL);
}

void collector_track(runtime *rt, object *o)
{
    if (rt->collector.is_enabled)
        collector_put(rt, o, 0);
    else
        object_set_rank(o, 0);
}

void collector_unlist(runtime *rt, object *o)
{
    collector_list *list = &rt->collector.young[object_rank(o)];
    object *last = list->objects[--list->n_objects];
    list->objects[o->listed] = last;
    last->listed = o->listed;
    o->listed = OBJECT_UNLISTED;
}

void collector_untrack(runtime *rt, object *o)
{
    if (o->listed != OBJECT_UNLISTED)
        collector_unlist(rt, o);
    object_set_rank(o, OBJECT_UNTRACKED);
}

typedef struct mark_of_type {
    const type *of;
    unsigned flags;
} mark_of_type;

static void mark_instance(object *o, void *argument)
{
    const mark_of_type *m = argument;
    if (o->type == m->of)
        o->flags = (uint16_t)(o->flags | m->flags);
}

void collector_mark_instances(const type *t, unsigned flags)
{
    mark_of_type m = {t, flags};
    collector_walk(t->rt, mark_instance, &m);
}

/* ---- switches ---- */

void collector_enable(runtime *rt)
{
    rt->collector.is_enabled = true;
}

void collector_disable(runtime *rt)
{
    rt->collector.is_enabled = false;
    rt->collector.young[0].has_unlisted = true; /* those made from now on */
}

bool collector_is_enabled(const runtime *rt)
{
    return rt->collector.is_enabled;
}

void collector_set_thresholds(runtime *rt, const uint32_t thresholds[COLLECTOR_GENERATIONS])
{
    collector *c = &rt->collector;
    for (int g = 0; g < COLLECTOR_GENERATIONS; g++)
        c->thresholds[g] = thresholds[g];
    if (c->thresholds[0] >= COLLECTOR_LIST_CAPACITY)
        c->thresholds[0] = COLLECTOR_LIST_CAPACITY - 1;
    c->young[0].limit = c->thresholds[0] == 0 ? COLLECTOR_LIST_CAPACITY : c->thresholds[0];
}

void collector_get_thresholds(const runtime *rt, uint32_t ret_thresholds[COLLECTOR_GENERATIONS])
{
    for (int g = 0; g < COLLECTOR_GENERATIONS; g++)
        ret_thresholds[g] = rt->collector.thresholds[g];
}

static void count_one(object *o, void *argument)
{
    (void)o;
    ++*(size_t *)argument;
}

void collector_get_counts(runtime *rt, size_t ret_counts[COLLECTOR_GENERATIONS])
{
    ret_counts[0] = 0;
    collector_get_objects(rt, 0, count_one, &ret_counts[0]);
    for (int g = 1; g < COLLECTOR_GENERATIONS; g++)
        ret_counts[g] = rt->collector.counts[g];
}

collector_stats collector_get_stats(const runtime *rt, int generation)
{
    return rt->collector.stats[generation];
}

/* ---- subscribers ---- */

bool collector_add_callback(runtime *rt, collector_callback *run, void *argument)
{
    collector *c = &rt->collector;
    collector_subscriber *larger =
        realloc(c->callbacks, (c->n_callbacks + 1) * sizeof(*c->callbacks));
    if (larger == NULL)
        return false;
    c->callbacks = larger;
    c->callbacks[c->n_callbacks++] = (collector_subscriber){run, argument};
    return true;
}

void collector_remove_callback(runtime *rt, collector_callback *run, void *argument)
{
    collector *c = &rt->collector;
    unsigned n = 0;
    for (unsigned i = 0; i < c->n_callbacks; i++) {
        if (c->callbacks[i].run != run || c->callbacks[i].argument != argument)
            c->callbacks[n++] = c->callbacks[i];
    }
    c->n_callbacks = n;
}

void collector_notify(runtime *rt, collector_phase phase, const collector_trace *trace)
{
    for (unsigned i = 0; i < rt->collector.n_callbacks; i++)
        rt->collector.callbacks[i].run(rt, phase, trace, rt->collector.callbacks[i].argument);
}

const collector_trace *collector_trace_at(const runtime *rt, size_t i)
{
    const collector *c = &rt->collector;
    if (i >= c->n_traces || i >= COLLECTOR_MAX_TRACES)
        return NULL;
    return &c->traces[(c->n_traces - i) % COLLECTOR_MAX_TRACES];
}

/* ---- freezing ---- */

static void freeze_one(object *o, void *argument)
{
    (void)argument;
    if (object_rank(o) <= COLLECTOR_OLDEST) {
        o->listed = OBJECT_UNLISTED;
        object_set_rank(o, OBJECT_PERMANENT);
    }
}

void collector_freeze(runtime *rt)
{
    collector_drop_notes(rt);
    collector_walk(rt, freeze_one, NULL);
    for (int g = 0; g < COLLECTOR_OLDEST; g++) {
        rt->collector.young[g].n_objects = 0;
        rt->collector.young[g].has_unlisted = g == 0 && !rt->collector.is_enabled;
    }
}

static void unfreeze_one(object *o, void *argument)
{
    (void)argument;
    if (object_rank(o) == OBJECT_PERMANENT)
        object_set_rank(o, COLLECTOR_OLDEST);
}

void collector_unfreeze(runtime *rt)
{
    collector_walk(rt, unfreeze_one, NULL);
}

static void count_permanent(object *o, void *argument)
{
    *(size_t *)argument += object_rank(o) == OBJECT_PERMANENT;
}

size_t collector_freeze_count(runtime *rt)
{
    size_t n = 0;
    collector_walk(rt, count_permanent, &n);
    return n;
}

/* ---- garbage that is kept ---- */

void collector_save_all(runtime *rt, bool on)
{
    rt->collector.saves_all = on;
}

size_t collector_n_garbage(const runtime *rt)
{
    return rt->collector.garbage.n;
}

object *collector_garbage_at(const runtime *rt, size_t i)
{
    return rt->collector.garbage.objects[i];
}

void collector_drop_garbage(runtime *rt)
{
    object_array garbage = rt->collector.garbage;
    rt->collector.garbage = (object_array){0};
    for (size_t i = 0; i < garbage.n; i++)
        object_decref(garbage.objects[i]);
    object_array_unmap(&garbage);
}

/* ---- looking ---- */

typedef struct visit_generation {
    unsigned first, last; /* ranks */
    collector_visitor *visit;
    void *argument;
} visit_generation;

static void visit_ranked(object *o, void *argument)
{
    const visit_generation *v = argument;
    if (object_rank(o) >= v->first && object_rank(o) <= v->last)
        v->visit(o, v->argument);
}

void collector_get_objects(runtime *rt, int generation, collector_visitor *visit, void *argument)
{
    visit_generation v = {0, COLLECTOR_OLDEST, visit, argument};
    if (generation >= 0) {
        v.first = (unsigned)generation;
        v.last = (unsigned)generation;
    }
    if (generation < 0 || generation >= COLLECTOR_OLDEST ||
        rt->collector.young[generation].has_unlisted) {
        collector_walk(rt, visit_ranked, &v);
        return;
    }
    const collector_list *list = &rt->collector.young[generation];
    for (uint32_t i = 0; i < list->n_objects; i++)
        visit(list->objects[i], argument);
}

typedef struct search {
    const object *sought;
    collector_visitor *visit;
    void *argument;
} search;

static bool holds(const object *o, const object *sought)
{
    value_span spans[OBJECT_MAX_SPANS];
    unsigned n_spans = object_spans(o, spans);
    for (unsigned s = 0; s < n_spans; s++) {
        for (size_t i = 0; i < spans[s].n; i++) {
            if (spans[s].first[i * spans[s].stride] == value_of_object(sought))
                return true;
        }
    }
    return false;
}

static void visit_referrer(object *o, void *argument)
{
    const search *s = argument;
    if (holds(o, s->sought))
        s->visit(o, s->argument);
}

void collector_get_referrers(runtime *rt, const object *o, collector_visitor *visit, void *argument)
{
    search s = {o, visit, argument};
    collector_get_objects(rt, -1, visit_referrer, &s);
}

void collector_get_referents(const object *o, collector_visitor *visit, void *argument)
{
    value_span spans[OBJECT_MAX_SPANS];
    unsigned n_spans = object_spans(o, spans);
    for (unsigned s = 0; s < n_spans; s++) {
        for (size_t i = 0; i < spans[s].n; i++) {
            value v = spans[s].first[i * spans[s].stride];
            if (value_is_object(v))
                visit(value_to_object(v), argument);
        }
    }
}

bool collector_is_tracked(const object *o)
{
    return object_rank(o) != OBJECT_UNTRACKED;
}

bool collector_is_finalized(const object *o)
{
    return (o->flags & OBJECT_FINALIZED) != 0;
}

/* ---- invariants ---- */

typedef struct census {
    const collector *c;
    size_t n_listed;
    const char *why;
} census;

static void check_object(object *o, void *argument)
{
    census *s = argument;
    unsigned rank = object_rank(o);
    if ((o->flags & OBJECT_LIVE) == 0)
        s->why = "a block that is not free carries no object";
    else if ((o->flags & (OBJECT_GARBAGE | OBJECT_SAVED)) != 0)
        s->why = "an object carries the marks of a collection";
    else if (o->refcount == 0 && rank != OBJECT_UNTRACKED)
        s->why = "a tracked object has no reference";
    else if (heap_is_noted(o) && (o->flags & OBJECT_HOLDS) != 0)
        s->why = "an object that holds references would be passed over";
    else if (heap_is_noted(o) && rank != COLLECTOR_OLDEST)
        s->why = "an object that is not of the oldest generation would be passed over";
    if (o->listed == OBJECT_UNLISTED) {
        if (rank < COLLECTOR_OLDEST && !s->c->young[rank].has_unlisted)
            s->why = "a young object is not listed";
        return;
    }
    s->n_listed++;
    if (rank >= COLLECTOR_OLDEST || o->listed >= s->c->young[rank].n_objects ||
        s->c->young[rank].objects[o->listed] != o)
        s->why = "an object is not at its place in its list";
}

bool collector_is_valid(runtime *rt, const char **ret_why)
{
    census s = {.c = &rt->collector};
    collector_walk(rt, check_object, &s);
    size_t n_listed = 0;
    for (int g = 0; g < COLLECTOR_OLDEST; g++)
        n_listed += rt->collector.young[g].n_objects;
    if (s.why == NULL && n_listed != s.n_listed)
        s.why = "a list holds what is no object";
    if (ret_why != NULL)
        *ret_why = s.why;
    return s.why == NULL;
}
