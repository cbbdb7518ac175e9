/*
 * record_diff.h -- two gradings compared: what a change did to the score and to the figures.
 *
 * Parts are matched by name, figures by name, layout and subject. Scores are compared always,
 * figures only if the fingerprints are alike: otherwise the first difference is named.
 *
 * Owns: record_diff_free() releases the whole; the records must outlive it.
 */
#ifndef REPORTS_RECORD_DIFF_H
#define REPORTS_RECORD_DIFF_H

#include "reports/record.h"

#include <jansson.h>

typedef struct record_diff_part {
    const record_part *before, *after; /* NULL: only in the other */
} record_diff_part;

typedef struct record_diff_figure {
    const record_figure *before, *after; /* both there, and different */
} record_diff_figure;

typedef struct record_diff {
    const record *before, *after;
    GArray *parts;   /* of record_diff_part, in the order of the newer one */
    GArray *figures; /* of record_diff_figure */
} record_diff;

/* Owner: the caller. */
record_diff *record_diff_new(const record *before, const record *after);
void record_diff_free(record_diff *diff);

/* Below 0: the newer one is worse. */
double record_diff_gain(const record_diff *diff);

/* For people. fingerprint_difference: NULL, or why figures are not shown. Owner: the caller. */
char *record_diff_to_table(const record_diff *diff, const char *fingerprint_difference);

/* {"schema": "objlab/result-diff", "version": 1, ...}. Owner: the caller. */
json_t *record_diff_to_json(const record_diff *diff, const char *fingerprint_difference);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(record_diff, record_diff_free)

#endif
