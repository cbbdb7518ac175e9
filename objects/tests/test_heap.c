/* test_heap.c -- the pool allocator against a table of blocks, at its limits, and out of memory. */
#include "objects/tests/check.h"

#include "objects/announce.h"
#include "objects/heap.h"
#include "objects/tests/heap_tape.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void run_tapes(const heap_options *options, size_t n_tapes, size_t n_bytes)
{
    uint8_t *bytes = malloc(n_bytes);
    assert_non_null(bytes);
    for (uint64_t seed = 1; seed <= n_tapes; seed++) {
        tape_fill(bytes, n_bytes, seed);
        const char *why = heap_tape_run(bytes, n_bytes, options);
        if (why != NULL)
            fail_msg("seed %llu: %s", (unsigned long long)seed, why);
    }
    free(bytes);
}

static void test_tapes(void **state)
{
    (void)state;
    run_tapes(NULL, 20, 20000);
}

static void test_tapes_debug(void **state)
{
    (void)state;
    const heap_options fills = {.debug = 1};
    run_tapes(&fills, 4, 10000);
    const heap_options walks = {.debug = 2};
    run_tapes(&walks, 2, 4000);
}

static void test_tapes_populated(void **state)
{
    (void)state;
    const heap_options options = {.populate = true, .huge_pages = HEAP_HUGE_PAGES_ALWAYS};
    run_tapes(&options, 4, 10000);
}

/* ---- a source of arenas that refuses from the n-th on ---- */

typedef struct source {
    int n_left, n_mapped;
} source;

static void *source_map(void *context)
{
    source *s = context;
    if (s->n_left == 0)
        return NULL;
    s->n_left--;
    s->n_mapped++;
    return aligned_alloc(HEAP_ARENA_BYTES, HEAP_ARENA_BYTES);
}

static void source_unmap(void *context, void *arena)
{
    source *s = context;
    s->n_mapped--;
    free(arena);
}

static void test_refused_arenas(void **state)
{
    (void)state;
    enum { N = 3000 };
    static void *blocks[N];
    for (int n_left = 0; n_left < 4; n_left++) {
        source s = {n_left, 0};
        const heap_options options = {.source = {source_map, source_unmap, &s}};
        heap *h = heap_new(&options);
        int n = 0;
        while (n < N && (blocks[n] = mem_alloc(h, 500)) != NULL)
            n++;
        assert_int_equal(n, n_left * 8 * (int)HEAP_N_POOLS);
        const char *why = NULL;
        assert_true(heap_is_valid(h, &why));
        if (n > 0) { /* one block back makes room for one */
            mem_free(h, blocks[n - 1]);
            blocks[n - 1] = mem_alloc(h, 512);
            assert_non_null(blocks[n - 1]);
            assert_null(mem_alloc(h, 512));
        }
        for (int i = 0; i < n; i++)
            mem_free(h, blocks[i]);
        heap_trim(h);
        assert_int_equal(s.n_mapped, 0);
        heap_delete(h);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    heap *h = heap_new(NULL);
    void *zero = mem_alloc(h, 0);
    void *other = mem_alloc(h, 0);
    assert_non_null(zero);
    assert_ptr_not_equal(zero, other);
    assert_int_equal(mem_usable_bytes(zero), 16);
    void *largest = mem_alloc(h, 512);
    assert_true(heap_owns(largest));
    assert_int_equal(mem_usable_bytes(largest), 512);
    void *large = mem_alloc(h, 513);
    assert_false(heap_owns(large));
    heap_stats stats;
    heap_get_stats(h, &stats);
    assert_int_equal(stats.n_large, 1);
    assert_null(mem_calloc(h, SIZE_MAX / 2, 3));
    if (!announce_is_watched()) { /* the tools complain of such sizes themselves */
        assert_null(mem_alloc(h, SIZE_MAX));
        assert_null(mem_realloc(h, large, SIZE_MAX));
    }
    mem_free(h, NULL);
    mem_free(h, zero);
    mem_free(h, other);
    mem_free(h, largest);
    mem_free(h, large);
    heap_get_stats(h, &stats);
    assert_int_equal(stats.n_large, 0);
    assert_int_equal(stats.n_blocks_live, 0);
    heap_delete(h);
    heap_delete(NULL);
}

static heap_stats stats_of(const heap *h)
{
    heap_stats stats;
    heap_get_stats(h, &stats);
    return stats;
}

/* From each size to each, with their contents. */
static void test_realloc_directions(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 16, 17, 33, 40, 496, 512, 513, 600, 5000, 100000};
    enum { N = sizeof(sizes) / sizeof(sizes[0]) };
    heap *h = heap_new(NULL);
    for (size_t i = 0; i < (size_t)N * N; i++) {
        size_t from = sizes[i / N];
        size_t to = sizes[i % N];
        unsigned char *block = mem_realloc(h, NULL, from);
        assert_non_null(block);
        for (size_t k = 0; k < from; k++)
            block[k] = (unsigned char)(k * 7 + i);
        unsigned char *moved = mem_realloc(h, block, to);
        assert_non_null(moved);
        assert_int_equal(heap_owns(moved), to <= HEAP_SMALL_MAX_BYTES);
        bool is_same_class = from <= HEAP_SMALL_MAX_BYTES && to <= HEAP_SMALL_MAX_BYTES &&
                             heap_size_class(from) == heap_size_class(to);
        if (is_same_class)
            assert_ptr_equal(moved, block);
        for (size_t k = 0; k < from && k < to; k++)
            assert_int_equal(moved[k], (unsigned char)(k * 7 + i));
        mem_free(h, moved);
    }
    assert_int_equal(stats_of(h).n_blocks_live + stats_of(h).n_large, 0);
    heap_delete(h);
}

