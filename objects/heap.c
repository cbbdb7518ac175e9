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
    heap_state *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return NULL;
    if (options != NULL)
        s->options = *options;
    s->watched = announce_is_watched() || s->options.debug > 0;
    s->none.n_live = 1;
    for (size_t i = 0; i < HEAP_N_CLASSES; i++)
        s->head.current[i] = s->hidden[i] = &s->none;
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

/* A pool that was FULL and has one free block now. */
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
    return pool;
}

heap_pool *heap_next_pool(heap_state *s, unsigned size_class)
{
    heap_pool *pool = s->lists[size_class];
    while (pool != &s->none && heap_is_exhausted(pool)) {
        heap_set_state(s, pool, HEAP_POOL_FULL);
        pool = pool->next;
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
        list_add(s, pool);
    } else if (pool->n_live == 0) {
        list_remove(s, pool);
        heap_drop_pool(pool);
    }
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

void heap_free_large(heap *h, void *block)
{
    if (block == NULL)
        return;
    heap_state_of(h)->n_large--;
    free(block);
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
