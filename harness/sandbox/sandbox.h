/*
 * sandbox.h -- runs one program that is not trusted, with limits, and says what came of it.
 *
 *   objlab (trusted) --bubblewrap--> objlab-launch (trusted) --rlimits, seccomp--> program (judged)
 *     drains the pipes                watches time, memory, processes, system calls
 *
 * Tiers: FULL   namespaces (user, pid, net, ipc, mount, uts), seccomp filter, all limits. To a
 *               root judge in a chroot the kernel gives no user namespace: there the program is
 *               root by name, without a single capability.
 *        LIMITS the same filter and limits without namespaces: the program runs on the host.
 *               Used when the caller asks for it, never chosen silently. There is no mount, so the
 *               paths of the job are translated: wherever an argument, an environment value or cwd
 *               names a mount's inside path (at a path boundary: "/out/x", "--f=/out", "-I/out"),
 *               the host path stands instead, and "/tmp" is a private folder, removed afterwards.
 *               A program that wants to run in both must take its paths from its arguments.
 *               Where the kernel has Landlock, other files of the host are out of reach all the
 *               same, and the mounts that are not writable cannot be written (but their modes can
 * be changed). Owns:       nothing between calls; every process of a run is gone when sandbox_run()
 * returns. Invariants: the program sees only the mounts of the job, a fixed environment,
 * descriptors 0, 1, 2 and, if asked for, 3. It has no network, no other process, no capability.
 * Addresses are not randomised, so that costs repeat. /tmp and /dev/shm are private and capped.
 * Programs:   AddressSanitizer's leak check uses ptrace, which counts as tampering here: run
 *             sanitizer builds with ASAN_OPTIONS=detect_leaks=0, valgrind with --vgdb=no.
 * Threads:    several threads may run jobs at the same time (up to 64).
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
    uint64_t output_bytes; /* stdout, stderr and answers, each; and each file it writes. All that it
                            * adds to the writable mounts together: eight times that. */
    bool may_fork; /* compilers and linters, up to 64 tasks; false: one process, one thread */
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
    const char *const *env;      /* "NAME=value" beyond the fixed ones (or in place of one of them:
                                  * PATH, HOME, TMPDIR, LC_ALL, TZ), NULL-ended, or NULL */
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
    SANDBOX_TAMPERING      /* a system call that only an attack makes, or a process left behind */
} sandbox_outcome;

#define SANDBOX_DETAIL_BYTES 64

typedef struct sandbox_result {
    sandbox_outcome outcome;
    int exit_status;
    int signal;
    double cpu_s, wall_s;
    uint64_t peak_rss_bytes;
    char
        detail[SANDBOX_DETAIL_BYTES]; /* "", or what was exceeded or tried: "wall time", "ptrace" */
} sandbox_result;

typedef enum sandbox_error {
    SANDBOX_ERROR_TOOL,     /* bwrap or objlab-launch is not installed */
    SANDBOX_ERROR_REFUSED,  /* the kernel refuses; the message has the remedy */
    SANDBOX_ERROR_JOB,      /* the job cannot start: no such program, folder or processor */
    SANDBOX_ERROR_IO,       /* a file of the host cannot be read or written */
    SANDBOX_ERROR_CANCELLED /* sandbox_kill_all() */
} sandbox_error;
#define SANDBOX_ERROR sandbox_error_quark()
GQuark sandbox_error_quark(void);

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

/* "exited", "signalled", "timed out", "out of memory", "output limit", "tampering". */
const char *sandbox_outcome_name(sandbox_outcome outcome);

/*
 * Ends every run in progress and refuses new ones; their sandbox_run() fails with CANCELLED.
 * Async-signal-safe: for the command's handler of SIGINT and SIGTERM. A judge that is killed
 * outright needs no call: its runs end with it.
 */
void sandbox_kill_all(void);

/*
 * Removes a folder that a judged program wrote to, and all in it: folders without permissions,
 * trees deeper than any path, links (never followed). False with errno if something stays.
 */
bool sandbox_remove_tree(const char *path);

#endif