static void fill_and_empty(heap *h, void **blocks, int n)
{
    for (int i = 0; i < n; i++) {
        blocks[i] = mem_alloc(h, 512);
        assert_non_null(blocks[i]);
    }
    for (int i = 0; i < n; i++)
        mem_free(h, blocks[i]);
}

/* Arenas that are mapped alone; of regions, test_heap_regions.c. */
static const heap_options alone = {.huge_pages = HEAP_HUGE_PAGES_NEVER};

static void test_memory_goes_back(void **state)
{
    (void)state;
    enum { N = 60000, N_ARENAS = (N + 503) / 504, N_FEW = 64 };
    void **blocks = calloc(N, sizeof(void *));
    assert_non_null(blocks);
    heap *h = heap_new(&alone);
    fill_and_empty(h, blocks, N);
    size_t n_mapped = stats_of(h).n_mapped;
    assert_int_equal(n_mapped, N_ARENAS);

    /* what fills and empties again finds its memory */
    for (int i = 0; i < 4; i++)
        fill_and_empty(h, blocks, N);
    assert_int_equal(stats_of(h).n_mapped, n_mapped);
    assert_int_equal(stats_of(h).n_unmapped, 0);

    /* what needs little after that gives the rest back: within three windows' work at the most,
     * of at least a slow path for each pool that a round empties */
    size_t n_rounds = 3 * HEAP_WINDOW_EVENTS * (N_ARENAS + 1) / (N_FEW / 8 - 1);
    for (size_t i = 0; i < n_rounds; i++)
        fill_and_empty(h, blocks, N_FEW);
    heap_stats stats = stats_of(h);
    assert_true(stats.n_arenas <= HEAP_KEPT_ARENAS + 1);
    assert_true(stats.n_arenas >= HEAP_KEPT_ARENAS);
    assert_int_equal(stats.n_pools_used, 0);
    assert_int_equal(stats.n_mapped - stats.n_unmapped, stats.n_arenas);

    heap_trim(h);
    assert_int_equal(stats_of(h).n_arenas, 0);
    void *again = mem_alloc(h, 512); /* and it still works */
    assert_non_null(again);
    mem_free(h, again);
    heap_delete(h);
    free(blocks);
}

