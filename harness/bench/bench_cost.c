/*
 * bench_cost -- the operations of libobjects as functions that callgrind can count:
 * cost_<operation> and cost_<operation>_<layout>, each called once, with N.
 *
 * usage: bench_cost N
 *
 * Run by cost.c, which knows the functions by their prefix. The runtime is built unwatched, so that
 * under valgrind it takes the paths that it takes alone (objects/announce.h).
 */
#include "objects/collector.h"
#include "objects/object.h"
#include "objects/weakref.h"

#include <stdio.h>
#include <stdlib.h>

enum { N_LAYOUTS = 3, N_ATTRIBUTES = 4, MAX_N = 1000000, BLOCK_BYTES = 48 };

/* A function of its own in the binary, called where it is called. */
#ifdef __clang__
#define COUNTED __attribute__((noinline)) void
#else
#define COUNTED __attribute__((noipa)) void
#endif

static struct {
    runtime *rt;
    heap *blocks;
    type *types[N_LAYOUTS];
    object_site sites[N_ATTRIBUTES];
    size_t n;
    void **held;
    weakref **weakrefs;
    uint64_t sum; /* of what was read, so that it is read */
} lab;

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_cost: %s\n", what);
    exit(EXIT_FAILURE);
}

/* ---- objects ---- */

static inline __attribute__((always_inline)) void create(type_layout layout)
{
    for (size_t i = 0; i < lab.n; i++) {
        object *o = object_new(lab.types[layout]);
        if (o == NULL)
            fail("no memory");
        for (int a = 0; a < N_ATTRIBUTES; a++)
            (void)object_set_at(&lab.sites[a], o, value_of_int((int64_t)i + a)); /* has room */
        lab.held[i] = o;
    }
}

static inline __attribute__((always_inline)) void get(void)
{
    for (size_t i = 0; i < lab.n; i++) {
        value v = VALUE_NONE;
        (void)object_get_at(&lab.sites[0], lab.held[i], &v); /* it is set */
        lab.sum += v;
    }
}

static inline __attribute__((always_inline)) void get_by_name(void)
{
    for (size_t i = 0; i < lab.n; i++) {
        value v = VALUE_NONE;
        (void)object_get_attr(lab.held[i], lab.sites[1].name, &v); /* it is set */
        lab.sum += v;
    }
}

static inline __attribute__((always_inline)) void set(void)
{
    for (size_t i = 0; i < lab.n; i++)
        (void)object_set_at(&lab.sites[2], lab.held[i], value_of_int(7)); /* it is set */
}

static inline __attribute__((always_inline)) void destroy(void)
{
    for (size_t i = 0; i < lab.n; i++)
        object_decref(lab.held[i]);
}

static inline __attribute__((always_inline)) void refer_weakly(void)
{
    for (size_t i = 0; i < lab.n; i++) {
        if (weakref_new(lab.held[i], NULL, NULL, &lab.weakrefs[i]) != STATUS_OK)
            fail("no memory");
    }
}

static inline __attribute__((always_inline)) void dereference(void)
{
    for (size_t i = 0; i < lab.n; i++) {
        object *o = weakref_get(lab.weakrefs[i]);
        lab.sum += o->refcount;
        object_decref(o);
    }
}

static inline __attribute__((always_inline)) void drop_weakrefs(void)
{
    for (size_t i = 0; i < lab.n; i++)
        weakref_decref(lab.weakrefs[i]);
}

static void link_pairs(void)
{
    for (size_t i = 0; i < lab.n; i++)
        (void)object_set_at(&lab.sites[N_ATTRIBUTES - 1], lab.held[i],
                            value_of_object(lab.held[i ^ 1])); /* has room */
}

static inline __attribute__((always_inline)) void collect(void)
{
    lab.sum += collector_collect(lab.rt, COLLECTOR_OLDEST);
}

