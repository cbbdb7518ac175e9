/*
 * launch_landlock.h -- files without a mount namespace: Landlock lets a process give up all paths
 * but some. Where the kernel has it, tier LIMITS keeps the program from everything that FULL would
 * not show it, from signals to other processes and from looking into them.
 * Source: landlock(7); rights that are newer than this system's header are named in the .c.
 */
#ifndef HARNESS_SANDBOX_LAUNCH_LANDLOCK_H
#define HARNESS_SANDBOX_LAUNCH_LANDLOCK_H

/* Folders and files of the job, by host path. */
typedef struct launch_paths {
    const char *const *readable, *const *writable;
    unsigned n_readable, n_writable;
} launch_paths;

/* Binds the calling process for good; it must have PR_SET_NO_NEW_PRIVS. 0, also where the kernel
 * has no Landlock; -1 with errno if it has, but refuses. */
int launch_landlock(const launch_paths *paths);

#endif
