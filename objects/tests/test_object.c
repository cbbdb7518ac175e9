/* test_object.c -- names, dicts, types, objects and weak references: tapes, and what they miss. */
#include "objects/tests/check.h"

#include "objects/object.h"
#include "objects/tests/object_tape.h"
#include "objects/weakref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_tapes(void **state)
{
    (void)state;
    enum { N_BYTES = 12000 };
    static uint8_t bytes[N_BYTES];
    const heap_options debug = {.debug = 1};
    for (uint64_t seed = 1; seed <= 30; seed++) {
        tape_fill(bytes, N_BYTES, seed);
        const char *why = object_tape_run(bytes, N_BYTES, seed % 5 == 0 ? &debug : NULL);
        if (why != NULL)
            fail_msg("seed %llu: %s", (unsigned long long)seed, why);
    }
}

typedef struct fixture {
    runtime *rt;
    type *dict, *slots, *weakref;
    const name *x, *y, *z;
} fixture;

static void set_up(fixture *f)
{
    static const char *const xy[] = {"x", "y"};
    f->rt = runtime_new(NULL);
    assert_non_null(f->rt);
    assert_int_equal(type_new(f->rt, &(type_spec){"Plain", LAYOUT_DICT, NULL, 0, NULL}, &f->dict),
                     STATUS_OK);
    assert_int_equal(type_new(f->rt, &(type_spec){"Point", LAYOUT_SLOTS, xy, 2, NULL}, &f->slots),
                     STATUS_OK);
    assert_int_equal(
        type_new(f->rt, &(type_spec){"Watched", LAYOUT_WEAKREF, xy, 2, NULL}, &f->weakref),
        STATUS_OK);
    f->x = name_intern(&f->rt->names, "x");
    f->y = name_intern(&f->rt->names, "y");
    f->z = name_intern(&f->rt->names, "z");
}

static void tear_down(fixture *f)
{
    heap_stats stats;
    heap_get_stats(f->rt->objects, &stats);
    assert_int_equal(stats.n_blocks_live, 0);
    heap_get_stats(f->rt->tables, &stats);
    assert_int_equal(stats.n_blocks_live + stats.n_large, 0);
    runtime_delete(f->rt);
}

static void test_names(void **state)
{
    (void)state;
    name_table table = {0};
    const name *seen[500];
    char text[16];
    for (int i = 0; i < 500; i++) {
        (void)snprintf(text, sizeof(text), "name%d", i);
        seen[i] = name_intern(&table, text);
        assert_string_equal(seen[i]->text, text);
        assert_int_equal(seen[i]->n_bytes, strlen(text));
    }
    for (int i = 0; i < 500; i++) {
        (void)snprintf(text, sizeof(text), "name%d", i);
        assert_ptr_equal(name_intern(&table, text), seen[i]);
    }
    assert_int_equal(name_intern(&table, "")->n_bytes, 0);
    name_table_free(&table);
}

static void test_values(void **state)
{
    (void)state;
    const int64_t ints[] = {0, 1, -1, 42, VALUE_INT_MAX, VALUE_INT_MIN};
    for (size_t i = 0; i < 6; i++) {
        value v = value_of_int(ints[i]);
        assert_true(value_is_int(v));
        assert_false(value_is_object(v));
        assert_int_equal(value_to_int(v), ints[i]);
    }
    assert_false(value_is_object(VALUE_NONE));
}

static void test_messages(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    value v = 7;
    object *o = object_new(f.slots);
    assert_string_equal(runtime_error(f.rt), "");
    assert_int_equal(object_get_attr(o, f.z, &v), STATUS_ATTRIBUTE_ERROR);
    assert_int_equal(v, 7);
    assert_string_equal(runtime_error(f.rt), "'Point' object has no attribute 'z'");
    assert_int_equal(object_set_attr(o, f.z, value_of_int(1)), STATUS_ATTRIBUTE_ERROR);
    assert_int_equal(object_unset_attr(o, f.x), STATUS_ATTRIBUTE_ERROR);
    assert_string_equal(runtime_error(f.rt), "'Point' object has no attribute 'x'");
    weakref *w = NULL;
    assert_int_equal(weakref_new(o, NULL, NULL, &w), STATUS_TYPE_ERROR);
    assert_null(w);
    assert_string_equal(runtime_error(f.rt), "cannot create weak reference to 'Point' object");
    object_decref(o);
    tear_down(&f);
}

