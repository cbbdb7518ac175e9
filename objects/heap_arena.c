/* heap_arena.c -- arenas: where they come from, which serves next, when they go back. */
#include "objects/announce.h"
#include "objects/heap_internal.h"
#include "objects/registry.h"

static char *source_map(heap_state *s, heap_region **ret_region)
{
    const heap_source *source = &s->options.source;
    if (source->map == NULL)
        return heap_map_arena(s, ret_region);
    *ret_region = NULL;
    return source->map(source->context);
}

static void source_unmap(heap_state *s, heap_arena *arena, heap_region *region)
{
    const heap_source *source = &s->options.source;
    if (source->map != NULL)
        source->unmap(source->context, arena);
    else
        heap_unmap_arena(s, (char *)arena, region);
}

static void bucket_link(heap_state *s, heap_arena *arena)
{
    heap_arena **head = &s->by_free[arena->n_free];
    arena->bucket_previous = NULL;
    arena->bucket_next = *head;
    if (*head != NULL)
        (*head)->bucket_previous = arena;
    *head = arena;
    if (arena->n_free != 0)
        s->nonempty |= (uint64_t)1 << arena->n_free;
}

static void bucket_unlink(heap_state *s, heap_arena *arena)
{
    if (arena->bucket_previous != NULL)
        arena->bucket_previous->bucket_next = arena->bucket_next;
    else
        s->by_free[arena->n_free] = arena->bucket_next;
    if (arena->bucket_next != NULL)
        arena->bucket_next->bucket_previous = arena->bucket_previous;
    if (s->by_free[arena->n_free] == NULL)
        s->nonempty &= ~((uint64_t)1 << arena->n_free);
}

static void count_empty(heap_state *s, const heap_arena *arena)
{
    s->n_empty++;
    if (arena->region != NULL)
        arena->region->n_empty++;
    else
        s->n_empty_alone++;
}

static void count_used(heap_state *s, const heap_arena *arena)
{
    if (--s->n_empty < s->n_idle)
        s->n_idle = s->n_empty;
    if (arena->region == NULL) {
        s->n_empty_alone--;
        return;
    }
    arena->region->n_empty--;
    if (s->held == arena->region)
        s->held = NULL;
}

static heap_arena *new_arena(heap_state *s)
{
    heap_region *region = NULL;
    heap_arena *arena = (heap_arena *)(void *)source_map(s, &region);
    if (arena == NULL)
        return NULL;
    if (!registry_add(arena, HEAP_ARENA_BYTES)) {
        source_unmap(s, arena, region);
        return NULL;
    }
    arena->owner = s;
    arena->region = region;
    arena->n_free = HEAP_N_POOLS;
    arena->n_taken = 0;
    arena->free_pools = ((uint64_t)1 << HEAP_N_POOLS) - 1;
    arena->next = NULL;
    arena->previous = s->last;
    if (s->last != NULL)
        s->last->next = arena;
    else
        s->first = arena;
    s->last = arena;
    s->n_arenas++;
    s->n_mapped++;
    count_empty(s, arena);
    bucket_link(s, arena);
    if (s->watched)
        announce_close((char *)arena + HEAP_POOL_BYTES, HEAP_ARENA_BYTES - HEAP_POOL_BYTES);
    return arena;
}

/* The heap forgets the arena, whatever lives in it; its memory is still there. */
static void forget_arena(heap_state *s, heap_arena *arena)
{
    bucket_unlink(s, arena);
    if (arena->previous != NULL)
        arena->previous->next = arena->next;
    else
        s->first = arena->next;
    if (arena->next != NULL)
        arena->next->previous = arena->previous;
    else
        s->last = arena->previous;
    if (arena->n_free == HEAP_N_POOLS)
        count_used(s, arena);
    s->n_arenas--;
    s->n_unmapped++;
    if (s->watched)
        heap_watched_forget(arena);
    registry_remove(arena, HEAP_ARENA_BYTES);
    ANNOUNCE_UNPOISON(arena, HEAP_ARENA_BYTES);
}

static void drop_arena(heap_state *s, heap_arena *arena)
{
    heap_region *region = arena->region;
    forget_arena(s, arena);
    source_unmap(s, arena, region);
}

static bool is_empty(const heap_region *r)
{
    return r->n_empty == __builtin_popcount(r->cut);
}

