/*
 * value.h -- what an attribute holds: nothing, a small integer, or a reference to an object.
 *
 *   0                       nothing: the attribute is not set
 *   iiii...iiii1            integer i, 63 bits
 *   pointer, 16-aligned     strong reference to an object
 */
#ifndef OBJECTS_VALUE_H
#define OBJECTS_VALUE_H

#include <stdbool.h>
#include <stdint.h>

typedef uintptr_t value;
struct object;

#define VALUE_NONE    ((value)0)
#define VALUE_INT_MAX (INT64_MAX >> 1)
#define VALUE_INT_MIN (INT64_MIN >> 1)

/* i: VALUE_INT_MIN..VALUE_INT_MAX. */
static inline value value_of_int(int64_t i)
{
    return ((value)(uint64_t)i << 1) | 1;
}

static inline bool value_is_int(value v)
{
    return (v & 1) != 0;
}

static inline int64_t value_to_int(value v)
{
    return (int64_t)v >> 1;
}

/* The reference stays the caller's: storing the value somewhere takes one more. */
static inline value value_of_object(const struct object *o)
{
    return (value)(uintptr_t)o;
}

static inline bool value_is_object(value v)
{
    return v != VALUE_NONE && !value_is_int(v);
}

static inline struct object *value_to_object(value v)
{
    return (struct object *)v;
}

#endif