/* However much there was, a bounded amount stays. */
static void test_much_memory_goes_back_at_once(void **state)
{
    (void)state;
    enum { N_ARENAS = HEAP_MAX_EMPTY + 20, N = N_ARENAS * 63 * 8 };
    void **blocks = calloc(N, sizeof(void *));
    assert_non_null(blocks);
    heap *h = heap_new(&alone);
    fill_and_empty(h, blocks, N);
    heap_stats stats = stats_of(h);
    assert_int_equal(stats.n_mapped, N_ARENAS);
    assert_int_equal(stats.n_arenas_empty, HEAP_MAX_EMPTY);
    assert_true(stats.n_arenas <= HEAP_MAX_EMPTY + 1); /* one holds the empty pool of the class */
    heap_trim(h);
    const char *why = NULL;
    assert_true(heap_is_valid(h, &why));
    heap_delete(h);
    free(blocks);
}

/* A pool boundary does not make and drop pools: one stays, however often it is crossed. */
static void test_boundary_keeps_its_pool(void **state)
{
    (void)state;
    enum { N = 3 * 85 };
    heap *h = heap_new(NULL);
    void *blocks[N + 2];
    for (int i = 0; i < N; i++)
        blocks[i] = mem_alloc(h, 48);
    const heap_pool *kept = NULL;
    for (int i = 0; i < 100; i++) {
        for (int k = N; k < N + 2; k++)
            blocks[k] = mem_alloc(h, 48);
        const heap_pool *pool = heap_pool_of(blocks[N + 1]);
        assert_true(kept == NULL || kept == pool || announce_is_watched());
        kept = pool;
        for (int k = N + 1; k >= N; k--)
            mem_free(h, blocks[k]);
        assert_true(stats_of(h).n_pools_held == 1 || announce_is_watched());
    }
    heap_trim(h);
    assert_int_equal(stats_of(h).n_pools_held, 0);
    const char *why = NULL;
    assert_true(heap_is_valid(h, &why));
    heap_delete(h);
}

/* Blocks come and go while nearly all pools are full: a block freed then is a spare, and nothing
 * that can be asked of the heap tells it from a free one. */
static void test_churn_on_full_pools(void **state)
{
    (void)state;
    enum { N = 1600, N_CHURN = 40000, WORDS = 512 / sizeof(uint64_t) };
    static uint64_t *blocks[N];
    heap *h = heap_new(NULL);
    for (uint64_t i = 0; i < N; i++) {
        blocks[i] = mem_alloc(h, 512);
        blocks[i][0] = blocks[i][WORDS - 1] = i;
    }
    uint64_t random = 1;
    for (int i = 0; i < N_CHURN; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U; /* Knuth, MMIX */
        uint64_t at = (random >> 33) % N;
        if (blocks[at] == NULL) {
            blocks[at] = mem_alloc(h, 512);
            blocks[at][0] = blocks[at][WORDS - 1] = at;
        } else {
            assert_true(blocks[at][0] == at && blocks[at][WORDS - 1] == at);
            mem_free(h, blocks[at]);
            blocks[at] = NULL;
        }
        const char *why = NULL;
        if (i % 1000 == 0 && !heap_is_valid(h, &why))
            fail_msg("after %d operations: %s", i, why);
    }
    size_t n_live = 0;
    size_t n_spares = 0;
    for (int i = 0; i < N; i++) {
        if (blocks[i] == NULL)
            continue;
        n_live++;
        uint16_t before = heap_pool_of(blocks[i])->n_live;
        if (i % 2 == 0)
            mem_free(h, blocks[i]);
        else
            mem_free_small(blocks[i]);
        n_spares += heap_pool_of(blocks[i])->n_live == before;
        blocks[i] = mem_alloc(h, 512);
    }
    assert_true(announce_is_watched() ? n_spares == 0 : n_spares > 0);
    assert_int_equal(stats_of(h).n_blocks_live, n_live);
    for (int i = 0; i < N; i++)
        mem_free(h, blocks[i]);
    assert_int_equal(stats_of(h).n_pools_used, 0);
    heap_trim(h);
    assert_int_equal(stats_of(h).n_arenas, 0);
    heap_delete(h);
}

