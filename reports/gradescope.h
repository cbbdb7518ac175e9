/*
 * gradescope.h -- a grading as Gradescope's results.json.
 *
 * One test a rubric part; the top score is the record's. The leaderboard has the deterministic
 * figures only (instructions, bytes): a measured time would rank by luck.
 *
 * Source: the format of Gradescope's autograder documentation.
 */
#ifndef REPORTS_GRADESCOPE_H
#define REPORTS_GRADESCOPE_H

#include "reports/record.h"

/* Owner: the caller. */
char *gradescope_render(const record *r);

#endif
