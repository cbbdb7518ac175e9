/*
 * history.h -- benchmark results kept in SQLite: baselines by name, trends over time.
 *
 *   results(id, name, created, json)        one row a saved run; a name may be saved again
 *   figures(result, name, layout, subject, unit, median, low, high)
 *
 * Owns:       a database handle; history_close() releases it.
 * Invariants: a result is in it whole or not at all (one transaction).
 *             All trends are as long as the list of results: a gap stays a gap.
 * Errors:     of BENCH_ERROR, naming the file.
 * Threads:    none in this process; other processes may write (SQLite's own locking, 10 s).
 */
#ifndef HARNESS_BENCH_HISTORY_H
#define HARNESS_BENCH_HISTORY_H

#include "harness/bench/bench_result.h"

#include <glib.h>
#include <stdbool.h>

typedef struct history history;

/* Path of the database: $OBJLAB_HISTORY, else objlab/history.sqlite in the user's data folder.
 * Owner: the caller. */
char *history_path(void);

/* Opens it, and makes it (and its folder) if it is absent. */
history *history_open(const char *path, GError **error);
void history_close(history *h);

/* True for names that can be saved: 1..64 of letters, digits, '.', '-', '_'. */
bool history_name_is_valid(const char *name);

bool history_save(history *h, const char *name, const bench_result *result, GError **error);

/* The latest result of that name, or NULL with *error. Owner: the caller. */
bench_result *history_load(history *h, const char *name, GError **error);

typedef struct history_entry {
    char *name, *created;
    gint64 n_figures;
} history_entry;

/* All saved results (of history_entry), oldest first. Owner: the caller. */
GPtrArray *history_list(history *h, GError **error);

/* A figure's way through all saved results: values[i] belongs to entry i of history_list(). */
typedef struct history_trend {
    char *figure, *layout, *subject, *unit;
    GArray *values; /* of stats_interval, oldest first; NAN where a result has no such figure */
    guint n_known;  /* results that have it: 1 at the least */
} history_trend;

/* One trend a figure of the subject (of history_trend); figure, layout: NULL for all. */
GPtrArray *history_trends(history *h, const char *subject_name, const char *figure,
                          const char *layout, GError **error);

/* The first and the last result that has the figure. */
const stats_interval *history_first(const history_trend *t);
const stats_interval *history_last(const history_trend *t);

/* Eight-step bars, one a value, lowest to highest, as UTF-8; a blank where a value is NAN. Owner:
 * the caller. */
char *history_sparkline(const stats_interval *values, size_t n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(history, history_close)

#endif
