#include "harness/judge/check_pool.h"

static int compare_starts(gconstpointer a, gconstpointer b, gpointer unused)
{
    (void)unused;
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void model_memory_init(model_memory *m)
{
    *m = (model_memory){0};
    m->arenas = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    m->blocks = g_tree_new_full(compare_starts, NULL, NULL, g_free);
}

void model_memory_clear(model_memory *m)
{
    g_hash_table_unref(m->arenas);
    g_tree_unref(m->blocks);
}

unsigned model_class_of(uint64_t n_bytes)
{
    return n_bytes == 0 ? 0 : (unsigned)((n_bytes - 1) / POOL_SPACING);
}

unsigned model_pool_capacity(unsigned size_class)
{
    return POOL_ROOM_BYTES / ((size_class + 1) * POOL_SPACING);
}

model_arena *model_find_arena(const model_memory *m, uint64_t address)
{
    uint64_t base = address - address % POOL_ARENA_BYTES;
    return g_hash_table_lookup(m->arenas, &base);
}

bool model_map(model_memory *m, uint64_t base)
{
    if (model_find_arena(m, base) != NULL)
        return false;
    model_arena *arena = g_new0(model_arena, 1);
    arena->base = base;
    g_hash_table_insert(m->arenas, &arena->base, arena);
    m->n_empty++;
    return true;
}

static bool has_room(const model_pool *pool)
{
    return pool->n_used > 0 && pool->n_used < model_pool_capacity(pool->size_class);
}

/* Takes all that a pool adds to the counts away (sign -1) or adds it (sign 1). */
static void count_pool(model_memory *m, model_arena *arena, const model_pool *pool, int sign)
{
    if (pool->n_used > 0) {
        m->n_pools_used += (uint64_t)sign;
        m->n_small_used += (uint64_t)sign * pool->n_used;
        arena->n_pools_used += (unsigned)sign;
    }
    if (has_room(pool))
        m->n_with_room[pool->size_class] += (uint64_t)sign;
}

bool model_unmap(model_memory *m, uint64_t base)
{
    model_arena *arena = g_hash_table_lookup(m->arenas, &base);
    if (arena == NULL)
        return false;
    for (unsigned i = 0; i < POOL_N_POOLS; i++)
        count_pool(m, arena, &arena->pools[i], -1);
    bool was_empty = true;
    for (unsigned i = 0; i < POOL_N_POOLS; i++)
        was_empty = was_empty && arena->pools[i].n_used == 0;
    m->n_empty -= was_empty;
    g_hash_table_remove(m->arenas, &base);
    return true;
}

const model_block *model_overlapping(const model_memory *m, uint64_t start, uint64_t n_bytes)
{
    /* the first block at or after start, and the one before it: blocks in use do not overlap */
    GTreeNode *next = g_tree_lower_bound(m->blocks, &start);
    GTreeNode *previous = next != NULL ? g_tree_node_previous(next) : g_tree_node_last(m->blocks);
    const model_block *after = next != NULL ? g_tree_node_value(next) : NULL;
    const model_block *before = previous != NULL ? g_tree_node_value(previous) : NULL;
    if (after != NULL && after->start - start < n_bytes)
        return after;
    if (before != NULL && start - before->start < before->n_bytes)
        return before;
    return NULL;
}

static uint64_t divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void pool_take(model_pool *pool, uint64_t start, unsigned size_class)
{
    if (pool->n_used++ == 0) {
        pool->size_class = size_class;
        pool->n_seen = 0;
        pool->spacing = 0;
        pool->first = start;
    }
    pool->n_seen++;
    uint64_t distance = start > pool->first ? start - pool->first : pool->first - start;
    pool->spacing = divisor(distance, pool->spacing);
}

void model_add_block(model_memory *m, uint64_t start, uint64_t n_bytes, bool small, bool alone)
{
    if (alone) {
        const model_block added = {start, MAX(n_bytes, 1)};
        model_block *block = g_memdup2(&added, sizeof(added));
        g_tree_insert(m->blocks, &block->start, block);
    }
    if (!small) {
        m->n_large_used++;
        return;
    }
    model_arena *arena = model_find_arena(m, start);
    if (arena == NULL)
        return;
    model_pool *pool = &arena->pools[(start - arena->base) / POOL_BYTES];
    m->n_empty -= arena->n_pools_used == 0;
    count_pool(m, arena, pool, -1);
    pool_take(pool, start, model_class_of(n_bytes));
    count_pool(m, arena, pool, 1);
}

void model_remove_block(model_memory *m, uint64_t start, bool small, bool alone)
{
    if (alone)
        (void)g_tree_remove(m->blocks, &start); /* it is there */
    if (!small) {
        m->n_large_used--;
        return;
    }
    model_arena *arena = model_find_arena(m, start);
    model_pool *pool = arena != NULL ? &arena->pools[(start - arena->base) / POOL_BYTES] : NULL;
    if (pool == NULL || pool->n_used == 0)
        return; /* its arena was unmapped under it */
    count_pool(m, arena, pool, -1);
    pool->n_used--;
    count_pool(m, arena, pool, 1);
    m->n_empty += arena->n_pools_used == 0;
}

unsigned model_fewest_free(const model_memory *m, const model_arena *but)
{
    unsigned fewest = POOL_N_POOLS + 1;
    GHashTableIter at;
    gpointer value = NULL;
    g_hash_table_iter_init(&at, m->arenas);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        const model_arena *arena = value;
        unsigned n_free = POOL_N_POOLS - arena->n_pools_used;
        /* one pool may hold the allocator's own records */
        if (arena != but && n_free >= 2)
            fewest = MIN(fewest, n_free);
    }
    return fewest;
}