static void drop_region(heap_state *s, heap_region *r)
{
    for (unsigned i = 0; i < HEAP_REGION_ARENAS; i++) {
        if ((r->cut >> i & 1) != 0)
            forget_arena(s, (heap_arena *)(void *)(r->start + i * HEAP_ARENA_BYTES));
    }
    heap_offer_region(s, r);
}

/* An empty arena goes; with its region, if all of that is empty. */
static void drop_empty(heap_state *s, heap_arena *arena)
{
    if (arena->region != NULL && is_empty(arena->region))
        drop_region(s, arena->region);
    else
        drop_arena(s, arena);
}

void heap_drop_all(heap_state *s)
{
    while (s->first != NULL) {
        if (s->first->region != NULL)
            drop_region(s, s->first->region);
        else
            drop_arena(s, s->first);
    }
    heap_unmap_offered(s, s->n_offered);
}

void heap_drop_all_empty(heap_state *s)
{
    while (s->by_free[HEAP_N_POOLS] != NULL)
        drop_empty(s, s->by_free[HEAP_N_POOLS]);
    heap_unmap_offered(s, s->n_offered);
    heap_unmap_room(s);
}

/* One of which all arenas became empty. The heap holds the last of them for the next need, where it
 * has no arenas alone for that. */
static void settle_region(heap_state *s, heap_region *r)
{
    heap_region *before = s->held;
    s->held = r;
    if (before != NULL)
        drop_region(s, before);
}

/* After an arena became empty. Where there are regions nothing waits for the end of a window: a
 * region that was offered to the system is taken back at no cost. */
static void settle_arena(heap_state *s, heap_arena *arena)
{
    heap_region *region = arena->region;
    if (region != NULL && is_empty(region))
        settle_region(s, region);
    if (s->held != NULL && s->n_empty_alone >= HEAP_KEPT_ARENAS)
        drop_region(s, s->held);
    if (region == NULL && s->n_regions > 0 && s->n_empty_alone > HEAP_KEPT_ARENAS)
        drop_arena(s, arena);
    else if (s->n_empty > HEAP_MAX_EMPTY)
        drop_empty(s, s->by_free[HEAP_N_POOLS]);
}

heap_pool *heap_take_pool(heap_state *s)
{
    heap_arena *arena = NULL;
    if (s->nonempty != 0)
        arena = s->by_free[__builtin_ctzll(s->nonempty)];
    else
        arena = new_arena(s);
    if (arena == NULL)
        return NULL;
    if (arena->n_free == HEAP_N_POOLS)
        count_used(s, arena);
    unsigned i = (unsigned)__builtin_ctzll(arena->free_pools);
    arena->free_pools &= arena->free_pools - 1;
    if (i == arena->n_taken)
        arena->n_taken++;
    bucket_unlink(s, arena);
    arena->n_free--;
    bucket_link(s, arena);
    return (heap_pool *)arena + 1 + i;
}

void heap_drop_pool(heap_pool *pool)
{
    heap_arena *arena = heap_arena_of(pool);
    heap_state *s = arena->owner;
    pool->state = HEAP_POOL_FREE;
    pool->event = HEAP_NEVER; /* what n_live becomes if a block of it is freed again */
    registry_set(heap_pool_start(pool), REGISTRY_APART);
    arena->free_pools |= (uint64_t)1 << (pool - (heap_pool *)arena - 1);
    bucket_unlink(s, arena);
    arena->n_free++;
    bucket_link(s, arena);
    if (arena->n_free != HEAP_N_POOLS)
        return;
    count_empty(s, arena);
    settle_arena(s, arena);
}

void heap_end_window(heap_state *s)
{
    heap_return_spares(s);
    for (size_t n = (s->n_idle + 1) / 2; n > 0 && s->n_empty > HEAP_KEPT_ARENAS; n--)
        drop_empty(s, s->by_free[HEAP_N_POOLS]);
    heap_unmap_offered(s, (s->n_offered_least + 1) / 2);
    s->n_idle = s->n_empty;
    s->n_offered_least = s->n_offered;
    s->n_events = HEAP_WINDOW_EVENTS * (s->n_arenas + HEAP_REGION_ARENAS * s->n_offered + 1);
}
