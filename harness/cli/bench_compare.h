/*
 * bench_compare.h -- objlab diff for benchmark results.
 *
 * cmd_diff.c asks bench_compare_takes() first; what it takes is bench_compare_run()'s to do.
 */
#ifndef HARNESS_CLI_BENCH_COMPARE_H
#define HARNESS_CLI_BENCH_COMPARE_H

#include "harness/cli/cli.h"

#include <stdbool.h>

/* True if `what` is a benchmark result: a file with the schema objlab/bench, or, where no such file
 * exists, a name that objlab bench --save kept. */
bool bench_compare_takes(const char *what);

/*
 * Prints improved, regressed, no difference for each figure of the subject (NULL: "objlab").
 * Returns CLI_SHORT if one regressed by more than threshold percent, CLI_USAGE if one of the two
 * cannot be read or their fingerprints differ (named).
 */
int bench_compare_run(const char *before, const char *after, const char *subject_name,
                      double threshold, bool json);

#endif
