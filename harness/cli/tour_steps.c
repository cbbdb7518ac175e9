/* tour_steps.c -- what the lecture shows, step by step; each figure comes from the runtime. */
#include "harness/cli/tour.h"
#include "objects/collector.h"
#include "objects/list.h"
#include "objects/weakref.h"

#include <stdlib.h>
#include <string.h>

/* ---- helpers ---- */

static size_t live_objects(const tour *t)
{
    heap_stats stats;
    heap_get_stats(t->rt->objects, &stats);
    return stats.n_blocks_live;
}

static const char *followed(const weakref *w)
{
    return w->referent == NULL ? "None" : "<Point object>";
}

/* Two points that hold each other, and one weak reference to the first. NULL without memory. */
static weakref *make_cycle(tour *t, type *of)
{
    object *a = object_new(of);
    object *b = object_new(of);
    weakref *w = NULL;
    if (a != NULL && b != NULL && weakref_new(a, NULL, NULL, &w) == STATUS_OK) {
        (void)object_set_attr(a, t->y, value_of_object(b)); /* slots have room */
        (void)object_set_attr(b, t->y, value_of_object(a));
    }
    object_decref(a);
    object_decref(b);
    return w;
}

/* ---- steps ---- */

static bool counts(tour *t)
{
    tour_say(t,
             "Every object counts who holds it. When the last one lets go, it is freed, at once:\n"
             "no pause, and no garbage. The price is a count in each object, and a little work\n"
             "whenever a reference is copied.");
    object *point = object_new(t->types[LAYOUT_DICT]);
    object *list = list_new(t->rt->builtin[KIND_LIST]);
    if (point == NULL || list == NULL)
        return false;
    tour_show(t, "point = Point()", "refcount %u", point->refcount);
    for (int i = 0; i < 2; i++) {
        if (list_append(list, value_of_object(point)) != STATUS_OK)
            return false;
    }
    tour_show(t, "list = [point, point]", "refcount %u", point->refcount);
    object_decref(list);
    tour_show(t, "del list", "refcount %u", point->refcount);
    tour_show(t, "live objects", "%zu", live_objects(t));
    object_decref(point);
    tour_show(t, "del point", "live objects %zu", live_objects(t));
    return true;
}

static bool dead_reference(tour *t)
{
    tour_say(t,
             "A weak reference follows an object without holding it. Once the object is dead, it\n"
             "gives None. Caches are made of it.");
    object *point = object_new(t->types[LAYOUT_DICT]);
    weakref *w = NULL;
    if (point == NULL || weakref_new(point, NULL, NULL, &w) != STATUS_OK)
        return false;
    tour_show(t, "point = Point(); r = ref(point)", "refcount %u", point->refcount);
    tour_show(t, "r()", "%s", followed(w));
    object_decref(point);
    tour_show(t, "del point; r()", "%s", followed(w));
    weakref_decref(w);

    tour_say(t, "\nSlots leave no room for it, unless a class asks for one more word:");
    object *bare = object_new(t->types[LAYOUT_SLOTS]);
    if (bare == NULL)
        return false;
    status s = weakref_new(bare, NULL, NULL, &w);
    tour_show(t, "ref(object with __slots__)", "%s: %s",
              s == STATUS_TYPE_ERROR ? "TypeError" : "no error", runtime_error(t->rt));
    object_decref(bare);
    return true;
}

static bool cycle(tour *t)
{
    tour_say(t,
             "Two objects that hold each other never reach a count of 0. Without a collector they\n"
             "are lost until the program ends:");
    collector_disable(t->rt);
    weakref *w = make_cycle(t, t->types[LAYOUT_DICT]);
    if (w == NULL)
        return false;
    tour_show(t, "gc.disable()", "is enabled: %s", collector_is_enabled(t->rt) ? "True" : "False");
    tour_show(t, "a.y = b; b.y = a; r = ref(a); del a, b", "live objects %zu", live_objects(t));
    tour_show(t, "r()", "%s", followed(w));
    tour_draw(t, "        +---------+   y    +---------+\n"
                 "        | a  rc 1 | -----> | b  rc 1 |      nobody else holds them\n"
                 "        |         | <----- |         |\n"
                 "        +---------+   y    +---------+\n");
    tour_say(t,
             "The collector subtracts from every count the references that come from inside. What\n"
             "is left above 0 is held from outside; these are the roots. What no root reaches is\n"
             "garbage:");
    tour_show(t, "gc.collect()", "%zu", collector_collect(t->rt, COLLECTOR_OLDEST));
    const collector_trace *trace = collector_trace_at(t->rt, 0);
    tour_show(t, "that collection", "%zu objects, %zu roots, %zu marked, %zu unreachable",
              trace->n_objects, trace->n_roots, trace->n_marked, trace->n_unreachable);
    tour_show(t, "r()", "%s", followed(w));
    weakref_decref(w);
    tour_show(t, "live objects", "%zu", live_objects(t));
    return true;
}

