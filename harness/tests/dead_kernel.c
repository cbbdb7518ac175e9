/*
 * dead_kernel -- a benchmark whose work the compiler removes, and its repaired twin: what the
 * disassembly check in test_bench.c must tell apart. Built with -O2 like the real kernels.
 */
#include "harness/measure/clock.h"

#include <stdlib.h>

uint64_t time_removed_pair(const clock_source *clock);
uint64_t time_kept_pair(const clock_source *clock);

/* Nothing looks at the block: gcc leaves malloc and free out. */
uint64_t time_removed_pair(const clock_source *clock)
{
    uint32_t cpu;
    uint64_t start = clock_start(clock);
    void *block = malloc(48);
    free(block);
    return clock_stop(clock, &cpu) - start;
}

uint64_t time_kept_pair(const clock_source *clock)
{
    uint32_t cpu;
    uint64_t start = clock_start(clock);
    void *block = malloc(48);
    CLOCK_KEEP(block);
    free(block);
    return clock_stop(clock, &cpu) - start;
}

int main(int argc, char **argv)
{
    (void)argv;
    clock_source clock;
    const char *why;
    if (!clock_open(CLOCK_OS, &clock, &why))
        return 2;
    return argc > 99 ? (int)(time_removed_pair(&clock) + time_kept_pair(&clock)) : 0;
}
