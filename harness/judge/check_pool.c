/* check_pool.c -- judges the answers of drive_pool.c; its head lists operations and lines. */
#include "harness/judge/check_pool.h"

#include "harness/judge/check_run.h"

#include <string.h>

enum { N_SLOTS = 4096, SEEN_ENOUGH = 16 };

/* Larger requests may be refused for lack of memory. */
#define SURE_BYTES ((uint64_t)16 << 20)

enum {
    ALIGNED,
    INSIDE,
    OVERLAP,
    CONTENTS,
    CLASSES,
    LARGE,
    REUSE,
    FEWEST,
    RETURN,
    NO_MEMORY,
    STATS,
};

static const check_property properties[] = {
    [ALIGNED] = {"pool", "aligned", "Blocks are 16-byte aligned", true},
    [INSIDE] = {"pool", "inside_arenas", "Small blocks lie in arenas", true},
    [OVERLAP] = {"pool", "no_overlap", "Blocks in use never overlap", true},
    [CONTENTS] = {"pool", "contents", "What is written into a block stays there", true},
    [CLASSES] = {"pool", "size_classes", "A pool holds blocks of one size class, the smallest",
                 false},
    [LARGE] = {"pool", "large", "More than 512 bytes come from malloc", true},
    [REUSE] = {"pool", "reuse", "An arena is mapped only when no pool has room", false},
    [FEWEST] = {"pool", "fewest_free_first", "The arena with the fewest free pools is used first",
                false},
    [RETURN] = {"pool", "arena_return", "Empty arenas go back to the system", false},
    [NO_MEMORY] = {"pool", "no_memory", "Without memory: NULL, and nothing has changed", false},
    [STATS] = {"pool", "stats", "The statistics are right", false},
};

typedef struct slot {
    bool used, small;
    bool known; /* the model has it: it overlaps nothing */
    uint64_t start, n_bytes, digest;
} slot;

typedef struct pool_check {
    check_run run;
    model_memory memory;
    slot slots[N_SLOTS];
    bool was_freed;   /* the last operation freed a block, and its arenas are not counted yet */
    bool was_refused; /* an arena was refused since the last line of an operation */
    uint64_t n_bytes; /* of the allocation that is going on */
    bool allocates;
} pool_check;

/* After a free and what it returned: at most one arena is empty. */
static void settle(pool_check *p)
{
    if (p->was_freed && p->memory.n_empty > 1)
        check_fail(&p->run, RETURN, "after a free, %u empty arenas were kept; one may be",
                   p->memory.n_empty);
    p->was_freed = false;
}

static void see_map(pool_check *p)
{
    uint64_t base = check_hex(&p->run, 1);
    settle(p);
    if (p->run.stopped)
        return;
    if (base == 0 || base % POOL_ARENA_BYTES != 0 ||
        g_hash_table_size(p->memory.arenas) >= POOL_MAX_ARENAS) {
        check_forged(&p->run, "no such arena was mapped");
        return;
    }
    unsigned n_free = model_fewest_free(&p->memory, NULL);
    unsigned size_class = model_class_of(p->n_bytes);
    if (!p->allocates)
        check_fail(&p->run, REUSE, "an arena was mapped although nothing small was asked for");
    else if (n_free <= POOL_N_POOLS)
        check_fail(&p->run, REUSE, "an arena was mapped while another had %u free pools", n_free);
    else if (p->memory.n_with_room[size_class] > 0)
        check_fail(&p->run, REUSE,
                   "an arena was mapped for %" G_GUINT64_FORMAT " bytes while a pool of that size "
                   "had room",
                   p->n_bytes);
    if (!model_map(&p->memory, base))
        check_forged(&p->run, "an arena was mapped over another");
}

static void see_unmap(pool_check *p)
{
    uint64_t base = check_hex(&p->run, 1);
    if (p->run.stopped)
        return;
    const model_arena *arena = model_find_arena(&p->memory, base);
    if (arena == NULL || arena->base != base) {
        check_fail(&p->run, RETURN, "an arena was returned that is not mapped");
        return;
    }
    if (arena->n_pools_used > 0)
        check_fail(&p->run, INSIDE, "an arena was returned with blocks in use in %u of its pools",
                   arena->n_pools_used);
    (void)model_unmap(&p->memory, base); /* it is there */
}

static bool aside(check_run *run, void *model, const check_line *line)
{
    (void)run;
    pool_check *p = model;
    if (strcmp(line->words[0], "m") == 0 && line->n_words == 2)
        see_map(p);
    else if (strcmp(line->words[0], "u") == 0 && line->n_words == 2)
        see_unmap(p);
    else if (strcmp(line->words[0], "r") == 0 && line->n_words == 1)
        p->was_refused = true;
    else
        return false;
    return true;
}

/* Where a small block lies: in its arena, in its pool, at the right distance from its neighbours.
 */
