#include "objects/heap.h"

#include "objects/announce.h"
#include "objects/heap_internal.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- making and deleting ---- */

heap *heap_new(const heap_options *options)
{
    heap_state *s = aligned_alloc(_Alignof(heap_state), sizeof(*s));
    if (s == NULL)
        return NULL;
    memset(s, 0, sizeof(*s));
    if (options != NULL)
        s->options = *options;
    s->watched = announce_is_watched() || s->options.debug > 0;
    s->none.n_live = 1;
    for (size_t i = 0; i < HEAP_N_CLASSES; i++) {
        s->head.current[i] = s->hidden[i] = &s->none;
        s->spares[i].state = HEAP_POOL_FULL;
        s->spares[i].size_class = (uint8_t)i;
    }
    s->lists = s->watched ? s->hidden : s->head.current;
    s->n_events = HEAP_WINDOW_EVENTS;
    s->thread = s->options.debug > 0 ? gettid() : 0;
    return &s->head;
}

void heap_delete(heap *h)
{
    if (h == NULL)
        return;
    heap_state *s = heap_state_of(h);
    while (s->first != NULL)
        heap_drop_arena(s, s->first);
    free(s);
}

/* ---- pools ---- */

static void list_remove(heap_state *s, heap_pool *pool)
{
    heap_pool **list = &s->lists[pool->size_class];
    pool->next->previous = pool->previous;
    if (*list != pool) {
        pool->previous->next = pool->next;
    } else {
        *list = pool->next;
        heap_set_state(s, pool->next, HEAP_POOL_CURRENT);
    }
}

/* A pool, or the spares, that had nothing free and has one block now. */
static void list_add(heap_state *s, heap_pool *pool)
{
    heap_pool **list = &s->lists[pool->size_class];
    heap_pool *first = *list;
    if (first->n_live == 0) { /* it stays in front, or it would have to be dropped */
        heap_set_state(s, pool, HEAP_POOL_USABLE);
        pool->previous = first;
        pool->next = first->next;
        first->next->previous = pool;
        first->next = pool;
        return;
    }
    heap_set_state(s, first, HEAP_POOL_USABLE);
    first->previous = pool;
    heap_set_state(s, pool, HEAP_POOL_CURRENT);
    pool->next = first;
    *list = pool;
}

static heap_pool *new_pool(heap_state *s, unsigned size_class)
{
    heap_pool *pool = heap_take_pool(s);
    if (pool == NULL)
        return NULL;
    size_t block_bytes = heap_class_bytes(size_class);
    pool->free = NULL;
    pool->virgin = heap_pool_start(pool);
    pool->n_blocks = (uint16_t)(HEAP_POOL_BYTES / block_bytes);
    pool->end = pool->virgin + pool->n_blocks * block_bytes;
    pool->n_live = 0;
    pool->size_class = (uint8_t)size_class;
    pool->next = &s->none;
    registry_set(pool->virgin, 1 + (int)size_class);
    return pool;
}

heap_pool *heap_next_pool(heap_state *s, unsigned size_class)
{
    heap_pool *pool = s->lists[size_class];
    heap_pool *spares = &s->spares[size_class];
    while (pool != &s->none && heap_is_exhausted(pool)) {
        heap_set_state(s, pool, HEAP_POOL_FULL);
        if (pool != spares)
            registry_set(heap_pool_start(pool), REGISTRY_APART + 1 + (int)size_class);
        pool = pool->next;
    }
    if (pool != &s->none && spares->n_blocks < HEAP_MAX_SPARES && !s->watched) {
        spares->n_blocks++;
        spares->n_live++;
    }
    s->lists[size_class] = pool; /* also where there is no memory for another */
    if (pool == &s->none && (pool = new_pool(s, size_class)) == NULL)
        return NULL;
    heap_set_state(s, pool, HEAP_POOL_CURRENT);
    s->lists[size_class] = pool;
    return pool;
}

void heap_settle_pool(heap_state *s, heap_pool *pool)
{
    if (pool->state == HEAP_POOL_FULL) {
        registry_set(heap_pool_start(pool), 1 + pool->size_class);
        list_add(s, pool);
    } else if (pool->n_live == 0) {
        list_remove(s, pool);
        heap_drop_pool(pool);
    }
}

/* ---- spares ---- */

