/*
 * heap_guard.c -- what a debug heap knows of each block beyond its pool: how many bytes were asked
 * for, and whether anything was written behind them.
 *
 *   block of the pool:   | n_bytes asked for | guard bytes ... | n_bytes | ~n_bytes |
 *   block from malloc:   | n_bytes asked for | guard bytes     |           2 + 2 bytes
 *
 * Of the blocks from malloc a tree by address is kept: so a pointer that is not one of them is
 * found, and not guessed.
 */
#include "objects/announce.h"
#include "objects/heap_internal.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARD_BYTE 0xfb

typedef struct guard_size {
    uint16_t n_bytes, inverted;
} guard_size;

/* ---- telling ---- */

static void print_pool(const heap_pool *pool)
{
    const char *start = heap_pool_start(pool);
    if (start == (const char *)heap_arena_of(pool))
        (void)fprintf(stderr, ", in the headers of arena %p", (const void *)start);
    else if (pool->state == HEAP_POOL_FREE)
        (void)fprintf(stderr, ", pool %p, without a block", (const void *)start);
    else
        (void)fprintf(stderr, ", pool %p of %zu-byte blocks, %u live of %u", (const void *)start,
                      heap_class_bytes(pool->size_class), (unsigned)pool->n_live,
                      (unsigned)pool->n_blocks);
}

_Noreturn void heap_misuse(const char *what, const void *address)
{
    (void)fprintf(stderr, "heap: %s: address %p", what, address);
    if (heap_owns(address))
        print_pool(heap_pool_of(address));
    (void)fputc('\n', stderr);
    abort();
}

static _Noreturn void tell_damage(const heap_damage *d)
{
    char what[128];
    (void)snprintf(what, sizeof(what),
                   "written behind the end of a block of %zu bytes, at byte %zu", d->n_bytes,
                   d->offset);
    heap_misuse(what, d->block);
}

/* ---- blocks of pools ---- */

static guard_size *size_of(const void *block, size_t block_bytes)
{
    return (guard_size *)((uintptr_t)block + block_bytes - sizeof(guard_size));
}

void heap_guard_set(void *block, size_t block_bytes, size_t n_bytes)
{
    guard_size *size = size_of(block, block_bytes);
    memset((char *)block + n_bytes, GUARD_BYTE, (size_t)((char *)size - (char *)block) - n_bytes);
    size->n_bytes = (uint16_t)n_bytes;
    size->inverted = (uint16_t)~n_bytes;
}

size_t heap_guard_bytes(const void *block, size_t block_bytes)
{
    return size_of(block, block_bytes)->n_bytes;
}

/* The first byte of first..end-1 that is no guard byte any more, or end. */
static size_t first_damage(const unsigned char *block, size_t first, size_t end)
{
    while (first < end && block[first] == GUARD_BYTE)
        first++;
    return first;
}

static bool block_is_damaged(const void *block, size_t block_bytes, size_t n_lost,
                             heap_damage *ret_damage)
{
    const guard_size *size = size_of(block, block_bytes);
    size_t end = block_bytes - sizeof(*size);
    bool size_is_right = (size->n_bytes ^ size->inverted) == UINT16_MAX && size->n_bytes <= end;
    size_t n_bytes = size_is_right ? size->n_bytes : 0;
    size_t first = size_is_right ? n_bytes : end;
    size_t at = first_damage(block, first < n_lost ? n_lost : first, end);
    if (size_is_right && at == end)
        return false;
    *ret_damage = (heap_damage){block, n_bytes, at};
    return true;
}

void heap_guard_check(const void *block, size_t block_bytes, size_t n_lost)
{
    heap_damage damage;
    if (block_is_damaged(block, block_bytes, n_lost, &damage))
        tell_damage(&damage);
}

/* ---- blocks from malloc ---- */

typedef struct large_block {
    void *block; /* first: the key */
    size_t n_bytes;
} large_block;

static int compare_large(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const large_block *)a)->block;
    uintptr_t y = (uintptr_t)((const large_block *)b)->block;
    return (x > y) - (x < y);
}

static large_block *find_large(const heap_state *s, void *block)
{
    const large_block key = {.block = block};
    large_block *const *found = tfind(&key, &s->large, compare_large);
    if (found == NULL)
        heap_misuse("no block of this heap", block);
    return *found;
}

static bool large_is_damaged(const large_block *l, heap_damage *ret_damage)
{
    size_t end = l->n_bytes + HEAP_GUARD_BYTES;
    size_t at = first_damage(l->block, l->n_bytes, end);
    if (at == end)
        return false;
    *ret_damage = (heap_damage){l->block, l->n_bytes, at};
    return true;
}

void *heap_guard_alloc_large(heap_state *s, size_t n_bytes)
{
    if (n_bytes > SIZE_MAX - HEAP_GUARD_BYTES || heap_is_refused(s))
        return NULL;
    large_block *l = malloc(sizeof(*l));
    char *block = malloc(n_bytes + HEAP_GUARD_BYTES);
    if (l != NULL && block != NULL) {
        *l = (large_block){block, n_bytes};
        if (tsearch(l, &s->large, compare_large) != NULL) {
            memset(block + n_bytes, GUARD_BYTE, HEAP_GUARD_BYTES);
            return block;
        }
    }
    free(l);
    free(block);
    return NULL;
}

size_t heap_guard_check_large(const heap_state *s, void *block)
{
    const large_block *l = find_large(s, block);
    heap_damage damage;
    if (large_is_damaged(l, &damage))
        tell_damage(&damage);
    return l->n_bytes;
}

void heap_guard_free_large(heap_state *s, void *block)
{
    (void)heap_guard_check_large(s, block);
    large_block *l = find_large(s, block);
    (void)tdelete(l, &s->large, compare_large);
    free(l);
    free(block);
}

void heap_guard_forget_large(heap_state *s)
{
    tdestroy(s->large, free); /* the notes, not the blocks */
    s->large = NULL;
}

/* ---- all blocks ---- */

typedef struct search {
    heap_damage damage;
    size_t block_bytes;
    bool found;
} search;

static void search_large(const void *node, VISIT which, void *argument)
{
    search *f = argument;
    const large_block *l = *(large_block *const *)node;
    if (!f->found && (which == postorder || which == leaf))
        f->found = large_is_damaged(l, &f->damage);
}

static void search_block(void *block, void *argument)
{
    search *f = argument;
    if (!f->found)
        f->found = block_is_damaged(block, f->block_bytes, 0, &f->damage);
}

static bool search_pool(const heap_pool_view *view, void *argument)
{
    search *f = argument;
    f->block_bytes = heap_class_bytes(view->size_class);
    heap_walk_blocks(view, search_block, f);
    return !f->found;
}

bool heap_guard_find_damage(const heap_state *s, heap_damage *ret_damage)
{
    if (s->options.debug == 0)
        return false;
    search f = {.found = false};
    heap_walk(&s->head, search_pool, &f);
    if (!f.found)
        twalk_r(s->large, search_large, &f);
    if (f.found)
        *ret_damage = f.damage;
    return f.found;
}

void heap_guard_check_all(const heap_state *s)
{
    heap_damage damage;
    if (heap_guard_find_damage(s, &damage))
        tell_damage(&damage);
}
