/*
 * grade.h -- one grading from beginning to end: folder -> evidence -> record -> reports.
 *
 *   OUT/result.json  OUT/report.html  OUT/report.junit.xml  OUT/evidence/
 *
 * Work goes on in OUT/.grading-PID; what was in OUT before stays until the new result is whole.
 *
 * Errors: GRADE_ERROR_USAGE    what was given is unreadable: no such folder, a broken rubric
 *         GRADE_ERROR_HARNESS  the harness failed: full disk, no sandbox, no compiler
 *         GRADE_ERROR_CANCELLED
 */
#ifndef HARNESS_JUDGE_GRADE_H
#define HARNESS_JUDGE_GRADE_H

#include "harness/judge/jobs.h"
#include "reports/record.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct grade_options {
    const char *folder; /* the submission */
    const char *rubric; /* path; NULL: the homework's default */
    const char *out;    /* NULL: grade_default_out() */
    bool quick;         /* one seed, no timing */
    bool recompute;     /* folder is not run: OUT/evidence is read */
    bool has_seed;
    uint64_t seed;      /* else it follows from the submission's hash */
    unsigned n_workers; /* 0: 2 */
    jobs_progress *progress;
    void *progress_argument;
    const int *cancel; /* set to non-zero from a signal handler or a thread: stop */
} grade_options;

typedef enum grade_error {
    GRADE_ERROR_USAGE,
    GRADE_ERROR_HARNESS,
    GRADE_ERROR_CANCELLED
} grade_error;
#define GRADE_ERROR grade_error_quark()
GQuark grade_error_quark(void);

/* "build/reports/NAME". Owner: the caller. */
char *grade_default_out(const char *folder);

/* Grades and writes every report. Owner of the result: the caller. */
record *grade_run(const grade_options *options, GError **error);

#endif
