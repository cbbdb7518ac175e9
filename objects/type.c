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

static status check_base(runtime *rt, const char *text, type_layout l, const type *base)
{
    if (base == NULL || base->layout == l || (l == LAYOUT_WEAKREF && base->layout == LAYOUT_SLOTS))
        return STATUS_OK;
    return runtime_fail(rt, STATUS_TYPE_ERROR, "type '%s': the layout of its base '%s' differs",
                        text, base->name->text);
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

status type_new(runtime *rt, const char *text, type_layout l, const char *const *names,
                size_t n_names, const type *base, type **ret_type)
{
    status s = check_base(rt, text, l, base);
    if (s != STATUS_OK)
        return s;
    size_t n_base = base == NULL ? 0 : base->n_keys;
    size_t most = l == LAYOUT_DICT ? TYPE_MAX_INLINE : TYPE_MAX_SLOTS;
    if (n_names > most || n_base + n_names > most)
        return runtime_fail(rt, STATUS_VALUE_ERROR, "type '%s': more than %zu names", text, most);
    type *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return runtime_fail(rt, STATUS_MEMORY_ERROR, "no memory for type '%s'", text);
    t->rt = rt;
    t->base = base;
    t->layout = l;
    t->capacity = (uint16_t)(l == LAYOUT_DICT ? TYPE_MAX_INLINE : n_base + n_names);
    t->name = name_intern(&rt->names, text);
    t->keys = calloc((size_t)t->capacity + 1, sizeof(const name *));
    if (t->keys == NULL || t->name == NULL) {
        discard(t);
        return runtime_fail(rt, STATUS_MEMORY_ERROR, "no memory for type '%s'", text);
    }
    for (size_t i = 0; i < n_base; i++)
        t->keys[t->n_keys++] = base->keys[i];
    s = add_names(t, names, n_names);
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
