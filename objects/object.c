#include "objects/object.h"

#include "objects/dict_object.h"
#include "objects/list.h"
#include "objects/method.h"
#include "objects/scalar.h"
#include "objects/tuple.h"
#include "objects/weak_container.h"
#include "objects/weakref.h"

#include <string.h>

/* Destructors that may run inside each other before the rest is put off. */
enum { MAX_DEPTH = 100 };

/* ---- the attributes word of LAYOUT_DICT ---- */

static object_attributes attributes_of(const object *o)
{
    return object_words_of(o)->attributes;
}

static unsigned inline_capacity(const object *o)
{
    return (unsigned)(attributes_of(o) & OBJECT_CAPACITY_MASK);
}

/* The dict of an instance that has one of its own. */
static dict *own_dict(const object *o)
{
    return (dict *)(uintptr_t)attributes_of(o);
}

/* Index of the i-th attribute set inline. */
static unsigned order_at(object_attributes attributes, size_t i)
{
    return (unsigned)(attributes >> (OBJECT_ORDER_SHIFT + OBJECT_INDEX_BITS * i) & 15);
}

/* Those behind it move up. */
static void order_remove(object *o, unsigned index)
{
    object_attributes *word = &object_words_of(o)->attributes;
    unsigned at = 0;
    while (order_at(*word, at) != index)
        at++;
    unsigned shift = OBJECT_ORDER_SHIFT + OBJECT_INDEX_BITS * at;
    object_attributes before = *word & (((object_attributes)1 << shift) - 1);
    object_attributes after = *word >> shift >> OBJECT_INDEX_BITS << shift;
    *word = (before | after) - ((object_attributes)1 << OBJECT_COUNT_SHIFT);
}

/* ---- dict-backed attributes ---- */

/* The value's place in the instance, or NULL; index: a key's, or TYPE_NO_INDEX. */
static value *inline_place(const object *o, int index)
{
    if (index == TYPE_NO_INDEX || (unsigned)index >= inline_capacity(o))
        return NULL;
    return &object_values(o)[index];
}

static value *dict_place(const object *o, const name *n)
{
    if (inline_capacity(o) == 0) {
        dict_entry *entry = dict_find(own_dict(o), n);
        return entry == NULL ? NULL : &entry->value;
    }
    value *place = inline_place(o, type_find(o->type, n));
    return place == NULL || *place == VALUE_NONE ? NULL : place;
}

/* Moves the inline values into a dict of the instance's own. */
static bool make_own_dict(object *o)
{
    heap *h = o->type->rt->tables;
    object_attributes word = attributes_of(o);
    size_t n = object_n_inline_set(word);
    dict *d = dict_new(h, n + 1);
    if (d == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned index = order_at(word, i);
        (void)dict_add(h, &d, o->type->keys[index], object_values(o)[index]); /* there is room */
    }
    object_words_of(o)->attributes = (uintptr_t)d;
    o->flags |= OBJECT_CARE;
    return true;
}

static bool dict_add_attribute(object *o, const name *n, value v)
{
    heap *h = o->type->rt->tables;
    if (inline_capacity(o) != 0) {
        int index = type_find(o->type, n);
        if (index == TYPE_NO_INDEX)
            index = type_add_key(o->type, n);
        value *place = inline_place(o, index);
        if (place != NULL) {
            object_words_of(o)->attributes = object_order_append(attributes_of(o), (unsigned)index);
            *place = v;
            return true;
        }
        if (!make_own_dict(o))
            return false;
    }
    dict *d = own_dict(o);
    bool added = dict_add(h, &d, n, v);
    object_words_of(o)->attributes = (uintptr_t)d;
    return added;
}

/* ---- attributes of any layout ---- */

static value *find_value(const object *o, const name *n)
{
    if (o->type->layout == LAYOUT_DICT)
        return dict_place(o, n);
    int index = type_find(o->type, n);
    return index == TYPE_NO_INDEX ? NULL : &object_values(o)[index];
}

/* The collector passes over pools of old objects that hold nothing: not over this one any more. */
void object_start_holding(object *o)
{
    o->flags |= OBJECT_HOLDS;
    heap_drop_note(o);
}

static status no_attribute(const object *o, const name *n)
{
    return runtime_fail(o->type->rt, STATUS_ATTRIBUTE_ERROR, "'%s' object has no attribute '%s'",
                        o->type->name->text, n->text);
}

status object_get_attr(const object *o, const name *n, value *ret_value)
{
    const value *place = find_value(o, n);
    if (place == NULL || *place == VALUE_NONE)
        return no_attribute(o, n);
    *ret_value = *place;
    return STATUS_OK;
}

