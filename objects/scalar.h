/*
 * scalar.h -- float and str: objects that hold no others, so the collector never looks at them.
 *
 *   float   | refcount | type | double |
 *   str     | refcount | type | n_bytes | hash | text | bytes, if they fit into a small block |
 *
 * Owns:   a str owns its bytes; text points to its own end or to a block of runtime.tables.
 * Source: the numbers that equal each other hash alike, as in CPython; FNV-1a for text.
 */
#ifndef OBJECTS_SCALAR_H
#define OBJECTS_SCALAR_H

#include "objects/object.h"

typedef struct str_payload {
    size_t n_bytes; /* without the terminating NUL */
    uint64_t hash;
    char *text; /* NUL-terminated; may contain NULs */
} str_payload;

/* Errors: NULL without memory. Owner: the caller. */
object *float_new(runtime *rt, double number);
object *str_new(runtime *rt, const char *bytes, size_t n_bytes);

static inline bool object_is(const object *o, type_kind kind)
{
    return o->type->kind == kind;
}

static inline double float_number(const object *o)
{
    return *(const double *)object_payload(o);
}

static inline const str_payload *str_of(const object *o)
{
    return object_payload(o);
}

/* ---- hashing and equality of any values ---- */

/*
 * TYPE_ERROR for a list or a dict, or a tuple that holds one: "unhashable type: 'list'".
 * Instances: by address, or as type_set_identity() says. A weakref: its referent's, remembered from
 * then on; TYPE_ERROR if it died first.
 */
status value_hash(runtime *rt, value v, uint64_t *ret_hash);

/* 1 equals 1.0; str, tuple, list and dict by contents; live weakrefs by their referents, dead ones
 * by identity; methods if they are the same of the same object; proxies as their referents;
 * instances by identity, or as type_set_identity() says. Recursion deeper than 1000: false. */
bool value_equal(value a, value b);

void str_destroy(object *o);

#endif
