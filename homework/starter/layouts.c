/*
 * layouts.c -- part "layouts": one object in three layouts. The contract is in hw_layouts.h.
 *
 * A way to get there; run `make grade SUBMISSION=<this folder>` after each step:
 *   1. HW_SLOTS: a header (class, reference count), then one int64_t a name. Which slots are set?
 *   2. HW_DICT: a table of its own that takes any name and keeps the order of insertion. Names are
 *      the same for most instances of a class: can they share them?
 *   3. HW_WEAKREF: as HW_SLOTS, plus one word: the list of its weak references.
 *   4. Weak references: the object's destruction must reach each of them. Then callbacks.
 *   5. hw_fail_allocation() in your tests shows what happens when memory runs out.
 */
#include "hw_layouts.h"

struct hw_class {
    hw_pool *pool;
    hw_layout layout;
};

struct hw_object {
    hw_class *cls;
    size_t refcount;
};

struct hw_weakref {
    size_t refcount;
};

hw_class *hw_class_new(hw_pool *pool, hw_layout layout, const char *const *names, size_t n_names)
{
    /* Your turn: copy the names; they may be gone when this function returns. */
    (void)names;
    (void)n_names;
    hw_class *cls = hw_pool_alloc(pool, sizeof(*cls));
    if (cls != NULL)
        *cls = (hw_class){pool, layout};
    return cls;
}

void hw_class_delete(hw_class *cls)
{
    if (cls != NULL)
        hw_pool_free(cls->pool, cls);
}

hw_object *hw_object_new(hw_class *cls)
{
    hw_object *object = hw_pool_alloc(cls->pool, sizeof(*object));
    if (object != NULL)
        *object = (hw_object){cls, 1};
    return object;
}

void hw_object_incref(hw_object *object)
{
    object->refcount++;
}

void hw_object_decref(hw_object *object)
{
    if (object != NULL && --object->refcount == 0)
        hw_pool_free(object->cls->pool, object);
}

size_t hw_object_refcount(const hw_object *object)
{
    return object->refcount;
}

hw_status hw_object_get(const hw_object *object, const char *name, int64_t *ret_value)
{
    /* Your turn. */
    (void)object;
    (void)name;
    (void)ret_value;
    return HW_NO_ATTRIBUTE;
}

hw_status hw_object_set(hw_object *object, const char *name, int64_t value)
{
    /* Your turn. */
    (void)object;
    (void)name;
    (void)value;
    return HW_NO_ATTRIBUTE;
}

hw_status hw_object_unset(hw_object *object, const char *name)
{
    /* Your turn. */
    (void)object;
    (void)name;
    return HW_NO_ATTRIBUTE;
}

size_t hw_object_n_attributes(const hw_object *object)
{
    /* Your turn. */
    (void)object;
    return 0;
}

hw_status hw_object_attribute(const hw_object *object, size_t index, const char **ret_name,
                              int64_t *ret_value)
{
    /* Your turn. */
    (void)object;
    (void)index;
    (void)ret_name;
    (void)ret_value;
    return HW_NO_ATTRIBUTE;
}

hw_status hw_weakref_new(hw_object *object, hw_callback *callback, void *argument,
                         hw_weakref **ret_weakref)
{
    /* Your turn: HW_SLOTS refuses, the two other layouts take weak references. */
    (void)object;
    (void)callback;
    (void)argument;
    (void)ret_weakref;
    return HW_NOT_SUPPORTED;
}

hw_object *hw_weakref_get(hw_weakref *weakref)
{
    /* Your turn. */
    (void)weakref;
    return NULL;
}

void hw_weakref_decref(hw_weakref *weakref)
{
    /* Your turn. */
    (void)weakref;
}

size_t hw_weakref_count(const hw_object *object)
{
    /* Your turn. */
    (void)object;
    return 0;
}
