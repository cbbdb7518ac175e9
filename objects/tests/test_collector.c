/* test_collector.c -- the garbage collector: tapes, and what they miss. */
#include "objects/tests/check.h"

#include "objects/collector.h"
#include "objects/dict_object.h"
#include "objects/list.h"
#include "objects/method.h"
#include "objects/scalar.h"
#include "objects/tests/collector_tape.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

#include <string.h>

static void test_tapes(void **state)
{
    (void)state;
    enum { N_BYTES = 6000 };
    static uint8_t bytes[N_BYTES];
    const heap_options debug = {.debug = 1};
    for (uint64_t seed = 1; seed <= 40; seed++) {
        tape_fill(bytes, N_BYTES, seed);
        const char *why = collector_tape_run(bytes, N_BYTES, seed % 5 == 0 ? &debug : NULL);
        if (why != NULL)
            fail_msg("seed %llu: %s", (unsigned long long)seed, why);
    }
}

typedef struct fixture {
    runtime *rt;
    type *plain, *slots, *weak;
    const name *x, *y;
} fixture;

static void set_up(fixture *f)
{
    static const char *const xy[] = {"x", "y"};
    f->rt = runtime_new(NULL);
    assert_non_null(f->rt);
    assert_int_equal(type_new(f->rt, &(type_spec){"Plain", LAYOUT_DICT, NULL, 0, NULL}, &f->plain),
                     STATUS_OK);
    assert_int_equal(type_new(f->rt, &(type_spec){"Point", LAYOUT_SLOTS, xy, 2, NULL}, &f->slots),
                     STATUS_OK);
    assert_int_equal(
        type_new(f->rt, &(type_spec){"Watched", LAYOUT_WEAKREF, xy, 2, NULL}, &f->weak), STATUS_OK);
    f->x = name_intern(&f->rt->names, "x");
    f->y = name_intern(&f->rt->names, "y");
}

static size_t n_live(const runtime *rt)
{
    heap_stats objects;
    heap_get_stats(rt->objects, &objects);
    return objects.n_blocks_live;
}

static void tear_down(fixture *f)
{
    const char *why = NULL;
    assert_true(collector_is_valid(f->rt, &why));
    assert_int_equal(n_live(f->rt), 0);
    heap_stats tables;
    heap_get_stats(f->rt->tables, &tables);
    assert_int_equal(tables.n_blocks_live + tables.n_large, 0);
    runtime_delete(f->rt);
}

/* Two objects that hold each other, and nobody else does. */
static void make_pair(fixture *f, type *t)
{
    object *a = object_new(t);
    object *b = object_new(t);
    assert_int_equal(object_set_attr(a, f->x, value_of_object(b)), STATUS_OK);
    assert_int_equal(object_set_attr(b, f->x, value_of_object(a)), STATUS_OK);
    object_decref(a);
    object_decref(b);
}

/* The lecture's cycle, in every layout: python3 says 2 each time. */
static void test_pairs(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    type *const types[] = {f.plain, f.slots, f.weak};
    for (int i = 0; i < 3; i++) {
        make_pair(&f, types[i]);
        assert_int_equal(n_live(f.rt), 2);
        assert_int_equal(collector_collect(f.rt, 0), 2);
        assert_int_equal(n_live(f.rt), 0);
        make_pair(&f, types[i]);
        assert_int_equal(collector_collect(f.rt, 2), 2);
    }
    tear_down(&f);
}

/* Objects that hold nothing are promoted as they are looked at; a cycle behind them, in the same
 * generation or in the next younger one, is still found, and they are counted in the set. */
static void test_cycle_behind_plain_objects(void **state)
{
    (void)state;
    enum { N = 300 };
    fixture f;
    set_up(&f);
    for (int generation = 0; generation < COLLECTOR_OLDEST; generation++) {
        for (int with_cycle = 0; with_cycle < 2; with_cycle++) {
            object *plain[2 * N];
            for (int i = 0; i < 2 * N; i++) {
                plain[i] = object_new(f.slots);
                assert_int_equal(object_set_attr(plain[i], f.x, value_of_int(i)), STATUS_OK);
                if (i == N - 1 && generation == 1)
                    assert_int_equal(collector_collect(f.rt, 0), 0);
            }
            if (with_cycle)
                make_pair(&f, f.slots);
            assert_int_equal(collector_collect(f.rt, generation), with_cycle ? 2 : 0);
            const collector *c = &f.rt->collector;
            const collector_trace *trace = &c->traces[c->n_traces % COLLECTOR_MAX_TRACES];
            assert_int_equal(trace->n_objects, 2 * N + (with_cycle ? 2 : 0));
            assert_int_equal(trace->n_marked, 2 * N);
            const char *why = NULL;
            assert_true(collector_is_valid(f.rt, &why));
            for (int i = 0; i < 2 * N; i++) {
                assert_int_equal(object_rank(plain[i]), generation + 1);
                object_decref(plain[i]);
            }
        }
    }
    tear_down(&f);
}