/* The same operations for each layout, under a name of its own. */
#define COST_OF_LAYOUT(NAME, LAYOUT)                                                               \
    COUNTED cost_create_##NAME(void);                                                              \
    COUNTED cost_get_##NAME(void);                                                                 \
    COUNTED cost_get_by_name_##NAME(void);                                                         \
    COUNTED cost_set_##NAME(void);                                                                 \
    COUNTED cost_destroy_##NAME(void);                                                             \
    COUNTED cost_collect_live_##NAME(void);                                                        \
    COUNTED cost_collect_garbage_##NAME(void);                                                     \
    COUNTED cost_create_##NAME(void)                                                               \
    {                                                                                              \
        create(LAYOUT);                                                                            \
    }                                                                                              \
    COUNTED cost_get_##NAME(void)                                                                  \
    {                                                                                              \
        get();                                                                                     \
    }                                                                                              \
    COUNTED cost_get_by_name_##NAME(void)                                                          \
    {                                                                                              \
        get_by_name();                                                                             \
    }                                                                                              \
    COUNTED cost_set_##NAME(void)                                                                  \
    {                                                                                              \
        set();                                                                                     \
    }                                                                                              \
    COUNTED cost_destroy_##NAME(void)                                                              \
    {                                                                                              \
        destroy();                                                                                 \
    }                                                                                              \
    COUNTED cost_collect_live_##NAME(void)                                                         \
    {                                                                                              \
        collect();                                                                                 \
    }                                                                                              \
    COUNTED cost_collect_garbage_##NAME(void)                                                      \
    {                                                                                              \
        collect();                                                                                 \
    }                                                                                              \
    static void measure_##NAME(void)                                                               \
    {                                                                                              \
        cost_create_##NAME();                                                                      \
        cost_get_##NAME();                                                                         \
        cost_get_by_name_##NAME();                                                                 \
        cost_set_##NAME();                                                                         \
        cost_destroy_##NAME();                                                                     \
        create(LAYOUT);                                                                            \
        link_pairs();                                                                              \
        cost_collect_live_##NAME();                                                                \
        destroy();                                                                                 \
        cost_collect_garbage_##NAME();                                                             \
    }

COST_OF_LAYOUT(dict, LAYOUT_DICT)
COST_OF_LAYOUT(slots, LAYOUT_SLOTS)
COST_OF_LAYOUT(weakref, LAYOUT_WEAKREF)

COUNTED cost_refer_weakref(void);
COUNTED cost_dereference_weakref(void);
COUNTED cost_drop_weakref(void);

COUNTED cost_refer_weakref(void)
{
    refer_weakly();
}

COUNTED cost_dereference_weakref(void)
{
    dereference();
}

COUNTED cost_drop_weakref(void)
{
    drop_weakrefs();
}

static void measure_weakrefs(void)
{
    create(LAYOUT_WEAKREF);
    cost_refer_weakref();
    cost_dereference_weakref();
    cost_drop_weakref();
    destroy();
}

/* ---- blocks ---- */

COUNTED cost_alloc_pool(void);
COUNTED cost_free_pool(void);
COUNTED cost_realloc_pool(void);

COUNTED cost_alloc_pool(void)
{
    for (size_t i = 0; i < lab.n; i++)
        lab.held[i] = mem_alloc(lab.blocks, BLOCK_BYTES);
}

COUNTED cost_free_pool(void)
{
    for (size_t i = 0; i < lab.n; i++)
        mem_free(lab.blocks, lab.held[i]);
}

COUNTED cost_realloc_pool(void)
{
    for (size_t i = 0; i < lab.n; i++) {
        void *larger = mem_realloc(lab.blocks, lab.held[i], 2 * (size_t)BLOCK_BYTES);
        if (larger == NULL)
            fail("no memory");
        lab.held[i] = larger;
    }
}

static void measure_blocks(void)
{
    cost_alloc_pool();
    cost_realloc_pool();
    cost_free_pool();
}

static void prepare(void)
{
    static const char *const texts[N_ATTRIBUTES] = {"a", "b", "c", "d"};
    lab.rt = runtime_new(NULL);
    lab.blocks = heap_new(NULL);
    lab.held = calloc(lab.n, sizeof(void *));
    lab.weakrefs = calloc(lab.n, sizeof(weakref *));
    if (lab.rt == NULL || lab.blocks == NULL || lab.held == NULL || lab.weakrefs == NULL)
        fail("no memory");
    collector_disable(lab.rt);
    for (int a = 0; a < N_ATTRIBUTES; a++)
        lab.sites[a].name = name_intern(&lab.rt->names, texts[a]);
    for (int i = 0; i < N_LAYOUTS; i++) {
        const type_spec spec = {"Counted", (type_layout)i, texts, N_ATTRIBUTES, NULL};
        if (type_new(lab.rt, &spec, &lab.types[i]) != STATUS_OK)
            fail(runtime_error(lab.rt));
    }
}

int main(int argc, char **argv)
{
    char *end = NULL;
    unsigned long n = argc == 2 ? strtoul(argv[1], &end, 10) : 0;
    if (n == 0 || n > MAX_N || *end != '\0' || n % 2 != 0)
        fail("expected an even number of objects up to 1000000");
    lab.n = n;
    prepare();
    measure_blocks();
    measure_dict();
    measure_slots();
    measure_weakref();
    measure_weakrefs();
    runtime_delete(lab.rt);
    heap_delete(lab.blocks);
    free(lab.held);
    free(lab.weakrefs);
    (void)printf("%d\n", lab.sum != 0);
    return EXIT_SUCCESS;
}