/* There is room for it. */
static void add_spare(heap_state *s, heap_pool *spares, heap_block *block)
{
    block->next = spares->free;
    spares->free = block;
    spares->n_live--;
    if (__builtin_expect(spares->state == HEAP_POOL_FULL, 0))
        list_add(s, spares);
}

static void return_spares(heap_state *s, heap_pool *spares)
{
    if (spares->state != HEAP_POOL_FULL)
        list_remove(s, spares);
    heap_block *block = spares->free;
    spares->free = NULL;
    spares->state = HEAP_POOL_FULL;
    spares->n_blocks = 0;
    spares->n_live = 0; /* no room: none becomes one again */
    while (block != NULL) {
        heap_block *next = block->next;
        mem_free_small(block);
        block = next;
    }
}

void heap_return_spares(heap_state *s)
{
    for (size_t i = 0; i < HEAP_N_CLASSES; i++)
        return_spares(s, &s->spares[i]);
}

/* ---- slow paths ---- */

void *heap_alloc_slow(heap *h, unsigned size_class)
{
    heap_state *s = heap_state_of(h);
    heap_count_event(s);
    if (s->watched)
        return heap_watched_alloc(s, size_class);
    return heap_next_pool(s, size_class) == NULL ? NULL : heap_alloc_class(h, size_class);
}

void heap_free_slow(heap_pool *pool, void *block)
{
    heap_state *s = heap_arena_of(pool)->owner;
    if (pool->state == HEAP_POOL_FULL) {
        heap_pool *spares = &s->spares[pool->size_class];
        if (spares->n_live != 0) {
            pool->free = NULL;
            pool->n_live++;
            add_spare(s, spares, block);
            return;
        }
        return_spares(s, spares); /* one too many */
    }
    if (s->watched)
        heap_watched_free(s, pool, block);
    else
        heap_settle_pool(s, pool);
    heap_count_event(s);
}

void *heap_alloc_large(heap *h, size_t n_bytes)
{
    void *block = malloc(n_bytes);
    heap_state_of(h)->n_large += block != NULL;
    return block;
}

void heap_free_other(heap *h, void *block, int mark)
{
    heap_state *s = heap_state_of(h);
    if (__builtin_expect(mark < 0 && mark != REGISTRY_APART, 1)) {
        heap_pool *spares = &s->spares[mark - REGISTRY_APART - 1];
        if (__builtin_expect(spares->n_live != 0, 1))
            add_spare(s, spares, block);
        else
            mem_free_small(block);
    } else if (mark == REGISTRY_APART) {
        heap_watched_misfree(s, block);
    } else {
        s->n_large -= block != NULL;
        free(block);
    }
}

size_t mem_usable_bytes(const void *block)
{
    if (heap_owns(block))
        return heap_class_bytes(heap_pool_of(block)->size_class);
    return malloc_usable_size((void *)(uintptr_t)block);
}

void *mem_calloc(heap *h, size_t n, size_t n_bytes)
{
    size_t total = 0;
    if (__builtin_mul_overflow(n, n_bytes, &total))
        return NULL;
    void *block = mem_alloc(h, total);
    return block == NULL ? NULL : memset(block, 0, total);
}

void *mem_realloc(heap *h, void *block, size_t n_bytes)
{
    if (block == NULL)
        return mem_alloc(h, n_bytes);
    bool is_small = heap_owns(block);
    if (!is_small && n_bytes > HEAP_SMALL_MAX_BYTES)
        return realloc(block, n_bytes);
    size_t old_bytes = mem_usable_bytes(block);
    if (is_small && n_bytes <= HEAP_SMALL_MAX_BYTES &&
        heap_class_bytes(heap_size_class(n_bytes)) == old_bytes)
        return block;
    void *moved = mem_alloc(h, n_bytes);
    if (moved == NULL)
        return NULL;
    memcpy(moved, block, old_bytes < n_bytes ? old_bytes : n_bytes);
    mem_free(h, block);
    return moved;
}

void heap_trim(heap *h)
{
    heap_state *s = heap_state_of(h);
    heap_return_spares(s);
    for (size_t i = 0; i < HEAP_N_CLASSES; i++) {
        heap_pool *pool = s->lists[i];
        if (pool->n_live == 0) {
            list_remove(s, pool);
            heap_drop_pool(pool);
        }
    }
    while (s->by_free[HEAP_N_POOLS] != NULL)
        heap_drop_arena(s, s->by_free[HEAP_N_POOLS]);
}