/* A cycle in generation 1, and one in 0 that only the cycle holds and that holds nothing: that one
 * is found to be garbage, too. */
static void test_plain_object_behind_a_cycle(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *a = object_new(f.slots);
    object *b = object_new(f.slots);
    assert_int_equal(object_set_attr(a, f.x, value_of_object(b)), STATUS_OK);
    assert_int_equal(object_set_attr(b, f.x, value_of_object(a)), STATUS_OK);
    assert_int_equal(collector_collect(f.rt, 0), 0);
    object *plain = object_new(f.slots);
    assert_int_equal(object_set_attr(a, f.y, value_of_object(plain)), STATUS_OK);
    object_decref(plain);
    object_decref(a);
    object_decref(b);
    assert_int_equal(collector_collect(f.rt, 1), 3);
    tear_down(&f);
}

/* Garbage that holds more than itself: counts of what lives stay exact, the rest dies with it. In
 * python3: p.x = q; q.x = p; p.y = live; q.y = old; r = weakref.ref(old, f); del p, q, old; ... */
static void test_what_garbage_holds(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *live = object_new(f.slots);
    for (int i = 0; i < 3; i++) {
        type *const types[] = {f.plain, f.slots, f.weak};
        for (int generation = 0; generation <= COLLECTOR_OLDEST; generation++) {
            object *old = object_new(f.weak);
            weakref *w = NULL;
            assert_int_equal(weakref_new(old, NULL, NULL, &w), STATUS_OK);
            (void)collector_collect(f.rt, COLLECTOR_OLDEST); /* old and w are in no young one */
            object *p = object_new(types[i]);
            object *q = object_new(types[i]);
            assert_int_equal(object_set_attr(p, f.x, value_of_object(q)), STATUS_OK);
            assert_int_equal(object_set_attr(q, f.x, value_of_object(p)), STATUS_OK);
            assert_int_equal(object_set_attr(p, f.y, value_of_object(live)), STATUS_OK);
            assert_int_equal(object_set_attr(q, f.y, value_of_object(old)), STATUS_OK);
            object_decref(q);
            object_decref(old);
            assert_int_equal(collector_collect(f.rt, generation), 0); /* p holds all */
            assert_int_equal(live->refcount, 2);
            assert_ptr_equal(weakref_peek(w), old);
            object_decref(p);
            /* p and q; and old, if the collection looks at it */
            assert_int_equal(collector_collect(f.rt, 1), generation == 0 ? 2 : 0);
            assert_int_equal(collector_collect(f.rt, COLLECTOR_OLDEST), generation == 0 ? 0 : 3);
            assert_int_equal(live->refcount, 1);
            assert_null(weakref_peek(w));
            weakref_decref(w);
        }
    }
    object_decref(live);
    tear_down(&f);
}

/* Cycles through each container; in python3: l = []; l.append(l); del l; gc.collect() -> 1, ... */
static void test_kinds(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *l = list_new(f.rt->builtin[KIND_LIST]);
    assert_int_equal(list_append(l, value_of_object(l)), STATUS_OK);
    object_decref(l);
    assert_int_equal(collector_collect(f.rt, 2), 1);

    object *d = dict_object_new(f.rt->builtin[KIND_DICT]);
    assert_false(collector_is_tracked(d));
    assert_int_equal(dict_object_set(d, value_of_int(1), value_of_object(d)), STATUS_OK);
    assert_true(collector_is_tracked(d)); /* a dict that is not tracked may be later */
    object_decref(d);
    assert_int_equal(collector_collect(f.rt, 2), 1);

    object *o = object_new(f.plain);
    value item = value_of_object(o);
    object *t = tuple_new(f.rt, &item, 1);
    assert_int_equal(object_set_attr(o, f.x, value_of_object(t)), STATUS_OK);
    object_decref(o);
    object_decref(t);
    assert_int_equal(collector_collect(f.rt, 2), 2);

    object *self = object_new(f.plain);
    object *method = NULL;
    assert_int_equal(method_bind(self, f.x, &method), STATUS_ATTRIBUTE_ERROR);
    assert_string_equal(runtime_error(f.rt), "'Plain' object has no attribute 'x'");
    object_decref(self);
    tear_down(&f);
}