static bool generations(tour *t)
{
    enum { N = 100000, N_CYCLES = 1000 };
    tour_say(t,
             "Most objects die young. So the young are looked at often, the old rarely: with the\n"
             "thresholds 700, 10, 10, one collection of generation 0 for each 700 objects more.");
    object **points = calloc(N, sizeof(object *));
    bool ok = points != NULL;
    for (size_t i = 0; ok && i < N; i++)
        ok = (points[i] = object_new(t->types[LAYOUT_SLOTS])) != NULL;
    if (ok)
        tour_show(t, "points = [Point() for i in range(100000)]", "live objects %zu",
                  live_objects(t));
    for (int g = 0; ok && g < COLLECTOR_GENERATIONS; g++) {
        collector_stats stats = collector_get_stats(t->rt, g);
        g_autofree char *code = g_strdup_printf("gc.get_stats()[%d]", g);
        tour_show(t, code, "%zu collections, %zu collected", stats.n_collections,
                  stats.n_collected);
    }
    for (int i = 0; ok && i < N_CYCLES; i++) {
        weakref *w = make_cycle(t, t->types[LAYOUT_DICT]);
        ok = w != NULL;
        weakref_decref(w);
    }
    if (ok)
        tour_show(t, "1000 cycles of two, dropped", "collected on the way: %zu objects",
                  collector_get_stats(t->rt, 0).n_collected +
                      collector_get_stats(t->rt, 1).n_collected +
                      collector_get_stats(t->rt, 2).n_collected);
    for (size_t i = 0; points != NULL && i < N; i++)
        object_decref(points[i]);
    free(points);
    return ok;
}

/* Bytes an object, from the heaps' own books: blocks in use, and in whole arenas. */
static bool weigh(tour *t, type_layout layout, const char *code)
{
    enum { N = 100000 };
    runtime *rt = runtime_new(NULL);
    static const char *const names[] = {"a", "b", "c", "d"};
    const type_spec spec = {"Point", layout, names, G_N_ELEMENTS(names), NULL};
    type *of = NULL;
    bool ok = rt != NULL && type_new(rt, &spec, &of) == STATUS_OK;
    for (size_t i = 0; ok && i < N; i++) {
        object *o = object_new(of);
        ok = o != NULL;
        for (size_t a = 0; ok && a < G_N_ELEMENTS(names); a++)
            ok = object_set_attr(o, of->keys[a], value_of_int((int64_t)i)) == STATUS_OK;
    } /* they go with the runtime */
    if (ok) {
        heap_stats stats;
        heap_get_stats(rt->objects, &stats);
        tour_show(t, code, "%zu bytes an object; 100000 of them: %.1f MiB",
                  stats.live_bytes / stats.n_blocks_live,
                  (double)(stats.n_arenas * HEAP_ARENA_BYTES) / (1 << 20));
    }
    runtime_delete(rt);
    return ok;
}

static bool layouts(tour *t)
{
    tour_say(t,
             "Three ways to keep four attributes. A dict-backed object pays for the order of its\n"
             "attributes and for growing; slots have nothing but the values; one word more makes\n"
             "them weakly referable. (objlab layout draws every byte.)");
    return weigh(t, LAYOUT_DICT, "class Point: pass") &&
           weigh(t, LAYOUT_SLOTS, "__slots__ = ('a', 'b', 'c', 'd')") &&
           weigh(t, LAYOUT_WEAKREF, "__slots__ = (..., '__weakref__')");
}

static bool unknown_name(tour *t)
{
    tour_say(
        t, "Slots are a promise about names, too. A dict-backed object takes any, and once it has\n"
           "more than its neighbours expect, it gets a table of its own.");
    object *fixed = object_new(t->types[LAYOUT_SLOTS]);
    object *free_form = object_new(t->types[LAYOUT_DICT]);
    if (fixed == NULL || free_form == NULL)
        return false;
    const name *z = name_intern(&t->rt->names, "z");
    status s = object_set_attr(fixed, z, value_of_int(1));
    tour_show(t, "slots.z = 1", "%s: %s", s == STATUS_ATTRIBUTE_ERROR ? "AttributeError" : "set",
              runtime_error(t->rt));
    s = object_set_attr(free_form, z, value_of_int(1));
    tour_show(t, "dict.z = 1", "%s", s == STATUS_OK ? "set" : runtime_error(t->rt));
    heap_stats tables;
    heap_get_stats(t->rt->tables, &tables);
    tour_show(t, "tables beside the objects", "%zu", tables.n_blocks_live + tables.n_large);
    for (int i = 0; i < 20; i++) {
        g_autofree char *text = g_strdup_printf("extra%d", i);
        if (object_set_attr(free_form, name_intern(&t->rt->names, text), value_of_int(i)) !=
            STATUS_OK)
            return false;
    }
    heap_get_stats(t->rt->tables, &tables);
    tour_show(t, "20 attributes more", "tables beside the objects: %zu",
              tables.n_blocks_live + tables.n_large);
    object_decref(fixed);
    object_decref(free_form);
    return true;
}

