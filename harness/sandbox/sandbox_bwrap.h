/* sandbox_bwrap.h -- the options of bwrap that make a job's namespaces and what is seen in them. */
#ifndef HARNESS_SANDBOX_SANDBOX_BWRAP_H
#define HARNESS_SANDBOX_SANDBOX_BWRAP_H

#include "harness/sandbox/sandbox.h"

/* Appends "bwrap ... -- LAUNCHER", whose own arguments follow. launcher: its path on the host.
 * False if bwrap is not installed. */
bool sandbox_bwrap_add(GPtrArray *argv, const char *launcher, const sandbox_job *job,
                       GError **error);

#endif
