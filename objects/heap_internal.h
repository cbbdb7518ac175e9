/*
 * heap_internal.h -- what the files of the heap share and nobody else sees.
 */
#ifndef OBJECTS_HEAP_INTERNAL_H
#define OBJECTS_HEAP_INTERNAL_H

#include "objects/heap.h"

#include <sys/types.h>

/* HEAP_REGION_ARENAS arenas' memory, mapped as one huge page. With room: on the list of those; all
 * cut or gone: on none; none cut: offered to the system, which may take the memory at any time. */
typedef struct heap_region {
    struct heap_region *next, *previous; /* previous: of those with room only */
    char *start;
    uint8_t cut;     /* bit i: the i-th part is an arena */
    uint8_t gone;    /* bit i: it was unmapped alone */
    uint8_t n_empty; /* arenas without a pool in use */
} heap_region;

/* The first header of an arena. The others are those of pools 1..HEAP_N_POOLS. */
typedef struct heap_arena {
    struct heap_state *owner;
    struct heap_arena *next, *previous;               /* of all arenas, in order of creation */
    struct heap_arena *bucket_next, *bucket_previous; /* in by_free[n_free] */
    uint64_t free_pools;                              /* bit i: pool i, counted from 0, is free */
    uint16_t n_free;                                  /* bits in free_pools */
    uint16_t n_taken;                                 /* taken at least once: the first ones */
    heap_region *region;                              /* or NULL: mapped alone */
} heap_arena;

_Static_assert(sizeof(heap_arena) == sizeof(heap_pool), "the arena's header is one of the headers");

#define HEAP_GUARD_BYTES ((size_t)16) /* at the least, behind each block of a debug heap */

typedef struct heap_state {
    struct heap head;                /* first: a heap * is a heap_state * */
    uint8_t n_refused[HEAP_N_LISTS]; /* of each class, blocks too many since there was more room */
    heap_pool none;    /* ends every list: a pool without blocks that is never empty */
    heap_pool **lists; /* of each class, its pools with room: head.current, or hidden */
    heap_pool *hidden[HEAP_N_LISTS]; /* of a watched heap, whose current ones are all `none` */
    heap_arena *by_free[HEAP_N_POOLS + 1];
    uint64_t nonempty; /* bit n: by_free[n] has arenas; bit 0 is not kept */
    heap_arena *first, *last;
    heap_region *roomy, *offered;
    heap_region *held; /* its arenas are all empty, and it is not offered; or NULL */
    size_t n_arenas, n_empty, n_large, n_mapped, n_unmapped;
    size_t n_empty_alone;           /* of n_empty: in no region */
    size_t n_regions, n_offered;    /* all of them, and those offered */
    size_t n_idle, n_offered_least; /* the least that n_empty and n_offered were in this window */
    size_t n_events;                /* slow paths until the window ends */
    uint32_t inverse[HEAP_N_LISTS]; /* of each class: 2^32 over its block's bytes, rounded up */
    heap_options options;
    void *large;  /* of a debug heap: tree of its blocks from malloc (heap_guard.c) */
    bool watched; /* every operation takes the slow path */
    pid_t thread;
} heap_state;

static inline heap_state *heap_state_of(const heap *h)
{
    return (heap_state *)(uintptr_t)h;
}

static inline heap_arena *heap_arena_of(const heap_pool *pool)
{
    return (heap_arena *)((uintptr_t)pool & ~(uintptr_t)(HEAP_ARENA_BYTES - 1));
}

static inline heap_pool *heap_spares_of(heap_state *s, unsigned size_class)
{
    return &s->head.spares[1 + size_class];
}

static inline bool heap_has_returned(const heap_pool *pool)
{
    return (pool->returned[0] | pool->returned[1]) != 0;
}

/* Nothing left to hand out. */
static inline bool heap_is_exhausted(const heap_pool *pool)
{
    return pool->free == NULL && pool->virgin == pool->end && !heap_has_returned(pool);
}

/* Down to which count of live blocks a free need not look at the pool's state. */
static inline uint16_t heap_event_of(const heap_state *s, const heap_pool *pool)
{
    if (s->watched)
        return (uint16_t)(pool->n_live - 1); /* of an empty pool: HEAP_NEVER */
    if (pool->state == HEAP_POOL_FULL)
        return (uint16_t)(pool->n_blocks - 1);
    return pool->state == HEAP_POOL_USABLE ? 0 : HEAP_NEVER;
}

/* First byte of the pool that a header describes. */
static inline char *heap_pool_start(const heap_pool *pool)
{
    uintptr_t header = (uintptr_t)pool;
    size_t index = header % HEAP_ARENA_BYTES / sizeof(heap_pool);
    return (char *)heap_arena_of(pool) + index * HEAP_POOL_BYTES;
}

/* What the registry holds of a pool that serves a class, unless its blocks are freed as bits. In a
 * watched heap all stand apart, so that mem_free() touches no block before it was looked at. */
