/*
 * check.h -- the oracle: makes operation tapes and judges the answers to them.
 *
 * A tape is a byte string made from a seed; a driver (homework/drivers/) linked with a submission
 * executes it and writes one text line an observation. The checks know nothing of the submission:
 * they replay the tape on a model of their own and compare.
 *
 * Owns:    results own their strings; check_result_free() releases the whole.
 * Errors:  damaged, forged or missing answers are never an error here, but a failed check.
 */
#ifndef HARNESS_JUDGE_CHECK_H
#define HARNESS_JUDGE_CHECK_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* One property, checked over a whole tape; points are shared equally among a part's groups. */
typedef struct check_group {
    const char *part;    /* rubric key that it counts for: "pool", "layouts", "weakrefs", ... */
    const char *name;    /* "no_overlap" */
    const char *title;   /* "Blocks in use never overlap" */
    bool required;       /* if it fails, the part's cost (speed, space) is not scored */
    bool passed;         /* false also where the answers ended before it was decided */
    GPtrArray *failures; /* of char *: what was seen and what was expected; a few, not all */
} check_group;

typedef struct check_result {
    bool complete;     /* the driver's closing line is there, with the right count */
    bool tampering;    /* answers that an honest driver cannot give */
    char *why;         /* NULL, or why not complete / tampering */
    GPtrArray *groups; /* of check_group *, always all of the driver's groups */
} check_result;

typedef enum check_kind { CHECK_POOL, CHECK_LAYOUTS, CHECK_WORKLOAD } check_kind;

/* The driver of a kind: "drive_pool", ... */
const char *check_driver(check_kind kind);

/* A tape of about n_operations for the driver of that kind. The same seed gives the same bytes. */
GBytes *check_make_tape(check_kind kind, uint64_t seed, size_t n_operations);

/* Judges the answers (text; may be cut anywhere, hostile, empty). Owner: the caller. */
check_result *check_answers(check_kind kind, GBytes *tape, const char *answers, size_t n_bytes);
void check_result_free(check_result *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(check_result, check_result_free)

#endif
