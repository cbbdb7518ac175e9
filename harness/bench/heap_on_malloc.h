/*
 * heap_on_malloc.h -- puts the objects of libobjects on malloc, for comparison.
 *
 * Included before every file of a second build of the runtime (compiler option -include): what the
 * runtime asks of the heap's inlined functions, it then gets from malloc. heap.c itself is not
 * built so.
 */
#ifndef HARNESS_BENCH_HEAP_ON_MALLOC_H
#define HARNESS_BENCH_HEAP_ON_MALLOC_H

#include "objects/heap.h"

#include <stdlib.h>

static inline void *malloc_class(heap *h, unsigned size_class)
{
    (void)h;
    void *block = malloc(heap_class_bytes(size_class));
    /* No code; it only hides from an analyzer, which knows nothing of layouts, that the block came
     * from malloc without contents. */
    __asm__("" : "+r"(block));
    return block; /* NOLINT(clang-analyzer-unix.Malloc): lost from its sight by that very line */
}

static inline void *malloc_bytes(heap *h, size_t n_bytes)
{
    (void)h;
    return malloc(n_bytes);
}

static inline void *realloc_bytes(heap *h, void *block, size_t n_bytes)
{
    (void)h;
    return realloc(block, n_bytes);
}

static inline void free_any(heap *h, void *block)
{
    (void)h;
    free(block);
}

/* NOLINTBEGIN(readability-identifier-naming): they stand in for functions of these names */
#define heap_alloc_class malloc_class
#define mem_alloc        malloc_bytes
#define mem_realloc      realloc_bytes
#define mem_free         free_any
#define mem_free_small   free
/* NOLINTEND(readability-identifier-naming) */

#endif
