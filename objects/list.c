#include "objects/list.h"

#include <string.h>

static list_payload *payload(object *o)
{
    return object_payload(o);
}

/* CPython's pattern of growth: an eighth more, and a few. */
static bool grow(object *o)
{
    list_payload *l = payload(o);
    size_t capacity = (l->n + (l->n >> 3) + 7) & ~(size_t)3;
    value *larger = mem_realloc(o->type->rt->tables, l->items, capacity * sizeof(value));
    if (larger == NULL)
        return false;
    l->items = larger;
    l->capacity = capacity;
    return true;
}

status list_append(object *o, value v)
{
    list_payload *l = payload(o);
    if (l->n == l->capacity && !grow(o))
        return runtime_fail(o->type->rt, STATUS_MEMORY_ERROR, "no memory for a list of %zu items",
                            l->n + 1);
    value_incref(v);
    l->items[l->n++] = v;
    return STATUS_OK;
}

/* The place of item i, or NULL. */
static value *place_of(const object *o, int64_t i)
{
    const list_payload *l = list_of(o);
    if (i < 0)
        i += (int64_t)l->n;
    return i < 0 || (size_t)i >= l->n ? NULL : &l->items[i];
}

static status out_of_range(const object *o, const char *what)
{
    return runtime_fail(o->type->rt, STATUS_INDEX_ERROR, "%s index out of range", what);
}

status list_get(const object *o, int64_t i, value *ret_value)
{
    const value *place = place_of(o, i);
    if (place == NULL)
        return out_of_range(o, "list");
    *ret_value = *place;
    return STATUS_OK;
}

status list_set(object *o, int64_t i, value v)
{
    value *place = place_of(o, i);
    if (place == NULL)
        return out_of_range(o, "list assignment");
    value old = *place;
    value_incref(v);
    *place = v;
    value_decref(old);
    return STATUS_OK;
}

status list_pop(object *o, int64_t i, value *ret_value)
{
    list_payload *l = payload(o);
    if (l->n == 0)
        return runtime_fail(o->type->rt, STATUS_INDEX_ERROR, "pop from empty list");
    value *place = place_of(o, i);
    if (place == NULL)
        return out_of_range(o, "pop");
    *ret_value = *place;
    l->n--;
    memmove(place, place + 1, (size_t)(l->items + l->n - place) * sizeof(value));
    return STATUS_OK;
}
