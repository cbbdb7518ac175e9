/*
 * session.h -- what every step of one grading shares: the evidence in the making, the rubric,
 * where things are, how many run at a time. Owns nothing but itself.
 */
#ifndef HARNESS_JUDGE_SESSION_H
#define HARNESS_JUDGE_SESSION_H

#include "harness/judge/evidence.h"
#include "harness/judge/jobs.h"
#include "harness/judge/rubric.h"
#include "harness/judge/submission.h"

#include <glib.h>
#include <stdbool.h>

typedef struct session {
    evidence *e;
    const rubric *r;
    const submission *s;
    const char *data; /* data_root() */
    unsigned n_workers;
    jobs_progress *progress;
    void *progress_argument;
    const int *cancel;
} session;

typedef enum session_error { SESSION_ERROR_HARNESS, SESSION_ERROR_CANCELLED } session_error;
#define SESSION_ERROR session_error_quark()
GQuark session_error_quark(void);

/* Limits of a judged run, a run under valgrind, and a compiler or linter, from the rubric. */
sandbox_limits session_run_limits(const session *s);
sandbox_limits session_valgrind_limits(const session *s);
sandbox_limits session_tool_limits(const session *s);

/* A job of the evidence whose stdout and stderr go to NAME.out and NAME.err. Owner: the caller. */
jobs_item *session_job(session *s, const char *name, sandbox_limits limits);

/* A host path of a file that came with objlab, or of the evidence. Owner: the caller. */
char *session_data_path(const session *s, const char *relative);

/* Runs the jobs (of jobs_item *). False with an error if it was cancelled. */
bool session_run(session *s, GPtrArray *jobs, const char *what, GError **error);

/* Makes evidence/relative. */
bool session_folder(session *s, const char *relative, GError **error);

#endif
