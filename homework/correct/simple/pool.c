/*
 * pool.c -- a second correct implementation, as different from the model solution as the contract
 * allows: pools are described outside of them, are carved from their end, arenas are found by
 * walking a list, no empty arena is kept.
 */
#include "hw_arena.h"
#include "hw_pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define N_POOLS    (HW_ARENA_BYTES / HW_POOL_BYTES)
#define MAX_BLOCKS (HW_POOL_BYTES / HW_ALIGNMENT)
#define UNUSED     0U
#define BYTE_OF(i) ((i) / 8)
#define BIT_OF(i)  (1U << ((i) % 8))

typedef struct pool_record {
    unsigned block_bytes; /* UNUSED: serves no size class */
    unsigned n_used;
    unsigned char used[MAX_BLOCKS / 8];
} pool_record;

typedef struct arena {
    struct arena *next;
    char *base;
    size_t n_pools_used;
    pool_record pools[N_POOLS];
} arena;

struct hw_pool {
    arena *arenas;
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

static arena *find_arena(const hw_pool *pool, const void *block)
{
    arena *a = pool->arenas;
    while (a != NULL && (uintptr_t)block - (uintptr_t)a->base >= HW_ARENA_BYTES)
        a = a->next;
    return a;
}

/* Takes a block of a pool that has room; the last ones first. */
static void *take_block(arena *a, size_t index)
{
    pool_record *record = &a->pools[index];
    unsigned n_blocks = (unsigned)HW_POOL_BYTES / record->block_bytes;
    for (unsigned i = n_blocks; i-- > 0;) {
        if ((record->used[BYTE_OF(i)] & BIT_OF(i)) == 0) {
            record->used[BYTE_OF(i)] |= (unsigned char)BIT_OF(i);
            record->n_used++;
            return a->base + index * HW_POOL_BYTES + (size_t)i * record->block_bytes;
        }
    }
    return NULL;
}

static void *alloc_from_used_pool(const hw_pool *pool, unsigned block_bytes)
{
    for (arena *a = pool->arenas; a != NULL; a = a->next) {
        for (size_t i = 0; i < N_POOLS; i++) {
            const pool_record *record = &a->pools[i];
            if (record->block_bytes == block_bytes && record->n_used < HW_POOL_BYTES / block_bytes)
                return take_block(a, i);
        }
    }
    return NULL;
}

static arena *choose_arena(hw_pool *pool)
{
    arena *best = NULL;
    for (arena *a = pool->arenas; a != NULL; a = a->next) {
        if (a->n_pools_used < N_POOLS && (best == NULL || a->n_pools_used > best->n_pools_used))
            best = a;
    }
    if (best != NULL)
        return best;
    arena *a = calloc(1, sizeof(*a));
    if (a == NULL)
        return NULL;
    a->base = hw_arena_map();
    if (a->base == NULL) {
        free(a);
        return NULL;
    }
    a->next = pool->arenas;
    pool->arenas = a;
    return a;
}

void *hw_pool_alloc(hw_pool *pool, size_t n_bytes)
{
    if (n_bytes > HW_SMALL_MAX_BYTES) {
        void *large = malloc(n_bytes);
        pool->n_large += large != NULL;
        return large;
    }
    size_t n_units = n_bytes == 0 ? 1 : (n_bytes + HW_ALIGNMENT - 1) / HW_ALIGNMENT;
    unsigned block_bytes = (unsigned)(n_units * HW_ALIGNMENT);
    void *block = alloc_from_used_pool(pool, block_bytes);
    if (block != NULL)
        return block;
    arena *a = choose_arena(pool);
    if (a == NULL)
        return NULL;
    size_t i = 0;
    while (a->pools[i].block_bytes != UNUSED)
        i++;
    a->pools[i].block_bytes = block_bytes;
    a->n_pools_used++;
    return take_block(a, i);
}

static void remove_arena(hw_pool *pool, arena *removed)
{
    arena **link = &pool->arenas;
    while (*link != removed)
        link = &(*link)->next;
    *link = removed->next;
    hw_arena_unmap(removed->base);
    free(removed);
}

void hw_pool_free(hw_pool *pool, void *block)
{
    if (block == NULL)
        return;
    arena *a = find_arena(pool, block);
    if (a == NULL) {
        pool->n_large--;
        free(block);
        return;
    }
    size_t offset = (size_t)((char *)block - a->base);
    pool_record *record = &a->pools[offset / HW_POOL_BYTES];
    unsigned i = (unsigned)(offset % HW_POOL_BYTES / record->block_bytes);
    record->used[BYTE_OF(i)] &= (unsigned char)~BIT_OF(i);
    if (--record->n_used > 0)
        return;
    record->block_bytes = UNUSED;
    if (--a->n_pools_used == 0)
        remove_arena(pool, a);
}

void hw_pool_get_stats(const hw_pool *pool, hw_pool_stats *ret_stats)
{
    memset(ret_stats, 0, sizeof(*ret_stats));
    ret_stats->n_large_used = pool->n_large;
    for (const arena *a = pool->arenas; a != NULL; a = a->next) {
        ret_stats->n_arenas++;
        ret_stats->n_pools_used += a->n_pools_used;
        for (size_t i = 0; i < N_POOLS; i++)
            ret_stats->n_blocks_used += a->pools[i].n_used;
    }
}
