/*
 * bench_goals.h -- what the runtime is meant to reach in each figure, and whether it did.
 *
 * A goal is a ratio to a rival that is measured in the same run, never a time: machines differ. For
 * objects it is what was aimed at over what CPython's C API took where the goals were set (one core
 * of a 2-vCPU Xeon, Debian 12, Python 3.11, 1,000,000 objects, the collector off); for blocks it is
 * 1: at or below the best allocator of the row; for creating with the collector on, 1.5 times
 * creating with it off.
 */
#ifndef HARNESS_BENCH_BENCH_GOALS_H
#define HARNESS_BENCH_BENCH_GOALS_H

#include "harness/bench/bench_result.h"

#include <stdbool.h>

typedef enum bench_outcome {
    BENCH_GOAL_MET,       /* the whole 95 % interval of the ratio lies at or below the goal */
    BENCH_GOAL_UNDECIDED, /* the goal lies within it */
    BENCH_GOAL_MISSED     /* all of it lies above */
} bench_outcome;

typedef struct bench_goal {
    double goal;          /* the ratio aimed at */
    stats_interval ratio; /* the ratio measured */
    const char *to;       /* what it is a ratio to: a subject, or another figure. Borrowed */
    bench_outcome outcome;
} bench_goal;

/* "met", "undecided", "missed" */
const char *bench_outcome_name(bench_outcome outcome);

/* False if the figure has no goal, or was not measured beside what the goal is a ratio to. */
bool bench_goal_of(const bench_result *result, const bench_figure *f, bench_goal *ret_goal);

#endif