static int compare_addresses(const void *a, const void *b)
{
    uintptr_t left = *(const uintptr_t *)a;
    uintptr_t right = *(const uintptr_t *)b;
    return (left > right) - (left < right);
}

/* The last block of a pool is freed while all its others are spares, and its class has an empty
 * pool in front already. The room for spares grows with n_pools: in some round it is just one pool.
 */
static void test_pool_of_spares_is_dropped(void **state)
{
    (void)state;
    enum { A_POOL = HEAP_POOL_BYTES / HEAP_SMALL_MAX_BYTES, MAX_POOLS = 24 };
    for (size_t n_pools = 2; n_pools <= MAX_POOLS; n_pools++) {
        void *blocks[MAX_POOLS * A_POOL] = {NULL};
        heap *h = heap_new(NULL);
        for (size_t i = 0; i < n_pools * A_POOL; i++)
            blocks[i] = mem_alloc(h, HEAP_SMALL_MAX_BYTES);
        for (size_t i = 0; i < n_pools; i++) /* each has room, and loses it again: so many moves */
            mem_free(h, blocks[i * A_POOL]);
        for (size_t i = 0; i < n_pools; i++)
            blocks[i * A_POOL] = mem_alloc(h, HEAP_SMALL_MAX_BYTES);
        mem_free(h, mem_alloc(h, HEAP_SMALL_MAX_BYTES)); /* in a pool of its own */
        qsort(blocks, n_pools * A_POOL, sizeof(blocks[0]), compare_addresses); /* pool by pool */
        for (size_t i = 0; i < n_pools * A_POOL; i++) {
            mem_free(h, blocks[i]);
            const char *why = NULL;
            if (!heap_is_valid(h, &why))
                fail_msg("%zu pools, %zu blocks freed: %s", n_pools, i + 1, why);
        }
        heap_delete(h);
    }
}

static void test_fullest_arena_serves_first(void **state)
{
    (void)state;
    enum { N_ARENAS = 6, N = N_ARENAS * 8 * 63 };
    static char *blocks[N];
    heap *h = heap_new(NULL);
    for (int i = 0; i < N; i++)
        blocks[i] = mem_alloc(h, 512);
    /* pools freed a arena: 20 in the second, 3 in the fourth */
    for (int i = 0; i < 20 * 8; i++)
        mem_free(h, blocks[1 * 8 * 63 + i]);
    for (int i = 0; i < 3 * 8; i++)
        mem_free(h, blocks[3 * 8 * 63 + i]);
    char *made[3];
    for (int i = 0; i < 3; i++) {
        made[i] = mem_alloc(h, (size_t)16 << i); /* each needs a pool of its own */
        assert_int_equal((uintptr_t)made[i] / HEAP_ARENA_BYTES,
                         (uintptr_t)blocks[3 * 8 * 63 + 100] / HEAP_ARENA_BYTES);
    }
    char *next = mem_alloc(h, 128);
    assert_int_equal((uintptr_t)next / HEAP_ARENA_BYTES,
                     (uintptr_t)blocks[1 * 8 * 63 + 400] / HEAP_ARENA_BYTES);
    const char *why = NULL;
    assert_true(heap_is_valid(h, &why));
    heap_delete(h); /* with blocks in use: they go along */
}

static void count_block(void *block, void *argument)
{
    (void)block;
    ++*(size_t *)argument;
}

static bool count_live(const heap_pool_view *view, void *argument)
{
    heap_walk_blocks(view, count_block, argument);
    return true;
}

static bool stop_at_once(const heap_pool_view *view, void *argument)
{
    (void)view;
    ++*(size_t *)argument;
    return false;
}

