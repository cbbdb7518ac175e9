/*
 * pool.c -- part "pool": your pool allocator. The contract is in hw_pool.h.
 *
 * A way to get there; run `make grade SUBMISSION=<this folder>` after each step:
 *   1. hw_pool_new, hw_pool_delete, and requests over HW_SMALL_MAX_BYTES through malloc and free.
 *   2. One arena from hw_arena_map(), cut into pools of HW_POOL_BYTES; a pool serves one size
 *      class; a header at its start says which. Hand out its blocks one after the other.
 *   3. hw_pool_free: the header is at the block's address rounded down to HW_POOL_BYTES. Keep
 *      freed blocks in a list; the block itself can hold the link.
 *   4. Full, usable and empty pools; an empty pool may serve another size class.
 *   5. Many arenas; how do you tell a small block from one of malloc's? Empty arenas go back.
 *   6. Among arenas with a free pool, the one with the fewest free pools comes first.
 */
#include "hw_arena.h"
#include "hw_pool.h"

#include <stdlib.h>

struct hw_pool {
    size_t n_large;
};

hw_pool *hw_pool_new(void)
{
    return calloc(1, sizeof(hw_pool));
}

void hw_pool_delete(hw_pool *pool)
{
    free(pool);
}

void *hw_pool_alloc(hw_pool *pool, size_t n_bytes)
{
    /* Your turn: small blocks come from pools, not from malloc. */
    void *block = malloc(n_bytes == 0 ? 1 : n_bytes);
    if (block != NULL)
        pool->n_large++;
    return block;
}

void hw_pool_free(hw_pool *pool, void *block)
{
    if (block != NULL)
        pool->n_large--;
    free(block);
}

void hw_pool_get_stats(const hw_pool *pool, hw_pool_stats *ret_stats)
{
    *ret_stats = (hw_pool_stats){.n_large_used = pool->n_large};
}