static void check_place(pool_check *p, const slot *s)
{
    unsigned size_class = model_class_of(s->n_bytes);
    uint64_t class_bytes = (uint64_t)(size_class + 1) * POOL_SPACING;
    const model_arena *arena = model_find_arena(&p->memory, s->start);
    if (arena == NULL) {
        check_fail(&p->run, INSIDE, "a block of %" G_GUINT64_FORMAT " bytes lies in no arena",
                   s->n_bytes);
        return;
    }
    uint64_t offset = s->start - arena->base;
    const model_pool *pool = &arena->pools[offset / POOL_BYTES];
    if (offset % POOL_BYTES + MAX(s->n_bytes, 1) > POOL_BYTES)
        check_fail(&p->run, INSIDE, "a block of %" G_GUINT64_FORMAT " bytes crosses its pool's end",
                   s->n_bytes);
    if (pool->n_used > 0 && pool->size_class != size_class)
        check_fail(&p->run, CLASSES,
                   "a pool holds blocks of %u bytes and was used for %" G_GUINT64_FORMAT,
                   (pool->size_class + 1) * POOL_SPACING, s->n_bytes);
    if (pool->n_used == 0) {
        unsigned n_free = POOL_N_POOLS - arena->n_pools_used;
        unsigned fewest = model_fewest_free(&p->memory, arena);
        if (fewest < n_free)
            check_fail(&p->run, FEWEST,
                       "a pool was taken from an arena with %u free pools; another had %u", n_free,
                       fewest);
        return;
    }
    uint64_t distance = s->start > pool->first ? s->start - pool->first : pool->first - s->start;
    if (pool->size_class == size_class && distance % class_bytes != 0)
        check_fail(&p->run, CLASSES,
                   "blocks of %" G_GUINT64_FORMAT " bytes lie %" G_GUINT64_FORMAT
                   " apart, no multiple of %" G_GUINT64_FORMAT,
                   s->n_bytes, distance, class_bytes);
}

/* Once enough of a pool's blocks were seen, some were neighbours. */
static void check_spacing(pool_check *p, const slot *s)
{
    const model_arena *arena = model_find_arena(&p->memory, s->start);
    if (arena == NULL)
        return;
    const model_pool *pool = &arena->pools[(s->start - arena->base) / POOL_BYTES];
    unsigned class_bytes = (pool->size_class + 1) * POOL_SPACING;
    unsigned enough = MIN((unsigned)SEEN_ENOUGH, model_pool_capacity(pool->size_class) / 2 + 2);
    if (pool->n_seen == enough && pool->spacing > class_bytes)
        check_fail(&p->run, CLASSES,
                   "blocks of %u bytes lie %" G_GUINT64_FORMAT " apart: their class is too large",
                   class_bytes, pool->spacing);
}

static void see_block(pool_check *p, const slot *s)
{
    static const unsigned of_any[] = {ALIGNED, OVERLAP, CONTENTS, NO_MEMORY, STATS};
    static const unsigned of_arenas[] = {INSIDE, CLASSES, REUSE, FEWEST, RETURN};
    for (size_t i = 0; i < G_N_ELEMENTS(of_any); i++)
        check_seen(&p->run, of_any[i]);
    if (!s->small)
        check_seen(&p->run, LARGE);
    else if (model_find_arena(&p->memory, s->start) != NULL)
        for (size_t i = 0; i < G_N_ELEMENTS(of_arenas); i++)
            check_seen(&p->run, of_arenas[i]);
}

static void check_block(pool_check *p, slot *s)
{
    see_block(p, s);
    if (s->start % POOL_SPACING != 0)
        check_fail(&p->run, ALIGNED, "%" G_GUINT64_FORMAT " bytes at 0x%" G_GINT64_MODIFIER "x",
                   s->n_bytes, s->start);
    const model_block *other = model_overlapping(&p->memory, s->start, MAX(s->n_bytes, 1));
    if (other != NULL)
        check_fail(&p->run, OVERLAP,
                   "a block of %" G_GUINT64_FORMAT " bytes overlaps one of %" G_GUINT64_FORMAT
                   " that is in use",
                   s->n_bytes, other->n_bytes);
    if (s->small) {
        check_place(p, s);
    } else if (model_find_arena(&p->memory, s->start) != NULL) {
        check_fail(&p->run, LARGE, "%" G_GUINT64_FORMAT " bytes were taken from an arena",
                   s->n_bytes);
    }
    s->known = other == NULL;
    model_add_block(&p->memory, s->start, s->n_bytes, s->small, s->known);
    if (s->small)
        check_spacing(p, s);
}

