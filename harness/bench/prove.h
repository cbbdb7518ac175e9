/*
 * prove.h -- the harness measured by itself: false alarms, planted slow-downs, its own overhead.
 *
 * Everything runs through the same sampler and the same comparison as any other claim.
 *
 * Owns:    nothing.
 * Threads: none; a load process may be started on another processor, and is ended before return.
 */
#ifndef HARNESS_BENCH_PROVE_H
#define HARNESS_BENCH_PROVE_H

#include "harness/bench/remote.h"
#include "harness/measure/sampler.h"

#include <glib.h>
#include <stdbool.h>

/* What the other processors do meanwhile. */
typedef enum prove_load {
    PROVE_AS_IT_IS,
    PROVE_MEMORY_TRAFFIC /* a process on another processor copies 64 MiB over and over */
} prove_load;

typedef struct prove_count {
    size_t n_tries;
    size_t n_faster, n_slower, n_no_difference, n_below_resolution;
    double median_resolution; /* smallest visible difference of a try, median over the tries */
    double median_ratio;      /* as measured */
    size_t n_dropped;         /* windows dropped as disturbed */
    double elapsed_s;
} prove_count;

/* Told after each try; false stops. May be NULL. */
typedef bool prove_progress(void *user, size_t n_done, size_t n_tries);

typedef struct prove_plan {
    const clock_source *clock;
    size_t n_tries;
    size_t n_rounds; /* windows a subject and try; 101 is usual */
    prove_load load;
    int cpu;      /* where to measure */
    int load_cpu; /* where the load runs */
    uint64_t seed;
    prove_progress *progress;
    void *user;
} prove_plan;

/*
 * Compares a kernel of about 0.1 ms with the same kernel that does `percent` more of the same work:
 * 0 is A/A, where every "faster" or "slower" is a false alarm. False with *error if the processor
 * cannot be pinned or the load not be started.
 */
bool prove_planted(const prove_plan *plan, unsigned percent, prove_count *ret_count,
                   GError **error);

/*
 * A/A with whole processes: a worker program against itself, as objlab bench measures it: new
 * processes each round, interleaved, every figure one comparison. Sessions of plan->n_rounds rounds
 * are made until there are plan->n_tries comparisons. Every "faster" or "slower" is a false alarm.
 */
bool prove_processes(const prove_plan *plan, const remote_settings *settings, const char *program,
                     prove_count *ret_count, GError **error);

typedef struct prove_overhead {
    double inside_ticks;  /* what an empty window still shows after subtraction (median) */
    double outside_ticks; /* what opening and closing a window costs around it (median) */
    double below_share;   /* of empty windows that came out below the subtracted overhead */
} prove_overhead;

/* The harness's own cost, over 2001 empty windows. */
prove_overhead prove_window_overhead(const clock_source *clock);

#endif
