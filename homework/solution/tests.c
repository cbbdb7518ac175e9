/*
 * tests.c -- the model solution of part "tests".
 *
 * Each test builds its own allocator, states what the contract promises and gives everything back.
 */
#include "hw_arena.h"
#include "hw_tests.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- pool.c ---- */

static hw_pool_stats stats_of(const hw_pool *pool)
{
    hw_pool_stats stats;
    hw_pool_get_stats(pool, &stats);
    return stats;
}

static void pool_starts_empty(void)
{
    hw_pool *pool = hw_pool_new();
    hw_pool_stats stats = stats_of(pool);
    HW_CHECK(stats.n_arenas == 0);
    HW_CHECK(stats.n_pools_used == 0);
    HW_CHECK(stats.n_blocks_used == 0);
    HW_CHECK(stats.n_large_used == 0);
    hw_pool_free(pool, NULL);
    hw_pool_delete(pool);
    hw_pool_delete(NULL);
}

static void pool_aligns_every_size(void)
{
    static void *blocks[601];
    hw_pool *pool = hw_pool_new();
    for (size_t n = 0; n <= 600; n++) {
        blocks[n] = hw_pool_alloc(pool, n);
        HW_CHECK(blocks[n] != NULL);
        HW_CHECK((uintptr_t)blocks[n] % HW_ALIGNMENT == 0);
        if (blocks[n] != NULL)
            memset(blocks[n], (int)(n & 0xff), n);
    }
    for (size_t n = 0; n <= 600; n++) {
        const unsigned char *bytes = blocks[n];
        bool intact = true;
        for (size_t i = 0; i < n; i++)
            intact = intact && bytes[i] == (n & 0xff);
        HW_CHECK(intact);
        hw_pool_free(pool, blocks[n]);
    }
    HW_CHECK(stats_of(pool).n_blocks_used == 0);
    hw_pool_delete(pool);
}

/* Fills many blocks of one size to the brim, several times over, and looks for damage. */
static void check_one_size(hw_pool *pool, size_t n_bytes)
{
    enum { N = 700 };
    static unsigned char *blocks[N];
    for (size_t i = 0; i < N; i++) {
        blocks[i] = hw_pool_alloc(pool, n_bytes);
        memset(blocks[i], (int)(i & 0xff), n_bytes);
    }
    for (size_t i = 0; i < N; i += 2) /* every other one is freed and taken again */
        hw_pool_free(pool, blocks[i]);
    for (size_t i = 0; i < N; i += 2) {
        blocks[i] = hw_pool_alloc(pool, n_bytes);
        memset(blocks[i], (int)(i & 0xff), n_bytes);
    }
    bool intact = true;
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < n_bytes; k++)
            intact = intact && blocks[i][k] == (i & 0xff);
        hw_pool_free(pool, blocks[i]);
    }
    HW_CHECK(intact);
    HW_CHECK(stats_of(pool).n_blocks_used == 0);
    HW_CHECK(stats_of(pool).n_pools_used == 0);
}

static void pool_blocks_never_overlap(void)
{
    hw_pool *pool = hw_pool_new();
    for (size_t n_bytes = 8; n_bytes <= HW_SMALL_MAX_BYTES; n_bytes += 56)
        check_one_size(pool, n_bytes);
    check_one_size(pool, HW_SMALL_MAX_BYTES);
    hw_pool_delete(pool);
}

static void pool_has_one_size_class_a_pool(void)
{
    hw_pool *pool = hw_pool_new();
    void *small = hw_pool_alloc(pool, 16);
    void *same = hw_pool_alloc(pool, 1);
    void *next = hw_pool_alloc(pool, 17);
    HW_CHECK((uintptr_t)small / HW_POOL_BYTES == (uintptr_t)same / HW_POOL_BYTES);
    HW_CHECK((uintptr_t)small / HW_POOL_BYTES != (uintptr_t)next / HW_POOL_BYTES);
    HW_CHECK(stats_of(pool).n_pools_used == 2);
    HW_CHECK(stats_of(pool).n_blocks_used == 3);
    hw_pool_free(pool, small);
    hw_pool_free(pool, same);
    HW_CHECK(stats_of(pool).n_pools_used == 1);
    hw_pool_free(pool, next);
    hw_pool_delete(pool);
}

