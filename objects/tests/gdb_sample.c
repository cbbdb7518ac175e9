/*
 * gdb_sample.c -- what gdb stops in: a few of everything, and what gdb is to print of it.
 *
 * usage: gdb_sample EXPECTED
 *
 * The expected text is made from the runtime's own functions: object_attribute(), weakref_get(),
 * heap_get_stats(), heap_walk(). The commands that print it are in gdb_sample.gdb, in the same
 * order.
 */
#include "objects/dict_object.h"
#include "objects/heap_internal.h"
#include "objects/list.h"
#include "objects/object.h"
#include "objects/scalar.h"
#include "objects/tuple.h"
#include "objects/weak_container.h"
#include "objects/weakref.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { N_EXTRA = 12, N_NODES = 200 };

typedef struct world {
    runtime *rt;
    type *point, *node, *leaf;
    object *p, *o, *wide, *nodes[N_NODES];
    weakref *shared, *called, *dead;
    value none, number, link;
    object *half, *text, *pair, *list, *table, *stack, *weak_set, *cycle;
    weakref *proxy;
    heap *spared;
    const heap_block *spare;
    heap *random;
    void *returned;
} world;

static FILE *expected;
static int n_printed;

/* gdb's `print` numbers what it prints. */
static void begin(void)
{
    (void)fprintf(expected, "$%d = ", ++n_printed);
}

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void on_death(weakref *w, void *argument)
{
    (void)w;
    (void)argument;
}

static type *new_type(runtime *rt, const type_spec *spec)
{
    type *t = NULL;
    check(type_new(rt, spec, &t) == STATUS_OK);
    return t;
}

static void set(object *o, const char *attribute, value v)
{
    check(object_set_attr(o, name_intern(&o->type->rt->names, attribute), v) == STATUS_OK);
}

static void make_types(world *w)
{
    static const char *const xy[] = {"x", "y"};
    static const char *const z[] = {"z"};
    w->point = new_type(
        w->rt, &(type_spec){.name = "Point", .layout = LAYOUT_SLOTS, .keys = xy, .n_keys = 2});
    w->node = new_type(w->rt, &(type_spec){.name = "Node", .layout = LAYOUT_DICT});
    w->leaf = new_type(
        w->rt,
        &(type_spec){
            .name = "Leaf", .layout = LAYOUT_WEAKREF, .keys = z, .n_keys = 1, .base = w->point});
}

static void make_objects(world *w)
{
    w->p = object_new(w->leaf);
    w->o = object_new(w->node);
    w->wide = object_new(w->node);
    object_incref(w->p);
    set(w->p, "x", value_of_int(-7));
    set(w->p, "z", value_of_int(VALUE_INT_MIN));
    set(w->o, "second", value_of_int(2)); /* the order of insertion, not of the keys */
    set(w->o, "first", value_of_object(w->p));
    set(w->o, "second_to_go", value_of_int(3));
    check(object_unset_attr(w->o, name_intern(&w->rt->names, "second")) == STATUS_OK);
    set(w->o, "second", value_of_int(VALUE_INT_MAX));
    for (int i = 0; i < N_EXTRA; i++) {
        char attribute[16];
        (void)snprintf(attribute, sizeof(attribute), "a%d", i);
        set(w->wide, attribute, value_of_int(i)); /* more than fit inline: a dict of its own */
    }
    check(object_unset_attr(w->wide, name_intern(&w->rt->names, "a3")) == STATUS_OK);
    for (int i = 0; i < N_NODES; i++)
        w->nodes[i] = object_new(w->node);
    for (int i = 0; i < N_NODES; i += 3) {
        object_decref(w->nodes[i]);
        w->nodes[i] = NULL;
    }
}

static void make_weakrefs(world *w)
{
    object *dies = object_new(w->node);
    check(weakref_new(w->p, NULL, NULL, &w->shared) == STATUS_OK);
    check(weakref_new(w->p, on_death, w, &w->called) == STATUS_OK);
    check(weakref_new(dies, NULL, NULL, &w->dead) == STATUS_OK);
    object_decref(dies);
    w->none = VALUE_NONE;
    w->number = value_of_int(42);
    w->link = value_of_object(w->o);
}

