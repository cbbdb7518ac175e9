/*
 * layouts.c -- the known-wrong submission: correct, but every name is hashed two hundred times.
 *
 *   HW_SLOTS    | class | refcount, set | slot 0 | slot 1 | ...
 *   HW_WEAKREF  | class | refcount, set | weakrefs | slot 0 | slot 1 | ...
 *   HW_DICT     | class | refcount, set | weakrefs | table --> | values | set bits | order |
 *
 * Names are looked up once a class: its keys map a name to an index, and an instance holds only
 * values. A dict-backed instance shares the keys of its class as they grow; once they are full
 * it gets keys of its own ("private", kept in front of its values).
 */
#include "hw_layouts.h"

#include <stdbool.h>
#include <string.h>

#define N_SHARED_KEYS  32 /* names that the dict-backed instances of a class share */
#define N_HEADER_BITS  32 /* slots whose set bit is in the header; the others' follow the slots */
#define N_FIRST_VALUES 4  /* capacity of a dict-backed instance's first table; a multiple of 4 */
#define N_MAX_VALUES   16384
#define NO_INDEX       UINT32_MAX
#define EMPTY_CELL     UINT16_MAX
#define BITS_PER_WORD  64

/* Names in the order in which they were added, and a hash table of their indices. */
typedef struct keys {
    uint32_t n_keys;
    uint32_t capacity;
    uint32_t n_cells; /* a power of two, at least twice the capacity */
    char **names;     /* [capacity], each from the pool */
    uint16_t *cells;  /* [n_cells]: index of a name, or EMPTY_CELL */
} keys;

struct hw_class {
    hw_pool *pool;
    hw_layout layout;
    uint32_t object_bytes;
    uint32_t slots_offset;
    keys *names;
};

/* What `set` holds depends on the layout. */
struct hw_object {
    hw_class *cls;
    uint32_t refcount;
    union {
        uint32_t bits; /* slots: which of the first N_HEADER_BITS are set */
        struct {
            uint16_t n_set;
            uint16_t capacity : 15; /* of the table; 0: no table yet */
            uint16_t is_private : 1;
        } dict;
    } set;
};

/* The words after the header of a HW_DICT object. The first is that of HW_WEAKREF too. */
typedef struct dict_object {
    hw_object head;
    hw_weakref *weakrefs;
    void *table; /* [keys *, if private] values, set bits, order (indices of the set ones) */
} dict_object;

struct hw_weakref {
    size_t refcount;
    hw_object *referent; /* NULL once it is dead */
    hw_callback *callback;
    void *argument;
    hw_weakref *next, *previous; /* of the same referent: the shared one first, then latest first */
    hw_pool *pool;
};

/* ---- keys ---- */

static uint32_t hash_name(const char *name)
{
    volatile uint32_t hash = 0;
    for (int again = 0; again < 200; again++) {
        hash = 2166136261U; /* FNV-1a */
        for (const char *c = name; *c != '\0'; c++)
            hash = (hash ^ (unsigned char)*c) * 16777619U;
    }
    return hash ^ (hash >> 15);
}

static keys *keys_new(hw_pool *pool, uint32_t capacity)
{
    uint32_t n_cells = 8;
    while (n_cells < 2 * capacity)
        n_cells *= 2;
    size_t names_bytes = capacity * sizeof(char *);
    keys *k = hw_pool_alloc(pool, sizeof(*k) + names_bytes + n_cells * sizeof(uint16_t));
    if (k == NULL)
        return NULL;
    k->n_keys = 0;
    k->capacity = capacity;
    k->n_cells = n_cells;
    k->names = (char **)(void *)(k + 1);
    k->cells = (uint16_t *)(void *)((char *)(k + 1) + names_bytes);
    memset(k->cells, 0xff, n_cells * sizeof(uint16_t));
    return k;
}

static void keys_delete(hw_pool *pool, keys *k)
{
    for (uint32_t i = 0; i < k->n_keys; i++)
        hw_pool_free(pool, k->names[i]);
    hw_pool_free(pool, k);
}

/* The cell that holds the name, or the empty one where it belongs. */
static uint16_t *keys_cell(const keys *k, const char *name)
{
    uint32_t i = hash_name(name) & (k->n_cells - 1);
    while (k->cells[i] != EMPTY_CELL && strcmp(k->names[k->cells[i]], name) != 0)
        i = (i + 1) & (k->n_cells - 1);
    return &k->cells[i];
}

