/* collector_find.c -- subtract, mark, gather what is garbage; promote what is not. collector.h says
 * how. */
#include "objects/collector_visit.h"
#include "objects/dict_object.h"
#include "objects/tuple.h"
#include "objects/weakref.h"

/* ---- subtract ---- */

VISITOR subtract_now(pass *p, object *child)
{
    if (in_set(p->generation, child))
        p->n_zero += --child->refcount == 0;
}

VISITOR subtract_child(pass *p, object *child)
{
    visit_later(p, child, subtract_now);
}

VISITOR subtract(pass *p, object *o)
{
    unsigned flags = o->flags;
    p->n_seen++;
    if ((flags & (OBJECT_VISITED | OBJECT_LAZY)) != 0) {
        p->has_lazy |= (flags & OBJECT_LAZY) != 0;
        object_drop_flags(o, OBJECT_VISITED);
    }
    /* Of a full collection all are in the oldest generation from now on, and still in the set. */
    if (p->generation == COLLECTOR_OLDEST && (flags & OBJECT_RANK) != COLLECTOR_OLDEST) {
        object_set_rank(o, COLLECTOR_OLDEST);
        o->listed = OBJECT_UNLISTED;
    }
    if ((flags & OBJECT_HOLDS) == 0)
        p->n_leaves += is_old_leaf(o->flags);
    else
        for_children(p, o, subtract_child);
}

/* Returns how many objects are held from inside of the set only. */
static size_t subtract_all(collection *k)
{
    pass p = {.generation = k->generation};
    for_set_but_leaves(k, &p, subtract);
    visit_rest(&p, subtract_now);
    k->trace.n_objects = p.n_seen + p.n_skipped;
    k->has_lazy = p.has_lazy;
    k->has_references = p.n_found != 0;
    return p.n_zero;
}

/* ---- mark ---- */

/* What rises from 0 was no root, or its turn has come before it rose: it is looked at from here. */
VISITOR mark_now(pass *p, object *child)
{
    if (in_set(p->generation, child) && child->refcount++ == 0) {
        child->flags |= OBJECT_VISITED;
        p->stack->objects[p->stack->n++] = child;
    }
}

VISITOR mark_child(pass *p, object *child)
{
    visit_later(p, child, mark_now);
}

VISITOR mark_contents(pass *p, object *o)
{
    p->n_marked++;
    for_children(p, o, mark_child);
}

VISITOR mark(pass *p, object *o)
{
    if (o->refcount == 0 || (o->flags & OBJECT_VISITED) != 0)
        return;
    p->n_roots++;
    mark_contents(p, o);
}

/* The rest of the marking may add more to the stack. */
static void mark_stack(pass *p)
{
    do {
        while (p->stack->n > 0)
            mark_contents(p, p->stack->objects[--p->stack->n]);
        visit_rest(p, mark_now);
    } while (p->stack->n > 0);
}

/* All are roots: the marks would do no more than to add again what was subtracted. */
VISITOR restore_now(pass *p, object *child)
{
    if (in_set(p->generation, child))
        child->refcount++;
}

VISITOR restore_child(pass *p, object *child)
{
    visit_later(p, child, restore_now);
}

VISITOR restore(pass *p, object *o)
{
    for_children(p, o, restore_child);
}

static void restore_all(collection *k)
{
    pass p = {.generation = k->generation};
    if (k->has_references)
        for_set_but_leaves(k, &p, restore);
    visit_rest(&p, restore_now);
    k->trace.n_roots = k->trace.n_objects;
    k->trace.n_marked = k->trace.n_objects;
}

/* Old leaves are marked like all others. */
static void mark_all(collection *k)
{
    if (k->walks)
        collector_drop_notes(k->rt);
    pass p = {.generation = k->generation, .stack = k->stack};
    for_set(k, &p, mark);
    mark_stack(&p);
    k->trace.n_roots = p.n_roots;
    k->trace.n_marked = p.n_marked;
}

/* ---- garbage ---- */

/* Adds a reference of garbage again. An object that rises from 0 is garbage, too. */
VISITOR gather_child_now(pass *p, object *child)
{
    if (in_set(p->generation, child) && child->refcount++ == 0)
        child->flags |= OBJECT_GARBAGE;
    p->n_strays += (child->flags & OBJECT_GARBAGE) == 0;
}

VISITOR gather_child(pass *p, object *child)
{
    visit_later(p, child, gather_child_now);
}

/* One reference is ours, under which garbage lives while other code runs. */
VISITOR gather(pass *p, object *o)
{
    if (o->refcount != 0 && (o->flags & OBJECT_GARBAGE) == 0)
        return;
    if ((o->flags & OBJECT_CARE) != 0)
        p->has_cares = true;
    o->flags |= OBJECT_GARBAGE;
    o->refcount++;
    p->stack->objects[p->stack->n++] = o;
    for_children(p, o, gather_child);
}

static void gather_garbage(collection *k)
{
    pass p = {.generation = k->generation, .stack = k->garbage};
    for_set(k, &p, gather);
    visit_rest(&p, gather_child_now);
    k->is_closed = !p.has_cares && p.n_strays == 0;
    for (size_t i = 0; p.has_cares && i < k->garbage->n; i++) {
        const object *o = k->garbage->objects[i];
        k->has_weakrefs |= object_has_weakrefs(o) || object_is_weakref(o);
    }
}

