#include "objects/tests/heap_tape.h"

#include <stdlib.h>
#include <string.h>

enum { N_SLOTS = 512 };

typedef struct slot {
    unsigned char *block;
    size_t n_bytes;
    unsigned char fill;
} slot;

typedef struct shadow {
    heap *h;
    slot slots[N_SLOTS];
    size_t last_bytes; /* asked for */
} shadow;

/* Mostly the size before: blocks of one class must fill pools. */
static size_t size_from(shadow *s, tape *t)
{
    unsigned kind = tape_byte(t);
    if (kind >= 245)
        s->last_bytes = tape_short(t);
    else if (kind >= 240)
        s->last_bytes = tape_short(t) % 600;
    else if (kind >= 200)
        s->last_bytes = tape_byte(t) % 128;
    return s->last_bytes;
}

/* What is wrong with a new block, or NULL. */
static const char *check_new(const shadow *s, const slot *made)
{
    if ((uintptr_t)made->block % HEAP_ALIGNMENT != 0)
        return "a block is not aligned";
    if (heap_owns(made->block) != (made->n_bytes <= HEAP_SMALL_MAX_BYTES))
        return "a small block is in no arena, or a large one is in one";
    if (mem_usable_bytes(made->block) < made->n_bytes)
        return "a block is smaller than asked for";
    for (int i = 0; i < N_SLOTS; i++) {
        const slot *other = &s->slots[i];
        if (other->block != NULL && other != made && made->block < other->block + other->n_bytes &&
            other->block < made->block + made->n_bytes)
            return "two blocks overlap";
    }
    return NULL;
}

static const char *check_contents(const slot *s, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++) {
        if (s->block[i] != s->fill)
            return "a block did not keep its contents";
    }
    return NULL;
}

static void fill(slot *s, unsigned char byte)
{
    s->fill = byte;
    memset(s->block, byte, s->n_bytes);
}

static const char *do_alloc(shadow *s, slot *at, tape *t)
{
    at->n_bytes = size_from(s, t);
    bool zeroed = at->n_bytes % 2 == 0;
    at->block = zeroed ? mem_calloc(s->h, 1, at->n_bytes) : mem_alloc(s->h, at->n_bytes);
    if (at->block == NULL)
        return NULL; /* refused: allowed, and nothing has changed */
    at->fill = 0;
    const char *why = zeroed ? check_contents(at, at->n_bytes) : NULL;
    if (why == NULL)
        why = check_new(s, at);
    fill(at, (unsigned char)t->at);
    return why;
}

static const char *do_realloc(shadow *s, slot *at, tape *t)
{
    size_t n_bytes = size_from(s, t);
    unsigned char *moved = mem_realloc(s->h, at->block, n_bytes);
    if (moved == NULL)
        return check_contents(at, at->n_bytes);
    size_t n_kept = n_bytes < at->n_bytes ? n_bytes : at->n_bytes;
    at->block = moved;
    at->n_bytes = n_bytes;
    const char *why = check_contents(at, n_kept);
    if (why == NULL)
        why = check_new(s, at);
    fill(at, (unsigned char)t->at);
    return why;
}

static const char *do_free(shadow *s, slot *at)
{
    const char *why = check_contents(at, at->n_bytes);
    mem_free(s->h, at->block);
    at->block = NULL;
    return why;
}

/* Live small blocks by the table and by the heap's own statistics. */
static const char *check_stats(const shadow *s)
{
    size_t n_small = 0;
    size_t n_large = 0;
    for (int i = 0; i < N_SLOTS; i++) {
        if (s->slots[i].block != NULL)
            *(s->slots[i].n_bytes <= HEAP_SMALL_MAX_BYTES ? &n_small : &n_large) += 1;
    }
    heap_stats stats;
    heap_get_stats(s->h, &stats);
    if (stats.n_blocks_live != n_small || stats.n_large != n_large)
        return "the statistics count other blocks than there are";
    const char *why = NULL;
    (void)heap_is_valid(s->h, &why);
    return why;
}

const char *heap_tape_run(const uint8_t *bytes, size_t n_bytes, const heap_options *options)
{
    shadow *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return "no memory for the test itself";
    s->h = heap_new(options);
    tape t = {bytes, n_bytes, 0};
    const char *why = NULL;
    unsigned n_done = 0;
    while (why == NULL && tape_has_more(&t)) {
        unsigned operation = tape_byte(&t);
        slot *at = &s->slots[tape_short(&t) % N_SLOTS];
        if (at->block == NULL)
            why = do_alloc(s, at, &t);
        else
            why = operation % 4 == 0 ? do_realloc(s, at, &t) : do_free(s, at);
        if (why == NULL && ++n_done % 64 == 0)
            why = check_stats(s);
        if (operation == 255)
            heap_trim(s->h);
    }
    for (int i = 0; i < N_SLOTS; i++) {
        if (s->slots[i].block != NULL && why == NULL)
            why = do_free(s, &s->slots[i]);
        else
            mem_free(s->h, s->slots[i].block);
    }
    if (why == NULL)
        why = check_stats(s);
    heap_delete(s->h);
    free(s);
    return why;
}
