#include "objects/scalar.h"

#include "objects/dict_object.h"
#include "objects/list.h"
#include "objects/method.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

#include <math.h>
#include <string.h>

enum { MAX_COMPARE_DEPTH = 1000 };

object *float_new(runtime *rt, double number)
{
    type *t = rt->builtin[KIND_FLOAT];
    object *o = heap_alloc_class(rt->objects, t->size_class);
    if (o == NULL)
        return NULL;
    object_init_untracked(o, t);
    *(double *)object_payload(o) = number;
    return o;
}

static uint64_t hash_bytes(const char *bytes, size_t n_bytes)
{
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < n_bytes; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211U;
    return hash;
}

object *str_new(runtime *rt, const char *bytes, size_t n_bytes)
{
    size_t fixed_bytes = sizeof(object) + sizeof(str_payload);
    bool is_inline = n_bytes < HEAP_SMALL_MAX_BYTES - fixed_bytes;
    if (n_bytes > SIZE_MAX / 2)
        return NULL;
    object *o = mem_alloc(rt->objects, fixed_bytes + (is_inline ? n_bytes + 1 : 0));
    if (o == NULL)
        return NULL;
    char *text = (char *)o + fixed_bytes;
    if (!is_inline && (text = mem_alloc(rt->tables, n_bytes + 1)) == NULL) {
        mem_free_small(o);
        return NULL;
    }
    memcpy(text, bytes, n_bytes);
    text[n_bytes] = '\0';
    object_init_untracked(o, rt->builtin[KIND_STR]);
    *(str_payload *)object_payload(o) = (str_payload){n_bytes, hash_bytes(bytes, n_bytes), text};
    return o;
}

void str_destroy(object *o)
{
    const str_payload *s = str_of(o);
    if (s->text != (const char *)(s + 1))
        mem_free(o->type->rt->tables, s->text);
}

/* ---- hashing ---- */

/* Spreads the bits of a number (Vigna's splitmix64). */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* True if the number is one that an integer value can be. */
static bool is_integral(double number)
{
    return number >= (double)VALUE_INT_MIN && number < (double)VALUE_INT_MAX &&
           (double)(int64_t)number == number;
}

static uint64_t hash_float(const object *o)
{
    double number = float_number(o);
    if (is_integral(number))
        return mix((uint64_t)(int64_t)number);
    if (isnan(number))
        return mix((uintptr_t)o);
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof(bits));
    return mix(bits + 1);
}

static status hash_tuple(runtime *rt, const object *o, uint64_t *ret_hash)
{
    const tuple_payload *t = tuple_of(o);
    uint64_t hash = t->n;
    if (rt->hash_depth == MAX_COMPARE_DEPTH)
        return runtime_fail(rt, STATUS_RUNTIME_ERROR, "maximum recursion depth exceeded");
    rt->hash_depth++;
    status s = STATUS_OK;
    for (size_t i = 0; i < t->n && s == STATUS_OK; i++) {
        uint64_t item = 0;
        s = value_hash(rt, t->items[i], &item);
        hash = mix(hash * 31 + item);
    }
    rt->hash_depth--;
    *ret_hash = hash;
    return s;
}

static status hash_weakref(runtime *rt, object *o, uint64_t *ret_hash)
{
    weakref *w = (weakref *)(void *)o;
    if (w->referent == NULL) {
        if ((o->flags & OBJECT_HASHED) == 0)
            return runtime_fail(rt, STATUS_TYPE_ERROR, "weak object has gone away");
        *ret_hash = w->hash;
        return STATUS_OK;
    }
    status s = value_hash(rt, value_of_object(w->referent), ret_hash);
    if (s == STATUS_OK)
        o->flags |= OBJECT_HASHED; /* it is remembered when the referent dies */
    return s;
}

static uint64_t hash_instance(const object *o)
{
    const type_identity *identity = &o->type->identity;
    return identity->equal != NULL ? identity->hash(o) : mix((uintptr_t)o);
}

/* The method's address is shifted, so that it does not cancel bits of the object's. */
static uint64_t hash_method(const object *o)
{
    return mix(method_of(o)->self ^ (uint64_t)(uintptr_t)method_of(o)->function << 16);
}

static status unhashable(runtime *rt, const object *o)
{
    return runtime_fail(rt, STATUS_TYPE_ERROR, "unhashable type: '%s'", o->type->name->text);
}

