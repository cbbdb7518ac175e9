#include "objects/tests/differential/operations.h"

#include "objects/dict_object.h"
#include "objects/list.h"
#include "objects/method.h"
#include "objects/scalar.h"
#include "objects/tuple.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TUPLE_DEPTH = 4 };

/* ---- the operands ---- */

/* Keeps a value until the operation is done, as the interpreter does with an operand. */
static value hold(world *w, value v)
{
    if (w->n_held < WORLD_HELD) {
        value_incref(v);
        w->held[w->n_held++] = v;
    }
    return v;
}

static void release_held(world *w)
{
    for (unsigned i = 0; i < w->n_held; i++)
        value_decref(w->held[i]);
    w->n_held = 0;
}

object *operation_object(world *w, int64_t slot)
{
    value v = w->slots[slot];
    if (value_is_object(v) && !operation_is_weak(v))
        return value_to_object(hold(w, v));
    world_say(w, " no object");
    return NULL;
}

/* The object in a slot, if it is of a kind. */
object *operation_of_kind(world *w, int64_t slot, type_kind kind)
{
    value v = w->slots[slot];
    if (value_is_object(v) && object_is(value_to_object(v), kind))
        return value_to_object(hold(w, v));
    world_say(w, " wrong kind");
    return NULL;
}

/* What a slot holds, where a value is needed. Weak containers and proxies, which are instances of
 * classes in CPython, are no items of others. */
value operation_operand(world *w, int64_t slot)
{
    value v = w->slots[slot];
    return v == VALUE_NONE || operation_is_weak(v) ? value_of_int(0) : hold(w, v);
}

void operation_status(world *w, status s)
{
    static const char *const names[] = {
        [STATUS_OK] = "ok",
        [STATUS_ATTRIBUTE_ERROR] = "AttributeError",
        [STATUS_TYPE_ERROR] = "TypeError",
        [STATUS_MEMORY_ERROR] = "MemoryError",
        [STATUS_VALUE_ERROR] = "ValueError",
        [STATUS_KEY_ERROR] = "KeyError",
        [STATUS_INDEX_ERROR] = "IndexError",
        [STATUS_REFERENCE_ERROR] = "ReferenceError",
        [STATUS_RUNTIME_ERROR] = "RuntimeError",
    };
    world_say(w, " %s", names[s]);
    if (s != STATUS_OK)
        world_say(w, ": %s", runtime_error(w->rt));
}

/* Tells the status; if all went well, also a borrowed value, which goes into a slot. */
void operation_finish(world *w, status s, value v, int64_t slot)
{
    operation_status(w, s);
    if (s != STATUS_OK)
        return;
    world_show(w, v);
    value_incref(hold(w, v));
    world_put(w, slot, v);
}

/* Puts a new object into a slot. */
void operation_put_new(world *w, int64_t slot, object *o)
{
    if (o == NULL) {
        world_say(w, " MemoryError");
        return;
    }
    world_show(w, value_of_object(o));
    world_put(w, slot, value_of_object(o));
}

/* ---- making values ---- */

static void run_new(world *w, const operation_arguments *a)
{
    type *t = w->types[a->at[1]];
    object *o = t->kind == KIND_DICT ? dict_object_new(t) : object_new(t);
    if (o != NULL && object_set_attr(o, w->label, value_of_int(a->at[2])) != STATUS_OK) {
        object_decref(o);
        o = NULL;
    }
    operation_put_new(w, a->at[0], o);
}

static void run_int(world *w, const operation_arguments *a)
{
    world_put(w, a->at[0], value_of_int(a->at[1]));
}

static void run_float(world *w, const operation_arguments *a)
{
    operation_put_new(w, a->at[0], float_new(w->rt, (double)a->at[1] / 4));
}

/* Every fourth is longer than a small block. */
static void run_str(world *w, const operation_arguments *a)
{
    char text[2000];
    char piece[24];
    int n_piece = snprintf(piece, sizeof(piece), "s%lld", (long long)a->at[1]);
    int n = a->at[1] % 4 == 3 ? 80 : 1;
    for (int i = 0; i < n; i++)
        memcpy(text + (ptrdiff_t)i * n_piece, piece, (size_t)n_piece);
    operation_put_new(w, a->at[0], str_new(w->rt, text, (size_t)n * (size_t)n_piece));
}

