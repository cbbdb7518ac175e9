/*
 * callgrind_model.h -- builds a callgrind_profile while a reader goes through a file.
 *
 * A section is the text between one "fn=" and the next. Its lines and calls are merged in a small
 * table of its own, which stays in the processor's cache; only functions that come a second time
 * (several parts, several threads, other producers) go through the large table of all of them.
 *
 * Owns:       the profile under construction until callgrind_model_finish().
 * Invariants: lines are unique by (function, file, line, address), calls by (caller, callee,
 *             file, line); strings given to it are interned in model->store.
 */
#ifndef HARNESS_PROFILE_CALLGRIND_MODEL_H
#define HARNESS_PROFILE_CALLGRIND_MODEL_H

#include "harness/profile/callgrind.h"
#include "harness/profile/store.h"

#define CALLGRIND_NONE UINT32_MAX

typedef struct callgrind_model callgrind_model;

/* n_events: of every cost array from here on. s: kept until the profile is freed. */
callgrind_model *callgrind_model_new(store *s, size_t n_events);
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

/* What callgrind_model_line() needs to find a line that it knows, for a loop that keeps it in
 * registers: valid until the next call to any function of the model. Only sections that are in
 * the small table have one. */
typedef struct callgrind_line_finder {
    const struct callgrind_slot *slots;
    const callgrind_line *lines;
    size_t mask;
    uint32_t stamp;
} callgrind_line_finder;

/* A slot is in use if its stamp is the table's: a new stamp empties the whole table. */
typedef struct callgrind_slot {
    uint32_t stamp;
    uint32_t index; /* of a line; of a call, with the highest bit set */
} callgrind_slot;

/* False if the open section has none. */
bool callgrind_model_finder(const callgrind_model *m, callgrind_line_finder *ret_finder);

/* Where the search for a line or call begins. callee: CALLGRIND_NONE for a line. */
static inline uint64_t callgrind_model_hash(uint32_t function, uint32_t callee, const char *file,
                                            uint32_t line, uint64_t address)
{
    uint64_t hash = ((uintptr_t)file + line + address * 0xD6E8FEB86659FD93U) ^
                    (((uint64_t)callee << 32) + function);
    hash *= 0x9FB21C651E98DF25U;
    return hash ^ (hash >> 32);
}

/* The costs of a known line without address, or NULL: not at the first place to look at. */
static inline uint64_t *callgrind_model_find_line(const callgrind_line_finder *f, uint32_t function,
                                                  const char *file, uint32_t line)
{
    const callgrind_slot *slot =
        &f->slots[callgrind_model_hash(function, CALLGRIND_NONE, file, line, 0) & f->mask];
    if (slot->stamp != f->stamp || (slot->index >> 31) != 0)
        return NULL;
    const callgrind_line *l = &f->lines[slot->index];
    if (l->line != line || l->file != file || l->address != 0)
        return NULL;
    return (uint64_t *)(uintptr_t)l->self; /* it is the model's: not const here */
}

/* Adds to the self cost of the open section's function. */
void callgrind_model_add_self(callgrind_model *m, const uint64_t *costs);

/* Fills functions, lines, calls, totals and inclusive costs of p; m is left empty.
 * The arrays lines and calls are to be freed by big_array_free() with the sizes returned. */
void callgrind_model_finish(callgrind_model *m, callgrind_profile *p, size_t *ret_lines_bytes,
                            size_t *ret_calls_bytes);

/* callgrind_inclusive.c: inclusive costs and calls by strongly connected components.
 * functions: their inclusive arrays are written. */
void callgrind_inclusive_compute(callgrind_function *functions, size_t n_functions,
                                 const callgrind_call *calls, size_t n_calls, size_t n_events);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(callgrind_model, callgrind_model_free)

#endif
