/*
 * jobs.h -- runs sandbox jobs, several at a time, and keeps what came of each.
 *
 * Owns:    a job owns its strings and mounts; what came of it goes to its evidence_job, which
 *          belongs to the evidence.
 * Threads: jobs_run() starts workers and returns when all of them are done; a job is touched by
 *          one worker only. The progress function is called from workers, one at a time.
 */
#ifndef HARNESS_JUDGE_JOBS_H
#define HARNESS_JUDGE_JOBS_H

#include "harness/judge/evidence.h"
#include "harness/sandbox/sandbox.h"

#include <glib.h>
#include <stdbool.h>

typedef struct jobs_item {
    evidence_job *outcome;  /* borrowed; its argv is what is run */
    char *cwd;              /* as seen inside; NULL: private /tmp */
    const char *const *env; /* borrowed, lives longer than the job; or NULL */
    GPtrArray *mounts;      /* of sandbox_mount *, owned */
    char *stdin_path, *stdout_path, *stderr_path, *answers_path; /* of the host, or NULL */
    sandbox_limits limits;
    int cpu; /* -1: any */
} jobs_item;

/* A job that writes its outcome there. Owner: the caller. */
jobs_item *jobs_item_new(evidence_job *outcome, const sandbox_limits *limits);
void jobs_item_free(jobs_item *j);

/* Hands a job over to an array that frees it; false if there is none. */
bool jobs_add(GPtrArray *jobs, jobs_item *j);

/* Appends arguments (NULL-ended): jobs_item_arguments(j, JOBS_ARGUMENTS("-o", file)). */
void jobs_item_arguments(jobs_item *j, const char *const *arguments);
#define JOBS_ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})
/* Shows a host path inside. */
void jobs_item_mount(jobs_item *j, const char *host, const char *inside, bool writable);

/* text: what is being done; done of total: jobs of this call. */
typedef void jobs_progress(const char *text, unsigned done, unsigned total, void *argument);

/*
 * Runs every job of the array (of jobs_item *) on n_workers threads. Jobs that have not started
 * when *cancel (NULL: never) becomes non-zero stay skipped. A fault of the harness is kept in the
 * job, it stops nothing. Returns false if it was cancelled.
 */
bool jobs_run(GPtrArray *jobs, unsigned n_workers, jobs_progress *progress, void *argument,
              const int *cancel);

/* Runs one job in this thread. */
void jobs_run_one(jobs_item *j);

#endif
