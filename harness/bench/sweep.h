/*
 * sweep.h -- how cost grows with N: the same figures at N = 1000, 3162, 10000, ...
 *
 * Time of the whole pass against N on log axes is a line whose slope is the exponent of growth: 1
 * means that an object costs the same however many there are. The ends of the caches and of the TLB
 * are those of this machine's topology: where N objects of the measured size outgrow them.
 *
 * Owns:   sweep_free() releases the whole.
 * Source: exponent and interval: least squares on logarithms, stats_fit_line().
 */
#ifndef HARNESS_BENCH_SWEEP_H
#define HARNESS_BENCH_SWEEP_H

#include "harness/bench/bench_result.h"

#include <glib.h>
#include <stdbool.h>

typedef struct sweep_plan {
    bench_plan base;            /* settings.n, rounds and budget are set for each N */
    const char *const *figures; /* NULL-ended; NULL: those that pass over all N objects */
    uint64_t n_least, n_most;
    double budget_s;           /* for all N together */
    uint64_t bytes_limit;      /* of memory for all processes together */
    uint64_t bytes_per_object; /* taken for the limit, a subject */
} sweep_plan;

typedef struct sweep_point {
    uint64_t n_objects;
    bench_result *result; /* its figures */
} sweep_point;

/* Growth of one figure of one subject. */
typedef struct sweep_growth {
    char *figure, *layout, *subject;
    stats_interval exponent; /* of the time of the whole pass */
    double r_squared;
    guint n_points;
} sweep_growth;

/* Where something of the machine ends. */
typedef struct sweep_mark {
    char *name; /* "L1d", "L2", "TLB" */
    uint64_t bytes;
} sweep_mark;

typedef struct sweep {
    GArray *points;     /* of sweep_point, N rising */
    GPtrArray *growth;  /* of sweep_growth; figures with 3 points or more */
    GArray *marks;      /* of sweep_mark, bytes rising */
    uint64_t n_refused; /* first N that memory did not permit; 0: all were measured */
} sweep;

/* The first N of the sweep that the memory does not permit; 0: it permits all. Known beforehand. */
uint64_t sweep_first_refused(const sweep_plan *plan);

/* NULL with *error if nothing could be measured at all. Owner: the caller. */
sweep *sweep_run(const sweep_plan *plan, GError **error);
void sweep_free(sweep *s);

/* Fits growth again from the points (done by sweep_run()). */
void sweep_fit(sweep *s);

/* For people, and as JSON ({"schema": "objlab/bench-sweep", "version": 1, ...}). Owner: the
 * caller. */
char *sweep_to_table(const sweep *s);
char *sweep_to_json(const sweep *s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sweep, sweep_free)

#endif