static uint32_t keys_find(const keys *k, const char *name)
{
    uint16_t index = *keys_cell(k, name);
    return index == EMPTY_CELL ? NO_INDEX : index;
}

/* Adds a name that is not there, to keys that are not full. NO_INDEX without memory. */
static uint32_t keys_add(hw_pool *pool, keys *k, const char *name)
{
    size_t n_bytes = strlen(name) + 1;
    char *copy = hw_pool_alloc(pool, n_bytes);
    if (copy == NULL)
        return NO_INDEX;
    memcpy(copy, name, n_bytes);
    *keys_cell(k, name) = (uint16_t)k->n_keys;
    k->names[k->n_keys] = copy;
    return k->n_keys++;
}

/* ---- classes ---- */

static void class_measure(hw_class *cls, size_t n_names)
{
    if (cls->layout == HW_DICT) {
        cls->object_bytes = sizeof(dict_object);
        return;
    }
    cls->slots_offset = sizeof(hw_object);
    if (cls->layout == HW_WEAKREF)
        cls->slots_offset += (uint32_t)sizeof(hw_weakref *);
    cls->object_bytes = cls->slots_offset + (uint32_t)(n_names * sizeof(int64_t));
    if (n_names > N_HEADER_BITS)
        cls->object_bytes += (uint32_t)sizeof(uint32_t);
}

hw_class *hw_class_new(hw_pool *pool, hw_layout layout, const char *const *names, size_t n_names)
{
    hw_class *cls = hw_pool_alloc(pool, sizeof(*cls));
    if (cls == NULL)
        return NULL;
    *cls = (hw_class){.pool = pool, .layout = layout};
    class_measure(cls, n_names);
    uint32_t capacity = (uint32_t)n_names;
    if (layout == HW_DICT && capacity < N_SHARED_KEYS)
        capacity = N_SHARED_KEYS;
    cls->names = keys_new(pool, capacity);
    for (size_t i = 0; cls->names != NULL && i < n_names; i++) {
        if (keys_add(pool, cls->names, names[i]) == NO_INDEX) {
            keys_delete(pool, cls->names);
            cls->names = NULL;
        }
    }
    if (cls->names == NULL) {
        hw_pool_free(pool, cls);
        return NULL;
    }
    return cls;
}

void hw_class_delete(hw_class *cls)
{
    if (cls == NULL)
        return;
    keys_delete(cls->pool, cls->names);
    hw_pool_free(cls->pool, cls);
}

/* ---- the table of a dict-backed instance ---- */

static dict_object *as_dict(const hw_object *object)
{
    return (dict_object *)(uintptr_t)object;
}

static size_t table_bytes(size_t capacity, bool is_private)
{
    size_t n_words = (capacity + BITS_PER_WORD - 1) / BITS_PER_WORD;
    return (is_private ? sizeof(keys *) : 0) + capacity * sizeof(int64_t) +
           n_words * sizeof(uint64_t) + capacity * sizeof(uint16_t);
}

static int64_t *table_values(void *table, bool is_private)
{
    return (int64_t *)((char *)table + (is_private ? sizeof(keys *) : 0));
}

static int64_t *dict_values(const hw_object *object)
{
    return table_values(as_dict(object)->table, object->set.dict.is_private);
}

static uint64_t *dict_bits(const hw_object *object)
{
    return (uint64_t *)(dict_values(object) + object->set.dict.capacity);
}

static uint16_t *dict_order(const hw_object *object)
{
    size_t n_words = (object->set.dict.capacity + BITS_PER_WORD - 1U) / BITS_PER_WORD;
    return (uint16_t *)(dict_bits(object) + n_words);
}

static keys *dict_keys(const hw_object *object)
{
    if (object->set.dict.is_private)
        return *(keys **)as_dict(object)->table;
    return object->cls->names;
}

static bool dict_is_set(const hw_object *object, uint32_t index)
{
    return index < object->set.dict.capacity &&
           (dict_bits(object)[index / BITS_PER_WORD] >> (index % BITS_PER_WORD) & 1) != 0;
}

