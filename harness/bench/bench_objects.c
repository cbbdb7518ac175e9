/*
 * bench_objects -- the worker in which libobjects is measured: its pool allocator, called as any
 * user calls it (sizes known where the caller knows them, frees through mem_free).
 */
#include "objects/heap.h"

#include "harness/bench/alloc_kernels.h"

#include <stdio.h>

static heap *the_heap; /* made once by main(); lives as long as the process */

static inline void *objlab_alloc(size_t n_bytes)
{
    return mem_alloc(the_heap, n_bytes);
}

static inline void objlab_free(void *block)
{
    mem_free(the_heap, block);
}

ALLOC_KERNELS(objlab, objlab_alloc, objlab_free)

int main(int argc, char **argv)
{
    static const worker_step steps[] = {ALLOC_STEPS(objlab)};
    the_heap = heap_new(NULL);
    if (the_heap == NULL) {
        (void)puts("fail no memory for a heap");
        return 2;
    }
    return worker_main(argc, argv, steps, sizeof steps / sizeof steps[0]);
}
