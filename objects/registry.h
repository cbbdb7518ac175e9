/*
 * registry.h -- which addresses lie in an arena: a bitmap in two levels over the address space.
 *
 *   address: | 16 unused | 15: leaf | 15: bit in the leaf | 18: inside the arena |
 *
 * The look-up is inlined: every free asks it, and a call there costs more than the two loads, which
 * find their lines in the cache.
 *
 * Owns:       leaves of 4 KiB, made when first needed and kept until the process ends.
 * Threads:    any; bits are set and cleared atomically.
 * Source:     after the radix tree of CPython's obmalloc (no code taken).
 */
#ifndef OBJECTS_REGISTRY_H
#define OBJECTS_REGISTRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REGISTRY_ARENA_BITS = 18,
    REGISTRY_LEAF_BITS = 15,
    REGISTRY_TOP_BITS = 15,
    REGISTRY_WORD_BITS = 64
};

typedef _Atomic uint64_t registry_word;

/* NULL: no arena was ever there. */
extern _Atomic(registry_word *) registry_leaves[1U << REGISTRY_TOP_BITS];

/* Notes an arena. Errors: false without memory for a leaf. */
bool registry_add(const void *arena);
void registry_remove(const void *arena);

static inline uintptr_t registry_index(const void *address)
{
    return (uintptr_t)address >> REGISTRY_ARENA_BITS;
}

/* The word that the arena's bit is in, or NULL. */
static inline registry_word *registry_word_of(uintptr_t index)
{
    uintptr_t top = index >> REGISTRY_LEAF_BITS;
    if (__builtin_expect(top >> REGISTRY_TOP_BITS != 0, 0))
        return NULL; /* beyond 48 bits: no user address is */
    registry_word *leaf = atomic_load_explicit(&registry_leaves[top], memory_order_acquire);
    if (__builtin_expect(leaf == NULL, 0))
        return NULL;
    return leaf + (index & ((1U << REGISTRY_LEAF_BITS) - 1)) / REGISTRY_WORD_BITS;
}

static inline uint64_t registry_bit(uintptr_t index)
{
    return (uint64_t)1 << (index % REGISTRY_WORD_BITS);
}

static inline bool registry_has(const void *address)
{
    uintptr_t index = registry_index(address);
    const registry_word *word = registry_word_of(index);
    return word != NULL &&
           (atomic_load_explicit(word, memory_order_relaxed) & registry_bit(index)) != 0;
}

#endif