status object_set_attr(object *o, const name *n, value v)
{
    value *place = find_value(o, n);
    if (place == NULL && o->type->layout != LAYOUT_DICT)
        return no_attribute(o, n);
    object_hold(o, v);
    if (place == NULL) {
        if (dict_add_attribute(o, n, v))
            return STATUS_OK;
        value_decref(v);
        return runtime_fail(o->type->rt, STATUS_MEMORY_ERROR, "no memory for attribute '%s'",
                            n->text);
    }
    value old = *place;
    *place = v;
    value_decref(old); /* last: it may run callbacks that look at the object */
    return STATUS_OK;
}

status object_unset_attr(object *o, const name *n)
{
    value *place = find_value(o, n);
    if (place == NULL || *place == VALUE_NONE)
        return no_attribute(o, n);
    value old = *place;
    if (o->type->layout == LAYOUT_DICT && inline_capacity(o) == 0) {
        dict_remove(own_dict(o), dict_find(own_dict(o), n));
    } else {
        if (o->type->layout == LAYOUT_DICT)
            order_remove(o, (unsigned)(place - object_values(o)));
        *place = VALUE_NONE;
    }
    value_decref(old);
    return STATUS_OK;
}

size_t object_n_attributes(const object *o)
{
    if (o->type->layout == LAYOUT_DICT)
        return inline_capacity(o) == 0 ? own_dict(o)->n_set : object_n_inline_set(attributes_of(o));
    size_t n = 0;
    for (unsigned i = 0; i < o->type->n_inline; i++)
        n += object_values(o)[i] != VALUE_NONE;
    return n;
}

void object_attribute(const object *o, size_t i, const name **ret_name, value *ret_value)
{
    unsigned index = 0;
    if (o->type->layout != LAYOUT_DICT) {
        while (object_values(o)[index] == VALUE_NONE || i-- > 0)
            index++;
    } else if (inline_capacity(o) != 0) {
        index = order_at(attributes_of(o), i);
    } else {
        const dict_entry *entry = dict_at(own_dict(o), i);
        *ret_name = entry->name;
        *ret_value = entry->value;
        return;
    }
    *ret_name = o->type->keys[index];
    *ret_value = object_values(o)[index];
}

void object_site_learn(object_site *site, const object *o)
{
    int index = type_find(o->type, site->name);
    if (index == TYPE_NO_INDEX)
        return;
    site->type = o->type;
    site->index = (uint16_t)index;
    site->offset = (uint16_t)(o->type->values_offset + (size_t)index * sizeof(value));
    site->is_slot = o->type->layout != LAYOUT_DICT;
}

status object_set_at_new(object_site *site, object *o, value v)
{
    object_site_learn(site, o);
    return object_set_attr(o, site->name, v);
}

/* ---- what an object holds ---- */

/* How many words of values an instance has: its type's keys may have grown since it was made. */
static unsigned n_values(const object *o)
{
    return o->type->layout == LAYOUT_DICT ? inline_capacity(o) : o->type->n_inline;
}

static bool has_own_dict(const object *o)
{
    return o->type->layout == LAYOUT_DICT && inline_capacity(o) == 0;
}

static value_span attributes_span(const object *o)
{
    if (!has_own_dict(o))
        return (value_span){object_values(o), n_values(o), 1};
    dict *d = own_dict(o);
    return (value_span){&d->entries[0].value, d->n_entries, sizeof(dict_entry) / sizeof(value)};
}

/* Keys, then values. */
static unsigned dict_spans(const object *o, value_span spans[2])
{
    const size_t stride = sizeof(dict_item) / sizeof(value);
    dict_table *t = ((dict_payload *)object_payload(o))->table;
    if (t == NULL)
        return 0;
    spans[0] = (value_span){&t->items[0].key, t->n_items, stride};
    spans[1] = (value_span){&t->items[0].value, t->n_items, stride};
    return 2;
}

static unsigned held_span(const weakref *w, value_span *ret_span)
{
    if (w->callback == NULL)
        return 0;
    *ret_span = (value_span){&w->callback->held, 1, 1};
    return 1;
}

