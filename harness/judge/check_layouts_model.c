#include "harness/judge/check_layouts.h"

void model_name(unsigned name, char *ret_text, size_t n_bytes)
{
    enum { N_NUMBERS = 128 };
    static const char *const prefixes[] = {"n", "name_", "a_rather_long_attribute_"};
    (void)g_snprintf(ret_text, (gulong)n_bytes, "%s%u", prefixes[name % 3], name % N_NUMBERS);
}

bool model_takes(const model_class *cls, unsigned name)
{
    return cls->layout == MODEL_DICT || name < cls->n_names;
}

model_object *model_object_new(model_class *cls)
{
    model_object *object = g_new0(model_object, 1);
    object->cls = cls;
    object->refcount = 1;
    object->attributes = g_array_new(FALSE, FALSE, sizeof(model_attribute));
    object->weakrefs = g_ptr_array_new();
    cls->n_users++;
    return object;
}

static model_attribute *find(const model_object *object, unsigned name, guint *ret_at)
{
    for (guint i = 0; i < object->attributes->len; i++) {
        model_attribute *attribute = &g_array_index(object->attributes, model_attribute, i);
        if (attribute->name == name) {
            *ret_at = i;
            return attribute;
        }
    }
    return NULL;
}

const model_attribute *model_find(const model_object *object, unsigned name)
{
    guint at = 0;
    return find(object, name, &at);
}

void model_set(model_object *object, unsigned name, int64_t value)
{
    guint at = 0;
    model_attribute *attribute = find(object, name, &at);
    if (attribute != NULL) {
        attribute->value = value;
        return;
    }
    const model_attribute added = {name, value};
    at = object->attributes->len;
    /* slots are listed in slot order: the order of their names' numbers */
    while (object->cls->layout != MODEL_DICT && at > 0 &&
           g_array_index(object->attributes, model_attribute, at - 1).name > name)
        at--;
    g_array_insert_val(object->attributes, at, added);
    object->deleted[name % MODEL_N_NAMES] = false;
}

void model_unset(model_object *object, unsigned name)
{
    guint at = 0;
    if (find(object, name, &at) == NULL)
        return;
    g_array_remove_index(object->attributes, at);
    object->deleted[name % MODEL_N_NAMES] = true;
}

void model_object_die(model_object *object, GQueue *ret_callbacks)
{
    for (guint i = object->weakrefs->len; i > 0; i--) {
        model_weakref *weakref = g_ptr_array_index(object->weakrefs, i - 1);
        weakref->referent = NULL;
        if (weakref->kind != MODEL_PLAIN)
            g_queue_push_tail(ret_callbacks, GUINT_TO_POINTER(weakref->slot));
    }
    object->cls->n_users--;
    g_array_unref(object->attributes);
    g_ptr_array_unref(object->weakrefs);
    g_free(object);
}

model_weakref *model_weakref_new(model_world *world, model_object *referent, unsigned kind,
                                 unsigned slot)
{
    model_weakref *weakref = g_new0(model_weakref, 1);
    *weakref = (model_weakref){1, kind, slot, referent};
    g_ptr_array_add(referent->weakrefs, weakref);
    world->weakrefs[slot] = weakref;
    return weakref;
}

model_weakref *model_shared(const model_object *object)
{
    for (guint i = 0; i < object->weakrefs->len; i++) {
        model_weakref *weakref = g_ptr_array_index(object->weakrefs, i);
        if (weakref->kind == MODEL_PLAIN)
            return weakref;
    }
    return NULL;
}

int model_slot_of(const model_world *world, const model_weakref *weakref, unsigned but)
{
    for (unsigned i = 0; i < MODEL_N_WEAKREFS; i++) {
        if (i != but && world->weakrefs[i] == weakref)
            return (int)i;
    }
    return -1;
}

void model_release(model_world *world, unsigned slot)
{
    model_weakref *weakref = world->weakrefs[slot];
    world->weakrefs[slot] = NULL;
    if (weakref == NULL || --weakref->refcount > 0)
        return;
    if (weakref->referent != NULL)
        g_ptr_array_remove(weakref->referent->weakrefs, weakref);
    g_free(weakref);
}

void model_world_clear(model_world *world)
{
    GQueue callbacks = G_QUEUE_INIT;
    for (unsigned o = 0; o < MODEL_N_OBJECTS; o++) {
        if (world->objects[o] != NULL)
            model_object_die(world->objects[o], &callbacks);
        world->objects[o] = NULL;
    }
    for (unsigned w = 0; w < MODEL_N_WEAKREFS; w++)
        model_release(world, w);
    g_queue_clear(&callbacks);
}