/* A new table with room for `capacity` values, none set; NULL without memory. */
static void *table_new(hw_pool *pool, size_t capacity, keys *private_keys)
{
    bool is_private = private_keys != NULL;
    void *table = hw_pool_alloc(pool, table_bytes(capacity, is_private));
    if (table == NULL)
        return NULL;
    if (is_private)
        *(keys **)table = private_keys;
    size_t n_words = (capacity + BITS_PER_WORD - 1) / BITS_PER_WORD;
    memset(table_values(table, is_private) + capacity, 0, n_words * sizeof(uint64_t));
    return table;
}

/* Puts a new table in the place of the old one, which is freed (its private keys are not). */
static void dict_replace(hw_object *object, void *table, size_t capacity, bool is_private)
{
    hw_pool_free(object->cls->pool, as_dict(object)->table);
    as_dict(object)->table = table;
    object->set.dict.capacity = (uint16_t)(capacity & 0x7fff);
    object->set.dict.is_private = is_private;
}

/* Room for one value more, at an index of the keys as they are. */
static bool dict_reserve(hw_object *object, uint32_t index)
{
    size_t old_capacity = object->set.dict.capacity;
    if (index < old_capacity)
        return true;
    size_t capacity = old_capacity == 0 ? N_FIRST_VALUES : old_capacity;
    while (capacity <= index)
        capacity *= 2;
    bool is_private = object->set.dict.is_private;
    void *table = table_new(object->cls->pool, capacity, is_private ? dict_keys(object) : NULL);
    if (table == NULL)
        return false;
    if (old_capacity > 0) {
        size_t n_set = object->set.dict.n_set;
        size_t n_old_words = (old_capacity + BITS_PER_WORD - 1) / BITS_PER_WORD;
        size_t n_words = (capacity + BITS_PER_WORD - 1) / BITS_PER_WORD;
        int64_t *values = table_values(table, is_private);
        uint64_t *bits = (uint64_t *)(values + capacity);
        memcpy(values, dict_values(object), old_capacity * sizeof(*values));
        memcpy(bits, dict_bits(object), n_old_words * sizeof(*bits));
        memcpy(bits + n_words, dict_order(object), n_set * sizeof(uint16_t));
    }
    dict_replace(object, table, capacity, is_private);
    return true;
}

/* Gives the object keys of its own with only the names that are set, and room for more. */
static bool dict_make_private(hw_object *object)
{
    hw_pool *pool = object->cls->pool;
    size_t n_set = object->set.dict.n_set;
    size_t capacity = N_FIRST_VALUES;
    while (capacity < 2 * (n_set + 1) && capacity < N_MAX_VALUES)
        capacity *= 2;
    if (n_set >= capacity)
        return false;
    keys *old_keys = dict_keys(object);
    keys *own = keys_new(pool, (uint32_t)capacity);
    void *table = own == NULL ? NULL : table_new(pool, capacity, own);
    bool done = table != NULL;
    for (size_t i = 0; done && i < n_set; i++)
        done = keys_add(pool, own, old_keys->names[dict_order(object)[i]]) != NO_INDEX;
    if (!done) {
        hw_pool_free(pool, table);
        if (own != NULL)
            keys_delete(pool, own);
        return false;
    }
    int64_t *values = table_values(table, true);
    uint64_t *bits = (uint64_t *)(values + capacity);
    uint16_t *order = (uint16_t *)(bits + (capacity + BITS_PER_WORD - 1) / BITS_PER_WORD);
    for (size_t i = 0; i < n_set; i++) {
        values[i] = dict_values(object)[dict_order(object)[i]];
        bits[i / BITS_PER_WORD] |= (uint64_t)1 << (i % BITS_PER_WORD);
        order[i] = (uint16_t)i;
    }
    if (object->set.dict.is_private)
        keys_delete(pool, old_keys);
    dict_replace(object, table, capacity, true);
    return true;
}

static hw_status dict_set(hw_object *object, const char *name, int64_t value)
{
    uint32_t index = keys_find(dict_keys(object), name);
    if (index == NO_INDEX) {
        const keys *k = dict_keys(object);
        if (k->n_keys == k->capacity && !dict_make_private(object))
            return HW_NO_MEMORY;
        /* the table first: a failure after keys_add() would leave a name without a value */
        if (!dict_reserve(object, dict_keys(object)->n_keys))
            return HW_NO_MEMORY;
        index = keys_add(object->cls->pool, dict_keys(object), name);
        if (index == NO_INDEX)
            return HW_NO_MEMORY;
    } else if (!dict_reserve(object, index)) {
        return HW_NO_MEMORY;
    }
    if (!dict_is_set(object, index)) {
        dict_bits(object)[index / BITS_PER_WORD] |= (uint64_t)1 << (index % BITS_PER_WORD);
        dict_order(object)[object->set.dict.n_set++] = (uint16_t)index;
    }
    dict_values(object)[index] = value;
    return HW_OK;
}

