/*
 * heap.h -- the pool allocator: arenas > pools > blocks.
 *
 *   arena, 256 KiB, aligned to its size           pool, 4 KiB
 *   +---------+--------+--------+-----+--------+  +---------+---------+-----+------------+
 *   | headers | pool 1 | pool 2 | ... | pool 63|  | block 0 | block 1 | ... | tail waste |
 *   +---------+--------+--------+-----+--------+  +---------+---------+-----+------------+
 *
 * The 64 headers (one cache line each; the first is the arena's own) stand together at the start of
 * the arena: headers at the start of each 4 KiB pool would share few cache sets. From any address
 * of an arena its pool's header is found by arithmetic. A pool holds blocks of one size class: 16,
 * 32,
 * ..., 512 bytes. Larger requests go to malloc.
 *
 * States of a pool:
 *
 *   FREE --taken for a class--> CURRENT --found exhausted--> FULL
 *                               |     ^                       |
 *              another in front |     | in front goes    a block is freed:
 *                               v     |                       |
 *   FREE <--last block freed-- USABLE '<----- in front of its class's list
 *
 * CURRENT is the front of its class's list: a class allocates from it. A pool that was full goes in
 * front when a block of it is freed, since that block is in the cache. A CURRENT pool stays when it
 * becomes empty, and then nothing goes in front of it: a program that allocates and frees around a
 * boundary between pools does not make and drop a pool each time.
 *
 * A pool that another went in front of is one of many, and its blocks are likely not in the cache.
 * So mem_free() does not touch a block of it, but sets its bit in the header (returned). The bits
 * become links, in the order of addresses, when the pool serves again. Blocks of 16 bytes are
 * always linked: a header has no room for their bits.
 *
 * A class whose pools are nearly full, while blocks of it come and go, would move a pool on and off
 * its list each time. There, a block freed from a FULL pool becomes a spare: it waits in the heap,
 * the last one first, to be handed out next, and its pool counts it as live and stays FULL. A class
 * may hold as many spares as it had such moves, HEAP_MAX_SPARES at the most; what is too much goes
 * to its pool, and if that happens HEAP_MAX_REFUSED times without a move, blocks only go: all
 * spares return, and it begins anew.
 *
 * Memory goes back to the system when it was not needed for a while, by need and not by the clock,
 * so that the same program does the same each time. At once, all but HEAP_MAX_EMPTY empty arenas.
 * Then the heap counts its slow paths (a pool is exhausted, becomes usable or empty): at the end of
 * each window of HEAP_WINDOW_EVENTS of them for each arena, half of the empty arenas that the whole
 * window had no use for are returned, down to HEAP_KEPT_ARENAS. So what fills and empties again
 * finds its memory, and what a peak left over is halved in each window. heap_trim() returns all of
 * it.
 *
 * A page of memory costs most when it is first touched, and a huge page costs half of what its
 * 512 small ones do. So a heap that has grown to HEAP_SMALL_PAGED_ARENAS takes the next arenas from
 * regions of 2 MiB for which it asks for a huge page; up to one such page is resident ahead of use.
 * A region whose arenas are all empty does not wait for a window: it is offered to the system,
 * which may take its memory from then on (MADV_FREE), and the heap has it back at no cost while it
 * did not. It stays resident until then; what counts as memory in use, without it, is at most
 * HEAP_KEPT_ARENAS empty arenas. Windows unmap regions that nothing had a use for as they do
 * arenas.
 *
 * Owns:       every arena. Among arenas with free pools, the one with the fewest serves first, so
 *             that the others can become empty; in it, the pool at the lowest address.
 * Invariants: n_live blocks + free list + returned + not yet carved == n_blocks, for each pool;
 *             CURRENT: first of its class's list; USABLE: on that list; FULL: on no list, nothing
 *             free; FREE: a bit in its arena's mask, or not yet taken once      (heap_is_valid)
 * Threads:    none: one heap, one thread. A debug heap checks it and aborts.
 * Source:     design after CPython's obmalloc and mimalloc (no code taken).
 */
#ifndef OBJECTS_HEAP_H
#define OBJECTS_HEAP_H

