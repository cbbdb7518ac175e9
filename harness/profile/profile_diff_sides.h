/*
 * profile_diff_sides.h -- one side of a difference: its functions, and their lines.
 *
 * What a callgrind, massif or DHAT file says of functions and lines is brought into one shape here,
 * so that matching (profile_diff.c) and aligning (profile_diff_lines.c) know no formats.
 *
 * Owns:       the arrays and `names`; all else is borrowed from the profile.
 * Invariants: every line belongs to a row; the self costs of the rows, and those of the lines, add
 *             up to the total (massif, DHAT: as far as the trees go).
 */
#ifndef HARNESS_PROFILE_PROFILE_DIFF_SIDES_H
#define HARNESS_PROFILE_PROFILE_DIFF_SIDES_H

#include "harness/profile/callgrind.h"
#include "harness/profile/dhat.h"
#include "harness/profile/massif.h"
#include "harness/profile/pstats.h"

#define DIFF_NO_PARTNER G_MAXUINT

typedef struct diff_row {
    const char *name, *file, *object;
    uint64_t self, inclusive;
    guint partner; /* the same function on the other side, or DIFF_NO_PARTNER */
} diff_row;

typedef struct diff_line {
    guint row;
    const char *file;
    uint32_t line;
    uint64_t self, inclusive;
} diff_line;

typedef struct diff_side {
    uint64_t total;
    GArray *rows;     /* of diff_row */
    GArray *lines;    /* of diff_line */
    GPtrArray *names; /* of char *: what had to be made */
} diff_side;

void diff_side_free(diff_side *side);

/* Functions as the call table has them: contexts and levels of recursion together. No lines. */
diff_side *diff_side_of_table(const pstats_table *table);
/* Functions as the file has them, with their lines. */
diff_side *diff_side_of_callgrind(const callgrind_profile *profile, size_t event);
/* Bytes of the tree at the peak: self, by the line that allocates; inclusive, with what it calls.
 */
diff_side *diff_side_of_massif(const massif_profile *profile);

/* What is compared of DHAT's figures. */
typedef enum dhat_measure {
    DHAT_TOTAL_BYTES,
    DHAT_TOTAL_BLOCKS,
    DHAT_PEAK_BYTES,
    DHAT_END_BYTES,
    DHAT_N_MEASURES
} dhat_measure;

/* "bytes", "blocks", "peak", "end"; DHAT_N_MEASURES: none of them. */
dhat_measure dhat_measure_from_name(const char *name);
/* "bytes allocated", ... */
const char *dhat_measure_unit(dhat_measure measure);

/* By the innermost function that is not the allocator's own. */
diff_side *diff_side_of_dhat(const dhat_profile *profile, dhat_measure measure);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(diff_side, diff_side_free)

#endif
