#include "objects/registry.h"

#include <sys/mman.h>

#define LEAF_WORDS ((1U << REGISTRY_LEAF_BITS) / REGISTRY_WORD_BITS)

_Atomic(registry_word *) registry_leaves[1U << REGISTRY_TOP_BITS];

/* Makes the leaf that the arena's bit is in, unless it is there. False without memory. */
static bool make_leaf(uintptr_t index)
{
    uintptr_t top = index >> REGISTRY_LEAF_BITS;
    if (top >> REGISTRY_TOP_BITS != 0)
        return false;
    registry_word *leaf = atomic_load_explicit(&registry_leaves[top], memory_order_acquire);
    if (leaf != NULL)
        return true;
    size_t n_bytes = LEAF_WORDS * sizeof(registry_word);
    registry_word *made =
        mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED)
        return false;
    if (!atomic_compare_exchange_strong(&registry_leaves[top], &leaf, made))
        (void)munmap(made, n_bytes); /* another thread was first */
    return true;
}

bool registry_add(const void *arena)
{
    uintptr_t index = registry_index(arena);
    if (!make_leaf(index))
        return false;
    atomic_fetch_or_explicit(registry_word_of(index), registry_bit(index), memory_order_release);
    return true;
}

void registry_remove(const void *arena)
{
    uintptr_t index = registry_index(arena);
    registry_word *word = registry_word_of(index);
    if (word != NULL)
        atomic_fetch_and_explicit(word, ~registry_bit(index), memory_order_release);
}
