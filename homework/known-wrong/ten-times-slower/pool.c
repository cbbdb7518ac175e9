/*
 * pool.c -- the known-wrong submission: correct, but it looks at all of a pool for a free block.
 *
 *   hw_pool  --usable[class]-->  pools of that class with room
 *            --by_free[n]---->  arenas with n free pools
 *            --table--------->  every arena, found by address
 *
 *   arena:   256 KiB from hw_arena_map(); its record is kept outside, so all 64 pools are blocks
 *   pool:    | header | block 0 | block 1 | ... |  4 KiB; empty (in its arena's list of free
 *            pools, or not yet carved), usable (in usable[class]) or full (in no list)
 *
 * A block goes back to the pool whose header starts its 4 KiB pool; whether an address lies in
 * an arena at all is answered by the table, never by reading the memory.
 */
#include "hw_arena.h"
#include "hw_pool.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define N_CLASSES (HW_SMALL_MAX_BYTES / HW_ALIGNMENT)
#define N_POOLS   (HW_ARENA_BYTES / HW_POOL_BYTES) /* in one arena */

typedef struct block {
    struct block *next; /* the next free block of the same pool */
} block;

typedef struct arena {
    char *base;
    struct arena *next, *previous; /* in by_free[n_free] */
    struct block_pool *free_pools; /* pools that were used and are empty again */
    size_t n_free;                 /* free_pools and those not yet carved */
    size_t n_carved;               /* pools handed out at least once: the first ones */
} arena;

/* The header of one pool. */
typedef struct block_pool {
    struct block_pool *next, *previous; /* in usable[class], or next only in free_pools */
    arena *owner;
    block *free_blocks;
    uint32_t n_used;
    uint32_t n_carved; /* blocks handed out at least once: the first ones */
    uint32_t n_blocks; /* capacity */
    uint32_t size_class;
} block_pool;

#define HEADER_BYTES ((sizeof(block_pool) + HW_ALIGNMENT - 1) / HW_ALIGNMENT * HW_ALIGNMENT)

_Static_assert(HEADER_BYTES + HW_SMALL_MAX_BYTES <= HW_POOL_BYTES, "a pool holds a block");

struct hw_pool {
    block_pool *usable[N_CLASSES];
    arena *by_free[N_POOLS + 1]; /* doubly linked */
    arena **table;               /* open addressing by base; n_table is a power of two, or 0 */
    size_t n_table;
    size_t n_arenas;
    size_t n_large;
};

static size_t block_bytes(uint32_t size_class)
{
    return (size_class + 1) * HW_ALIGNMENT;
}

/* ---- the table of arenas ---- */

static size_t table_home(const hw_pool *pool, uintptr_t base)
{
    return (base / HW_ARENA_BYTES) & (pool->n_table - 1);
}

/* The arena that holds the address, or NULL. */
static arena *table_find(const hw_pool *pool, const void *address)
{
    uintptr_t base = (uintptr_t)address & ~(uintptr_t)(HW_ARENA_BYTES - 1);
    if (pool->n_table == 0)
        return NULL;
    for (size_t i = table_home(pool, base);; i = (i + 1) & (pool->n_table - 1)) {
        arena *a = pool->table[i];
        if (a == NULL || (uintptr_t)a->base == base)
            return a;
    }
}

static void table_insert(hw_pool *pool, arena *a)
{
    size_t i = table_home(pool, (uintptr_t)a->base);
    while (pool->table[i] != NULL)
        i = (i + 1) & (pool->n_table - 1);
    pool->table[i] = a;
}

/* Makes room for one arena more, at a load of at most one half. False without memory. */
static bool table_reserve(hw_pool *pool)
{
    if (2 * (pool->n_arenas + 1) <= pool->n_table)
        return true;
    size_t n_old = pool->n_table;
    arena **old = pool->table;
    size_t n_new = n_old == 0 ? 16 : 2 * n_old;
    arena **grown = calloc(n_new, sizeof(arena *));
    if (grown == NULL)
        return false;
    pool->table = grown;
    pool->n_table = n_new;
    for (size_t i = 0; i < n_old; i++) {
        if (old[i] != NULL)
            table_insert(pool, old[i]);
    }
    free(old);
    return true;
}

/* Takes an arena out and closes the gap: what follows it may have been pushed on by it. */
static void table_remove(hw_pool *pool, const arena *a)
{
    size_t i = table_home(pool, (uintptr_t)a->base);
    while (pool->table[i] != a)
        i = (i + 1) & (pool->n_table - 1);
    pool->table[i] = NULL;
    for (i = (i + 1) & (pool->n_table - 1); pool->table[i] != NULL;
         i = (i + 1) & (pool->n_table - 1)) {
        arena *moved = pool->table[i];
        pool->table[i] = NULL;
        table_insert(pool, moved);
    }
}

/* ---- arenas ---- */

static void arena_link(hw_pool *pool, arena *a)
{
    arena **head = &pool->by_free[a->n_free];
    a->previous = NULL;
    a->next = *head;
    if (*head != NULL)
        (*head)->previous = a;
    *head = a;
}

static void arena_unlink(hw_pool *pool, arena *a)
{
    if (a->previous != NULL)
        a->previous->next = a->next;
    else
        pool->by_free[a->n_free] = a->next;
    if (a->next != NULL)
        a->next->previous = a->previous;
}

static arena *arena_new(hw_pool *pool)
{
    if (!table_reserve(pool))
        return NULL;
    arena *a = calloc(1, sizeof(*a));
    if (a == NULL)
        return NULL;
    a->base = hw_arena_map();
    if (a->base == NULL) {
        free(a);
        return NULL;
    }
    a->n_free = N_POOLS;
    pool->n_arenas++;
    table_insert(pool, a);
    arena_link(pool, a);
    return a;
}

