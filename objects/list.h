/*
 * list.h -- a list of values that grows.
 *
 * Owns:       a strong reference to each item that is an object; its items' memory.
 * Invariants: n <= capacity; items NULL exactly if capacity is 0; no item is VALUE_NONE.
 * Iteration:  by index, so that a list may change meanwhile, as in CPython.
 */
#ifndef OBJECTS_LIST_H
#define OBJECTS_LIST_H

#include "objects/object.h"

typedef struct list_payload {
    value *items;
    size_t n, capacity;
} list_payload;

/* An empty list. t: runtime.builtin[KIND_LIST] or a subclass. NULL without memory. */
static inline object *list_new(type *t)
{
    return object_new(t);
}

static inline const list_payload *list_of(const object *o)
{
    return object_payload(o);
}

/* Takes a reference to v. MEMORY_ERROR: nothing has changed. Cost: amortised O(1). */
status list_append(object *o, value v);

/* The i-th item, borrowed. INDEX_ERROR "list index out of range". Negative i counts from the end.
 */
status list_get(const object *o, int64_t i, value *ret_value);
status list_set(object *o, int64_t i, value v);

/* Takes the i-th item out: *ret_value is the caller's. INDEX_ERROR. Cost: O(n - i). */
status list_pop(object *o, int64_t i, value *ret_value);

#endif
