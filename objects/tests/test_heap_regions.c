/* test_heap_regions.c -- regions of eight arenas: offered to the system, taken back, unmapped. */
#include "objects/tests/check.h"

#include "objects/heap_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    BLOCK_BYTES = 512,
    PER_ARENA = 63 * 8,
    PER_REGION = HEAP_REGION_ARENAS * PER_ARENA,
    N_ALONE = HEAP_SMALL_PAGED_ARENAS * PER_ARENA, /* blocks of the arenas that come first */
    N_REGIONS = 3,
    N = N_ALONE + N_REGIONS * PER_REGION
};

#define REGION_BYTES (HEAP_REGION_ARENAS * HEAP_ARENA_BYTES)

typedef enum order { FIRST_FIRST, LAST_FIRST, AT_RANDOM, N_ORDERS } order;

static heap_stats stats_of(const heap *h)
{
    heap_stats stats;
    heap_get_stats(h, &stats);
    return stats;
}

static void check_valid(const heap *h)
{
    const char *why = NULL;
    if (!heap_is_valid(h, &why))
        fail_msg("%s", why);
}

static void fill(heap *h, uint64_t **blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        blocks[i] = mem_alloc(h, BLOCK_BYTES);
        assert_non_null(blocks[i]);
        blocks[i][0] = blocks[i][BLOCK_BYTES / 8 - 1] = i;
    }
}

/* Each still holds what was written to it; then they go. */
static void empty(heap *h, uint64_t **blocks, size_t n, order o)
{
    uint64_t random = 7;
    for (size_t i = n; o == AT_RANDOM && i > 1; i--) {
        random = random * 6364136223846793005U + 1442695040888963407U; /* Knuth, MMIX */
        size_t j = (random >> 33) % i;
        uint64_t *kept = blocks[i - 1];
        blocks[i - 1] = blocks[j];
        blocks[j] = kept;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t *block = blocks[o == LAST_FIRST ? n - 1 - i : i];
        assert_true(block[0] < N && block[0] == block[BLOCK_BYTES / 8 - 1]);
        mem_free(h, block);
        if (i % (N / 3) == 0)
            check_valid(h);
    }
    check_valid(h);
}

static uintptr_t region_of(const void *block)
{
    return (uintptr_t)block / REGION_BYTES * REGION_BYTES;
}

/* The regions of the blocks after those that are in arenas alone, in the order of creation. */
static size_t note_regions(uint64_t *const *blocks, uintptr_t *ret_regions)
{
    size_t n = 0;
    uintptr_t last = 0;
    for (size_t i = N_ALONE; i < N; i++) {
        if (region_of(blocks[i]) == last)
            continue;
        assert_true(n < N_REGIONS);
        last = ret_regions[n++] = region_of(blocks[i]);
    }
    return n;
}

/* In whatever order the blocks go: little stays, the rest is offered and no more. */
static void test_empty_regions_are_offered(void **state)
{
    (void)state;
    static uint64_t *blocks[N];
    for (order o = FIRST_FIRST; o < N_ORDERS; o++) {
        heap *h = heap_new(NULL);
        fill(h, blocks, N);
        heap_stats full = stats_of(h);
        assert_int_equal(full.n_arenas, N / PER_ARENA);
        assert_int_equal(full.n_arenas_offered, 0);
        empty(h, blocks, N, o);
        heap_stats stats = stats_of(h);
        assert_int_equal(stats.n_blocks_live, 0);
        assert_true(stats.n_arenas <= HEAP_KEPT_ARENAS + 1); /* one holds the class's pool */
        assert_int_equal(stats.n_arenas_offered, N_REGIONS * HEAP_REGION_ARENAS);
        assert_int_equal(stats.n_mapped - stats.n_unmapped, stats.n_arenas);
        heap_delete(h);
    }
}

