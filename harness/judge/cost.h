/*
 * cost.h -- instructions and bytes an object, from the stored callgrind profiles and answers.
 *
 *   cost(2N) - cost(N)
 *   ------------------   start-up, class and pool fall out
 *           N
 *
 * Owns: every string; cost_free() releases the whole.
 */
#ifndef HARNESS_JUDGE_COST_H
#define HARNESS_JUDGE_COST_H

#include "harness/judge/evidence.h"

#include <glib.h>
#include <stdbool.h>

/* One measured operation of one layout. */
typedef struct cost_item {
    char *name;            /* "create": what follows measure_ */
    char *layout;          /* "dict"; "" for operations of the pool itself */
    submission_part part;  /* whose cost it is */
    double mine, solution; /* an object; negative: could not be measured */
} cost_item;

typedef struct cost {
    GPtrArray *items; /* of cost_item * */
    char *fault;      /* NULL, or why the solution itself could not be measured */
} cost;

/* "cost-dict-submission-1": of a mode ("pool", a layout), of a subject, at N or at 2N. */
char *cost_job_name(const char *mode, const char *subject, unsigned factor);

/* The modes of the measuring driver, NULL-ended: "pool" and the layouts. */
extern const char *const cost_modes[];

cost *cost_instructions(const evidence *e);
cost *cost_bytes(const evidence *e);
void cost_free(cost *c);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(cost, cost_free)

#endif
