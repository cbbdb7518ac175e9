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

/* What the submission read back of what the driver wrote, in the runs that were measured. */
typedef enum cost_work {
    COST_WORK_DONE,
    COST_WORK_WRONG,         /* not all of it */
    COST_WORK_LEFT,          /* of what frees: all was right, but blocks were left */
    COST_WORK_ONLY_UNWATCHED /* all of it without the profiler, and none right under it */
} cost_work;

/* One measured operation of one layout. */
typedef struct cost_item {
    char *name;            /* "create": what follows measure_ */
    char *layout;          /* "dict"; "" for operations of the pool itself */
    submission_part part;  /* whose cost it is */
    double mine, solution; /* an object; negative: not measured */
    cost_work work;        /* a cost counts only where the work was done */
} cost_item;

typedef struct cost {
    GPtrArray *items; /* of cost_item * */
    char *fault;      /* NULL, or why the solution itself could not be measured */
} cost;

/* "valgrind/cost-submission-1": the measuring driver on a subject's parts, at N or at 2N. */
char *cost_job_name(const char *subject, unsigned factor);
/* "plain/cost-submission-1": the same run without the profiler. */
char *cost_plain_job_name(const char *subject, unsigned factor);
/* "space/dict-submission-1": the driver holds factor * COST_SPACE_OBJECTS objects. */
char *cost_space_job_name(const char *layout, const char *subject, unsigned factor);

/* Arenas are large: as many objects as make one arena more or less a few bytes an object. */
#define COST_SPACE_OBJECTS 100000

/* Names of the layouts as drivers take them, NULL-ended. */
extern const char *const cost_layouts[];

/* Instructions, of the pool's operations and the layouts'. */
cost *cost_instructions(const evidence *e);
/* Bytes held for an object of four attributes, by the arenas that the driver mapped and malloc. */
cost *cost_bytes(const evidence *e);
void cost_free(cost *c);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(cost, cost_free)

#endif