static void pool_sends_large_blocks_to_malloc(void)
{
    hw_pool *pool = hw_pool_new();
    void *largest_small = hw_pool_alloc(pool, HW_SMALL_MAX_BYTES);
    HW_CHECK(stats_of(pool).n_large_used == 0);
    HW_CHECK(stats_of(pool).n_blocks_used == 1);
    void *large = hw_pool_alloc(pool, HW_SMALL_MAX_BYTES + 1);
    void *larger = hw_pool_alloc(pool, 100000);
    HW_CHECK(large != NULL && larger != NULL);
    if (larger != NULL)
        memset(larger, 1, 100000);
    HW_CHECK(stats_of(pool).n_large_used == 2);
    HW_CHECK(stats_of(pool).n_blocks_used == 1);
    hw_pool_free(pool, large);
    hw_pool_free(pool, larger);
    HW_CHECK(stats_of(pool).n_large_used == 0);
    HW_CHECK(hw_pool_alloc(pool, SIZE_MAX) == NULL);
    HW_CHECK(stats_of(pool).n_large_used == 0);
    hw_pool_free(pool, largest_small);
    hw_pool_delete(pool);
}

enum { N_MANY = 4096 }; /* blocks of 512 bytes: at least eight arenas */

static void pool_returns_empty_arenas(void)
{
    static void *blocks[N_MANY];
    hw_pool *pool = hw_pool_new();
    for (size_t i = 0; i < N_MANY; i++)
        blocks[i] = hw_pool_alloc(pool, HW_SMALL_MAX_BYTES);
    hw_pool_stats full = stats_of(pool);
    HW_CHECK(full.n_blocks_used == N_MANY);
    HW_CHECK(full.n_arenas >= N_MANY * HW_SMALL_MAX_BYTES / HW_ARENA_BYTES);
    HW_CHECK(full.n_arenas <= 12);
    for (size_t i = 0; i < N_MANY; i++)
        hw_pool_free(pool, blocks[i]);
    HW_CHECK(stats_of(pool).n_arenas <= 1);
    for (size_t i = 0; i < N_MANY; i++) /* and it can grow again */
        blocks[i] = hw_pool_alloc(pool, HW_SMALL_MAX_BYTES);
    HW_CHECK(stats_of(pool).n_arenas == full.n_arenas);
    for (size_t i = N_MANY; i > 0; i--)
        hw_pool_free(pool, blocks[i - 1]);
    HW_CHECK(stats_of(pool).n_arenas <= 1);
    hw_pool_delete(pool);
}

static void pool_reuses_before_it_grows(void)
{
    static void *blocks[N_MANY];
    hw_pool *pool = hw_pool_new();
    for (size_t i = 0; i < N_MANY; i++)
        blocks[i] = hw_pool_alloc(pool, 64);
    size_t n_arenas = stats_of(pool).n_arenas;
    size_t n_pools = stats_of(pool).n_pools_used;
    for (size_t i = 0; i < N_MANY; i += 3)
        hw_pool_free(pool, blocks[i]);
    for (size_t i = 0; i < N_MANY; i += 3)
        blocks[i] = hw_pool_alloc(pool, 64);
    HW_CHECK(stats_of(pool).n_arenas == n_arenas);
    HW_CHECK(stats_of(pool).n_pools_used == n_pools);
    for (size_t i = 0; i < N_MANY; i++)
        hw_pool_free(pool, blocks[i]);
    /* empty pools serve another size class */
    for (size_t i = 0; i < N_MANY; i++)
        blocks[i] = hw_pool_alloc(pool, 60 + i % 5);
    HW_CHECK(stats_of(pool).n_arenas <= n_arenas + 1);
    for (size_t i = 0; i < N_MANY; i++)
        hw_pool_free(pool, blocks[i]);
    hw_pool_delete(pool);
}

