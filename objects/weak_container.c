#include "objects/weak_container.h"

#include "objects/dict_object.h"
#include "objects/scalar.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

static object *data_of(const object *o)
{
    value data = weak_payload_of(o)->data;
    return data == VALUE_NONE ? NULL : value_to_object(data);
}

static weakref *to_weakref(value v)
{
    return (weakref *)(void *)value_to_object(v);
}

static bool holds_values_weakly(const object *o)
{
    return o->type->kind == KIND_WEAK_VALUE_DICT;
}

object *weak_container_new(runtime *rt, type_kind kind)
{
    object *data = dict_object_new(rt->builtin[KIND_DICT]);
    if (data == NULL)
        return NULL;
    object *o = object_new(rt->builtin[kind]);
    if (o == NULL) {
        object_decref(data);
        return NULL;
    }
    weak_payload_of(o)->data = value_of_object(data);
    return o;
}

/* ---- death of a referent ---- */

/* What a callback holds: a weakref to the container; with a key, a tuple of both. */
static object *container_of(value held, value *ret_key)
{
    const object *h = value_to_object(held);
    *ret_key = VALUE_NONE;
    if (h->type->kind == KIND_TUPLE) {
        *ret_key = tuple_of(h)->items[1];
        held = tuple_of(h)->items[0];
    }
    return weakref_get(to_weakref(held));
}

/* True if the entry of the key is still the one of w: another may have taken its place. */
static bool is_entry(const object *data, value key, const weakref *w)
{
    value found = VALUE_NONE;
    return dict_object_get(data, key, &found) == STATUS_OK && to_weakref(found) == w;
}

static void remove_dead(weakref *w, void *argument)
{
    (void)argument;
    value key = VALUE_NONE;
    object *o = container_of(w->callback->held, &key);
    if (o == NULL)
        return;
    object *data = data_of(o);
    value self = value_of_object(&w->head);
    value found = VALUE_NONE;
    bool is_there =
        data != NULL && (holds_values_weakly(o) ? is_entry(data, key, w)
                                                : dict_object_get(data, self, &found) == STATUS_OK);
    if (is_there && weak_payload_of(o)->n_iterating > 0)
        weak_payload_of(o)->n_dead++;
    else if (is_there)
        (void)dict_object_unset(data, holds_values_weakly(o) ? key : self); /* it is there */
    object_decref(o);
}

/* The weakref that an entry of the container is made of: the caller's. */
static status make_ref(object *o, value referent, value key, weakref **ret_weakref)
{
    runtime *rt = o->type->rt;
    weakref *self = NULL;
    if (!value_is_object(referent))
        return weakref_to(rt, referent, ret_weakref); /* the error */
    status s = weakref_new(o, NULL, NULL, &self);
    if (s != STATUS_OK)
        return s;
    object *held = &self->head;
    if (key != VALUE_NONE) {
        const value both[] = {value_of_object(held), key};
        held = tuple_new(rt, both, 2);
        weakref_decref(self);
        if (held == NULL)
            return runtime_fail(rt, STATUS_MEMORY_ERROR, "no memory for a weak reference");
    }
    s = weakref_new_holding(value_to_object(referent), remove_dead, NULL, value_of_object(held),
                            ret_weakref);
    object_decref(held);
    return s;
}

/* The key under which data has it: for weak keys a shared weakref, the caller's to release. */
static status lookup_key(const object *o, value key, value *ret_key)
{
    if (holds_values_weakly(o)) {
        value_incref(key);
        *ret_key = key;
        return STATUS_OK;
    }
    weakref *w = NULL;
    status s = weakref_to(o->type->rt, key, &w);
    if (s == STATUS_OK)
        *ret_key = value_of_object(&w->head);
    return s;
}

static status no_key(const object *o)
{
    return runtime_fail(o->type->rt, STATUS_KEY_ERROR, "no such key");
}

