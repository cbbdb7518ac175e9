/*
 * object_kernels.h -- the loops in which an object runtime is timed, made once for each runtime.
 *
 * A program that measures a runtime (ours, CPython) defines these as static inline functions and
 * then includes this header, once: so the same loops time all runtimes, and each operation is
 * called as that runtime's own users call it.
 *
 *   void *runtime_create(int layout, uint64_t i)    with four attributes; NULL: no memory
 *   void runtime_destroy(void *object)
 *   uint64_t runtime_get(void *object, int attribute)
 *   void runtime_set(void *object, int attribute, uint64_t value)
 *   void runtime_unset(void *object, int attribute)
 *   void *runtime_weakref(void *object)             the shared one, a reference of one's own
 *   void runtime_weakref_drop(void *weakref)
 *   void *runtime_deref(void *weakref)              as cheap as the runtime offers it
 * With OBJECT_BARE defined, runtime_unset() and the weak references are not needed, and their
 * kernels are not there: the program names its kernels and steps one by one.
 *
 * Figures, N objects with 4 attributes unless said, ns an object or operation, collector off:
 *   create              an object and its four attributes, first N of a process (fresh pages)
 *   create_warm         the same after N objects were destroyed
 *   batch               1000 created, then destroyed: ns an object for both, all warm
 *   get, set, delete    one attribute by name, of 64 hot objects (delete: of 1000)
 *   destroy_fifo, destroy_lifo, destroy_random   in creation, reverse, random order
 *   weakref_create      an object with its attributes and one weak reference to it
 *   weakref_destroy     that object, then the weak reference
 *   weakref_reuse       a second weak reference (the shared one) taken and dropped
 *   deref               a weak reference followed, hot
 *   bytes_per_object, bytes_per_object_weakref   resident memory of N objects over N; the same
 *                       with a weak reference to each
 */
#ifndef HARNESS_BENCH_OBJECT_KERNELS_H
#define HARNESS_BENCH_OBJECT_KERNELS_H

#include "harness/bench/worker.h"

enum { OBJECT_ATTRIBUTES = 4, OBJECT_HOT = 64, OBJECT_BATCH = 1000, OBJECT_LAYOUTS = 3 };

/* What the kernels keep between steps of one worker. */
typedef struct object_state {
    int layout; /* of the N objects in w->pointers; -1: none */
    double bytes[OBJECT_LAYOUTS];
} object_state;

#define OBJECT_INLINE static inline __attribute__((always_inline))

OBJECT_INLINE void objects_drain(worker *w, object_state *s)
{
    for (size_t i = 0; s->layout >= 0 && i < w->n; i++)
        runtime_destroy(w->pointers[i]);
    s->layout = -1;
}

/* N live objects of the layout, untimed. */
OBJECT_INLINE bool objects_fill(worker *w, object_state *s, int which)
{
    if (s->layout == which)
        return true;
    objects_drain(w, s);
    for (size_t i = 0; i < w->n; i++) {
        if ((w->pointers[i] = runtime_create(which, i)) == NULL)
            return worker_fail(w, "no memory");
    }
    s->layout = which;
    return true;
}

OBJECT_INLINE bool kernel_create(worker *w, object_state *s, int which)
{
    objects_drain(w, s);
    bool is_first = !(s->bytes[which] > 0);
    double before = is_first ? (double)worker_resident_bytes() : 0;
    void **pointers = w->pointers;
    bool ok = true;
    for (worker_pass p = worker_pass_start(w, WINDOW_ANY_FAULTS); worker_pass_next(&p);) {
        for (size_t i = p.first; i < p.last; i++) {
            pointers[i] = runtime_create(which, i);
            ok &= pointers[i] != NULL;
        }
    }
    if (!ok)
        return worker_fail(w, "no memory");
    s->layout = which;
    if (is_first)
        s->bytes[which] = ((double)worker_resident_bytes() - before) / (double)w->n;
    return true;
}

OBJECT_INLINE bool kernel_create_warm(worker *w, object_state *s, int which)
{
    return objects_fill(w, s, which) && kernel_create(w, s, which);
}

OBJECT_INLINE bool kernel_bytes(worker *w, object_state *s, int which)
{
    if (!(s->bytes[which] > 0) && !kernel_create(w, s, which))
        return false;
    worker_put_bytes(w, s->bytes[which]);
    return true;
}

