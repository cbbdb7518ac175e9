/*
 * bench_objects -- the worker in which libobjects is measured: its three layouts, and its
 * allocator.
 *
 * Attributes are used as a program uses them, at places that remember where a type keeps them
 * (object_site): figures get and set; get_by_name and set_by_name search each time. Values are
 * small integers. Built a second time with heap_on_malloc.h before every file of the runtime, so
 * that the same objects live on malloc.
 */
#include "objects/object.h"
#include "objects/weakref.h"

#include "harness/bench/alloc_kernels.h"

#include <stdio.h>

enum { N_LAYOUTS = 3, N_ATTRIBUTES = 4 };

/* Filled once by prepare(); everything lives as long as the process. */
static struct {
    runtime *rt;
    heap *blocks; /* of the allocator's own figures */
    type *types[N_LAYOUTS];
    const name *names[N_ATTRIBUTES];
    object_site sites[N_ATTRIBUTES]; /* one layout at a time: they learn it at a step's start */
} lab;

static const char *const texts[N_ATTRIBUTES] = {"a", "b", "c", "d"};

/* ---- the runtime, for object_kernels.h ---- */

/* As in CPython's: attributes of a dict are stored by name, slots are known by their places. */
static inline __attribute__((always_inline)) void *runtime_create(int which, uint64_t i)
{
    const int64_t first = (int64_t)i;
    if (which != LAYOUT_DICT) {
        const value values[N_ATTRIBUTES] = {value_of_int(first), value_of_int(first + 1),
                                            value_of_int(first + 2), value_of_int(first + 3)};
        return object_make(lab.types[which], values, N_ATTRIBUTES);
    }
    object *o = object_new(lab.types[which]);
    if (o == NULL)
        return NULL;
    (void)object_set_at(&lab.sites[0], o, value_of_int(first)); /* has room */
    (void)object_set_at(&lab.sites[1], o, value_of_int(first + 1));
    (void)object_set_at(&lab.sites[2], o, value_of_int(first + 2));
    (void)object_set_at(&lab.sites[3], o, value_of_int(first + 3));
    return o;
}

static inline void runtime_destroy(void *o)
{
    object_decref(o);
}

static inline uint64_t runtime_get(void *o, int attribute)
{
    value v = VALUE_NONE;
    (void)object_get_at(&lab.sites[attribute], o, &v);
    return v;
}

static inline void runtime_set(void *o, int attribute, uint64_t number)
{
    (void)object_set_at(&lab.sites[attribute], o, value_of_int((int64_t)number));
}

static inline uint64_t runtime_get_by_name(void *o, int attribute)
{
    value v = VALUE_NONE;
    (void)object_get_attr(o, lab.names[attribute], &v);
    return v;
}

static inline void runtime_set_by_name(void *o, int attribute, uint64_t number)
{
    (void)object_set_attr(o, lab.names[attribute], value_of_int((int64_t)number));
}

static inline void runtime_unset(void *o, int attribute)
{
    (void)object_unset_attr(o, lab.names[attribute]);
}

static inline void *runtime_weakref(void *o)
{
    weakref *w = NULL;
    (void)weakref_share(o, &w);
    return w;
}

static inline void runtime_weakref_drop(void *w)
{
    weakref_decref(w);
}

static inline void *runtime_deref(void *w)
{
    return weakref_peek(w); /* borrowed, as from CPython's macro */
}

/* The kernels call the functions above. */
#include "harness/bench/object_kernels.h"

OBJECT_KERNELS(timed)

#if !defined(BENCH_ON_MALLOC)
/* The last attribute of the object refers to the other. */
static inline void runtime_link(void *o, void *other)
{
    (void)object_set_at(&lab.sites[N_ATTRIBUTES - 1], o, value_of_object(other));
}

static inline size_t runtime_collect(void)
{
    return collector_collect(lab.rt, COLLECTOR_OLDEST);
}

static inline void runtime_collector(bool on)
{
    if (on)
        collector_enable(lab.rt);
    else
        collector_disable(lab.rt);
}

#include "harness/bench/collector_kernels.h"

COLLECTOR_KERNELS(timed)
#endif

static bool timed_get_by_name(worker *w)
{
    return kernel_get_by(w, &timed_objects, w->step->which, runtime_get_by_name);
}

static bool timed_set_by_name(worker *w)
{
    return kernel_set_by(w, &timed_objects, w->step->which, runtime_set_by_name);
}

#define NAME_STEPS(LAYOUT, WHICH)                                                                  \
    {"get_by_name", LAYOUT, "ns", false, timed_get_by_name, WHICH},                                \
    {                                                                                              \
        "set_by_name", LAYOUT, "ns", false, timed_set_by_name, WHICH                               \
    }

#if !defined(BENCH_ON_MALLOC)
static inline void *objlab_alloc(size_t n_bytes)
{
    return mem_alloc(lab.blocks, n_bytes);
}

static inline void objlab_free(void *block)
{
    mem_free(lab.blocks, block);
}

ALLOC_KERNELS(objlab, objlab_alloc, objlab_free)
#endif

static bool prepare(void)
{
    lab.rt = runtime_new(NULL);
    lab.blocks = heap_new(NULL);
    if (lab.rt == NULL || lab.blocks == NULL)
        return false;
    collector_disable(lab.rt); /* figures are taken without it, unless they are its own */
    for (int a = 0; a < N_ATTRIBUTES; a++) {
        if ((lab.names[a] = name_intern(&lab.rt->names, texts[a])) == NULL)
            return false;
        lab.sites[a].name = lab.names[a];
    }
    for (int which = 0; which < N_LAYOUTS; which++) {
        if (type_new(lab.rt,
                     &(type_spec){"Measured", (type_layout)which, texts, N_ATTRIBUTES, NULL},
                     &lab.types[which]) != STATUS_OK)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const worker_step steps[] = {
#if !defined(BENCH_ON_MALLOC)
        ALLOC_STEPS(objlab),
        COLLECTOR_STEPS(timed, "dict", LAYOUT_DICT),
        COLLECTOR_STEPS(timed, "slots", LAYOUT_SLOTS),
#endif
        OBJECT_STEPS(timed, "dict", LAYOUT_DICT),
        NAME_STEPS("dict", LAYOUT_DICT),
        OBJECT_STEPS(timed, "slots", LAYOUT_SLOTS),
        NAME_STEPS("slots", LAYOUT_SLOTS),
        OBJECT_STEPS(timed, "weakref", LAYOUT_WEAKREF),
        NAME_STEPS("weakref", LAYOUT_WEAKREF),
        OBJECT_WEAKREF_STEPS(timed, "weakref", LAYOUT_WEAKREF),
    };
    if (!prepare()) {
        (void)puts("fail the runtime cannot be made");
        return 2;
    }
    return worker_main(argc, argv, steps, sizeof steps / sizeof steps[0]);
}
