/*
 * callgrind_model.h -- builds a callgrind_profile while a reader goes through a file.
 *
 * A section is the text between one "fn=" and the next. Its lines and calls are merged in small
 * tables of its own, which stay in the processor's cache; only functions that come a second time
 * (several parts, several threads, other producers) go through the large tables of all of them.
 *
 * Owns:       the profile under construction until callgrind_model_finish().
 * Invariants: lines are unique by (function, file, line, address), calls by (caller, callee,
 *             file, line); strings given to it are interned in model->store.
 */
#ifndef HARNESS_PROFILE_CALLGRIND_MODEL_H
#define HARNESS_PROFILE_CALLGRIND_MODEL_H

#include "harness/profile/callgrind.h"
#include "harness/profile/callgrind_tables.h"
#include "harness/profile/store.h"

#define CALLGRIND_NONE UINT32_MAX

typedef struct callgrind_model callgrind_model;

/* n_events: of every cost array from here on. s: kept until the profile is freed. n_bytes: of the
 * text, so that arrays need not grow often. */
callgrind_model *callgrind_model_new(store *s, size_t n_events, size_t n_bytes);
void callgrind_model_free(callgrind_model *m);

/* Index of the function, which is made when it is new. The strings are interned. */
uint32_t callgrind_model_function(callgrind_model *m, const char *object, const char *file,
                                  const char *name);

/* Begins a section of that function. */
void callgrind_model_open(callgrind_model *m, uint32_t function);

/* A line or call of the open section: its [n_events] costs, to be added to; NULL when there are
 * more than 2^31 of them. The array may be moved by nothing. */
uint64_t *callgrind_model_line(callgrind_model *m, const char *file, uint32_t line,
                               uint64_t address);
uint64_t *callgrind_model_call(callgrind_model *m, uint32_t callee, const char *file, uint32_t line,
                               uint64_t calls);

/*
 * The lines of the open section within one file, for a loop that keeps all this in registers:
 * taken by callgrind_model_take_lines(), given back before any other function for lines is called.
 */
typedef struct callgrind_lines {
    callgrind_slot *slots; /* as in callgrind_section */
    unsigned shift;
    uint64_t first_place;         /* of the section */
    uint64_t file_place;          /* of line 0 of the file */
    callgrind_line *next, *limit; /* where a new line goes; equal: nowhere */
    uint64_t *costs;              /* of it */
    uint32_t function;
    const char *file;
} callgrind_lines;

callgrind_lines callgrind_model_take_lines(callgrind_model *m, const char *file);
void callgrind_model_give_lines(callgrind_model *m, callgrind_lines l);

/*
 * The costs of a line without address, which is added if it is new; NULL: it is neither at its
 * first place nor can it be put there, and callgrind_model_line() must do it. Whether a line is
 * new is as good as random, so there is no branch on it: what a new one needs is written in
 * either case.
 */
static inline uint64_t *callgrind_lines_at(callgrind_lines *l, uint32_t line, size_t n_events)
{
    uint64_t place = l->file_place + line;
    callgrind_slot *slot = &l->slots[place * CALLGRIND_GOLDEN >> l->shift];
    uint64_t if_new = -(uint64_t)(slot->place != place);
    __asm__("" : "+r"(if_new)); /* hides what it is: else compilers make a branch of it */
    uint64_t if_used = -(uint64_t)(slot->place >= l->first_place);
    if (__builtin_expect((if_new & if_used) != 0 || l->next == l->limit, 0))
        return NULL;
    uint64_t *costs =
        (uint64_t *)(((uintptr_t)slot->costs & ~if_new) | ((uintptr_t)l->costs & if_new));
    *slot = (callgrind_slot){place, 0, costs};
    *l->next = (callgrind_line){l->function, line, l->file, 0, costs};
    l->next -= (int64_t)if_new;
    l->costs += n_events & if_new;
    return costs;
}

/* Adds to the self cost of the open section's function. */
void callgrind_model_add_self(callgrind_model *m, const uint64_t *costs);

/* In bytes, of the arrays of a profile: what big_array_free() wants to know. */
typedef struct callgrind_sizes {
    size_t functions, lines, calls;
} callgrind_sizes;

/* Fills functions, lines, calls, totals and inclusive costs of p; m is left empty. */
void callgrind_model_finish(callgrind_model *m, callgrind_profile *p, callgrind_sizes *ret_sizes);

/* callgrind_inclusive.c: inclusive costs and calls by strongly connected components.
 * functions: their inclusive arrays are written. */
void callgrind_inclusive_compute(callgrind_function *functions, size_t n_functions,
                                 const callgrind_call *calls, size_t n_calls, size_t n_events);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(callgrind_model, callgrind_model_free)

#endif