OBJECT_INLINE bool kernel_batch(worker *w, object_state *s, int which)
{
    enum { ROUNDS = 4 };
    static void *objects[OBJECT_BATCH];
    objects_drain(w, s);
    for (size_t k = 0; k <= w->n_windows; k++) {
        if (k == 1)
            w->n_filled = 0; /* the first window was the warm-up */
        worker_short_begin(w, WINDOW_ANY_FAULTS);
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < OBJECT_BATCH; i++)
                objects[i] = runtime_create(which, (uint64_t)i);
            for (int i = 0; i < OBJECT_BATCH; i++)
                runtime_destroy(objects[i]);
        }
        worker_short_end(w, (uint64_t)ROUNDS * OBJECT_BATCH);
    }
    return true;
}

typedef uint64_t kernel_get_fn(void *object, int attribute);
typedef void kernel_set_fn(void *object, int attribute, uint64_t value);

OBJECT_INLINE bool kernel_get_by(worker *w, object_state *s, int which, kernel_get_fn *get)
{
    enum { ROUNDS = 64 };
    if (!objects_fill(w, s, which))
        return false;
    size_t n_hot = w->n < OBJECT_HOT ? w->n : OBJECT_HOT;
    for (size_t k = 0; k <= w->n_windows; k++) {
        if (k == 1)
            w->n_filled = 0;
        uint64_t sum = 0;
        worker_short_begin(w, WINDOW_NO_FAULTS);
        for (int round = 0; round < ROUNDS; round++) {
            for (size_t i = 0; i < n_hot; i++) {
                for (int a = 0; a < OBJECT_ATTRIBUTES; a++)
                    sum += get(w->pointers[i], a);
            }
            CLOCK_CLOBBER();
        }
        CLOCK_KEEP(sum);
        worker_short_end(w, ROUNDS * n_hot * OBJECT_ATTRIBUTES);
    }
    return true;
}

OBJECT_INLINE bool kernel_set_by(worker *w, object_state *s, int which, kernel_set_fn *set)
{
    enum { ROUNDS = 64 };
    if (!objects_fill(w, s, which))
        return false;
    size_t n_hot = w->n < OBJECT_HOT ? w->n : OBJECT_HOT;
    for (size_t k = 0; k <= w->n_windows; k++) {
        if (k == 1)
            w->n_filled = 0;
        worker_short_begin(w, WINDOW_NO_FAULTS);
        for (int round = 0; round < ROUNDS; round++) {
            for (size_t i = 0; i < n_hot; i++) {
                for (int a = 0; a < OBJECT_ATTRIBUTES; a++)
                    set(w->pointers[i], a, (uint64_t)round);
            }
            CLOCK_CLOBBER();
        }
        worker_short_end(w, ROUNDS * n_hot * OBJECT_ATTRIBUTES);
    }
    return true;
}

OBJECT_INLINE bool kernel_get(worker *w, object_state *s, int which)
{
    return kernel_get_by(w, s, which, runtime_get);
}

OBJECT_INLINE bool kernel_set(worker *w, object_state *s, int which)
{
    return kernel_set_by(w, s, which, runtime_set);
}

#if !defined(OBJECT_BARE)
OBJECT_INLINE bool kernel_delete(worker *w, object_state *s, int which)
{
    if (!objects_fill(w, s, which))
        return false;
    size_t n_hot = w->n < OBJECT_BATCH ? w->n : OBJECT_BATCH;
    for (size_t k = 0; k <= w->n_windows; k++) {
        if (k == 1)
            w->n_filled = 0;
        worker_short_begin(w, WINDOW_NO_FAULTS);
        for (size_t i = 0; i < n_hot; i++)
            runtime_unset(w->pointers[i], OBJECT_ATTRIBUTES - 1);
        worker_short_end(w, n_hot);
        for (size_t i = 0; i < n_hot; i++)
            runtime_set(w->pointers[i], OBJECT_ATTRIBUTES - 1, i & 127);
    }
    return true;
}
#endif

OBJECT_INLINE bool kernel_fifo(worker *w, object_state *s, int which)
{
    if (!objects_fill(w, s, which))
        return false;
    void **pointers = w->pointers;
    s->layout = -1;
    for (worker_pass p = worker_pass_start(w, WINDOW_ANY_FAULTS); worker_pass_next(&p);) {
        for (size_t i = p.first; i < p.last; i++)
            runtime_destroy(pointers[i]);
    }
    return true;
}

