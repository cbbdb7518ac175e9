#include "objects/registry.h"

#include <sys/mman.h>

_Atomic(registry_mark *) registry_leaves[1U << REGISTRY_TOP_BITS];

/* Makes the leaf that the address's mark is in, unless it is there. False without memory. */
static bool make_leaf(const void *address)
{
    uintptr_t top = (uintptr_t)address >> (REGISTRY_POOL_BITS + REGISTRY_LEAF_BITS);
    if (top >> REGISTRY_TOP_BITS != 0)
        return false;
    registry_mark *leaf = atomic_load_explicit(&registry_leaves[top], memory_order_acquire);
    if (leaf != NULL)
        return true;
    size_t n_bytes = (size_t)1 << REGISTRY_LEAF_BITS;
    registry_mark *made = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (made == MAP_FAILED)
        return false;
    (void)madvise(made, n_bytes, MADV_NOHUGEPAGE); /* advice: or all of it were resident at once */
    if (!atomic_compare_exchange_strong(&registry_leaves[top], &leaf, made))
        (void)munmap(made, n_bytes); /* another thread was first */
    return true;
}

static void mark_all(const char *arena, size_t n_bytes, int mark)
{
    for (size_t i = 0; i < n_bytes; i += (size_t)1 << REGISTRY_POOL_BITS)
        registry_set(arena + i, mark);
}

bool registry_add(const void *arena, size_t n_bytes)
{
    if (!make_leaf(arena))
        return false;
    mark_all(arena, n_bytes, REGISTRY_APART);
    return true;
}

void registry_remove(const void *arena, size_t n_bytes)
{
    mark_all(arena, n_bytes, 0);
}
