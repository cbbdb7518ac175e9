/*
 * score.h -- evidence -> points: each function fills the record parts of one kind.
 *
 *   an absent part gets nothing ("missing"); a rejected one nothing, with the compiler's words;
 *   cost and memory safety count only for parts that are there and whose required groups passed;
 *   what the harness could not do is a "harness fault": no points are lost by it.
 *
 * Nothing here runs anything: the same evidence and rubric give the same record.
 */
#ifndef HARNESS_JUDGE_SCORE_H
#define HARNESS_JUDGE_SCORE_H

#include "harness/judge/correctness.h"
#include "harness/judge/evidence.h"
#include "harness/judge/rubric.h"
#include "harness/profile/callgrind.h"
#include "harness/profile/memcheck_xml.h"
#include "reports/record.h"

#include <glib.h>
#include <stdbool.h>

enum { SCORE_N_KINDS = CHECK_WORKLOAD + 1 };

typedef struct score {
    const evidence *e;
    const rubric *r;
    record *record;
    correctness *found[SCORE_N_KINDS]; /* of each driver */
} score;

/* The whole record of the evidence. Owner: the caller. */
record *score_evidence(const evidence *e, const rubric *r);

/* The parts; each returns at once if the rubric does not grade it. */
void score_correctness(score *s); /* pool, layouts, weakrefs, workload */
void score_memory(score *s);
void score_space(score *s);
void score_speed(score *s);
void score_tests(score *s);
void score_findings(score *s);
void score_lint(score *s);

/* What only informs: figures, call table, heaps, sources. */
void score_profiles(score *s);

/* True if what was measured is the submission's: its pool or its layouts. Where neither is fit, the
 * solution's stand in for both, and the figures are those of the solution. */
bool score_is_measured(const score *s);

/* The lines of the submission, what the runs of its workload found of each joined; calls_profile:
 * callgrind's. What was not measured stays unknown. */
void score_lines(const score *s, record_calls *calls, const callgrind_profile *calls_profile);
/* A file that a job left, if the job went well; else NULL. *ret_text: its text, "" of an empty one;
 * lives as long as the bytes. */
GBytes *score_left_by(const score *s, const char *job, const char *file, const char **ret_text,
                      gsize *ret_n_bytes);
/* "pool.c" for a file of the submission, wherever it was compiled; else NULL. */
const char *score_own_file(const char *path);

/* A new part of the record with its maximum, no points yet, verdict RIGHT. */
record_part *score_add_part(score *s, rubric_part part);

/* Says why a part that was not run has no points, with the compiler's words if it was rejected. */
void score_say_build(score *s, record_part *part, submission_part which, double points_lost);

/*
 * Points for a cost that is ratio times the solution's: all up to full_ratio, none from
 * zero_ratio, between them falling with the logarithm of the ratio. 0..1.
 */
double score_of_ratio(double ratio, double full_ratio, double zero_ratio);

/* What memcheck left of a part's run, or NULL. Owner: the caller. */
memcheck_report *score_read_memcheck(const score *s, submission_part part);

/* The place of an error in the submission's own file, NULL if it is not one of that part's: it
 * lies elsewhere, or a size was asked for that malloc refuses, which the contract allows. */
const memcheck_frame *score_memcheck_place(const memcheck_error *error, submission_part part);

/* Adds a file of the evidence folder, name and ending, to what the part was judged by. */
void score_add_evidence(record_part *part, const char *name, const char *ending);
/* Sets score and, from what was reached, the verdict RIGHT, PARTIAL or WRONG. */
void score_close(record_part *part, double points);

#endif
