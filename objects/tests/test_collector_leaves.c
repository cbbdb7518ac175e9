/*
 * test_collector_leaves.c -- collections that pass over full pools of old objects without
 * references: nothing is missed, whatever happens to such objects afterwards.
 */
#include "objects/tests/check.h"

#include "objects/announce.h"
#include "objects/collector.h"
#include "objects/weakref.h"

enum { N_NODES = 1000, N_REFERENCES = 2, NONE = -1 };

/* ---- a model of the heap: who holds whom ---- */

typedef struct node {
    object *is;
    bool is_alive, is_held; /* held: by the test */
    int to[N_REFERENCES];   /* indices of nodes, or NONE */
    int n_holders;          /* nodes and the test */
} node;

typedef struct model {
    runtime *rt;
    type *t;
    const name *names[N_REFERENCES];
    node nodes[N_NODES];
    uint64_t random;
} model;

static unsigned draw(model *m, unsigned n)
{
    m->random = m->random * 6364136223846793005U + 1442695040888963407U; /* Knuth, MMIX */
    return (unsigned)(m->random >> 33) % n;
}

static void model_release(model *m, int i)
{
    node *n = &m->nodes[i];
    if (--n->n_holders > 0)
        return;
    n->is_alive = false;
    for (int r = 0; r < N_REFERENCES; r++) {
        int to = n->to[r];
        n->to[r] = NONE;
        if (to != NONE)
            model_release(m, to);
    }
}

static void model_reach(const model *m, int i, bool *reached)
{
    if (reached[i])
        return;
    reached[i] = true;
    for (int r = 0; r < N_REFERENCES; r++) {
        if (m->nodes[i].to[r] != NONE)
            model_reach(m, m->nodes[i].to[r], reached);
    }
}

/* Removes what cannot be reached from the test, and returns how many nodes that are. */
static size_t model_collect(model *m)
{
    bool reached[N_NODES] = {false};
    size_t n_unreachable = 0;
    for (int i = 0; i < N_NODES; i++) {
        if (m->nodes[i].is_held)
            model_reach(m, i, reached);
    }
    for (int i = 0; i < N_NODES; i++) {
        node *n = &m->nodes[i];
        if (!n->is_alive || reached[i])
            continue;
        n_unreachable++;
        n->is_alive = false;
        for (int r = 0; r < N_REFERENCES; r++) {
            if (n->to[r] != NONE)
                m->nodes[n->to[r]].n_holders--;
            n->to[r] = NONE;
        }
    }
    return n_unreachable;
}

static size_t model_count(const model *m)
{
    size_t n = 0;
    for (int i = 0; i < N_NODES; i++)
        n += m->nodes[i].is_alive;
    return n;
}

/* ---- operations on both ---- */

static void make(model *m, int i)
{
    node *n = &m->nodes[i];
    n->is = object_new(m->t);
    assert_non_null(n->is);
    n->is_alive = n->is_held = true;
    n->n_holders = 1;
    for (int r = 0; r < N_REFERENCES; r++) {
        n->to[r] = NONE;
        assert_int_equal(object_set_attr(n->is, m->names[r], value_of_int(i)), STATUS_OK);
    }
}

static void drop(model *m, int i)
{
    if (!m->nodes[i].is_held)
        return;
    m->nodes[i].is_held = false;
    object_decref(m->nodes[i].is);
    model_release(m, i);
}

static void hold(model *m, int i)
{
    if (m->nodes[i].is_held)
        return;
    m->nodes[i].is_held = true;
    m->nodes[i].n_holders++;
    object_incref(m->nodes[i].is);
}

static void set_reference(model *m, int from, int r, int to)
{
    node *n = &m->nodes[from];
    if (!n->is_alive || (to != NONE && !m->nodes[to].is_alive))
        return;
    int before = n->to[r];
    value v = to == NONE ? value_of_int(0) : value_of_object(m->nodes[to].is);
    assert_int_equal(object_set_attr(n->is, m->names[r], v), STATUS_OK);
    n->to[r] = to;
    if (to != NONE)
        m->nodes[to].n_holders++;
    if (before != NONE)
        model_release(m, before);
}

