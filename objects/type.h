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
 *   | index of each attribute set, four bits each, the first set lowest | count: 4 | capacity: 4 |
 *   | pointer to a dict of its own, 16-aligned                                     |    0000     |
 *
 * An instance gets a dict of its own when it is given an attribute that its values have no room
 * for.
 *
 * Each runtime has a type for each builtin kind (runtime.builtin); they keep their fields in the
 * payload:
 *
 *   list        | refcount | type | items | n | capacity |
 *   subclass    | refcount | type | weakrefs | attributes | items | n | capacity | value 0 | ...
 *
 * list and dict have subclasses, of LAYOUT_DICT; the others have none.
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
    TYPE_MAX_INLINE = 14, /* four bits an index, beside count and capacity */
    TYPE_MIN_INLINE = 4,
    TYPE_MAX_SLOTS = 60, /* an instance is a small block */
    TYPE_MAX_METHODS = 256,
    TYPE_NO_INDEX = -1
};

/* Runs when an object dies, or is found unreachable: once in its life. It may keep the object. */
typedef void type_finalizer(struct object *self, void *argument);

/* A method: arguments are borrowed, *ret_result is the caller's. */
typedef status method_function(struct object *self, const value *arguments, size_t n_arguments,
                               value *ret_result);

typedef struct type_method {
    const name *name;
    method_function *run;
} type_method;

/* How two instances compare, instead of by identity; equal ones must have equal hashes. */
typedef struct type_identity {
    uint64_t (*hash)(const struct object *o);
    bool (*equal)(const struct object *a, const struct object *b); /* of the same type */
} type_identity;

/* Where the collector finds the references in an object. */
typedef enum type_scan {
    TYPE_SCAN_FIXED,  /* n_inline values */
    TYPE_SCAN_INLINE, /* as many as the instance has inline, unless it has a dict of its own */
    TYPE_SCAN_SPANS   /* object_spans() */
} type_scan;

/* What objects are copied by. */
typedef struct __attribute__((may_alias)) type_unit {
    uint64_t words[2];
} type_unit;

typedef struct type {
    runtime *rt;
    struct type *next;       /* of the runtime's */
    const struct type *base; /* NULL: none */
    const name *name;
    type_layout layout;
    type_kind kind;
    type_scan scan;
    uint16_t n_keys;
    uint16_t capacity;       /* of keys */
    uint16_t values_offset;  /* in an instance: slots, or inline values */
    uint16_t n_inline;       /* words for values in the next instance */
    uint16_t size_class;     /* of the next instance */
    uint16_t payload_offset; /* what the kind adds */
    uint16_t payload_words;
    uint16_t n_methods;
    const name **keys;
    type_method *methods; /* its own; those of its base are found there */
    type_finalizer *finalizer;
    void *finalizer_argument;
    type_identity identity;                                    /* equal NULL: by address */
    type_unit image[HEAP_SMALL_MAX_BYTES / sizeof(type_unit)]; /* the next instance as it is made */
} type;

/* What a new type is to be. */
typedef struct type_spec {
    const char *name;
    type_layout layout;
    /* Distinct. For the slot layouts: the slots, after those that the base has; for LAYOUT_DICT:
     * attributes to expect. */
    const char *const *keys;
    size_t n_keys;
    /* NULL, or a type of the same layout; LAYOUT_WEAKREF also after SLOTS; LAYOUT_DICT also after
     * the builtin list and dict. */
    const type *base;
} type_spec;

/*
 * Makes a type; it lives as long as its runtime.
 * Errors: VALUE_ERROR for a repeated key or too many; TYPE_ERROR for such a base; MEMORY_ERROR.
 */
status type_new(runtime *rt, const type_spec *spec, type **ret_type);

/* Sets what runs when an instance dies; subclasses made later have it, too. Cost: a walk over the
 * pools. */
void type_set_finalizer(type *t, type_finalizer *run, void *argument);

/* Sets how instances compare; subclasses made later do it so, too. */
void type_set_identity(type *t, type_identity identity);

/* Adds a method, or replaces it. VALUE_ERROR for more than TYPE_MAX_METHODS; MEMORY_ERROR. */
status type_add_method(type *t, const char *text, method_function *run);

/* The method of a name, of the type or the nearest base that has it; or NULL. */
const type_method *type_find_method(const type *t, const name *n);

/* For runtime_delete(). */
void type_free(type *t);

/* Makes runtime.builtin. Errors: false without memory. */
bool type_make_builtin(runtime *rt);

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
