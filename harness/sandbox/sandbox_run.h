/* sandbox_run.h -- sandbox_run() in a given tier, whatever is in force: for sandbox_probe(). */
#ifndef HARNESS_SANDBOX_SANDBOX_RUN_H
#define HARNESS_SANDBOX_SANDBOX_RUN_H

#include "harness/sandbox/sandbox.h"

bool sandbox_run_in(const sandbox_job *job, sandbox_tier tier, sandbox_result *ret_result,
                    GError **error);

#endif
