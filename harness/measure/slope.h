/*
 * slope.h -- cost from outside: what one more object costs, by runs of whole processes.
 *
 *   cost(2N) - cost(N)
 *   ------------------  = cost of one object; start-up, loading and exit fall out
 *           N
 *
 * Subjects (a submission, the solution) are run in balanced random order, N and 2N side by side,
 * so that drift of the machine meets all alike. What a run is, the caller says: slope.h knows
 * neither sandbox nor clock.
 *
 * Owns:    slope_result_free() releases the whole.
 * Source:  design after the paired-difference slope of many timing tools; interval by bootstrap
 *          (stats.h).
 */
#ifndef HARNESS_MEASURE_SLOPE_H
#define HARNESS_MEASURE_SLOPE_H

#include "harness/measure/stats.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum slope_outcome {
    SLOPE_RUN_OK,
    SLOPE_RUN_VOID, /* the run says nothing (a disturbance from outside): repeated later */
    SLOPE_RUN_LOST  /* the subject crashed, timed out ...: it is not run again */
} slope_outcome;

/*
 * Runs subject number `subject` once over n_objects and puts the cost of the whole run (ns, ticks,
 * instructions: the caller's unit) into *ret_cost.
 */
typedef slope_outcome slope_run(size_t subject, uint64_t n_objects, void *user, double *ret_cost);

typedef struct slope_plan {
    uint64_t n_objects; /* N; runs are made at N and at 2N */
    size_t n_subjects;  /* >= 1; subject 0 is what the others are compared with */
    size_t n_pairs;     /* wanted (N, 2N) pairs a subject, >= 3; 11 is usual */
    size_t n_retries;   /* void runs forgiven in all */
    uint64_t seed;      /* of the order and of the bootstrap */
    double budget_s;    /* stop after so much time (at least 3 pairs are made); 0: no limit */
} slope_plan;

typedef struct slope_series {
    bool lost;              /* a run was lost: n_pairs says how far it came */
    size_t n_pairs;         /* complete pairs */
    size_t n_void;          /* runs thrown away */
    GArray *per_object;     /* of double: one slope a pair */
    stats_interval cost;    /* median slope with a 95 % interval; only if n_pairs >= 3 */
    stats_interval ratio;   /* to subject 0; only if both have >= 3 pairs */
    double p_value;         /* Mann-Whitney against subject 0 */
    stats_interval at_zero; /* cost(N) - N * slope: start-up and exit */
} slope_series;

typedef struct slope_result {
    size_t n_subjects;
    slope_series *series; /* [n_subjects] */
} slope_result;

/* Never fails as a whole: what was lost or void is in the series. Owner: the caller. */
slope_result *slope_measure(const slope_plan *plan, slope_run *run, void *user);
void slope_result_free(slope_result *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(slope_result, slope_result_free)

#endif
