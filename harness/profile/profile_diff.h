/*
 * profile_diff.h -- what changed between two profiles of a program, by function or by line.
 *
 * Functions are matched by object, file and name; those left over by file and name, then by name
 * alone, if each side has only one of it: so a renamed program, file or folder, and lines that
 * moved, are no change. Lines are aligned within functions that match (profile_diff_lines.h).
 * Invariants: the changes of "self" over all rows add up to the change of the total.
 */
#ifndef HARNESS_PROFILE_PROFILE_DIFF_H
#define HARNESS_PROFILE_PROFILE_DIFF_H

#include "harness/profile/callgrind.h"
#include "harness/profile/dhat.h"
#include "harness/profile/massif.h"

#include <jansson.h>

typedef enum profile_diff_by { PROFILE_DIFF_FUNCTIONS, PROFILE_DIFF_LINES } profile_diff_by;

typedef struct profile_diff_row {
    char *name; /* function, or the label of a heap tree's node */
    char *file; /* of the new profile, of the old one if it is only there; "" if unknown */
    uint32_t old_line, new_line; /* 0: a whole function, or on the other side only */
    bool in_old, in_new;
    uint64_t old_self, new_self;
    uint64_t old_inclusive, new_inclusive;
} profile_diff_row;

typedef struct profile_diff {
    char *unit;
    profile_diff_by by;
    uint64_t old_total, new_total;
    GPtrArray *rows; /* of profile_diff_row, the greatest change of self first */
} profile_diff;

/* By the event of that name; NULL: the first of the old one. Errors: an event that one of them
 * has not. */
profile_diff *profile_diff_callgrind(const callgrind_profile *old_profile,
                                     const callgrind_profile *new_profile, const char *event,
                                     profile_diff_by by, GError **error);

/* Bytes at the peak; self: by the function that allocates, inclusive: with what it calls. */
profile_diff *profile_diff_massif(const massif_profile *old_profile,
                                  const massif_profile *new_profile, profile_diff_by by);

/* measure: "bytes" (NULL), "blocks", "peak" or "end"; errors: another. Places are taken together by
 * the innermost function, or line, of the program. */
profile_diff *profile_diff_dhat(const dhat_profile *old_profile, const dhat_profile *new_profile,
                                const char *measure, profile_diff_by by, GError **error);
void profile_diff_free(profile_diff *diff);

/* Growth of the total in percent; below 0: it shrank; HUGE_VAL from 0 to something. */
double profile_diff_growth(const profile_diff *diff);

/* Rows that changed, at most limit (0: all). Owner: the caller. */
char *profile_diff_print(const profile_diff *diff, size_t limit);
json_t *profile_diff_json(const profile_diff *diff);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(profile_diff, profile_diff_free)

#endif
