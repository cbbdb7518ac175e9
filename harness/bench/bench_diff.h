/*
 * bench_diff.h -- two stored benchmark results compared, figure by figure.
 *
 * The two sessions ran at different times, so a difference must clear more than within one session:
 * the intervals must not meet, and the change must exceed what either session's A/A control could
 * see. Figures of different fingerprints (processor, kernel, tools, environment) or clocks are not
 * compared at all.
 *
 * Owns:    bench_diff_free() releases the whole.
 */
#ifndef HARNESS_BENCH_BENCH_DIFF_H
#define HARNESS_BENCH_BENCH_DIFF_H

#include "harness/bench/bench_result.h"

#include <glib.h>
#include <stdbool.h>

typedef enum bench_change {
    BENCH_IMPROVED,
    BENCH_REGRESSED,
    BENCH_NO_DIFFERENCE,    /* within 1 %, and the intervals say so */
    BENCH_BELOW_RESOLUTION, /* cannot be told */
    BENCH_ONLY_OLD,         /* the figure is gone */
    BENCH_ONLY_NEW
} bench_change;

typedef struct bench_diff_row {
    const bench_figure *before; /* NULL: BENCH_ONLY_NEW; borrowed from the results */
    const bench_figure *after;  /* NULL: BENCH_ONLY_OLD */
    bench_change change;
    stats_interval ratio; /* new over old; the widest that both intervals allow */
    double resolution;
} bench_diff_row;

typedef struct bench_diff {
    GArray *rows; /* of bench_diff_row, in the order of the old result */
    size_t n_improved, n_regressed;
} bench_diff;

/*
 * Compares every figure of one subject ("objlab"; NULL: of all subjects). NULL with *error (of
 * BENCH_ERROR, naming the difference) if the fingerprints, clocks or N differ. The results must
 * outlive the diff. Owner: the caller.
 */
bench_diff *bench_diff_new(const bench_result *before, const bench_result *after,
                           const char *subject_name, GError **error);
void bench_diff_free(bench_diff *diff);

/* The largest regression, in percent of the old value: 0 without one, INFINITY where a cost came
 * from nothing. */
double bench_diff_worst(const bench_diff *diff);

const char *bench_change_name(bench_change change);

/* For people, and as JSON ({"schema": "objlab/bench-diff", "version": 1, ...}). Owner: the
 * caller. */
char *bench_diff_to_table(const bench_diff *diff, bool colour);
char *bench_diff_to_json(const bench_diff *diff);

/* True if the text is a benchmark result (its schema says so), so that a caller who got some file
 * knows whom to ask. */
bool bench_diff_recognises(const char *text, size_t n_bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(bench_diff, bench_diff_free)

#endif
