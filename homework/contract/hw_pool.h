/*
 * hw_pool.h -- part "pool" (pool.c): a pool allocator after the lecture.
 *
 *   arena (256 KiB) > 64 pools (4 KiB each) > blocks of one size class, 16..512 bytes
 *
 *   | pool 0 | pool 1 | pool 2 |        ...         | pool 63 |   one arena
 *   | header | block | block | block | ... | tail waste |         one pool
 *
 * Size classes are 16, 32, ..., 512 bytes. A request of more than 512 bytes goes to malloc.
 */
#ifndef HW_POOL_H
#define HW_POOL_H

#include <stddef.h>

/* One allocator; independent of every other. What is in it is up to you. */
typedef struct hw_pool hw_pool;

typedef struct hw_pool_stats {
    size_t n_arenas;      /* arenas held now */
    size_t n_pools_used;  /* pools with at least one block in use */
    size_t n_blocks_used; /* small blocks in use */
    size_t n_large_used;  /* blocks from malloc in use */
} hw_pool_stats;

/* An empty allocator that holds no arena yet. Errors: NULL without memory. */
hw_pool *hw_pool_new(void);

/* Returns every arena and frees the allocator. All blocks must have been freed. NULL is fine. */
void hw_pool_delete(hw_pool *pool);

/*
 * Returns a block of at least n_bytes, HW_ALIGNMENT-aligned, that overlaps no block in use.
 * n_bytes: any; 0 is served as 1. Contents: indeterminate.
 * Up to HW_SMALL_MAX_BYTES it lies in an arena, and its size class is the smallest that fits;
 * a pool serves one size class at a time, and serves another once it is empty.
 * A new arena is mapped only when no pool has room; among arenas with a free pool, the one
 * with the fewest free pools is used first, so that others can become empty.
 * Errors: NULL without memory, or for a size that malloc refuses; nothing has changed then.
 */
void *hw_pool_alloc(hw_pool *pool, size_t n_bytes);

/*
 * Gives a block back. block: from hw_pool_alloc() on this pool, or NULL.
 * An arena whose last block is freed goes back to the system at once, except that one
 * empty arena may be kept.
 */
void hw_pool_free(hw_pool *pool, void *block);

/* Fills *ret_stats. Cost: may walk the arenas. */
void hw_pool_get_stats(const hw_pool *pool, hw_pool_stats *ret_stats);

#endif
