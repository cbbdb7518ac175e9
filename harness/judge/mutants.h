/*
 * mutants.h -- the implementations that a student's tests are run against.
 *
 * correct:  the solution, and every folder of homework/correct/ (pool.c, layouts.c)
 * mutants:  homework/mutants/mutants.ini names them; NAME.patch puts one bug into the solution
 *
 * Owns: every string; mutants_free() releases the whole.
 */
#ifndef HARNESS_JUDGE_MUTANTS_H
#define HARNESS_JUDGE_MUTANTS_H

#include <glib.h>
#include <stdbool.h>

typedef struct mutant {
    char *name;  /* "pool-misaligned"; of a correct implementation "solution", ... */
    char *title; /* what the bug is; "" of a correct one */
    char *file;  /* "pool.c": what the patch changes; NULL of a correct one */
} mutant;

typedef struct mutants {
    GPtrArray *correct; /* of mutant *, by name, the solution first */
    GPtrArray *seeded;  /* of mutant *, in the order of the file */
} mutants;

/* data: data_root(). Owner of the result: the caller. */
mutants *mutants_read(const char *data, GError **error);
void mutants_free(mutants *m);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(mutants, mutants_free)

#endif
