#include "objects/tests/collector_tape.h"

#include "objects/collector.h"
#include "objects/dict_object.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

#include <stdlib.h>
#include <string.h>

enum { N_NODES = 40, N_PLACES = 4, NOBODY = -1, OLDEST = COLLECTOR_OLDEST };

typedef enum node_kind {
    NODE_DICT, /* instances */
    NODE_SLOTS,
    NODE_WEAKREF,
    NODE_FINALIZED, /* with a finalizer */
    NODE_RETURNING, /* with one that brings the object back */
    NODE_LIST_SUBCLASS,
    NODE_LIST,
    NODE_DICT_OBJECT,
    NODE_TUPLE,
    N_NODE_KINDS
} node_kind;

typedef struct node {
    object *real; /* NULL: dead */
    node_kind kind;
    bool is_held;          /* by the tape */
    int places[N_PLACES];  /* nodes that it holds, or NOBODY */
    int generation;        /* OLDEST + 1: not tracked */
    bool was_finalized;    /* as the model expects */
    weakref *w;            /* NULL: none */
    int n_called;          /* of its callback */
    int n_finalizer_calls; /* as they happened */
} node;

typedef struct world {
    runtime *rt;
    type *types[NODE_LIST_SUBCLASS + 1];
    const name *names[N_PLACES];
    node nodes[N_NODES];
    bool is_ending; /* nobody comes back any more */
    const char *why;
} world;

static void expect(world *w, bool condition, const char *what)
{
    if (!condition && w->why == NULL)
        w->why = what;
}

static bool is_atomic_kind(const node *n)
{
    return n->kind == NODE_TUPLE || n->kind == NODE_DICT_OBJECT;
}

/* ---- the model ---- */

static int model_references(const world *w, int number)
{
    int n = w->nodes[number].is_held;
    for (int i = 0; i < N_NODES; i++) {
        for (int p = 0; p < N_PLACES && w->nodes[i].real != NULL; p++)
            n += w->nodes[i].places[p] == number;
    }
    return n;
}

static bool returns(const world *w, const node *n)
{
    return n->kind == NODE_RETURNING && !n->was_finalized && !w->is_ending;
}

static void model_bury(world *w, int number)
{
    node *n = &w->nodes[number];
    expect(w, n->w == NULL || n->n_called == 1, "a callback did not run exactly once");
    expect(w, n->n_finalizer_calls == n->was_finalized, "calls of a finalizer");
    n->real = NULL;
    weakref_decref(n->w);
    n->w = NULL;
}

/* Notes the death of everything that nobody holds; the runtime has done it already. */
static void model_release(world *w)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < N_NODES; i++) {
            node *n = &w->nodes[i];
            if (n->real == NULL || model_references(w, i) > 0)
                continue;
            changed = true;
            bool comes_back = returns(w, n);
            n->was_finalized |= n->kind == NODE_FINALIZED || n->kind == NODE_RETURNING;
            if (comes_back) {
                n->is_held = true;
                n->generation = 0;
            } else {
                model_bury(w, i);
            }
        }
    }
}

static bool is_in_set(const node *n, int generation)
{
    return n->real != NULL && n->generation <= generation;
}

/* Spreads marks from the marked ones to what they hold within a set. */
static void spread(const world *w, const bool *set, bool *marks)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < N_NODES; i++) {
            for (int p = 0; p < N_PLACES && marks[i]; p++) {
                int held = w->nodes[i].places[p];
                if (held != NOBODY && set[held] && !marks[held])
                    changed = marks[held] = true;
            }
        }
    }
}

