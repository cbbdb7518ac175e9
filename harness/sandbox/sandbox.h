/*
 * sandbox.h -- runs one program that is not trusted, with limits, and says what came of it.
 *
 *   objlab (trusted)  --bubblewrap, seccomp, rlimits-->  program (judged)
 *
 * Tiers: FULL   namespaces (user, pid, net, ipc, mount, uts), seccomp filter, all limits
 *        LIMITS the limits only; used when the caller asks for it, never chosen silently
 * Owns:       nothing between calls; every process of a run is gone when sandbox_run() returns.
 * Invariants: the program sees only the mounts of the job, a fixed environment, descriptors 0, 1, 2
 *             and, if asked for, 3. It has no network, no other process, no capability.
 * Threads:    several threads may run jobs at the same time.
 */
#ifndef HARNESS_SANDBOX_SANDBOX_H
#define HARNESS_SANDBOX_SANDBOX_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum sandbox_tier { SANDBOX_FULL, SANDBOX_LIMITS } sandbox_tier;

/* 0 means no limit of that kind. */
typedef struct sandbox_limits {
    double cpu_s;          /* processor time of the whole job */
    double wall_s;         /* time by the judge's clock */
    uint64_t memory_bytes; /* resident memory of all its processes together */
    uint64_t output_bytes; /* stdout, stderr and answers, each; and each file it writes */
    bool may_fork;         /* compilers and linters; false: one process, one thread */
} sandbox_limits;

/* A folder or file of the host shown inside. */
typedef struct sandbox_mount {
    const char *host;
    const char *inside; /* absolute */
    bool writable;
} sandbox_mount;

typedef struct sandbox_job {
    const char *const *argv;     /* argv[0]: absolute path as seen inside; NULL-ended */
    const char *cwd;             /* as seen inside; NULL: "/tmp", private and empty */
    const char *const *env;      /* "NAME=value" beyond the fixed ones, NULL-ended, or NULL */
    const sandbox_mount *mounts; /* beyond /usr, read-only */
    size_t n_mounts;
    const char *stdin_path;   /* host file; NULL: empty */
    const char *stdout_path;  /* host file, created; NULL: thrown away */
    const char *stderr_path;  /* host file, created; NULL: thrown away */
    const char *answers_path; /* host file behind descriptor 3, created; NULL: none */
    sandbox_limits limits;
    int cpu; /* pin to this processor; -1: any */
} sandbox_job;

typedef enum sandbox_outcome {
    SANDBOX_EXITED,        /* see exit_status */
    SANDBOX_SIGNALLED,     /* see signal */
    SANDBOX_TIMED_OUT,     /* cpu_s or wall_s */
    SANDBOX_OUT_OF_MEMORY, /* memory_bytes */
    SANDBOX_OUTPUT_LIMIT,  /* output_bytes */
    SANDBOX_TAMPERING      /* a system call that only an attack makes */
} sandbox_outcome;

typedef struct sandbox_result {
    sandbox_outcome outcome;
    int exit_status;
    int signal;
    double cpu_s, wall_s;
    uint64_t peak_rss_bytes;
} sandbox_result;

/* The tier in force in this process; FULL until set. */
void sandbox_set_tier(sandbox_tier tier);
sandbox_tier sandbox_get_tier(void);

/* True if the kernel and the installed tools can do the tier; else the error says what refuses. */
bool sandbox_probe(sandbox_tier tier, GError **error);

/*
 * Runs the job to its end. False only when the harness itself failed (program bwrap absent,
 * no descriptor left ...): that is a harness fault, never the submission's.
 */
bool sandbox_run(const sandbox_job *job, sandbox_result *ret_result, GError **error);

const char *sandbox_outcome_name(sandbox_outcome outcome);

#endif
