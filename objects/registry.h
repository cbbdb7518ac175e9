/*
 * registry.h -- which addresses lie in an arena, and in what kind of pool: a byte for each pool of
 * the address space, in two levels.
 *
 *   address: | 16 unused | 15: leaf | 21: byte in the leaf, its mark | 12: inside the pool |
 *
 *   mark     0: no arena is there
 *            1 + class: a pool of this size class whose freed blocks are linked
 *            REGISTRY_APART | REGISTRY_RETURNED: one whose freed blocks are bits; its header tells
 *                the class
 *            REGISTRY_APART | 1 + class: one that is full
 *            REGISTRY_APART | REGISTRY_NOTED | 1 + class: one that is full, with the note of the
 *                heap's user
 *            REGISTRY_APART: a pool without a class, or the headers of an arena
 *
 * Every free asks here first, so it is inlined, and a byte is all it takes to choose the way on:
 * the header of a full pool, one of many and likely not in the cache, is left alone.
 *
 * Owns:       leaves of 2 MiB of address space, made when first needed and kept until the process
 *             ends; a page of one, for 16 MiB of arenas, is resident when it is first written.
 * Threads:    any; a mark is written by the thread of the heap that owns the arena.
 * Source:     the two levels after the radix tree of CPython's obmalloc (no code taken).
 */
#ifndef OBJECTS_REGISTRY_H
#define OBJECTS_REGISTRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REGISTRY_POOL_BITS = 12, REGISTRY_LEAF_BITS = 21, REGISTRY_TOP_BITS = 15 };

#define REGISTRY_APART    INT8_MIN
#define REGISTRY_RETURNED 0x40
#define REGISTRY_NOTED    0x40
#define REGISTRY_CLASS    0x3f /* what of a mark is 1 + class, or 0 */

typedef _Atomic int8_t registry_mark;

/* NULL: no arena was ever there. */
extern _Atomic(registry_mark *) registry_leaves[1U << REGISTRY_TOP_BITS];

/* Notes an arena, all its pools without a class. Errors: false without memory for a leaf. */
bool registry_add(const void *arena, size_t n_bytes);
void registry_remove(const void *arena, size_t n_bytes);

/* The mark of the pool that the address lies in; NULL: no arena was ever near. */
static inline registry_mark *registry_find(const void *address)
{
    uintptr_t pool = (uintptr_t)address >> REGISTRY_POOL_BITS;
    uintptr_t top = pool >> REGISTRY_LEAF_BITS;
    if (__builtin_expect(top >> REGISTRY_TOP_BITS != 0, 0))
        return NULL; /* beyond 48 bits: no user address is */
    registry_mark *leaf = atomic_load_explicit(&registry_leaves[top], memory_order_acquire);
    if (__builtin_expect(leaf == NULL, 0))
        return NULL;
    return leaf + (pool & ((1U << REGISTRY_LEAF_BITS) - 1));
}

static inline int registry_get(const void *address)
{
    const registry_mark *mark = registry_find(address);
    return mark == NULL ? 0 : atomic_load_explicit(mark, memory_order_relaxed);
}

/* Of a pool of an arena that was added. */
static inline void registry_set(const void *pool, int mark)
{
    atomic_store_explicit(registry_find(pool), (int8_t)mark, memory_order_relaxed);
}

#endif
