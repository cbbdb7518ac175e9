/*
 * type.h -- a class: its layout, and the keys that its instances share.
 *
 *   SLOTS    | refcount | type | slot 0 | slot 1 | ...
 *   WEAKREF  | refcount | type | weakrefs | slot 0 | slot 1 | ...
 *   DICT     | refcount | type | weakrefs | attributes | value 0 | value 1 | ...
 *
 * The keys of a DICT type grow as its instances get attributes, up to TYPE_MAX_INLINE; an instance
 * holds the values of the first ones in itself. `attributes` is one word:
 *
 *   | order: index + 1 of each attribute set, four bits each, the first set lowest | capacity: 4 |
 *   | pointer to a dict of its own, 16-aligned                                     |    0000     |
 *
 * An instance gets a dict of its own when it is given an attribute that its values have no room
 * for.
 *
 * Owns:       its names and keys; types belong to their runtime.
 * Invariants: keys are only ever added, so that (type, name) -> index stays true once it is.
 */
#ifndef OBJECTS_TYPE_H
#define OBJECTS_TYPE_H

#include "objects/runtime.h"

#include <stdint.h>

typedef enum type_layout { LAYOUT_DICT = 0, LAYOUT_SLOTS = 1, LAYOUT_WEAKREF = 2 } type_layout;

enum {
    TYPE_MAX_INLINE = 15, /* four bits an index, 0 means none */
    TYPE_MIN_INLINE = 4,
    TYPE_MAX_SLOTS = 60, /* an instance is a small block */
    TYPE_NO_INDEX = -1
};

typedef struct type {
    runtime *rt;
    struct type *next;       /* of the runtime's */
    const struct type *base; /* NULL: none */
    const name *name;
    type_layout layout;
    uint16_t n_keys;
    uint16_t capacity;      /* of keys */
    uint16_t values_offset; /* in an instance: slots, or inline values */
    uint16_t n_inline;      /* words for values in the next instance */
    uint16_t size_class;    /* of the next instance */
    const name **keys;
} type;

/* What a new type is to be. */
typedef struct type_spec {
    const char *name;
    type_layout layout;
    /* Distinct. For the slot layouts: the slots, after those that the base has; for LAYOUT_DICT:
     * attributes to expect. */
    const char *const *keys;
    size_t n_keys;
    const type *base; /* NULL, or a type of the same layout; LAYOUT_WEAKREF also after SLOTS */
} type_spec;

/*
 * Makes a type; it lives as long as its runtime.
 * Errors: VALUE_ERROR for a repeated key or too many; TYPE_ERROR for such a base; MEMORY_ERROR.
 */
status type_new(runtime *rt, const type_spec *spec, type **ret_type);

/* Index of a key, or TYPE_NO_INDEX. Cost: a comparison of addresses for each key. */
static inline int type_find(const type *t, const name *n)
{
    for (int i = 0; i < t->n_keys; i++) {
        if (t->keys[i] == n)
            return i;
    }
    return TYPE_NO_INDEX;
}

/* Adds a key to a DICT type. TYPE_NO_INDEX when there are TYPE_MAX_INLINE, or without memory. */
int type_add_key(type *t, const name *n);

#endif
