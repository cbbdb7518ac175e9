/*
 * measured.h -- the figures that findings.ini asks for, from the stored profiles.
 *
 * Owns: every string; measured_free() releases the whole. Negative or NULL: not measured.
 */
#ifndef HARNESS_JUDGE_MEASURED_H
#define HARNESS_JUDGE_MEASURED_H

#include "harness/judge/cost.h"
#include "harness/judge/evidence.h"

#include <glib.h>
#include <stdbool.h>

typedef struct measured_function {
    char *name; /* without ".part.0" and the like */
    double self_ir;
    bool is_own; /* in a part: pool.c, layouts.c, workload.c */
} measured_function;

typedef struct measured {
    GArray *functions; /* of measured_function; empty: no profile */
    double calls_of_get;
    double peak_heap_bytes;
    cost *bytes;
} measured;

measured *measured_read(const evidence *e);
void measured_free(measured *m);

/* True if no function, or none in the parts, has more instructions of its own, within the relative
 * tolerance: what a profile's reader takes for the hottest. */
bool measured_is_hottest(const measured *m, const char *name, double tolerance);

/* Bytes an object of that layout. */
double measured_bytes(const measured *m, const char *layout);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(measured, measured_free)

#endif
