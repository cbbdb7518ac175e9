/*
 * callgrind_model.h -- builds a callgrind_profile while a reader goes through a file.
 *
 *   sections   | fn a | fn b | fn c | fn a (again) | ...
 *   lines      | .... | .. | ....... | .... |              and calls likewise
 *
 * A section is the text between one "fn=" and the next. Its lines and calls stand together in the
 * arrays and are unique within it, which a small index sees to. Functions that come again (several
 * parts, several threads, other producers) get a further section; what those of one function have
 * in common is added up when it has become much, and at the end.
 *
 * Lines with addresses come in ascending order but for few: one above all others of its section is
 * new, and is appended without a search; others are searched for among them by their order. The
 * index gets them only once that is not kept.
 *
 * Owns:       the profile under construction until callgrind_model_finish().
 * Invariants: in the finished profile lines are unique by (function, file, line, address), calls by
 *             (caller, callee, file, line); costs behind the last line or call are zero.
 */
#ifndef HARNESS_PROFILE_CALLGRIND_MODEL_H
#define HARNESS_PROFILE_CALLGRIND_MODEL_H

#include "harness/profile/callgrind.h"
#include "harness/profile/callgrind_index.h"
#include "harness/profile/store.h"

#define CALLGRIND_NONE UINT32_MAX

typedef struct callgrind_model callgrind_model;

/* n_events: of every cost array from here on. s: kept until the profile is freed. n_bytes: of the
 * text, so that arrays need not grow often. */
callgrind_model *callgrind_model_new(store *s, size_t n_events, size_t n_bytes);
void callgrind_model_free(callgrind_model *m);

/* Where a function is: the index of a file, and what it is. */
typedef struct callgrind_file {
    uint32_t index;
    const char *name;
} callgrind_file;

/* Index of the function, which is made when it is new. The strings are interned. */
uint32_t callgrind_model_function(callgrind_model *m, const char *object, callgrind_file file,
                                  const char *name);

/* Begins a section of that function; it must be closed before the next. */
void callgrind_model_open(callgrind_model *m, uint32_t function);

/* Ends it: its self cost is added to the function's and to [n_events] sums. */
void callgrind_model_close(callgrind_model *m, uint64_t *sums);

/* A line or call of the open section: its [n_events] costs, to be added to before the next call of
 * a function here; NULL when there are more than 2^31 of them. file: an index. */
uint64_t *callgrind_model_line(callgrind_model *m, uint32_t file, uint32_t line, uint64_t address);
uint64_t *callgrind_model_call(callgrind_model *m, uint32_t callee, uint32_t file, uint32_t line,
                               uint64_t calls);

/*
 * The lines of the open section, for a loop that keeps all this in registers: taken by
 * callgrind_model_take_lines(), given back before any other function for lines is called.
 */
typedef struct callgrind_lines {
    callgrind_index_slot *slots;
    unsigned shift;
    uint32_t first, n, limit; /* of the section; so far; n that makes more room necessary */
    callgrind_line *lines;
    uint64_t *costs, *addresses;
    uint64_t max_address;
} callgrind_lines;

/* has_addresses: those that will be added have one, else none has. */
callgrind_lines callgrind_model_take_lines(callgrind_model *m, bool has_addresses);
void callgrind_model_give_lines(callgrind_model *m, callgrind_lines l);

/*
 * Index of a line without address, which is added if it is new. False: it is neither at its first
 * place nor can it be put there, and callgrind_model_line() must do it. Whether a line is new is as
 * good as random, so there is no branch on it: what a new one needs is written in either case.
 */
static inline bool callgrind_lines_at(callgrind_lines *l, uint32_t file, uint32_t line,
                                      uint32_t *ret_index)
{
    uint32_t hash = callgrind_index_hash(file, line);
    callgrind_index_slot *slot = &l->slots[hash >> l->shift];
    uint32_t if_new = -(uint32_t)(slot->index - l->first >= l->n - l->first);
    __asm__("" : "+r"(if_new)); /* hides what it is: else compilers make a branch of it */
    uint32_t at = (slot->index & ~if_new) | (l->n & if_new);
    callgrind_line *item = &l->lines[at];
    uint32_t differs = (item->line ^ line) | (item->file ^ file);
    if (__builtin_expect((differs & ~if_new) != 0, 0) || __builtin_expect(l->n == l->limit, 0))
        return false;
    *slot = (callgrind_index_slot){hash, at};
    item->line = line;
    item->file = file;
    l->n -= if_new;
    *ret_index = at;
    return true;
}

/* The same for one with an address; false also if it may not be new. */
static inline bool callgrind_lines_append(callgrind_lines *l, uint32_t file, uint32_t line,
                                          uint64_t address, uint32_t *ret_index)
{
    if (__builtin_expect(address <= l->max_address, 0) || __builtin_expect(l->n == l->limit, 0))
        return false;
    l->lines[l->n].line = line;
    l->lines[l->n].file = file;
    l->addresses[l->n] = address;
    l->max_address = address;
    *ret_index = l->n++;
    return true;
}

/* In bytes, of the arrays of a profile: what big_array_free() wants to know. */
typedef struct callgrind_sizes {
    size_t functions, lines, line_costs, line_addresses, calls, call_costs;
} callgrind_sizes;

/* Fills functions, lines, calls, totals and inclusive costs of p; m is left empty. */
void callgrind_model_finish(callgrind_model *m, callgrind_profile *p, callgrind_sizes *ret_sizes);

/* callgrind_inclusive.c: inclusive costs and calls by strongly connected components. p: all but
 * these. functions: those of p, whose inclusive arrays are written. */
void callgrind_inclusive_compute(const callgrind_profile *p, callgrind_function *functions);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(callgrind_model, callgrind_model_free)

#endif
