/*
 * pstats.h -- a call profile as Python's pstats prints it.
 *
 *       89 function calls (3 primitive calls) in 41283 instructions (Ir)
 *
 *       Ordered by: cumulative
 *
 *       ncalls  tottime  percall  cumtime  percall filename:lineno(function)
 *        177/1     2827     16.0     2827   2827.0 m.c:4(fib)
 *
 * Costs are counts of the chosen event in place of seconds. The rows of one function's
 * recursion levels and contexts ("fib", "fib'2", "fib'main") are one row: all calls are counted,
 * and inclusively only activations that are not inside another one of the same function.
 */
#ifndef HARNESS_PROFILE_PSTATS_H
#define HARNESS_PROFILE_PSTATS_H

#include "harness/profile/callgrind.h"

typedef enum pstats_sort {
    PSTATS_CUMULATIVE,
    PSTATS_TOTTIME,
    PSTATS_NCALLS,
    PSTATS_PCALLS,
    PSTATS_NAME,
    PSTATS_FILE,
    PSTATS_LINE,
    PSTATS_N_SORTS
} pstats_sort;

typedef struct pstats_options {
    size_t event; /* index of the event that costs are counted in */
    pstats_sort sort;
    size_t limit;       /* rows; 0: all */
    const char *filter; /* regular expression on filename:lineno(function); NULL: all */
    bool strip_dirs;    /* file names without their folders */
} pstats_options;

typedef struct pstats_row {
    char *name; /* without level and context */
    const char *file, *object;
    uint32_t line;
    uint64_t calls, primitive_calls;
    uint64_t self, inclusive;
} pstats_row;

/* A call between two rows. inclusive: of the calls that are not inside another activation of
 * the callee. */
typedef struct pstats_edge {
    size_t caller, callee;
    uint64_t calls, inclusive;
} pstats_edge;

typedef struct pstats_table {
    GArray *rows;  /* of pstats_row */
    GArray *edges; /* of pstats_edge, each pair once */
    uint64_t n_calls, n_primitive_calls, total;
    char *event;
} pstats_table;

/* "cumulative", "tottime", "ncalls", "pcalls", "name", "file" ("filename", "module"), "line";
 * also what pstats abbreviates ("cumtime", "time", "calls"). False if it is none. */
bool pstats_sort_from_name(const char *name, pstats_sort *ret_sort);
const char *pstats_sort_name(pstats_sort sort);

/* profile: must outlive the table. */
pstats_table *pstats_new(const callgrind_profile *profile, size_t event);
void pstats_free(pstats_table *table);

/* Indices of rows (guint) that pass the filter, sorted; all of them, the limit is the printer's.
 * Errors: a filter that is no regular expression. */
GArray *pstats_select(const pstats_table *table, const pstats_options *options, GError **error);

/* "pool.c:12(hw_pool_alloc)", "{memcpy in libc.so.6}" where the source is not known. */
char *pstats_place(const pstats_row *row, bool strip_dirs);

/* The texts; owner: the caller. Errors: as pstats_select(). */
char *pstats_print(const pstats_table *table, const pstats_options *options, GError **error);
char *pstats_print_callers(const pstats_table *table, const pstats_options *options,
                           GError **error);
char *pstats_print_callees(const pstats_table *table, const pstats_options *options,
                           GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(pstats_table, pstats_free)

#endif
