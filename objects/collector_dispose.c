/* collector_dispose.c -- what becomes of garbage: weak references, finalizers, resurrection, free.
 */
#include "objects/collector_visit.h"
#include "objects/weakref.h"

/* All weak references to garbage, and those that are garbage, are cleared before the first callback
 * runs. */
static void clear_weakrefs(collection *k)
{
    weakref *first = NULL;
    weakref *last = NULL;
    for (size_t i = 0; i < k->garbage->n; i++) {
        object *o = k->garbage->objects[i];
        if (object_is_weakref(o))
            weakref_forget((weakref *)(void *)o);
        weakref *chain = object_has_weakrefs(o) ? weakref_kill_quietly(o) : NULL;
        if (chain == NULL)
            continue;
        if (first == NULL)
            first = chain;
        else
            last->callback->next = chain;
        for (last = chain; last->callback->next != NULL;)
            last = last->callback->next;
    }
    for (; first != NULL; first = weakref_run_first(first))
        k->trace.n_callbacks++;
}

static void run_finalizers(collection *k)
{
    for (size_t i = 0; i < k->garbage->n; i++)
        k->trace.n_finalized += object_finalize(k->garbage->objects[i]);
}

/* ---- what finalizers brought back: the same again, in the set of garbage ---- */

VISITOR subtract_garbage(pass *p, object *child)
{
    (void)p;
    if ((child->flags & OBJECT_GARBAGE) != 0)
        child->refcount--;
}

VISITOR add_garbage(pass *p, object *child)
{
    (void)p;
    if ((child->flags & OBJECT_GARBAGE) != 0)
        child->refcount++;
}

/* Our own reference is 1. */
VISITOR save_child(pass *p, object *child)
{
    if ((child->flags & OBJECT_GARBAGE) != 0 && child->refcount++ == 1) {
        child->flags |= OBJECT_VISITED;
        p->stack->objects[p->stack->n++] = child;
    }
}

static void save(pass *p, object *o)
{
    o->flags |= OBJECT_SAVED;
    for_children(p, o, save_child);
}

static void save_reached(collection *k)
{
    const object_array *garbage = k->garbage;
    pass p = {.stack = k->stack};
    for (size_t i = 0; i < garbage->n; i++) {
        object_drop_flags(garbage->objects[i], OBJECT_VISITED);
        for_children(&p, garbage->objects[i], subtract_garbage);
    }
    for (size_t i = 0; i < garbage->n; i++) {
        object *o = garbage->objects[i];
        if (o->refcount == 1 || (o->flags & OBJECT_VISITED) != 0)
            continue;
        save(&p, o);
        while (p.stack->n > 0)
            save(&p, p.stack->objects[--p.stack->n]);
    }
    for (size_t i = 0; i < garbage->n; i++) {
        if ((garbage->objects[i]->flags & OBJECT_SAVED) == 0)
            for_children(&p, garbage->objects[i], add_garbage);
    }
}

static unsigned next_generation(const collection *k)
{
    return k->generation == COLLECTOR_OLDEST ? COLLECTOR_OLDEST : k->generation + 1;
}

static void let_live(collection *k, object *o)
{
    object_drop_flags(o, OBJECT_GARBAGE | OBJECT_SAVED);
    collector_put(k->rt, o, next_generation(k));
}

static void keep_saved(collection *k)
{
    object_array *garbage = k->garbage;
    size_t n_kept = 0;
    save_reached(k);
    for (size_t i = 0; i < garbage->n; i++) {
        object *o = garbage->objects[i];
        if ((o->flags & OBJECT_SAVED) == 0) {
            garbage->objects[n_kept++] = o;
            continue;
        }
        let_live(k, o);
        object_decref(o);
        k->trace.n_resurrected++;
    }
    garbage->n = n_kept;
}

static void free_garbage(collection *k)
{
    collector *c = &k->rt->collector;
    object_array saved = {0};
    bool saves = c->saves_all && object_array_map(&saved, c->garbage.n + k->garbage->n);
    for (size_t i = 0; saves && i < c->garbage.n; i++)
        saved.objects[saved.n++] = c->garbage.objects[i];
    for (size_t i = 0; i < k->garbage->n; i++) {
        object *o = k->garbage->objects[i];
        if (saves) {
            let_live(k, o);
            saved.objects[saved.n++] = o; /* our reference becomes the list's */
            continue;
        }
        if (o->refcount > 1)
            object_clear(o);
        object_drop_flags(o, OBJECT_GARBAGE);
        object_decref(o);
    }
    if (!saves)
        return;
    object_array_unmap(&c->garbage);
    c->garbage = saved;
}

/* Nobody can see in which order they go, and none holds anything else: their blocks go back. */
static void free_closed(const collection *k)
{
    enum { FREE_AHEAD = 16 };
    object *const *objects = k->garbage->objects;
    size_t n = k->garbage->n;
    for (size_t i = 0; i < n; i++) {
        __builtin_prefetch(objects[i + FREE_AHEAD < n ? i + FREE_AHEAD : i], 1);
        mem_free_small(objects[i]);
    }
    k->rt->collector.stats[k->generation].n_collected += n;
}

void collector_dispose(collection *k)
{
    k->trace.n_unreachable = k->garbage->n;
    if (k->is_closed && !k->rt->collector.saves_all) {
        free_closed(k);
        return;
    }
    if (k->has_weakrefs)
        clear_weakrefs(k);
    if (k->rt->collector.has_finalizers)
        run_finalizers(k);
    if (k->trace.n_finalized > 0)
        keep_saved(k);
    size_t n = k->garbage->n;
    collector_stats *stats = &k->rt->collector.stats[k->generation];
    if (k->rt->collector.saves_all)
        stats->n_uncollectable += n;
    else
        stats->n_collected += n;
    free_garbage(k);
}
