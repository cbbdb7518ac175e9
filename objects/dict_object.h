/*
 * dict_object.h -- dict as a value: any hashable values to values, in the order of insertion.
 * (dict.h is the table behind an instance's attributes, whose keys are names.)
 *
 *   table:  index   | 2 |   | 0 |   | 1 |      open addressing by hash
 *           entries | key hash value | key hash value | (deleted) | ...
 *
 * A plain dict is tracked by the collector from the first key or value on that is itself tracked.
 *
 * Owns:       its table and a strong reference to each key and value that is an object.
 * Invariants: dict_object_is_valid(): each entry is found by its key, n_set counts them.
 * Iteration:  dict_object_next(); a change of the number of entries meanwhile is an error, as in
 *             CPython.
 */
#ifndef OBJECTS_DICT_OBJECT_H
#define OBJECTS_DICT_OBJECT_H

#include "objects/object.h"

typedef struct dict_item {
    value key; /* VALUE_NONE: deleted */
    uint64_t hash;
    value value;
} dict_item;

typedef struct dict_table {
    uint32_t n_items; /* set and deleted ones */
    uint32_t n_set;
    uint32_t capacity; /* of items; the index has twice as many cells */
    uint32_t unused;
    dict_item items[];
    /* uint32_t index[2 * capacity] follows */
} dict_table;

typedef struct dict_payload {
    dict_table *table; /* NULL: empty */
} dict_payload;

/* An empty dict. t: runtime.builtin[KIND_DICT] or a subclass. NULL without memory. */
object *dict_object_new(type *t);

static inline size_t dict_object_length(const object *o)
{
    const dict_payload *d = object_payload(o);
    return d->table == NULL ? 0 : d->table->n_set;
}

/* *ret_value is borrowed. KEY_ERROR; TYPE_ERROR for an unhashable key. */
status dict_object_get(const object *o, value key, value *ret_value);

/* Takes references to both; an equal key that is there stays. MEMORY_ERROR: nothing has changed. */
status dict_object_set(object *o, value key, value v);

/* KEY_ERROR, TYPE_ERROR. */
status dict_object_unset(object *o, value key);

/* Starts at *at 0; false at the end. Borrowed. */
bool dict_object_next(const object *o, size_t *at, value *ret_key, value *ret_value);

/* As tuple_is_atomic(). */
bool dict_object_is_atomic(const object *o);

bool dict_object_is_valid(const object *o);

#endif
