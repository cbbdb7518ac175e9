/*
 * callgrind.h -- reads callgrind.out files into one model.
 *
 *   profile > functions > lines (self cost), calls (edges with inclusive cost), jumps
 *
 * Owns:       every string and array; callgrind_free() releases the whole.
 * Invariants: sum of self cost over functions == sum over lines == computed totals;
 *             names are unique per (object, file, name).
 * Errors:     nothing readable at all is an error (line, column, what was expected); damage
 *             further on is a warning, and what was read stands ("complete" is false).
 * Source:     the format as valgrind writes it (its manual, "Callgrind Format Specification",
 *             and the pitfalls named in callgrind.c).
 */
#ifndef HARNESS_PROFILE_CALLGRIND_H
#define HARNESS_PROFILE_CALLGRIND_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct callgrind_function {
    const char *name;   /* "hw_pool_alloc", "fib'2" */
    const char *file;   /* "" if unknown ("???") */
    const char *object; /* "" if unknown */
    uint32_t line;      /* smallest line with a cost in its own file; 0: unknown */
    uint64_t calls;
    uint64_t primitive_calls;  /* calls not from within the same recursion cycle */
    const uint64_t *self;      /* [n_events] */
    const uint64_t *inclusive; /* [n_events]; right under recursion (components, not edge sums) */
} callgrind_function;

/* One source line as executed in one function. There are millions: its self cost and address stand
 * in arrays beside, see callgrind_line_self(). */
typedef struct callgrind_line {
    uint32_t function; /* index */
    uint32_t line;
    uint32_t file; /* index; may differ from the function's: inlined code */
} callgrind_line;

/* All calls from one line of one function to another. */
typedef struct callgrind_call {
    uint32_t caller, callee; /* function indices */
    uint32_t file;           /* index */
    uint32_t line;
    uint64_t calls;
} callgrind_call;

/* Jumps from one place to another, as valgrind counts them with --collect-jumps=yes. */
typedef struct callgrind_jump {
    uint32_t function; /* index, of the place that jumps */
    uint32_t line, target_line;
    const char *file, *target_file;
    uint64_t address, target_address; /* 0 unless the file has instruction positions */
    uint64_t taken, executed;         /* equal where the jump is not conditional */
    bool is_conditional;
} callgrind_jump;

typedef struct callgrind_profile {
    const char *command; /* "" if not given */
    const char *creator;
    size_t n_events;
    const char *const *events; /* "Ir", ... */
    const callgrind_function *functions;
    size_t n_functions;
    const char *const *files; /* [0] is "", the unknown one */
    size_t n_files;
    const callgrind_line *lines;
    const uint64_t *line_costs;     /* [n_lines][n_events] */
    const uint64_t *line_addresses; /* [n_lines]; NULL without instruction positions */
    size_t n_lines;
    const callgrind_call *calls;
    const uint64_t *call_costs; /* [n_calls][n_events] */
    size_t n_calls;
    const callgrind_jump *jumps; /* as they stand in the file: those of several parts apart */
    size_t n_jumps;
    const uint64_t *totals;  /* computed: sum of self costs */
    const uint64_t *summary; /* as the file states; NULL if it does not */
    bool complete;           /* read to the end without damage */
    GPtrArray *warnings;     /* of char * */
} callgrind_profile;

typedef enum callgrind_error_code {
    CALLGRIND_ERROR_FORMAT /* nothing in it could be read; message has line and column */
} callgrind_error_code;
#define CALLGRIND_ERROR callgrind_error_quark()
GQuark callgrind_error_quark(void);

/* Parses n_bytes of text (need not be terminated; may be freed afterwards). name: for messages.
 * Owner of the result: the caller. */
callgrind_profile *callgrind_parse(const char *text, size_t n_bytes, const char *name,
                                   GError **error);
/* The same from a file (mapped, not copied). */
callgrind_profile *callgrind_read(const char *path, GError **error);
void callgrind_free(callgrind_profile *profile);

/* Index of an event by name, or -1. */
int callgrind_event(const callgrind_profile *profile, const char *name);

/* What an event counts, "instructions" for "Ir"; of one that is not known, the event itself. */
const char *callgrind_event_unit(const char *event);

/* First function of that name (any file), or NULL. */
const callgrind_function *callgrind_find(const callgrind_profile *profile, const char *name);

/* What belongs to a line or call, which is one of the profile's own: [n_events] costs. */
static inline const uint64_t *callgrind_line_self(const callgrind_profile *profile,
                                                  const callgrind_line *line)
{
    return profile->line_costs + (size_t)(line - profile->lines) * profile->n_events;
}

static inline const uint64_t *callgrind_call_inclusive(const callgrind_profile *profile,
                                                       const callgrind_call *call)
{
    return profile->call_costs + (size_t)(call - profile->calls) * profile->n_events;
}

/* 0 unless the file has instruction positions. */
static inline uint64_t callgrind_line_address(const callgrind_profile *profile,
                                              const callgrind_line *line)
{
    return profile->line_addresses == NULL ? 0 : profile->line_addresses[line - profile->lines];
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(callgrind_profile, callgrind_free)

#endif
