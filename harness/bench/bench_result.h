/*
 * bench_result.h -- the figures of one objlab bench, ready for a table, for JSON, for a baseline.
 *
 * Owns:       everything it points to; bench_result_free() releases the whole.
 * Invariants: low <= median <= high in every figure that did not fail; no NaN, no infinity
 *             (bench_result_is_valid).
 * File:       schema "objlab/bench", version 1; read strictly.
 */
#ifndef HARNESS_BENCH_BENCH_RESULT_H
#define HARNESS_BENCH_BENCH_RESULT_H

#include "harness/bench/bench_session.h"
#include "reports/record.h"

#include <glib.h>
#include <stdbool.h>

#define BENCH_RESULT_SCHEMA  "objlab/bench"
#define BENCH_RESULT_VERSION 1

typedef struct bench_figure {
    char *name, *layout, *subject, *unit;
    stats_interval value; /* median and 95 % interval, in the unit */
    stats_interval ticks; /* the same in clock ticks; all 0 for bytes */
    uint64_t n;           /* rounds, each a process of its own */
    uint64_t n_windows, n_dropped, n_below_overhead;
    double resolution; /* smallest visible relative difference, by the A/A control; 0: none known */
    char *ratio_to;    /* NULL: no ratio */
    stats_interval ratio;
    char *verdict; /* "faster", "slower", "no difference", "below resolution"; NULL: no ratio */
    char *why;     /* NULL, or why there is no value */
} bench_figure;

typedef struct bench_result {
    char *created;       /* ISO 8601, UTC */
    GPtrArray *figures;  /* of bench_figure */
    GPtrArray *absent;   /* of char *: "mimalloc: ..." */
    GPtrArray *warnings; /* of char *: what disturbs, and the remedy */
    uint64_t n_objects;
    uint64_t n_rounds;
    double elapsed_s;
    clock_source clock;
    double drift_ppm;
    record_fingerprint fingerprint;
} bench_result;

/* Owner: the caller. */
bench_result *bench_result_new(void);
void bench_result_free(bench_result *result);

/* Adds the figures of a session. rival: the subject that ours is compared with, where it has the
 * figure; NULL: the cheapest of the others. */
void bench_result_add(bench_result *result, const bench_session *session, const char *rival);

/* The figure, or NULL. */
const bench_figure *bench_result_find(const bench_result *result, const char *name,
                                      const char *layout, const char *subject);

/* False with a sentence in *ret_why (owned by the caller). */
bool bench_result_is_valid(const bench_result *result, char **ret_why);

/* JSON, ended by a newline. Owner: the caller. */
char *bench_result_to_json(const bench_result *result);

/* Reads strictly: duplicate keys, NaN, wrong types, unknown versions are errors (of BENCH_ERROR,
 * with name, line and column); unknown keys are ignored. Owner: the caller. */
bench_result *bench_result_parse(const char *text, size_t n_bytes, const char *name,
                                 GError **error);

/* The table for people; colour: escape sequences for better and worse. Owner: the caller. */
char *bench_result_to_table(const bench_result *result, bool colour);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(bench_result, bench_result_free)

#endif
