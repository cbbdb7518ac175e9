/*
 * test_weak.c -- proxies, weak containers, weak methods and finalizers.
 *
 * What is expected is what CPython 3.11 answers; the Python line stands beside it.
 */
#include "objects/tests/check.h"

#include "objects/collector.h"
#include "objects/finalizer.h"
#include "objects/list.h"
#include "objects/proxy.h"
#include "objects/scalar.h"
#include "objects/tests/tape.h"
#include "objects/tuple.h"
#include "objects/weak_container.h"
#include "objects/weak_method.h"

#include <stdlib.h>
#include <string.h>

typedef struct fixture {
    runtime *rt;
    type *c, *slots; /* class C: pass; class S: __slots__ = ("x",) */
    const name *x;
} fixture;

static void set_up_with(fixture *f, const heap_options *options)
{
    static const char *const x[] = {"x"};
    f->rt = runtime_new(options);
    assert_non_null(f->rt);
    assert_int_equal(type_new(f->rt, &(type_spec){"C", LAYOUT_DICT, NULL, 0, NULL}, &f->c),
                     STATUS_OK);
    assert_int_equal(type_new(f->rt, &(type_spec){"S", LAYOUT_SLOTS, x, 1, NULL}, &f->slots),
                     STATUS_OK);
    f->x = name_intern(&f->rt->names, "x");
}

static void set_up(fixture *f)
{
    set_up_with(f, NULL);
}

static void tear_down(fixture *f)
{
    const char *why = NULL;
    heap_stats stats;
    assert_true(collector_is_valid(f->rt, &why));
    heap_get_stats(f->rt->objects, &stats);
    assert_int_equal(stats.n_blocks_live, 0);
    heap_get_stats(f->rt->tables, &stats);
    assert_int_equal(stats.n_blocks_live + stats.n_large, 0);
    runtime_delete(f->rt);
}

static value of(const object *o)
{
    return value_of_object(o);
}

/* ---- what can be referred to ---- */