/* All that the test let go of and that live by others' references. */
static void hold_all(model *m)
{
    for (int i = 0; i < N_NODES; i++) {
        if (m->nodes[i].is_alive)
            hold(m, i);
    }
}

static void change(model *m)
{
    int i = (int)draw(m, N_NODES);
    int to = (int)draw(m, N_NODES);
    unsigned what = draw(m, 10);
    if (!m->nodes[i].is_alive) {
        make(m, i);
    } else if (what < 5) {
        set_reference(m, i, (int)draw(m, N_REFERENCES), to);
        if (what == 0)
            drop(m, to); /* a leaf, most likely, that only the other holds now */
    } else if (what < 7) {
        set_reference(m, i, (int)draw(m, N_REFERENCES), NONE);
    } else if (what < 9) {
        drop(m, i);
    } else {
        hold_all(m);
    }
}

/* Objects come and go while nearly all pools are full: some blocks freed become spares. */
static void churn(model *m)
{
    for (int k = 0; k < 40; k++) {
        int i = (int)draw(m, N_NODES);
        if (m->nodes[i].is_held && m->nodes[i].n_holders == 1)
            drop(m, i);
        if (!m->nodes[i].is_alive)
            make(m, i);
    }
}

static void check_collection(model *m, int generation)
{
    size_t n_before = model_count(m);
    size_t n_found = collector_collect(m->rt, generation);
    const collector *c = &m->rt->collector;
    const collector_trace *trace = &c->traces[c->n_traces % COLLECTOR_MAX_TRACES];
    if (generation == COLLECTOR_OLDEST) {
        assert_int_equal(trace->n_objects, n_before);
        assert_int_equal(n_found, model_collect(m));
        assert_int_equal(trace->n_marked, model_count(m));
    } else {
        assert_int_equal(n_found, 0); /* those below made no cycle since the last full one */
    }
    heap_stats stats;
    heap_get_stats(m->rt->objects, &stats);
    assert_int_equal(stats.n_blocks_live, model_count(m));
    const char *why = NULL;
    if (!collector_is_valid(m->rt, &why) || !heap_is_valid(m->rt->objects, &why))
        fail_msg("%s", why);
}

static void check_freezing(model *m)
{
    collector_freeze(m->rt);
    assert_int_equal(collector_freeze_count(m->rt), model_count(m));
    assert_int_equal(collector_collect(m->rt, COLLECTOR_OLDEST), 0);
    const collector *c = &m->rt->collector;
    assert_int_equal(c->traces[c->n_traces % COLLECTOR_MAX_TRACES].n_objects, 0);
    collector_unfreeze(m->rt);
}

static size_t count_noted(const model *m)
{
    size_t n = 0;
    for (int i = 0; i < N_NODES; i++)
        n += m->nodes[i].is_alive && heap_is_noted(m->nodes[i].is);
    return n;
}

static void set_up(model *m, type_layout layout, uint64_t seed)
{
    static const char *const keys[N_REFERENCES] = {"x", "y"};
    *m = (model){.rt = runtime_new(NULL), .random = seed};
    assert_non_null(m->rt);
    type_spec spec = {.name = "T", .layout = layout, .keys = keys, .n_keys = N_REFERENCES};
    if (layout == LAYOUT_DICT)
        spec = (type_spec){.name = "T", .layout = layout};
    assert_int_equal(type_new(m->rt, &spec, &m->t), STATUS_OK);
    for (int r = 0; r < N_REFERENCES; r++)
        m->names[r] = name_intern(&m->rt->names, keys[r]);
    collector_disable(m->rt);
    for (int i = 0; i < N_NODES; i++)
        make(m, i);
}

static void tear_down(model *m)
{
    for (int i = 0; i < N_NODES; i++)
        drop(m, i);
    check_collection(m, COLLECTOR_OLDEST);
    assert_int_equal(model_count(m), 0);
    runtime_delete(m->rt);
}

