/*
 * sandbox_testing.h -- what the sandbox's tests share: a folder to work in, the attack program,
 * and a look at the machine's processes for leftovers.
 */
#ifndef HARNESS_TESTS_SANDBOX_TESTING_H
#define HARNESS_TESTS_SANDBOX_TESTING_H

#include "harness/sandbox/sandbox.h"

/* One job and all that it points to. Fill limits and so on between start and run. */
typedef struct testing_job {
    sandbox_job job;
    sandbox_mount mounts[4];
    const char *argv[8];
    sandbox_result result;
    char *stdout_path, *stderr_path, *answers_path;
} testing_job;

/* The folder of this test program, made at the first call; testing_done() removes it. */
const char *testing_folder(void);
void testing_done(void);

/* A path in that folder. Valid until testing_done(). */
const char *testing_path(const char *name);

/* Makes an empty folder there. */
const char *testing_make_folder(const char *name);

/*
 * A job that runs "attack NAME ARGUMENT" under small limits, with the writable folder `work`
 * (emptied first) shown as /box and its own outputs. argument: NULL for none.
 */
void testing_start(testing_job *t, const char *name, const char *argument);

/* A job that runs a tool in /box, which may fork. argv is NULL-ended, at most 7 long. */
void testing_start_tool(testing_job *t, const char *const *argv);

/* Runs it; the test fails with the error's text if the harness does. */
void testing_run(testing_job *t);

/* Contents of a file, "" if there is none. Owner: the caller. */
char *testing_read(const char *path);

/* Number of processes of the machine with this text in their command line, the caller aside. */
unsigned testing_count_processes(const char *text);

/* Waits until that number is at least, or at most, n. False after half a minute. */
gboolean testing_wait_for_processes(const char *text, unsigned n, gboolean at_least);

/* A text that no other process has in its command line. */
const char *testing_mark(void);

#endif
