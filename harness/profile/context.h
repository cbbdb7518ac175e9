/*
 * context.h -- what callgrind puts into a function's name: recursion level and callers.
 *
 *   fib           plain
 *   fib'2         second activation of fib on the stack (the last level stands for all deeper ones)
 *   a'2'b'c       a at its second level, called by b, called by c; only the first name, the
 *                 innermost, has a level
 *
 * Direct recursion adds no name to a context, so the level also says how many frames are hidden.
 */
#ifndef HARNESS_PROFILE_CONTEXT_H
#define HARNESS_PROFILE_CONTEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct context_part {
    const char *text; /* within the name that was given */
    size_t n_bytes;
} context_part;

typedef struct context {
    GArray *parts;  /* of context_part, innermost first; at least one */
    unsigned level; /* of the innermost; 1: the first activation */
} context;

/* Splits a name. Quotes behind "::" belong to a name (unnamed C++ entities, "f()::'lambda'()").
 * Clear with context_clear(). */
void context_init(context *c, const char *name);
void context_clear(context *c);

/* How often the innermost function's name occurs among the parts. */
unsigned context_n_occurrences(const context *c);

/* True if an activation of the same function is further out on the stack: its inclusive cost is
 * part of that one's. */
bool context_is_nested(const context *c);

#endif
