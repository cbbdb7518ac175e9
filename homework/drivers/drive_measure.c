/*
 * drive_measure.c -- a fixed number of operations, each kind in a function of its own.
 *
 * Under callgrind the inclusive cost of measure_OPERATION_LAYOUT() at N and at 2N objects gives
 * instructions an object as a slope, free of what happens once.
 *
 * arguments
 *   --cost N                  every measure_ function once, on N objects of four attributes
 *   --space LAYOUT N          makes N objects and holds them: arenas are announced to valgrind, so
 *                             that massif sees what is held; answers  h arenas large_bytes
 *   --time OPERATIONS LAYOUT N    OPERATIONS times: create N, read them, destroy them
 *                             (for a clock outside of this process)
 * LAYOUT: dict, slots or weakref
 */
#include "drive.h"

#include "hw_layouts.h"

#include <malloc.h>
#include <valgrind/valgrind.h>

static const char *const layout_names[] = {"dict", "slots", "weakref"};
static const char *const names[] = {"a", "b", "c", "d"};
enum { N_NAMES = 4 };

static hw_pool *pool;
static hw_class *cls;
static size_t n_objects;
static hw_object **objects;
static hw_weakref **weakrefs;
static void **blocks;
static size_t *permutation;
static size_t n_arenas;
static volatile int64_t sink; /* what was read is used */

void *hw_arena_map(void)
{
    void *arena = drive_map_arena();
    if (arena != NULL) {
        n_arenas++;
        VALGRIND_MALLOCLIKE_BLOCK(arena, HW_ARENA_BYTES, 0, 1);
    }
    return arena;
}

void hw_arena_unmap(void *arena)
{
    n_arenas--;
    VALGRIND_FREELIKE_BLOCK(arena, 0);
    (void)munmap(arena, HW_ARENA_BYTES); /* a foreign address shows in the statistics */
}

/* ---- the operations ---- */

static inline void create_all(void)
{
    for (size_t i = 0; i < n_objects; i++) {
        objects[i] = hw_object_new(cls);
        for (size_t k = 0; k < N_NAMES && objects[i] != NULL; k++)
            (void)hw_object_set(objects[i], names[k],
                                (int64_t)(i + k)); /* correctness: elsewhere */
    }
}

static inline void get_all(void)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n_objects; i++) {
        for (size_t k = 0; k < N_NAMES && objects[i] != NULL; k++) {
            int64_t value = 0;
            (void)hw_object_get(objects[i], names[k], &value);
            sum += value;
        }
    }
    sink = sum;
}

static inline void set_all(void)
{
    for (size_t i = 0; i < n_objects; i++) {
        for (size_t k = 0; k < N_NAMES && objects[i] != NULL; k++)
            (void)hw_object_set(objects[i], names[k], (int64_t)i);
    }
}

static inline void weakref_all(void)
{
    for (size_t i = 0; i < n_objects; i++) {
        weakrefs[i] = NULL;
        if (objects[i] != NULL)
            (void)hw_weakref_new(objects[i], NULL, NULL, &weakrefs[i]);
    }
}

static inline void deref_all(void)
{
    for (size_t i = 0; i < n_objects; i++) {
        if (weakrefs[i] != NULL)
            hw_object_decref(hw_weakref_get(weakrefs[i]));
    }
}

static inline void release_all(void)
{
    for (size_t i = 0; i < n_objects; i++)
        hw_weakref_decref(weakrefs[i]);
}

static inline void destroy_fifo(void)
{
    for (size_t i = 0; i < n_objects; i++)
        hw_object_decref(objects[i]);
}

static inline void destroy_lifo(void)
{
    for (size_t i = n_objects; i > 0; i--)
        hw_object_decref(objects[i - 1]);
}

static inline void destroy_random(void)
{
    for (size_t i = 0; i < n_objects; i++)
        hw_object_decref(objects[permutation[i]]);
}

/* Functions that callgrind can tell apart by name. */
#define MEASURE(operation, layout)                                                                 \
    __attribute__((noinline)) static void measure_##operation##_##layout(void)                     \
    {                                                                                              \
        operation##_all();                                                                         \
        __asm__ volatile("" ::: "memory");                                                         \
    }
#define MEASURE_DESTROY(order, layout)                                                             \
    __attribute__((noinline)) static void measure_destroy_##order##_##layout(void)                 \
    {                                                                                              \
        destroy_##order();                                                                         \
        __asm__ volatile("" ::: "memory");                                                         \
    }
#define MEASURE_LAYOUT(layout)                                                                     \
    MEASURE(create, layout)                                                                        \
    MEASURE(get, layout)                                                                           \
    MEASURE(set, layout)                                                                           \
    MEASURE(weakref, layout)                                                                       \
    MEASURE(deref, layout)                                                                         \
    MEASURE(release, layout)                                                                       \
    MEASURE_DESTROY(fifo, layout)                                                                  \
    MEASURE_DESTROY(lifo, layout)                                                                  \
    MEASURE_DESTROY(random, layout)

MEASURE_LAYOUT(dict)
MEASURE_LAYOUT(slots)
MEASURE_LAYOUT(weakref)

typedef void operation(void);
enum { CREATE, GET, SET, WEAKREF, DEREF, RELEASE, FIFO, LIFO, RANDOM, N_OPERATIONS };

