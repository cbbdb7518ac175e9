/*
 * bench_objects -- the worker in which libobjects is measured, through its public headers. Built a
 * second time with HEAP_ON_MALLOC, the same objects take their memory from malloc.
 */
#include "objects/object.h"
#include "objects/weakref.h"

#include "harness/bench/alloc_kernels.h"

#include <stdio.h>

enum { N_LAYOUTS = 3, N_ATTRIBUTES = 4 };

/* Filled once by prepare(); everything lives as long as the process. */
static struct {
    runtime *rt;
    type *types[N_LAYOUTS];
    const name *names[N_ATTRIBUTES];
    object_site stores[N_ATTRIBUTES], loads[N_ATTRIBUTES];
} world;

/* ---- the runtime, for object_kernels.h ---- */

static inline void *runtime_create(int kind, uint64_t i)
{
    object *o = object_new(world.types[kind]);
    for (int a = 0; a < N_ATTRIBUTES && o != NULL; a++)
        (void)object_set_at(&world.stores[a], o, value_of_int((int64_t)i + a));
    return o;
}

static inline void runtime_destroy(void *o)
{
    object_decref(o);
}

static inline uint64_t runtime_get(void *o, int attribute)
{
    value v = VALUE_NONE;
    (void)object_get_at(&world.loads[attribute], o, &v);
    return (uint64_t)value_to_int(v);
}

static inline void runtime_set(void *o, int attribute, uint64_t i)
{
    (void)object_set_at(&world.stores[attribute], o, value_of_int((int64_t)(i >> 1)));
}

static inline void runtime_unset(void *o, int attribute)
{
    (void)object_unset_attr(o, world.names[attribute]);
}

static inline void *runtime_weakref(void *o)
{
    weakref *w = NULL;
    (void)weakref_new(o, NULL, NULL, &w);
    return w;
}

static inline void runtime_weakref_drop(void *w)
{
    weakref_decref(w);
}

static inline void *runtime_deref(void *w)
{
    return ((const weakref *)w)->referent; /* borrowed */
}

/* The kernels call the functions above. */
#include "harness/bench/object_kernels.h"

OBJECT_KERNELS(timed)

#if !defined(HEAP_ON_MALLOC)
static inline void *pool_alloc(size_t n_bytes)
{
    return mem_alloc(world.rt->tables, n_bytes);
}

static inline void pool_free(void *block)
{
    mem_free(world.rt->tables, block);
}

ALLOC_KERNELS(objlab, pool_alloc, pool_free)
#endif

static bool prepare(void)
{
    static const char *const names[N_ATTRIBUTES] = {"a", "b", "c", "d"};
    world.rt = runtime_new(NULL);
    bool ok = world.rt != NULL;
    for (int i = 0; i < N_LAYOUTS && ok; i++)
        ok = type_new(world.rt, "Point", (type_layout)i, names, N_ATTRIBUTES, NULL,
                      &world.types[i]) == STATUS_OK;
    for (int a = 0; a < N_ATTRIBUTES && ok; a++) {
        world.names[a] = name_intern(&world.rt->names, names[a]);
        world.stores[a].name = world.names[a];
        world.loads[a].name = world.names[a];
        ok = world.names[a] != NULL;
    }
    return ok;
}

int main(int argc, char **argv)
{
    static const worker_step steps[] = {
#if !defined(HEAP_ON_MALLOC)
        ALLOC_STEPS(objlab),
#endif
        OBJECT_STEPS(timed, "dict", LAYOUT_DICT),
        OBJECT_STEPS(timed, "slots", LAYOUT_SLOTS),
        OBJECT_STEPS(timed, "weakref", LAYOUT_WEAKREF),
        OBJECT_WEAKREF_STEPS(timed, "weakref", LAYOUT_WEAKREF),
    };
    if (!prepare()) {
        (void)puts("fail the runtime cannot make its types");
        return 2;
    }
    return worker_main(argc, argv, steps, sizeof steps / sizeof steps[0]);
}
