/*
 * tour.h -- the lecture's examples, one a step, run live on the runtime of objects/.
 *
 * A step prints what would be typed and what came of it; every result is asked of the runtime as
 * it is printed. cmd_tour.c turns the pages.
 *
 * Owns:    a tour owns its runtime and the facts noted for --json.
 * Threads: none.
 */
#ifndef HARNESS_CLI_TOUR_H
#define HARNESS_CLI_TOUR_H

#include "objects/object.h"

#include <glib.h>
#include <jansson.h>

enum { TOUR_LAYOUTS = 3 };

typedef struct tour {
    gboolean json, colour;
    const char *step;          /* the title of the step that runs */
    json_t *facts;             /* with json: [{"step", "code", "result"}] */
    runtime *rt;               /* a new one for each step */
    type *types[TOUR_LAYOUTS]; /* Point, in each layout: x and y */
    const name *x, *y;
} tour;

/* A paragraph. */
void tour_say(const tour *t, const char *text);

/* One line: what was done, and what came of it. */
void tour_show(tour *t, const char *code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* A picture, printed as it is; not part of --json. */
void tour_draw(const tour *t, const char *picture);

/* False without memory. */
typedef bool tour_function(tour *t);

typedef struct tour_step {
    const char *name, *title, *lecture; /* lecture: the topic, as in "L7 weak references" */
    tour_function *run;
} tour_step;

/* All steps, in order; ends with one without a name. */
extern const tour_step tour_steps[];

#endif
