/*
 * object.h -- objects: header, reference count, attributes by name.
 *
 *   0          8          16
 *   | refcount | type     | what the type's layout says (type.h)
 *
 * Ownership: object_new() and weakref_get() return strong references; arguments are borrowed; an
 *            attribute holds a strong reference to its value.
 * Lifetime:  the last object_decref() kills the weak references, runs their callbacks, releases
 *            the attributes and frees the block, at once. Cycles stay: they leak until they are
 * cut. Errors:    status, and a message in runtime_error().
 */
#ifndef OBJECTS_OBJECT_H
#define OBJECTS_OBJECT_H

#include "objects/dict.h"
#include "objects/type.h"
#include "objects/value.h"

typedef struct object {
    size_t refcount;
    type *type; /* NULL: a weak reference, see weakref.h */
} object;

/* What follows the header of LAYOUT_DICT and, in part, LAYOUT_WEAKREF. */
typedef struct object_words {
    object head;
    struct weakref *weakrefs;
    uintptr_t attributes; /* LAYOUT_DICT */
} object_words;

#define OBJECT_CAPACITY_MASK ((uintptr_t)15)

static inline object_words *object_words_of(const object *o)
{
    return (object_words *)(uintptr_t)o;
}

static inline value *object_values(const object *o)
{
    return (value *)((char *)(uintptr_t)o + o->type->values_offset);
}

/* A new instance without attributes. Errors: NULL without memory. Owner: the caller. */
static inline object *object_new(type *t)
{
    object *o = heap_alloc_class(t->rt->objects, t->size_class);
    if (__builtin_expect(o == NULL, 0))
        return NULL;
    o->refcount = 1;
    o->type = t;
    if (t->layout != LAYOUT_SLOTS)
        object_words_of(o)->weakrefs = NULL;
    if (t->layout == LAYOUT_DICT)
        object_words_of(o)->attributes = t->n_inline;
    value *values = object_values(o);
    for (unsigned i = 0; i < t->n_inline; i++)
        values[i] = VALUE_NONE;
    return o;
}

/* The refcount fell to 0. */
void object_destroy(object *o);

static inline void object_incref(object *o)
{
    o->refcount++;
}

/* NULL is fine. */
static inline void object_decref(object *o)
{
    if (o != NULL && --o->refcount == 0)
        object_destroy(o);
}

static inline void value_incref(value v)
{
    if (value_is_object(v))
        value_to_object(v)->refcount++;
}

static inline void value_decref(value v)
{
    if (value_is_object(v))
        object_decref(value_to_object(v));
}

/* ---- attributes ---- */

/* Reads an attribute: *ret_value is borrowed, and left alone on error. ATTRIBUTE_ERROR. */
status object_get_attr(const object *o, const name *n, value *ret_value);

/* Sets one; v: an integer or an object. Slots refuse unknown names. ATTRIBUTE_ERROR, MEMORY_ERROR.
 */
status object_set_attr(object *o, const name *n, value v);

/* Deletes one. ATTRIBUTE_ERROR. */
status object_unset_attr(object *o, const name *n);

size_t object_n_attributes(const object *o);

/* The i-th attribute, 0 <= i < n: DICT in the order of insertion, slots in theirs. */
void object_attribute(const object *o, size_t i, const name **ret_name, value *ret_value);

/*
 * A place in a program where one attribute is used: it remembers where the last type kept it, so
 * that objects of that type are served without a search. Start with the name; the rest is 0.
 */
typedef struct object_site {
    const name *name;
    const type *type;
    uint16_t offset; /* of the value in an instance */
    uint16_t index;
    bool is_slot;
} object_site;

/* Fills the site for the type of an object, if that type has the name as a key. */
void object_site_learn(object_site *site, const object *o);

/* True if the value lies in the object where the site says. */
static inline bool object_site_fits(const object_site *site, const object *o)
{
    return o->type == site->type &&
           (site->is_slot || (object_words_of(o)->attributes & OBJECT_CAPACITY_MASK) > site->index);
}

static inline value *object_site_value(const object_site *site, const object *o)
{
    return (value *)((char *)(uintptr_t)o + site->offset);
}

/* object_get_attr() at a site. Cost when the site fits: two comparisons and a load. */
static inline status object_get_at(object_site *site, const object *o, value *ret_value)
{
    if (__builtin_expect(object_site_fits(site, o), 1)) {
        value v = *object_site_value(site, o);
        if (__builtin_expect(v != VALUE_NONE, 1)) {
            *ret_value = v;
            return STATUS_OK;
        }
    } else {
        object_site_learn(site, o);
    }
    return object_get_attr(o, site->name, ret_value);
}

/* object_set_attr() at a site. Cost when the site fits and the attribute is set: as
 * object_get_at(). */
static inline status object_set_at(object_site *site, object *o, value v)
{
    if (__builtin_expect(object_site_fits(site, o), 1)) {
        value *held = object_site_value(site, o);
        value old = *held;
        if (__builtin_expect(old != VALUE_NONE || site->is_slot, 1)) {
            value_incref(v);
            *held = v;
            value_decref(old);
            return STATUS_OK;
        }
        /* first set of an inline value: appended to the order, if there is room for it */
        uintptr_t *attributes = &object_words_of(o)->attributes;
        unsigned n_bits = 64U - (unsigned)__builtin_clzll(*attributes);
        unsigned shift = n_bits <= 4 ? 4 : (n_bits + 3) / 4 * 4;
        *attributes |= (uintptr_t)(site->index + 1U) << shift;
        value_incref(v);
        *held = v;
        return STATUS_OK;
    }
    object_site_learn(site, o);
    return object_set_attr(o, site->name, v);
}

/* Checks that the order, the values and the keys of an instance agree. */
bool object_is_valid(const object *o);

#endif