static void test_types(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    const char *const z[] = {"z"};
    const char *const twice[] = {"a", "a"};
    type *made = NULL;
    assert_int_equal(type_new(f.rt, &(type_spec){"T", LAYOUT_SLOTS, twice, 2, NULL}, &made),
                     STATUS_VALUE_ERROR);
    assert_string_equal(runtime_error(f.rt), "type 'T': the name 'a' occurs twice");
    assert_int_equal(type_new(f.rt, &(type_spec){"T", LAYOUT_DICT, z, 1, f.slots}, &made),
                     STATUS_TYPE_ERROR);
    const char *many[TYPE_MAX_SLOTS + 1] = {NULL};
    assert_int_equal(
        type_new(f.rt, &(type_spec){"T", LAYOUT_SLOTS, many, TYPE_MAX_SLOTS + 1, NULL}, &made),
        STATUS_VALUE_ERROR);
    assert_null(made);
    /* inheritance: the base's slots come first, the word for weakrefs before them */
    assert_int_equal(type_new(f.rt, &(type_spec){"Sub", LAYOUT_WEAKREF, z, 1, f.slots}, &made),
                     STATUS_OK);
    object *o = object_new(made);
    assert_int_equal(object_set_attr(o, f.x, value_of_int(1)), STATUS_OK);
    assert_int_equal(object_set_attr(o, f.z, value_of_int(3)), STATUS_OK);
    value v = 0;
    assert_int_equal(object_get_attr(o, f.x, &v), STATUS_OK);
    assert_int_equal(value_to_int(v), 1);
    weakref *w = NULL;
    assert_int_equal(weakref_new(o, NULL, NULL, &w), STATUS_OK);
    object_decref(o);
    assert_null(weakref_get(w));
    weakref_decref(w);
    tear_down(&f);
}

static void test_bytes(void **state)
{
    (void)state;
    static const char *const abcd[] = {"a", "b", "c", "d"};
    static const size_t expected[] = {64, 48, 64};
    fixture f;
    set_up(&f);
    for (int l = 0; l < 3; l++) {
        type *t = NULL;
        assert_int_equal(type_new(f.rt, &(type_spec){"T", (type_layout)l, abcd, 4, NULL}, &t),
                         STATUS_OK);
        object *o = object_new(t);
        for (int i = 0; i < 4; i++)
            assert_int_equal(
                object_set_attr(o, name_intern(&f.rt->names, abcd[i]), value_of_int(i)), STATUS_OK);
        assert_int_equal(mem_usable_bytes(o), expected[l]);
        heap_stats stats;
        heap_get_stats(f.rt->tables, &stats);
        assert_int_equal(stats.n_blocks_live, 0); /* four attributes need no table */
        object_decref(o);
    }
    tear_down(&f);
}

/* The oracle: an object whose attributes are set one after another. */
static void test_make(void **state)
{
    (void)state;
    enum { MAX = TYPE_MAX_INLINE };
    static const char *const texts[MAX] = {"a", "b", "c", "d", "e", "f", "g",
                                           "h", "i", "j", "k", "l", "m", "n"};
    fixture f;
    set_up(&f);
    collector_disable(f.rt);
    for (int l = 0; l < 3; l++) {
        type *t = NULL;
        assert_int_equal(type_new(f.rt, &(type_spec){"T", (type_layout)l, texts, MAX, NULL}, &t),
                         STATUS_OK);
        for (unsigned n = 0; n <= MAX; n++) {
            object *held = object_new(f.weakref);
            value values[MAX];
            for (unsigned i = 0; i < MAX; i++)
                values[i] = i % 2 == 0 ? value_of_int(i) : value_of_object(held);
            object *expected = object_new(t);
            for (unsigned i = 0; i < n; i++)
                assert_int_equal(
                    object_set_attr(expected, name_intern(&f.rt->names, texts[i]), values[i]),
                    STATUS_OK);
            object *made = object_make(t, values, n);
            assert_true(object_is_valid(made));
            /* all but the padding of the block */
            assert_memory_equal(made, expected, t->values_offset + t->n_inline * sizeof(value));
            assert_int_equal(held->refcount, 1 + 2 * (n / 2));
            object_decref(made);
            object_decref(expected);
            assert_int_equal(held->refcount, 1);
            object_decref(held);
        }
    }
    tear_down(&f);
}

/* Dying is short for an object without references; each thing that makes it longer is seen. */
static void test_plain_and_other_deaths(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    type *const types[] = {f.dict, f.slots, f.weakref};
    for (int i = 0; i < 3; i++) {
        object *held = object_new(f.weakref);
        object *holder = object_new(types[i]);
        assert_int_equal(object_set_attr(holder, f.x, value_of_object(held)), STATUS_OK);
        assert_int_equal(object_set_attr(holder, f.x, value_of_int(1)), STATUS_OK);
        object_decref(holder); /* held one once */
        assert_int_equal(held->refcount, 1);
        object_decref(held);
    }
    object *wide = object_new(f.dict); /* with a dict of its own, of integers */
    for (int i = 0; i < 2 * TYPE_MAX_INLINE; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "wide%d", i);
        assert_int_equal(object_set_attr(wide, name_intern(&f.rt->names, text), value_of_int(i)),
                         STATUS_OK);
    }
    object_decref(wide); /* tear_down() would see the dict */
    for (int i = 0; i < 3; i += 2) {
        object *referent = object_new(types[i]);
        weakref *w = NULL;
        assert_int_equal(weakref_new(referent, NULL, NULL, &w), STATUS_OK);
        object_decref(referent);
        assert_null(weakref_peek(w));
        weakref_decref(w);
    }
    tear_down(&f);
}

