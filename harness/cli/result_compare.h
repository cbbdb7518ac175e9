/*
 * result_compare.h -- objlab diff for two gradings (result.json).
 */
#ifndef HARNESS_CLI_RESULT_COMPARE_H
#define HARNESS_CLI_RESULT_COMPARE_H

#include "harness/cli/cli.h"

#include <stdbool.h>

/* True if the file says that it is the record of a grading. */
bool result_compare_takes(const char *path);

/* Prints the difference; CLI_SHORT if the newer one has fewer points. */
int result_compare_run(const char *before, const char *after, bool json);

#endif