/* A value of each builtin kind: table holds them all. */
static void make_builtins(world *w)
{
    w->half = float_new(w->rt, 0.5);
    w->text = str_new(w->rt, "a \"b\"", 5);
    const value both[] = {value_of_int(1), value_of_object(w->half)};
    w->pair = tuple_new(w->rt, both, 2);
    w->list = list_new(w->rt->builtin[KIND_LIST]);
    check(list_append(w->list, value_of_object(w->pair)) == STATUS_OK);
    check(list_append(w->list, value_of_object(w->p)) == STATUS_OK);
    w->table = dict_object_new(w->rt->builtin[KIND_DICT]);
    check(dict_object_set(w->table, value_of_object(w->text), value_of_object(w->list)) ==
          STATUS_OK);
    check(dict_object_set(w->table, value_of_int(7), value_of_int(8)) == STATUS_OK);
}

/* A list that is its own item, a subclass with items and an attribute, what holds weakly. */
static void make_containers(world *w)
{
    type *stack = new_type(w->rt, &(type_spec){.name = "Stack", .base = w->rt->builtin[KIND_LIST]});
    w->stack = object_new(stack);
    check(list_append(w->stack, value_of_int(5)) == STATUS_OK);
    set(w->stack, "depth", value_of_int(1));
    w->cycle = list_new(w->rt->builtin[KIND_LIST]);
    check(list_append(w->cycle, value_of_object(w->cycle)) == STATUS_OK);
    w->weak_set = weak_container_new(w->rt, KIND_WEAK_SET);
    check(weak_set_add(w->weak_set, value_of_object(w->wide)) == STATUS_OK);
    check(weakref_new_proxy(w->o, NULL, NULL, &w->proxy) == STATUS_OK);
}

/* A heap in which blocks of full pools come and go, until it keeps spares. */
static void make_spares(world *w)
{
    enum { N_BLOCKS = 4 * HEAP_POOL_BYTES / HEAP_ALIGNMENT, N_TURNS = 1000 };
    void *blocks[N_BLOCKS];
    w->spared = heap_new(NULL);
    for (size_t i = 0; i < N_BLOCKS; i++) {
        blocks[i] = mem_alloc(w->spared, HEAP_ALIGNMENT);
        check(blocks[i] != NULL);
    }
    const heap_pool *spares = heap_spares_of(heap_state_of(w->spared), 0);
    for (size_t i = 0; i < N_TURNS && spares->free == NULL; i++) {
        mem_free(w->spared, blocks[i % 2 * (N_BLOCKS / 2)]);
        if (spares->free == NULL)
            blocks[i % 2 * (N_BLOCKS / 2)] = mem_alloc(w->spared, HEAP_ALIGNMENT);
    }
    w->spare = spares->free;
}

/* Two full pools; a block of the first is freed, which goes in front, then one of the second. */
static void make_returned(world *w)
{
    enum { BLOCK_BYTES = 64, A_POOL = HEAP_POOL_BYTES / BLOCK_BYTES };
    void *blocks[2 * A_POOL];
    w->random = heap_new(NULL);
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        blocks[i] = mem_alloc(w->random, BLOCK_BYTES);
        check(blocks[i] != NULL);
    }
    mem_free(w->random, blocks[0]);
    w->returned = blocks[A_POOL + 9];
    mem_free(w->random, w->returned);
    bool has_bits = !heap_state_of(w->random)->watched;
    check(heap_has_returned(heap_pool_of(w->returned)) == has_bits);
}

/* ---- what gdb is to print ---- */

static void expect_value(value v)
{
    if (v == VALUE_NONE)
        (void)fprintf(expected, "unset");
    else if (value_is_int(v))
        (void)fprintf(expected, "%" PRId64, value_to_int(v));
    else
        (void)fprintf(expected, "<%s at %p>", value_to_object(v)->type->name->text,
                      (void *)value_to_object(v));
}

static void expect_object(const object *o, const char *layout)
{
    (void)fprintf(expected, "%s, %s, refcount %u", o->type->name->text, layout,
                  (unsigned)o->refcount);
    size_t n = o->type->layout == LAYOUT_SLOTS ? 0 : weakref_count(o);
    if (n != 0)
        (void)fprintf(expected, ", %zu weakref%s", n, n == 1 ? "" : "s");
    (void)fprintf(expected, " = {");
    for (size_t i = 0; i < object_n_attributes(o); i++) {
        const name *key = NULL;
        value v = VALUE_NONE;
        object_attribute(o, i, &key, &v);
        (void)fprintf(expected, "%s%s = ", i == 0 ? "" : ", ", key->text);
        expect_value(v);
    }
    (void)fprintf(expected, "}\n");
}

