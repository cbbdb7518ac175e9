#include "harness/cli/layout_pictures.h"

#include "objects/dict.h"
#include "objects/dict_object.h"
#include "objects/list.h"
#include "objects/method.h"
#include "objects/object.h"
#include "objects/scalar.h"
#include "objects/tuple.h"
#include "objects/weak_container.h"
#include "objects/weakref.h"

#include <string.h>

enum { N_ATTRIBUTES = 4, N_ITEMS = 3, N_ENTRIES = 4 };

static const char *const attributes[N_ATTRIBUTES] = {"a", "b", "c", "d"};

/* As the only member of a structure: sizeof of a pointer looks like a mistake to a linter. */
#define SIZE_OF_FIELD(type, field) sizeof(struct { __typeof__(((type *)NULL)->field) it; })

#define FIELD(type, field, what)                                                                   \
    {                                                                                              \
#field, what, offsetof(type, field), SIZE_OF_FIELD(type, field)                            \
    }

static const layout_field head_fields[] = {
    FIELD(object, refcount, "how many hold it"),
    FIELD(object, listed, "its place in the collector's list"),
    FIELD(object, flags, "its generation, and marks"), FIELD(object, type, "its class")};

static void add(layout_picture *p, const char *label, const char *what, size_t offset,
                size_t n_bytes)
{
    p->fields[p->n_fields++] = (layout_field){label, what, offset, n_bytes};
    p->n_bytes = offset + n_bytes;
}

/* The fields of a part of the block that begins at base. */
static void add_fields(layout_picture *p, const layout_field *fields, size_t n, size_t base)
{
    for (size_t i = 0; i < n; i++)
        add(p, fields[i].name, fields[i].what, base + fields[i].offset, fields[i].n_bytes);
}

#define ADD_FIELDS(p, fields, base)                                                                \
    add_fields(p, fields, sizeof(fields) / sizeof((fields)[0]), base)

/* The block for what has been added. */
static void set_block(layout_picture *p, size_t n_bytes)
{
    bool is_small = n_bytes <= HEAP_SMALL_MAX_BYTES;
    p->block_bytes = is_small ? heap_class_bytes(heap_size_class(n_bytes)) : n_bytes;
    p->per_pool = is_small ? HEAP_POOL_BYTES / p->block_bytes : 0;
}

/* ---- instances ---- */

static bool take_instance(layout_picture *p, runtime *rt, type_layout layout)
{
    const type_spec spec = {"Point", layout, attributes, N_ATTRIBUTES, NULL};
    type *t = NULL;
    if (type_new(rt, &spec, &t) != STATUS_OK)
        return false;
    ADD_FIELDS(p, head_fields, 0);
    if (layout != LAYOUT_SLOTS)
        add(p, "weakrefs", "list of weak references", offsetof(object_words, weakrefs),
            sizeof(void *));
    if (layout == LAYOUT_DICT)
        add(p, "attributes", "order of the values, or a dict", offsetof(object_words, attributes),
            sizeof(uintptr_t));
    for (size_t i = 0; i < N_ATTRIBUTES; i++)
        add(p, attributes[i], layout == LAYOUT_DICT ? "value, inline" : "slot",
            t->values_offset + i * sizeof(value), sizeof(value));
    set_block(p, heap_class_bytes(t->size_class));
    return true;
}

static bool take_dict(layout_picture *p, runtime *rt)
{
    return take_instance(p, rt, LAYOUT_DICT);
}

static bool take_slots(layout_picture *p, runtime *rt)
{
    return take_instance(p, rt, LAYOUT_SLOTS);
}

static bool take_weakref(layout_picture *p, runtime *rt)
{
    return take_instance(p, rt, LAYOUT_WEAKREF);
}

/* ---- builtin objects: the header, then what the kind adds ---- */

static size_t payload_offset(const runtime *rt, type_kind kind)
{
    return rt->builtin[kind]->payload_offset;
}

static bool take_reference(layout_picture *p, runtime *rt)
{
    static const layout_field fields[] = {
        FIELD(weakref, referent, "the object, or NULL once it is dead"),
        FIELD(weakref, callback, "what to call then, or NULL"),
        FIELD(weakref, next, "alive: the others of its referent; dead: its hash"),
        FIELD(weakref, previous, "")};
    (void)rt;
    ADD_FIELDS(p, head_fields, 0);
    ADD_FIELDS(p, fields, 0);
    set_block(p, sizeof(weakref));
    return true;
}