static void test_walk(void **state)
{
    (void)state;
    enum { N = 1000 };
    void *blocks[N];
    heap *h = heap_new(NULL);
    for (int i = 0; i < N; i++)
        blocks[i] = mem_alloc(h, (size_t)(i % 500));
    for (int i = 0; i < N; i += 3)
        mem_free(h, blocks[i]);
    size_t n_live = 0;
    heap_walk(h, count_live, &n_live);
    assert_int_equal(n_live, N - (N + 2) / 3);
    size_t n_visits = 0;
    heap_walk(h, stop_at_once, &n_visits);
    assert_int_equal(n_visits, 1);
    for (int i = 0; i < N; i++) {
        if (i % 3 != 0)
            mem_free(h, blocks[i]);
    }
    heap_delete(h);
}

/* Three arenas: of the second every block but one a pool is freed, of the third all but one. */
static void test_snapshot(void **state)
{
    (void)state;
    enum { N_POOLS = 63, A_POOL = 8, N = 3 * N_POOLS * A_POOL };
    static char *blocks[N];
    heap *h = heap_new(NULL);
    for (int i = 0; i < N; i++)
        blocks[i] = mem_alloc(h, 512);
    for (int i = N / 3; i < N; i++) {
        if (i < 2 * N / 3 ? i % A_POOL != 0 : i != N - 1)
            mem_free(h, blocks[i]);
    }
    heap_trim(h); /* or a pool may stay in front of its class, empty */
    static const size_t expected[3][4] = {
        /* pools used, free; blocks live; bytes held back */
        {N_POOLS, 0, (size_t)N_POOLS * A_POOL, 0},
        {N_POOLS, 0, N_POOLS, (size_t)N_POOLS * (A_POOL - 1) * 512},
        {1, N_POOLS - 1, 1, (size_t)(A_POOL - 1) * 512},
    };
    heap_arena_view views[4];
    assert_int_equal(heap_snapshot(h, NULL, 0), 3);
    assert_int_equal(heap_snapshot(h, views, 4), 3);
    heap_stats sum = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal((uintptr_t)views[i].arena % HEAP_ARENA_BYTES, 0);
        assert_int_equal((uintptr_t)blocks[i * (size_t)(N / 3)] / HEAP_ARENA_BYTES,
                         (uintptr_t)views[i].arena / HEAP_ARENA_BYTES);
        assert_int_equal(views[i].n_pools_used, expected[i][0]);
        assert_int_equal(views[i].n_pools_free, expected[i][1]);
        assert_int_equal(views[i].n_blocks_live, expected[i][2]);
        assert_int_equal(views[i].live_bytes, expected[i][2] * 512);
        assert_int_equal(views[i].held_bytes, expected[i][3]);
        sum.held_bytes += views[i].held_bytes;
        sum.live_bytes += views[i].live_bytes;
    }
    assert_int_equal(stats_of(h).held_bytes, sum.held_bytes);
    assert_int_equal(stats_of(h).live_bytes, sum.live_bytes);
    assert_int_equal(stats_of(h).n_arenas_empty, 0);
    heap_delete(h);
}

static void test_owns(void **state)
{
    (void)state;
    heap *h = heap_new(NULL);
    char *block = mem_alloc(h, 100);
    static char in_bss[64];
    char on_stack = 0;
    void *from_malloc = malloc(100);
    void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(heap_owns(block));
    assert_true(heap_owns(block + 50));
    assert_false(heap_owns(in_bss));
    assert_false(heap_owns(&on_stack));
    assert_false(heap_owns(from_malloc));
    assert_false(heap_owns(page));
    assert_false(heap_owns(NULL));
    assert_false(heap_owns((void *)UINTPTR_MAX));
    assert_int_equal(munmap(page, 4096), 0);
    free(from_malloc);
    heap_delete(h);
    assert_false(heap_owns(block));
}

/* A note is on a full pool only, and a free of any of its blocks takes it off: at once, or as a
 * spare, by either function. */
