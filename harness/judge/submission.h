/*
 * submission.h -- intake: reads a submission's folder into memory, once, without trusting it.
 *
 * Only the homework's own files are read (pool.c layouts.c workload.c tests.c findings.ini), only
 * plain files, never through symbolic links, up to a size. Everything else in the folder is left
 * alone and named in a remark. What is judged later is the private copy, so that a folder that
 * changes while it is graded changes nothing.
 *
 * Owns:    every string and byte; submission_free() releases the whole.
 * Errors:  no such folder, not a folder, no part in it: GError. A part that cannot be taken
 *          (symbolic link, too large, binary) is present with a problem: it is rejected, the
 *          others are judged.
 */
#ifndef HARNESS_JUDGE_SUBMISSION_H
#define HARNESS_JUDGE_SUBMISSION_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define SUBMISSION_MAX_FILE_BYTES ((size_t)1 << 20) /* of one part */
#define SUBMISSION_MAX_ENTRIES    10000             /* of the folder */

typedef enum submission_part {
    SUBMISSION_POOL,
    SUBMISSION_LAYOUTS,
    SUBMISSION_WORKLOAD, /* so far, what the workload's program is made of */
    SUBMISSION_TESTS,
    SUBMISSION_FINDINGS,
    SUBMISSION_N_PARTS
} submission_part;

typedef struct submission_file {
    bool present;
    GBytes *bytes; /* NULL if absent or with a problem */
    char *problem; /* NULL, or why it is rejected: "pool.c is a symbolic link: ..." */
} submission_file;

typedef struct submission {
    char *name;   /* of the folder, UTF-8, without control characters */
    char *sha256; /* over names, sizes and contents of the parts taken */
    submission_file files[SUBMISSION_N_PARTS];
    GPtrArray *remarks; /* of char *: what was left alone */
} submission;

typedef enum submission_error { SUBMISSION_ERROR_UNREADABLE } submission_error;
#define SUBMISSION_ERROR submission_error_quark()
GQuark submission_error_quark(void);

/* "pool" and "pool.c". */
const char *submission_part_name(submission_part part);
const char *submission_part_file(submission_part part);

/* Reads the folder. Owner of the result: the caller. */
submission *submission_read(const char *folder, GError **error);
void submission_free(submission *s);

/* Writes the parts taken into an existing folder, as plain files that only the owner writes. */
bool submission_copy(const submission *s, const char *folder, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(submission, submission_free)

#endif