/* Two arenas with free pools: the next pool must come from the one that has fewer. */
static void pool_uses_fullest_arena_first(void)
{
    static void *blocks[N_MANY];
    hw_pool *pool = hw_pool_new();
    size_t n = 0;
    while (stats_of(pool).n_arenas < 4)
        blocks[n++] = hw_pool_alloc(pool, HW_SMALL_MAX_BYTES);
    uintptr_t emptier = (uintptr_t)blocks[0] / HW_ARENA_BYTES;
    uintptr_t fuller = (uintptr_t)blocks[n / 2] / HW_ARENA_BYTES;
    HW_CHECK(emptier != fuller);
    uintptr_t spare = (uintptr_t)blocks[n - 1] / HW_ARENA_BYTES; /* as good as empty */
    /* of one arena every pool but two is emptied, of the other only two are */
    size_t n_pools_fuller = 0;
    uintptr_t last_pool = 0;
    size_t n_kept_emptier = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        uintptr_t arena = (uintptr_t)blocks[i] / HW_ARENA_BYTES;
        uintptr_t its_pool = (uintptr_t)blocks[i] / HW_POOL_BYTES;
        bool is_new_pool = its_pool != last_pool;
        last_pool = its_pool;
        if (arena == fuller && is_new_pool)
            n_pools_fuller++;
        bool frees = (arena == fuller && n_pools_fuller <= 2) || arena == emptier;
        if (arena == emptier && n_kept_emptier < 8) {
            n_kept_emptier++;
            frees = false;
        }
        if (frees) {
            hw_pool_free(pool, blocks[i]);
            blocks[i] = NULL;
        }
    }
    void *first = hw_pool_alloc(pool, 32); /* needs a free pool */
    HW_CHECK((uintptr_t)first / HW_ARENA_BYTES == fuller || spare == fuller);
    void *second = hw_pool_alloc(pool, 96);
    HW_CHECK((uintptr_t)second / HW_ARENA_BYTES == fuller || spare == fuller);
    hw_pool_free(pool, first);
    hw_pool_free(pool, second);
    for (size_t i = 0; i < n; i++)
        hw_pool_free(pool, blocks[i]);
    HW_CHECK(stats_of(pool).n_blocks_used == 0);
    hw_pool_delete(pool);
}

/* A refused arena or refused memory: NULL, and everything goes on afterwards. */
static void pool_survives_refused_memory(void)
{
    for (size_t n_th = 1; n_th <= 4; n_th++) {
        hw_pool *pool = hw_pool_new();
        hw_fail_allocation(n_th);
        void *block = hw_pool_alloc(pool, 40);
        hw_fail_allocation(0);
        if (block == NULL) {
            HW_CHECK(stats_of(pool).n_arenas == 0);
            HW_CHECK(stats_of(pool).n_blocks_used == 0);
            block = hw_pool_alloc(pool, 40);
        }
        HW_CHECK(block != NULL);
        HW_CHECK(stats_of(pool).n_arenas == 1);
        hw_fail_allocation(1);
        HW_CHECK(hw_pool_alloc(pool, 5000) == NULL);
        hw_fail_allocation(0);
        HW_CHECK(stats_of(pool).n_large_used == 0);
        hw_pool_free(pool, block);
        hw_pool_delete(pool);
    }
    hw_fail_allocation(1);
    hw_pool *none = hw_pool_new();
    hw_fail_allocation(0);
    HW_CHECK(none == NULL);
    hw_pool_delete(none);
}

/* ---- layouts.c ---- */

static const char *const abcd[] = {"a", "b", "c", "d"};
static const hw_layout all_layouts[] = {HW_DICT, HW_SLOTS, HW_WEAKREF};

static bool has(const hw_object *object, const char *name, int64_t expected)
{
    int64_t value = ~expected;
    return hw_object_get(object, name, &value) == HW_OK && value == expected;
}

static bool lacks(const hw_object *object, const char *name)
{
    int64_t value = 77;
    return hw_object_get(object, name, &value) == HW_NO_ATTRIBUTE && value == 77;
}

