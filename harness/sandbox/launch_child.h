/*
 * launch_child.h -- from fork to exec: everything that binds the judged program before it runs.
 *
 * Order matters: limits and identity first, then descriptors and signals, the filter last, since
 * it forbids much of what comes before it.
 */
#ifndef HARNESS_SANDBOX_LAUNCH_CHILD_H
#define HARNESS_SANDBOX_LAUNCH_CHILD_H

#include "harness/sandbox/launch.h"
#include "harness/sandbox/launch_landlock.h"

/* What the child says through the socket `sync` before it is gone: closing it means "running". */
typedef struct launch_child_message {
    int32_t step;  /* LAUNCH_STEP_NONE: the filter's listener comes with this message */
    int32_t error; /* errno */
} launch_child_message;

/* The program to become. */
typedef struct launch_program {
    char *const *argv, *const *env;
    launch_paths paths; /* what it may open, where there are no namespaces */
} launch_program;

/* Never returns. sync: a socket, close-on-exec. filter: descriptor of a seccomp program. */
_Noreturn void launch_child_run(const launch_config *config, int sync, int filter,
                                const launch_program *program);

#endif