#include "objects/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAP_ALIGNMENT          ((size_t)16)
#define HEAP_SMALL_MAX_BYTES    ((size_t)512)
#define HEAP_POOL_BYTES         ((size_t)4096)
#define HEAP_ARENA_BYTES        ((size_t)262144)
#define HEAP_N_CLASSES          (HEAP_SMALL_MAX_BYTES / HEAP_ALIGNMENT)
#define HEAP_N_LISTS            (HEAP_N_CLASSES + 1) /* one for the largest block with its guard */
#define HEAP_N_POOLS            (HEAP_ARENA_BYTES / HEAP_POOL_BYTES - 1) /* one is the headers' */
#define HEAP_SMALL_PAGED_ARENAS 32   /* 8 MiB; further arenas come from huge pages */
#define HEAP_REGION_ARENAS      8    /* a huge page */
#define HEAP_MAX_OFFERED        32   /* regions that wait, offered to the system: 64 MiB */
#define HEAP_KEPT_ARENAS        2    /* empty arenas that are kept for good: 512 KiB */
#define HEAP_MAX_EMPTY          256  /* empty arenas that are kept for a while: 64 MiB */
#define HEAP_MAX_SPARES         256  /* of each class */
#define HEAP_MAX_REFUSED        16   /* blocks too many in a row, for which spares are returned */
#define HEAP_WINDOW_EVENTS      1024 /* slow paths, for each arena, of a window */

typedef struct heap heap;

/* Where arenas come from; for tests that refuse, and for hosts with memory of their own. */
typedef struct heap_source {
    /* HEAP_ARENA_BYTES zeroed bytes, aligned to HEAP_ARENA_BYTES, or NULL. */
    void *(*map)(void *context);
    void (*unmap)(void *context, void *arena);
    void *context;
} heap_source;

/* Whether 8 arenas at a time are mapped as one huge page of 2 MiB (with mmap; where the kernel has
 * none to give, as 512 small ones). */
typedef enum heap_huge_pages {
    HEAP_HUGE_PAGES_LATER =
        0, /* once there are HEAP_SMALL_PAGED_ARENAS: a small heap stays small */
    HEAP_HUGE_PAGES_ALWAYS,
    HEAP_HUGE_PAGES_NEVER
} heap_huge_pages;

typedef struct heap_options {
    heap_source source; /* map NULL: mmap */
    heap_huge_pages huge_pages;
    bool populate; /* fault in a whole arena when it is mapped (with mmap): faster, and
                      resident at once */
    /* 0: none. 1: fill patterns on alloc and free, guard bytes behind each block; foreign and
     * double frees, bytes written behind a block or after its free, and uses by another thread
     * abort with the address, the pool and the offset. 2: all of it, and heap_is_valid(), on every
     * operation.
     */
    int debug;
    /* With debug: asked before each block is taken, also one of malloc; true means that there is no
     * memory. NULL: never. For tests. */
    bool (*refuses)(void *context);
    void *refuses_context;
} heap_options;

/* A block that is free. */
typedef struct heap_block {
    struct heap_block *next;
} heap_block;

typedef enum heap_pool_state {
    HEAP_POOL_FREE = 0,
    HEAP_POOL_CURRENT,
    HEAP_POOL_USABLE,
    HEAP_POOL_FULL
} heap_pool_state;

#define HEAP_MAX_RETURNED 128 /* blocks of a pool that has bits for them */

#define HEAP_NEVER UINT16_MAX /* an event that no count of live blocks reaches */

/* The header of a pool: one cache line. */
typedef struct heap_pool {
    heap_block *free; /* blocks that were used before, linked */
    char *virgin;     /* first block never handed out; == end: none left */
    char *end;
    uint16_t n_live;
    uint16_t event; /* when n_live falls to this, free takes the slow path: the one test it makes */
    uint16_t n_blocks;
    uint8_t size_class;
    uint8_t state;
    struct heap_pool *next, *previous;         /* CURRENT, USABLE: in its class */
    uint64_t returned[HEAP_MAX_RETURNED / 64]; /* bit i: block i is free, and not linked */
} heap_pool;

_Static_assert(sizeof(heap_pool) == 64, "a header is a cache line");
_Static_assert(sizeof(heap_pool) * (HEAP_N_POOLS + 1) == HEAP_POOL_BYTES, "headers fill one pool");

/* The part of a heap that inlined code reads; the rest is behind it. */
struct heap {
    heap_pool *current[HEAP_N_CLASSES]; /* never NULL: a list ends with a pool without blocks */
    /* Of each class, as if they were a pool's blocks: free, the spares; n_blocks, how many it may
     * hold; n_live, how many more. On the class's list with a spare; else FULL, as an exhausted
     * one. A watched heap has none. By what the registry says of the class: the first are those of
     * no class, and there is no room for any. */
    _Alignas(sizeof(heap_pool)) heap_pool spares[1 + HEAP_N_LISTS];
};

