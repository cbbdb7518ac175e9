/*
 * heap_watch.c -- the paths of a heap that is watched: by valgrind, by AddressSanitizer, or by its
 * own checks (heap_options.debug).
 *
 * A watched heap has no CURRENT pools that serve the hot path: every allocation comes here, and
 * each pool's event is one below its live count, so that every free does, too.
 */
#include "objects/announce.h"
#include "objects/heap_internal.h"

#include <string.h>
#include <unistd.h>

#define FILL_ALLOCATED 0xcd
#define FILL_FREED     0xdd

static void check_heap(const heap_state *s)
{
    if (s->options.debug > 0 && gettid() != s->thread)
        heap_misuse("used by a thread that did not make it", s);
    if (s->options.debug < 2)
        return;
    heap_guard_check_all(s);
    const char *why = NULL;
    if (!heap_is_valid(&s->head, &why))
        heap_misuse(why, s);
}

/* A block that was freed and is handed out again: but for the first word, as free left it. */
static void check_freed(const heap_block *block, size_t n_bytes)
{
    const unsigned char *bytes = (const unsigned char *)block;
    for (size_t i = sizeof(*block); i < n_bytes; i++) {
        if (bytes[i] != FILL_FREED)
            heap_misuse("written to after it was freed", block);
    }
}

static void *watched_take(heap_state *s, heap_pool *pool, size_t n_asked)
{
    size_t n_bytes = heap_class_bytes(pool->size_class);
    heap_block *block = pool->free;
    if (block == NULL) {
        block = (heap_block *)(void *)pool->virgin;
        pool->virgin += n_bytes;
    } else if (s->options.debug > 0) {
        announce_open(block, n_bytes);
        check_freed(block, n_bytes);
        pool->free = block->next;
    } else {
        announce_open(block, sizeof(*block));
        pool->free = block->next;
    }
    pool->n_live++;
    announce_alloc(block, n_bytes);
    if (s->options.debug > 0) {
        memset(block, FILL_ALLOCATED, n_bytes);
        (void)VALGRIND_MAKE_MEM_UNDEFINED(block, n_bytes);
        heap_guard_set(block, n_bytes, n_asked);
    }
    return block;
}

void *heap_watched_alloc(heap_state *s, unsigned size_class, size_t n_bytes)
{
    check_heap(s);
    if (heap_is_refused(s))
        return NULL;
    if (s->options.debug > 0)
        size_class = heap_size_class(n_bytes + HEAP_GUARD_BYTES);
    heap_pool *pool = s->lists[size_class];
    if (heap_is_exhausted(pool) && (pool = heap_next_pool(s, size_class)) == NULL)
        return NULL;
    void *block = watched_take(s, pool, n_bytes);
    pool->event = heap_event_of(s, pool);
    return block;
}

/* others: the free list of its pool, without the block itself. */
static void check_block(const void *block, const heap_block *others, size_t n_lost)
{
    const heap_pool *pool = heap_pool_of(block);
    size_t n_bytes = heap_class_bytes(pool->size_class);
    if (pool->state == HEAP_POOL_FREE || (const char *)block >= pool->virgin ||
        (size_t)((const char *)block - heap_pool_start(pool)) % n_bytes != 0)
        heap_misuse("freed, but no block starts here", block);
    for (const heap_block *b = others; b != NULL;) {
        if (b == block)
            heap_misuse("freed twice", block);
        announce_open((void *)(uintptr_t)b, sizeof(*b));
        const heap_block *next = b->next;
        announce_close((void *)(uintptr_t)b, sizeof(*b));
        b = next;
    }
    heap_guard_check(block, n_bytes, n_lost);
}

void heap_watched_check(const heap_state *s, const void *block)
{
    const heap_pool *pool = heap_pool_of(block);
    if (heap_arena_of(pool)->owner != s)
        heap_misuse("a block of another heap", block);
    check_block(block, pool->free, 0);
}

/* The block is on the free list already, n_live is counted down. */
void heap_watched_free(heap_state *s, heap_pool *pool, void *block)
{
    size_t n_bytes = heap_class_bytes(pool->size_class);
    if (s->options.debug > 0) {
        check_block(block, pool->free->next, sizeof(heap_block));
        memset((char *)block + sizeof(heap_block), FILL_FREED, n_bytes - sizeof(heap_block));
    }
    announce_free(block, n_bytes);
    uint16_t n_live = pool->n_live;
    heap_settle_pool(s, pool); /* an empty pool is dropped, perhaps with its arena */
    if (n_live > 0)
        pool->event = heap_event_of(s, pool);
    check_heap(s);
}

void heap_watched_misfree(const heap_state *s, void *address)
{
    if (s->options.debug > 0)
        heap_misuse("freed, but no block starts here", address);
    if (s->watched) {
        VALGRIND_FREELIKE_BLOCK(address, 0); /* it says what is wrong */
        (void)*(volatile char *)address;     /* and so does AddressSanitizer */
    }
}

static void forget_block(void *block, void *argument)
{
    const heap_pool_view *view = argument;
    announce_free(block, heap_class_bytes(view->size_class));
}

void heap_watched_forget(const heap_arena *arena)
{
    const heap_pool *pools = (const heap_pool *)(const void *)arena + 1;
    for (size_t i = 0; i < arena->n_taken; i++) {
        heap_pool_view view = {.start = heap_pool_start(&pools[i]),
                               .size_class = pools[i].size_class,
                               .n_live = pools[i].state == HEAP_POOL_FREE ? 0 : pools[i].n_live};
        heap_walk_blocks(&view, forget_block, &view);
    }
}