static void expect_objects(const world *w)
{
    begin();
    expect_object(w->p, "weakref");
    begin();
    expect_object(w->o, "dict");
    begin();
    expect_object(w->wide, "dict");
    begin();
    (void)fprintf(expected, "<Node at %p>\n", (void *)w->o);
    begin();
    (void)fprintf(expected, "NULL\n");
}

static void expect_values(const world *w)
{
    const value all[] = {w->none, w->number, w->link};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        begin();
        expect_value(all[i]);
        (void)fprintf(expected, "\n");
    }
    begin();
    (void)fprintf(expected, "<no object at %#x>\n", 4096U);
}

static void expect_names_and_types(const world *w)
{
    begin();
    (void)fprintf(expected, "%p \"Point\"\n", (const void *)w->point->name);
    begin();
    (void)fprintf(expected, "\"Leaf\"\n");
    begin();
    (void)fprintf(expected,
                  "type Leaf, weakref, base Point = {key 0 = %p \"x\", key 1 = %p \"y\", "
                  "key 2 = %p \"z\"}\n",
                  (const void *)name_intern(&w->rt->names, "x"),
                  (const void *)name_intern(&w->rt->names, "y"),
                  (const void *)name_intern(&w->rt->names, "z"));
    begin();
    (void)fprintf(expected, "%p <type Node, dict>\n", (void *)w->node);
}

static void expect_weakrefs(const world *w)
{
    begin();
    (void)fprintf(expected, "weakref, alive, refcount 1 = {referent = <Leaf at %p>}\n",
                  (void *)w->p);
    begin();
    (void)fprintf(expected,
                  "weakref, alive, refcount 1 = {referent = <Leaf at %p>, callback = %#" PRIxPTR
                  " <on_death>, argument = %p}\n",
                  (void *)w->p, (uintptr_t)on_death, (const void *)w);
    begin();
    (void)fprintf(expected, "weakref, dead, refcount 1\n");
    begin();
    (void)fprintf(expected, "<weakref at %p, dead>\n", (void *)w->dead);
    begin();
    (void)fprintf(expected, "<weakref at %p to Leaf at %p>\n", (void *)w->called, (void *)w->p);
}

static void expect_builtins(const world *w)
{
    begin();
    (void)fprintf(expected, "0.5\n");
    begin();
    (void)fprintf(expected, "\"a \\\"b\\\"\"\n");
    begin();
    (void)fprintf(expected, "(1, 0.5)\n");
    begin();
    (void)fprintf(expected, "[(1, 0.5), <Leaf at %p>]\n", (void *)w->p);
    begin();
    (void)fprintf(expected, "dict, refcount 1: {\"a \\\"b\\\"\": [(1, 0.5), <Leaf at %p>], 7: 8}\n",
                  (void *)w->p);
}

static void expect_containers(const world *w, const void *freed)
{
    begin();
    (void)fprintf(expected, "Stack, dict, refcount 1: [5] = {depth = 1}\n");
    begin();
    (void)fprintf(expected, "<proxy at %p to Node at %p>\n", (void *)w->proxy, (void *)w->o);
    begin();
    (void)fprintf(expected, "weak_set, refcount 1: WeakSet({<weakref at %p to Node at %p>: 1})\n",
                  (void *)weakref_at(w->wide, 0), (void *)w->wide);
    begin();
    (void)fprintf(expected, "[[[[...]]]]\n");
    begin();
    (void)fprintf(expected, "freed block\n");
    begin();
    (void)fprintf(expected, "<freed block at %p>\n", freed);
}

/* ---- heaps ---- */

typedef struct heap_sums {
    const void *arena;
    unsigned n_in_use;
    size_t n_live, n_bytes;
} heap_sums;

static bool count_pool(const heap_pool_view *view, void *argument)
{
    heap_sums *sums = argument;
    if (view->state == HEAP_POOL_FREE)
        return true;
    sums->arena = view->arena;
    sums->n_in_use++;
    sums->n_live += view->n_live;
    sums->n_bytes += view->n_live * heap_class_bytes(view->size_class);
    return true;
}

static void expect_pool_text(const heap_pool_view *view)
{
    static const char *const states[] = {"free", "current", "usable", "full"};
    size_t index = ((uintptr_t)view->start - (uintptr_t)view->arena) / HEAP_POOL_BYTES;
    (void)fprintf(expected, "pool %zu, %s, %u of %u blocks of %zu bytes live\n", index,
                  states[view->state], view->n_live, view->n_blocks,
                  heap_class_bytes(view->size_class));
}