OBJECT_INLINE bool kernel_lifo(worker *w, object_state *s, int which)
{
    if (!objects_fill(w, s, which))
        return false;
    void **last = w->pointers + w->n - 1;
    s->layout = -1;
    for (worker_pass p = worker_pass_start(w, WINDOW_ANY_FAULTS); worker_pass_next(&p);) {
        for (size_t i = p.first; i < p.last; i++)
            runtime_destroy(*(last - i));
    }
    return true;
}

OBJECT_INLINE void objects_permute(worker *w)
{
    for (size_t i = 0; i < w->n; i++) {
        void *kept = w->pointers[i];
        w->pointers[i] = w->pointers[w->order[i]];
        w->pointers[w->order[i]] = kept;
    }
}

OBJECT_INLINE bool kernel_random(worker *w, object_state *s, int which)
{
    if (!objects_fill(w, s, which))
        return false;
    objects_permute(w);
    return kernel_fifo(w, s, which);
}

#if !defined(OBJECT_BARE)
/* ---- weak references; w->pointers holds n objects, weakrefs come in a table of their own ---- */

OBJECT_INLINE void **weakref_table(worker *w)
{
    static void **table;
    if (table == NULL)
        table = worker_map(w->n * sizeof *table);
    if (table == NULL)
        (void)worker_fail(w, "no memory for the harness's own tables");
    return table;
}

OBJECT_INLINE bool kernel_weakref_create(worker *w, object_state *s, int which)
{
    objects_drain(w, s);
    void **refs = weakref_table(w);
    if (refs == NULL)
        return false;
    void **pointers = w->pointers;
    double before = (double)worker_resident_bytes();
    for (worker_pass p = worker_pass_start(w, WINDOW_ANY_FAULTS); worker_pass_next(&p);) {
        for (size_t i = p.first; i < p.last; i++) {
            pointers[i] = runtime_create(which, i);
            refs[i] = runtime_weakref(pointers[i]);
        }
    }
    w->bytes = ((double)worker_resident_bytes() - before) / (double)w->n;
    for (size_t i = 0; i < w->n; i++)
        runtime_weakref_drop(refs[i]);
    s->layout = which;
    return true;
}

OBJECT_INLINE bool kernel_weakref_bytes(worker *w, object_state *s, int which)
{
    if (!kernel_weakref_create(w, s, which))
        return false;
    worker_put_bytes(w, w->bytes);
    return true;
}

OBJECT_INLINE bool kernel_weakref_destroy(worker *w, object_state *s, int which)
{
    void **refs = weakref_table(w);
    if (refs == NULL || !objects_fill(w, s, which))
        return false;
    void **pointers = w->pointers;
    for (size_t i = 0; i < w->n; i++)
        refs[i] = runtime_weakref(pointers[i]);
    s->layout = -1;
    for (worker_pass p = worker_pass_start(w, WINDOW_ANY_FAULTS); worker_pass_next(&p);) {
        for (size_t i = p.first; i < p.last; i++) {
            runtime_destroy(pointers[i]);
            runtime_weakref_drop(refs[i]);
        }
    }
    return true;
}

OBJECT_INLINE bool kernel_weakref_reuse(worker *w, object_state *s, int which)
{
    enum { ROUNDS = 128 };
    if (!objects_fill(w, s, which))
        return false;
    size_t n_hot = w->n < OBJECT_HOT ? w->n : OBJECT_HOT;
    void *refs[OBJECT_HOT];
    for (size_t i = 0; i < n_hot; i++)
        refs[i] = runtime_weakref(w->pointers[i]);
    for (size_t k = 0; k <= w->n_windows; k++) {
        if (k == 1)
            w->n_filled = 0;
        worker_short_begin(w, WINDOW_NO_FAULTS);
        for (int round = 0; round < ROUNDS; round++) {
            for (size_t i = 0; i < n_hot; i++)
                runtime_weakref_drop(runtime_weakref(w->pointers[i]));
        }
        worker_short_end(w, ROUNDS * n_hot);
    }
    for (size_t i = 0; i < n_hot; i++)
        runtime_weakref_drop(refs[i]);
    return true;
}

