/*
 * class.h -- grades every submission of a class, on this machine or on a cluster (cluster.h).
 *
 *   DIR/NAME/ ...  ->  OUT/NAME/result.json, report.html   OUT/gradebook.csv   OUT/class.html
 *
 * Each submission is graded by a process of its own, so that one that brings down the judge does
 * not stop the class. A grading is idempotent: with resume, results that are whole and belong to
 * the same files and rubric are kept.
 *
 * Errors: GRADE_ERROR_USAGE (no such folder, no submission in it), GRADE_ERROR_HARNESS.
 */
#ifndef HARNESS_JUDGE_CLASS_H
#define HARNESS_JUDGE_CLASS_H

#include "harness/judge/jobs.h"
#include "reports/record.h"

#include <glib.h>
#include <stdbool.h>

typedef struct class_options {
    const char *folder;
    const char *out;               /* NULL: build/reports/class-NAME */
    const char *rubric;            /* NULL: default */
    const char *const *grade_argv; /* the command that grades one folder: "objlab", "grade", ... */
    unsigned n_workers;            /* on this machine; 0: 2 */
    bool slurm;                    /* on the cluster whose commands are in PATH */
    unsigned n_chunk; /* submissions a task of the cluster; 0: one, if it allows that many tasks */
    bool resume;
    jobs_progress *progress;
    void *progress_argument;
    const int *cancel;
} class_options;

typedef struct class_entry {
    char *name;     /* of the subfolder */
    record *result; /* NULL: could not be graded */
    char *why;      /* NULL, or why there is no result */
    bool kept;      /* from an earlier run */
} class_entry;

typedef struct class_result {
    char *out;
    GPtrArray *entries; /* of class_entry *, by name */
    unsigned n_failed;  /* entries without a result, or with a harness fault */
} class_result;

class_result *class_run(const class_options *options, GError **error);
void class_result_free(class_result *result);

/* The tables. Owner of the text: the caller. */
char *class_gradebook(const class_result *result);
char *class_html(const class_result *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(class_result, class_result_free)

#endif