unsigned object_spans(const object *o, value_span ret_spans[OBJECT_MAX_SPANS])
{
    unsigned n = 0;
    if (o->type->n_inline != 0)
        ret_spans[n++] = attributes_span(o);
    switch (o->type->kind) {
    case KIND_TUPLE:
        ret_spans[n++] = (value_span){tuple_of(o)->items, tuple_of(o)->n, 1};
        break;
    case KIND_LIST:
        ret_spans[n++] = (value_span){list_of(o)->items, list_of(o)->n, 1};
        break;
    case KIND_DICT:
        n += dict_spans(o, ret_spans + n);
        break;
    case KIND_WEAKREF:
    case KIND_PROXY:
        n += held_span((const weakref *)(const void *)o, &ret_spans[n]);
        break;
    case KIND_WEAK_KEY_DICT:
    case KIND_WEAK_VALUE_DICT:
    case KIND_WEAK_SET:
        ret_spans[n++] = (value_span){&weak_payload_of(o)->data, 1, 1};
        break;
    case KIND_METHOD:
        ret_spans[n++] = (value_span){&((method_payload *)object_payload(o))->self, 1, 1};
        break;
    default:
        break;
    }
    return n;
}

static void release_span(value_span span)
{
    for (size_t i = 0; i < span.n; i++)
        value_decref(span.first[i * span.stride]);
}

/* As CPython does, the last item first. */
static void release_items(const value *items, size_t n)
{
    while (n > 0)
        value_decref(items[--n]);
}

/* Each takes out what it releases first: whatever runs then sees the object without it. */

static void clear_attributes(object *o)
{
    if (has_own_dict(o)) {
        for (uint32_t i = 0; i < own_dict(o)->n_entries; i++) {
            dict_entry *entry = &own_dict(o)->entries[i];
            value old = entry->value;
            if (entry->name != NULL)
                dict_remove(own_dict(o), entry);
            value_decref(old);
        }
        return;
    }
    unsigned n = n_values(o);
    if (o->type->layout == LAYOUT_DICT)
        object_words_of(o)->attributes = n;
    for (unsigned i = 0; i < n; i++) {
        value old = object_values(o)[i];
        object_values(o)[i] = VALUE_NONE;
        value_decref(old);
    }
}

static void clear_list(object *o)
{
    list_payload *l = object_payload(o);
    list_payload old = *l;
    *l = (list_payload){0};
    release_items(old.items, old.n);
    mem_free(o->type->rt->tables, old.items);
}

static void clear_dict(object *o)
{
    dict_payload *d = object_payload(o);
    dict_table *old = d->table;
    d->table = NULL;
    for (uint32_t i = 0; old != NULL && i < old->n_items; i++) {
        value_decref(old->items[i].key);
        value_decref(old->items[i].value);
    }
    mem_free(o->type->rt->tables, old);
}

void object_clear(object *o)
{
    if (o->type->n_inline != 0)
        clear_attributes(o);
    if (o->type->kind == KIND_LIST)
        clear_list(o);
    else if (o->type->kind == KIND_DICT)
        clear_dict(o);
    else if (kind_is_weak_container(o->type->kind))
        weak_clear(o);
}

/* ---- destruction ---- */

bool object_finalize(object *o)
{
    if (o->type->finalizer == NULL || (o->flags & OBJECT_FINALIZED) != 0)
        return false;
    o->flags |= OBJECT_FINALIZED;
    o->type->finalizer(o, o->type->finalizer_argument);
    return true;
}

/* True if the finalizer brought it back to life. */
static bool is_resurrected(object *o)
{
    runtime *rt = o->type->rt;
    if ((o->flags & OBJECT_FINALIZED) != 0)
        return false;
    o->refcount = 1; /* for the time of the call */
    if (o->listed != OBJECT_UNLISTED)
        collector_unlist(rt, o);
    collector_track(rt, o); /* whoever comes back is young again, as in CPython */
    (void)object_finalize(o);
    return --o->refcount > 0;
}

/* As CPython does: in the order of the type's keys; then those that the type has no room for. */
static void release_own_dict(object *o)
{
    dict *d = own_dict(o);
    for (unsigned i = 0; i < o->type->n_keys; i++) {
        dict_entry *entry = dict_find(d, o->type->keys[i]);
        if (entry == NULL)
            continue;
        value v = entry->value;
        dict_remove(d, entry);
        value_decref(v);
    }
    release_span(attributes_span(o));
    dict_free(o->type->rt->tables, d);
}

static void release_attributes(object *o)
{
    if (has_own_dict(o))
        release_own_dict(o);
    else
        release_span(attributes_span(o));
}

static void release_payload(object *o)
{
    switch (o->type->kind) {
    case KIND_LIST:
        clear_list(o);
        break;
    case KIND_DICT:
        clear_dict(o);
        break;
    case KIND_TUPLE:
        release_items(tuple_of(o)->items, tuple_of(o)->n);
        tuple_free_items(o);
        break;
    case KIND_METHOD:
        value_decref(method_of(o)->self);
        break;
    case KIND_STR:
        str_destroy(o);
        break;
    case KIND_WEAK_KEY_DICT:
    case KIND_WEAK_VALUE_DICT:
    case KIND_WEAK_SET:
        weak_clear(o);
        break;
    default:
        break;
    }
}