/* The next need finds them: no new ones are mapped. */
static void test_offered_regions_are_taken_back(void **state)
{
    (void)state;
    enum { N_AGAIN = N_REGIONS * PER_REGION, N_KEPT = (HEAP_KEPT_ARENAS + 1) * PER_ARENA };
    static uint64_t *blocks[N];
    uintptr_t regions[N_REGIONS];
    heap *h = heap_new(NULL);
    fill(h, blocks, N);
    assert_int_equal(note_regions(blocks, regions), N_REGIONS);
    empty(h, blocks, N, FIRST_FIRST);
    for (int round = 0; round < 6; round++) {
        fill(h, blocks, N_AGAIN);
        assert_int_equal(stats_of(h).n_arenas_offered, 0);
        size_t n_found = 0;
        for (size_t i = 0; i < N_AGAIN; i++) {
            for (size_t r = 0; r < N_REGIONS; r++)
                n_found += regions[r] == region_of(blocks[i]);
        }
        assert_true(n_found >= N_AGAIN - N_KEPT);
        empty(h, blocks, N_AGAIN, (order)(round % N_ORDERS));
    }
    heap_delete(h);
}

/* What the system took comes back as zeros, the headers of arenas too. */
static void test_system_takes_what_is_offered(void **state)
{
    (void)state;
    static uint64_t *blocks[N];
    uintptr_t regions[N_REGIONS];
    for (order o = FIRST_FIRST; o < N_ORDERS; o++) {
        heap *h = heap_new(NULL);
        fill(h, blocks, N);
        size_t n_regions = note_regions(blocks, regions);
        empty(h, blocks, N, o);
        assert_int_equal(stats_of(h).n_arenas_offered, n_regions * HEAP_REGION_ARENAS);
        for (size_t r = 0; r < n_regions; r++)
            assert_int_equal(madvise((void *)regions[r], REGION_BYTES, MADV_DONTNEED), 0);
        check_valid(h);
        fill(h, blocks, N);
        check_valid(h);
        empty(h, blocks, N, o);
        heap_delete(h);
    }
}

/* A region with a block in use is not; once there is none, it is. */
static void test_one_block_holds_a_region(void **state)
{
    (void)state;
    static uint64_t *blocks[N];
    heap *h = heap_new(NULL);
    fill(h, blocks, N);
    uint64_t *kept = blocks[N_ALONE + PER_REGION / 2];
    blocks[N_ALONE + PER_REGION / 2] = blocks[N - 1];
    empty(h, blocks, N - 1, AT_RANDOM);
    assert_int_equal(stats_of(h).n_arenas_offered, (N_REGIONS - 1) * HEAP_REGION_ARENAS);
    assert_int_equal(kept[0], N_ALONE + PER_REGION / 2);
    mem_free(h, kept);
    check_valid(h);
    heap_trim(h);
    assert_int_equal(stats_of(h).n_arenas + stats_of(h).n_arenas_offered, 0);
    heap_delete(h);
}

static void check_few_are_unmapped_in_time(heap *h, uint64_t **blocks)
{
    enum { N_FEW = 64 };
    /* three windows, each of at least a slow path for every pool that a round empties */
    size_t n_rounds = (size_t)3 * HEAP_WINDOW_EVENTS * (N / PER_ARENA + 1) / (N_FEW / 8 - 1);
    for (size_t i = 0; i < n_rounds; i++) {
        fill(h, blocks, N_FEW);
        for (size_t k = 0; k < N_FEW; k++)
            mem_free(h, blocks[k]);
    }
    check_valid(h);
}

/* What nothing had a use for in a window goes. */
static void test_windows_unmap_what_is_offered(void **state)
{
    (void)state;
    static uint64_t *blocks[N];
    heap *h = heap_new(NULL);
    fill(h, blocks, N);
    empty(h, blocks, N, AT_RANDOM);
    assert_int_equal(stats_of(h).n_arenas_offered, N_REGIONS * HEAP_REGION_ARENAS);
    check_few_are_unmapped_in_time(h, blocks);
    assert_int_equal(stats_of(h).n_arenas_offered, 0);
    assert_true(stats_of(h).n_arenas <= HEAP_KEPT_ARENAS + 1);
    heap_delete(h);
}

