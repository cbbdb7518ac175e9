/*
 * gbench.h -- Google Benchmark for C: the one place where C++ is spoken.
 *
 *   gbench_add(&a_case) ...  gbench_run(argc, argv, &json)
 *
 * Time is always manual: a case measures with clock.h and hands in seconds. Google Benchmark
 * decides how often, repeats, aggregates, fits complexity, and formats.
 *
 * Owns:    cases are copied; json belongs to the caller (free()).
 * Threads: none. Its registry is global: one gbench_run() a process.
 * Source:  libbenchmark 1.7 (Debian). Its JSON may hold bare NaN and inf; here they become null.
 */
#ifndef HARNESS_BENCH_GBENCH_H
#define HARNESS_BENCH_GBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gbench_state gbench_state;
typedef void gbench_fn(gbench_state *state, void *data);

enum { GBENCH_MAX_ARGS = 16 };

typedef struct gbench_case {
    const char *name;              /* "create/slots/objlab" */
    gbench_fn *set_up;             /* before the loop, not timed; may be NULL */
    gbench_fn *run;                /* while (gbench_next(s)) { ... gbench_set_time(s, seconds); } */
    gbench_fn *tear_down;          /* after it; may be NULL */
    void *data;                    /* for all three */
    int64_t args[GBENCH_MAX_ARGS]; /* N: one run for each */
    size_t n_args;
    int64_t range_low, range_high; /* if high > 0: also N = low, 8 low, ... high */
    unsigned repetitions;          /* 0: the library's default, or its flag */
    double min_time_s;             /* 0: likewise */
    bool complexity;               /* fit time as c * N over all args; the RMS says how well */
} gbench_case;

void gbench_add(const gbench_case *a_case);

/* ---- for cases ---- */

bool gbench_next(gbench_state *state);
int64_t gbench_arg(const gbench_state *state);
/* Of one iteration; exactly once in each. */
void gbench_set_time(gbench_state *state, double seconds);
/* In all iterations; gives items_per_second. */
void gbench_set_items(gbench_state *state, int64_t n_items);
/* Shown and written beside the time. */
void gbench_count(gbench_state *state, const char *name, double value);
/* Ends the case as failed. why: copied. */
void gbench_skip(gbench_state *state, const char *why);

/* ---- running ---- */

/* A line of the context block of the JSON. */
void gbench_context(const char *key, const char *value);

/*
 * Runs the cases under the library's own flags (--benchmark_filter, --benchmark_repetitions, ...).
 * argv[0] is the program. *ret_text: the whole report in the format that --benchmark_format asks
 * for (json unless given). --benchmark_out=FILE is written too, as json, with the same repairs.
 * False: a flag is unknown or the file cannot be written; *ret_text then says so.
 */
bool gbench_run(int argc, char **argv, char **ret_text);

#ifdef __cplusplus
}
#endif

#endif
