/*
 * bench_alloc -- the worker in which malloc is measured: glibc's, or whichever is preloaded.
 *
 * Linked with nothing but libc, so that LD_PRELOAD decides. Built with -fno-builtin-malloc: the
 * compiler may otherwise leave out an allocation whose block it can see through.
 */
#include "harness/bench/alloc_kernels.h"

#include <stdlib.h>

ALLOC_KERNELS(libc, malloc, free)

int main(int argc, char **argv)
{
    static const worker_step steps[] = {ALLOC_STEPS(libc)};
    return worker_main(argc, argv, steps, sizeof steps / sizeof steps[0]);
}
