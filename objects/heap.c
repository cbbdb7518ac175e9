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
    for (size_t i = 0; i < HEAP_N_CLASSES; i++)
        s->head.current[i] = &s->none;
    for (size_t i = 0; i < HEAP_N_LISTS; i++) {
        s->hidden[i] = &s->none;
        heap_spares_of(s, (unsigned)i)->state = HEAP_POOL_FULL;
        heap_spares_of(s, (unsigned)i)->size_class = (uint8_t)i;
    }
    for (unsigned i = 0; i < HEAP_N_LISTS; i++)
        s->inverse[i] = (uint32_t)(((uint64_t)1 << 32) / heap_class_bytes(i) + 1);
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
    heap_drop_all(s);
    heap_guard_forget_large(s);
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
        if (heap_is_in_arena(s, pool->next))
            heap_mark_pool(s, pool->next);
    }
}

/* Its blocks are freed as bits from now on, if there is room for them. A watched heap looks at each
 * block, so there they are linked. */
static void set_aside(const heap_state *s, const heap_pool *pool)
{
    if (pool->n_blocks <= HEAP_MAX_RETURNED && heap_is_in_arena(s, pool) && !s->watched)
        registry_set(heap_pool_start(pool), REGISTRY_APART + REGISTRY_RETURNED);
}

/* A pool, or the spares, that had nothing free and has one block now. Spares are soon gone, and
 * the pool behind them is current again. */
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
    if (heap_is_in_arena(s, pool))
        set_aside(s, first);
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
    memset(pool->returned, 0, sizeof(pool->returned));
    return pool;
}

/* Links the blocks that are bits, the lowest first. None are linked. */
static void link_returned(heap_pool *pool)
{
    char *start = heap_pool_start(pool);
    size_t block_bytes = heap_class_bytes(pool->size_class);
    heap_block **last = &pool->free;
    for (size_t i = 0; i < HEAP_MAX_RETURNED / 64; i++) {
        for (uint64_t bits = pool->returned[i]; bits != 0; bits &= bits - 1) {
            size_t number = 64 * i + (size_t)__builtin_ctzll(bits);
            heap_block *block = (heap_block *)(void *)(start + number * block_bytes);
            *last = block;
            last = &block->next;
        }
        pool->returned[i] = 0;
    }
    *last = NULL;
}

/* What makes a pool that is CURRENT now serve the fast paths. */
static void serve_pool(const heap_state *s, heap_pool *pool)
{
    heap_mark_pool(s, pool);
    if (pool->free == NULL && heap_has_returned(pool))
        link_returned(pool);
}

heap_pool *heap_next_pool(heap_state *s, unsigned size_class)
{
    heap_pool *pool = s->lists[size_class];
    heap_pool *spares = heap_spares_of(s, size_class);
    while (pool != &s->none && heap_is_exhausted(pool)) {
        heap_set_state(s, pool, HEAP_POOL_FULL);
        if (pool != spares)
            heap_mark_pool(s, pool);
        pool = pool->next;
    }
    bool moved = pool != s->lists[size_class];
    if (moved && pool != &s->none && spares->n_blocks < HEAP_MAX_SPARES && !s->watched) {
        spares->n_blocks++;
        spares->n_live++;
        s->n_refused[size_class] = 0;
    }
    s->lists[size_class] = pool; /* also where there is no memory for another */
    if (pool == &s->none && (pool = new_pool(s, size_class)) == NULL)
        return NULL;
    heap_set_state(s, pool, HEAP_POOL_CURRENT);
    s->lists[size_class] = pool;
    if (pool != spares)
        serve_pool(s, pool);
    return pool;
}

/* True if the pool at the front of a list is empty, and keeps a region from being so. */
static bool holds_region(const heap_state *s, const heap_pool *first)
{
    return heap_is_in_arena(s, first) && first->n_live == 0 && first->next->n_live != 0 &&
           heap_arena_of(first)->region != NULL;
}

/* An empty pool stays in front instead of the one that is there, which is returned: on no list. */
static heap_pool *replace_front(heap_state *s, heap_pool *pool)
{
    heap_pool *first = s->lists[pool->size_class];
    list_remove(s, first);
    list_add(s, pool);
    heap_mark_pool(s, pool);
    return first;
}

void heap_settle_pool(heap_state *s, heap_pool *pool)
{
    if (pool->state == HEAP_POOL_FULL) {
        list_add(s, pool);
        heap_mark_pool(s, pool);
        if (pool->state == HEAP_POOL_CURRENT)
            return;
    }
    if (pool->n_live == 0) { /* a full one, too, whose other blocks were spares */
        list_remove(s, pool);
        bool stays =
            heap_arena_of(pool)->region == NULL && holds_region(s, s->lists[pool->size_class]);
        heap_drop_pool(stays ? replace_front(s, pool) : pool);
    }
}

/* ---- spares ---- */

/* There is room for it. */
static void add_spare(heap_state *s, heap_pool *spares, heap_block *block)
{
    heap_push_spare(spares, block);
    if (spares->state == HEAP_POOL_FULL)
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
    s->n_refused[spares->size_class] = 0;
    while (block != NULL) {
        heap_block *next = block->next;
        mem_free_small(block);
        block = next;
    }
}

void heap_return_spares(heap_state *s)
{
    for (unsigned i = 0; i < HEAP_N_LISTS; i++)
        return_spares(s, heap_spares_of(s, i));
}

/* ---- slow paths ---- */

