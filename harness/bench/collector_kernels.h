/*
 * collector_kernels.h -- the loops in which a cyclic garbage collector is timed.
 *
 * Included after object_kernels.h by a program that also defines
 *
 *   void runtime_link(void *object, void *other)    the last attribute refers to other
 *   size_t runtime_collect(void)                    a full collection
 *   void runtime_collector(bool on)
 *
 * Figures, ns an object:
 *   create_collected    as create, but with the collector on, its thresholds as they come
 *   collect_live, collect_live_random   a full collection, each object holding the next one /
 *                       a random one; collect_garbage: all objects dead, in cycles of two
 */
#ifndef HARNESS_BENCH_COLLECTOR_KERNELS_H
#define HARNESS_BENCH_COLLECTOR_KERNELS_H

#include "harness/bench/object_kernels.h"

/* A collection is one long stretch that cannot be cut into chunks (WINDOW_LONG): several. */
enum { COLLECTIONS = 3 };

OBJECT_INLINE bool kernel_create_collected(worker *w, object_state *s, int which)
{
    objects_drain(w, s);
    runtime_collector(true);
    bool ok = kernel_create(w, s, which);
    runtime_collector(false);
    return ok;
}

OBJECT_INLINE void time_collection(worker *w)
{
    worker_short_begin(w, WINDOW_LONG);
    size_t n_found = runtime_collect();
    CLOCK_KEEP(n_found);
    worker_short_end(w, w->n);
}

OBJECT_INLINE bool kernel_collect_live(worker *w, object_state *s, int which)
{
    objects_drain(w, s);
    if (!objects_fill(w, s, which))
        return false;
    for (size_t i = 0; i + 1 < w->n; i++)
        runtime_link(w->pointers[i], w->pointers[i + 1]);
    (void)runtime_collect(); /* objects reach the oldest generation; the caches are warm */
    for (int i = 0; i < COLLECTIONS; i++)
        time_collection(w);
    return true;
}

OBJECT_INLINE bool kernel_collect_live_random(worker *w, object_state *s, int which)
{
    objects_drain(w, s);
    if (!objects_fill(w, s, which))
        return false;
    for (size_t i = 0; i < w->n; i++)
        runtime_link(w->pointers[i], w->pointers[w->order[i]]);
    (void)runtime_collect();
    for (int i = 0; i < COLLECTIONS; i++)
        time_collection(w);
    for (size_t i = 0; i < w->n; i++) /* no cycle may survive the destruction */
        runtime_set(w->pointers[i], OBJECT_ATTRIBUTES - 1, 0);
    return true;
}

OBJECT_INLINE bool kernel_collect_garbage(worker *w, object_state *s, int which)
{
    objects_drain(w, s);
    if (!objects_fill(w, s, which))
        return false;
    size_t n_paired = w->n & ~(size_t)1;
    for (size_t i = 0; i < n_paired; i += 2) {
        runtime_link(w->pointers[i], w->pointers[i + 1]);
        runtime_link(w->pointers[i + 1], w->pointers[i]);
    }
    objects_drain(w, s); /* our own references only */
    time_collection(w);
    return true;
}

#define COLLECTOR_KERNELS(NAME)                                                                    \
    OBJECT_KERNEL(NAME, create_collected)                                                          \
    OBJECT_KERNEL(NAME, collect_live)                                                              \
    OBJECT_KERNEL(NAME, collect_live_random)                                                       \
    OBJECT_KERNEL(NAME, collect_garbage)

#define COLLECTOR_STEPS(NAME, LAYOUT, WHICH)                                                       \
    {"create_collected", LAYOUT, "ns", true, NAME##_create_collected, WHICH},                      \
        {"collect_live", LAYOUT, "ns", false, NAME##_collect_live, WHICH},                         \
        {"collect_live_random", LAYOUT, "ns", false, NAME##_collect_live_random, WHICH},           \
    {                                                                                              \
        "collect_garbage", LAYOUT, "ns", false, NAME##_collect_garbage, WHICH                      \
    }

#endif