static void objects_hold_attributes(void)
{
    for (size_t k = 0; k < 3; k++) {
        hw_pool *pool = hw_pool_new();
        hw_class *cls = hw_class_new(pool, all_layouts[k], abcd, 4);
        hw_object *one = hw_object_new(cls);
        hw_object *other = hw_object_new(cls);
        HW_CHECK(lacks(one, "a") && lacks(one, "d") && lacks(one, "zz") && lacks(one, ""));
        HW_CHECK(hw_object_n_attributes(one) == 0);
        for (size_t i = 0; i < 4; i++) {
            HW_CHECK(hw_object_set(one, abcd[i], (int64_t)i * 1000) == HW_OK);
            HW_CHECK(hw_object_set(other, abcd[i], -(int64_t)i) == HW_OK);
        }
        HW_CHECK(hw_object_set(one, "b", INT64_MIN) == HW_OK);
        HW_CHECK(has(one, "a", 0) && has(one, "b", INT64_MIN));
        HW_CHECK(has(one, "c", 2000) && has(one, "d", 3000));
        HW_CHECK(has(other, "b", -1) && has(other, "d", -3));
        HW_CHECK(hw_object_n_attributes(one) == 4);
        char copy[] = "c"; /* equal names are the same name, wherever they lie */
        HW_CHECK(has(one, copy, 2000));
        hw_object_decref(one);
        HW_CHECK(has(other, "c", -2));
        hw_object_decref(other);
        hw_class_delete(cls);
        HW_CHECK(stats_of(pool).n_blocks_used == 0);
        HW_CHECK(stats_of(pool).n_large_used == 0);
        hw_pool_delete(pool);
    }
    hw_class_delete(NULL);
    hw_object_decref(NULL);
}

static void attributes_can_be_deleted(void)
{
    for (size_t k = 0; k < 3; k++) {
        hw_pool *pool = hw_pool_new();
        hw_class *cls = hw_class_new(pool, all_layouts[k], abcd, 4);
        hw_object *one = hw_object_new(cls);
        HW_CHECK(hw_object_unset(one, "a") == HW_NO_ATTRIBUTE);
        HW_CHECK(hw_object_unset(one, "nope") == HW_NO_ATTRIBUTE);
        for (size_t i = 0; i < 4; i++)
            HW_CHECK(hw_object_set(one, abcd[i], 5) == HW_OK);
        HW_CHECK(hw_object_unset(one, "b") == HW_OK);
        HW_CHECK(hw_object_unset(one, "b") == HW_NO_ATTRIBUTE);
        HW_CHECK(lacks(one, "b") && has(one, "a", 5) && has(one, "c", 5));
        HW_CHECK(hw_object_n_attributes(one) == 3);
        HW_CHECK(hw_object_set(one, "b", 9) == HW_OK);
        HW_CHECK(has(one, "b", 9));
        HW_CHECK(hw_object_n_attributes(one) == 4);
        hw_object_decref(one);
        hw_class_delete(cls);
        hw_pool_delete(pool);
    }
}

static bool attribute_is(const hw_object *object, size_t index, const char *name, int64_t value)
{
    const char *seen_name = NULL;
    int64_t seen_value = ~value;
    return hw_object_attribute(object, index, &seen_name, &seen_value) == HW_OK &&
           strcmp(seen_name, name) == 0 && seen_value == value;
}

static void dict_keeps_insertion_order(void)
{
    hw_pool *pool = hw_pool_new();
    hw_class *cls = hw_class_new(pool, HW_DICT, abcd, 4);
    hw_object *one = hw_object_new(cls);
    HW_CHECK(hw_object_set(one, "d", 1) == HW_OK);
    HW_CHECK(hw_object_set(one, "a", 2) == HW_OK);
    HW_CHECK(hw_object_set(one, "x", 3) == HW_OK);
    HW_CHECK(hw_object_set(one, "d", 4) == HW_OK); /* keeps its place */
    HW_CHECK(attribute_is(one, 0, "d", 4));
    HW_CHECK(attribute_is(one, 1, "a", 2));
    HW_CHECK(attribute_is(one, 2, "x", 3));
    HW_CHECK(hw_object_unset(one, "d") == HW_OK);
    HW_CHECK(hw_object_set(one, "d", 5) == HW_OK); /* comes last now */
    HW_CHECK(attribute_is(one, 0, "a", 2));
    HW_CHECK(attribute_is(one, 1, "x", 3));
    HW_CHECK(attribute_is(one, 2, "d", 5));
    const char *name = NULL;
    int64_t value = 0;
    HW_CHECK(hw_object_attribute(one, 3, &name, &value) == HW_NO_ATTRIBUTE);
    hw_object_decref(one);
    hw_class_delete(cls);
    hw_pool_delete(pool);
}

