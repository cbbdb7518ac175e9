#include "objects/tests/object_tape.h"

#include "objects/object.h"
#include "objects/weakref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_TYPES = 3, N_OBJECTS = 24, N_NAMES = 24, N_SLOTS = 6, N_WEAKREFS = 32 };

/* One object of the model. Values: small integers, or references to other objects by number. */
typedef struct model {
    object *real; /* NULL: not alive for the tape */
    int type;
    int n_set;
    int order[N_NAMES]; /* names, in the order in which they were set */
    value values[N_NAMES];
} model;

typedef struct model_weakref {
    weakref *real; /* NULL: free */
    int referent;  /* number of the object, or -1 once it is dead */
    bool has_callback;
    int n_called;
} model_weakref;

typedef struct world {
    runtime *rt;
    type *types[N_TYPES];
    const name *names[N_NAMES];
    object_site sites[N_NAMES];
    model objects[N_OBJECTS];
    model_weakref weakrefs[N_WEAKREFS];
    const char *why;
} world;

static void violated(world *w, const char *what)
{
    if (w->why == NULL)
        w->why = what;
}

static void expect(world *w, bool condition, const char *what)
{
    if (!condition)
        violated(w, what);
}

/* ---- the model's side ---- */

static bool takes(const model *m, int n)
{
    return m->type == LAYOUT_DICT || n < N_SLOTS;
}

static int position_of(const model *m, int n)
{
    for (int i = 0; i < m->n_set; i++) {
        if (m->order[i] == n)
            return i;
    }
    return -1;
}

/* The i-th attribute in the order that is to be seen. */
static int seen_order(const model *m, int i)
{
    if (m->type == LAYOUT_DICT)
        return m->order[i];
    int n = 0;
    while (position_of(m, n) < 0 || i-- > 0)
        n++;
    return n;
}

/* ---- checks ---- */

static void check_object(world *w, const model *m)
{
    expect(w, object_is_valid(m->real), "an object's own invariants do not hold");
    expect(w, object_n_attributes(m->real) == (size_t)m->n_set, "number of attributes");
    for (int i = 0; i < m->n_set && w->why == NULL; i++) {
        const name *n = NULL;
        value v = VALUE_NONE;
        object_attribute(m->real, (size_t)i, &n, &v);
        int expected = seen_order(m, i);
        expect(w, n == w->names[expected], "order of attributes");
        expect(w, v == m->values[expected], "value of a listed attribute");
    }
    for (int n = 0; n < N_NAMES && w->why == NULL; n++) {
        value v = 99;
        bool is_set = position_of(m, n) >= 0;
        status s = object_get_attr(m->real, w->names[n], &v);
        expect(w, s == (is_set ? STATUS_OK : STATUS_ATTRIBUTE_ERROR), "status of get");
        expect(w, v == (is_set ? m->values[n] : 99), "value of get");
        value at_site = 99;
        status t = object_get_at(&w->sites[n], m->real, &at_site);
        expect(w, t == s && at_site == v, "get at a site differs from get");
    }
}

static void check_weakrefs(world *w, const model *m, int number)
{
    size_t n = 0;
    bool shared = false;
    for (int i = 0; i < N_WEAKREFS; i++) {
        const model_weakref *r = &w->weakrefs[i];
        if (r->real == NULL || r->referent != number)
            continue;
        if (r->has_callback)
            n++;
        else
            shared = true;
    }
    expect(w, weakref_count(m->real) == n + shared, "count of weak references");
}

/* ---- operations ---- */

static void do_set(world *w, model *m, int n, value v, bool at_site)
{
    status s = at_site ? object_set_at(&w->sites[n], m->real, v)
                       : object_set_attr(m->real, w->names[n], v);
    if (!takes(m, n)) {
        expect(w, s == STATUS_ATTRIBUTE_ERROR, "a slot that does not exist was set");
        expect(w, runtime_error(w->rt)[0] != '\0', "an error without a message");
        return;
    }
    if (s == STATUS_MEMORY_ERROR)
        return; /* nothing has changed: the next check sees to that */
    expect(w, s == STATUS_OK, "an attribute could not be set");
    if (position_of(m, n) < 0)
        m->order[m->n_set++] = n;
    m->values[n] = v;
}

static void do_unset(world *w, model *m, int n)
{
    int at = position_of(m, n);
    status s = object_unset_attr(m->real, w->names[n]);
    expect(w, s == (at >= 0 ? STATUS_OK : STATUS_ATTRIBUTE_ERROR), "status of unset");
    if (at < 0)
        return;
    m->n_set--;
    memmove(&m->order[at], &m->order[at + 1], (size_t)(m->n_set - at) * sizeof(int));
}

static void on_death(weakref *r, void *argument)
{
    model_weakref *m = argument;
    if (weakref_get(r) == NULL)
        m->n_called++;
}

