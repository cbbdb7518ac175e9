/* sandbox_verdict.h -- from what the launcher and the pipes have seen to the result of a run. */
#ifndef HARNESS_SANDBOX_SANDBOX_VERDICT_H
#define HARNESS_SANDBOX_SANDBOX_VERDICT_H

#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/sandbox_watch.h"

/* False with an error if the program was never started: that is not its fault. */
bool sandbox_verdict(const sandbox_watched *w, const char *program, sandbox_result *ret_result,
                     GError **error);

#endif