#define OPERATIONS(layout)                                                                         \
    {                                                                                              \
        measure_create_##layout, measure_get_##layout, measure_set_##layout,                       \
            measure_weakref_##layout, measure_deref_##layout, measure_release_##layout,            \
            measure_destroy_fifo_##layout, measure_destroy_lifo_##layout,                          \
            measure_destroy_random_##layout                                                        \
    }

static operation *const operations[3][N_OPERATIONS] = {OPERATIONS(dict), OPERATIONS(slots),
                                                       OPERATIONS(weakref)};

/* Sizes that a program's small objects have; the sequence repeats. */
static size_t some_size(size_t i)
{
    static const size_t sizes[] = {16, 48, 48, 64, 32, 96, 128, 48, 240, 24, 80, 512};
    return sizes[i % (sizeof(sizes) / sizeof(sizes[0]))];
}

__attribute__((noinline)) static void measure_alloc_pool(void)
{
    for (size_t i = 0; i < n_objects; i++)
        blocks[i] = hw_pool_alloc(pool, some_size(i));
}

__attribute__((noinline)) static void measure_churn_pool(void)
{
    for (size_t i = 0; i < n_objects; i++) {
        size_t at = permutation[i];
        hw_pool_free(pool, blocks[at]);
        blocks[at] = hw_pool_alloc(pool, some_size(at + i));
    }
}

__attribute__((noinline)) static void measure_free_pool(void)
{
    for (size_t i = 0; i < n_objects; i++)
        hw_pool_free(pool, blocks[permutation[i]]);
}

/* ---- modes ---- */

/* A permutation of 0..n-1 that is the same each time (Fisher-Yates; Knuth's MMIX sequence). */
static void make_permutation(void)
{
    uint64_t state = 42;
    for (size_t i = 0; i < n_objects; i++)
        permutation[i] = i;
    for (size_t i = n_objects; i > 1; i--) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        size_t j = (size_t)((state >> 33) % i);
        size_t kept = permutation[i - 1];
        permutation[i - 1] = permutation[j];
        permutation[j] = kept;
    }
}

static void measure_cost(void)
{
    measure_alloc_pool();
    measure_churn_pool();
    measure_free_pool();
    for (int layout = 0; layout < 3; layout++) {
        operation *const *run = operations[layout];
        cls = hw_class_new(pool, (hw_layout)layout, names, N_NAMES);
        if (cls == NULL)
            continue;
        run[CREATE]();
        run[GET]();
        run[SET]();
        if (layout != HW_SLOTS) {
            run[WEAKREF]();
            run[DEREF]();
            run[RELEASE]();
        }
        run[FIFO]();
        run[CREATE]();
        run[LIFO]();
        run[CREATE]();
        run[RANDOM]();
        hw_class_delete(cls);
    }
}

static void measure_space(int layout)
{
    size_t large_before = mallinfo2().uordblks + mallinfo2().hblkhd;
    cls = hw_class_new(pool, (hw_layout)layout, names, N_NAMES);
    if (cls == NULL)
        return;
    create_all();
    size_t large = mallinfo2().uordblks + mallinfo2().hblkhd - large_before;
    hw_pool_stats stats = {0};
    hw_pool_get_stats(pool, &stats);
    drive_answer("h %zu %zu %zu", n_arenas, large, stats.n_pools_used);
    destroy_fifo();
    hw_class_delete(cls);
}

static void measure_time(size_t n_times, int layout)
{
    cls = hw_class_new(pool, (hw_layout)layout, names, N_NAMES);
    for (size_t i = 0; i < n_times && cls != NULL; i++) {
        create_all();
        get_all();
        destroy_fifo();
    }
    hw_class_delete(cls);
}

static int layout_of(const char *name)
{
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, layout_names[i]) == 0)
            return i;
    }
    return -1;
}

/* The arrays are touched beforehand, and are not the submission's memory. */
static bool prepare(const char *n)
{
    n_objects = strtoull(n, NULL, 10);
    size_t n_bytes = (n_objects + 1) * sizeof(void *);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    char *arrays = mmap(NULL, 4 * n_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (arrays == MAP_FAILED)
        return false;
    objects = (hw_object **)(void *)arrays;
    weakrefs = (hw_weakref **)(void *)(arrays + n_bytes);
    blocks = (void **)(void *)(arrays + 2 * n_bytes);
    permutation = (size_t *)(void *)(arrays + 3 * n_bytes);
    make_permutation();
    pool = hw_pool_new();
    return pool != NULL;
}

static bool run_mode(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--cost") == 0 && prepare(argv[2])) {
        measure_cost();
        return true;
    }
    if (argc == 4 && strcmp(argv[1], "--space") == 0 && layout_of(argv[2]) >= 0 &&
        prepare(argv[3])) {
        measure_space(layout_of(argv[2]));
        return true;
    }
    if (argc == 5 && strcmp(argv[1], "--time") == 0 && layout_of(argv[3]) >= 0 &&
        prepare(argv[4])) {
        measure_time(strtoull(argv[2], NULL, 10), layout_of(argv[3]));
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    if (!run_mode(argc, argv)) {
        (void)fputs("usage: drive_measure --cost N | --space LAYOUT N | --time TIMES LAYOUT N\n",
                    stderr);
        return DRIVE_EXIT_USAGE;
    }
    hw_pool_delete(pool);
    drive_end();
    return 0;
}