static void slots_keep_slot_order(void)
{
    for (size_t k = 1; k < 3; k++) {
        hw_pool *pool = hw_pool_new();
        hw_class *cls = hw_class_new(pool, all_layouts[k], abcd, 4);
        hw_object *one = hw_object_new(cls);
        HW_CHECK(hw_object_set(one, "d", 1) == HW_OK);
        HW_CHECK(hw_object_set(one, "b", 2) == HW_OK);
        HW_CHECK(attribute_is(one, 0, "b", 2));
        HW_CHECK(attribute_is(one, 1, "d", 1));
        const char *name = NULL;
        int64_t value = 0;
        HW_CHECK(hw_object_attribute(one, 2, &name, &value) == HW_NO_ATTRIBUTE);
        HW_CHECK(hw_object_set(one, "x", 3) == HW_NO_ATTRIBUTE);
        HW_CHECK(lacks(one, "x"));
        hw_object_decref(one);
        hw_class_delete(cls);
        hw_pool_delete(pool);
    }
}

static void slots_come_in_any_number(void)
{
    static char texts[48][8];
    const char *names[48];
    for (size_t i = 0; i < 48; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "s%zu", i);
        names[i] = texts[i];
    }
    for (size_t k = 1; k < 3; k++) {
        for (size_t n = 0; n <= 48; n += 12) {
            hw_pool *pool = hw_pool_new();
            hw_class *cls = hw_class_new(pool, all_layouts[k], names, n);
            hw_object *one = hw_object_new(cls);
            HW_CHECK(hw_object_n_attributes(one) == 0);
            for (size_t i = 0; i < n; i++)
                HW_CHECK(hw_object_set(one, names[i], (int64_t)i + 1) == HW_OK);
            for (size_t i = 0; i < n; i++)
                HW_CHECK(has(one, names[i], (int64_t)i + 1));
            HW_CHECK(hw_object_n_attributes(one) == n);
            if (n > 0) {
                HW_CHECK(hw_object_unset(one, names[0]) == HW_OK);
                HW_CHECK(hw_object_n_attributes(one) == n - 1);
            }
            HW_CHECK(n == 48 || hw_object_set(one, names[47], 1) == HW_NO_ATTRIBUTE);
            hw_object_decref(one);
            hw_class_delete(cls);
            hw_pool_delete(pool);
        }
    }
}

static void dict_takes_a_thousand_attributes(void)
{
    hw_pool *pool = hw_pool_new();
    hw_class *cls = hw_class_new(pool, HW_DICT, NULL, 0);
    hw_object *one = hw_object_new(cls);
    hw_object *other = hw_object_new(cls);
    char name[16];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof(name), "n%d", i);
        HW_CHECK(hw_object_set(one, name, i) == HW_OK);
        HW_CHECK(i < 9 || has(one, "n9", 9)); /* also while the table grows */
    }
    HW_CHECK(hw_object_set(other, "n999", 1) == HW_OK);
    HW_CHECK(hw_object_n_attributes(one) == 1000);
    HW_CHECK(hw_object_n_attributes(other) == 1);
    bool right = true;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof(name), "n%d", i);
        right = right && has(one, name, i) && attribute_is(one, (size_t)i, name, i);
    }
    HW_CHECK(right);
    for (int i = 0; i < 1000; i += 2) { /* names come and go: nothing piles up */
        (void)snprintf(name, sizeof(name), "n%d", i);
        HW_CHECK(hw_object_unset(one, name) == HW_OK);
        (void)snprintf(name, sizeof(name), "m%d", i);
        HW_CHECK(hw_object_set(one, name, -i) == HW_OK);
    }
    HW_CHECK(hw_object_n_attributes(one) == 1000);
    HW_CHECK(attribute_is(one, 0, "n1", 1));
    HW_CHECK(attribute_is(one, 999, "m998", -998));
    hw_object_decref(one);
    hw_object_decref(other);
    hw_class_delete(cls);
    HW_CHECK(stats_of(pool).n_blocks_used == 0);
    HW_CHECK(stats_of(pool).n_large_used == 0);
    hw_pool_delete(pool);
}

