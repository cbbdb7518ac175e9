/* operations_weak.c -- the operations on weak containers and proxies. Only where counts are not
 * compared: CPython's containers are instances, with callbacks, sets and dicts of their own. */
#include "objects/tests/differential/operations.h"

#include "objects/proxy.h"
#include "objects/scalar.h"
#include "objects/weak_container.h"
#include "objects/weak_method.h"

bool operation_is_weak(value v)
{
    if (!value_is_object(v))
        return false;
    const object *o = value_to_object(v);
    return object_is(o, KIND_PROXY) || kind_is_weak_container(o->type->kind);
}

/* The container in a slot. */
static object *container_in(world *w, int64_t slot)
{
    value v = w->slots[slot];
    if (value_is_object(v) && kind_is_weak_container(value_to_object(v)->type->kind))
        return value_to_object(v);
    world_say(w, " wrong kind");
    return NULL;
}

/* The same; not if the other operand is a method, which CPython refers to weakly. */
static object *container_for(world *w, int64_t slot, value v)
{
    if (!value_is_object(v) || !object_is(value_to_object(v), KIND_METHOD))
        return container_in(w, slot);
    world_say(w, " not asked");
    return NULL;
}

void operation_weak(world *w, const operation_arguments *a)
{
    static const type_kind kinds[] = {KIND_WEAK_KEY_DICT, KIND_WEAK_VALUE_DICT, KIND_WEAK_SET};
    if (w->counts)
        world_say(w, " not asked");
    else
        operation_put_new(w, a->at[0], weak_container_new(w->rt, kinds[(uint64_t)a->at[1] % 3]));
}

/* A set takes the key only. */
void operation_weak_set(world *w, const operation_arguments *a)
{
    value key = operation_operand(w, a->at[1]);
    value v = operation_operand(w, a->at[2]);
    object *o = container_for(w, a->at[0], key);
    if (o == NULL)
        return;
    if (object_is(o, KIND_WEAK_VALUE_DICT) && container_for(w, a->at[0], v) == NULL)
        return;
    if (object_is(o, KIND_WEAK_SET))
        operation_status(w, weak_set_add(o, key));
    else
        operation_status(w, weak_dict_set(o, key, v));
}

void operation_weak_get(world *w, const operation_arguments *a)
{
    value key = operation_operand(w, a->at[1]);
    const object *o = container_for(w, a->at[0], key);
    if (o == NULL)
        return;
    if (object_is(o, KIND_WEAK_SET)) {
        world_say(w, " not asked");
        return;
    }
    value v = VALUE_NONE;
    status s = weak_dict_get(o, key, &v);
    operation_finish(w, s, v, a->at[2]);
    if (s == STATUS_OK)
        value_decref(v);
}

void operation_weak_unset(world *w, const operation_arguments *a)
{
    value key = operation_operand(w, a->at[1]);
    object *o = container_for(w, a->at[0], key);
    if (o == NULL)
        return;
    bool is_set = object_is(o, KIND_WEAK_SET);
    operation_status(w, is_set ? weak_set_remove(o, key) : weak_dict_unset(o, key));
}

/* Of a set: discard(). */
void operation_weak_pop(world *w, const operation_arguments *a)
{
    value key = operation_operand(w, a->at[1]);
    object *o = container_for(w, a->at[0], key);
    if (o == NULL)
        return;
    if (object_is(o, KIND_WEAK_SET)) {
        operation_status(w, weak_set_discard(o, key));
        return;
    }
    value v = VALUE_NONE;
    status s = weak_dict_pop(o, key, &v);
    operation_finish(w, s, v, a->at[2]);
    if (s == STATUS_OK)
        value_decref(v);
}

void operation_weak_has(world *w, const operation_arguments *a)
{
    value key = operation_operand(w, a->at[1]);
    const object *o = container_for(w, a->at[0], key);
    if (o == NULL)
        return;
    uint64_t hash = 0;
    if (value_hash(w->rt, key, &hash) != STATUS_OK)
        world_say(w, " not asked"); /* CPython raises an error */
    else
        world_say(w, weak_contains(o, key) ? " yes" : " no");
}

void operation_weak_show(world *w, const operation_arguments *a)
{
    object *o = container_in(w, a->at[0]);
    if (o == NULL)
        return;
    world_say(w, " %zu", weak_length(o));
    if (object_is(o, KIND_WEAK_SET))
        return; /* CPython's sets have no order */
    value key = VALUE_NONE;
    value v = VALUE_NONE;
    weak_iterator i;
    weak_iterator_begin(&i, o);
    while (weak_iterator_next(&i, &key, &v) == STATUS_OK && key != VALUE_NONE) {
        world_show(w, key);
        world_show(w, v);
        value_decref(key);
        value_decref(v);
    }
    weak_iterator_end(&i);
}