/* What a collection of a generation must find unreachable. */
static void model_garbage(const world *w, int generation, bool *garbage)
{
    bool set[N_NODES];
    bool reached[N_NODES] = {false};
    for (int i = 0; i < N_NODES; i++)
        set[i] = is_in_set(&w->nodes[i], generation);
    for (int i = 0; i < N_NODES; i++) {
        const node *n = &w->nodes[i];
        reached[i] |= set[i] && n->is_held;
        for (int p = 0; p < N_PLACES && n->real != NULL && !set[i]; p++) {
            if (n->places[p] != NOBODY && set[n->places[p]])
                reached[n->places[p]] = true;
        }
    }
    spread(w, set, reached);
    for (int i = 0; i < N_NODES; i++)
        garbage[i] = set[i] && !reached[i];
}

static bool model_is_empty(const node *n)
{
    for (int p = 0; p < N_PLACES; p++) {
        if (n->places[p] != NOBODY)
            return false;
    }
    return true;
}

static void model_promote(node *n, int generation)
{
    bool may_untrack =
        n->kind == NODE_TUPLE || (n->kind == NODE_DICT_OBJECT && generation == OLDEST);
    if (may_untrack && model_is_empty(n))
        n->generation = OLDEST + 1;
    else
        n->generation = generation == OLDEST ? OLDEST : generation + 1;
}

/* Finalizers of garbage run; what they bring back, and what that holds, lives on. Returns how many
 * die. */
static size_t model_collect(world *w, int generation)
{
    bool garbage[N_NODES];
    bool saved[N_NODES] = {false};
    size_t n_dead = 0;
    model_garbage(w, generation, garbage);
    for (int i = 0; i < N_NODES; i++) {
        node *n = &w->nodes[i];
        if (!garbage[i])
            continue;
        saved[i] = returns(w, n);
        n->is_held |= saved[i];
        n->was_finalized |= n->kind == NODE_FINALIZED || n->kind == NODE_RETURNING;
    }
    spread(w, garbage, saved);
    for (int i = 0; i < N_NODES; i++) {
        node *n = &w->nodes[i];
        if (is_in_set(n, generation) && !garbage[i])
            model_promote(n, generation);
        else if (saved[i])
            n->generation = generation == OLDEST ? OLDEST : generation + 1;
    }
    for (int i = 0; i < N_NODES; i++) {
        if (garbage[i] && !saved[i]) {
            n_dead++;
            model_bury(w, i);
        }
    }
    model_release(w); /* what only the dead held, and was in no generation of the set */
    return n_dead;
}

/* ---- the runtime's side ---- */

static node *node_of(world *w, const object *o)
{
    for (int i = 0; i < N_NODES; i++) {
        if (w->nodes[i].real == o)
            return &w->nodes[i];
    }
    expect(w, false, "an object that the model does not know");
    return &w->nodes[0];
}

static void on_finalize(object *self, void *argument)
{
    world *w = argument;
    node *n = node_of(w, self);
    n->n_finalizer_calls++;
    if (n->kind == NODE_RETURNING && !w->is_ending)
        object_incref(self);
}

static void on_death(weakref *r, void *argument)
{
    node *n = argument;
    if (weakref_get(r) == NULL)
        n->n_called++;
}

static object *make_tuple(world *w, node *n, const int *held)
{
    value items[N_PLACES];
    for (int p = 0; p < N_PLACES; p++) {
        bool is_node = held[p] != NOBODY;
        items[p] = is_node ? value_of_object(w->nodes[held[p]].real) : value_of_int(p);
        n->places[p] = held[p];
    }
    return tuple_new(w->rt, items, N_PLACES);
}

static object *make_list(world *w, type *t)
{
    object *o = list_new(t);
    for (int p = 0; o != NULL && p < N_PLACES; p++)
        expect(w, list_append(o, value_of_int(p)) == STATUS_OK, "append");
    return o;
}