static void objects_are_counted(void)
{
    for (size_t k = 0; k < 3; k++) {
        hw_pool *pool = hw_pool_new();
        hw_class *cls = hw_class_new(pool, all_layouts[k], abcd, 4);
        size_t n_before = stats_of(pool).n_blocks_used;
        hw_object *one = hw_object_new(cls);
        HW_CHECK(hw_object_refcount(one) == 1);
        hw_object_incref(one);
        HW_CHECK(hw_object_refcount(one) == 2);
        HW_CHECK(hw_object_set(one, "a", 3) == HW_OK);
        hw_object_decref(one);
        HW_CHECK(has(one, "a", 3));
        HW_CHECK(hw_object_refcount(one) == 1);
        hw_object_decref(one);
        HW_CHECK(stats_of(pool).n_blocks_used <= n_before); /* shared keys are the class's */
        hw_class_delete(cls);
        HW_CHECK(stats_of(pool).n_blocks_used == 0);
        hw_pool_delete(pool);
    }
}

static size_t bytes_for(hw_layout layout)
{
    enum { N = 4000 };
    static hw_object *objects[N];
    hw_pool *pool = hw_pool_new();
    hw_class *cls = hw_class_new(pool, layout, abcd, 4);
    for (size_t i = 0; i < N; i++) {
        objects[i] = hw_object_new(cls);
        for (size_t k = 0; k < 4; k++)
            HW_CHECK(hw_object_set(objects[i], abcd[k], 1) == HW_OK);
    }
    size_t n_bytes = stats_of(pool).n_pools_used * HW_POOL_BYTES / N;
    for (size_t i = 0; i < N; i++)
        hw_object_decref(objects[i]);
    hw_class_delete(cls);
    hw_pool_delete(pool);
    return n_bytes;
}

static void layouts_differ_in_size(void)
{
    size_t dict = bytes_for(HW_DICT);
    size_t slots = bytes_for(HW_SLOTS);
    size_t weakref = bytes_for(HW_WEAKREF);
    HW_CHECK(slots < dict);
    HW_CHECK(slots <= weakref);
    HW_CHECK(weakref <= slots + 24);
    HW_CHECK(slots <= 90);
}

/* ---- weak references ---- */

enum { N_LOG = 8 };
static const void *call_log[N_LOG];
static size_t n_called;
static bool was_dead;

static void log_call(hw_weakref *weakref, void *argument)
{
    was_dead = was_dead && hw_weakref_get(weakref) == NULL;
    if (n_called < N_LOG)
        call_log[n_called] = argument;
    n_called++;
}

static void release_other(hw_weakref *weakref, void *argument)
{
    hw_weakref **other = argument;
    (void)weakref;
    n_called++;
    hw_weakref_decref(*other);
    *other = NULL;
}

static void slots_take_no_weakrefs(void)
{
    hw_pool *pool = hw_pool_new();
    hw_class *cls = hw_class_new(pool, HW_SLOTS, abcd, 4);
    hw_object *one = hw_object_new(cls);
    hw_weakref *weakref = NULL;
    HW_CHECK(hw_weakref_new(one, NULL, NULL, &weakref) == HW_NOT_SUPPORTED);
    HW_CHECK(weakref == NULL);
    HW_CHECK(hw_weakref_count(one) == 0);
    hw_object_decref(one);
    hw_class_delete(cls);
    hw_pool_delete(pool);
    hw_weakref_decref(NULL);
}

