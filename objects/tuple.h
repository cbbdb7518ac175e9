/*
 * tuple.h -- a fixed number of values.
 *
 *   | refcount | type | n | items | items themselves, if they fit into a small block |
 *
 * Owns:  a strong reference to each item that is an object.
 * Cost:  one block up to TUPLE_INLINE_ITEMS items, two for more.
 */
#ifndef OBJECTS_TUPLE_H
#define OBJECTS_TUPLE_H

#include "objects/object.h"

typedef struct tuple_payload {
    size_t n;
    value *items; /* none is VALUE_NONE */
} tuple_payload;

enum {
    TUPLE_INLINE_ITEMS =
        (HEAP_SMALL_MAX_BYTES - sizeof(object) - sizeof(tuple_payload)) / sizeof(value)
};

/* A tuple of n values, to each of which it takes a reference; not tracked if n is 0. NULL without
 * memory. */
object *tuple_new(runtime *rt, const value *items, size_t n);

static inline tuple_payload *tuple_of(const object *o)
{
    return object_payload(o);
}

/* True if no item could be part of a cycle: the collector then no longer tracks the tuple. */
bool tuple_is_atomic(const object *o);

void tuple_free_items(object *o);

#endif
