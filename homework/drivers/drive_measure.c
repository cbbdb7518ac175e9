/*
 * drive_measure.c -- a fixed number of operations, each kind in a function of its own.
 *
 * Under callgrind the inclusive cost of measure_OPERATION_LAYOUT() at N and at 2N objects gives
 * instructions an object as a slope, free of what happens once.
 *
 * arguments
 *   --cost N SEED             every measure_ function once, on N objects of four attributes;
 * answers pool READ READ        the blocks' tags after alloc and after churn LAYOUT READ READ
 * FOLLOWED attributes after create and after set; objects to which weakrefs led left SUBJECT BLOCKS
 * blocks in use when all were freed again
 *   --space LAYOUT N SEED     makes N objects and holds them: arenas are announced to valgrind, so
 *                             that massif sees what is held; answers  h arenas large_bytes pools
 * READ
 *   --time TIMES LAYOUT N SEED    TIMES times: create N, read them, destroy them (for a clock
 *                             outside of this process); answers  t READ
 * LAYOUT: dict, slots or weakref. READ: a digest, hexadecimal. What is written comes from SEED, so
 * that an operation which did not do its work shows (harness/judge/check_measure.h).
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
static int64_t *values;   /* what is written: object i, attribute k: values[i + k] */
static uint64_t digest;   /* of what was read */
static size_t n_followed; /* weakrefs that led to their object */

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

/* A word at a time: what the digest costs is part of every figure. */
static inline uint64_t digest_of(uint64_t before, int64_t value)
{
    return (before ^ (uint64_t)value) * DRIVE_DIGEST_PRIME;
}

static inline void create_all(void)
{
    for (size_t i = 0; i < n_objects; i++) {
        objects[i] = hw_object_new(cls);
        for (size_t k = 0; k < N_NAMES && objects[i] != NULL; k++)
            (void)hw_object_set(objects[i], names[k], values[i + k]);
    }
}

static inline void get_all(void)
{
    uint64_t read = DRIVE_DIGEST_START;
    for (size_t i = 0; i < n_objects; i++) {
        for (size_t k = 0; k < N_NAMES && objects[i] != NULL; k++) {
            int64_t value = 0;
            (void)hw_object_get(objects[i], names[k], &value);
            read = digest_of(read, value);
        }
    }
    digest = read;
}

static inline void set_all(void)
{
    for (size_t i = 0; i < n_objects; i++) {
        for (size_t k = 0; k < N_NAMES && objects[i] != NULL; k++)
            (void)hw_object_set(objects[i], names[k], values[i + N_NAMES - 1 - k]);
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
        hw_object *object = weakrefs[i] != NULL ? hw_weakref_get(weakrefs[i]) : NULL;
        n_followed += object != NULL && object == objects[i];
        hw_object_decref(object);
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

/* Blocks in use, by the pool's own account. */
static size_t n_live(void)
{
    hw_pool_stats stats = {0};
    hw_pool_get_stats(pool, &stats);
    return stats.n_blocks_used;
}

/* Tags the start of every block, then reads all tags back: blocks that overlap lose theirs. */
static uint64_t digest_of_blocks(void)
{
    for (size_t i = 0; i < n_objects; i++) {
        if (blocks[i] != NULL)
            memcpy(blocks[i], &values[i], sizeof(values[i]));
    }
    uint64_t read = DRIVE_DIGEST_START;
    for (size_t i = 0; i < n_objects; i++) {
        int64_t tag = 0;
        if (blocks[i] != NULL)
            memcpy(&tag, blocks[i], sizeof(tag));
        read = digest_of(read, tag);
    }
    return read;
}

static void measure_pool_cost(void)
{
    measure_alloc_pool();
    unsigned long long allocated = digest_of_blocks();
    measure_churn_pool();
    unsigned long long churned = digest_of_blocks();
    measure_free_pool();
    drive_answer("pool %llx %llx", allocated, churned);
    drive_answer("left pool %zu", n_live());
}

static void measure_layout_cost(int layout)
{
    operation *const *run = operations[layout];
    size_t n_before = n_live();
    cls = hw_class_new(pool, (hw_layout)layout, names, N_NAMES);
    if (cls == NULL)
        return;
    run[CREATE]();
    run[GET]();
    unsigned long long created = digest;
    run[SET]();
    get_all();
    unsigned long long set = digest;
    n_followed = 0;
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
    drive_answer("%s %llx %llx %zu", layout_names[layout], created, set, n_followed);
    drive_answer("left %s %zu", layout_names[layout], n_live() - n_before);
}

static void measure_cost(void)
{
    measure_pool_cost();
    for (int layout = 0; layout < 3; layout++)
        measure_layout_cost(layout);
}

static void measure_space(int layout)
{
    size_t large_before = mallinfo2().uordblks + mallinfo2().hblkhd;
    cls = hw_class_new(pool, (hw_layout)layout, names, N_NAMES);
    if (cls == NULL)
        return;
    create_all();
    get_all(); /* what is put off until it is read is there by now */
    size_t large = mallinfo2().uordblks + mallinfo2().hblkhd - large_before;
    hw_pool_stats stats = {0};
    hw_pool_get_stats(pool, &stats);
    drive_answer("h %zu %zu %zu %llx", n_arenas, large, stats.n_pools_used,
                 (unsigned long long)digest);
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
    drive_answer("t %llx", (unsigned long long)digest);
}

static int layout_of(const char *name)
{
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, layout_names[i]) == 0)
            return i;
    }
    return -1;
}

static void make_values(uint64_t seed)
{
    for (size_t i = 0; i < n_objects + N_NAMES; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        values[i] = (int64_t)(seed >> 8);
    }
}

/* The arrays are touched beforehand, and are not the submission's memory. */
static bool prepare(const char *n, const char *seed)
{
    n_objects = strtoull(n, NULL, 10);
    size_t n_bytes = (n_objects + N_NAMES) * sizeof(void *);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    char *arrays = mmap(NULL, 5 * n_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (arrays == MAP_FAILED)
        return false;
    objects = (hw_object **)(void *)arrays;
    weakrefs = (hw_weakref **)(void *)(arrays + n_bytes);
    blocks = (void **)(void *)(arrays + 2 * n_bytes);
    permutation = (size_t *)(void *)(arrays + 3 * n_bytes);
    values = (int64_t *)(void *)(arrays + 4 * n_bytes);
    make_permutation();
    make_values(strtoull(seed, NULL, 10));
    pool = hw_pool_new();
    return pool != NULL;
}

static bool run_mode(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--cost") == 0 && prepare(argv[2], argv[3])) {
        measure_cost();
        return true;
    }
    if (argc == 5 && strcmp(argv[1], "--space") == 0 && layout_of(argv[2]) >= 0 &&
        prepare(argv[3], argv[4])) {
        measure_space(layout_of(argv[2]));
        return true;
    }
    if (argc == 6 && strcmp(argv[1], "--time") == 0 && layout_of(argv[3]) >= 0 &&
        prepare(argv[4], argv[5])) {
        measure_time(strtoull(argv[2], NULL, 10), layout_of(argv[3]));
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    if (!run_mode(argc, argv)) {
        (void)fputs("usage: drive_measure --cost N SEED | --space LAYOUT N SEED | "
                    "--time TIMES LAYOUT N SEED\n",
                    stderr);
        return DRIVE_EXIT_USAGE;
    }
    hw_pool_delete(pool);
    drive_end();
    return 0;
}