static void weakref_dies_with_its_referent(void)
{
    for (size_t k = 0; k < 3; k += 2) {
        hw_pool *pool = hw_pool_new();
        hw_class *cls = hw_class_new(pool, all_layouts[k], abcd, 4);
        hw_object *one = hw_object_new(cls);
        hw_weakref *weakref = NULL;
        HW_CHECK(hw_weakref_new(one, NULL, NULL, &weakref) == HW_OK);
        HW_CHECK(hw_weakref_count(one) == 1);
        HW_CHECK(hw_object_refcount(one) == 1);
        HW_CHECK(hw_weakref_get(weakref) == one);
        HW_CHECK(hw_object_refcount(one) == 2); /* the answer is a strong reference */
        hw_object_decref(one);
        hw_object_decref(one);
        HW_CHECK(hw_weakref_get(weakref) == NULL);
        hw_weakref_decref(weakref);
        hw_class_delete(cls);
        HW_CHECK(stats_of(pool).n_blocks_used == 0);
        hw_pool_delete(pool);
    }
}

static void plain_weakref_is_shared(void)
{
    for (size_t k = 0; k < 3; k += 2) {
        hw_pool *pool = hw_pool_new();
        hw_class *cls = hw_class_new(pool, all_layouts[k], abcd, 4);
        hw_object *one = hw_object_new(cls);
        hw_weakref *with_callback = NULL;
        hw_weakref *first = NULL;
        hw_weakref *second = NULL;
        hw_weakref *later = NULL;
        HW_CHECK(hw_weakref_new(one, log_call, NULL, &with_callback) == HW_OK);
        HW_CHECK(hw_weakref_new(one, NULL, NULL, &first) == HW_OK);
        HW_CHECK(hw_weakref_new(one, log_call, NULL, &later) == HW_OK);
        HW_CHECK(hw_weakref_new(one, NULL, NULL, &second) == HW_OK);
        HW_CHECK(first == second && first != with_callback && later != with_callback);
        HW_CHECK(hw_weakref_count(one) == 3);
        hw_weakref_decref(first);
        HW_CHECK(hw_weakref_count(one) == 3);
        HW_CHECK(hw_weakref_get(second) == one);
        hw_object_decref(one);
        hw_weakref_decref(second);
        HW_CHECK(hw_weakref_count(one) == 2);
        hw_weakref_decref(with_callback);
        hw_weakref_decref(later);
        HW_CHECK(hw_weakref_count(one) == 0);
        n_called = 0;
        hw_object_decref(one);
        HW_CHECK(n_called == 0); /* released weakrefs call nobody */
        hw_class_delete(cls);
        HW_CHECK(stats_of(pool).n_blocks_used == 0);
        hw_pool_delete(pool);
    }
}

static void callbacks_run_latest_first(void)
{
    for (size_t k = 0; k < 3; k += 2) {
        hw_pool *pool = hw_pool_new();
        hw_class *cls = hw_class_new(pool, all_layouts[k], abcd, 4);
        hw_object *one = hw_object_new(cls);
        static const char marks[4];
        hw_weakref *weakrefs[4];
        hw_weakref *plain = NULL;
        for (size_t i = 0; i < 4; i++) {
            HW_CHECK(hw_weakref_new(one, log_call, (void *)(uintptr_t)&marks[i], &weakrefs[i]) ==
                     HW_OK);
            if (i == 1)
                HW_CHECK(hw_weakref_new(one, NULL, NULL, &plain) == HW_OK);
        }
        hw_weakref_decref(weakrefs[2]);
        n_called = 0;
        was_dead = true;
        hw_object_incref(one);
        hw_object_decref(one);
        HW_CHECK(n_called == 0);
        hw_object_decref(one);
        HW_CHECK(n_called == 3);
        HW_CHECK(was_dead);
        HW_CHECK(call_log[0] == &marks[3] && call_log[1] == &marks[1] && call_log[2] == &marks[0]);
        HW_CHECK(hw_weakref_get(plain) == NULL);
        hw_weakref_decref(plain);
        hw_weakref_decref(weakrefs[0]);
        hw_weakref_decref(weakrefs[1]);
        hw_weakref_decref(weakrefs[3]);
        HW_CHECK(n_called == 3);
        hw_class_delete(cls);
        HW_CHECK(stats_of(pool).n_blocks_used == 0);
        hw_pool_delete(pool);
    }
}

