/* operations_values.c -- the operations on lists and dicts, and on weak references. */
#include "objects/tests/differential/operations.h"

#include "objects/dict_object.h"
#include "objects/list.h"
#include "objects/scalar.h"
#include "objects/tuple.h"

#include <stdlib.h>

/* ---- containers ---- */

void operation_append(world *w, const operation_arguments *a)
{
    object *o = operation_of_kind(w, a->at[0], KIND_LIST);
    if (o != NULL)
        operation_status(w, list_append(o, operation_operand(w, a->at[1])));
}

void operation_pop(world *w, const operation_arguments *a)
{
    value v = VALUE_NONE;
    object *o = operation_of_kind(w, a->at[0], KIND_LIST);
    if (o == NULL)
        return;
    status s = list_pop(o, a->at[1], &v);
    operation_finish(w, s, v, a->at[2]);
    if (s == STATUS_OK)
        value_decref(v);
}

void operation_item(world *w, const operation_arguments *a)
{
    value v = VALUE_NONE;
    const object *o = operation_of_kind(w, a->at[0], KIND_LIST);
    if (o != NULL) {
        status s = list_get(o, a->at[1], &v);
        operation_finish(w, s, v, a->at[2]);
    }
}

void operation_set_item(world *w, const operation_arguments *a)
{
    object *o = operation_of_kind(w, a->at[0], KIND_LIST);
    if (o != NULL)
        operation_status(w, list_set(o, a->at[1], operation_operand(w, a->at[2])));
}

void operation_dict_set(world *w, const operation_arguments *a)
{
    object *o = operation_of_kind(w, a->at[0], KIND_DICT);
    if (o != NULL)
        operation_status(
            w, dict_object_set(o, operation_operand(w, a->at[1]), operation_operand(w, a->at[2])));
}

void operation_dict_get(world *w, const operation_arguments *a)
{
    value v = VALUE_NONE;
    const object *o = operation_of_kind(w, a->at[0], KIND_DICT);
    if (o != NULL) {
        status s = dict_object_get(o, operation_operand(w, a->at[1]), &v);
        operation_finish(w, s, v, a->at[2]);
    }
}

void operation_dict_unset(world *w, const operation_arguments *a)
{
    object *o = operation_of_kind(w, a->at[0], KIND_DICT);
    if (o != NULL)
        operation_status(w, dict_object_unset(o, operation_operand(w, a->at[1])));
}

void operation_length(world *w, const operation_arguments *a)
{
    const object *o = operation_object(w, a->at[0]);
    if (o == NULL)
        return;
    switch (o->type->kind) {
    case KIND_LIST:
        world_say(w, " %zu", list_of(o)->n);
        break;
    case KIND_DICT:
        world_say(w, " %zu", dict_object_length(o));
        break;
    case KIND_TUPLE:
        world_say(w, " %zu", tuple_of(o)->n);
        break;
    case KIND_STR:
        world_say(w, " %zu", str_of(o)->n_bytes);
        break;
    default:
        world_say(w, " none");
        break;
    }
}

/* ---- weak references ---- */

/* Arguments: referent, where to; the callback's number, 0 for none; a slot it drops. */
void operation_ref(world *w, const operation_arguments *a)
{
    object *o = operation_object(w, a->at[0]);
    if (o == NULL)
        return;
    if (object_is(o, KIND_WEAKREF) || object_is(o, KIND_METHOD)) {
        world_say(w, " not asked"); /* CPython's can be referred to */
        return;
    }
    /* CPython adds weakrefs that their callbacks free to what was collected. */
    int drops = w->counts ? -1 : (int)a->at[3];
    world_callback *c = NULL;
    if (a->at[2] != 0 && (c = world_callback_new(w, o, a->at[2], drops)) == NULL)
        return;
    weakref *r = NULL;
    status s = weakref_new(o, c == NULL ? NULL : world_called, c, &r);
    operation_status(w, s);
    if (s == STATUS_OK)
        operation_put_new(w, a->at[1], &r->head);
}

void operation_deref(world *w, const operation_arguments *a)
{
    const object *o = operation_of_kind(w, a->at[0], KIND_WEAKREF);
    if (o == NULL)
        return;
    object *referent = weakref_get((const weakref *)(const void *)o);
    world_show(w, value_of_object(referent));
    if (referent != NULL)
        world_put(w, a->at[1], value_of_object(referent));
}

/* How many weak references there are, and their callbacks in order; 0: none. */
void operation_refs(world *w, const operation_arguments *a)
{
    const object *o = operation_object(w, a->at[0]);
    if (o == NULL)
        return;
    size_t n = weakref_count(o);
    world_say(w, " %zu", n);
    for (size_t i = 0; i < n; i++) {
        const weakref *r = weakref_at(o, i);
        const weakref_callback *c = r->callback;
        if (object_is(&r->head, KIND_PROXY))
            world_say(w, " proxy");
        else if (c != NULL && c->run != world_called)
            world_say(w, " container");
        else
            world_say(w, " %lld",
                      c == NULL ? 0LL : (long long)((world_callback *)c->argument)->number);
    }
}

void operation_recover(world *w, const operation_arguments *a)
{
    for (world_rescued **link = &w->rescued; *link != NULL; link = &(*link)->next) {
        world_rescued *r = *link;
        if (r->label != a->at[0])
            continue;
        *link = r->next;
        world_show(w, value_of_object(r->o));
        world_put(w, a->at[1], value_of_object(r->o));
        free(r);
        return;
    }
    world_say(w, " nobody");
}