static bool expect_pool(const heap_pool_view *view, void *argument)
{
    (void)argument;
    if (view->state == HEAP_POOL_FREE)
        return true;
    (void)fprintf(expected, "  %p ", view->start);
    expect_pool_text(view);
    return true;
}

/* All of the sample lies in one arena a heap. */
static void expect_heap(const heap *h)
{
    heap_stats stats;
    heap_sums sums = {0};
    heap_get_stats(h, &stats);
    heap_walk(h, count_pool, &sums);
    check(stats.n_arenas == 1 && stats.n_blocks_live == sums.n_live);
    (void)fprintf(expected, "heap %p: 1 arena, %zu live block%s of %zu bytes, %zu from malloc\n",
                  (const void *)h, stats.n_blocks_live, stats.n_blocks_live == 1 ? "" : "s",
                  sums.n_bytes, stats.n_large);
    (void)fprintf(expected, "arena %p: %u of %zu pools in use\n", sums.arena, sums.n_in_use,
                  HEAP_N_POOLS);
    heap_walk(h, expect_pool, NULL);
}

typedef struct sought {
    const void *address;
    heap_pool_view view;
} sought;

static bool find_pool(const heap_pool_view *view, void *argument)
{
    sought *s = argument;
    size_t offset = (uintptr_t)s->address - (uintptr_t)view->start;
    if (offset >= HEAP_POOL_BYTES)
        return true;
    s->view = *view;
    return false;
}

static void expect_block(const heap *h, const void *address, const char *state)
{
    sought s = {.address = address};
    heap_walk(h, find_pool, &s);
    size_t n_bytes = heap_class_bytes(s.view.size_class);
    size_t offset = (uintptr_t)address - (uintptr_t)s.view.start;
    (void)fprintf(expected, "%p is at byte %zu of block %zu, %s; ", address, offset % n_bytes,
                  offset / n_bytes, state);
    expect_pool_text(&s.view);
}

/* Not by heap_walk(): it gives the spares back. A watched heap has none. */
static void expect_spare(const world *w)
{
    if (w->spare == NULL) {
        check(heap_state_of(w->spared)->watched);
        (void)fprintf(expected, "0x0 is in no arena\n");
        return;
    }
    const heap_pool *pool = heap_pool_of(w->spare);
    const char *start = heap_pool_start(pool);
    size_t n_spares = 0;
    for (const heap_block *b = w->spare; b != NULL; b = b->next)
        n_spares += heap_pool_of(b) == pool;
    (void)fprintf(expected,
                  "%p is at byte 0 of block %zu, spare; pool %zu, full, %zu of %u blocks of %zu "
                  "bytes live, %zu spare\n",
                  (const void *)w->spare, (size_t)((const char *)w->spare - start) / HEAP_ALIGNMENT,
                  (size_t)(start - (const char *)heap_arena_of(pool)) / HEAP_POOL_BYTES,
                  pool->n_live - n_spares, (unsigned)pool->n_blocks, HEAP_ALIGNMENT, n_spares);
}

static void expect_heaps(const world *w, const void *freed)
{
    expect_heap(w->rt->objects);
    expect_heap(w->rt->tables);
    expect_block(w->rt->objects, (const char *)w->p + 8, "live");
    expect_block(w->rt->objects, freed, "free");
    (void)fprintf(expected, "%p is in no arena\n", (const void *)w);
    expect_spare(w);
    expect_block(w->random, w->returned, "free");
}

static void marker(const world *w, const void *freed)
{
    (void)w;
    (void)freed;
}

int main(int argc, char **argv)
{
    if (argc != 2 || (expected = fopen(argv[1], "w")) == NULL)
        return EXIT_FAILURE;
    world w = {.rt = runtime_new(NULL)};
    check(w.rt != NULL);
    make_types(&w);
    make_objects(&w);
    make_weakrefs(&w);
    make_builtins(&w);
    make_containers(&w);
    object *victim = w.nodes[1];
    const void *freed = victim;
    object_decref(victim);
    make_spares(&w);
    make_returned(&w);
    expect_objects(&w);
    expect_values(&w);
    expect_names_and_types(&w);
    expect_weakrefs(&w);
    expect_builtins(&w);
    expect_containers(&w, freed);
    expect_heaps(&w, freed);
    check(fclose(expected) == 0);
    marker(&w, freed);
    heap_delete(w.spared);
    heap_delete(w.random);
    runtime_delete(w.rt);
    return EXIT_SUCCESS;
}