static bool is_atomic(const object *o)
{
    return o->type->kind == KIND_TUPLE ? tuple_is_atomic(o) : dict_object_is_atomic(o);
}

/* ---- survivors go one generation up; what could not be part of a cycle, out of all ---- */

static void untrack_atomic(collection *k, object *o)
{
    bool may_untrack = o->type->kind == KIND_TUPLE || k->generation == COLLECTOR_OLDEST;
    if (may_untrack && (o->flags & OBJECT_GARBAGE) == 0 && is_atomic(o))
        object_set_rank(o, OBJECT_UNTRACKED);
}

/* Not inlined: most objects are nothing but put into the next generation. */
static __attribute__((noinline)) void promote(object *o, void *argument)
{
    collection *k = argument;
    if (!in_set(k->generation, o))
        return;
    o->listed = OBJECT_UNLISTED;
    if ((o->flags & OBJECT_LAZY) != 0)
        untrack_atomic(k, o);
    bool stays = (o->flags & OBJECT_GARBAGE) != 0 || object_rank(o) == OBJECT_UNTRACKED ||
                 k->generation == COLLECTOR_OLDEST;
    if (!stays)
        collector_put(k->rt, o, k->generation + 1);
}

static void promote_lists(collection *k)
{
    for (unsigned g = 0; g <= k->generation; g++) {
        const collector_list *list = &k->rt->collector.young[g];
        for (uint32_t i = 0; i < list->n_objects; i++) {
            object *o = list->objects[i];
            if (__builtin_expect((o->flags & (OBJECT_LAZY | OBJECT_GARBAGE)) != 0, 0))
                promote(o, k);
            else
                collector_put(k->rt, o, k->generation + 1);
        }
    }
}

static void empty_lists(const collection *k)
{
    collector *c = &k->rt->collector;
    for (unsigned g = 0; g <= k->generation && g < COLLECTOR_OLDEST; g++) {
        c->young[g].n_objects = 0;
        c->young[g].has_unlisted = g == 0 && !c->is_enabled; /* those made from now on */
    }
}

static void promote_survivors(collection *k)
{
    if (k->walks && (k->generation != COLLECTOR_OLDEST || k->has_lazy))
        collector_walk(k->rt, promote, k);
    else if (!k->walks)
        promote_lists(k);
    empty_lists(k);
}

/* The objects of the lists of a generation up to the n-th are in it again. */
static void put_back(const collector_list *list, unsigned generation, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        object_set_rank(list->objects[i], generation);
        list->objects[i]->listed = (uint16_t)i;
    }
}

/* False, with all as it was, if one holds a reference. */
static bool promote_list(const collection *k, unsigned generation)
{
    const unsigned telling = OBJECT_HOLDS | OBJECT_LAZY | OBJECT_VISITED;
    const collector_list *list = &k->rt->collector.young[generation];
    for (uint32_t i = 0; i < list->n_objects; i++) {
        object *o = list->objects[i];
        if (__builtin_expect((o->flags & telling) != 0, 0)) {
            put_back(list, generation, i);
            return false;
        }
        collector_put(k->rt, o, k->generation + 1);
    }
    return true;
}

/* The objects of a list are old leaves now. Those made one after the other lie side by side. */
static void note_pools(const collector_list *list)
{
    for (uint32_t i = 0, n; i < list->n_objects; i += n) {
        heap_pool *pool = heap_pool_of(list->objects[i]);
        for (n = 1; i + n < list->n_objects && heap_pool_of(list->objects[i + n]) == pool;)
            n++;
        if (n == pool->n_blocks)
            heap_note(pool);
    }
}

/* Where no object of the lists holds a reference none can be garbage, and one look at each is
 * enough to promote it. False if one holds any: then all is as it was. */
static bool promote_holders_of_nothing(collection *k)
{
    collector_list *young = k->rt->collector.young;
    const unsigned next = k->generation + 1;
    const bool become_old = next == COLLECTOR_OLDEST;
    collector_list before = {0};
    if (!become_old)
        before = young[next];
    size_t n_seen = 0;
    unsigned g = 0;
    for (; g <= k->generation && promote_list(k, g); g++)
        n_seen += young[g].n_objects;
    if (g > k->generation) {
        k->trace.n_objects = k->trace.n_roots = k->trace.n_marked = n_seen;
        for (g = 0; become_old && g <= k->generation; g++)
            note_pools(&young[g]);
        empty_lists(k);
        return true;
    }
    while (g-- > 0)
        put_back(&young[g], g, young[g].n_objects);
    if (!become_old)
        young[next] = before;
    return false;
}

void collector_find_garbage(collection *k)
{
    if (!k->walks && promote_holders_of_nothing(k))
        return;
    size_t n_zero = subtract_all(k);
    if (n_zero == 0)
        restore_all(k);
    else if (n_zero < k->trace.n_objects)
        mark_all(k);
    if (k->trace.n_marked < k->trace.n_objects)
        gather_garbage(k);
    promote_survivors(k);
}
