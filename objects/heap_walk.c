/* heap_walk.c -- looking at a heap: statistics, the walk, and the invariants. */
#include "objects/announce.h"
#include "objects/heap_internal.h"
#include "objects/registry.h"

#include <string.h>

#define MAX_BLOCKS (HEAP_POOL_BYTES / HEAP_ALIGNMENT)

static const heap_pool *pool_at(const heap_arena *arena, size_t i)
{
    return (const heap_pool *)(const void *)arena + 1 + i;
}

void heap_walk(const heap *h, bool (*visit)(const heap_pool_view *view, void *argument),
               void *argument)
{
    heap_state *s = heap_state_of(h);
    heap_return_spares(s); /* nobody outside can tell the difference */
    for (const heap_arena *a = s->first; a != NULL; a = a->next) {
        for (size_t i = 0; i < HEAP_N_POOLS; i++) {
            heap_pool_view view = {.arena = a, .start = heap_pool_start(pool_at(a, i))};
            if (i < a->n_taken && pool_at(a, i)->state != HEAP_POOL_FREE) {
                const heap_pool *pool = pool_at(a, i);
                view.state = (heap_pool_state)pool->state;
                view.size_class = pool->size_class;
                view.n_live = pool->n_live;
                view.n_blocks = pool->n_blocks;
            }
            if (!visit(&view, argument))
                return;
        }
    }
}

/* Those that are bits. Returns their number, or -1 if one was never carved. */
static int mark_returned(const heap_pool *pool, size_t n_carved, unsigned char *free_marks)
{
    int n_free = 0;
    for (size_t word = 0; word < HEAP_MAX_RETURNED / 64; word++) {
        for (uint64_t bits = pool->returned[word]; bits != 0; bits &= bits - 1) {
            size_t i = 64 * word + (size_t)__builtin_ctzll(bits);
            if (i >= n_carved)
                return -1;
            free_marks[i] = 1;
            n_free++;
        }
    }
    return n_free;
}

int heap_mark_free(const heap_pool *pool, unsigned char *free_marks)
{
    const char *start = heap_pool_start(pool);
    size_t n_bytes = heap_class_bytes(pool->size_class);
    memset(free_marks, 0, MAX_BLOCKS);
    int n_free = mark_returned(pool, (size_t)(pool->virgin - start) / n_bytes, free_marks);
    for (const heap_block *b = pool->free; b != NULL && n_free >= 0;) {
        size_t offset = (size_t)((const char *)b - start);
        if ((const char *)b < start || (const char *)b >= pool->virgin || offset % n_bytes != 0 ||
            free_marks[offset / n_bytes] != 0)
            return -1;
        free_marks[offset / n_bytes] = 1;
        n_free++;
        announce_open((void *)(uintptr_t)b, sizeof(*b));
        const heap_block *next = b->next;
        announce_close((void *)(uintptr_t)b, sizeof(*b));
        b = next;
    }
    return n_free;
}

void heap_walk_blocks(const heap_pool_view *view, void (*visit)(void *block, void *argument),
                      void *argument)
{
    if (view->n_live == 0)
        return;
    unsigned char free_marks[MAX_BLOCKS];
    const heap_pool *pool = heap_pool_of(view->start);
    (void)heap_mark_free(pool, free_marks); /* a damaged list: what it held up to there */
    size_t n_bytes = heap_class_bytes(pool->size_class);
    char *end = pool->virgin;
    for (char *block = heap_pool_start(pool); block < end; block += n_bytes) {
        if (free_marks[(size_t)(block - heap_pool_start(pool)) / n_bytes] == 0)
            visit(block, argument);
    }
}

/* What a pool keeps from all classes but its own. */
static size_t held_bytes_of(const heap_pool_view *view)
{
    if (view->state == HEAP_POOL_FREE)
        return 0;
    return HEAP_POOL_BYTES - view->n_live * heap_class_bytes(view->size_class);
}

static bool count_pool(const heap_pool_view *view, void *argument)
{
    heap_stats *stats = argument;
    if (view->state == HEAP_POOL_FREE)
        stats->n_pools_free++;
    else if (view->n_live == 0)
        stats->n_pools_held++;
    else
        stats->n_pools_used++;
    stats->n_blocks_live += view->n_live;
    stats->live_bytes += view->n_live * heap_class_bytes(view->size_class);
    stats->held_bytes += held_bytes_of(view);
    return true;
}

