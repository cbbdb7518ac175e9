#include "objects/dict_object.h"

#include "objects/scalar.h"

#include <string.h>

#define CELL_EMPTY UINT32_MAX
enum { MIN_CAPACITY = 8 };

static dict_payload *payload(const object *o)
{
    return object_payload(o);
}

object *dict_object_new(type *t)
{
    object *o = object_new(t);
    if (o == NULL || t->layout == LAYOUT_DICT)
        return o;
    collector_untrack(t->rt, o); /* until it holds something that is tracked */
    return o;
}

/* ---- tables ---- */

static uint32_t *index_of(const dict_table *t)
{
    return (uint32_t *)(uintptr_t)(t->items + t->capacity);
}

static dict_table *new_table(heap *h, size_t n)
{
    size_t capacity = MIN_CAPACITY;
    while (capacity < n)
        capacity *= 2;
    if (capacity > UINT32_MAX / 4)
        return NULL;
    size_t index_bytes = 2 * capacity * sizeof(uint32_t);
    dict_table *t = mem_alloc(h, sizeof(*t) + capacity * sizeof(dict_item) + index_bytes);
    if (t == NULL)
        return NULL;
    *t = (dict_table){.capacity = (uint32_t)capacity};
    memset(index_of(t), 0xff, index_bytes);
    return t;
}

/* The cell that leads to the key, or the empty one where it belongs. A deleted item keeps its cell,
 * so that those behind it are still found. */
static uint32_t *find_cell(const dict_table *t, value key, uint64_t hash)
{
    uint32_t *index = index_of(t);
    uint32_t mask = 2 * t->capacity - 1;
    uint32_t i = (uint32_t)(hash ^ hash >> 32) & mask;
    for (; index[i] != CELL_EMPTY; i = (i + 1) & mask) {
        const dict_item *item = &t->items[index[i]];
        if (item->key != VALUE_NONE && item->hash == hash &&
            (item->key == key || value_equal(item->key, key)))
            break;
    }
    return &index[i];
}

static dict_item *find(const object *o, value key, uint64_t hash)
{
    dict_table *t = payload(o)->table;
    uint32_t at = t == NULL ? CELL_EMPTY : *find_cell(t, key, hash);
    return at == CELL_EMPTY ? NULL : &t->items[at];
}

/* The key is not there, and there is room. */
static void append(dict_table *t, dict_item item)
{
    uint32_t *index = index_of(t);
    uint32_t mask = 2 * t->capacity - 1;
    uint32_t i = (uint32_t)(item.hash ^ item.hash >> 32) & mask;
    while (index[i] != CELL_EMPTY)
        i = (i + 1) & mask;
    index[i] = t->n_items;
    t->items[t->n_items++] = item;
    t->n_set++;
}

/* Room for one more item. */
static bool reserve(object *o)
{
    dict_table *old = payload(o)->table;
    if (old != NULL && old->n_items < old->capacity)
        return true;
    heap *h = o->type->rt->tables;
    dict_table *larger = new_table(h, old == NULL ? 0 : 2 * ((size_t)old->n_set + 1));
    if (larger == NULL)
        return false;
    for (uint32_t i = 0; old != NULL && i < old->n_items; i++) {
        if (old->items[i].key != VALUE_NONE)
            append(larger, old->items[i]);
    }
    mem_free(h, old);
    payload(o)->table = larger;
    return true;
}

/* ---- operations ---- */

static status no_key(const object *o)
{
    return runtime_fail(o->type->rt, STATUS_KEY_ERROR, "no such key");
}

status dict_object_get(const object *o, value key, value *ret_value)
{
    uint64_t hash = 0;
    status s = value_hash(o->type->rt, key, &hash);
    if (s != STATUS_OK)
        return s;
    const dict_item *item = find(o, key, hash);
    if (item == NULL)
        return no_key(o);
    *ret_value = item->value;
    return STATUS_OK;
}

status dict_object_set(object *o, value key, value v)
{
    runtime *rt = o->type->rt;
    uint64_t hash = 0;
    status s = value_hash(rt, key, &hash);
    if (s != STATUS_OK)
        return s;
    dict_item *item = find(o, key, hash);
    if (item == NULL && !reserve(o))
        return runtime_fail(rt, STATUS_MEMORY_ERROR, "no memory for a dict of %zu items",
                            dict_object_length(o) + 1);
    value_incref(v);
    if (object_rank(o) == OBJECT_UNTRACKED && (value_may_cycle(key) || value_may_cycle(v)))
        collector_track(rt, o);
    if (item == NULL) {
        value_incref(key);
        append(payload(o)->table, (dict_item){key, hash, v});
        return STATUS_OK;
    }
    value old = item->value;
    item->value = v;
    value_decref(old);
    return STATUS_OK;
}

status dict_object_unset(object *o, value key)
{
    uint64_t hash = 0;
    status s = value_hash(o->type->rt, key, &hash);
    if (s != STATUS_OK)
        return s;
    dict_item *item = find(o, key, hash);
    if (item == NULL)
        return no_key(o);
    dict_item old = *item;
    item->key = VALUE_NONE;
    item->value = VALUE_NONE;
    payload(o)->table->n_set--;
    value_decref(old.key);
    value_decref(old.value);
    return STATUS_OK;
}

bool dict_object_next(const object *o, size_t *at, value *ret_key, value *ret_value)
{
    const dict_table *t = payload(o)->table;
    while (t != NULL && *at < t->n_items) {
        const dict_item *item = &t->items[(*at)++];
        if (item->key != VALUE_NONE) {
            *ret_key = item->key;
            *ret_value = item->value;
            return true;
        }
    }
    return false;
}

bool dict_object_is_atomic(const object *o)
{
    size_t at = 0;
    value key = VALUE_NONE;
    value v = VALUE_NONE;
    while (dict_object_next(o, &at, &key, &v)) {
        if (value_may_cycle(key) || value_may_cycle(v))
            return false;
    }
    return true;
}

bool dict_object_is_valid(const object *o)
{
    const dict_table *t = payload(o)->table;
    if (t == NULL)
        return true;
    uint32_t n_set = 0;
    for (uint32_t i = 0; i < t->n_items; i++) {
        if (t->items[i].key == VALUE_NONE)
            continue;
        n_set++;
        uint64_t hash = 0;
        if (value_hash(o->type->rt, t->items[i].key, &hash) != STATUS_OK ||
            hash != t->items[i].hash || find(o, t->items[i].key, hash) != &t->items[i])
            return false;
    }
    return n_set == t->n_set && t->n_items <= t->capacity;
}
