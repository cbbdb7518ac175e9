/* test_heap_returned.c -- blocks that are freed as bits: not touched, counted, handed out once. */
#include "objects/tests/check.h"

#include "objects/announce.h"
#include "objects/heap.h"

#include <stdlib.h>
#include <string.h>

enum { N_POOLS = 12, MAX_BLOCKS = N_POOLS * HEAP_POOL_BYTES / HEAP_ALIGNMENT };

static void check_valid(const heap *h)
{
    const char *why = NULL;
    if (!heap_is_valid(h, &why))
        fail_msg("%s", why);
}

static size_t bits_of(const void *block)
{
    const heap_pool *pool = heap_pool_of(block);
    return (size_t)__builtin_popcountll(pool->returned[0]) +
           (size_t)__builtin_popcountll(pool->returned[1]);
}

/* N_POOLS full pools of one class, shuffled; returns the number of blocks. */
static size_t fill_pools(heap *h, size_t n_bytes, char **blocks)
{
    size_t n = N_POOLS * (HEAP_POOL_BYTES / n_bytes);
    for (size_t i = 0; i < n; i++) {
        blocks[i] = mem_alloc(h, n_bytes);
        assert_non_null(blocks[i]);
        memset(blocks[i], (int)(i % 251), n_bytes);
    }
    uint64_t random = n_bytes;
    for (size_t i = n; i > 1; i--) {
        random = random * 6364136223846793005U + 1442695040888963407U; /* Knuth, MMIX */
        size_t j = (random >> 33) % i;
        char *kept = blocks[i - 1];
        blocks[i - 1] = blocks[j];
        blocks[j] = kept;
    }
    return n;
}

/* Frees one block and says whether it was left as it was. The memory of the pool stays mapped: some
 * of its blocks are in use, or it is kept. */
static bool free_leaves_it(heap *h, char *block, size_t n_bytes)
{
    char before[HEAP_SMALL_MAX_BYTES];
    memcpy(before, block, n_bytes);
    mem_free(h, block);
    return memcmp(before, block, n_bytes) == 0;
}

static int compare_addresses(const void *a, const void *b)
{
    uintptr_t left = *(const uintptr_t *)a;
    uintptr_t right = *(const uintptr_t *)b;
    return (left > right) - (left < right);
}

/* Half of the blocks are freed at random, then as many taken: of each class, just those. */
static void test_each_class(void **state)
{
    (void)state;
    static char *blocks[MAX_BLOCKS];
    static char *again[MAX_BLOCKS];
    for (size_t n_bytes = HEAP_ALIGNMENT; n_bytes <= HEAP_SMALL_MAX_BYTES;
         n_bytes += HEAP_ALIGNMENT) {
        heap *h = heap_new(NULL);
        size_t n = fill_pools(h, n_bytes, blocks);
        size_t n_untouched = 0;
        for (size_t i = 0; i < n / 2; i++) {
            if (announce_is_watched())
                mem_free(h, blocks[i]);
            else
                n_untouched += free_leaves_it(h, blocks[i], n_bytes);
        }
        bool has_bits = HEAP_POOL_BYTES / n_bytes <= HEAP_MAX_RETURNED && !announce_is_watched();
        assert_true(has_bits ? n_untouched > 0 : n_untouched == 0);
        check_valid(h);
        heap_stats stats;
        heap_get_stats(h, &stats);
        assert_int_equal(stats.n_blocks_live, n - n / 2);
        for (size_t i = 0; i < n / 2; i++)
            again[i] = mem_alloc(h, n_bytes);
        check_valid(h);
        heap_get_stats(h, &stats);
        assert_int_equal(stats.n_blocks_live, n);
        qsort(blocks, n / 2, sizeof(blocks[0]), compare_addresses);
        qsort(again, n / 2, sizeof(again[0]), compare_addresses);
        assert_memory_equal(blocks, again, n / 2 * sizeof(blocks[0])); /* none twice, none new */
        for (size_t i = 0; i < n; i++)
            mem_free(h, blocks[i]);
        heap_trim(h);
        heap_get_stats(h, &stats);
        assert_int_equal(stats.n_arenas, 0);
        heap_delete(h);
    }
}

static void note_block(void *block, void *argument)
{
    char ***end = argument;
    *(*end)++ = block;
}

