/*
 * part_text.h -- a rubric part as other graders' formats want it: points that count, one text.
 *
 * Owns: nothing; results belong to the caller.
 */
#ifndef REPORTS_PART_TEXT_H
#define REPORTS_PART_TEXT_H

#include "reports/record.h"

/* Everything that was said of a part, a line each: "pool.c:12: text (-3)". */
char *part_text_feedback(const record_part *part);

/* "12 of 15 points: partial" */
char *part_text_points(const record_part *part);

/* What a part earned, but 0 in a submission that tampered: the sum is the record's score. */
double part_text_awarded(const record *r, const record_part *part);

/* True if the part did not lose points by what the student did. */
bool part_text_is_void(const record_part *part);

#endif
