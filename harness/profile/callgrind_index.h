/*
 * callgrind_index.h -- finds the lines, or the calls, of one section of a callgrind_model.
 *
 * Open addressing, at most half full, small enough for the processor's cache. It holds hashes and
 * indices only: what an item is, is looked up in the model's array. A slot is in use if its index
 * is one of the section's, so that the next section begins without the table being emptied.
 *
 * Source of the multiplier: D. Knuth, "The Art of Computer Programming", volume 3, section 6.4
 * (2^64 by the golden ratio).
 */
#ifndef HARNESS_PROFILE_CALLGRIND_INDEX_H
#define HARNESS_PROFILE_CALLGRIND_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALLGRIND_GOLDEN 0x9E3779B97F4A7C15U

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

/* Empties it: items from first on are to come, none of which it has seen. */
void callgrind_index_begin(callgrind_index *t, size_t first);

/* The lines of a section are near each other, in one of few files. */
static inline uint32_t callgrind_index_hash(uint32_t file, uint64_t place)
{
    return (uint32_t)(((((uint64_t)file << 32) + place) * CALLGRIND_GOLDEN) >> 32);
}

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

/* How many items can be put until it must grow. */
static inline size_t callgrind_index_room(const callgrind_index *t)
{
    return ((size_t)1 << t->bits) / 2 - t->n_used - 1;
}

#endif