static void do_weakref(world *w, int number, int slot, bool has_callback)
{
    model_weakref *m = &w->weakrefs[slot];
    if (m->real != NULL) {
        weakref_decref(m->real);
        *m = (model_weakref){0};
        return;
    }
    model *referent = &w->objects[number];
    status s = weakref_new(referent->real, has_callback ? on_death : NULL, m, &m->real);
    if (referent->type == LAYOUT_SLOTS) {
        expect(w, s == STATUS_TYPE_ERROR, "plain slots were weakly referenced");
        return;
    }
    if (s == STATUS_OK) {
        m->referent = number;
        m->has_callback = has_callback;
        m->n_called = 0;
        object *strong = weakref_get(m->real);
        expect(w, strong == referent->real, "a weak reference gives another object");
        object_decref(strong);
    }
}

static void do_destroy(world *w, int number)
{
    model *m = &w->objects[number];
    expect(w, m->real->refcount == 1, "somebody else holds the object");
    object_decref(m->real);
    *m = (model){0};
    for (int i = 0; i < N_WEAKREFS; i++) {
        model_weakref *r = &w->weakrefs[i];
        if (r->real == NULL || r->referent != number)
            continue;
        expect(w, weakref_get(r->real) == NULL, "a weak reference outlived its referent");
        expect(w, r->n_called == r->has_callback, "a callback did not run exactly once");
        r->referent = -1;
    }
}

static void do_create(world *w, int number, int kind)
{
    model *m = &w->objects[number];
    m->real = object_new(w->types[kind]);
    m->type = kind;
    if (m->real != NULL)
        expect(w, m->real->refcount == 1 && object_n_attributes(m->real) == 0, "a new object");
}

static void do_operation(world *w, tape *t)
{
    unsigned operation = tape_byte(t);
    int number = (int)(tape_byte(t) % N_OBJECTS);
    unsigned operand = tape_byte(t);
    model *m = &w->objects[number];
    int n = (int)(operand % N_NAMES);
    if (m->real == NULL)
        do_create(w, number, (int)(operand % N_TYPES));
    else if (operation % 16 < 8)
        do_set(w, m, n, value_of_int((int64_t)tape_byte(t) - 128), operation % 2 == 0);
    else if (operation % 16 < 11)
        do_unset(w, m, n);
    else if (operation % 16 < 14)
        do_weakref(w, number, (int)(operand % N_WEAKREFS), operation % 2 == 0);
    else if (operation % 16 == 14)
        do_destroy(w, number);
    else
        check_object(w, m);
    if (m->real != NULL)
        check_weakrefs(w, m, number);
}

/* ---- a world, and its end ---- */

static bool make_world(world *w, const heap_options *options)
{
    static const char *const slots[N_SLOTS] = {"n0", "n1", "n2", "n3", "n4", "n5"};
    w->rt = runtime_new(options);
    if (w->rt == NULL)
        return false;
    for (int i = 0; i < N_TYPES; i++) {
        size_t n = i == LAYOUT_DICT ? 0 : N_SLOTS;
        if (type_new(w->rt, &(type_spec){"T", (type_layout)i, slots, n, NULL}, &w->types[i]) !=
            STATUS_OK)
            return false;
    }
    for (int i = 0; i < N_NAMES; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "n%d", i); /* fits */
        w->names[i] = name_intern(&w->rt->names, text);
        w->sites[i] = (object_site){.name = w->names[i]};
        if (w->names[i] == NULL)
            return false;
    }
    return true;
}

static void end_world(world *w)
{
    for (int i = 0; i < N_OBJECTS; i++) {
        if (w->objects[i].real != NULL && w->why == NULL)
            check_object(w, &w->objects[i]);
        if (w->objects[i].real != NULL)
            do_destroy(w, i);
    }
    for (int i = 0; i < N_WEAKREFS; i++)
        weakref_decref(w->weakrefs[i].real);
    heap_stats objects;
    heap_stats tables;
    heap_get_stats(w->rt->objects, &objects);
    heap_get_stats(w->rt->tables, &tables);
    expect(w, objects.n_blocks_live == 0, "objects leaked");
    expect(w, tables.n_blocks_live == 0 && tables.n_large == 0, "tables leaked");
    const char *why = NULL;
    expect(w, heap_is_valid(w->rt->objects, &why), "the heap of objects is damaged");
    expect(w, heap_is_valid(w->rt->tables, &why), "the heap of tables is damaged");
}

const char *object_tape_run(const uint8_t *bytes, size_t n_bytes, const heap_options *options)
{
    world *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return "no memory for the test itself";
    if (!make_world(w, options)) {
        runtime_delete(w->rt);
        free(w);
        return "no memory for the test itself";
    }
    tape t = {bytes, n_bytes, 0};
    while (w->why == NULL && tape_has_more(&t))
        do_operation(w, &t);
    end_world(w);
    const char *why = w->why;
    runtime_delete(w->rt);
    free(w);
    return why;
}
