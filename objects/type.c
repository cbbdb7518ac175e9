#include "objects/type.h"

#include "objects/dict_object.h"
#include "objects/list.h"
#include "objects/method.h"
#include "objects/object.h"
#include "objects/scalar.h"
#include "objects/tuple.h"
#include "objects/weak_container.h"
#include "objects/weakref.h"

#include <stdlib.h>
#include <string.h>

/* What a kind keeps in an object, in words, and its name. The sizes of tuple and str vary: what is
 * the same in all of them. */
static const struct {
    const char *name;
    type_layout layout;
    uint16_t payload_words;
    bool has_subclasses;
} kinds[N_KINDS] = {
    [KIND_INSTANCE] = {"object", LAYOUT_SLOTS, 0, true},
    [KIND_WEAKREF] = {"weakref.ReferenceType", LAYOUT_SLOTS,
                      (sizeof(weakref) - sizeof(object)) / sizeof(value), false},
    [KIND_PROXY] = {"weakref.ProxyType", LAYOUT_SLOTS,
                    (sizeof(weakref) - sizeof(object)) / sizeof(value), false},
    [KIND_FLOAT] = {"float", LAYOUT_SLOTS, 1, false},
    [KIND_STR] = {"str", LAYOUT_SLOTS, sizeof(str_payload) / sizeof(value), false},
    [KIND_TUPLE] = {"tuple", LAYOUT_SLOTS, sizeof(tuple_payload) / sizeof(value), false},
    [KIND_LIST] = {"list", LAYOUT_SLOTS, sizeof(list_payload) / sizeof(value), true},
    [KIND_DICT] = {"dict", LAYOUT_SLOTS, sizeof(dict_payload) / sizeof(value), true},
    [KIND_METHOD] = {"method", LAYOUT_SLOTS, sizeof(method_payload) / sizeof(value), false},
    [KIND_WEAK_KEY_DICT] = {"WeakKeyDictionary", LAYOUT_WEAKREF,
                            sizeof(weak_payload) / sizeof(value), false},
    [KIND_WEAK_VALUE_DICT] = {"WeakValueDictionary", LAYOUT_WEAKREF,
                              sizeof(weak_payload) / sizeof(value), false},
    [KIND_WEAK_SET] = {"WeakSet", LAYOUT_WEAKREF, sizeof(weak_payload) / sizeof(value), false},
};

/* Where the values are and how large the next instance is. */
static void measure(type *t)
{
    size_t offset = sizeof(object);
    if (t->layout != LAYOUT_SLOTS)
        offset = offsetof(object_words, attributes);
    if (t->layout == LAYOUT_DICT)
        offset = sizeof(object_words);
    t->payload_offset = (uint16_t)offset;
    offset += t->payload_words * sizeof(value);
    unsigned n_values = t->n_keys;
    if (t->layout == LAYOUT_DICT && n_values < TYPE_MIN_INLINE)
        n_values = TYPE_MIN_INLINE;
    t->values_offset = (uint16_t)offset;
    t->n_inline = (uint16_t)n_values;
    t->size_class = (uint16_t)heap_size_class(offset + n_values * sizeof(value));
    t->scan = TYPE_SCAN_SPANS;
    if (t->kind == KIND_INSTANCE)
        t->scan = t->layout == LAYOUT_DICT ? TYPE_SCAN_INLINE : TYPE_SCAN_FIXED;
    bool is_lazy = t->kind == KIND_TUPLE || (t->kind == KIND_DICT && t->layout == LAYOUT_SLOTS);
    unsigned flags = OBJECT_LIVE | (is_lazy ? (unsigned)OBJECT_LAZY : 0) |
                     (t->kind != KIND_INSTANCE ? (unsigned)(OBJECT_HOLDS | OBJECT_CARE) : 0) |
                     (t->finalizer != NULL ? (unsigned)OBJECT_CARE : 0);
    object_words image = {.head = {1, OBJECT_UNLISTED, (uint16_t)flags, t}};
    if (t->layout == LAYOUT_DICT)
        image.attributes = n_values;
    memcpy(t->image, &image, offset < sizeof(image) ? sizeof(object) : sizeof(image));
    /* the rest is 0: nothing set */
}

static status check_base(runtime *rt, const type_spec *spec)
{
    const type *base = spec->base;
    if (base == NULL)
        return STATUS_OK;
    if (!kinds[base->kind].has_subclasses)
        return runtime_fail(rt, STATUS_TYPE_ERROR, "type '%s': '%s' has no subclasses here",
                            spec->name, base->name->text);
    bool is_builtin = base->kind != KIND_INSTANCE && base->layout == LAYOUT_SLOTS;
    if (is_builtin ? spec->layout == LAYOUT_DICT
                   : base->layout == spec->layout ||
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

void type_free(type *t)
{
    free(t->keys);
    free(t->methods);
    free(t);
}

static void set_kind(type *t, type_kind kind)
{
    t->kind = kind;
    t->payload_words = kinds[kind].payload_words;
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
    type_free(t);
    return NULL;
}

static void add_to_runtime(type *t)
{
    measure(t);
    t->next = t->rt->types;
    t->rt->types = t;
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
        type_free(t);
        return s;
    }
    if (spec->base != NULL) {
        set_kind(t, spec->base->kind);
        t->identity = spec->base->identity;
        t->finalizer = spec->base->finalizer;
        t->finalizer_argument = spec->base->finalizer_argument;
    }
    add_to_runtime(t);
    *ret_type = t;
    return STATUS_OK;
}

bool type_make_builtin(runtime *rt)
{
    for (int kind = KIND_INSTANCE + 1; kind < N_KINDS; kind++) {
        const type_spec spec = {.name = kinds[kind].name, .layout = kinds[kind].layout};
        type *t = new_type(rt, &spec, 0);
        if (t == NULL)
            return false;
        set_kind(t, (type_kind)kind);
        add_to_runtime(t);
        rt->builtin[kind] = t;
    }
    return true;
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

void type_set_finalizer(type *t, type_finalizer *run, void *argument)
{
    t->finalizer = run;
    t->finalizer_argument = argument;
    if (run == NULL)
        return;
    t->rt->collector.has_finalizers = true;
    measure(t);
    collector_mark_instances(t, OBJECT_CARE); /* those that there are already */
}

void type_set_identity(type *t, type_identity identity)
{
    t->identity = identity;
}

status type_add_method(type *t, const char *text, method_function *run)
{
    const name *n = name_intern(&t->rt->names, text);
    if (n == NULL)
        return runtime_fail(t->rt, STATUS_MEMORY_ERROR, "no memory for a name");
    for (unsigned i = 0; i < t->n_methods; i++) {
        if (t->methods[i].name == n) {
            t->methods[i].run = run;
            return STATUS_OK;
        }
    }
    if (t->n_methods == TYPE_MAX_METHODS)
        return runtime_fail(t->rt, STATUS_VALUE_ERROR, "type '%s': more than %d methods",
                            t->name->text, TYPE_MAX_METHODS);
    if (t->methods == NULL)
        t->methods = calloc(TYPE_MAX_METHODS, sizeof(*t->methods));
    if (t->methods == NULL)
        return runtime_fail(t->rt, STATUS_MEMORY_ERROR, "no memory for methods");
    t->methods[t->n_methods++] = (type_method){n, run};
    return STATUS_OK;
}

const type_method *type_find_method(const type *t, const name *n)
{
    for (; t != NULL; t = t->base) {
        for (unsigned i = 0; i < t->n_methods; i++) {
            if (t->methods[i].name == n)
                return &t->methods[i];
        }
    }
    return NULL;
}
