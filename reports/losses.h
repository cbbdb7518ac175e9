/*
 * losses.h -- what cost points, largest first, and what to do about it.
 *
 * Owns: the arrays; feedback and parts are the record's, which must outlive them.
 */
#ifndef REPORTS_LOSSES_H
#define REPORTS_LOSSES_H

#include "reports/record.h"

typedef struct losses_item {
    const record_part *part;
    const record_feedback *feedback;
} losses_item;

/* Of losses_item, by points lost, falling; equal ones in the record's order. Remarks (0 points)
 * come last. Owner: the caller. */
GArray *losses_list(const record *r);

/* What to do next, in the order to do it: at most n_max sentences (char *). Never empty: full
 * marks are said too. Owner: the caller. */
GPtrArray *losses_advice(const record *r, unsigned n_max);

#endif