static void callback_may_release_weakrefs(void)
{
    hw_pool *pool = hw_pool_new();
    hw_class *cls = hw_class_new(pool, HW_WEAKREF, abcd, 4);
    hw_object *one = hw_object_new(cls);
    hw_weakref *early = NULL;
    hw_weakref *late = NULL;
    HW_CHECK(hw_weakref_new(one, release_other, &early, &early) == HW_OK);
    HW_CHECK(hw_weakref_new(one, release_other, &early, &late) == HW_OK);
    n_called = 0;
    hw_object_decref(one); /* late's callback releases early, whose callback must not run */
    HW_CHECK(n_called == 1);
    HW_CHECK(early == NULL);
    hw_weakref_decref(late);
    hw_class_delete(cls);
    HW_CHECK(stats_of(pool).n_blocks_used == 0);
    hw_pool_delete(pool);
}

/* Every allocation of a scenario fails once: an error is reported, and nothing is lost. */
static void layouts_survive_refused_memory(void)
{
    for (size_t k = 0; k < 3; k++) {
        hw_status status = HW_NO_MEMORY;
        for (size_t n_th = 1; n_th < 40 && status == HW_NO_MEMORY; n_th++) {
            hw_pool *pool = hw_pool_new();
            hw_fail_allocation(n_th);
            hw_class *cls = hw_class_new(pool, all_layouts[k], abcd, 4);
            hw_object *one = cls == NULL ? NULL : hw_object_new(cls);
            char name[16];
            status = one == NULL ? HW_NO_MEMORY : HW_OK;
            for (int i = 0; status == HW_OK && i < (k == 0 ? 100 : 4); i++) {
                (void)snprintf(name, sizeof(name), "%c%d", 'a' + i % 4, i);
                const char *which = k == 0 ? name : abcd[i];
                status = hw_object_set(one, which, i);
                HW_CHECK(status == HW_OK ? has(one, which, i) : lacks(one, which));
            }
            hw_fail_allocation(0);
            hw_object_decref(one);
            hw_class_delete(cls);
            HW_CHECK(stats_of(pool).n_blocks_used == 0);
            HW_CHECK(stats_of(pool).n_large_used == 0);
            hw_pool_delete(pool);
        }
        HW_CHECK(status == HW_OK);
    }
}

const hw_test hw_tests[] = {
    {"pool_starts_empty", pool_starts_empty},
    {"pool_aligns_every_size", pool_aligns_every_size},
    {"pool_blocks_never_overlap", pool_blocks_never_overlap},
    {"pool_has_one_size_class_a_pool", pool_has_one_size_class_a_pool},
    {"pool_sends_large_blocks_to_malloc", pool_sends_large_blocks_to_malloc},
    {"pool_returns_empty_arenas", pool_returns_empty_arenas},
    {"pool_reuses_before_it_grows", pool_reuses_before_it_grows},
    {"pool_uses_fullest_arena_first", pool_uses_fullest_arena_first},
    {"pool_survives_refused_memory", pool_survives_refused_memory},
    {"objects_hold_attributes", objects_hold_attributes},
    {"attributes_can_be_deleted", attributes_can_be_deleted},
    {"dict_keeps_insertion_order", dict_keeps_insertion_order},
    {"slots_keep_slot_order", slots_keep_slot_order},
    {"slots_come_in_any_number", slots_come_in_any_number},
    {"dict_takes_a_thousand_attributes", dict_takes_a_thousand_attributes},
    {"objects_are_counted", objects_are_counted},
    {"layouts_differ_in_size", layouts_differ_in_size},
    {"slots_take_no_weakrefs", slots_take_no_weakrefs},
    {"weakref_dies_with_its_referent", weakref_dies_with_its_referent},
    {"plain_weakref_is_shared", plain_weakref_is_shared},
    {"callbacks_run_latest_first", callbacks_run_latest_first},
    {"callback_may_release_weakrefs", callback_may_release_weakrefs},
    {"layouts_survive_refused_memory", layouts_survive_refused_memory},
    {NULL, NULL},
};