status value_hash(runtime *rt, value v, uint64_t *ret_hash)
{
    if (!value_is_object(v)) {
        *ret_hash = mix((uint64_t)value_to_int(v));
        return STATUS_OK;
    }
    object *o = value_to_object(v);
    switch (o->type->kind) {
    case KIND_FLOAT:
        *ret_hash = hash_float(o);
        return STATUS_OK;
    case KIND_STR:
        *ret_hash = str_of(o)->hash;
        return STATUS_OK;
    case KIND_TUPLE:
        return hash_tuple(rt, o, ret_hash);
    case KIND_WEAKREF:
        return hash_weakref(rt, o, ret_hash);
    case KIND_METHOD:
        *ret_hash = hash_method(o);
        return STATUS_OK;
    case KIND_PROXY:
        return unhashable(rt, o);
    case KIND_LIST:
    case KIND_DICT:
        if (o->type->identity.equal == NULL)
            return unhashable(rt, o);
        break;
    default:
        break;
    }
    *ret_hash = hash_instance(o);
    return STATUS_OK;
}

/* ---- equality ---- */

static bool equal_at(value a, value b, unsigned depth);

/* The two are one of int and float each. */
static bool equal_numbers(value a, value b)
{
    if (value_is_int(a) && value_is_int(b))
        return a == b;
    if (!value_is_int(a) && !value_is_int(b))
        return float_number(value_to_object(a)) == float_number(value_to_object(b));
    double number = float_number(value_to_object(value_is_int(a) ? b : a));
    int64_t integer = value_to_int(value_is_int(a) ? a : b);
    return is_integral(number) && (int64_t)number == integer;
}

static bool is_number(value v)
{
    return value_is_int(v) || (value_is_object(v) && object_is(value_to_object(v), KIND_FLOAT));
}

static bool equal_items(const value *a, const value *b, size_t n, unsigned depth)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i] && !equal_at(a[i], b[i], depth))
            return false;
    }
    return true;
}

static bool equal_dicts(const object *a, const object *b, unsigned depth)
{
    size_t at = 0;
    value key = VALUE_NONE;
    value left = VALUE_NONE;
    if (dict_object_length(a) != dict_object_length(b))
        return false;
    while (dict_object_next(a, &at, &key, &left)) {
        value right = VALUE_NONE;
        if (dict_object_get(b, key, &right) != STATUS_OK ||
            (left != right && !equal_at(left, right, depth)))
            return false;
    }
    return true;
}

static bool equal_weakrefs(const object *a, const object *b, unsigned depth)
{
    const object *left = ((const weakref *)(const void *)a)->referent;
    const object *right = ((const weakref *)(const void *)b)->referent;
    return left != NULL && right != NULL &&
           (left == right || equal_at(value_of_object(left), value_of_object(right), depth));
}

static bool equal_methods(const object *a, const object *b)
{
    return method_of(a)->self == method_of(b)->self &&
           method_of(a)->function == method_of(b)->function;
}

static bool equal_instances(const object *a, const object *b)
{
    return a->type == b->type && a->type->identity.equal != NULL && a->type->identity.equal(a, b);
}

static bool equal_objects(const object *a, const object *b, unsigned depth)
{
    if (a->type->kind != b->type->kind)
        return false;
    switch (a->type->kind) {
    case KIND_STR:
        return str_of(a)->n_bytes == str_of(b)->n_bytes &&
               memcmp(str_of(a)->text, str_of(b)->text, str_of(a)->n_bytes) == 0;
    case KIND_TUPLE:
        return tuple_of(a)->n == tuple_of(b)->n &&
               equal_items(tuple_of(a)->items, tuple_of(b)->items, tuple_of(a)->n, depth);
    case KIND_LIST:
        return list_of(a)->n == list_of(b)->n &&
               equal_items(list_of(a)->items, list_of(b)->items, list_of(a)->n, depth);
    case KIND_DICT:
        return equal_dicts(a, b, depth);
    case KIND_WEAKREF:
        return equal_weakrefs(a, b, depth);
    case KIND_METHOD:
        return equal_methods(a, b);
    default:
        return equal_instances(a, b);
    }
}

/* What a proxy stands for, NULL if that is dead; anything else itself. */
static const object *behind_proxy(const object *o)
{
    return object_is(o, KIND_PROXY) ? ((const weakref *)(const void *)o)->referent : o;
}

static bool equal_at(value a, value b, unsigned depth)
{
    if (depth == MAX_COMPARE_DEPTH)
        return false;
    if (is_number(a) && is_number(b))
        return equal_numbers(a, b);
    if (!value_is_object(a) || !value_is_object(b))
        return a == b;
    const object *left = behind_proxy(value_to_object(a));
    const object *right = behind_proxy(value_to_object(b));
    if (left == NULL || right == NULL)
        return false;
    return left == right || equal_objects(left, right, depth + 1);
}

bool value_equal(value a, value b)
{
    return equal_at(a, b, 0);
}