void heap_get_stats(const heap *h, heap_stats *ret_stats)
{
    const heap_state *s = heap_state_of(h);
    heap_stats stats = {.n_arenas = s->n_arenas,
                        .n_arenas_empty = s->n_empty,
                        .n_arenas_offered = HEAP_REGION_ARENAS * s->n_offered,
                        .n_large = s->n_large,
                        .n_mapped = s->n_mapped,
                        .n_unmapped = s->n_unmapped};
    heap_walk(h, count_pool, &stats);
    *ret_stats = stats;
}

typedef struct snapshot {
    heap_arena_view *views;
    size_t n, n_arenas;
    const void *arena; /* the last one seen */
} snapshot;

static bool snapshot_pool(const heap_pool_view *view, void *argument)
{
    snapshot *shot = argument;
    if (view->arena != shot->arena) {
        shot->arena = view->arena;
        if (shot->n_arenas++ < shot->n)
            shot->views[shot->n_arenas - 1] = (heap_arena_view){.arena = view->arena};
    }
    if (shot->n_arenas > shot->n)
        return true;
    heap_arena_view *v = &shot->views[shot->n_arenas - 1];
    *(view->n_live > 0 ? &v->n_pools_used : &v->n_pools_free) += 1;
    v->n_blocks_live += view->n_live;
    v->live_bytes += view->n_live * heap_class_bytes(view->size_class);
    v->held_bytes += held_bytes_of(view);
    return true;
}

size_t heap_snapshot(const heap *h, heap_arena_view *ret_views, size_t n)
{
    snapshot shot = {.views = ret_views, .n = n};
    heap_walk(h, snapshot_pool, &shot);
    return shot.n_arenas;
}

/* ---- invariants: each returns NULL, or what is wrong ---- */

static const char *check_blocks(const heap_pool *pool)
{
    unsigned char free_marks[MAX_BLOCKS];
    int n_free = heap_mark_free(pool, free_marks);
    if (n_free < 0)
        return "a pool's free blocks leave the pool, or one is free twice";
    size_t n_bytes = heap_class_bytes(pool->size_class);
    const char *start = heap_pool_start(pool);
    if (pool->virgin < start || pool->virgin > pool->end ||
        pool->end != start + pool->n_blocks * n_bytes ||
        (size_t)(pool->virgin - start) % n_bytes != 0)
        return "a pool's limits are off";
    size_t n_virgin = (size_t)(pool->end - pool->virgin) / n_bytes;
    if (pool->n_live + (size_t)n_free + n_virgin != pool->n_blocks)
        return "a pool's live, free and uncarved blocks do not add up";
    return NULL;
}

static bool is_listed(const heap_state *s, const heap_pool *pool)
{
    const heap_pool *p = s->lists[pool->size_class];
    while (p != &s->none && p != pool)
        p = p->next;
    return p == pool;
}

static bool has_right_mark(const heap_state *s, const heap_pool *pool)
{
    int mark = registry_get(heap_pool_start(pool));
    bool may_return =
        pool->state == HEAP_POOL_USABLE && pool->n_blocks <= HEAP_MAX_RETURNED && !s->watched;
    bool may_be_noted = pool->state == HEAP_POOL_FULL && !s->watched;
    return mark == heap_mark_of(s, pool) ||
           (may_be_noted && mark == (heap_mark_of(s, pool) | REGISTRY_NOTED)) ||
           (may_return && mark == REGISTRY_APART + REGISTRY_RETURNED);
}

static const char *check_pool(const heap_state *s, const heap_pool *pool)
{
    if (pool->size_class >= (s->watched ? HEAP_N_LISTS : HEAP_N_CLASSES))
        return "a pool's size class is out of range";
    const char *why = check_blocks(pool);
    if (why != NULL)
        return why;
    bool is_first = s->lists[pool->size_class] == pool;
    if ((pool->state == HEAP_POOL_CURRENT) != is_first)
        return "a current pool is not the first of its class's list";
    if ((pool->state == HEAP_POOL_FULL) == is_listed(s, pool))
        return "a full pool is listed, or one that is not full is not listed";
    if (pool->state == HEAP_POOL_FULL && pool->n_live != pool->n_blocks)
        return "a full pool is not full";
    if (pool->state == HEAP_POOL_USABLE && pool->n_live == 0)
        return "a pool is empty and was not dropped";
    if (!has_right_mark(s, pool))
        return "a pool's mark in the registry is off";
    if (pool->event != heap_event_of(s, pool))
        return "a pool would take its slow path at the wrong count of blocks";
    return NULL;
}

