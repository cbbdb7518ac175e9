/*
 * evidence.h -- what a grading found, as files: a grade is computed from these alone.
 *
 *   OUT/evidence/
 *     evidence.json   the submission, the session, every job with what came of it
 *     submission/     private copy of the parts
 *     build/          compilers' messages, objects, programs
 *     answers/ valgrind/ lines/ tests/ lint/     what the jobs left
 *
 * Owns:       every string; evidence_free() releases the whole.
 * Invariants: job names are unique; a job that was not run has state EVIDENCE_SKIPPED.
 * Threads:    jobs are filled by the workers of jobs.h, one worker a job; all else by one thread.
 * File:       evidence.json, schema "objlab/evidence", version 2, read strictly.
 */
#ifndef HARNESS_JUDGE_EVIDENCE_H
#define HARNESS_JUDGE_EVIDENCE_H

#include "harness/judge/submission.h"
#include "harness/sandbox/sandbox.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum evidence_state {
    EVIDENCE_SKIPPED, /* not run: something before it failed */
    EVIDENCE_DONE,    /* see result */
    EVIDENCE_FAULT    /* the harness could not run it: see fault */
} evidence_state;

typedef struct evidence_job {
    char *name;      /* "answers/pool-1" */
    GPtrArray *argv; /* of char * */
    evidence_state state;
    sandbox_result result;
    char *fault; /* NULL unless EVIDENCE_FAULT */
} evidence_job;

typedef enum evidence_part_state {
    EVIDENCE_ABSENT,
    EVIDENCE_BUILT,   /* it compiles and is fit to be linked; of findings: it was taken */
    EVIDENCE_REJECTED /* see problems */
} evidence_part_state;

typedef struct evidence_problem {
    char *text;
    uint32_t line; /* 0: no place */
} evidence_problem;

typedef struct evidence_part {
    evidence_part_state state;
    evidence_state build; /* EVIDENCE_FAULT: the harness could not build it */
    GPtrArray *problems;  /* of evidence_problem * */
} evidence_part;

/* Time of one operation by the judge's clock. Shown, never scored. */
typedef struct evidence_time {
    char *name, *layout, *subject; /* "create", "dict", "submission" */
    double ns, low, high;          /* an object; 95 % interval */
    uint64_t n;
    double ratio, ratio_low, ratio_high; /* to the solution; 0: none */
} evidence_time;

typedef struct evidence {
    char *folder; /* OUT/evidence */
    char *name, *sha256;
    char *created; /* ISO 8601, UTC */
    char *sandbox; /* "full" or "limits" */
    uint64_t seed;
    bool quick;
    unsigned n_seeds, n_objects;
    evidence_part parts[SUBMISSION_N_PARTS];
    GPtrArray *remarks; /* of char * */
    GPtrArray *jobs;    /* of evidence_job * */
    GPtrArray *times;   /* of evidence_time * */
    char *cpu, *kernel;
    GPtrArray *tools;       /* of char *: "valgrind 3.19.0" */
    GPtrArray *environment; /* of char *: "NAME=value" */
} evidence;

#define EVIDENCE_ERROR evidence_error_quark()
GQuark evidence_error_quark(void);

/* Empty evidence of a folder. Owner: the caller. */
evidence *evidence_new(const char *folder);
void evidence_free(evidence *e);

/* Appends a job that has not run. Borrowed. */
evidence_job *evidence_add_job(evidence *e, const char *name);
/* The job of that name, or NULL. Borrowed. */
const evidence_job *evidence_find_job(const evidence *e, const char *name);
/* True if the job ran and left with exit status 0. */
bool evidence_job_succeeded(const evidence_job *job);
void evidence_add_problem(evidence *e, submission_part part, uint32_t line, const char *text);

/* The path of a file of the evidence. Owner: the caller. */
char *evidence_path(const evidence *e, const char *relative);
/* A file of the evidence, NULL if it is not there or larger than max_bytes. */
GBytes *evidence_file(const evidence *e, const char *relative, size_t max_bytes);

/* Writes evidence.json (temporary name, rename). */
bool evidence_write(const evidence *e, GError **error);
/* Reads folder/evidence.json. Owner: the caller. */
evidence *evidence_read(const char *folder, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(evidence, evidence_free)

#endif