static bool note_pool(const heap_pool_view *view, void *argument)
{
    heap_walk_blocks(view, note_block, argument);
    return true;
}

/* The walk shows the blocks in use and no other, whatever is a bit, a link or a live block. */
static void test_walk_sees_bits(void **state)
{
    (void)state;
    static char *blocks[MAX_BLOCKS];
    static char *seen[MAX_BLOCKS];
    heap *h = heap_new(NULL);
    size_t n = fill_pools(h, 48, blocks);
    size_t n_freed = 0;
    for (size_t n_left = n; n_left > 0; n_left /= 2) {
        while (n - n_freed > n_left - n_left / 3) {
            if (n_freed % 3 == 0)
                mem_free_small(blocks[n_freed++]); /* a link beside bits */
            else
                mem_free(h, blocks[n_freed++]);
        }
        char **end = seen;
        heap_walk(h, note_pool, (void *)&end);
        assert_int_equal(end - seen, n - n_freed);
        qsort(blocks + n_freed, n - n_freed, sizeof(blocks[0]), compare_addresses);
        qsort(seen, n - n_freed, sizeof(seen[0]), compare_addresses);
        assert_memory_equal(blocks + n_freed, seen, (n - n_freed) * sizeof(seen[0]));
        check_valid(h);
    }
    for (; n_freed < n; n_freed++)
        mem_free(h, blocks[n_freed]);
    heap_delete(h);
}

/* A block that stays in its class stays where it is, in whatever pool it lies; others move with
 * their contents. */
static void test_realloc_in_returning_pools(void **state)
{
    (void)state;
    static char *blocks[MAX_BLOCKS];
    heap *h = heap_new(NULL);
    size_t n = fill_pools(h, 64, blocks);
    for (size_t i = 0; i < n / 2; i++)
        mem_free(h, blocks[i]);
    for (size_t i = n / 2; i < n; i++) {
        char was = blocks[i][0];
        char *stays = mem_realloc(h, blocks[i], 50);
        assert_true(stays == blocks[i]);
        blocks[i] = mem_realloc(h, stays, i % 2 == 0 ? 200 : 20);
        assert_true(blocks[i] != stays);
        for (size_t k = 0; k < 20; k++)
            assert_int_equal(blocks[i][k], was);
    }
    check_valid(h);
    for (size_t i = n / 2; i < n; i++)
        mem_free(h, blocks[i]);
    heap_stats stats;
    heap_get_stats(h, &stats);
    assert_int_equal(stats.n_blocks_live, 0);
    heap_delete(h);
}

/* A block of bits_of() > 0 in a pool with a linked one, or NULL. */
static char *find_returned(char *const *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bits_of(blocks[i]) > 0 && heap_pool_of(blocks[i])->free != NULL)
            return blocks[i];
    }
    return NULL;
}

static void test_damaged_bits_are_seen(void **state)
{
    (void)state;
    if (announce_is_watched())
        return; /* has no bits: test_each_class asserts that */
    static char *blocks[MAX_BLOCKS];
    heap *h = heap_new(NULL);
    size_t n = fill_pools(h, 48, blocks);
    for (size_t i = 0; i < n / 2; i++)
        mem_free(h, blocks[i]);
    char *found = find_returned(blocks, n / 2);
    assert_non_null(found);
    check_valid(h);
    heap_pool *pool = heap_pool_of(found);
    const heap_pool kept = *pool;
    const char *why = NULL;
    pool->returned[0] &= pool->returned[0] - 1; /* a free block that nobody knows of */
    assert_false(heap_is_valid(h, &why));
    *pool = kept;
    size_t linked = (uintptr_t)pool->free % HEAP_POOL_BYTES / 48;
    pool->returned[linked / 64] |= (uint64_t)1 << linked % 64; /* free twice */
    assert_false(heap_is_valid(h, &why));
    *pool = kept;
    pool->returned[1] |= (uint64_t)1 << 63; /* block 127 of 85 */
    assert_false(heap_is_valid(h, &why));
    *pool = kept;
    check_valid(h);
    heap_delete(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_class),
        cmocka_unit_test(test_walk_sees_bits),
        cmocka_unit_test(test_realloc_in_returning_pools),
        cmocka_unit_test(test_damaged_bits_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