static hw_status dict_unset(hw_object *object, const char *name)
{
    uint32_t index = keys_find(dict_keys(object), name);
    if (index == NO_INDEX || !dict_is_set(object, index))
        return HW_NO_ATTRIBUTE;
    dict_bits(object)[index / BITS_PER_WORD] &= ~((uint64_t)1 << (index % BITS_PER_WORD));
    uint16_t *order = dict_order(object);
    size_t at = 0;
    while (order[at] != index)
        at++;
    size_t n_after = --object->set.dict.n_set - at;
    memmove(order + at, order + at + 1, n_after * sizeof(*order));
    return HW_OK;
}

/* ---- the slots of the two slot layouts ---- */

static int64_t *slots(const hw_object *object)
{
    return (int64_t *)((char *)(uintptr_t)object + object->cls->slots_offset);
}

/* The word with the set bit of a slot. */
static uint32_t *slot_bits(const hw_object *object, uint32_t index)
{
    if (index < N_HEADER_BITS)
        return (uint32_t *)(uintptr_t)&object->set.bits;
    return (uint32_t *)(slots(object) + object->cls->names->n_keys);
}

static uint32_t slot_bit(uint32_t index)
{
    return (uint32_t)1 << (index % N_HEADER_BITS);
}

static bool slot_is_set(const hw_object *object, uint32_t index)
{
    return (*slot_bits(object, index) & slot_bit(index)) != 0;
}

/* ---- objects ---- */

hw_object *hw_object_new(hw_class *cls)
{
    hw_object *object = hw_pool_alloc(cls->pool, cls->object_bytes);
    if (object == NULL)
        return NULL;
    object->cls = cls;
    object->refcount = 1;
    object->set.bits = 0;
    if (cls->layout == HW_SLOTS || cls->layout == HW_WEAKREF) {
        if (cls->layout == HW_WEAKREF)
            as_dict(object)->weakrefs = NULL;
        if (cls->names->n_keys > N_HEADER_BITS)
            *slot_bits(object, N_HEADER_BITS) = 0;
    } else {
        as_dict(object)->weakrefs = NULL;
        as_dict(object)->table = NULL;
    }
    return object;
}

void hw_object_incref(hw_object *object)
{
    object->refcount++;
}

static void object_kill_weakrefs(hw_object *object);

static void object_destroy(hw_object *object)
{
    hw_pool *pool = object->cls->pool;
    if (object->cls->layout != HW_SLOTS && as_dict(object)->weakrefs != NULL)
        object_kill_weakrefs(object);
    if (object->cls->layout == HW_DICT) {
        if (object->set.dict.is_private)
            keys_delete(pool, dict_keys(object));
        hw_pool_free(pool, as_dict(object)->table);
    }
    hw_pool_free(pool, object);
}

void hw_object_decref(hw_object *object)
{
    if (object != NULL && --object->refcount == 0)
        object_destroy(object);
}

size_t hw_object_refcount(const hw_object *object)
{
    return object->refcount;
}

hw_status hw_object_get(const hw_object *object, const char *name, int64_t *ret_value)
{
    if (object->cls->layout == HW_DICT) {
        uint32_t index = keys_find(dict_keys(object), name);
        if (index == NO_INDEX || !dict_is_set(object, index))
            return HW_NO_ATTRIBUTE;
        *ret_value = dict_values(object)[index];
        return HW_OK;
    }
    uint32_t index = keys_find(object->cls->names, name);
    if (index == NO_INDEX || !slot_is_set(object, index))
        return HW_NO_ATTRIBUTE;
    *ret_value = slots(object)[index];
    return HW_OK;
}

hw_status hw_object_set(hw_object *object, const char *name, int64_t value)
{
    if (object->cls->layout == HW_DICT)
        return dict_set(object, name, value);
    uint32_t index = keys_find(object->cls->names, name);
    if (index == NO_INDEX)
        return HW_NO_ATTRIBUTE;
    slots(object)[index] = value;
    *slot_bits(object, index) |= slot_bit(index);
    return HW_OK;
}

