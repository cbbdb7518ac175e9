/*
 * hw_layouts.h -- part "layouts" (layouts.c): one object in three layouts.
 *
 *   HW_DICT     header, then a dictionary of attributes     class Point: pass
 *   HW_SLOTS    header, then one word an attribute          __slots__ = ("x", "y")
 *   HW_WEAKREF  as HW_SLOTS, plus one word for weakrefs     __slots__ = ("x", "y", "__weakref__")
 *
 * Attribute values are 64-bit integers; names are C strings. Objects are reference counted.
 * All memory of classes, objects and weakrefs comes from the hw_pool handed to hw_class_new().
 */
#ifndef HW_LAYOUTS_H
#define HW_LAYOUTS_H

#include "hw_pool.h"

#include <stddef.h>
#include <stdint.h>

typedef enum hw_layout { HW_DICT = 0, HW_SLOTS = 1, HW_WEAKREF = 2 } hw_layout;

typedef enum hw_status {
    HW_OK = 0,
    HW_NO_ATTRIBUTE = 1, /* AttributeError: never set, deleted, or not among the slots */
    HW_NO_MEMORY = 2,    /* MemoryError: nothing has changed */
    HW_NOT_SUPPORTED = 3 /* TypeError: this layout takes no weak references */
} hw_status;

typedef struct hw_class hw_class;     /* layout and names; what is in it is up to you */
typedef struct hw_object hw_object;   /* an instance */
typedef struct hw_weakref hw_weakref; /* a weak reference to an instance */

/* Called once when the referent dies, with the weakref already dead: hw_weakref_get() gives NULL.
 * It may use other objects and release weakrefs, this one included. */
typedef void hw_callback(hw_weakref *weakref, void *argument);

/*
 * A class. names: n_names distinct strings, 0 <= n_names <= 48; for the slot layouts they are
 * the slots; for HW_DICT a hint which attributes to expect (instances start with none).
 * The strings are copied. Errors: NULL without memory.
 */
hw_class *hw_class_new(hw_pool *pool, hw_layout layout, const char *const *names, size_t n_names);

/* Frees a class. It must have no instances left. NULL is fine. */
void hw_class_delete(hw_class *cls);

/* A new instance with no attribute set. Reference count 1, owned by the caller. NULL without
 * memory. */
hw_object *hw_object_new(hw_class *cls);

void hw_object_incref(hw_object *object);

/*
 * Drops a reference. The last one destroys the object: its weakrefs die first, then their
 * callbacks run, the latest weakref first, then the memory is freed. NULL is fine.
 */
void hw_object_decref(hw_object *object);

/* The reference count. */
size_t hw_object_refcount(const hw_object *object);

/* Reads an attribute into *ret_value, which is left alone on error. HW_OK or HW_NO_ATTRIBUTE. */
hw_status hw_object_get(const hw_object *object, const char *name, int64_t *ret_value);

/* Sets an attribute. HW_DICT takes any name (up to 1000 attributes an object at the least);
 * the slot layouts only their slots: else HW_NO_ATTRIBUTE. */
hw_status hw_object_set(hw_object *object, const char *name, int64_t value);

/* Deletes an attribute. HW_NO_ATTRIBUTE if it is not set. It can be set again later. */
hw_status hw_object_unset(hw_object *object, const char *name);

/* Number of attributes set. */
size_t hw_object_n_attributes(const hw_object *object);

/*
 * The index-th attribute set, 0 <= index < hw_object_n_attributes(): for HW_DICT in the order in
 * which they were first set (a deleted one that is set again comes last), else in slot order.
 * *ret_name stays valid until the attribute is deleted or the object dies.
 */
hw_status hw_object_attribute(const hw_object *object, size_t index, const char **ret_name,
                              int64_t *ret_value);

/*
 * A weak reference, owned by the caller with one reference of its own. callback: NULL for none.
 * Without a callback, the object's one shared weakref is returned again (with one reference
 * more) while it exists. HW_NOT_SUPPORTED for HW_SLOTS; HW_DICT and HW_WEAKREF take them.
 */
hw_status hw_weakref_new(hw_object *object, hw_callback *callback, void *argument,
                         hw_weakref **ret_weakref);

/* A new strong reference to the referent, or NULL once it is dead. */
hw_object *hw_weakref_get(hw_weakref *weakref);

/* Drops a reference to the weakref itself. The last one frees it, and its callback will not be
 * called any more. It may outlive its referent. NULL is fine. */
void hw_weakref_decref(hw_weakref *weakref);

/* Number of weakrefs that exist to a live object (a shared one counts once). */
size_t hw_weakref_count(const hw_object *object);

#endif
