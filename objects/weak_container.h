/*
 * weak_container.h -- WeakKeyDictionary, WeakValueDictionary and WeakSet.
 *
 *   WeakKeyDictionary     data: dict of weakref to the key -> value
 *   WeakValueDictionary   data: dict of key -> weakref to the value
 *   WeakSet               data: dict of weakref to the item -> 1
 *
 * An entry goes when its referent dies: each weakref has a callback, which holds a weakref to the
 * container (so that neither keeps the other) and, for a value, the key. While an iteration runs,
 * entries stay, dead and unseen; they go when the last iteration ends.
 *
 * Keys compare as their referents do. The containers are objects: the collector looks into them,
 * and finds a cycle through a WeakKeyDictionary's value, as in CPython.
 *
 * Owns:       its dict. Values of a WeakKeyDictionary and keys of a WeakValueDictionary are strong.
 * Invariants: without an iteration, no dead weakref is in data.
 * Errors:     as of dict_object.h; TYPE_ERROR for what cannot be weakly referred to.
 * Source:     semantics of CPython 3.11's weakref.py and _weakrefset.py (no code taken).
 */
#ifndef OBJECTS_WEAK_CONTAINER_H
#define OBJECTS_WEAK_CONTAINER_H

#include "objects/object.h"

typedef struct weak_payload {
    value data; /* a dict; VALUE_NONE: cleared by the collector, and empty for good */
    uint32_t n_iterating;
    uint32_t n_dead; /* entries of data that nobody sees */
} weak_payload;

static inline bool kind_is_weak_container(type_kind kind)
{
    return kind == KIND_WEAK_KEY_DICT || kind == KIND_WEAK_VALUE_DICT || kind == KIND_WEAK_SET;
}

static inline weak_payload *weak_payload_of(const object *o)
{
    return object_payload(o);
}

/* An empty container of one of the three kinds. NULL without memory. */
object *weak_container_new(runtime *rt, type_kind kind);

size_t weak_length(const object *o);

/* True if there is such a key or item; false also for what cannot be one. */
bool weak_contains(const object *o, value key);

/* ---- the dictionaries ---- */

/* *ret_value is the caller's. KEY_ERROR, TYPE_ERROR. */
status weak_dict_get(const object *o, value key, value *ret_value);
status weak_dict_set(object *o, value key, value v);
status weak_dict_unset(object *o, value key);

/* Takes the entry out. */
status weak_dict_pop(object *o, value key, value *ret_value);

/* ---- the set ---- */

status weak_set_add(object *o, value item);

/* KEY_ERROR if it is not there; weak_set_discard() has none. */
status weak_set_remove(object *o, value item);
status weak_set_discard(object *o, value item);

/* Any item: the caller's. KEY_ERROR "pop from empty WeakSet". */
status weak_set_pop(object *o, value *ret_item);

/* ---- iteration ---- */

/* Entries that live, in the order of insertion. Entries may die or be deleted meanwhile; setting
 * new ones is an error that weak_iterator_next() reports. */
typedef struct weak_iterator {
    object *container; /* held */
    size_t at, n_set;
} weak_iterator;

void weak_iterator_begin(weak_iterator *i, object *o);

/* The next entry: both are the caller's; ret_value is 1 for a set. STATUS_OK with *ret_key
 * VALUE_NONE at the end. RUNTIME_ERROR if entries came. */
status weak_iterator_next(weak_iterator *i, value *ret_key, value *ret_value);
void weak_iterator_end(weak_iterator *i);

/* For object.c: lets go of all that it holds. */
void weak_clear(object *o);

bool weak_container_is_valid(const object *o);

#endif