static void test_notes(void **state)
{
    (void)state;
    enum { N_POOLS = 40, PER_POOL = 8, N = N_POOLS * PER_POOL };
    heap *h = heap_new(NULL);
    char *blocks[N + 1];
    for (int i = 0; i < N + 1; i++)
        blocks[i] = mem_alloc(h, 512);
    heap_note(heap_pool_of(blocks[N])); /* has room */
    assert_false(heap_is_noted(blocks[N]));
    for (int i = 0; i < N; i++) {
        if (i % PER_POOL == 0)
            heap_note(heap_pool_of(blocks[i]));
        assert_int_equal(heap_is_noted(blocks[i]), !announce_is_watched());
    }
    const char *why = NULL;
    assert_true(heap_is_valid(h, &why));
    heap_drop_note(blocks[0]);
    assert_false(heap_is_noted(blocks[1]));
    for (int i = N / 2; i < N; i += PER_POOL) { /* each to the front of the list, at once */
        mem_free(h, blocks[i]);
        assert_false(heap_is_noted(blocks[i + 1]));
    }
    for (int i = N / 2; i < N; i += PER_POOL) /* from one to the next: now there may be spares */
        blocks[i] = mem_alloc(h, 512);
    for (int i = PER_POOL; i < N / 2; i += PER_POOL) {
        if (i % (2 * PER_POOL) == 0)
            mem_free(h, blocks[i]);
        else
            mem_free_small(blocks[i]);
        assert_false(heap_is_noted(blocks[i + 1]));
        blocks[i] = NULL;
    }
    assert_true(heap_is_valid(h, &why));
    for (int i = 0; i < N + 1; i++)
        mem_free(h, blocks[i]);
    heap_delete(h);
}

/* Damage is found, whatever it is. */
static void test_validity_sees_damage(void **state)
{
    (void)state;
    heap *h = heap_new(NULL);
    char *blocks[200];
    for (int i = 0; i < 200; i++)
        blocks[i] = mem_alloc(h, 48);
    mem_free(h, blocks[3]);
    mem_free(h, blocks[5]);
    heap_pool *pool = heap_pool_of(blocks[5]);
    const char *why = NULL;
    assert_true(heap_is_valid(h, &why));
    const heap_pool kept = *pool;
    pool->n_live++;
    assert_false(heap_is_valid(h, &why));
    assert_non_null(why);
    *pool = kept;
    pool->free = (heap_block *)(void *)(blocks[5] + 8);
    assert_false(heap_is_valid(h, &why));
    *pool = kept;
    pool->size_class = 60;
    assert_false(heap_is_valid(h, &why));
    *pool = kept;
    pool->state = HEAP_POOL_FULL;
    assert_false(heap_is_valid(h, &why));
    *pool = kept;
    pool->virgin = pool->end + 48;
    assert_false(heap_is_valid(h, &why));
    *pool = kept;
    pool->event++;
    assert_false(heap_is_valid(h, &why));
    *pool = kept;
    int mark = registry_get(blocks[5]);
    registry_set(blocks[5], mark + 1);
    assert_false(heap_is_valid(h, &why));
    registry_set(blocks[5], mark);
    void *arena = (void *)((uintptr_t)pool / HEAP_ARENA_BYTES * HEAP_ARENA_BYTES);
    registry_set(arena, 0);
    assert_false(heap_is_valid(h, &why));
    registry_set(arena, REGISTRY_APART);
    *pool = kept;
    assert_true(heap_is_valid(h, &why));
    heap_delete(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tapes),
        cmocka_unit_test(test_tapes_debug),
        cmocka_unit_test(test_tapes_populated),
        cmocka_unit_test(test_refused_arenas),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_realloc_directions),
        cmocka_unit_test(test_memory_goes_back),
        cmocka_unit_test(test_much_memory_goes_back_at_once),
        cmocka_unit_test(test_boundary_keeps_its_pool),
        cmocka_unit_test(test_churn_on_full_pools),
        cmocka_unit_test(test_pool_of_spares_is_dropped),
        cmocka_unit_test(test_fullest_arena_serves_first),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_owns),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_validity_sees_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
