#include "objects/type.h"

#include "objects/object.h"

#include <stdlib.h>
#include <string.h>

/* Where the values are and how large the next instance is. */
static void measure(type *t)
{
    size_t offset = sizeof(object);
    if (t->layout != LAYOUT_SLOTS)
        offset = offsetof(object_words, attributes);
    if (t->layout == LAYOUT_DICT)
        offset = sizeof(object_words);
    unsigned n_values = t->n_keys;
    if (t->layout == LAYOUT_DICT && n_values < TYPE_MIN_INLINE)
        n_values = TYPE_MIN_INLINE;
    t->values_offset = (uint16_t)offset;
    t->n_inline = (uint16_t)n_values;
    t->size_class = (uint16_t)heap_size_class(offset + n_values * sizeof(value));
}

static status check_base(runtime *rt, const type_spec *spec)
{
    const type *base = spec->base;
    if (base == NULL || base->layout == spec->layout ||
        (spec->layout == LAYOUT_WEAKREF && base->layout == LAYOUT_SLOTS))
        return STATUS_OK;
    return runtime_fail(rt, STATUS_TYPE_ERROR, "type '%s': the layout of its base '%s' differs",
                        spec->name, base->name->text);
}

static status add_names(type *t, const char *const *names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++) {
        const name *n = name_intern(&t->rt->names, names[i]);
        if (n == NULL)
            return runtime_fail(t->rt, STATUS_MEMORY_ERROR, "no memory for a name");
        if (type_find(t, n) != TYPE_NO_INDEX)
            return runtime_fail(t->rt, STATUS_VALUE_ERROR, "type '%s': the name '%s' occurs twice",
                                t->name->text, names[i]);
        t->keys[t->n_keys++] = n;
    }
    return STATUS_OK;
}

static void discard(type *t)
{
    free(t->keys);
    free(t);
}

/* A type without keys, with room for its base's and its own; NULL without memory. */
static type *new_type(runtime *rt, const type_spec *spec, size_t n_keys)
{
    type *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return NULL;
    t->rt = rt;
    t->base = spec->base;
    t->layout = spec->layout;
    t->capacity = (uint16_t)(spec->layout == LAYOUT_DICT ? TYPE_MAX_INLINE : n_keys);
    t->name = name_intern(&rt->names, spec->name);
    t->keys = calloc((size_t)t->capacity + 1, sizeof(const name *));
    if (t->keys != NULL && t->name != NULL)
        return t;
    discard(t);
    return NULL;
}

status type_new(runtime *rt, const type_spec *spec, type **ret_type)
{
    status s = check_base(rt, spec);
    if (s != STATUS_OK)
        return s;
    size_t n_base = spec->base == NULL ? 0 : spec->base->n_keys;
    size_t most = spec->layout == LAYOUT_DICT ? TYPE_MAX_INLINE : TYPE_MAX_SLOTS;
    if (spec->n_keys > most || n_base + spec->n_keys > most)
        return runtime_fail(rt, STATUS_VALUE_ERROR, "type '%s': more than %zu names", spec->name,
                            most);
    type *t = new_type(rt, spec, n_base + spec->n_keys);
    if (t == NULL)
        return runtime_fail(rt, STATUS_MEMORY_ERROR, "no memory for type '%s'", spec->name);
    for (size_t i = 0; i < n_base; i++)
        t->keys[t->n_keys++] = spec->base->keys[i];
    s = add_names(t, spec->keys, spec->n_keys);
    if (s != STATUS_OK) {
        discard(t);
        return s;
    }
    measure(t);
    t->next = rt->types;
    rt->types = t;
    *ret_type = t;
    return STATUS_OK;
}

int type_add_key(type *t, const name *n)
{
    if (t->layout != LAYOUT_DICT || t->n_keys == t->capacity)
        return TYPE_NO_INDEX;
    t->keys[t->n_keys] = n;
    int index = t->n_keys++;
    measure(t);
    return index;
}
