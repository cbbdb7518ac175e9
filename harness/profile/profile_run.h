/*
 * profile_run.h -- runs the user's own program under a profiler, in the user's own surroundings.
 *
 * The terminal, the environment and the working directory are the caller's; only what moves
 * counts is set in the environment (valgrind.h). Ctrl-C reaches the program, whose profile up to
 * then is kept.
 * Threads: one run at a time in a process.
 */
#ifndef HARNESS_PROFILE_PROFILE_RUN_H
#define HARNESS_PROFILE_PROFILE_RUN_H

#include <glib.h>
#include <stdbool.h>

typedef struct profile_run_options {
    double time_limit_s;    /* 0: none. Then SIGTERM, and SIGKILL a little later */
    bool stdout_to_stderr;  /* the program's output makes way for ours */
    bool is_quiet;          /* the program's output goes nowhere */
    const char *probe;      /* library to preload instead of running under valgrind; else NULL */
    const char *probe_file; /* where it writes */
    unsigned probe_hz;      /* 0: the probe's own default */
} profile_run_options;

typedef struct profile_run_result {
    int exit_status; /* of the program, if signal is 0 */
    int signal;      /* that ended it; 0: none */
    bool is_timed_out;
} profile_run_result;

typedef enum profile_run_error {
    PROFILE_RUN_ERROR_NO_PROGRAM, /* there is no such program */
    PROFILE_RUN_ERROR_FAILED      /* it could not be started or waited for */
} profile_run_error;
#define PROFILE_RUN_ERROR profile_run_error_quark()
GQuark profile_run_error_quark(void);

/* The library of a probe, "sample" or "instrument": beside this program's build, or installed.
 * NULL: not found. Owner: the caller. */
char *profile_run_find_probe(const char *name);

/* valgrind_argv: from valgrind.h, NULL with a probe; program: NULL-ended, program[0] looked up in
 * PATH. log_file: for what valgrind itself says. */
bool profile_run(const GPtrArray *valgrind_argv, const char *log_file, char **program,
                 const profile_run_options *options, profile_run_result *ret_result,
                 GError **error);

#endif
