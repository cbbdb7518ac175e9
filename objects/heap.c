#include "objects/heap.h"

#include "objects/announce.h"
#include "objects/heap_internal.h"
#include "objects/registry.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A pool without blocks: CURRENT where there is none yet, so that the hot path tests no NULL. */
static heap_pool no_pool = {.event = HEAP_NEVER, .state = HEAP_POOL_CURRENT};

/* ---- making and deleting ---- */

heap *heap_new(const heap_options *options)
{
    heap_state *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return NULL;
    if (options != NULL)
        s->options = *options;
    for (size_t i = 0; i < HEAP_N_CLASSES; i++)
        s->head.current[i] = &no_pool;
    s->watched = announce_is_watched() || s->options.debug > 0;
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

void heap_make_usable(heap_state *s, heap_pool *pool)
{
    heap_pool **head = &s->usable[pool->size_class];
    pool->state = HEAP_POOL_USABLE;
    pool->event = 0;
    pool->previous = NULL;
    pool->next = *head;
    if (*head != NULL)
        (*head)->previous = pool;
    *head = pool;
}

static void usable_unlink(heap_state *s, heap_pool *pool)
{
    if (pool->previous != NULL)
        pool->previous->next = pool->next;
    else
        s->usable[pool->size_class] = pool->next;
    if (pool->next != NULL)
        pool->next->previous = pool->previous;
}

heap_pool *heap_new_pool(heap_state *s, unsigned size_class)
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
    return pool;
}

static heap_pool *next_current(heap_state *s, unsigned size_class)
{
    heap_pool *pool = s->usable[size_class];
    if (pool != NULL)
        usable_unlink(s, pool);
    else
        pool = heap_new_pool(s, size_class);
    if (pool == NULL)
        return NULL;
    heap_pool *exhausted = s->head.current[size_class];
    if (exhausted != &no_pool) {
        exhausted->state = HEAP_POOL_FULL;
        exhausted->event = (uint16_t)(exhausted->n_blocks - 1);
    }
    pool->state = HEAP_POOL_CURRENT;
    pool->event = HEAP_NEVER;
    s->head.current[size_class] = pool;
    return pool;
}

void heap_settle_pool(heap_state *s, heap_pool *pool)
{
    if (pool->state == HEAP_POOL_FULL) {
        heap_make_usable(s, pool);
    } else if (pool->state == HEAP_POOL_USABLE && pool->n_live == 0) {
        usable_unlink(s, pool);
        heap_drop_pool(pool);
    }
}

/* ---- slow paths ---- */

void *heap_alloc_slow(heap *h, unsigned size_class)
{
    heap_state *s = heap_state_of(h);
    if (s->watched)
        return heap_watched_alloc(s, size_class);
    heap_pool *pool = next_current(s, size_class);
    return pool == NULL ? NULL : heap_alloc_class(h, size_class);
}

void heap_free_slow(heap_pool *pool, void *block)
{
    heap_state *s = heap_arena_of(pool)->owner;
    if (s->watched)
        heap_watched_free(s, pool, block);
    else
        heap_settle_pool(s, pool);
}

void *heap_alloc_large(heap *h, size_t n_bytes)
{
    void *block = malloc(n_bytes);
    heap_state_of(h)->n_large += block != NULL;
    return block;
}

bool heap_owns(const void *address)
{
    return registry_has(address);
}

void mem_free(heap *h, void *block)
{
    if (block == NULL)
        return;
    if (heap_owns(block)) {
        mem_free_small(block);
        return;
    }
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
        heap_pool *pool = h->current[i];
        if (pool != &no_pool && pool->n_live == 0) {
            h->current[i] = &no_pool;
            heap_drop_pool(pool);
        }
    }
    while (s->by_free[HEAP_N_POOLS] != NULL)
        heap_drop_arena(s, s->by_free[HEAP_N_POOLS]);
}