static bool take_callback(layout_picture *p, runtime *rt)
{
    static const layout_field fields[] = {FIELD(weakref_callback, run, "the function"),
                                          FIELD(weakref_callback, argument, ""),
                                          FIELD(weakref_callback, held, "what it needs to live"),
                                          FIELD(weakref_callback, next, "waiting to be called")};
    (void)rt;
    ADD_FIELDS(p, fields, 0);
    set_block(p, sizeof(weakref_callback));
    return true;
}

static bool take_tuple(layout_picture *p, runtime *rt)
{
    static const layout_field fields[] = {FIELD(tuple_payload, n, "items"),
                                          FIELD(tuple_payload, items, "where they are: here")};
    static const char *const items[N_ITEMS] = {"item 0", "item 1", "item 2"};
    size_t at = payload_offset(rt, KIND_TUPLE);
    ADD_FIELDS(p, head_fields, 0);
    ADD_FIELDS(p, fields, at);
    for (size_t i = 0; i < N_ITEMS; i++)
        add(p, items[i], "value", at + sizeof(tuple_payload) + i * sizeof(value), sizeof(value));
    set_block(p, p->n_bytes);
    return true;
}

static bool take_list(layout_picture *p, runtime *rt)
{
    static const layout_field fields[] = {FIELD(list_payload, items, "a block of values"),
                                          FIELD(list_payload, n, "used of them"),
                                          FIELD(list_payload, capacity, "")};
    ADD_FIELDS(p, head_fields, 0);
    ADD_FIELDS(p, fields, payload_offset(rt, KIND_LIST));
    set_block(p, heap_class_bytes(rt->builtin[KIND_LIST]->size_class));
    return true;
}

static bool take_dictionary(layout_picture *p, runtime *rt)
{
    static const layout_field fields[] = {FIELD(dict_payload, table, "or NULL: empty")};
    ADD_FIELDS(p, head_fields, 0);
    ADD_FIELDS(p, fields, payload_offset(rt, KIND_DICT));
    set_block(p, heap_class_bytes(rt->builtin[KIND_DICT]->size_class));
    return true;
}

static bool take_str(layout_picture *p, runtime *rt)
{
    static const layout_field fields[] = {FIELD(str_payload, n_bytes, "without the last NUL"),
                                          FIELD(str_payload, hash, ""),
                                          FIELD(str_payload, text, "a block of bytes")};
    ADD_FIELDS(p, head_fields, 0);
    ADD_FIELDS(p, fields, payload_offset(rt, KIND_STR));
    set_block(p, heap_class_bytes(rt->builtin[KIND_STR]->size_class));
    return true;
}

static bool take_float(layout_picture *p, runtime *rt)
{
    ADD_FIELDS(p, head_fields, 0);
    add(p, "number", "", payload_offset(rt, KIND_FLOAT), sizeof(double));
    set_block(p, heap_class_bytes(rt->builtin[KIND_FLOAT]->size_class));
    return true;
}

static bool take_method(layout_picture *p, runtime *rt)
{
    static const layout_field fields[] = {FIELD(method_payload, self, "what it is bound to"),
                                          FIELD(method_payload, function, "its type's method")};
    ADD_FIELDS(p, head_fields, 0);
    ADD_FIELDS(p, fields, payload_offset(rt, KIND_METHOD));
    set_block(p, heap_class_bytes(rt->builtin[KIND_METHOD]->size_class));
    return true;
}

static bool take_weak_container(layout_picture *p, runtime *rt)
{
    static const layout_field fields[] = {FIELD(weak_payload, data, "a dict of weak references"),
                                          FIELD(weak_payload, n_iterating, "iterations that go on"),
                                          FIELD(weak_payload, n_dead, "entries that nobody sees")};
    ADD_FIELDS(p, head_fields, 0);
    ADD_FIELDS(p, fields, payload_offset(rt, KIND_WEAK_KEY_DICT));
    set_block(p, heap_class_bytes(rt->builtin[KIND_WEAK_KEY_DICT]->size_class));
    return true;
}

/* ---- tables beside objects ---- */

/* Entries of capacity N_ENTRIES, and the index of twice as many cells. */
static void add_entries(layout_picture *p, size_t at, size_t entry_bytes)
{
    static const char *const entries[N_ENTRIES] = {"entry 0", "entry 1", "entry 2", "entry 3"};
    for (size_t i = 0; i < N_ENTRIES; i++)
        add(p, entries[i], i == 0 ? "in the order in which they were set" : "",
            at + i * entry_bytes, entry_bytes);
    add(p, "index", "cells of the hash table: places of entries", at + N_ENTRIES * entry_bytes,
        (size_t)2 * N_ENTRIES * sizeof(uint32_t));
    set_block(p, p->n_bytes);
}