OBJECT_INLINE bool kernel_deref(worker *w, object_state *s, int which)
{
    enum { ROUNDS = 256 };
    if (!objects_fill(w, s, which))
        return false;
    size_t n_hot = w->n < OBJECT_HOT ? w->n : OBJECT_HOT;
    void *refs[OBJECT_HOT];
    for (size_t i = 0; i < n_hot; i++)
        refs[i] = runtime_weakref(w->pointers[i]);
    for (size_t k = 0; k <= w->n_windows; k++) {
        if (k == 1)
            w->n_filled = 0;
        uintptr_t sum = 0;
        worker_short_begin(w, WINDOW_NO_FAULTS);
        for (int round = 0; round < ROUNDS; round++) {
            for (size_t i = 0; i < n_hot; i++)
                sum += (uintptr_t)runtime_deref(refs[i]);
            CLOCK_CLOBBER();
        }
        CLOCK_KEEP(sum);
        worker_short_end(w, ROUNDS * n_hot);
    }
    for (size_t i = 0; i < n_hot; i++)
        runtime_weakref_drop(refs[i]);
    return true;
}
#endif

#define OBJECT_KERNEL(NAME, KERNEL)                                                                \
    static bool NAME##_##KERNEL(worker *w)                                                         \
    {                                                                                              \
        return kernel_##KERNEL(w, &NAME##_objects, w->step->which);                                \
    }

#define OBJECT_KERNELS(NAME)                                                                       \
    static object_state NAME##_objects = {.layout = -1};                                           \
    OBJECT_KERNEL(NAME, create)                                                                    \
    OBJECT_KERNEL(NAME, create_warm)                                                               \
    OBJECT_KERNEL(NAME, bytes)                                                                     \
    OBJECT_KERNEL(NAME, batch)                                                                     \
    OBJECT_KERNEL(NAME, get)                                                                       \
    OBJECT_KERNEL(NAME, set)                                                                       \
    OBJECT_KERNEL(NAME, delete)                                                                    \
    OBJECT_KERNEL(NAME, fifo)                                                                      \
    OBJECT_KERNEL(NAME, lifo)                                                                      \
    OBJECT_KERNEL(NAME, random)                                                                    \
    OBJECT_KERNEL(NAME, weakref_create)                                                            \
    OBJECT_KERNEL(NAME, weakref_bytes)                                                             \
    OBJECT_KERNEL(NAME, weakref_destroy)                                                           \
    OBJECT_KERNEL(NAME, weakref_reuse)                                                             \
    OBJECT_KERNEL(NAME, deref)

/* Rows of a layout; bytes_per_object uses what the create before it took. */
#define OBJECT_STEPS(NAME, LAYOUT, WHICH)                                                          \
    {"create", LAYOUT, "ns", true, NAME##_create, WHICH},                                          \
        {"bytes_per_object", LAYOUT, "bytes", false, NAME##_bytes, WHICH},                         \
        {"get", LAYOUT, "ns", false, NAME##_get, WHICH},                                           \
        {"set", LAYOUT, "ns", false, NAME##_set, WHICH},                                           \
        {"delete", LAYOUT, "ns", false, NAME##_delete, WHICH},                                     \
        {"destroy_fifo", LAYOUT, "ns", false, NAME##_fifo, WHICH},                                 \
        {"create_warm", LAYOUT, "ns", false, NAME##_create_warm, WHICH},                           \
        {"destroy_lifo", LAYOUT, "ns", false, NAME##_lifo, WHICH},                                 \
        {"destroy_random", LAYOUT, "ns", false, NAME##_random, WHICH},                             \
    {                                                                                              \
        "batch", LAYOUT, "ns", false, NAME##_batch, WHICH                                          \
    }

#define OBJECT_WEAKREF_STEPS(NAME, LAYOUT, WHICH)                                                  \
    {"weakref_reuse", LAYOUT, "ns", false, NAME##_weakref_reuse, WHICH},                           \
        {"deref", LAYOUT, "ns", false, NAME##_deref, WHICH},                                       \
        {"weakref_destroy", LAYOUT, "ns", false, NAME##_weakref_destroy, WHICH},                   \
        {"weakref_create", LAYOUT, "ns", true, NAME##_weakref_create, WHICH},                      \
    {                                                                                              \
        "bytes_per_object_weakref", LAYOUT, "bytes", true, NAME##_weakref_bytes, WHICH             \
    }

#endif
