/*
 * profile_diff_lines.h -- which line of the old profile is which of the new one.
 *
 * Lines of two functions that match are aligned in their order, so that as much cost as possible
 * stands beside cost: what moved down because something was written above it is no change, and
 * what was written between two lines is new.
 *
 *   old   10: 500   11: 20            12: 900
 *   new   14: 500   15: 20   16: 70   17: 900
 *
 * Cost:   lines of one function in the old profile times those in the new one, in memory and time;
 *         above 4 million, lines are matched by their distance from the function's first.
 * Source: global alignment by dynamic programming, S. B. Needleman, C. D. Wunsch, J. Mol. Biol. 48
 *         (1970); the score of a pair is the cost that the two have in common.
 */
#ifndef HARNESS_PROFILE_PROFILE_DIFF_LINES_H
#define HARNESS_PROFILE_PROFILE_DIFF_LINES_H

#include "harness/profile/profile_diff_sides.h"

/* old, new: NULL where the line is on one side only. */
typedef void diff_pair(const diff_line *old_line, const diff_line *new_line, void *argument);

/* Hands over every line of both sides once, in pairs where two are the same. The rows have their
 * partners already. */
void profile_diff_align(const diff_side *old_side, const diff_side *new_side, diff_pair *take,
                        void *argument);

#endif