static unsigned tuple_depth(value v)
{
    unsigned deepest = 0;
    if (!value_is_object(v) || !object_is(value_to_object(v), KIND_TUPLE))
        return 0;
    const tuple_payload *t = tuple_of(value_to_object(v));
    for (size_t i = 0; i < t->n; i++) {
        unsigned depth = tuple_depth(t->items[i]);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static void run_tuple(world *w, const operation_arguments *a)
{
    value items[OPERATION_MAX_ARGUMENTS];
    for (size_t i = 1; i < a->n; i++) {
        items[i - 1] = operation_operand(w, a->at[i]);
        if (w->counts && value_is_object(items[i - 1]) &&
            object_is(value_to_object(items[i - 1]), KIND_TUPLE)) {
            world_say(w, " not asked"); /* which of the two is untracked first? */
            return;
        }
        if (tuple_depth(items[i - 1]) == MAX_TUPLE_DEPTH) {
            world_say(w, " not asked"); /* hashing takes exponential time, in both */
            return;
        }
    }
    operation_put_new(w, a->at[0], tuple_new(w->rt, items, a->n - 1));
}

static void run_list(world *w, const operation_arguments *a)
{
    operation_put_new(w, a->at[0], list_new(w->rt->builtin[KIND_LIST]));
}

static void run_dict(world *w, const operation_arguments *a)
{
    operation_put_new(w, a->at[0], dict_object_new(w->rt->builtin[KIND_DICT]));
}

/* ---- slots ---- */

static void run_copy(world *w, const operation_arguments *a)
{
    value v = w->slots[a->at[0]];
    value_incref(v);
    world_put(w, a->at[1], v);
}

static void run_drop(world *w, const operation_arguments *a)
{
    world_put(w, a->at[0], VALUE_NONE);
}

static void run_show(world *w, const operation_arguments *a)
{
    world_show(w, w->slots[a->at[0]]);
}

static bool is_same_by_nature(value v)
{
    return !value_is_object(v) || operation_is_weak(v) ||
           object_is(value_to_object(v), KIND_FLOAT) || object_is(value_to_object(v), KIND_STR) ||
           object_is(value_to_object(v), KIND_TUPLE);
}

static void run_is(world *w, const operation_arguments *a)
{
    value left = w->slots[a->at[0]];
    value right = w->slots[a->at[1]];
    if (is_same_by_nature(left) || is_same_by_nature(right))
        world_say(w, " not asked");
    else
        world_say(w, left == right ? " same" : " different");
}

static void run_equal(world *w, const operation_arguments *a)
{
    bool equal = value_equal(operation_operand(w, a->at[0]), operation_operand(w, a->at[1]));
    world_say(w, equal ? " equal" : " different");
}

static void run_hash(world *w, const operation_arguments *a)
{
    uint64_t left = 0;
    uint64_t right = 0;
    value v = operation_operand(w, a->at[0]);
    value u = operation_operand(w, a->at[1]);
    status s = value_hash(w->rt, v, &left);
    if (s == STATUS_OK)
        s = value_hash(w->rt, u, &right);
    operation_status(w, s);
    if (s == STATUS_OK && value_equal(v, u))
        world_say(w, left == right ? " equal" : " equal, hashed differently");
}

/* ---- attributes ---- */

/*
 * True for what the two do differently on purpose:
 *   - CPython gives an instance of a subclass of list or dict a dict object for its attributes,
 *     which is not counted while it holds numbers and strs only;
 *   - it releases a subclass's slots before those of the base, and up to 30 attributes in the order
 *     of the class's keys, of which there are no more than 15 here.
 */
static bool is_beyond(const world *w, const object *o, int64_t name_index, value v)
{
    if (!w->is_wide && name_index >= WORLD_NARROW_NAMES)
        return true;
    if (!value_is_object(v) || object_is(value_to_object(v), KIND_FLOAT) ||
        object_is(value_to_object(v), KIND_STR))
        return false;
    bool has_dict = object_is(o, KIND_LIST) || object_is(o, KIND_DICT);
    bool is_sub_slot = object_is(o, KIND_INSTANCE) && o->type->layout != LAYOUT_DICT &&
                       name_index >= WORLD_BASE_SLOTS;
    return name_index >= WORLD_NARROW_NAMES || is_sub_slot || (w->counts && has_dict);
}

static void run_set(world *w, const operation_arguments *a)
{
    object *o = operation_object(w, a->at[0]);
    if (o == NULL)
        return;
    value v = w->slots[a->at[2]];
    if (v == VALUE_NONE || (value_is_object(v) && object_is(value_to_object(v), KIND_PROXY)))
        v = value_of_int(0);
    if (is_beyond(w, o, a->at[1], v))
        world_say(w, " not asked");
    else
        operation_status(w, object_set_attr(o, w->names[a->at[1]], v));
}

static void run_get(world *w, const operation_arguments *a)
{
    value v = VALUE_NONE;
    const object *o = operation_object(w, a->at[0]);
    if (o != NULL) {
        status s = object_get_attr(o, w->names[a->at[1]], &v);
        operation_finish(w, s, v, a->at[2]);
    }
}

static void run_unset(world *w, const operation_arguments *a)
{
    object *o = operation_object(w, a->at[0]);
    if (o != NULL)
        operation_status(w, object_unset_attr(o, w->names[a->at[1]]));
}

static void run_mode(world *w, const operation_arguments *a)
{
    object *o = operation_object(w, a->at[0]);
    if (o == NULL)
        return;
    if (w->counts && a->at[1] == FINALIZER_UNSETS)
        world_say(w, " not asked"); /* CPython does not count what a finalizer takes apart */
    else
        operation_status(w, object_set_attr(o, w->mode, value_of_int(a->at[1])));
}

static void run_order(world *w, const operation_arguments *a)
{
    const object *o = operation_object(w, a->at[0]);
    if (o == NULL)
        return;
    if (w->counts) {
        world_say(w, " not asked"); /* it makes CPython make a dict object, which is counted */
        return;
    }
    size_t n = object_n_attributes(o);
    world_say(w, " %zu", n);
    for (size_t i = 0; i < n; i++) {
        const name *attribute = NULL;
        value v = VALUE_NONE;
        object_attribute(o, i, &attribute, &v);
        world_say(w, " %s", attribute->text);
    }
}

static void run_bind(world *w, const operation_arguments *a)
{
    object *o = operation_object(w, a->at[0]);
    const name *n = name_intern(&w->rt->names, a->at[2] != 0 ? "tell" : "missing");
    if (o == NULL || n == NULL)
        return;
    object *method = NULL;
    status s = method_bind(o, n, &method);
    operation_status(w, s);
    if (s == STATUS_OK)
        operation_put_new(w, a->at[1], method);
}

static void run_call(world *w, const operation_arguments *a)
{
    value v = VALUE_NONE;
    const object *o = operation_of_kind(w, a->at[0], KIND_METHOD);
    if (o == NULL)
        return;
    status s = method_call(o, NULL, 0, &v);
    operation_status(w, s);
    if (s == STATUS_OK)
        world_show(w, v);
}

/* From here on, the collector's counts are told, or not. */
static void run_counts(world *w, const operation_arguments *a)
{
    w->counts = a->at[0] != 0;
}

const operation operations[] = {
    {"new", "sci", run_new},
    {"int", "si", run_int},
    {"float", "si", run_float},
    {"str", "si", run_str},
    {"tuple", "s*", run_tuple},
    {"list", "s", run_list},
    {"dict", "s", run_dict},
    {"copy", "ss", run_copy},
    {"drop", "s", run_drop},
    {"show", "s", run_show},
    {"is", "ss", run_is},
    {"equal", "ss", run_equal},
    {"hash", "ss", run_hash},
    {"set", "sns", run_set},
    {"get", "sns", run_get},
    {"unset", "sn", run_unset},
    {"mode", "si", run_mode},
    {"order", "s", run_order},
    {"bind", "ssb", run_bind},
    {"call", "s", run_call},
    {"append", "ss", operation_append},
    {"pop", "sis", operation_pop},
    {"item", "sis", operation_item},
    {"set_item", "sis", operation_set_item},
    {"dict_set", "sss", operation_dict_set},
    {"dict_get", "sss", operation_dict_get},
    {"dict_unset", "ss", operation_dict_unset},
    {"length", "s", operation_length},
    {"ref", "ssio", operation_ref},
    {"deref", "ss", operation_deref},
    {"refs", "s", operation_refs},
    {"recover", "is", operation_recover},
    {"counts", "b", run_counts},
    {"weak", "si", operation_weak},
    {"weak_set", "sss", operation_weak_set},
    {"weak_get", "sss", operation_weak_get},
    {"weak_unset", "ss", operation_weak_unset},
    {"weak_pop", "sss", operation_weak_pop},
    {"weak_method", "ss", operation_weak_method},
    {"finalize", "si", operation_finalize},
    {"finalizer", "ii", operation_finalizer},
    {"weak_has", "ss", operation_weak_has},
    {"weak_show", "s", operation_weak_show},
    {"proxy", "ssi", operation_proxy},
    {"proxy_get", "sns", operation_proxy_get},
    {"proxy_set", "sni", operation_proxy_set},
    {"proxy_unset", "sn", operation_proxy_unset},
    {"collect", "g", operation_collect},
    {"save_all", "b", operation_save_all},
    {"garbage", "", operation_garbage},
    {"drop_garbage", "", operation_drop_garbage},
    {"freeze", "", operation_freeze},
    {"unfreeze", "", operation_unfreeze},
    {"tracked", "s", operation_tracked},
    {"finalized", "s", operation_finalized},
    {"referents", "s", operation_referents},
    {"referrers", "s", operation_referrers},
    {"objects", "g", operation_objects},
    {"stats", "g", operation_stats},
    {NULL, NULL, NULL},
};

void operation_run(world *w, const operation *o, const operation_arguments *a)
{
    o->run(w, a);
    release_held(w);
    world_finish_line(w, o->name);
}
