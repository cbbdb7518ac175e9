/* operations_collector.c -- the operations that ask the collector. */
#include "objects/tests/differential/operations.h"

#include "objects/dict_object.h"
#include "objects/scalar.h"
#include "objects/tuple.h"

static void say_count(world *w, size_t n)
{
    if (w->counts)
        world_say(w, " %zu", n);
    else
        world_say(w, " uncounted");
}

static void say_bool(world *w, bool b)
{
    if (w->counts)
        world_say(w, b ? " yes" : " no");
    else
        world_say(w, " uncounted");
}

/* The runtime's own invariants, which the transcript tells only when they do not hold. */
static void check(world *w)
{
    (void)collector_is_valid(w->rt, &w->why);
    for (int i = 0; i < WORLD_SLOTS && w->why == NULL; i++) {
        if (!value_is_object(w->slots[i]))
            continue;
        const object *o = value_to_object(w->slots[i]);
        if (!object_is_valid(o) || (object_is(o, KIND_DICT) && !dict_object_is_valid(o)))
            w->why = "an object in a slot is not valid";
    }
    if (w->why != NULL)
        world_say(w, " invalid: %s", w->why);
}

void operation_collect(world *w, const operation_arguments *a)
{
    say_count(w, collector_collect(w->rt, (int)a->at[0]));
    check(w);
}

void operation_save_all(world *w, const operation_arguments *a)
{
    collector_save_all(w->rt, a->at[0] != 0);
}

void operation_garbage(world *w, const operation_arguments *a)
{
    (void)a;
    say_count(w, collector_n_garbage(w->rt));
}

void operation_drop_garbage(world *w, const operation_arguments *a)
{
    (void)a;
    collector_drop_garbage(w->rt);
}

void operation_freeze(world *w, const operation_arguments *a)
{
    (void)a;
    collector_freeze(w->rt);
    check(w);
}

void operation_unfreeze(world *w, const operation_arguments *a)
{
    (void)a;
    collector_unfreeze(w->rt);
    check(w);
}

void operation_tracked(world *w, const operation_arguments *a)
{
    const object *o = operation_object(w, a->at[0]);
    if (o != NULL)
        say_bool(w, collector_is_tracked(o));
}

void operation_finalized(world *w, const operation_arguments *a)
{
    const object *o = operation_object(w, a->at[0]);
    if (o != NULL)
        world_say(w, collector_is_finalized(o) ? " yes" : " no");
}

/* Numbers and texts do not count: where CPython visits them is its own affair. */
static void count_referent(object *o, void *argument)
{
    if (!object_is(o, KIND_FLOAT) && !object_is(o, KIND_STR))
        ++*(size_t *)argument;
}

void operation_referents(world *w, const operation_arguments *a)
{
    const object *o = operation_object(w, a->at[0]);
    if (o == NULL)
        return;
    size_t n = 0;
    collector_get_referents(o, count_referent, &n);
    say_count(w, n);
}

static void count_one(object *o, void *argument)
{
    (void)o;
    ++*(size_t *)argument;
}

void operation_referrers(world *w, const operation_arguments *a)
{
    const object *o = operation_object(w, a->at[0]);
    if (o == NULL)
        return;
    bool is_empty = object_is(o, KIND_TUPLE) && tuple_of(o)->n == 0; /* there is one in CPython */
    if (is_empty || object_is(o, KIND_FLOAT) || object_is(o, KIND_STR)) {
        world_say(w, " not asked");
        return;
    }
    size_t n = 0;
    collector_get_referrers(w->rt, o, count_one, &n);
    say_count(w, n);
}

typedef struct tally {
    const world *w;
    size_t n[N_CLASSES];
} tally;

static void tally_one(object *o, void *argument)
{
    tally *t = argument;
    for (int i = 0; i < N_CLASSES; i++)
        t->n[i] += o->type == t->w->types[i];
}

/* How many instances of each class are in a generation. */
void operation_objects(world *w, const operation_arguments *a)
{
    tally t = {.w = w};
    collector_get_objects(w->rt, (int)a->at[0], tally_one, &t);
    for (int i = 0; i < N_CLASSES; i++) {
        if (t.n[i] != 0)
            world_say(w, " %s %zu", world_class_names[i], t.n[i]);
    }
}

void operation_stats(world *w, const operation_arguments *a)
{
    collector_stats stats = collector_get_stats(w->rt, (int)a->at[0]);
    world_say(w, " %zu", stats.n_collections);
    say_count(w, stats.n_collected + stats.n_uncollectable); /* kept garbage: ours are the latter */
}