static void do_free(pool_check *p, unsigned index)
{
    slot *s = &p->slots[index];
    if (!s->used || !check_expect(&p->run, "f", 4))
        return;
    settle(p);
    if (check_number(&p->run, 1) != index || check_hex(&p->run, 2) != s->start)
        check_forged(&p->run, "another block was to be freed");
    else if (check_hex(&p->run, 3) != s->digest)
        check_fail(&p->run, CONTENTS, "a block of %" G_GUINT64_FORMAT " bytes changed while in use",
                   s->n_bytes);
    model_remove_block(&p->memory, s->start, s->small, s->known);
    s->used = false;
    p->was_freed = true;
}

static uint64_t digest_of(uint64_t operation, uint64_t n_bytes)
{
    uint64_t digest = CHECK_DIGEST_START;
    for (uint64_t i = 0; i < n_bytes; i++)
        digest = check_digest_byte(digest, (unsigned)(operation * 31 + i * 7));
    return digest;
}

static void do_alloc(pool_check *p, unsigned index, uint64_t n_bytes, uint64_t operation)
{
    slot *s = &p->slots[index];
    if (s->used) {
        do_free(p, index);
        return;
    }
    p->allocates = n_bytes <= POOL_SMALL_MAX;
    p->n_bytes = n_bytes;
    p->was_refused = false;
    bool there = check_expect(&p->run, "a", 4);
    p->allocates = false;
    if (!there)
        return;
    settle(p);
    if (check_number(&p->run, 1) != index || check_number(&p->run, 2) != n_bytes) {
        check_forged(&p->run, "another block was to be allocated");
        return;
    }
    *s = (slot){.small = n_bytes <= POOL_SMALL_MAX, .n_bytes = n_bytes};
    s->start = check_hex(&p->run, 3);
    if (p->run.stopped)
        return;
    if (s->start == 0) {
        if (!p->was_refused && n_bytes <= SURE_BYTES)
            check_fail(&p->run, NO_MEMORY,
                       "%" G_GUINT64_FORMAT " bytes: NULL although there is "
                       "memory",
                       n_bytes);
        return;
    }
    s->used = true;
    s->digest = digest_of(operation, n_bytes);
    check_block(p, s);
}

static void do_stats(pool_check *p)
{
    if (!check_expect(&p->run, "s", 5))
        return;
    settle(p);
    static const char *const names[] = {"n_arenas", "n_pools_used", "n_blocks_used",
                                        "n_large_used"};
    const uint64_t right[] = {g_hash_table_size(p->memory.arenas), p->memory.n_pools_used,
                              p->memory.n_small_used, p->memory.n_large_used};
    for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
        uint64_t told = check_number(&p->run, i + 1);
        if (told != right[i])
            check_fail(&p->run, STATS, "%s: %" G_GUINT64_FORMAT " instead of %" G_GUINT64_FORMAT,
                       names[i], told, right[i]);
    }
}

static void do_impossible(pool_check *p)
{
    if (!check_expect(&p->run, "x", 2))
        return;
    settle(p);
    if (check_hex(&p->run, 1) != 0)
        check_fail(&p->run, NO_MEMORY, "PTRDIFF_MAX bytes: a block that cannot be there");
}

static void do_operation(pool_check *p, uint64_t operation)
{
    uint64_t letter = check_take(&p->run, 1);
    if (letter == 'A' || letter == 'R') {
        unsigned index = (unsigned)check_take(&p->run, 2) % N_SLOTS;
        do_alloc(p, index, check_take(&p->run, 4), operation);
    } else if (letter == 'F') {
        do_free(p, (unsigned)check_take(&p->run, 2) % N_SLOTS);
    } else if (letter == 'X') {
        do_impossible(p);
    } else if (letter == 'S') {
        do_stats(p);
    }
}

check_result *check_pool(GBytes *tape, const char *answers, size_t n_bytes)
{
    pool_check *p = g_new0(pool_check, 1);
    check_run *run = &p->run;
    check_run_begin(run, properties, G_N_ELEMENTS(properties), tape, answers, n_bytes);
    run->aside = aside;
    run->model = p;
    model_memory_init(&p->memory);
    bool made = check_expect(run, "n", 2) && check_number(run, 1) == 1;
    if (!made && !run->stopped)
        check_fail(run, NO_MEMORY, "hw_pool_new: NULL although there is memory");
    for (uint64_t i = 0; made && !run->stopped && check_has_more(run); i++)
        do_operation(p, i);
    for (unsigned i = 0; made && !run->stopped && i < N_SLOTS; i++)
        do_free(p, i);
    if (made)
        do_stats(p);
    if (check_expect(run, "d", 1))
        settle(p);
    check_result *result = check_run_end(run);
    unsigned n_left = g_hash_table_size(p->memory.arenas);
    if (result->complete && n_left > 0) {
        run->result = result;
        check_fail(run, RETURN, "%u arenas are still mapped after hw_pool_delete", n_left);
    }
    model_memory_clear(&p->memory);
    g_free(p);
    return result;
}