/* ---- the arena that cannot be freed ---- */

enum { N_BLOCKS = 16 * 5000, BLOCK_BYTES = 48 };

typedef struct drawing {
    GString *text;
    const void *arena;
} drawing;

/* One character a pool: how full it is. */
static bool draw_pool(const heap_pool_view *view, void *argument)
{
    drawing *d = argument;
    if (view->arena != d->arena)
        g_string_append_printf(d->text, "%s    |", d->arena == NULL ? "" : "|\n");
    d->arena = view->arena;
    char c = '.';
    if (view->n_live > 0)
        c = view->n_live == view->n_blocks ? '#' : 'o';
    g_string_append_c(d->text, c);
    return true;
}

static void draw_heap(const tour *t, const heap *h)
{
    drawing d = {g_string_new(NULL), NULL};
    heap_walk(h, draw_pool, &d);
    g_string_append(d.text,
                    "|\n    one line an arena, one sign a pool: # full, o in part, . empty\n");
    tour_draw(t, d.text->str);
    (void)g_string_free(d.text, TRUE);
}

static void show_heap(tour *t, const heap *h, const char *code)
{
    heap_stats stats;
    heap_get_stats(h, &stats);
    tour_show(t, code, "%zu blocks live, %zu arenas, %zu KiB", stats.n_blocks_live, stats.n_arenas,
              stats.n_arenas * HEAP_ARENA_BYTES / 1024);
}

static bool fragmentation(tour *t)
{
    tour_say(t,
             "Small objects live in blocks, blocks in pools of one page, pools in arenas of\n"
             "256 KiB. Only a whole arena can go back to the system. One block in each is enough\n"
             "to keep them all:");
    heap *h = heap_new(NULL);
    void **blocks = calloc(N_BLOCKS, sizeof(void *));
    bool ok = h != NULL && blocks != NULL;
    for (size_t i = 0; ok && i < N_BLOCKS; i++)
        ok = (blocks[i] = mem_alloc(h, BLOCK_BYTES)) != NULL;
    if (ok) {
        show_heap(t, h, "80000 blocks of 48 bytes");
        for (size_t i = 0; i < N_BLOCKS; i++) {
            if (i % 5000 != 0)
                mem_free(h, blocks[i]);
        }
        heap_trim(h);
        show_heap(t, h, "all freed but each 5000th");
        draw_heap(t, h);
        for (size_t i = 0; i < N_BLOCKS; i += 5000)
            mem_free(h, blocks[i]);
        heap_trim(h);
        show_heap(t, h, "those, too");
    }
    free(blocks);
    heap_delete(h);
    return ok;
}

/* ---- last words ---- */

static void resurrect(object *self, void *argument)
{
    object **grave = argument;
    object_incref(self);
    *grave = self;
}

static bool finalizer(tour *t)
{
    tour_say(t,
             "A finalizer runs when its object is about to die. It may keep the object: then it\n"
             "lives on, and will not be asked a second time.");
    object *kept = NULL;
    type_set_finalizer(t->types[LAYOUT_WEAKREF], resurrect, &kept);
    weakref *w = make_cycle(t, t->types[LAYOUT_WEAKREF]);
    if (w == NULL)
        return false;
    tour_show(t, "a cycle of objects with __del__: gc.collect()", "%zu",
              collector_collect(t->rt, COLLECTOR_OLDEST));
    const collector_trace *trace = collector_trace_at(t->rt, 0);
    tour_show(t, "that collection", "%zu unreachable, %zu finalized, %zu brought back",
              trace->n_unreachable, trace->n_finalized, trace->n_resurrected);
    tour_show(t, "live objects", "%zu", live_objects(t));
    tour_show(t, "what was kept", "refcount %u, finalized: %s", kept->refcount,
              collector_is_finalized(kept) ? "True" : "False");
    weakref_decref(w);
    return true; /* what lives, goes with the runtime */
}

const tour_step tour_steps[] = {
    {"counts", "Who holds an object", "L5 reference counting", counts},
    {"dead", "The dead reference", "L7 weak references", dead_reference},
    {"cycle", "The cycle that leaks", "L5, L6 garbage collector", cycle},
    {"generations", "The young die first", "L6 generations", generations},
    {"layouts", "Dict, slots, slots plus weakref", "L8 optimisations", layouts},
    {"names", "A promise about names", "L8 __slots__", unknown_name},
    {"arena", "The arena that cannot be freed", "L1, L3 memory manager", fragmentation},
    {"finalizer", "Last words", "L6 finalizers", finalizer},
    {NULL, NULL, NULL, NULL}};