hw_status hw_object_unset(hw_object *object, const char *name)
{
    if (object->cls->layout == HW_DICT)
        return dict_unset(object, name);
    uint32_t index = keys_find(object->cls->names, name);
    if (index == NO_INDEX || !slot_is_set(object, index))
        return HW_NO_ATTRIBUTE;
    *slot_bits(object, index) &= ~slot_bit(index);
    return HW_OK;
}

size_t hw_object_n_attributes(const hw_object *object)
{
    if (object->cls->layout == HW_DICT)
        return object->set.dict.n_set;
    size_t n_set = 0;
    for (uint32_t i = 0; i < object->cls->names->n_keys; i++)
        n_set += slot_is_set(object, i);
    return n_set;
}

hw_status hw_object_attribute(const hw_object *object, size_t index, const char **ret_name,
                              int64_t *ret_value)
{
    if (object->cls->layout == HW_DICT) {
        if (index >= object->set.dict.n_set)
            return HW_NO_ATTRIBUTE;
        uint16_t key = dict_order(object)[index];
        *ret_name = dict_keys(object)->names[key];
        *ret_value = dict_values(object)[key];
        return HW_OK;
    }
    for (uint32_t i = 0; i < object->cls->names->n_keys; i++) {
        if (slot_is_set(object, i) && index-- == 0) {
            *ret_name = object->cls->names->names[i];
            *ret_value = slots(object)[i];
            return HW_OK;
        }
    }
    return HW_NO_ATTRIBUTE;
}

/* ---- weak references ---- */

hw_status hw_weakref_new(hw_object *object, hw_callback *callback, void *argument,
                         hw_weakref **ret_weakref)
{
    if (object->cls->layout == HW_SLOTS)
        return HW_NOT_SUPPORTED;
    hw_weakref **head = &as_dict(object)->weakrefs;
    bool has_shared = *head != NULL && (*head)->callback == NULL;
    if (callback == NULL && has_shared) {
        (*head)->refcount++;
        *ret_weakref = *head;
        return HW_OK;
    }
    hw_pool *pool = object->cls->pool;
    hw_weakref *w = hw_pool_alloc(pool, sizeof(*w));
    if (w == NULL)
        return HW_NO_MEMORY;
    hw_weakref *previous = has_shared ? *head : NULL; /* the shared one stays in front */
    hw_weakref *next = has_shared ? previous->next : *head;
    *w = (hw_weakref){1, object, callback, argument, next, previous, pool};
    if (previous != NULL)
        previous->next = w;
    else
        *head = w;
    if (next != NULL)
        next->previous = w;
    *ret_weakref = w;
    return HW_OK;
}

hw_object *hw_weakref_get(hw_weakref *weakref)
{
    if (weakref->referent != NULL)
        weakref->referent->refcount++;
    return weakref->referent;
}

void hw_weakref_decref(hw_weakref *weakref)
{
    if (weakref == NULL || --weakref->refcount > 0)
        return;
    if (weakref->referent != NULL) {
        if (weakref->previous != NULL)
            weakref->previous->next = weakref->next;
        else
            as_dict(weakref->referent)->weakrefs = weakref->next;
        if (weakref->next != NULL)
            weakref->next->previous = weakref->previous;
    }
    hw_pool_free(weakref->pool, weakref);
}

size_t hw_weakref_count(const hw_object *object)
{
    size_t n = 0;
    if (object->cls->layout != HW_SLOTS) {
        for (const hw_weakref *w = as_dict(object)->weakrefs; w != NULL; w = w->next)
            n++;
    }
    return n;
}

/* All weakrefs die before the first callback runs. Each is held by one reference meanwhile,
 * since a callback may release any of them; one that nobody else holds is not called. */
static void object_kill_weakrefs(hw_object *object)
{
    hw_weakref *list = as_dict(object)->weakrefs;
    as_dict(object)->weakrefs = NULL;
    for (hw_weakref *w = list; w != NULL; w = w->next) {
        w->referent = NULL;
        w->refcount++;
    }
    while (list != NULL) {
        hw_weakref *w = list;
        list = w->next;
        if (w->callback != NULL && w->refcount > 1)
            w->callback(w, w->argument);
        hw_weakref_decref(w);
    }
}