static status answer(object *self, const value *arguments, size_t n_arguments, value *ret_result)
{
    (void)self;
    *ret_result = value_of_int((int64_t)n_arguments + value_to_int(arguments[0]));
    return STATUS_OK;
}

static void test_methods(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    type *sub = NULL;
    assert_int_equal(type_new(f.rt, &(type_spec){"Sub", LAYOUT_DICT, NULL, 0, f.plain}, &sub),
                     STATUS_OK);
    assert_int_equal(type_add_method(f.plain, "answer", answer), STATUS_OK);
    const name *n = name_intern(&f.rt->names, "answer");
    object *o = object_new(sub);
    object *method = NULL;
    value result = VALUE_NONE;
    assert_int_equal(method_bind(o, n, &method), STATUS_OK);
    assert_int_equal(method_call(method, &(value){value_of_int(41)}, 1, &result), STATUS_OK);
    assert_int_equal(value_to_int(result), 42);
    /* a bound method kept in its own object is a cycle */
    assert_int_equal(object_set_attr(o, f.x, value_of_object(method)), STATUS_OK);
    object_decref(o);
    object_decref(method);
    assert_int_equal(collector_collect(f.rt, 2), 2);
    tear_down(&f);
}

/* ---- values ---- */

static void test_hash_and_equality(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *one = float_new(f.rt, 1.0);
    object *half = float_new(f.rt, 0.5);
    object *text = str_new(f.rt, "abc", 3);
    object *same = str_new(f.rt, "abc", 3);
    char long_bytes[2000];
    memset(long_bytes, 'x', sizeof(long_bytes));
    object *long_text = str_new(f.rt, long_bytes, sizeof(long_bytes));
    assert_int_equal(str_of(long_text)->n_bytes, 2000);
    assert_string_equal(str_of(text)->text, "abc");
    uint64_t a = 0;
    uint64_t b = 1;
    assert_int_equal(value_hash(f.rt, value_of_object(one), &a), STATUS_OK);
    assert_int_equal(value_hash(f.rt, value_of_int(1), &b), STATUS_OK);
    assert_true(a == b && value_equal(value_of_object(one), value_of_int(1)));
    assert_false(value_equal(value_of_object(half), value_of_int(0)));
    assert_int_equal(value_hash(f.rt, value_of_object(text), &a), STATUS_OK);
    assert_int_equal(value_hash(f.rt, value_of_object(same), &b), STATUS_OK);
    assert_true(a == b && value_equal(value_of_object(text), value_of_object(same)));
    assert_false(value_equal(value_of_object(text), value_of_object(long_text)));
    object *list = list_new(f.rt->builtin[KIND_LIST]);
    assert_int_equal(value_hash(f.rt, value_of_object(list), &a), STATUS_TYPE_ERROR);
    assert_string_equal(runtime_error(f.rt), "unhashable type: 'list'");
    const value items[] = {value_of_object(text), value_of_int(2)};
    const value alike[] = {value_of_object(same), value_of_int(2)};
    object *t = tuple_new(f.rt, items, 2);
    object *u = tuple_new(f.rt, alike, 2);
    assert_int_equal(value_hash(f.rt, value_of_object(t), &a), STATUS_OK);
    assert_int_equal(value_hash(f.rt, value_of_object(u), &b), STATUS_OK);
    assert_true(a == b && value_equal(value_of_object(t), value_of_object(u)));
    object *const all[] = {one, half, text, same, long_text, list, t, u};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        object_decref(all[i]);
    tear_down(&f);
}

