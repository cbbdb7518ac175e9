/*
 * callgrind_tables.h -- where the lines and calls of a callgrind_model are.
 *
 *   callgrind_section   the lines of one section: small, emptied by counting on, and of a form
 *                       that a loop can search without a branch
 *   callgrind_index     the calls of one section; the lines and calls of all functions that come
 *                       in several sections
 *
 * Both by open addressing, at most half full. Source of the multiplier: D. Knuth, "The Art of
 * Computer Programming", volume 3, section 6.4 (2^64 by the golden ratio).
 */
#ifndef HARNESS_PROFILE_CALLGRIND_TABLES_H
#define HARNESS_PROFILE_CALLGRIND_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALLGRIND_GOLDEN 0x9E3779B97F4A7C15U

/* ---- lines of a section ---- */

/*
 * place: the line, and above its 32 bits the number of its file: each section counts on with them,
 * so a slot with a smaller number than the section's first is free.
 */
typedef struct callgrind_slot {
    uint64_t place;
    uint64_t address;
    uint64_t *costs;
} callgrind_slot;

typedef struct callgrind_file_slot {
    const char *file;
    uint64_t number;
} callgrind_file_slot;

typedef struct callgrind_section {
    callgrind_slot *slots;
    unsigned bits;
    size_t n_used;
    uint64_t first_number, next_number; /* of files */
    callgrind_file_slot *files;
    unsigned file_bits;
} callgrind_section;

void callgrind_section_init(callgrind_section *t);
void callgrind_section_clear(callgrind_section *t);

/* Empties it. */
void callgrind_section_begin(callgrind_section *t);

/* The place of line 0 of a file, which is an interned string. */
uint64_t callgrind_section_file(callgrind_section *t, const char *file);

/* Where the search for a line begins. */
static inline size_t callgrind_section_start(const callgrind_section *t, uint64_t place,
                                             uint64_t address)
{
    return (size_t)(((place + address) * CALLGRIND_GOLDEN) >> (64 - t->bits));
}

/* The costs of a line, or NULL; *ret_at: its slot, or the one for it. */
uint64_t *callgrind_section_find(const callgrind_section *t, uint64_t place, uint64_t address,
                                 size_t *ret_at);
void callgrind_section_put(callgrind_section *t, size_t at, callgrind_slot line);

/* How many lines can be put until it must grow. */
static inline size_t callgrind_section_room(const callgrind_section *t)
{
    return ((size_t)1 << t->bits) / 2 - t->n_used - 1;
}

/* ---- indices of items ---- */

/* In use if index is one of an item from first on that there is. */
typedef struct callgrind_index_slot {
    uint32_t hash;
    uint32_t index;
} callgrind_index_slot;

typedef struct callgrind_index {
    callgrind_index_slot *slots;
    unsigned bits;
    size_t n_used;
    size_t first;
} callgrind_index;

void callgrind_index_init(callgrind_index *t);
void callgrind_index_clear(callgrind_index *t);

/* Empties it: items from first on are to come. */
void callgrind_index_begin(callgrind_index *t, size_t first);

/*
 * Goes through the items that have this hash, of the n_items that there are: *at, begun as
 * callgrind_index_start(), becomes the place of the next one, and its index is returned. After the
 * last, UINT32_MAX is, and *at is the slot for a new one.
 */
static inline size_t callgrind_index_start(const callgrind_index *t, uint32_t hash)
{
    return hash >> (32 - t->bits);
}

static inline uint32_t callgrind_index_next(const callgrind_index *t, uint32_t hash, size_t n_items,
                                            size_t *at)
{
    size_t mask = ((size_t)1 << t->bits) - 1;
    for (;; (*at)++) {
        const callgrind_index_slot *slot = &t->slots[*at & mask];
        if (slot->index - t->first >= n_items - t->first)
            return UINT32_MAX;
        if (slot->hash == hash)
            return slot->index;
    }
}

/* Puts an item, one of n_items, into that slot. */
void callgrind_index_put(callgrind_index *t, size_t at, uint32_t hash, size_t item, size_t n_items);

#endif
