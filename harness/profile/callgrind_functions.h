/*
 * callgrind_functions.h -- the functions that a callgrind_model has, by object, file and name;
 * private to it.
 *
 * Open addressing, at most half full; the order is that in which they came.
 */
#ifndef HARNESS_PROFILE_CALLGRIND_FUNCTIONS_H
#define HARNESS_PROFILE_CALLGRIND_FUNCTIONS_H

#include "harness/profile/callgrind_model.h"

typedef struct callgrind_function_state {
    uint32_t file; /* index */
    bool was_opened;
} callgrind_function_state;

typedef struct callgrind_functions {
    store *store; /* of their costs */
    size_t n_events;
    callgrind_function *items;
    callgrind_function_state *states; /* beside */
    size_t n, capacity;
    uint32_t *slots; /* index + 1 */
    unsigned bits;
} callgrind_functions;

/* capacity: how many are expected. */
void callgrind_functions_init(callgrind_functions *f, store *s, size_t n_events, size_t capacity);
void callgrind_functions_clear(callgrind_functions *f);

/* Its index; it is made if it is new. The strings are interned. */
uint32_t callgrind_functions_find(callgrind_functions *f, const char *object, callgrind_file file,
                                  const char *name);

/* The items, of f->capacity, to be freed by big_array_free(); nothing is found any more. */
callgrind_function *callgrind_functions_steal(callgrind_functions *f);

#endif