static void test_weakref_hash(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *o = object_new(f.weak);
    object *p = object_new(f.weak);
    weakref *hashed = NULL;
    weakref *not_hashed = NULL;
    assert_int_equal(weakref_new(o, NULL, NULL, &hashed), STATUS_OK);
    assert_int_equal(weakref_new(p, NULL, NULL, &not_hashed), STATUS_OK);
    uint64_t of_object = 0;
    uint64_t of_weakref = 1;
    assert_int_equal(value_hash(f.rt, value_of_object(o), &of_object), STATUS_OK);
    assert_int_equal(value_hash(f.rt, value_of_object(&hashed->head), &of_weakref), STATUS_OK);
    assert_true(of_object == of_weakref);
    object_decref(o);
    object_decref(p);
    of_weakref = 0;
    assert_int_equal(value_hash(f.rt, value_of_object(&hashed->head), &of_weakref), STATUS_OK);
    assert_true(of_object == of_weakref);
    assert_int_equal(value_hash(f.rt, value_of_object(&not_hashed->head), &of_weakref),
                     STATUS_TYPE_ERROR);
    assert_string_equal(runtime_error(f.rt), "weak object has gone away");
    weakref_decref(hashed);
    weakref_decref(not_hashed);
    tear_down(&f);
}

static void test_lists(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *l = list_new(f.rt->builtin[KIND_LIST]);
    value v = VALUE_NONE;
    assert_int_equal(list_pop(l, -1, &v), STATUS_INDEX_ERROR);
    assert_string_equal(runtime_error(f.rt), "pop from empty list");
    for (int i = 0; i < 1000; i++)
        assert_int_equal(list_append(l, value_of_int(i)), STATUS_OK);
    assert_int_equal(list_get(l, -1, &v), STATUS_OK);
    assert_int_equal(value_to_int(v), 999);
    assert_int_equal(list_get(l, 1000, &v), STATUS_INDEX_ERROR);
    assert_string_equal(runtime_error(f.rt), "list index out of range");
    assert_int_equal(list_set(l, -1001, v), STATUS_INDEX_ERROR);
    assert_string_equal(runtime_error(f.rt), "list assignment index out of range");
    assert_int_equal(list_pop(l, 0, &v), STATUS_OK);
    assert_int_equal(value_to_int(v), 0);
    assert_int_equal(list_get(l, 0, &v), STATUS_OK);
    assert_int_equal(value_to_int(v), 1);
    assert_int_equal(list_of(l)->n, 999);
    object_decref(l);
    tear_down(&f);
}

static void test_dicts(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *d = dict_object_new(f.rt->builtin[KIND_DICT]);
    value v = VALUE_NONE;
    assert_int_equal(dict_object_get(d, value_of_int(1), &v), STATUS_KEY_ERROR);
    for (int i = 0; i < 500; i++)
        assert_int_equal(dict_object_set(d, value_of_int((int64_t)i * 7), value_of_int(i)),
                         STATUS_OK);
    for (int i = 0; i < 500; i += 2)
        assert_int_equal(dict_object_unset(d, value_of_int((int64_t)i * 7)), STATUS_OK);
    assert_true(dict_object_is_valid(d));
    assert_int_equal(dict_object_length(d), 250);
    object *key = float_new(f.rt, 7.0);
    assert_int_equal(dict_object_get(d, value_of_object(key), &v), STATUS_OK);
    assert_int_equal(value_to_int(v), 1);
    object_decref(key);
    value k = VALUE_NONE;
    int expected = 1;
    for (size_t at = 0; dict_object_next(d, &at, &k, &v); expected += 2)
        assert_int_equal(value_to_int(v), expected); /* in the order of insertion */
    assert_int_equal(expected, 501);
    object_decref(d);
    tear_down(&f);
}

/* ---- the collector's controls ---- */

typedef struct events {
    int n_started, n_stopped;
    collector_trace last;
    size_t n_nested;
} events;

static void note_event(runtime *rt, collector_phase phase, const collector_trace *trace,
                       void *argument)
{
    events *e = argument;
    e->n_started += phase == COLLECTOR_START;
    e->n_stopped += phase == COLLECTOR_STOP;
    e->last = *trace;
    e->n_nested += collector_collect(rt, 2); /* refused */
}

