/*
 * method_compare.h -- what several profilers found in one program, function by function.
 *
 * Functions are told apart by name alone, since profilers name files differently; those of one name
 * are added up. Shares are of all that a method has seen, so that they can be compared, although
 * one counts instructions and another time.
 *
 * Owns:       method_compare_free() releases the whole.
 * Invariants: the self shares of a method add up to 1, unless it saw nothing.
 */
#ifndef HARNESS_PROFILE_METHOD_COMPARE_H
#define HARNESS_PROFILE_METHOD_COMPARE_H

#include "harness/measure/stats.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum method { METHOD_CALLGRIND, METHOD_INSTRUMENT, METHOD_SAMPLE, METHOD_N } method;

/* What one method saw of a function. */
typedef struct method_view {
    bool is_seen;
    double self, inclusive; /* shares, 0..1 */
    uint64_t calls;         /* 0: not known */
    unsigned rank;          /* by self, from 1 */
} method_view;

typedef struct method_row {
    char *name, *file; /* the file as the first method that knows one has it, without folder */
    method_view views[METHOD_N];
} method_row;

typedef struct method_summary {
    char *absent;         /* NULL, or why there is no profile */
    char *event;          /* "Ir", "ns" */
    stats_interval wall;  /* seconds of a run */
    stats_interval ratio; /* to the plain run of the same round */
    unsigned n_functions;
    unsigned n_missed; /* functions that another method saw */
    double missed;     /* the largest share of them that another method gives */
} method_summary;

typedef struct method_compare {
    char *command;
    unsigned n_rounds;
    stats_interval plain; /* wall time of the program by itself, seconds */
    double kernel_share;  /* of the plain run's processor time: callgrind sees none of it */
    method_summary methods[METHOD_N];
    GPtrArray *rows; /* of method_row, the largest self share of any method first */
} method_compare;

const char *method_name(method m);

/* An empty comparison. Owner: the caller. */
method_compare *method_compare_new(const char *command, unsigned n_rounds);
void method_compare_free(method_compare *c);

/* Takes a profile in callgrind's form. Errors: not readable. */
bool method_compare_add(method_compare *c, method m, const char *path, GError **error);

/* Ranks, order, and what each has missed; once, after all have been added. */
void method_compare_finish(method_compare *c);

/* limit: functions to show, 0 for all. Owner of the results: the caller. */
char *method_compare_print(const method_compare *c, unsigned limit);
/* Schema "objlab/profilers", version 1. */
json_t *method_compare_json(const method_compare *c);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(method_compare, method_compare_free)

#endif
