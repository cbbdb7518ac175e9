/*
 * method.h -- a method bound to its object.
 *
 *   | refcount | type | self | function |
 *
 * Owns: a strong reference to self. The function lives as long as its type.
 */
#ifndef OBJECTS_METHOD_H
#define OBJECTS_METHOD_H

#include "objects/object.h"

typedef struct method_payload {
    value self;
    const type_method *function;
} method_payload;

/* The method of a name, bound to self: the caller's. ATTRIBUTE_ERROR, MEMORY_ERROR. An attribute of
 * that name is not looked at. */
status method_bind(object *self, const name *n, object **ret_method);

status method_call(const object *method, const value *arguments, size_t n_arguments,
                   value *ret_result);

static inline const method_payload *method_of(const object *o)
{
    return object_payload(o);
}

#endif
