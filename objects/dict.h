/*
 * dict.h -- names to values in the order of insertion: a table of entries and an index over it.
 *
 *   index   | 2 |   | 0 |   | 1 |      open addressing by the name's hash; empty: DICT_EMPTY
 *   entries | x=1 | y=2 | (deleted) | z=3 |   in the order in which they were set
 *
 * Owns:       its memory and one reference to each value that is an object; the caller takes and
 *             drops references (dict.c knows nothing of objects).
 * Invariants: dict_is_valid(): every entry that is set is found by its name, n_set counts them.
 */
#ifndef OBJECTS_DICT_H
#define OBJECTS_DICT_H

#include "objects/heap.h"
#include "objects/name.h"
#include "objects/value.h"

#include <stdbool.h>

typedef struct dict_entry {
    const name *name; /* NULL: deleted */
    value value;
} dict_entry;

typedef struct dict {
    uint32_t n_entries; /* set and deleted ones */
    uint32_t n_set;
    uint32_t capacity; /* of entries; the index has twice as many cells */
    uint32_t unused;
    dict_entry entries[];
    /* uint32_t index[2 * capacity] follows */
} dict;

/* An empty dict with room for n entries. NULL without memory. */
dict *dict_new(heap *h, size_t n);
void dict_free(heap *h, dict *d);

/* The entry of a name, or NULL. */
dict_entry *dict_find(const dict *d, const name *n);

/* Sets a name that is not there; *d may move. False without memory (nothing has changed). */
bool dict_add(heap *h, dict **d, const name *n, value v);

/* Deletes an entry that dict_find() gave. Its value is the caller's to release. */
void dict_remove(dict *d, dict_entry *entry);

/* The i-th entry that is set, 0 <= i < n_set. Cost: O(1) while nothing was deleted. */
const dict_entry *dict_at(const dict *d, size_t i);

bool dict_is_valid(const dict *d);

#endif
