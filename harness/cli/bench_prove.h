/* bench_prove.h -- objlab bench --prove: false alarms and planted slow-downs, counted and judged.
 */
#ifndef HARNESS_CLI_BENCH_PROVE_H
#define HARNESS_CLI_BENCH_PROVE_H

#include "harness/cli/cli.h"
#include "harness/measure/clock.h"

/*
 * what: "aa" (the same kernel against itself: at most 1 % may be called different), "planted" (2, 5
 * and 20 % more work: 95 % must be found at 5 and 20, and 2 % never be called "no difference"),
 * "processes" (A/A as objlab bench does it: a worker program against itself, all its figures),
 * "overhead". Each is done with the other processor as it is and under memory traffic. n_tries: 0
 * for the usual (1000, 100). Returns CLI_OK, or CLI_SHORT if the proof fails.
 */
int bench_prove(const char *what, uint64_t n_tries, const clock_source *clock, uint64_t seed);

#endif