/* The entry of a key that lives: *ret_found is borrowed from data. */
static status find(const object *o, value key, value *ret_found)
{
    value in_data = VALUE_NONE;
    status s = lookup_key(o, key, &in_data);
    if (s != STATUS_OK)
        return s;
    const object *data = data_of(o);
    s = data == NULL ? no_key(o) : dict_object_get(data, in_data, ret_found);
    value_decref(in_data);
    if (s == STATUS_OK && holds_values_weakly(o) && to_weakref(*ret_found)->referent == NULL)
        return no_key(o);
    return s;
}

/* ---- both dictionaries ---- */

size_t weak_length(const object *o)
{
    const object *data = data_of(o);
    return data == NULL ? 0 : dict_object_length(data) - weak_payload_of(o)->n_dead;
}

bool weak_contains(const object *o, value key)
{
    value found = VALUE_NONE;
    return find(o, key, &found) == STATUS_OK;
}

/* A strong reference to what an entry stands for. */
static value strong(const object *o, value found)
{
    if (holds_values_weakly(o))
        return value_of_object(weakref_get(to_weakref(found)));
    value_incref(found);
    return found;
}

status weak_dict_get(const object *o, value key, value *ret_value)
{
    value found = VALUE_NONE;
    status s = find(o, key, &found);
    if (s == STATUS_OK)
        *ret_value = strong(o, found);
    return s;
}

static status put(object *o, value key, value v)
{
    object *data = data_of(o);
    if (data == NULL)
        return runtime_fail(o->type->rt, STATUS_RUNTIME_ERROR, "the container has been cleared");
    return dict_object_set(data, key, v);
}

/* Takes over the place of a dead entry that an iteration kept. */
static void forget_dead_value(object *o, value key)
{
    value found = VALUE_NONE;
    const object *data = data_of(o);
    if (data != NULL && weak_payload_of(o)->n_dead > 0 &&
        dict_object_get(data, key, &found) == STATUS_OK && to_weakref(found)->referent == NULL)
        weak_payload_of(o)->n_dead--;
}

status weak_dict_set(object *o, value key, value v)
{
    bool weak_values = holds_values_weakly(o);
    uint64_t hash = 0;
    weakref *w = NULL;
    status s = make_ref(o, weak_values ? v : key, weak_values ? key : VALUE_NONE, &w);
    if (s == STATUS_OK)
        s = value_hash(o->type->rt, key, &hash); /* after it: CPython's order of errors */
    if (s != STATUS_OK) {
        weakref_decref(w);
        return s;
    }
    value ref = value_of_object(&w->head);
    if (weak_values)
        forget_dead_value(o, key);
    s = weak_values ? put(o, key, ref) : put(o, ref, v);
    weakref_decref(w);
    return s;
}

static status unset(object *o, value key)
{
    value in_data = VALUE_NONE;
    status s = lookup_key(o, key, &in_data);
    if (s != STATUS_OK)
        return s;
    object *data = data_of(o);
    s = data == NULL ? no_key(o) : dict_object_unset(data, in_data);
    value_decref(in_data);
    return s;
}

status weak_dict_unset(object *o, value key)
{
    if (!holds_values_weakly(o))
        return unset(o, key);
    value found = VALUE_NONE;
    status s = find(o, key, &found); /* a dead entry is none */
    return s == STATUS_OK ? unset(o, key) : s;
}

status weak_dict_pop(object *o, value key, value *ret_value)
{
    const object *data = data_of(o);
    if (data == NULL ||
        dict_object_length(data) == 0) { /* what cannot be hashed is not there, too */
        value in_data = VALUE_NONE;
        status s = lookup_key(o, key, &in_data);
        value_decref(in_data);
        return s == STATUS_OK ? no_key(o) : s;
    }
    status s = weak_dict_get(o, key, ret_value);
    return s == STATUS_OK ? unset(o, key) : s;
}

/* ---- the set ---- */

