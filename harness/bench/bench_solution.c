/*
 * bench_solution -- the worker in which the homework's model solution is measured, through its
 * contract headers only: what a submission is compared with. With BENCH_ON_MALLOC, its layouts run
 * on malloc instead of on its pool.
 */
#include "homework/contract/hw_arena.h"
#include "homework/contract/hw_layouts.h"

#include "harness/bench/alloc_kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { N_LAYOUTS = 3, N_ATTRIBUTES = 4 };

/* Filled once by prepare(); everything lives as long as the process. */
static struct {
    hw_pool *pool;
    hw_class *classes[N_LAYOUTS];
} hw;

static const char *const names[N_ATTRIBUTES] = {"a", "b", "c", "d"};

/* ---- what a program that links a pool must give it ---- */

void *hw_arena_map(void)
{
    char *wide =
        mmap(NULL, 2 * HW_ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (wide == MAP_FAILED)
        return NULL;
    uintptr_t start = ((uintptr_t)wide + HW_ARENA_BYTES - 1) & ~(uintptr_t)(HW_ARENA_BYTES - 1);
    char *arena = (char *)start;
    size_t before = (size_t)(arena - wide);
    if (before > 0)
        (void)munmap(wide, before);
    (void)munmap(arena + HW_ARENA_BYTES, HW_ARENA_BYTES - before);
    return arena;
}

void hw_arena_unmap(void *arena)
{
    (void)munmap(arena, HW_ARENA_BYTES);
}

#if defined(BENCH_ON_MALLOC)
struct hw_pool {
    char unused;
};

hw_pool *hw_pool_new(void)
{
    static hw_pool only;
    return &only;
}

void *hw_pool_alloc(hw_pool *pool, size_t n_bytes)
{
    (void)pool;
    return malloc(n_bytes);
}

void hw_pool_free(hw_pool *pool, void *block)
{
    (void)pool;
    free(block);
}
#endif

/* ---- the runtime, for object_kernels.h ---- */

static inline __attribute__((always_inline)) void *runtime_create(int layout, uint64_t i)
{
    hw_object *object = hw_object_new(hw.classes[layout]);
    for (int a = 0; a < N_ATTRIBUTES && object != NULL; a++)
        (void)hw_object_set(object, names[a], (int64_t)i + a);
    return object;
}

static inline void runtime_destroy(void *object)
{
    hw_object_decref(object);
}

static inline uint64_t runtime_get(void *object, int attribute)
{
    int64_t value = 0;
    (void)hw_object_get(object, names[attribute], &value);
    return (uint64_t)value;
}

static inline void runtime_set(void *object, int attribute, uint64_t value)
{
    (void)hw_object_set(object, names[attribute], (int64_t)value);
}

static inline void runtime_unset(void *object, int attribute)
{
    (void)hw_object_unset(object, names[attribute]);
}

static inline void *runtime_weakref(void *object)
{
    hw_weakref *weakref = NULL;
    (void)hw_weakref_new(object, NULL, NULL, &weakref);
    return weakref;
}

static inline void runtime_weakref_drop(void *weakref)
{
    hw_weakref_decref(weakref);
}

static inline void *runtime_deref(void *weakref)
{
    hw_object *object = hw_weakref_get(weakref);
    hw_object_decref(object); /* the contract gives strong references only */
    return object;
}

/* The kernels call the functions above. */
#include "harness/bench/object_kernels.h"

OBJECT_KERNELS(timed)

#if !defined(BENCH_ON_MALLOC)
static inline void *solution_alloc(size_t n_bytes)
{
    return hw_pool_alloc(hw.pool, n_bytes);
}

static inline void solution_free(void *block)
{
    hw_pool_free(hw.pool, block);
}

ALLOC_KERNELS(solution, solution_alloc, solution_free)
#endif

static bool prepare(void)
{
    hw.pool = hw_pool_new();
    for (int layout = 0; layout < N_LAYOUTS && hw.pool != NULL; layout++) {
        hw.classes[layout] = hw_class_new(hw.pool, (hw_layout)layout, names, N_ATTRIBUTES);
        if (hw.classes[layout] == NULL)
            return false;
    }
    return hw.pool != NULL;
}

int main(int argc, char **argv)
{
    static const worker_step steps[] = {
#if !defined(BENCH_ON_MALLOC)
        ALLOC_STEPS(solution),
#endif
        OBJECT_STEPS(timed, "dict", HW_DICT),
        OBJECT_STEPS(timed, "slots", HW_SLOTS),
        OBJECT_STEPS(timed, "weakref", HW_WEAKREF),
        OBJECT_WEAKREF_STEPS(timed, "weakref", HW_WEAKREF),
    };
    if (!prepare()) {
        (void)puts("fail the solution cannot make its classes");
        return 2;
    }
    return worker_main(argc, argv, steps, sizeof steps / sizeof steps[0]);
}