/* ---- weak methods, finalizers ---- */

/* Two are made of the method in a slot; the one gives a method, both are equal. */
void operation_weak_method(world *w, const operation_arguments *a)
{
    const object *method = operation_of_kind(w, a->at[0], KIND_METHOD);
    if (method == NULL)
        return;
    if (w->counts) {
        world_say(w, " not asked");
        return;
    }
    weak_method one = {0};
    weak_method other = {0};
    object *found = NULL;
    status s = weak_method_init(&one, method, NULL, NULL);
    if (s == STATUS_OK)
        s = weak_method_init(&other, method, NULL, NULL);
    if (s == STATUS_OK)
        s = weak_method_get(&one, &found);
    operation_finish(w, s, value_of_object(found), a->at[1]);
    if (s == STATUS_OK)
        world_say(w, weak_method_equal(&one, &other) ? " equal" : " different");
    object_decref(found);
    weak_method_release(&other);
    weak_method_release(&one);
}

static finalizer **finalizer_at(world *w, int64_t number)
{
    return &w->finalizers[(uint64_t)number % WORLD_FINALIZERS];
}

/* Of the object in a slot; its handle takes the place of an earlier one, which stays in force. */
void operation_finalize(world *w, const operation_arguments *a)
{
    object *o = operation_object(w, a->at[0]);
    if (o == NULL)
        return;
    if (w->counts || object_is(o, KIND_WEAKREF) || object_is(o, KIND_METHOD)) {
        world_say(w, " not asked");
        return;
    }
    world_callback *c = world_callback_new(w, o, a->at[1], -1);
    finalizer *f = NULL;
    if (c == NULL)
        return;
    status s = finalizer_new(o, world_finalized, c, &f);
    operation_status(w, s);
    if (s != STATUS_OK)
        return;
    finalizer **place = finalizer_at(w, a->at[1]);
    finalizer_release(*place);
    *place = f;
}

/* What there is to do with one: 0 look at it, 1 detach it, 2 run it, 3 not at the end. */
void operation_finalizer(world *w, const operation_arguments *a)
{
    finalizer *f = *finalizer_at(w, a->at[0]);
    if (f == NULL) {
        world_say(w, " none");
        return;
    }
    world_say(w, finalizer_is_alive(f) ? " alive" : " dead");
    world_say(w, finalizer_atexit(f) ? " atexit" : "");
    object *o = NULL;
    switch ((uint64_t)a->at[1] % 4) {
    case 0:
        o = finalizer_peek(f);
        world_show(w, value_of_object(o));
        break;
    case 1:
        o = finalizer_detach(f);
        world_show(w, value_of_object(o));
        break;
    case 2:
        (void)finalizer_call(f); /* whether it was alive has been said */
        break;
    default:
        finalizer_set_atexit(f, false);
        break;
    }
    object_decref(o);
}

/* ---- proxies ---- */

void operation_proxy(world *w, const operation_arguments *a)
{
    object *o = operation_object(w, a->at[0]);
    if (o == NULL)
        return;
    if (w->counts || object_is(o, KIND_WEAKREF) || object_is(o, KIND_METHOD)) {
        world_say(w, " not asked");
        return;
    }
    world_callback *c = NULL;
    if (a->at[2] != 0 && (c = world_callback_new(w, o, a->at[2], -1)) == NULL)
        return;
    weakref *r = NULL;
    status s = weakref_new_proxy(o, c == NULL ? NULL : world_called, c, &r);
    operation_status(w, s);
    if (s == STATUS_OK)
        world_put(w, a->at[1], value_of_object(&r->head));
}

static const weakref *proxy_in(world *w, int64_t slot)
{
    return (const weakref *)(const void *)operation_of_kind(w, slot, KIND_PROXY);
}

void operation_proxy_get(world *w, const operation_arguments *a)
{
    value v = VALUE_NONE;
    const weakref *p = proxy_in(w, a->at[0]);
    if (p == NULL)
        return;
    status s = proxy_get_attr(p, w->names[a->at[1]], &v);
    operation_finish(w, s, v, a->at[2]);
    if (s == STATUS_OK)
        value_decref(v);
}

/* Numbers only: the rest is said of `set`. */
void operation_proxy_set(world *w, const operation_arguments *a)
{
    const weakref *p = proxy_in(w, a->at[0]);
    if (p == NULL)
        return;
    if (a->at[1] >= WORLD_NARROW_NAMES)
        world_say(w, " not asked");
    else
        operation_status(w, proxy_set_attr(p, w->names[a->at[1]], value_of_int(a->at[2])));
}

void operation_proxy_unset(world *w, const operation_arguments *a)
{
    const weakref *p = proxy_in(w, a->at[0]);
    if (p != NULL)
        operation_status(w, proxy_unset_attr(p, w->names[a->at[1]]));
}