/* What is left of destruction once nobody can look at the object any more. */
static void release(object *o)
{
    if (o->type->n_inline != 0)
        release_attributes(o);
    if (o->type->kind != KIND_INSTANCE)
        release_payload(o);
    mem_free_small(o);
}

/*
 * Objects that wait are linked through the first six bytes of their headers: the count and the
 * place in a list, which nobody needs any more. The flags stay, so that a collection passes over
 * them.
 */
enum { FLAGS_SHIFT = 48 };

static void put_off(runtime *rt, object *o)
{
    uint64_t word = (uint64_t)o->flags << FLAGS_SHIFT | (uintptr_t)rt->dying;
    memcpy(o, &word, sizeof(word));
    rt->dying = o;
}

static object *take_dying(runtime *rt)
{
    object *o = rt->dying;
    uint64_t word = 0;
    memcpy(&word, o, sizeof(word));
    rt->dying = (object *)(uintptr_t)(word & (((uint64_t)1 << FLAGS_SHIFT) - 1));
    return o;
}

static void release_at_depth(runtime *rt, object *o)
{
    rt->depth++;
    release(o);
    rt->depth--;
}

/* Not inlined: what it needs would burden the way of every plain object. */
static __attribute__((noinline)) void destroy_with_care(object *o)
{
    runtime *rt = o->type->rt;
    if (o->type->finalizer != NULL && is_resurrected(o))
        return;
    if (o->listed != OBJECT_UNLISTED)
        collector_unlist(rt, o);
    o->flags |= OBJECT_UNTRACKED;
    heap_drop_note(o);
    if (o->type->layout != LAYOUT_SLOTS && object_words_of(o)->weakrefs != NULL)
        weakref_kill_all(o);
    if (rt->depth == MAX_DEPTH) {
        put_off(rt, o);
        return;
    }
    release_at_depth(rt, o);
    while (rt->depth == 0 && rt->dying != NULL)
        release_at_depth(rt, take_dying(rt));
}

/* True if it holds nothing, and nothing of its own runs when it dies. */
static bool is_empty(const object *o)
{
    if ((o->flags & OBJECT_CARE) == 0)
        return (o->flags & OBJECT_HOLDS) == 0;
    const type *t = o->type;
    return (o->flags & OBJECT_HOLDS) == 0 && t->kind == KIND_INSTANCE && t->finalizer == NULL &&
           !has_own_dict(o);
}

void object_destroy(object *o)
{
    if ((o->flags & OBJECT_CARE) != 0 && object_is_weakref(o)) {
        weakref_destroy((weakref *)(void *)o);
        return;
    }
    if (!is_empty(o)) {
        destroy_with_care(o);
        return;
    }
    if (o->listed != OBJECT_UNLISTED)
        collector_unlist(o->type->rt, o);
    if ((o->flags & OBJECT_CARE) != 0 && o->type->layout != LAYOUT_SLOTS &&
        object_words_of(o)->weakrefs != NULL) {
        o->flags |= OBJECT_UNTRACKED;
        heap_drop_note(o);
        weakref_kill_all(o);
    }
    mem_free_small(o);
}

/* ---- invariants ---- */

bool object_is_valid(const object *o)
{
    if (o->refcount == 0 || !heap_owns(o))
        return false;
    if (o->type->layout != LAYOUT_DICT)
        return o->type->layout == LAYOUT_SLOTS || weakrefs_are_valid(o);
    if (!weakrefs_are_valid(o))
        return false;
    unsigned capacity = inline_capacity(o);
    if (capacity == 0)
        return dict_is_valid(own_dict(o));
    object_attributes word = attributes_of(o);
    size_t n_set = 0;
    for (unsigned i = 0; i < capacity; i++)
        n_set += object_values(o)[i] != VALUE_NONE;
    unsigned seen = 0;
    for (size_t i = 0; i < object_n_inline_set(word); i++) {
        unsigned index = order_at(word, i);
        if (index >= capacity || object_values(o)[index] == VALUE_NONE || (seen >> index & 1) != 0)
            return false;
        seen |= 1U << index;
    }
    return object_n_inline_set(word) == n_set &&
           object_words_of(o)->head.type->values_offset + capacity * sizeof(value) <=
               mem_usable_bytes(o);
}
