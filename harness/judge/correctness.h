/*
 * correctness.h -- what the stored answers of a driver say about a part.
 *
 * For every seed there is a tape and the answers to it; the oracle of check.h judges each pair,
 * and a property holds only if it holds on every tape.
 *
 * Owns: every string; correctness_free() releases the whole.
 */
#ifndef HARNESS_JUDGE_CORRECTNESS_H
#define HARNESS_JUDGE_CORRECTNESS_H

#include "harness/judge/check.h"
#include "harness/judge/evidence.h"
#include "reports/record.h"

#include <glib.h>
#include <stdbool.h>

typedef struct correctness_group {
    char *part; /* rubric key */
    char *name, *title;
    bool required;
    bool passed;         /* on every tape */
    GPtrArray *failures; /* of char *: a few, no text twice */
} correctness_group;

typedef struct correctness {
    submission_part part;   /* whose code was driven */
    record_verdict verdict; /* RIGHT, or the worst that came of any tape */
    char *why;              /* NULL, or a sentence about a verdict that is not RIGHT or WRONG */
    bool eligible;          /* present, and every required group passed: its cost may be scored */
    GPtrArray *groups;      /* of correctness_group *; empty if nothing was run */
} correctness;

/* "answers/pool-2": the job that drives a kind over its n-th tape (from 1). The job's files are
 * NAME.tape, NAME.txt. Owner: the caller. */
char *correctness_job_name(check_kind kind, unsigned n);

/* The part whose code a kind's driver exercises. */
submission_part correctness_part(check_kind kind);

/* What came of a judged process, apart from its answers: RIGHT if it left with status 0. */
record_verdict correctness_verdict(const evidence_job *job);
/* The same as a sentence. Owner: the caller. */
char *correctness_describe(const evidence_job *job);

/* The verdict that a part has before anything ran: RIGHT if it was built. */
record_verdict correctness_part_verdict(const evidence *e, submission_part part);

/* Judges the stored answers. Owner of the result: the caller. */
correctness *correctness_of(const evidence *e, check_kind kind);
void correctness_free(correctness *c);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(correctness, correctness_free)

#endif