static void do_create(world *w, int number, node_kind kind, const int *held)
{
    node *n = &w->nodes[number];
    *n = (node){.kind = kind, .is_held = true};
    for (int p = 0; p < N_PLACES; p++)
        n->places[p] = NOBODY;
    if (kind == NODE_TUPLE)
        n->real = make_tuple(w, n, held);
    else if (kind == NODE_LIST || kind == NODE_LIST_SUBCLASS)
        n->real = make_list(w, kind == NODE_LIST ? w->rt->builtin[KIND_LIST] : w->types[kind]);
    else if (kind == NODE_DICT_OBJECT)
        n->real = dict_object_new(w->rt->builtin[KIND_DICT]);
    else
        n->real = object_new(w->types[kind]);
    n->generation = kind == NODE_DICT_OBJECT ? OLDEST + 1 : 0;
}

/* Puts a node, or nobody, into a place of another. */
static void do_link(world *w, node *n, int place, int to)
{
    if (n->kind == NODE_TUPLE)
        return;
    value v = to == NOBODY ? value_of_int(place) : value_of_object(w->nodes[to].real);
    status s = STATUS_OK;
    if (n->kind == NODE_LIST || (n->kind == NODE_LIST_SUBCLASS && place % 2 == 0))
        s = list_set(n->real, place, v);
    else if (n->kind == NODE_DICT_OBJECT)
        s = dict_object_set(n->real, value_of_int(place), v);
    else
        s = object_set_attr(n->real, w->names[place], v);
    expect(w, s == STATUS_OK, "a reference could not be stored");
    n->places[place] = to;
    if (to != NOBODY && n->generation > OLDEST)
        n->generation = 0; /* a dict that now holds a container */
    model_release(w);
}

static void do_drop(world *w, node *n)
{
    object *o = n->real;
    n->is_held = false;
    object_decref(o);
    model_release(w);
}

static void do_watch(node *n)
{
    weakref *w = NULL;
    if (n->w == NULL && weakref_new(n->real, on_death, n, &w) == STATUS_OK)
        n->w = w;
}

static void do_collect(world *w, int generation)
{
    /* The runtime first: it calls back, and the model's nodes must still be there. */
    size_t n_found = collector_collect(w->rt, generation);
    expect(w, n_found == model_collect(w, generation), "number of unreachable objects");
}

static void count_object(object *o, void *argument)
{
    (void)o;
    ++*(size_t *)argument;
}

static void check(world *w)
{
    const char *why = NULL;
    if (!collector_is_valid(w->rt, &why))
        expect(w, false, why);
    size_t n[OLDEST + 1] = {0};
    for (int i = 0; i < N_NODES; i++) {
        const node *m = &w->nodes[i];
        if (m->real == NULL)
            continue;
        bool is_tracked = m->generation <= OLDEST;
        expect(w, collector_is_tracked(m->real) == is_tracked, "who is tracked");
        expect(w, (int)m->real->refcount == model_references(w, i), "a count of references");
        if (is_tracked)
            n[m->generation]++;
    }
    for (int g = 0; g <= OLDEST; g++) {
        size_t n_seen = 0;
        collector_get_objects(w->rt, g, count_object, &n_seen);
        for (int i = 0; i < N_NODES; i++) /* weak references are tracked, too */
            n_seen -=
                w->nodes[i].w != NULL && (int)object_rank((object *)(void *)w->nodes[i].w) == g;
        expect(w, n_seen == n[g], "objects of a generation");
    }
}

/* ---- the tape ---- */

/* A node that may be put into a tuple or a dict: one that stays tracked, or nobody. */
static int partner(const world *w, const node *n, unsigned byte)
{
    int to = (int)(byte % (N_NODES + 8));
    if (to >= N_NODES || w->nodes[to].real == NULL)
        return NOBODY;
    return is_atomic_kind(n) && is_atomic_kind(&w->nodes[to]) ? NOBODY : to;
}