typedef struct heap_stats {
    size_t n_arenas;
    size_t n_arenas_empty;   /* without a pool in use: kept for the next need */
    size_t n_arenas_offered; /* beside n_arenas: room for so many, offered to the system */
    size_t n_pools_used;     /* CURRENT, USABLE or FULL with at least one live block */
    size_t n_pools_held;     /* without a live block, but not free: CURRENT ones */
    size_t n_pools_free;
    size_t n_blocks_live;
    size_t live_bytes; /* in whole blocks */
    size_t held_bytes; /* the rest of the pools in use: free, but for their own class only */
    size_t n_large; /* blocks from malloc; one that the heap did not make, but frees, is one less */
    size_t n_mapped;   /* arenas made since the heap was, of memory mapped or taken back */
    size_t n_unmapped; /* of those, given back or offered */
} heap_stats;

/* options: NULL for the defaults. Errors: NULL without memory. Owner: the caller. */
heap *heap_new(const heap_options *options);

/* Returns every arena, whatever lives in it. Blocks from malloc are not known, and not freed. */
void heap_delete(heap *h);

/* Slow paths of the inlined functions below; size_class: 0..HEAP_N_CLASSES-1. */
void *heap_alloc_slow(heap *h, unsigned size_class, size_t n_bytes);
void heap_free_slow(heap_pool *pool, void *block);
void *heap_alloc_large(heap *h, size_t n_bytes);
void heap_free_other(heap *h, void *block, int mark); /* registry_get(block) */

/* True if the address lies in an arena of any heap. Never reads the address. Cost: two loads. */
static inline bool heap_owns(const void *address)
{
    return registry_get(address) != 0;
}

static inline unsigned heap_size_class(size_t n_bytes)
{
    return (unsigned)((n_bytes - (n_bytes != 0)) / HEAP_ALIGNMENT);
}

static inline size_t heap_class_bytes(unsigned size_class)
{
    return (size_class + 1) * HEAP_ALIGNMENT;
}

/* The header of the pool that an address of an arena lies in. */
static inline heap_pool *heap_pool_of(const void *address)
{
    uintptr_t a = (uintptr_t)address;
    heap_pool *headers = (heap_pool *)(a & ~(uintptr_t)(HEAP_ARENA_BYTES - 1));
    return headers + a % HEAP_ARENA_BYTES / HEAP_POOL_BYTES;
}

/* A note of the heap's user on a full pool, which lasts until a block of the pool is freed: what
 * was true of all its blocks may still be. Not for the pools of a watched heap. */
static inline bool heap_is_noted(const void *block)
{
    const int noted = REGISTRY_APART | REGISTRY_NOTED;
    int mark = registry_get(block);
    return (mark & noted) == noted && (mark & REGISTRY_CLASS) != 0;
}

/* No more than asking for it if the pool is not full. */
void heap_note(heap_pool *pool);

static inline void heap_drop_note(const void *block)
{
    if (__builtin_expect(heap_is_noted(block), 0))
        registry_set(block, registry_get(block) & ~REGISTRY_NOTED);
}

/* A block of a size class, of which n_bytes are asked for: a debug heap guards the rest. */
static inline void *heap_alloc_part(heap *h, unsigned size_class, size_t n_bytes)
{
    heap_pool *pool = h->current[size_class];
    heap_block *block = pool->free;
    if (__builtin_expect(block != NULL, 1)) {
        pool->free = block->next;
        pool->n_live++;
        return block;
    }
    char *virgin = pool->virgin;
    if (__builtin_expect(virgin != pool->end, 1)) {
        pool->virgin = virgin + heap_class_bytes(size_class);
        pool->n_live++;
        return virgin;
    }
    return heap_alloc_slow(h, size_class, n_bytes);
}

/* A block of a size class. Errors: NULL if no arena can be mapped; the heap is unchanged. */
static inline void *heap_alloc_class(heap *h, unsigned size_class)
{
    return heap_alloc_part(h, size_class, heap_class_bytes(size_class));
}

