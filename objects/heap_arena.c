/* heap_arena.c -- arenas: where they come from, which serves next, when they go back. */
#include "objects/announce.h"
#include "objects/heap_internal.h"
#include "objects/registry.h"

#include <sys/mman.h>

#define REGION_BYTES ((size_t)2 << 20) /* a huge page: 8 arenas */

static char *map(size_t n_bytes)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *start = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    return start;
}

/* The parts of a mapping: cannot fail. */
static void unmap(char *start, size_t n_bytes)
{
    if (n_bytes != 0)
        (void)munmap(start, n_bytes);
}

/* n_bytes, aligned to n_bytes. mmap places one mapping below the last, so that most are aligned
 * already. */
static char *map_aligned(size_t n_bytes)
{
    char *start = map(n_bytes);
    if (start == NULL || (uintptr_t)start % n_bytes == 0)
        return start;
    unmap(start, n_bytes);
    start = map(2 * n_bytes);
    if (start == NULL)
        return NULL;
    size_t before = n_bytes - (uintptr_t)start % n_bytes;
    unmap(start, before);
    unmap(start + before + n_bytes, n_bytes - before);
    return start + before;
}

static bool wants_region(const heap_state *s)
{
    if (s->options.huge_pages == HEAP_HUGE_PAGES_LATER)
        return s->n_arenas >= HEAP_SMALL_PAGED_ARENAS;
    return s->options.huge_pages == HEAP_HUGE_PAGES_ALWAYS;
}

static char *map_arena(heap_state *s)
{
    if (s->region == s->region_end && wants_region(s)) {
        char *region = map_aligned(REGION_BYTES);
        if (region != NULL) {
            (void)madvise(region, REGION_BYTES, MADV_HUGEPAGE); /* advice: works without */
            s->region = region;
            s->region_end = region + REGION_BYTES;
        }
    }
    char *arena = s->region;
    if (s->region != s->region_end)
        s->region += HEAP_ARENA_BYTES;
    else
        arena = map_aligned(HEAP_ARENA_BYTES);
    if (arena != NULL && s->options.populate)
        (void)madvise(arena, HEAP_ARENA_BYTES, MADV_POPULATE_WRITE); /* older kernels: on touch */
    return arena;
}

void heap_drop_region(heap_state *s)
{
    unmap(s->region, (size_t)(s->region_end - s->region));
    s->region = s->region_end = NULL;
}

static void *source_map(heap_state *s)
{
    const heap_source *source = &s->options.source;
    return source->map != NULL ? source->map(source->context) : map_arena(s);
}

static void source_unmap(heap_state *s, void *arena)
{
    const heap_source *source = &s->options.source;
    if (source->map != NULL)
        source->unmap(source->context, arena);
    else
        unmap(arena, HEAP_ARENA_BYTES);
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

static heap_arena *new_arena(heap_state *s)
{
    heap_arena *arena = source_map(s);
    if (arena == NULL)
        return NULL;
    if (!registry_add(arena, HEAP_ARENA_BYTES)) {
        source_unmap(s, arena);
        return NULL;
    }
    arena->owner = s;
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
    s->n_empty++;
    s->n_mapped++;
    bucket_link(s, arena);
    if (s->watched)
        announce_close((char *)arena + HEAP_POOL_BYTES, HEAP_ARENA_BYTES - HEAP_POOL_BYTES);
    return arena;
}

void heap_drop_arena(heap_state *s, heap_arena *arena)
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
    s->n_arenas--;
    s->n_empty -= arena->n_free == HEAP_N_POOLS;
    if (s->n_idle > s->n_empty)
        s->n_idle = s->n_empty;
    s->n_unmapped++;
    if (s->watched)
        heap_watched_forget(arena);
    registry_remove(arena, HEAP_ARENA_BYTES);
    ANNOUNCE_UNPOISON(arena, HEAP_ARENA_BYTES);
    source_unmap(s, arena);
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
    if (arena->n_free == HEAP_N_POOLS && --s->n_empty < s->n_idle)
        s->n_idle = s->n_empty;
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
    if (arena->n_free == HEAP_N_POOLS && ++s->n_empty > HEAP_MAX_EMPTY)
        heap_drop_arena(s, arena);
}

void heap_end_window(heap_state *s)
{
    heap_return_spares(s);
    for (size_t n = (s->n_idle + 1) / 2; n > 0 && s->n_empty > HEAP_KEPT_ARENAS; n--)
        heap_drop_arena(s, s->by_free[HEAP_N_POOLS]);
    s->n_idle = s->n_empty;
    s->n_events = HEAP_WINDOW_EVENTS * (s->n_arenas + 1);
}