/* Gives an arena without a used pool back to the system. */
static void arena_delete(hw_pool *pool, arena *a)
{
    arena_unlink(pool, a);
    table_remove(pool, a);
    pool->n_arenas--;
    hw_arena_unmap(a->base);
    free(a);
}

/* The arena with the fewest free pools among those that have any. */
static arena *arena_choose(hw_pool *pool)
{
    for (size_t n_free = 1; n_free <= N_POOLS; n_free++) {
        if (pool->by_free[n_free] != NULL)
            return pool->by_free[n_free];
    }
    return arena_new(pool);
}

/* ---- pools ---- */

static void block_pool_link(hw_pool *pool, block_pool *p)
{
    block_pool **head = &pool->usable[p->size_class];
    p->previous = NULL;
    p->next = *head;
    if (*head != NULL)
        (*head)->previous = p;
    *head = p;
}

static void block_pool_unlink(hw_pool *pool, block_pool *p)
{
    if (p->previous != NULL)
        p->previous->next = p->next;
    else
        pool->usable[p->size_class] = p->next;
    if (p->next != NULL)
        p->next->previous = p->previous;
}

/* An empty pool, made to serve one size class; NULL without memory. */
static block_pool *block_pool_new(hw_pool *pool, uint32_t size_class)
{
    arena *a = arena_choose(pool);
    if (a == NULL)
        return NULL;
    block_pool *p = a->free_pools;
    if (p != NULL) {
        a->free_pools = p->next;
    } else {
        p = (block_pool *)(void *)(a->base + a->n_carved * HW_POOL_BYTES);
        a->n_carved++;
    }
    arena_unlink(pool, a);
    a->n_free--;
    arena_link(pool, a);
    p->owner = a;
    p->free_blocks = NULL;
    p->n_used = 0;
    p->n_carved = 0;
    p->n_blocks = (uint32_t)((HW_POOL_BYTES - HEADER_BYTES) / block_bytes(size_class));
    p->size_class = size_class;
    block_pool_link(pool, p);
    return p;
}

/* Returns an empty pool to its arena, and the arena to the system once a second one is empty. */
static void block_pool_delete(hw_pool *pool, block_pool *p)
{
    arena *a = p->owner;
    block_pool_unlink(pool, p);
    p->next = a->free_pools;
    a->free_pools = p;
    arena_unlink(pool, a);
    a->n_free++;
    arena_link(pool, a);
    if (a->n_free == N_POOLS && a->next != NULL)
        arena_delete(pool, a);
}

/* The next block of a pool that has never been handed out. */
static block *block_pool_carve(block_pool *p)
{
    char *first = (char *)p + HEADER_BYTES;
    return (block *)(void *)(first + p->n_carved++ * block_bytes(p->size_class));
}

/* ---- the contract ---- */

hw_pool *hw_pool_new(void)
{
    return calloc(1, sizeof(hw_pool));
}

void hw_pool_delete(hw_pool *pool)
{
    if (pool == NULL)
        return;
    while (pool->by_free[N_POOLS] != NULL)
        arena_delete(pool, pool->by_free[N_POOLS]);
    free(pool->table);
    free(pool);
}

static void *alloc_large(hw_pool *pool, size_t n_bytes)
{
    void *large = malloc(n_bytes);
    if (large != NULL)
        pool->n_large++;
    return large;
}

void *hw_pool_alloc(hw_pool *pool, size_t n_bytes)
{
    if (n_bytes > HW_SMALL_MAX_BYTES)
        return alloc_large(pool, n_bytes);
    uint32_t size_class = n_bytes == 0 ? 0 : (uint32_t)((n_bytes - 1) / HW_ALIGNMENT);
    block_pool *p = pool->usable[size_class];
    if (p == NULL) {
        p = block_pool_new(pool, size_class);
        if (p == NULL)
            return NULL;
    }
    volatile const char *bytes = (volatile const char *)p;
    for (size_t i = 0; i < HW_POOL_BYTES; i += 16)
        (void)bytes[i];
    block *taken = p->free_blocks;
    if (taken != NULL)
        p->free_blocks = taken->next;
    else
        taken = block_pool_carve(p);
    if (++p->n_used == p->n_blocks)
        block_pool_unlink(pool, p);
    return taken;
}

void hw_pool_free(hw_pool *pool, void *freed)
{
    if (freed == NULL)
        return;
    if (table_find(pool, freed) == NULL) {
        pool->n_large--;
        free(freed);
        return;
    }
    block_pool *p = (block_pool *)((uintptr_t)freed & ~(uintptr_t)(HW_POOL_BYTES - 1));
    volatile const char *bytes = (volatile const char *)p;
    for (size_t k = 0; k < HW_POOL_BYTES; k += 16)
        (void)bytes[k];
    block *b = freed;
    b->next = p->free_blocks;
    p->free_blocks = b;
    if (p->n_used-- == p->n_blocks)
        block_pool_link(pool, p);
    if (p->n_used == 0)
        block_pool_delete(pool, p);
}

void hw_pool_get_stats(const hw_pool *pool, hw_pool_stats *ret_stats)
{
    hw_pool_stats stats = {.n_arenas = pool->n_arenas, .n_large_used = pool->n_large};
    for (size_t i = 0; i < pool->n_table; i++) {
        const arena *a = pool->table[i];
        if (a == NULL)
            continue;
        stats.n_pools_used += N_POOLS - a->n_free;
        for (size_t k = 0; k < a->n_carved; k++) {
            /* an empty pool still has its header, with n_used == 0 */
            const block_pool *p = (const block_pool *)(const void *)(a->base + k * HW_POOL_BYTES);
            stats.n_blocks_used += p->n_used;
        }
    }
    *ret_stats = stats;
}