static void count_death(object *self, void *argument)
{
    (void)self;
    ++*(int *)argument;
}

/* As in python3, where C.__del__ = f holds for the instances that there are. */
static void test_late_finalizer(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    type *const types[] = {f.dict, f.slots, f.weakref};
    for (int i = 0; i < 3; i++) {
        int n_deaths = 0;
        object *before = object_new(types[i]);
        type_set_finalizer(types[i], count_death, &n_deaths);
        object *after = object_new(types[i]);
        object_decref(before);
        assert_int_equal(n_deaths, 1);
        object_decref(after);
        assert_int_equal(n_deaths, 2);
        type_set_finalizer(types[i], NULL, NULL);
    }
    tear_down(&f);
}

static void test_shared_weakref(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *o = object_new(f.weakref);
    weakref *proxy = NULL;
    weakref *first = NULL;
    weakref *second = NULL;
    assert_int_equal(weakref_new_proxy(o, NULL, NULL, &proxy), STATUS_OK);
    assert_int_equal(weakref_share(o, &first), STATUS_OK); /* the proxy is none */
    assert_ptr_not_equal(first, proxy);
    assert_int_equal(weakref_share(o, &second), STATUS_OK);
    assert_ptr_equal(first, second);
    assert_int_equal(weakref_new(o, NULL, NULL, &second), STATUS_OK);
    assert_ptr_equal(first, second);
    assert_int_equal(first->head.refcount, 3);
    assert_ptr_equal(weakref_peek(first), o);
    assert_int_equal(o->refcount, 1);
    for (int i = 0; i < 3; i++)
        weakref_decref(first);
    weakref_decref(proxy);
    object_decref(o);
    object *slots = object_new(f.slots);
    assert_int_equal(weakref_share(slots, &first), STATUS_TYPE_ERROR);
    object_decref(slots);
    tear_down(&f);
}

/* An attribute holds its object; the last holder takes it along. */
static void test_references(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    type *const types[] = {f.dict, f.slots, f.weakref};
    for (int i = 0; i < 3; i++) {
        object *holder = object_new(types[i]);
        object *held = object_new(f.weakref);
        weakref *w = NULL;
        assert_int_equal(weakref_new(held, NULL, NULL, &w), STATUS_OK);
        assert_int_equal(object_set_attr(holder, f.x, value_of_object(held)), STATUS_OK);
        object_site site = {.name = f.y};
        assert_int_equal(object_set_at(&site, holder, value_of_object(held)), STATUS_OK);
        assert_int_equal(object_set_at(&site, holder, value_of_object(held)), STATUS_OK);
        assert_int_equal(held->refcount, 3);
        object_decref(held);
        assert_int_equal(object_unset_attr(holder, f.x), STATUS_OK);
        assert_int_equal(held->refcount, 1);
        assert_int_equal(object_set_attr(holder, f.y, value_of_int(1)), STATUS_OK);
        assert_null(weakref_get(w));
        weakref_decref(w);
        object_decref(holder);
    }
    tear_down(&f);
}

/* A chain of a million objects is destroyed without a million stack frames. */
static void test_long_chain(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *first = NULL;
    for (int i = 0; i < 1000000; i++) {
        object *o = object_new(f.slots);
        if (first != NULL)
            assert_int_equal(object_set_attr(o, f.x, value_of_object(first)), STATUS_OK);
        object_decref(first);
        first = o;
    }
    object_decref(first);
    tear_down(&f);
}

/* The lecture's cycle: it leaks until it is cut. */
static void test_cycle(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *a = object_new(f.dict);
    object *b = object_new(f.dict);
    weakref *w = NULL;
    assert_int_equal(weakref_new(a, NULL, NULL, &w), STATUS_OK);
    assert_int_equal(object_set_attr(a, f.x, value_of_object(b)), STATUS_OK);
    assert_int_equal(object_set_attr(b, f.x, value_of_object(a)), STATUS_OK);
    object_decref(a);
    object_decref(b);
    heap_stats stats;
    heap_get_stats(f.rt->objects, &stats);
    assert_int_equal(stats.n_blocks_live, 3);
    object *again = weakref_get(w);
    assert_ptr_equal(again, a);
    assert_int_equal(object_unset_attr(again, f.x), STATUS_OK);
    object_decref(again);
    assert_null(weakref_get(w));
    weakref_decref(w);
    tear_down(&f);
}

