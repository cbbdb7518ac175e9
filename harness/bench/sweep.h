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
    double budget_s;      /* for all N together, with the estimate beforehand */
    uint64_t bytes_limit; /* of memory for all processes together */
} sweep_plan;

/* What N objects cost a subject: by two short sessions at small N, a line through them. */
typedef struct sweep_estimate {
    const char *subject; /* borrowed */
    double base_s, s_per_object;
    double base_bytes, bytes_per_object;
} sweep_estimate;

/* What is measured at one N. */
typedef struct sweep_stop {
    uint64_t n_objects;
    GPtrArray *subjects;  /* of bench_subject, borrowed: those whose memory fits */
    bool is_side_by_side; /* else one subject after the other, for want of memory */
    double least_s;       /* estimate of the rounds that are made in any case */
} sweep_stop;

typedef struct sweep_schedule {
    GArray *stops;       /* of sweep_stop, N rising */
    GPtrArray *left_out; /* of char *: what is not measured, and why */
    double spent_s;      /* by the estimate */
} sweep_schedule;

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
    GArray *points;      /* of sweep_point, N rising */
    GPtrArray *growth;   /* of sweep_growth; figures with 3 points or more */
    GArray *marks;       /* of sweep_mark, bytes rising */
    GPtrArray *left_out; /* of char *: what was not measured, and why */
} sweep;

/*
 * Which N, and which subjects at each, fit the memory and the time, by the estimates (of
 * sweep_estimate). What does not is named, nothing is tried. A subject without an estimate is
 * taken in. Owner: the caller.
 */
sweep_schedule *sweep_schedule_make(const sweep_plan *plan, const GArray *estimates);

/* Estimates by measuring at small N, then the same. NULL with *error if nothing can be measured.
 * The subjects of the plan outlive the schedule. */
sweep_schedule *sweep_schedule_find(const sweep_plan *plan, GError **error);
void sweep_schedule_free(sweep_schedule *schedule);

/* Rounds of a session at N: those that are made whatever they take, and those that more time is
 * spent on, for a narrower interval. */
size_t sweep_least_rounds(uint64_t n_objects);
size_t sweep_most_rounds(uint64_t n_objects);

/* NULL with *error if nothing could be measured at all. What the time does not permit after all
 * is left out. Owner: the caller. */
sweep *sweep_run(const sweep_plan *plan, const sweep_schedule *schedule, GError **error);
void sweep_free(sweep *s);

/* Fits growth again from the points (done by sweep_run()). */
void sweep_fit(sweep *s);

/* The figures that a sweep takes unless the plan names others. NULL-ended. */
extern const char *const sweep_figures[];

/* For people, and as JSON ({"schema": "objlab/bench-sweep", "version": 1, ...}). Owner: the
 * caller. */
char *sweep_to_table(const sweep *s);
char *sweep_to_json(const sweep *s);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sweep, sweep_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(sweep_schedule, sweep_schedule_free)

#endif
