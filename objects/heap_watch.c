/*
 * heap_watch.c -- the paths of a heap that is watched: by valgrind, by AddressSanitizer, or by its
 * own checks (heap_options.debug).
 *
 * A watched heap has no CURRENT pools that serve the hot path: every allocation comes here, and
 * each pool's event is one below its live count, so that every free does, too.
 */
#include "objects/announce.h"
#include "objects/heap_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILL_ALLOCATED 0xcd
#define FILL_FREED     0xdd

/* A misuse is told and ends the program: going on would hide it. */
static _Noreturn void misuse(const char *what, const void *address, const heap_pool *pool)
{
    (void)fprintf(stderr, "heap: %s: address %p", what, address);
    if (pool != NULL)
        (void)fprintf(stderr, ", pool %p of %zu-byte blocks, %u live of %u",
                      (void *)heap_pool_start(pool), heap_class_bytes(pool->size_class),
                      (unsigned)pool->n_live, (unsigned)pool->n_blocks);
    (void)fputc('\n', stderr);
    abort();
}

static void check_heap(const heap_state *s)
{
    if (s->options.debug > 0 && gettid() != s->thread)
        misuse("used by a thread that did not make it", s, NULL);
    const char *why = NULL;
    if (s->options.debug > 1 && !heap_is_valid(&s->head, &why))
        misuse(why, s, NULL);
}

static void *watched_take(heap_state *s, heap_pool *pool)
{
    size_t n_bytes = heap_class_bytes(pool->size_class);
    heap_block *block = pool->free;
    if (block != NULL) {
        announce_open(block, sizeof(*block));
        pool->free = block->next;
    } else {
        block = (heap_block *)(void *)pool->virgin;
        pool->virgin += n_bytes;
    }
    pool->n_live++;
    announce_alloc(block, n_bytes);
    if (s->options.debug > 0) {
        memset(block, FILL_ALLOCATED, n_bytes);
        (void)VALGRIND_MAKE_MEM_UNDEFINED(block, n_bytes);
    }
    return block;
}

void *heap_watched_alloc(heap_state *s, unsigned size_class)
{
    check_heap(s);
    heap_pool *pool = s->lists[size_class];
    if (heap_is_exhausted(pool) && (pool = heap_next_pool(s, size_class)) == NULL)
        return NULL;
    void *block = watched_take(s, pool);
    pool->event = heap_event_of(s, pool);
    return block;
}

/* The block is on the free list already, n_live is counted down. */
void heap_watched_free(heap_state *s, heap_pool *pool, void *block)
{
    size_t n_bytes = heap_class_bytes(pool->size_class);
    if (s->options.debug > 0) {
        if ((size_t)((char *)block - heap_pool_start(pool)) % n_bytes != 0 ||
            pool->state == HEAP_POOL_FREE || (char *)block >= pool->virgin)
            misuse("freed, but no block starts here", block, pool);
        for (const heap_block *b = pool->free->next; b != NULL;) {
            if (b == block)
                misuse("freed twice", block, pool);
            announce_open((void *)(uintptr_t)b, sizeof(*b));
            const heap_block *next = b->next;
            announce_close((void *)(uintptr_t)b, sizeof(*b));
            b = next;
        }
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
        misuse("freed, but no block starts here", address, heap_pool_of(address));
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