/* ---- weak references ---- */

typedef struct call_log {
    int n;
    weakref *seen[8];
    weakref **released; /* what a callback releases */
} call_log;

static void note(weakref *w, void *argument)
{
    call_log *calls = argument;
    calls->seen[calls->n++] = w;
}

static void note_and_release(weakref *w, void *argument)
{
    call_log *calls = argument;
    note(w, argument);
    weakref_decref(*calls->released);
    *calls->released = NULL;
}

static void test_callbacks(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *o = object_new(f.weakref);
    call_log calls = {0};
    weakref *w[3];
    weakref *shared = NULL;
    weakref *same = NULL;
    assert_int_equal(weakref_new(o, note, &calls, &w[0]), STATUS_OK);
    assert_int_equal(weakref_new(o, NULL, NULL, &shared), STATUS_OK);
    assert_int_equal(weakref_new(o, note, &calls, &w[1]), STATUS_OK);
    assert_int_equal(weakref_new(o, NULL, NULL, &same), STATUS_OK);
    assert_int_equal(weakref_new(o, note, &calls, &w[2]), STATUS_OK);
    assert_ptr_equal(shared, same);
    assert_int_equal(weakref_count(o), 4);
    assert_ptr_equal(weakref_at(o, 0), shared);
    assert_ptr_equal(weakref_at(o, 1), w[2]);
    assert_true(weakrefs_are_valid(o));
    weakref_decref(w[1]);
    object_decref(o);
    assert_int_equal(calls.n, 2);
    assert_ptr_equal(calls.seen[0], w[2]);
    assert_ptr_equal(calls.seen[1], w[0]);
    weakref_decref(w[0]);
    weakref_decref(w[2]);
    weakref_decref(shared);
    weakref_decref(same);
    tear_down(&f);
}

static void test_callback_releases_another(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *o = object_new(f.dict);
    weakref *early = NULL;
    weakref *late = NULL;
    call_log calls = {.released = &early};
    assert_int_equal(weakref_new(o, note, &calls, &early), STATUS_OK);
    assert_int_equal(weakref_new(o, note_and_release, &calls, &late), STATUS_OK);
    object_decref(o);
    assert_int_equal(calls.n, 2); /* CPython calls the early one all the same */
    assert_null(early);
    weakref_decref(late);
    weakref_decref(NULL);
    tear_down(&f);
}

/* ---- memory that runs out: every allocation of a scenario fails once ---- */

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

static void test_refused_memory(void **state)
{
    (void)state;
    int n_refused = 0;
    for (int n_left = 0; n_left < 4; n_left++) {
        source s = {n_left};
        const heap_options options = {.source = {source_map, source_unmap, &s}};
        runtime *rt = runtime_new(&options);
        type *t = NULL;
        assert_int_equal(type_new(rt, &(type_spec){"T", LAYOUT_DICT, NULL, 0, NULL}, &t),
                         STATUS_OK);
        object *o = object_new(t);
        weakref *w = NULL;
        if (o == NULL || weakref_new(o, note, NULL, &w) != STATUS_OK) {
            n_refused++;
            assert_null(w);
        }
        size_t n_set = 0;
        for (int i = 0; o != NULL && i < 40; i++) {
            char text[16];
            (void)snprintf(text, sizeof(text), "a%d", i);
            status done = object_set_attr(o, name_intern(&rt->names, text), value_of_int(i));
            assert_true(done == STATUS_OK || done == STATUS_MEMORY_ERROR);
            n_set += done == STATUS_OK;
            n_refused += done == STATUS_MEMORY_ERROR;
            assert_int_equal(object_n_attributes(o), n_set);
            assert_true(object_is_valid(o));
        }
        weakref_decref(w);
        object_decref(o);
        runtime_delete(rt);
    }
    assert_true(n_refused > 0);
    runtime_delete(NULL);
}

static void test_validity_sees_damage(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    object *o = object_new(f.dict);
    assert_int_equal(object_set_attr(o, f.x, value_of_int(1)), STATUS_OK);
    assert_true(object_is_valid(o));
    uintptr_t kept = object_words_of(o)->attributes;
    object_words_of(o)->attributes = kept & OBJECT_CAPACITY_MASK; /* x is set, but in no order */
    assert_false(object_is_valid(o));
    object_words_of(o)->attributes = kept;
    object_decref(o);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tapes),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_plain_and_other_deaths),
        cmocka_unit_test(test_late_finalizer),
        cmocka_unit_test(test_shared_weakref),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_long_chain),
        cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_callbacks),
        cmocka_unit_test(test_callback_releases_another),
        cmocka_unit_test(test_refused_memory),
        cmocka_unit_test(test_validity_sees_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