static const char *check_arena(const heap_state *s, const heap_arena *arena)
{
    if (arena->owner != s || registry_get(arena) != REGISTRY_APART)
        return "an arena is not this heap's, or is not registered";
    size_t n_free = HEAP_N_POOLS - arena->n_taken;
    for (size_t i = 0; i < arena->n_taken; i++) {
        const heap_pool *pool = pool_at(arena, i);
        if ((pool->state == HEAP_POOL_FREE) != (arena->free_pools >> i & 1))
            return "an arena's mask of free pools is off";
        if (pool->state == HEAP_POOL_FREE) {
            n_free++;
            continue;
        }
        const char *why = check_pool(s, pool);
        if (why != NULL)
            return why;
    }
    if (n_free != arena->n_free || n_free != (size_t)__builtin_popcountll(arena->free_pools))
        return "an arena's count of free pools is off";
    const heap_arena *a = s->by_free[arena->n_free];
    while (a != NULL && a != arena)
        a = a->bucket_next;
    return a == arena ? NULL : "an arena is not listed by its free pools";
}

static const char *check_region(const heap_state *s, const heap_arena *arena)
{
    const heap_region *r = arena->region;
    if (r == NULL)
        return NULL;
    size_t at = (size_t)((const char *)arena - r->start) / HEAP_ARENA_BYTES;
    if (at >= HEAP_REGION_ARENAS || (r->cut >> at & 1) == 0 || (r->cut & r->gone) != 0)
        return "an arena is no part of its region";
    unsigned n_empty = 0;
    for (size_t i = 0; i < HEAP_REGION_ARENAS; i++) {
        const char *part = r->start + i * HEAP_ARENA_BYTES;
        if ((r->cut >> i & 1) != 0)
            n_empty += ((const heap_arena *)(const void *)part)->n_free == HEAP_N_POOLS;
    }
    if (n_empty != r->n_empty)
        return "a region's count of empty arenas is off";
    return r == s->held && n_empty != (unsigned)__builtin_popcount(r->cut)
               ? "a region is held, and not empty"
               : NULL;
}

static const char *check_offered(const heap_state *s)
{
    size_t n = 0;
    for (const heap_region *r = s->offered; r != NULL && n <= HEAP_MAX_OFFERED; r = r->next, n++) {
        if (r->cut != 0 || r->gone != 0)
            return "a region that is offered to the system is in use";
    }
    if (n != s->n_offered || n > HEAP_MAX_OFFERED || s->n_offered_least > n || n > s->n_regions)
        return "the count of regions offered is off";
    return NULL;
}

static bool is_spare_of(const heap_pool *pool, unsigned size_class, const heap_block *b)
{
    size_t offset = (size_t)((const char *)b - heap_pool_start(pool));
    return pool->state != HEAP_POOL_FREE && pool->size_class == size_class &&
           (const char *)b < pool->virgin && offset % heap_class_bytes(size_class) == 0;
}

/* Each spare lies in a pool of its class, and they are as many as room was used up. */
static const char *check_spares(const heap_state *s, unsigned size_class)
{
    const heap_pool *spares = &s->head.spares[1 + size_class];
    size_t n = 0;
    for (const heap_block *b = spares->free; b != NULL && n <= HEAP_MAX_SPARES; b = b->next) {
        if (!heap_owns(b) || !is_spare_of(heap_pool_of(b), size_class, b))
            return "a spare block is in no pool of its class";
        n++;
    }
    if (n + spares->n_live != spares->n_blocks || spares->n_blocks > HEAP_MAX_SPARES)
        return "the count of spare blocks is off";
    return (spares->state == HEAP_POOL_FULL) == is_listed(s, spares)
               ? "spare blocks are listed and there are none, or are not listed"
               : NULL;
}

bool heap_is_valid(const heap *h, const char **ret_why)
{
    const heap_state *s = heap_state_of(h);
    const char *why = NULL;
    size_t n_arenas = 0;
    size_t n_empty = 0;
    size_t n_empty_alone = 0;
    for (const heap_arena *a = s->first; a != NULL && why == NULL; a = a->next) {
        n_arenas++;
        n_empty += a->n_free == HEAP_N_POOLS;
        n_empty_alone += a->n_free == HEAP_N_POOLS && a->region == NULL;
        why = check_arena(s, a);
        if (why == NULL)
            why = check_region(s, a);
    }
    if (why == NULL)
        why = check_offered(s);
    for (unsigned i = 0; i < HEAP_N_CLASSES && why == NULL; i++)
        why = check_spares(s, i);
    heap_damage damage;
    if (why == NULL && heap_guard_find_damage(s, &damage))
        why = "a block was written to behind its end";
    if (why == NULL && (n_arenas != s->n_arenas || n_empty != s->n_empty ||
                        n_empty_alone != s->n_empty_alone || s->n_idle > n_empty))
        why = "the counts of arenas are off";
    if (ret_why != NULL)
        *ret_why = why;
    return why == NULL;
}