/* Windows unmap empty arenas of a region with a block in use, too. Where they were, others may map:
 * that is theirs when the rest goes. */
static void test_parts_that_are_gone_are_left_alone(void **state)
{
    (void)state;
    static uint64_t *blocks[N];
    heap *h = heap_new(NULL);
    fill(h, blocks, N);
    uint64_t *kept[N_REGIONS];
    for (size_t r = 0; r < N_REGIONS; r++) { /* the last block of each region */
        kept[r] = blocks[N_ALONE + (r + 1) * PER_REGION - 1];
        blocks[N_ALONE + (r + 1) * PER_REGION - 1] = NULL;
    }
    for (size_t i = 0; i < N; i++)
        mem_free(h, blocks[i]);
    check_few_are_unmapped_in_time(h, blocks);
    char *hole = (char *)region_of(kept[1]);
    while (heap_owns(hole))
        hole += HEAP_ARENA_BYTES;
    assert_int_equal(region_of(hole), region_of(kept[1]));
    char *theirs = mmap(hole, HEAP_ARENA_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    assert_ptr_equal(theirs, hole); /* it was unmapped */
    memset(theirs, 'x', HEAP_ARENA_BYTES);
    for (size_t r = 0; r < N_REGIONS; r++)
        mem_free(h, kept[r]);
    check_valid(h);
    heap_trim(h);
    heap_delete(h);
    for (size_t i = 0; i < HEAP_ARENA_BYTES; i++)
        assert_int_equal(theirs[i], 'x');
    assert_int_equal(munmap(theirs, HEAP_ARENA_BYTES), 0);
}

/* However much there was, a bounded amount waits. */
static void test_a_bounded_number_waits(void **state)
{
    (void)state;
    enum { N_MANY = N_ALONE + (HEAP_MAX_OFFERED + 3) * PER_REGION };
    uint64_t **blocks = calloc(N_MANY, sizeof(uint64_t *));
    assert_non_null(blocks);
    heap *h = heap_new(NULL);
    fill(h, blocks, N_MANY);
    for (size_t i = 0; i < N_MANY; i++)
        mem_free(h, blocks[i]);
    check_valid(h);
    assert_int_equal(stats_of(h).n_arenas_offered, HEAP_MAX_OFFERED * HEAP_REGION_ARENAS);
    heap_trim(h);
    assert_int_equal(stats_of(h).n_arenas_offered, 0);
    heap_delete(h);
    free(blocks);
}

static void test_validity_sees_damaged_regions(void **state)
{
    (void)state;
    static uint64_t *blocks[N];
    heap *h = heap_new(NULL);
    heap_state *s = heap_state_of(h);
    const char *why = NULL;
    fill(h, blocks, N);
    heap_region *r = heap_arena_of(heap_pool_of(blocks[N - 1]))->region;
    assert_non_null(r);
    r->n_empty++;
    assert_false(heap_is_valid(h, &why));
    r->n_empty--;
    r->gone |= 1;
    assert_false(heap_is_valid(h, &why));
    r->gone = 0;
    r->cut ^= 1;
    assert_false(heap_is_valid(h, &why));
    r->cut ^= 1;
    s->held = r;
    assert_false(heap_is_valid(h, &why));
    s->held = NULL;
    empty(h, blocks, N, FIRST_FIRST);
    s->n_offered--;
    assert_false(heap_is_valid(h, &why));
    s->n_offered++;
    s->offered->cut = 1;
    assert_false(heap_is_valid(h, &why));
    s->offered->cut = 0;
    check_valid(h);
    heap_delete(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_regions_are_offered),
        cmocka_unit_test(test_offered_regions_are_taken_back),
        cmocka_unit_test(test_system_takes_what_is_offered),
        cmocka_unit_test(test_one_block_holds_a_region),
        cmocka_unit_test(test_windows_unmap_what_is_offered),
        cmocka_unit_test(test_parts_that_are_gone_are_left_alone),
        cmocka_unit_test(test_a_bounded_number_waits),
        cmocka_unit_test(test_validity_sees_damaged_regions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
