/*
 * cost_run.h -- what an operation of the runtime costs, counted instead of timed.
 *
 * The worker objlab-bench-cost runs under callgrind twice, with N and with 2N objects; the cost of
 * one operation is the slope. Everything that moves counts is pinned: environment, working
 * directory, name of the program, standard output, the C library's dispatch and the geometry of the
 * simulated caches (valgrind.h). So the same binary counts the same on every machine, busy or idle.
 *
 * Figures: NAME_instructions, NAME_branches, NAME_mispredictions, NAME_l1_misses, NAME_ll_misses
 * for each operation NAME and layout ("" for blocks). The fingerprint names the simulated processor
 * and the versions of valgrind, compiler and C library - not the processor and kernel that they ran
 * on, which do not matter. Source:  slope between two sizes as in cost.h of the judge.
 */
#ifndef HARNESS_BENCH_COST_RUN_H
#define HARNESS_BENCH_COST_RUN_H

#include "harness/bench/bench_result.h"

#include <stddef.h>

#define COST_OBJECTS 5000

/* The events, in the order in which the figures of an operation follow each other. */
extern const char *const cost_events[];
enum { COST_N_EVENTS = 5 };

/* Counts. NULL with *error (of BENCH_ERROR): no worker, no valgrind, or it failed. Owner: the
 * caller. Cost: about ten seconds. */
bench_result *cost_run(GError **error);

/* A row an operation and layout, a column an event. Owner: the caller. */
char *cost_to_table(const bench_result *result);

#endif