/*
 * Returns a block of at least n_bytes, HEAP_ALIGNMENT-aligned, contents indeterminate.
 * n_bytes: any; 0 is served as 1.
 * Owner:   the caller; give it back with mem_free() on the same heap.
 * Errors:  NULL if no arena can be mapped or malloc refuses; the heap is unchanged.
 * Cost:    O(1) unless an arena is mapped.
 */
static inline void *mem_alloc(heap *h, size_t n_bytes)
{
    if (__builtin_expect(n_bytes <= HEAP_SMALL_MAX_BYTES, 1))
        return heap_alloc_part(h, heap_size_class(n_bytes), n_bytes);
    return heap_alloc_large(h, n_bytes);
}

/* mem_free() for a block that is known to be small: its size was at most HEAP_SMALL_MAX_BYTES. The
 * block is always linked: its first word is an address then, which the collector relies on. */
static inline void mem_free_small(void *block)
{
    heap_pool *pool = heap_pool_of(block);
    heap_block *freed = block;
    freed->next = pool->free;
    pool->free = freed;
    if (__builtin_expect(--pool->n_live == pool->event, 0))
        heap_free_slow(pool, block);
}

/* There is room for it. */
static inline void heap_push_spare(heap_pool *spares, heap_block *block)
{
    /* NULL is in no pool, and for such there is no room. */
    block->next = spares->free; // NOLINT(clang-analyzer-core.NullDereference)
    spares->free = block;
    spares->n_live--;
}

/* A block of a pool that stands apart. False: this is not all that there is to do. */
static inline bool heap_add_spare(heap *h, heap_block *block, int mark)
{
    heap_pool *spares = &h->spares[mark & REGISTRY_CLASS];
    if (spares->n_live == 0 || spares->free == NULL || (mark & REGISTRY_NOTED) != 0)
        return false;
    heap_push_spare(spares, block);
    return true;
}

/* Gives back a block of mem_alloc() and its kin; NULL is fine. An address of no arena goes to
 * free(). Cost: O(1) unless an arena is unmapped. */
static inline void mem_free(heap *h, void *block)
{
    int mark = registry_get(block);
    if (__builtin_expect(mark > 0, 1))
        mem_free_small(block);
    else if (!heap_add_spare(h, block, mark))
        heap_free_other(h, block, mark);
}

/* n * n_bytes zeroed bytes; NULL also if the product overflows. */
void *mem_calloc(heap *h, size_t n, size_t n_bytes);

/* As realloc: the contents move along; NULL leaves the block as it was. n_bytes 0 is served as 1.
 */
void *mem_realloc(heap *h, void *block, size_t n_bytes);

/* Bytes that a block really has: at least what was asked for. In a debug heap, where a guard stands
 * behind them, just that; but of a block from malloc, which is not asked for its heap, malloc's. */
size_t mem_usable_bytes(const void *block);

/* Cost: a walk over the headers; the blocks are not touched. */
void heap_get_stats(const heap *h, heap_stats *ret_stats);

/* Gives every arena without a live block back, also the kept ones. */
void heap_trim(heap *h);

/* Walks the whole heap and checks the invariants above. *ret_why: a constant string, or NULL. */
bool heap_is_valid(const heap *h, const char **ret_why);

/* What heap_walk() shows of each pool, in the order of arenas' creation and of addresses. */
typedef struct heap_pool_view {
    const void *arena, *start;
    heap_pool_state state;
    unsigned size_class, n_live, n_blocks;
} heap_pool_view;

/* Calls visit for each pool until it returns false. The heap must not change meanwhile. */
void heap_walk(const heap *h, bool (*visit)(const heap_pool_view *view, void *argument),
               void *argument);

/* One arena at one time, for pictures of fragmentation: an arena with little alive in it goes back
 * to the system no sooner than a full one. */
typedef struct heap_arena_view {
    const void *arena;
    size_t n_pools_used;                          /* with at least one live block */
    size_t n_pools_free;                          /* the others */
    size_t n_blocks_live, live_bytes, held_bytes; /* as in heap_stats */
} heap_arena_view;

/* Writes up to n of the heap's arenas, in the order of creation, and returns how many there are.
 * ret_views: n of them. Cost: a walk over the headers; the blocks are not touched. */
size_t heap_snapshot(const heap *h, heap_arena_view *ret_views, size_t n);

/* Calls visit for each live block of one pool. Cost: O(blocks) plus a mark for each free one. */
void heap_walk_blocks(const heap_pool_view *view, void (*visit)(void *block, void *argument),
                      void *argument);

#endif
