/*
 * valgrind.h -- the command lines under which valgrind counts the same thing every time.
 *
 * Pinned: options from nowhere but here (--command-line-only=yes), no gdb server, the geometry of
 * the simulated caches, the environment. The caller pins argv[0], the working directory and
 * stdout (to a file). These functions only build vectors of strings; sandbox.h or a plain
 * spawn runs them.
 * Source:  what moves counts was found by experiment: the C library's choice of memcpy by
 *          processor 11 times, the environment's size by hundreds, a terminal as stdout too.
 */
#ifndef HARNESS_PROFILE_VALGRIND_H
#define HARNESS_PROFILE_VALGRIND_H

#include <glib.h>

/* "NAME=value" strings, NULL-ended: the environment that a measured program runs in. It makes
 * the C library take its baseline x86-64 routines, whatever the processor has, with fixed
 * thresholds, and resolve symbols at start. */
const char *const *valgrind_environment(void);

/* The values of that environment's variables, for a program that keeps its own environment
 * besides. NULL for other names. */
const char *valgrind_pinned_value(const char *name);

/* Of valgrind_callgrind_argv(); {0} is plain instruction counts. */
typedef struct valgrind_callgrind_options {
    gboolean simulate_caches;   /* D1, LL misses, on a fixed geometry */
    gboolean simulate_branches; /* mispredictions */
    gboolean by_instruction;    /* positions are addresses as well as lines */
    gboolean collect_jumps;     /* where jumps lead to and how often */
    unsigned separate_callers;  /* depth of contexts in names, "a'b'c"; 0: none */
    const char *toggle_collect; /* count only within this function; NULL: everywhere */
} valgrind_callgrind_options;

/* Argument vectors of "/usr/bin/valgrind ..." up to where the program follows: char *, not
 * NULL-ended, so that the program and a NULL can be appended. Owner: the caller; the array frees
 * its elements. options: NULL is {0}. */
GPtrArray *valgrind_callgrind_argv(const char *out_file, const valgrind_callgrind_options *options);
GPtrArray *valgrind_massif_argv(const char *out_file, gboolean pages_as_heap);
/* Adds to massif's or memcheck's that all allocations go to a file too, by line, in callgrind's
 * form. */
void valgrind_add_xtree(GPtrArray *argv, const char *xtree_file);
/* exit status 0 whatever is found: errors are in the file. */
GPtrArray *valgrind_memcheck_argv(const char *xml_file);
GPtrArray *valgrind_cachegrind_argv(const char *out_file);
GPtrArray *valgrind_dhat_argv(const char *out_file);

#endif