static void test_controls(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    events e = {0};
    uint32_t thresholds[COLLECTOR_GENERATIONS];
    collector_get_thresholds(f.rt, thresholds);
    assert_int_equal(thresholds[0], 700);
    assert_int_equal(thresholds[1], 10);
    assert_int_equal(thresholds[2], 10);
    assert_true(collector_is_enabled(f.rt));
    assert_null(collector_trace_at(f.rt, 0));
    assert_true(collector_add_callback(f.rt, note_event, &e));
    object *root = object_new(f.slots);
    make_pair(&f, f.weak);
    size_t counts[COLLECTOR_GENERATIONS];
    collector_get_counts(f.rt, counts);
    assert_int_equal(counts[0], 3);
    assert_int_equal(collector_collect(f.rt, 1), 2);
    assert_int_equal(e.n_started, 1);
    assert_int_equal(e.n_stopped, 1);
    assert_int_equal(e.n_nested, 0);
    assert_int_equal(e.last.n_objects, 3);
    assert_int_equal(e.last.n_roots, 1);
    assert_int_equal(e.last.n_marked, 1);
    assert_int_equal(e.last.n_unreachable, 2);
    assert_int_equal(collector_trace_at(f.rt, 0)->number, 1);
    assert_null(collector_trace_at(f.rt, 1));
    collector_get_counts(f.rt, counts);
    assert_int_equal(counts[0], 0);
    assert_int_equal(counts[2], 1);
    assert_int_equal(collector_get_stats(f.rt, 1).n_collections, 1);
    assert_int_equal(collector_get_stats(f.rt, 1).n_collected, 2);
    collector_remove_callback(f.rt, note_event, &e);
    assert_int_equal(collector_collect(f.rt, 2), 0);
    assert_int_equal(e.n_started, 1);
    assert_int_equal(collector_collect(f.rt, 3), 0);
    object_decref(root);
    tear_down(&f);
}

/* With thresholds as they come, cycles do not pile up; disabled, they do. */
static void test_automatic(void **state)
{
    (void)state;
    enum { N_PAIRS = 20000, MOST = 2000 };
    fixture f;
    set_up(&f);
    for (int i = 0; i < N_PAIRS; i++) {
        make_pair(&f, f.slots);
        assert_true(n_live(f.rt) < MOST);
    }
    assert_true(collector_get_stats(f.rt, 0).n_collections > N_PAIRS / MOST);
    (void)collector_collect(f.rt, 2);
    assert_int_equal(n_live(f.rt), 0);
    collector_disable(f.rt);
    for (int i = 0; i < N_PAIRS; i++)
        make_pair(&f, f.slots);
    assert_int_equal(n_live(f.rt), 2 * N_PAIRS);
    collector_enable(f.rt);
    assert_int_equal(collector_collect(f.rt, 0), 2 * N_PAIRS);
    tear_down(&f);
}

/* Thresholds of 0: the list of the young overflows, and nothing is lost. */
static void test_spilling(void **state)
{
    (void)state;
    enum { N_PAIRS = 50000 };
    fixture f;
    set_up(&f);
    collector_set_thresholds(f.rt, (uint32_t[]){0, 0, 0});
    for (int i = 0; i < N_PAIRS; i++)
        make_pair(&f, f.plain);
    const char *why = NULL;
    assert_true(collector_is_valid(f.rt, &why));
    size_t counts[COLLECTOR_GENERATIONS];
    collector_get_counts(f.rt, counts);
    assert_int_equal(counts[0], 2 * N_PAIRS);
    assert_int_equal(collector_collect(f.rt, 1), 2 * N_PAIRS);
    tear_down(&f);
}

/* A million objects in one chain, and in one ring. */
static void test_long_ring(void **state)
{
    (void)state;
    enum { N = 300000 };
    fixture f;
    set_up(&f);
    object *first = object_new(f.slots);
    object *last = first;
    object_incref(first);
    for (int i = 1; i < N; i++) {
        object *o = object_new(f.slots);
        assert_int_equal(object_set_attr(o, f.x, value_of_object(last)), STATUS_OK);
        object_decref(last);
        last = o;
    }
    assert_int_equal(collector_collect(f.rt, 2), 0);
    assert_int_equal(n_live(f.rt), N);
    assert_int_equal(object_set_attr(first, f.x, value_of_object(last)), STATUS_OK);
    object_decref(last);
    assert_int_equal(collector_collect(f.rt, 2), 0);
    object_decref(first);
    assert_int_equal(n_live(f.rt), N);
    assert_int_equal(collector_collect(f.rt, 2), N);
    tear_down(&f);
}

static void test_freezing(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    make_pair(&f, f.plain);
    collector_freeze(f.rt);
    assert_int_equal(collector_freeze_count(f.rt), 2);
    assert_int_equal(collector_collect(f.rt, 2), 0);
    collector_unfreeze(f.rt);
    assert_int_equal(collector_freeze_count(f.rt), 0);
    assert_int_equal(collector_collect(f.rt, 2), 2);
    tear_down(&f);
}