void heap_note(heap_pool *pool)
{
    const heap_state *s = heap_arena_of(pool)->owner;
    if (pool->state == HEAP_POOL_FULL && !s->watched)
        registry_set(heap_pool_start(pool), heap_mark_of(s, pool) | REGISTRY_NOTED);
}

void *heap_alloc_slow(heap *h, unsigned size_class, size_t n_bytes)
{
    heap_state *s = heap_state_of(h);
    heap_count_event(s);
    if (s->watched)
        return heap_watched_alloc(s, size_class, n_bytes);
    return heap_next_pool(s, size_class) == NULL ? NULL : heap_alloc_class(h, size_class);
}

void heap_free_slow(heap_pool *pool, void *block)
{
    heap_state *s = heap_arena_of(pool)->owner;
    if (pool->state == HEAP_POOL_FULL) {
        heap_pool *spares = heap_spares_of(s, pool->size_class);
        if (spares->n_live != 0) {
            pool->free = NULL;
            pool->n_live++;
            heap_mark_pool(s, pool); /* without a note */
            add_spare(s, spares, block);
            return;
        }
        if (spares->n_blocks != 0 && ++s->n_refused[pool->size_class] == HEAP_MAX_REFUSED)
            return_spares(s, spares);
    }
    if (s->watched)
        heap_watched_free(s, pool, block);
    else
        heap_settle_pool(s, pool);
    heap_count_event(s);
}

void *heap_alloc_large(heap *h, size_t n_bytes)
{
    heap_state *s = heap_state_of(h);
    void *block = s->options.debug > 0 ? heap_guard_alloc_large(s, n_bytes) : malloc(n_bytes);
    s->n_large += block != NULL;
    return block;
}

static void free_large(heap_state *s, void *block)
{
    if (block == NULL)
        return;
    if (s->options.debug > 0)
        heap_guard_free_large(s, block);
    else
        free(block);
    s->n_large -= s->n_large > 0; /* 0: it was no block of the heap */
}

/* The block is not touched. */
static void free_as_bit(const heap_state *s, void *block)
{
    heap_pool *pool = heap_pool_of(block);
    uint64_t offset = (uintptr_t)block % HEAP_POOL_BYTES;
    size_t number = (size_t)(offset * s->inverse[pool->size_class] >> 32);
    pool->returned[number / 64] |= (uint64_t)1 << number % 64;
    if (__builtin_expect(--pool->n_live == pool->event, 0))
        heap_free_slow(pool, block);
}

/* Not inlined: what it needs would burden the way of every spare. */
static __attribute__((noinline)) void free_no_spare(heap_state *s, void *block, int mark)
{
    if ((mark & REGISTRY_CLASS) != 0) {
        if (s->options.debug > 0)
            heap_watched_check(s, block);
        mem_free_small(block);
    } else if ((mark & REGISTRY_RETURNED) != 0) {
        free_as_bit(s, block);
    } else if (mark != 0) {
        heap_watched_misfree(s, block);
    } else {
        free_large(s, block);
    }
}

void heap_free_other(heap *h, void *block, int mark)
{
    heap_state *s = heap_state_of(h);
    heap_pool *spares = &s->head.spares[mark & REGISTRY_CLASS];
    if (spares->n_live == 0) {
        free_no_spare(s, block, mark);
        return;
    }
    heap_drop_note(block);
    add_spare(s, spares, block);
}

size_t mem_usable_bytes(const void *block)
{
    if (!heap_owns(block))
        return malloc_usable_size((void *)(uintptr_t)block);
    const heap_pool *pool = heap_pool_of(block);
    size_t block_bytes = heap_class_bytes(pool->size_class);
    bool is_guarded = heap_arena_of(pool)->owner->options.debug > 0;
    return is_guarded ? heap_guard_bytes(block, block_bytes) : block_bytes;
}

void *mem_calloc(heap *h, size_t n, size_t n_bytes)
{
    size_t total = 0;
    if (__builtin_mul_overflow(n, n_bytes, &total))
        return NULL;
    void *block = mem_alloc(h, total);
    return block == NULL ? NULL : memset(block, 0, total);
}

static void *move_block(heap *h, void *block, size_t old_bytes, size_t n_bytes)
{
    void *moved = mem_alloc(h, n_bytes);
    if (moved == NULL)
        return NULL;
    memcpy(moved, block, old_bytes < n_bytes ? old_bytes : n_bytes);
    mem_free(h, block);
    return moved;
}

/* In a debug heap: the block always moves, so that nobody relies on the old address. */
static void *move_guarded(heap *h, void *block, size_t n_bytes)
{
    const heap_state *s = heap_state_of(h);
    if (!heap_owns(block))
        return move_block(h, block, heap_guard_check_large(s, block), n_bytes);
    heap_watched_check(s, block);
    return move_block(h, block, mem_usable_bytes(block), n_bytes);
}

void *mem_realloc(heap *h, void *block, size_t n_bytes)
{
    if (block == NULL)
        return mem_alloc(h, n_bytes);
    int mark = registry_get(block);
    if (mark <= 0 && heap_state_of(h)->options.debug > 0) /* whose pools all stand apart */
        return move_guarded(h, block, n_bytes);
    bool stays_small = n_bytes <= HEAP_SMALL_MAX_BYTES;
    if (mark == 0)
        return stays_small ? move_block(h, block, malloc_usable_size(block), n_bytes)
                           : realloc(block, n_bytes);
    unsigned size_class = heap_pool_of(block)->size_class;
    if (stays_small && heap_size_class(n_bytes) == size_class)
        return block;
    return move_block(h, block, heap_class_bytes(size_class), n_bytes);
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
    heap_drop_all_empty(s);
}
