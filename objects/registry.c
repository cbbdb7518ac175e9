#include "objects/registry.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

enum { ARENA_BITS = 18, LEAF_BITS = 15, TOP_BITS = 15, WORD_BITS = 64 };

#define LEAF_WORDS ((1U << LEAF_BITS) / WORD_BITS)

typedef _Atomic uint64_t leaf_word;

static _Atomic(leaf_word *) leaves[1U << TOP_BITS];

static uintptr_t arena_index(const void *address)
{
    return (uintptr_t)address >> ARENA_BITS;
}

static leaf_word *find_leaf(uintptr_t index)
{
    uintptr_t top = index >> LEAF_BITS;
    return top >> TOP_BITS != 0 ? NULL : atomic_load_explicit(&leaves[top], memory_order_acquire);
}

static leaf_word *bit_word(leaf_word *leaf, uintptr_t index)
{
    return leaf + (index & ((1U << LEAF_BITS) - 1)) / WORD_BITS;
}

static uint64_t bit_of(uintptr_t index)
{
    return (uint64_t)1 << (index % WORD_BITS);
}

bool registry_add(const void *arena)
{
    uintptr_t index = arena_index(arena);
    if (index >> (LEAF_BITS + TOP_BITS) != 0)
        return false; /* beyond 48 bits: no user address is */
    leaf_word *leaf = find_leaf(index);
    if (leaf == NULL) {
        size_t n_bytes = LEAF_WORDS * sizeof(leaf_word);
        leaf_word *made =
            mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (made == MAP_FAILED)
            return false;
        if (atomic_compare_exchange_strong(&leaves[index >> LEAF_BITS], &leaf, made))
            leaf = made;
        else
            (void)munmap(made, n_bytes); /* another thread was first; its leaf is in `leaf` */
    }
    atomic_fetch_or_explicit(bit_word(leaf, index), bit_of(index), memory_order_release);
    return true;
}

void registry_remove(const void *arena)
{
    uintptr_t index = arena_index(arena);
    leaf_word *leaf = find_leaf(index);
    if (leaf != NULL)
        atomic_fetch_and_explicit(bit_word(leaf, index), ~bit_of(index), memory_order_release);
}

bool registry_has(const void *address)
{
    uintptr_t index = arena_index(address);
    leaf_word *leaf = find_leaf(index);
    if (leaf == NULL)
        return false;
    return (atomic_load_explicit(bit_word(leaf, index), memory_order_relaxed) & bit_of(index)) != 0;
}
