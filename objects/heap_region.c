/* heap_region.c -- memory from the system: single arenas, and regions of eight in a huge page. */
#include "objects/heap_internal.h"

#include <stdlib.h>
#include <sys/mman.h>

#define ALL_ARENAS   ((1U << HEAP_REGION_ARENAS) - 1)
#define REGION_BYTES (HEAP_REGION_ARENAS * HEAP_ARENA_BYTES)

_Static_assert(REGION_BYTES == (size_t)2 << 20, "a region is a huge page");

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

/* ---- regions: with room for an arena, without, or offered to the system ---- */

static bool has_room(const heap_region *r)
{
    return (r->cut | r->gone) != ALL_ARENAS;
}

static void add_roomy(heap_state *s, heap_region *r)
{
    r->previous = NULL;
    r->next = s->roomy;
    if (r->next != NULL)
        r->next->previous = r;
    s->roomy = r;
}

static void remove_roomy(heap_state *s, heap_region *r)
{
    if (r->previous != NULL)
        r->previous->next = r->next;
    else
        s->roomy = r->next;
    if (r->next != NULL)
        r->next->previous = r->previous;
}

static bool wants_region(const heap_state *s)
{
    if (s->options.huge_pages == HEAP_HUGE_PAGES_LATER)
        return s->n_regions > 0 || s->n_arenas >= HEAP_SMALL_PAGED_ARENAS;
    return s->options.huge_pages == HEAP_HUGE_PAGES_ALWAYS;
}

static heap_region *new_region(heap_state *s)
{
    heap_region *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return NULL;
    r->start = map_aligned(REGION_BYTES);
    if (r->start == NULL) {
        free(r);
        return NULL;
    }
    (void)madvise(r->start, REGION_BYTES, MADV_HUGEPAGE); /* advice: works without */
    s->n_regions++;
    return r;
}

static heap_region *take_offered(heap_state *s)
{
    heap_region *r = s->offered;
    if (r == NULL)
        return NULL;
    s->offered = r->next;
    if (--s->n_offered < s->n_offered_least)
        s->n_offered_least = s->n_offered;
    return r;
}

/* A region with room, or NULL: none is wanted, or there is no memory. */
static heap_region *roomy_region(heap_state *s)
{
    if (s->roomy != NULL)
        return s->roomy;
    heap_region *r = take_offered(s);
    if (r == NULL && wants_region(s))
        r = new_region(s);
    if (r != NULL)
        add_roomy(s, r);
    return r;
}

/* parts: bits as in cut. What is gone may be another's mapping by now. */
static void unmap_parts(const heap_region *r, unsigned parts)
{
    if (parts == ALL_ARENAS) {
        unmap(r->start, REGION_BYTES);
        return;
    }
    for (unsigned i = 0; i < HEAP_REGION_ARENAS; i++) {
        if ((parts >> i & 1) != 0)
            unmap(r->start + i * HEAP_ARENA_BYTES, HEAP_ARENA_BYTES);
    }
}

static void delete_region(heap_state *s, heap_region *r)
{
    unmap_parts(r, ALL_ARENAS & ~(unsigned)r->gone);
    free(r);
    s->n_regions--;
}

char *heap_map_arena(heap_state *s, heap_region **ret_region)
{
    char *arena = NULL;
    heap_region *r = roomy_region(s);
    if (r != NULL) {
        unsigned i = (unsigned)__builtin_ctz(~(unsigned)(r->cut | r->gone));
        r->cut |= (uint8_t)(1U << i);
        if (!has_room(r))
            remove_roomy(s, r);
        arena = r->start + i * HEAP_ARENA_BYTES;
    } else {
        arena = map_aligned(HEAP_ARENA_BYTES);
    }
    *ret_region = r;
    if (arena != NULL && s->options.populate)
        (void)madvise(arena, HEAP_ARENA_BYTES, MADV_POPULATE_WRITE); /* older kernels: on touch */
    return arena;
}

void heap_unmap_arena(heap_state *s, char *arena, heap_region *r)
{
    unmap(arena, HEAP_ARENA_BYTES);
    if (r == NULL)
        return;
    bool was_roomy = has_room(r);
    uint8_t bit = (uint8_t)(1U << (size_t)(arena - r->start) / HEAP_ARENA_BYTES);
    r->cut &= (uint8_t)~bit;
    r->gone |= bit;
    if (r->cut != 0)
        return;
    if (was_roomy)
        remove_roomy(s, r);
    delete_region(s, r);
}

void heap_offer_region(heap_state *s, heap_region *r)
{
    if (has_room(r))
        remove_roomy(s, r);
    if (r->gone != 0 || s->n_offered == HEAP_MAX_OFFERED) {
        delete_region(s, r);
        return;
    }
    r->cut = 0;
    r->n_empty = 0;
    (void)madvise(r->start, REGION_BYTES, MADV_FREE); /* advice: else it goes with its window */
    r->next = s->offered;
    s->offered = r;
    s->n_offered++;
}

void heap_unmap_offered(heap_state *s, size_t n)
{
    for (; n > 0 && s->offered != NULL; n--)
        delete_region(s, take_offered(s));
}

void heap_unmap_room(heap_state *s)
{
    while (s->roomy != NULL) {
        heap_region *r = s->roomy;
        remove_roomy(s, r);
        unmap_parts(r, ALL_ARENAS & ~(unsigned)(r->cut | r->gone));
        r->gone = (uint8_t)(ALL_ARENAS & ~(unsigned)r->cut);
    }
}