static void test_refused(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    const value one = value_of_int(1);
    const struct {
        value v;
        const char *message;
    } cases[] = {
        {one, "cannot create weak reference to 'int' object"},
        {of(float_new(f.rt, 1.0)), "cannot create weak reference to 'float' object"},
        {of(str_new(f.rt, "a", 1)), "cannot create weak reference to 'str' object"},
        {of(tuple_new(f.rt, &one, 1)), "cannot create weak reference to 'tuple' object"},
        {of(list_new(f.rt->builtin[KIND_LIST])), "cannot create weak reference to 'list' object"},
        {of(object_new(f.rt->builtin[KIND_DICT])), "cannot create weak reference to 'dict' object"},
        {of(object_new(f.slots)), "cannot create weak reference to 'S' object"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        weakref *w = NULL;
        assert_int_equal(weakref_to(f.rt, cases[i].v, &w), STATUS_TYPE_ERROR);
        assert_string_equal(runtime_error(f.rt), cases[i].message);
        assert_null(w);
        value_decref(cases[i].v);
    }
    /* class L(list): pass; ref(L()) works; class T(tuple): pass; ref(T()) does not, and there is no
     * T here */
    type *sub = NULL;
    const type_spec list_spec = {"L", LAYOUT_DICT, NULL, 0, f.rt->builtin[KIND_LIST]};
    const type_spec tuple_spec = {"T", LAYOUT_DICT, NULL, 0, f.rt->builtin[KIND_TUPLE]};
    assert_int_equal(type_new(f.rt, &list_spec, &sub), STATUS_OK);
    object *l = list_new(sub);
    weakref *w = NULL;
    assert_int_equal(list_append(l, one), STATUS_OK);
    assert_int_equal(object_set_attr(l, f.x, one), STATUS_OK);
    assert_int_equal(weakref_to(f.rt, of(l), &w), STATUS_OK);
    object_decref(l);
    assert_null(weakref_get(w));
    weakref_decref(w);
    assert_int_equal(type_new(f.rt, &tuple_spec, &sub), STATUS_TYPE_ERROR);
    assert_string_equal(runtime_error(f.rt), "type 'T': 'tuple' has no subclasses here");
    tear_down(&f);
}

/* ---- proxies ---- */

static status answer(object *self, const value *arguments, size_t n_arguments, value *ret_result)
{
    (void)self;
    (void)arguments;
    *ret_result = value_of_int(40 + (int64_t)n_arguments);
    return STATUS_OK;
}

static void test_proxy(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *o = object_new(f.c);
    weakref *proxy = NULL;
    weakref *same = NULL;
    weakref *ref = NULL;
    value v = VALUE_NONE;
    const name *n = name_intern(&f.rt->names, "answer");
    assert_int_equal(type_add_method(f.c, "answer", answer), STATUS_OK);
    assert_int_equal(weakref_new_proxy(o, NULL, NULL, &proxy), STATUS_OK);
    assert_int_equal(weakref_new_proxy(o, NULL, NULL, &same), STATUS_OK);
    assert_int_equal(weakref_new(o, NULL, NULL, &ref), STATUS_OK);
    assert_ptr_equal(proxy, same);         /* proxy(o) is proxy(o) */
    assert_int_equal(weakref_count(o), 2); /* getweakrefcount(o) */
    assert_ptr_equal(weakref_at(o, 0), ref);
    assert_true(weakrefs_are_valid(o));
    assert_int_equal(proxy_set_attr(proxy, f.x, value_of_int(5)), STATUS_OK);
    assert_int_equal(object_get_attr(o, f.x, &v), STATUS_OK);
    assert_int_equal(value_to_int(v), 5);
    assert_int_equal(proxy_unset_attr(proxy, f.x), STATUS_OK);
    assert_int_equal(proxy_get_attr(proxy, f.x, &v), STATUS_ATTRIBUTE_ERROR);
    assert_string_equal(runtime_error(f.rt), "'C' object has no attribute 'x'");
    assert_int_equal(proxy_call(proxy, n, NULL, 0, &v), STATUS_OK);
    assert_int_equal(value_to_int(v), 40);
    assert_int_equal(proxy_call(proxy, f.x, NULL, 0, &v), STATUS_ATTRIBUTE_ERROR);
    assert_true(value_equal(of(&proxy->head), of(o)));
    uint64_t hash = 0;
    assert_int_equal(value_hash(f.rt, of(&proxy->head), &hash), STATUS_TYPE_ERROR);
    assert_string_equal(runtime_error(f.rt), "unhashable type: 'weakref.ProxyType'");
    object_decref(o);
    assert_int_equal(proxy_get_attr(proxy, f.x, &v), STATUS_REFERENCE_ERROR);
    assert_string_equal(runtime_error(f.rt), "weakly-referenced object no longer exists");
    assert_int_equal(proxy_set_attr(proxy, f.x, v), STATUS_REFERENCE_ERROR);
    assert_int_equal(proxy_unset_attr(proxy, f.x), STATUS_REFERENCE_ERROR);
    assert_int_equal(proxy_call(proxy, n, NULL, 0, &v), STATUS_REFERENCE_ERROR);
    weakref_decref(proxy);
    weakref_decref(same);
    weakref_decref(ref);
    tear_down(&f);
}

/* ---- containers ---- */

static void test_key_dict(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *d = weak_container_new(f.rt, KIND_WEAK_KEY_DICT);
    object *a = object_new(f.c);
    object *b = object_new(f.c);
    value v = VALUE_NONE;
    assert_int_equal(weak_dict_set(d, of(a), value_of_int(1)), STATUS_OK);
    assert_int_equal(weak_dict_set(d, of(b), value_of_int(2)), STATUS_OK);
    assert_int_equal(weak_dict_set(d, of(a), value_of_int(3)), STATUS_OK);
    assert_int_equal(weak_length(d), 2);
    assert_int_equal(weak_dict_get(d, of(a), &v), STATUS_OK);
    assert_int_equal(value_to_int(v), 3);
    assert_int_equal(weak_dict_set(d, value_of_int(1), value_of_int(1)), STATUS_TYPE_ERROR);
    assert_string_equal(runtime_error(f.rt), "cannot create weak reference to 'int' object");
    assert_false(weak_contains(d, value_of_int(1))); /* 1 in d */
    object_decref(a);
    assert_int_equal(weak_length(d), 1);
    assert_true(weak_contains(d, of(b)));
    assert_int_equal(weak_dict_pop(d, of(b), &v), STATUS_OK);
    assert_int_equal(value_to_int(v), 2);
    assert_int_equal(weak_dict_pop(d, of(b), &v), STATUS_KEY_ERROR);
    assert_int_equal(weak_dict_unset(d, of(b)), STATUS_KEY_ERROR);
    assert_true(weak_container_is_valid(d));
    object_decref(b);
    object_decref(d);
    tear_down(&f);
}

static void test_value_dict(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *d = weak_container_new(f.rt, KIND_WEAK_VALUE_DICT);
    object *a = object_new(f.c);
    object *b = object_new(f.c);
    value v = VALUE_NONE;
    assert_int_equal(weak_dict_set(d, value_of_int(1), of(a)), STATUS_OK);
    assert_int_equal(weak_dict_set(d, value_of_int(2), of(b)), STATUS_OK);
    assert_int_equal(weak_dict_set(d, value_of_int(3), value_of_int(3)), STATUS_TYPE_ERROR);
    assert_int_equal(weak_dict_get(d, value_of_int(1), &v), STATUS_OK);
    assert_true(v == of(a));
    value_decref(v);
    object_decref(a);
    assert_int_equal(weak_length(d), 1);
    assert_int_equal(weak_dict_get(d, value_of_int(1), &v), STATUS_KEY_ERROR);
    /* another value takes the place before the first one dies: d[2] = c; del b; d[2] is c */
    object *c = object_new(f.c);
    assert_int_equal(weak_dict_set(d, value_of_int(2), of(c)), STATUS_OK);
    object_decref(b);
    assert_int_equal(weak_length(d), 1);
    assert_int_equal(weak_dict_pop(d, value_of_int(2), &v), STATUS_OK);
    assert_true(v == of(c));
    value_decref(v);
    assert_int_equal(weak_length(d), 0);
    assert_int_equal(weak_dict_unset(d, value_of_int(2)), STATUS_KEY_ERROR);
    object *list = list_new(f.rt->builtin[KIND_LIST]);
    assert_int_equal(weak_dict_set(d, of(list), of(c)), STATUS_TYPE_ERROR);
    assert_string_equal(runtime_error(f.rt), "unhashable type: 'list'");
    object_decref(list);
    object_decref(c);
    object_decref(d);
    tear_down(&f);
}

static void test_set(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *s = weak_container_new(f.rt, KIND_WEAK_SET);
    object *a = object_new(f.c);
    value v = VALUE_NONE;
    assert_int_equal(weak_set_pop(s, &v), STATUS_KEY_ERROR);
    assert_string_equal(runtime_error(f.rt), "pop from empty WeakSet");
    assert_int_equal(weak_set_add(s, of(a)), STATUS_OK);
    assert_int_equal(weak_set_add(s, of(a)), STATUS_OK);
    assert_int_equal(weak_length(s), 1);
    assert_int_equal(weak_set_remove(s, of(a)), STATUS_OK);
    assert_int_equal(weak_set_remove(s, of(a)), STATUS_KEY_ERROR);
    assert_int_equal(weak_set_discard(s, of(a)), STATUS_OK);
    assert_int_equal(weak_set_discard(s, value_of_int(1)), STATUS_TYPE_ERROR);
    assert_int_equal(weak_set_add(s, of(a)), STATUS_OK);
    assert_int_equal(weak_set_pop(s, &v), STATUS_OK);
    assert_true(v == of(a));
    value_decref(v);
    assert_int_equal(weak_set_add(s, of(a)), STATUS_OK);
    object_decref(s); /* before its item */
    object_decref(a);
    tear_down(&f);
}

/* class E: equal and hashed by x */
static uint64_t hash_by_x(const object *o)
{
    value v = VALUE_NONE;
    (void)object_get_attr(o, o->type->keys[0], &v);
    return (uint64_t)value_to_int(v);
}

static bool equal_by_x(const object *a, const object *b)
{
    return hash_by_x(a) == hash_by_x(b);
}

/* Equal keys are one key: d[E(1)] = 1; d[E(1)] = 2; len(d) == 1, and the first key stays. */
static void test_equal_keys(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    static const char *const x[] = {"x"};
    type *e = NULL;
    assert_int_equal(type_new(f.rt, &(type_spec){"E", LAYOUT_DICT, x, 1, NULL}, &e), STATUS_OK);
    type_set_identity(e, (type_identity){hash_by_x, equal_by_x});
    object *d = weak_container_new(f.rt, KIND_WEAK_KEY_DICT);
    object *first = object_new(e);
    object *second = object_new(e);
    value v = VALUE_NONE;
    assert_int_equal(object_set_attr(first, f.x, value_of_int(1)), STATUS_OK);
    assert_int_equal(object_set_attr(second, f.x, value_of_int(1)), STATUS_OK);
    assert_int_equal(weak_dict_set(d, of(first), value_of_int(1)), STATUS_OK);
    assert_int_equal(weak_dict_set(d, of(second), value_of_int(2)), STATUS_OK);
    assert_int_equal(weak_length(d), 1);
    assert_int_equal(weak_dict_get(d, of(first), &v), STATUS_OK);
    assert_int_equal(value_to_int(v), 2);
    object_decref(second); /* its weakref was not kept */
    assert_int_equal(weak_length(d), 1);
    object_decref(first);
    assert_int_equal(weak_length(d), 0);
    object_decref(d);
    tear_down(&f);
}

/* Entries die while two iterations run: they are not seen, and go when the last one ends. */
static void test_iteration(void **state)
{
    (void)state;
    enum { N = 10 };
    fixture f;
    set_up(&f);
    const type_kind kinds[] = {KIND_WEAK_KEY_DICT, KIND_WEAK_VALUE_DICT, KIND_WEAK_SET};
    for (size_t k = 0; k < 3; k++) {
        object *d = weak_container_new(f.rt, kinds[k]);
        object *items[N];
        for (int i = 0; i < N; i++) {
            items[i] = object_new(f.c);
            bool by_value = kinds[k] == KIND_WEAK_VALUE_DICT;
            value key = by_value ? value_of_int(i) : of(items[i]);
            value v = by_value ? of(items[i]) : value_of_int(i);
            assert_int_equal(weak_dict_set(d, key, v), STATUS_OK);
        }
        weak_iterator outer;
        weak_iterator inner;
        weak_iterator_begin(&outer, d);
        weak_iterator_begin(&inner, d);
        for (int i = 0; i < N; i += 2)
            object_decref(items[i]);
        assert_int_equal(weak_length(d), N / 2);
        assert_false(weak_container_is_valid(d) && weak_payload_of(d)->n_dead == 0);
        value key = VALUE_NONE;
        value v = VALUE_NONE;
        int n_seen = 0;
        while (weak_iterator_next(&outer, &key, &v) == STATUS_OK && key != VALUE_NONE) {
            n_seen++;
            value_decref(key);
            value_decref(v);
        }
        assert_int_equal(n_seen, N / 2);
        weak_iterator_end(&outer);
        assert_int_equal(weak_payload_of(d)->n_dead, N / 2);
        weak_iterator_end(&inner);
        assert_int_equal(weak_payload_of(d)->n_dead, 0);
        assert_true(weak_container_is_valid(d));
        assert_int_equal(weak_length(d), N / 2);
        /* RuntimeError: dictionary changed size during iteration */
        object *more = object_new(f.c);
        weak_iterator_begin(&outer, d);
        assert_int_equal(weak_dict_set(d, of(more), of(more)), STATUS_OK);
        assert_int_equal(weak_iterator_next(&outer, &key, &v), STATUS_RUNTIME_ERROR);
        weak_iterator_end(&outer);
        (void)weak_dict_unset(d, of(more));
        object_decref(more);
        object_decref(d);
        for (int i = 1; i < N; i += 2)
            object_decref(items[i]);
        (void)collector_collect(f.rt, 2); /* by_value: more was its own key */
    }
    tear_down(&f);
}

/* d = WeakKeyDictionary(); d[k] = v; v.x = d; del d, v, k: two steps, as in CPython. */
static void test_cycle_through_value(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *d = weak_container_new(f.rt, KIND_WEAK_KEY_DICT);
    object *k = object_new(f.c);
    object *v = object_new(f.c);
    weakref *w = NULL;
    assert_int_equal(weakref_new(v, NULL, NULL, &w), STATUS_OK);
    assert_int_equal(object_set_attr(v, f.x, of(d)), STATUS_OK);
    assert_int_equal(weak_dict_set(d, of(k), of(v)), STATUS_OK);
    object_decref(d);
    object_decref(v);
    assert_int_equal(weakref_count(v), 1);
    assert_true(collector_collect(f.rt, 2) > 0); /* k lives, but nobody can ask for its value */
    assert_null(weakref_get(w));
    object_decref(k);
    weakref_decref(w);
    tear_down(&f);
}

/* ---- weak methods ---- */

static void count_call(weakref *w, void *argument)
{
    (void)w;
    ++*(int *)argument;
}

static void test_weak_method(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    assert_int_equal(type_add_method(f.c, "answer", answer), STATUS_OK);
    const name *n = name_intern(&f.rt->names, "answer");
    object *o = object_new(f.c);
    object *method = NULL;
    weak_method m;
    weak_method same;
    int n_calls = 0;
    assert_int_equal(weak_method_init(&m, o, NULL, NULL), STATUS_TYPE_ERROR);
    assert_string_equal(runtime_error(f.rt), "argument should be a bound method, not 'C'");
    assert_int_equal(method_bind(o, n, &method), STATUS_OK);
    assert_int_equal(weak_method_init(&m, method, count_call, &n_calls), STATUS_OK);
    assert_int_equal(weak_method_init(&same, method, NULL, NULL), STATUS_OK);
    object_decref(method); /* the bound method is dead, its weak method is not */
    assert_true(weak_method_is_alive(&m));
    assert_true(weak_method_equal(&m, &same));
    assert_int_equal(weak_method_get(&m, &method), STATUS_OK);
    value v = VALUE_NONE;
    assert_int_equal(method_call(method, NULL, 0, &v), STATUS_OK);
    assert_int_equal(value_to_int(v), 40);
    object_decref(method);
    object_decref(o);
    assert_int_equal(n_calls, 1);
    assert_false(weak_method_is_alive(&m));
    assert_int_equal(weak_method_get(&m, &method), STATUS_OK);
    assert_null(method);
    assert_false(weak_method_equal(&m, &same));
    assert_true(weak_method_equal(&m, &m));
    weak_method_release(&m);
    weak_method_release(&same);
    tear_down(&f);
}

/* ---- finalizers ---- */

typedef struct note {
    char text[16];
    size_t n;
} note;

static note written;

static void write_letter(char c)
{
    assert_true(written.n + 1 < sizeof(written.text));
    written.text[written.n++] = c;
    written.text[written.n] = '\0';
}

static void write_a(void *argument)
{
    (void)argument;
    write_letter('a');
}

static void write_b(void *argument)
{
    (void)argument;
    write_letter('b');
}

static void test_finalizers(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *o = object_new(f.c);
    finalizer *a = NULL;
    finalizer *b = NULL;
    written = (note){0};
    /* on death: the latest first, as callbacks of weakrefs */
    assert_int_equal(finalizer_new(o, write_a, NULL, &a), STATUS_OK);
    assert_int_equal(finalizer_new(o, write_b, NULL, &b), STATUS_OK);
    assert_true(finalizer_is_alive(a) && finalizer_atexit(a));
    object *peeked = finalizer_peek(a);
    assert_ptr_equal(peeked, o);
    object_decref(peeked);
    object_decref(o);
    assert_string_equal(written.text, "ba");
    assert_false(finalizer_is_alive(a) || finalizer_atexit(a) || finalizer_call(a));
    assert_null(finalizer_peek(a));
    assert_null(finalizer_detach(a));
    finalizer_release(a);
    finalizer_release(b);
    /* called; detached; at the end */
    written = (note){0};
    o = object_new(f.c);
    assert_int_equal(finalizer_new(o, write_a, NULL, &a), STATUS_OK);
    assert_true(finalizer_call(a));
    finalizer_release(a);
    assert_int_equal(finalizer_new(o, write_b, NULL, &b), STATUS_OK);
    object *detached = finalizer_detach(b);
    assert_ptr_equal(detached, o);
    object_decref(detached);
    finalizer_release(b);
    assert_int_equal(finalizer_new(o, write_a, NULL, &a), STATUS_OK);
    assert_int_equal(finalizer_new(o, write_b, NULL, &b), STATUS_OK);
    finalizer_set_atexit(b, false);
    finalizers_run_all(f.rt);
    assert_string_equal(written.text, "aa");
    finalizer_release(a);
    object_decref(o);
    assert_string_equal(written.text, "aab");
    finalizer_release(b);
    object *bare = object_new(f.slots);
    assert_int_equal(finalizer_new(bare, write_a, NULL, &a), STATUS_TYPE_ERROR);
    object_decref(bare);
    tear_down(&f);
}

/* ---- a tape against arrays ---- */

enum { N_ITEMS = 24 };

typedef struct model {
    object *items[N_ITEMS]; /* NULL: dead */
    bool is_in[3][N_ITEMS]; /* key dict, value dict, set */
    int values[N_ITEMS];    /* of the key dict */
} model;

static void run_operation(fixture *f, model *m, object *const containers[3], tape *t)
{
    unsigned operation = tape_byte(t) % 8;
    int i = (int)(tape_byte(t) % N_ITEMS);
    value v = VALUE_NONE;
    if (m->items[i] == NULL) {
        m->items[i] = object_new(f->c);
        return;
    }
    value item = of(m->items[i]);
    value number = value_of_int(i);
    if (operation == 0) {
        object_decref(m->items[i]);
        m->items[i] = NULL;
        for (int c = 0; c < 3; c++)
            m->is_in[c][i] = false;
    } else if (operation == 1) {
        m->values[i] = (int)tape_byte(t);
        assert_int_equal(weak_dict_set(containers[0], item, value_of_int(m->values[i])), STATUS_OK);
        m->is_in[0][i] = true;
    } else if (operation == 2) {
        assert_int_equal(weak_dict_set(containers[1], number, item), STATUS_OK);
        m->is_in[1][i] = true;
    } else if (operation == 3) {
        assert_int_equal(weak_set_add(containers[2], item), STATUS_OK);
        m->is_in[2][i] = true;
    } else if (operation == 4) {
        assert_int_equal(weak_dict_unset(containers[0], item),
                         m->is_in[0][i] ? STATUS_OK : STATUS_KEY_ERROR);
        m->is_in[0][i] = false;
    } else if (operation == 5) {
        status s = weak_dict_pop(containers[1], number, &v);
        assert_int_equal(s, m->is_in[1][i] ? STATUS_OK : STATUS_KEY_ERROR);
        if (s == STATUS_OK)
            value_decref(v);
        m->is_in[1][i] = false;
    } else if (operation == 6) {
        assert_int_equal(weak_set_discard(containers[2], item), STATUS_OK);
        m->is_in[2][i] = false;
    } else {
        (void)collector_collect(f->rt, (int)(tape_byte(t) % 3));
    }
}

static void check_model(const model *m, object *const containers[3])
{
    for (int c = 0; c < 3; c++) {
        size_t n = 0;
        assert_true(weak_container_is_valid(containers[c]));
        for (int i = 0; i < N_ITEMS; i++) {
            n += m->is_in[c][i];
            value v = VALUE_NONE;
            value key = c == 1 ? value_of_int(i) : of(m->items[i]);
            if (m->items[i] == NULL)
                continue;
            assert_int_equal(weak_contains(containers[c], key), m->is_in[c][i]);
            if (c == 0 && m->is_in[c][i]) {
                assert_int_equal(weak_dict_get(containers[c], key, &v), STATUS_OK);
                assert_int_equal(value_to_int(v), m->values[i]);
            }
        }
        assert_int_equal(weak_length(containers[c]), n);
    }
}

static void test_tapes(void **state)
{
    (void)state;
    enum { N_BYTES = 4000 };
    static uint8_t bytes[N_BYTES];
    for (uint64_t seed = 1; seed <= 10; seed++) {
        fixture f;
        model m = {0};
        set_up(&f);
        object *const containers[3] = {weak_container_new(f.rt, KIND_WEAK_KEY_DICT),
                                       weak_container_new(f.rt, KIND_WEAK_VALUE_DICT),
                                       weak_container_new(f.rt, KIND_WEAK_SET)};
        tape_fill(bytes, N_BYTES, seed);
        tape t = {bytes, N_BYTES, 0};
        while (tape_has_more(&t)) {
            run_operation(&f, &m, containers, &t);
            check_model(&m, containers);
        }
        for (int c = 0; c < 3; c++)
            object_decref(containers[c]);
        for (int i = 0; i < N_ITEMS; i++)
            object_decref(m.items[i]);
        tear_down(&f);
    }
}

/* ---- memory that runs out ---- */

typedef struct source {
    int n_left;
} source;

static void *source_map(void *context)
{
    source *s = context;
    return s->n_left-- > 0 ? aligned_alloc(HEAP_ARENA_BYTES, HEAP_ARENA_BYTES) : NULL;
}

static void source_unmap(void *context, void *arena)
{
    (void)context;
    free(arena);
}

/* With so many arenas and no more, a dict is filled until memory is short: what is in stays in. */
static void test_refused_memory(void **state)
{
    (void)state;
    enum { MOST = 20000 };
    static object *keys[MOST];
    for (int n_left = 2; n_left < 5; n_left++) {
        source s = {n_left};
        const heap_options options = {.source = {source_map, source_unmap, &s}};
        fixture f;
        set_up_with(&f, &options);
        collector_disable(f.rt);
        object *d = weak_container_new(f.rt, KIND_WEAK_KEY_DICT);
        assert_non_null(d);
        size_t n_in = 0;
        size_t n_made = 0;
        status last = STATUS_OK;
        while (last == STATUS_OK && n_made < MOST && (keys[n_made] = object_new(f.c)) != NULL) {
            last = weak_dict_set(d, of(keys[n_made++]), value_of_int(1));
            n_in += last == STATUS_OK;
            assert_int_equal(weak_length(d), n_in);
        }
        assert_true(n_made < MOST);
        assert_true(weak_container_is_valid(d));
        for (size_t i = 0; i < n_made; i++)
            object_decref(keys[i]);
        assert_int_equal(weak_length(d), 0);
        object_decref(d);
        tear_down(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_proxy),
        cmocka_unit_test(test_key_dict),    cmocka_unit_test(test_value_dict),
        cmocka_unit_test(test_set),         cmocka_unit_test(test_equal_keys),
        cmocka_unit_test(test_iteration),   cmocka_unit_test(test_cycle_through_value),
        cmocka_unit_test(test_weak_method), cmocka_unit_test(test_finalizers),
        cmocka_unit_test(test_tapes),       cmocka_unit_test(test_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