/* Nearly all are leaves, and old. A few change between collections. */
static void test_changes_among_leaves(void **state)
{
    (void)state;
    static const type_layout layouts[] = {LAYOUT_DICT, LAYOUT_SLOTS, LAYOUT_WEAKREF};
    static model m;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        size_t n_noted = 0;
        set_up(&m, layouts[seed % 3], seed);
        if (seed % 2 == 0)
            collector_enable(m.rt);
        check_collection(&m, COLLECTOR_OLDEST);
        for (int round = 0; round < 60; round++) {
            for (unsigned n = draw(&m, 6); n > 0; n--)
                change(&m);
            if (round % 7 == 6)
                churn(&m);
            if (round % 10 == 9)
                check_freezing(&m);
            check_collection(&m, COLLECTOR_OLDEST);
            n_noted += count_noted(&m);
        }
        assert_true(announce_is_watched() ? n_noted == 0 : n_noted > 0);
        tear_down(&m);
    }
}

/* One by one, on leaves in noted pools: references that make a cycle; its end; a free. */
static void test_each_change_of_a_leaf(void **state)
{
    (void)state;
    static model m;
    set_up(&m, LAYOUT_SLOTS, 1);
    check_collection(&m, COLLECTOR_OLDEST); /* now they are old */
    check_collection(&m, COLLECTOR_OLDEST);
    assert_int_equal(heap_is_noted(m.nodes[1].is), !announce_is_watched());
    set_reference(&m, 1, 0, 2);
    set_reference(&m, 2, 1, 1);
    assert_false(heap_is_noted(m.nodes[1].is));
    drop(&m, 1);
    drop(&m, 2);
    check_collection(&m, COLLECTOR_OLDEST);
    assert_false(m.nodes[1].is_alive);
    make(&m, 1);
    make(&m, 2);
    check_collection(&m, COLLECTOR_OLDEST);
    const object *far = m.nodes[N_NODES / 2].is; /* in another pool */
    assert_int_equal(heap_is_noted(far), !announce_is_watched());
    drop(&m, N_NODES / 2);
    assert_false(heap_is_noted(far));
    tear_down(&m);
}

/* Lists of young objects become pools of old leaves as they are promoted. */
static void test_promoted_pools_are_noted(void **state)
{
    (void)state;
    static model m;
    set_up(&m, LAYOUT_SLOTS, 1);
    collector_enable(m.rt);
    for (int i = 0; i < N_NODES; i++)
        drop(&m, i);
    for (int i = 0; i < N_NODES; i++)
        make(&m, i);
    assert_int_equal(count_noted(&m), 0);
    check_collection(&m, 1);
    size_t n_noted = count_noted(&m);
    assert_true(announce_is_watched() ? n_noted == 0 : n_noted > N_NODES / 2);
    check_collection(&m, COLLECTOR_OLDEST);
    tear_down(&m);
}

static void add_one(object *o, void *argument)
{
    (void)o;
    ++*(size_t *)argument;
}

typedef struct death {
    runtime *rt;
    size_t n_objects, n_in_trace;
} death;

static void collect_meanwhile(weakref *w, void *argument)
{
    (void)w;
    death *d = argument;
    collector_get_objects(d->rt, -1, add_one, &d->n_objects);
    (void)collector_collect(d->rt, COLLECTOR_OLDEST);
    const collector *c = &d->rt->collector;
    d->n_in_trace = c->traces[c->n_traces % COLLECTOR_MAX_TRACES].n_objects;
}

/* A leaf that dies is none of the set while its callbacks run. */
static void test_collection_while_a_leaf_dies(void **state)
{
    (void)state;
    static model m;
    set_up(&m, LAYOUT_WEAKREF, 1);
    death d = {.rt = m.rt};
    weakref *w = NULL;
    assert_int_equal(weakref_new(m.nodes[5].is, collect_meanwhile, &d, &w), STATUS_OK);
    for (int i = 0; i < 2; i++)
        (void)collector_collect(m.rt, COLLECTOR_OLDEST);
    assert_int_equal(heap_is_noted(m.nodes[5].is), !announce_is_watched());
    drop(&m, 5);
    assert_int_equal(d.n_objects, N_NODES); /* a node less, and the weak reference */
    assert_int_equal(d.n_in_trace, d.n_objects);
    object_decref(&w->head);
    tear_down(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes_among_leaves),
        cmocka_unit_test(test_each_change_of_a_leaf),
        cmocka_unit_test(test_promoted_pools_are_noted),
        cmocka_unit_test(test_collection_while_a_leaf_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