static inline int heap_mark_of(const heap_state *s, const heap_pool *pool)
{
    bool apart = s->watched || pool->state == HEAP_POOL_FULL;
    return 1 + pool->size_class + (apart ? REGISTRY_APART : 0);
}

static inline void heap_mark_pool(const heap_state *s, const heap_pool *pool)
{
    registry_set(heap_pool_start(pool), heap_mark_of(s, pool));
}

/* False for spares, and for what ends each list. */
static inline bool heap_is_in_arena(const heap_state *s, const heap_pool *pool)
{
    return (uintptr_t)pool - (uintptr_t)s >= sizeof(*s);
}

static inline void heap_set_state(const heap_state *s, heap_pool *pool, heap_pool_state state)
{
    pool->state = (uint8_t)state;
    pool->event = heap_event_of(s, pool);
}

/* A free pool that serves no class yet, or NULL without memory. */
heap_pool *heap_take_pool(heap_state *s);

/* A pool without live blocks and on no list becomes FREE; its arena may go back to the system. */
void heap_drop_pool(heap_pool *pool);

/* Gives all back, whatever lives in it; or whatever has no pool in use. */
void heap_drop_all(heap_state *s);
void heap_drop_all_empty(heap_state *s);

/* ---- memory from the system: heap_region.c ---- */

/* Memory of an arena, not zeroed, and its region or NULL. NULL without memory. */
char *heap_map_arena(heap_state *s, heap_region **ret_region);

/* An arena alone; its region with the last one. */
void heap_unmap_arena(heap_state *s, char *arena, heap_region *region);

/* A region whose arenas are all forgotten: it waits for the next need, while the system may take
 * its memory; or it is unmapped, if many wait or a part of it is gone. */
void heap_offer_region(heap_state *s, heap_region *region);

/* Unmaps at most n of the regions offered. */
void heap_unmap_offered(heap_state *s, size_t n);

/* Unmaps the parts of regions that are no arenas. */
void heap_unmap_room(heap_state *s);

/* True if a test wants this allocation to fail. */
static inline bool heap_is_refused(const heap_state *s)
{
    return s->options.debug > 0 && s->options.refuses != NULL &&
           s->options.refuses(s->options.refuses_context);
}

/* The parts of the slow paths that only a watched heap takes. */
void *heap_watched_alloc(heap_state *s, unsigned size_class, size_t n_bytes);
void heap_watched_free(heap_state *s, heap_pool *pool, void *block);

/* The address is in an arena, but no block is there. */
void heap_watched_misfree(const heap_state *s, void *address);

/* Aborts unless the address is a block of this heap, in use, with its guard intact. */
void heap_watched_check(const heap_state *s, const void *block);

/* An arena goes with blocks in use in it: nobody may wait for them to be freed. */
void heap_watched_forget(const heap_arena *arena);

/* Ends the window: arenas that were not needed in it may go back to the system. */
void heap_end_window(heap_state *s);

static inline void heap_count_event(heap_state *s)
{
    if (__builtin_expect(--s->n_events == 0, 0))
        heap_end_window(s);
}

/* The front of its class's list when that has nothing left: the next with room, or a new one; NULL
 * without memory. */
heap_pool *heap_next_pool(heap_state *s, unsigned size_class);

/* Gives all spares back to their pools. */
void heap_return_spares(heap_state *s);

/* The common part of freeing: the states of the pool after n_live fell. */
void heap_settle_pool(heap_state *s, heap_pool *pool);

/* ---- debug heaps: heap_guard.c. What is found there ends the program. ---- */

typedef struct heap_damage {
    const void *block;
    size_t n_bytes, offset; /* asked for; of the first damaged byte */
} heap_damage;

_Noreturn void heap_misuse(const char *what, const void *address);

/* The guard of a block of a pool; n_lost: bytes at its front that the free list has overwritten. */
void heap_guard_set(void *block, size_t block_bytes, size_t n_bytes);
void heap_guard_check(const void *block, size_t block_bytes, size_t n_lost);
size_t heap_guard_bytes(const void *block, size_t block_bytes); /* as they were asked for */

/* Blocks from malloc; check: returns how many bytes were asked for. */
void *heap_guard_alloc_large(heap_state *s, size_t n_bytes);
size_t heap_guard_check_large(const heap_state *s, void *block);
void heap_guard_free_large(heap_state *s, void *block);
void heap_guard_forget_large(heap_state *s);

/* True if any block of the heap is damaged. Cost: a walk over all blocks. */
bool heap_guard_find_damage(const heap_state *s, heap_damage *ret_damage);
void heap_guard_check_all(const heap_state *s);

/* Marks, one byte a block, which blocks of a pool are free (not the ones never carved).
 * Returns their number, or -1 if the list is damaged. free_marks: HEAP_POOL_BYTES / HEAP_ALIGNMENT.
 */
int heap_mark_free(const heap_pool *pool, unsigned char *free_marks);

#endif