static void test_saved_garbage(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    collector_save_all(f.rt, true);
    make_pair(&f, f.plain);
    make_pair(&f, f.slots);
    assert_int_equal(collector_collect(f.rt, 2), 4);
    assert_int_equal(collector_n_garbage(f.rt), 4);
    assert_int_equal(collector_get_stats(f.rt, 2).n_uncollectable, 4);
    assert_ptr_equal(collector_garbage_at(f.rt, 0)->type, f.plain);
    assert_int_equal(collector_collect(f.rt, 2), 0); /* they are held now */
    collector_save_all(f.rt, false);
    collector_drop_garbage(f.rt);
    assert_int_equal(collector_collect(f.rt, 2), 4);
    tear_down(&f);
}

typedef struct seen {
    const object *objects[8];
    size_t n;
} seen;

static void note_object(object *o, void *argument)
{
    seen *s = argument;
    s->objects[s->n++] = o;
}

static void test_looking(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *a = object_new(f.plain);
    object *b = object_new(f.slots);
    object *l = list_new(f.rt->builtin[KIND_LIST]);
    assert_int_equal(object_set_attr(a, f.x, value_of_object(b)), STATUS_OK);
    assert_int_equal(object_set_attr(a, f.y, value_of_object(b)), STATUS_OK);
    assert_int_equal(list_append(l, value_of_object(b)), STATUS_OK);
    seen s = {0};
    collector_get_referrers(f.rt, b, note_object, &s);
    assert_int_equal(s.n, 2);
    assert_true((s.objects[0] == a && s.objects[1] == l) ||
                (s.objects[0] == l && s.objects[1] == a));
    s.n = 0;
    collector_get_referents(a, note_object, &s);
    assert_int_equal(s.n, 2);
    assert_true(s.objects[0] == b && s.objects[1] == b);
    s.n = 0;
    collector_get_objects(f.rt, 0, note_object, &s);
    assert_int_equal(s.n, 3);
    assert_int_equal(collector_collect(f.rt, 0), 0);
    s.n = 0;
    collector_get_objects(f.rt, 0, note_object, &s);
    assert_int_equal(s.n, 0);
    collector_get_objects(f.rt, 1, note_object, &s);
    assert_int_equal(s.n, 3);
    s.n = 0;
    collector_get_objects(f.rt, -1, note_object, &s);
    assert_int_equal(s.n, 3);
    object_decref(a);
    object_decref(b);
    object_decref(l);
    tear_down(&f);
}

/* Callbacks of weak references run before finalizers, and those of dying weak references never. */
typedef struct order {
    char log[8];
    size_t n;
} order;

static void log_death(weakref *w, void *argument)
{
    order *o = argument;
    o->log[o->n++] = weakref_get(w) == NULL ? 'w' : '?';
}

static void log_finalizer(object *self, void *argument)
{
    (void)self;
    order *o = argument;
    o->log[o->n++] = 'f';
}

static void test_order(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    order o = {0};
    type_set_finalizer(f.weak, log_finalizer, &o);
    object *a = object_new(f.weak);
    object *b = object_new(f.plain);
    weakref *outside = NULL;
    weakref *inside = NULL;
    assert_int_equal(weakref_new(b, log_death, &o, &outside), STATUS_OK);
    assert_int_equal(weakref_new(b, log_death, &o, &inside), STATUS_OK);
    assert_int_equal(object_set_attr(a, f.x, value_of_object(b)), STATUS_OK);
    assert_int_equal(object_set_attr(b, f.x, value_of_object(a)), STATUS_OK);
    assert_int_equal(object_set_attr(b, f.y, value_of_object(&inside->head)), STATUS_OK);
    weakref_decref(inside);
    object_decref(a);
    object_decref(b);
    assert_int_equal(collector_collect(f.rt, 2), 3);
    assert_string_equal(o.log, "wf");
    weakref_decref(outside);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tapes),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_cycle_behind_plain_objects),
        cmocka_unit_test(test_plain_object_behind_a_cycle),
        cmocka_unit_test(test_what_garbage_holds),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_hash_and_equality),
        cmocka_unit_test(test_weakref_hash),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_dicts),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_automatic),
        cmocka_unit_test(test_spilling),
        cmocka_unit_test(test_long_ring),
        cmocka_unit_test(test_freezing),
        cmocka_unit_test(test_saved_garbage),
        cmocka_unit_test(test_looking),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