status weak_set_add(object *o, value item)
{
    return weak_dict_set(o, item, value_of_int(1));
}

status weak_set_remove(object *o, value item)
{
    return unset(o, item);
}

status weak_set_discard(object *o, value item)
{
    status s = unset(o, item);
    return s == STATUS_KEY_ERROR ? STATUS_OK : s;
}

status weak_set_pop(object *o, value *ret_item)
{
    runtime *rt = o->type->rt;
    weak_iterator i;
    value one = VALUE_NONE;
    weak_iterator_begin(&i, o);
    status s = weak_iterator_next(&i, ret_item, &one);
    weak_iterator_end(&i);
    if (s != STATUS_OK)
        return s;
    if (*ret_item == VALUE_NONE)
        return runtime_fail(rt, STATUS_KEY_ERROR, "pop from empty WeakSet");
    return unset(o, *ret_item);
}

/* ---- iteration ---- */

void weak_iterator_begin(weak_iterator *i, object *o)
{
    const object *data = data_of(o);
    *i = (weak_iterator){o, 0, data == NULL ? 0 : dict_object_length(data)};
    object_incref(o);
    weak_payload_of(o)->n_iterating++;
}

status weak_iterator_next(weak_iterator *i, value *ret_key, value *ret_value)
{
    const object *o = i->container;
    const object *data = data_of(o);
    value key = VALUE_NONE;
    value found = VALUE_NONE;
    *ret_key = VALUE_NONE;
    if (data != NULL && dict_object_length(data) > i->n_set)
        return runtime_fail(o->type->rt, STATUS_RUNTIME_ERROR,
                            "dictionary changed size during iteration");
    while (data != NULL && dict_object_next(data, &i->at, &key, &found)) {
        object *referent = weakref_get(to_weakref(holds_values_weakly(o) ? found : key));
        if (referent == NULL)
            continue;
        *ret_key = holds_values_weakly(o) ? key : value_of_object(referent);
        *ret_value = holds_values_weakly(o) ? value_of_object(referent) : found;
        value_incref(holds_values_weakly(o) ? key : found);
        break;
    }
    return STATUS_OK;
}

/* One pass over the dead entries that iterations kept. True if it removed any: what is released may
 * do anything, so that there may be others. */
static bool remove_some_dead(object *o)
{
    weak_payload *w = weak_payload_of(o);
    bool removed = false;
    size_t at = 0;
    value key = VALUE_NONE;
    value found = VALUE_NONE;
    while (w->n_dead > 0 && w->n_iterating == 0 && data_of(o) != NULL &&
           dict_object_next(data_of(o), &at, &key, &found)) {
        if (to_weakref(holds_values_weakly(o) ? found : key)->referent != NULL)
            continue;
        w->n_dead--;
        value_incref(key);
        (void)dict_object_unset(data_of(o), key); /* it is there */
        value_decref(key);
        removed = true;
    }
    return removed;
}

void weak_iterator_end(weak_iterator *i)
{
    object *o = i->container;
    weak_payload_of(o)->n_iterating--;
    while (remove_some_dead(o)) {
    }
    object_decref(o);
    i->container = NULL;
}

void weak_clear(object *o)
{
    value data = weak_payload_of(o)->data;
    weak_payload_of(o)->data = VALUE_NONE;
    weak_payload_of(o)->n_dead = 0;
    value_decref(data);
}

bool weak_container_is_valid(const object *o)
{
    const object *data = data_of(o);
    size_t at = 0;
    size_t n_dead = 0;
    value key = VALUE_NONE;
    value found = VALUE_NONE;
    while (data != NULL && dict_object_next(data, &at, &key, &found))
        n_dead += to_weakref(holds_values_weakly(o) ? found : key)->referent == NULL;
    return (data == NULL || dict_object_is_valid(data)) && n_dead == weak_payload_of(o)->n_dead &&
           (n_dead == 0 || weak_payload_of(o)->n_iterating > 0);
}
