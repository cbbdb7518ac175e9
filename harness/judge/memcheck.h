/*
 * memcheck.h -- reads what valgrind's memcheck writes with --xml=yes.
 *
 * Owns:   every string; memcheck_free() releases the whole.
 * Errors: a file that is not such XML, or ends early, is marked incomplete; what was read stands.
 */
#ifndef HARNESS_JUDGE_MEMCHECK_H
#define HARNESS_JUDGE_MEMCHECK_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct memcheck_error {
    char *kind; /* "InvalidRead", "Leak_DefinitelyLost", ... */
    char *what; /* "Invalid read of size 8" */
    char *file; /* base name of the submission's file in its first stack, NULL if none is in it */
    char *function;
    uint32_t line;
} memcheck_error;

typedef struct memcheck_report {
    bool complete;
    GPtrArray *errors; /* of memcheck_error *: one a place and kind */
} memcheck_report;

/* folder: last component of the folder of the sources that are asked for ("submission"). */
memcheck_report *memcheck_parse(const char *xml, size_t n_bytes, const char *folder);
void memcheck_free(memcheck_report *report);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(memcheck_report, memcheck_free)

#endif