static void do_operation(world *w, tape *t)
{
    unsigned operation = tape_byte(t) % 32;
    int number = (int)(tape_byte(t) % N_NODES);
    unsigned operand = tape_byte(t);
    node *n = &w->nodes[number];
    if (operation >= 29) {
        do_collect(w, (int)(operand % COLLECTOR_GENERATIONS));
    } else if (operation == 28) {
        if (operand % 2 == 0)
            collector_enable(w->rt);
        else
            collector_disable(w->rt);
    } else if (n->real == NULL) {
        node made = {.kind = (node_kind)(operand % N_NODE_KINDS)};
        int held[N_PLACES];
        for (int p = 0; p < N_PLACES; p++)
            held[p] = made.kind == NODE_TUPLE ? partner(w, &made, tape_byte(t)) : NOBODY;
        do_create(w, number, made.kind, held);
    } else if (operation < 16) {
        do_link(w, n, (int)(operation % N_PLACES), partner(w, n, operand));
    } else if (operation < 22 && n->is_held) {
        do_drop(w, n);
    } else if (operation < 26) {
        do_watch(n);
    } else {
        check(w);
    }
}

static bool make_type(world *w, node_kind kind, type_layout layout, const type *base)
{
    static const char *const names[N_PLACES] = {"a", "b", "c", "d"};
    size_t n = layout == LAYOUT_DICT ? 0 : N_PLACES;
    const type_spec spec = {"T", layout, names, n, base};
    return type_new(w->rt, &spec, &w->types[kind]) == STATUS_OK;
}

static bool make_world(world *w, const heap_options *options)
{
    static const char *const names[N_PLACES] = {"a", "b", "c", "d"};
    w->rt = runtime_new(options);
    if (w->rt == NULL)
        return false;
    collector_set_thresholds(w->rt, (uint32_t[]){0, 0, 0});
    for (int p = 0; p < N_PLACES; p++)
        w->names[p] = name_intern(&w->rt->names, names[p]);
    if (!make_type(w, NODE_DICT, LAYOUT_DICT, NULL) ||
        !make_type(w, NODE_SLOTS, LAYOUT_SLOTS, NULL) ||
        !make_type(w, NODE_WEAKREF, LAYOUT_WEAKREF, NULL) ||
        !make_type(w, NODE_FINALIZED, LAYOUT_DICT, NULL) ||
        !make_type(w, NODE_RETURNING, LAYOUT_WEAKREF, NULL) ||
        !make_type(w, NODE_LIST_SUBCLASS, LAYOUT_DICT, w->rt->builtin[KIND_LIST]))
        return false;
    type_set_finalizer(w->types[NODE_FINALIZED], on_finalize, w);
    type_set_finalizer(w->types[NODE_RETURNING], on_finalize, w);
    return true;
}

/* Whatever was held is let go, and collected: nothing may be left. */
static void end_world(world *w)
{
    check(w);
    w->is_ending = true;
    for (int i = 0; i < N_NODES && w->why == NULL; i++) {
        if (w->nodes[i].real != NULL && w->nodes[i].is_held)
            do_drop(w, &w->nodes[i]);
    }
    if (w->why != NULL)
        return;
    do_collect(w, OLDEST);
    for (int i = 0; i < N_NODES; i++)
        expect(w, w->nodes[i].real == NULL, "an object outlived the end");
    heap_stats objects;
    heap_stats tables;
    heap_get_stats(w->rt->objects, &objects);
    heap_get_stats(w->rt->tables, &tables);
    expect(w, objects.n_blocks_live == 0, "objects leaked");
    expect(w, tables.n_blocks_live + tables.n_large == 0, "tables leaked");
}

const char *collector_tape_run(const uint8_t *bytes, size_t n_bytes, const heap_options *options)
{
    world *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return "no memory for the test itself";
    if (!make_world(w, options)) {
        runtime_delete(w->rt);
        free(w);
        return "no memory for the test itself";
    }
    tape t = {bytes, n_bytes, 0};
    while (w->why == NULL && tape_has_more(&t))
        do_operation(w, &t);
    if (w->why == NULL)
        end_world(w);
    const char *why = w->why;
    runtime_delete(w->rt);
    free(w);
    return why;
}
