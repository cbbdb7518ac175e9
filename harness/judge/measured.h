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

typedef struct measured {
    char *hottest;     /* function with the most instructions of its own, of all */
    char *hottest_own; /* of those in the parts: pool.c, layouts.c, workload.c */
    double calls_of_get;
    double peak_heap_bytes;
    cost *bytes;
} measured;

measured *measured_read(const evidence *e);
void measured_free(measured *m);

/* Bytes an object of that layout. */
double measured_bytes(const measured *m, const char *layout);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(measured, measured_free)

#endif