static bool take_table(layout_picture *p, runtime *rt)
{
    static const layout_field fields[] = {
        FIELD(dict_table, n_items, "set and deleted ones"), FIELD(dict_table, n_set, ""),
        FIELD(dict_table, capacity, "of entries"), FIELD(dict_table, unused, "")};
    (void)rt;
    ADD_FIELDS(p, fields, 0);
    add_entries(p, offsetof(dict_table, items), sizeof(dict_item));
    return true;
}

static bool take_attributes(layout_picture *p, runtime *rt)
{
    static const layout_field fields[] = {
        FIELD(dict, n_entries, "set and deleted ones"), FIELD(dict, n_set, ""),
        FIELD(dict, capacity, "of entries"), FIELD(dict, unused, "")};
    (void)rt;
    ADD_FIELDS(p, fields, 0);
    add_entries(p, offsetof(dict, entries), sizeof(dict_entry));
    return true;
}

static bool take_type(layout_picture *p, runtime *rt)
{
    static const layout_field fields[] = {
        FIELD(type, rt, "its runtime"),
        FIELD(type, next, "the runtime's other types"),
        FIELD(type, base, ""),
        FIELD(type, name, ""),
        FIELD(type, layout, ""),
        FIELD(type, kind, ""),
        FIELD(type, scan, "where the collector finds references"),
        FIELD(type, n_keys, "shared by its instances"),
        FIELD(type, capacity, "of keys"),
        FIELD(type, values_offset, "in an instance"),
        FIELD(type, n_inline, "words for values in the next instance"),
        FIELD(type, size_class, "of the next instance"),
        FIELD(type, payload_offset, "what the kind adds"),
        FIELD(type, payload_words, ""),
        FIELD(type, n_methods, ""),
        FIELD(type, keys, "names, in their order"),
        FIELD(type, methods, ""),
        FIELD(type, finalizer, ""),
        FIELD(type, finalizer_argument, ""),
        FIELD(type, identity, "how instances compare"),
        FIELD(type, image, "the next instance as it is made")};
    (void)rt;
    ADD_FIELDS(p, fields, 0);
    set_block(p, sizeof(type));
    return true;
}

/* ---- the list of all ---- */

static const struct {
    const char *name, *python;
    bool (*take)(layout_picture *p, runtime *rt);
} pictures[] = {
    {"dict", "class Point: pass", take_dict},
    {"slots", "__slots__ = ('a', 'b', 'c', 'd')", take_slots},
    {"weakref", "__slots__ = ('a', 'b', 'c', 'd', '__weakref__')", take_weakref},
    {"reference", "weakref.ref(point)", take_reference},
    {"callback", "the callback of weakref.ref(point, callback), beside it", take_callback},
    {"attributes", "the table of a dict-backed instance with more attributes than its class",
     take_attributes},
    {"tuple", "(1, 2, 3)", take_tuple},
    {"list", "[]", take_list},
    {"dictionary", "{}", take_dictionary},
    {"table", "the table of a dict of up to four items, beside it", take_table},
    {"str", "'text'", take_str},
    {"float", "1.5", take_float},
    {"method", "point.method", take_method},
    {"weak-container", "WeakKeyDictionary(), WeakValueDictionary(), WeakSet()",
     take_weak_container},
    {"type", "the class itself", take_type},
};

size_t layout_n_pictures(void)
{
    return sizeof(pictures) / sizeof(pictures[0]);
}

const char *layout_picture_name(size_t index)
{
    return pictures[index].name;
}

bool layout_picture_take(size_t index, layout_picture *ret_picture)
{
    runtime *rt = runtime_new(NULL);
    if (rt == NULL)
        return false;
    *ret_picture = (layout_picture){.name = pictures[index].name, .python = pictures[index].python};
    bool ok = pictures[index].take(ret_picture, rt);
    runtime_delete(rt);
    return ok;
}

size_t layout_padding_bytes(const layout_picture *p)
{
    size_t padding = p->block_bytes;
    for (size_t i = 0; i < p->n_fields; i++)
        padding -= p->fields[i].n_bytes;
    return padding;
}
