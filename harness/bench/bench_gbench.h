/*
 * bench_gbench.h -- the session's steps as cases of Google Benchmark.
 *
 * Each step of each subject becomes one case, "figure/layout/subject", whose iteration is one step
 * in that subject's worker process, timed there. Passes over N objects are run at N/16, N/4 and N,
 * so that the library can fit their growth.
 */
#ifndef HARNESS_BENCH_BENCH_GBENCH_H
#define HARNESS_BENCH_BENCH_GBENCH_H

#include "harness/bench/remote.h"
#include "harness/bench/subjects.h"

#include <glib.h>
#include <stdbool.h>

typedef struct bench_gbench_plan {
    remote_settings settings;
    const GPtrArray *subjects; /* of bench_subject */
    bool allocators, objects;
    const char *layout; /* NULL: all */
} bench_gbench_plan;

/*
 * Registers everything and runs it. argv: flags of the library, argv[0] the program.
 * False with *error (of BENCH_ERROR): no subject, or a flag it does not know. *ret_text: the
 * report; owner: the caller (g_free).
 */
bool bench_gbench_run(const bench_gbench_plan *plan, int argc, char **argv, char **ret_text,
                      GError **error);

#endif
