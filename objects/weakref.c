#include "objects/weakref.h"

#include "objects/scalar.h"

_Static_assert(sizeof(weakref) == 48, "a weak reference fills three units of 16 bytes");

static bool takes_weakrefs(const object *o)
{
    return o->type->layout != LAYOUT_SLOTS;
}

static weakref *first_of(const object *referent)
{
    return takes_weakrefs(referent) ? object_words_of(referent)->weakrefs : NULL;
}

/* Behind the shared one, if there is one; the shared one itself goes in front. */
static void link_to(object *referent, weakref *w)
{
    weakref **head = &object_words_of(referent)->weakrefs;
    weakref *shared = *head != NULL && (*head)->callback == NULL ? *head : NULL;
    w->previous = shared;
    w->next = shared != NULL ? shared->next : *head;
    if (shared != NULL)
        shared->next = w;
    else
        *head = w;
    if (w->next != NULL)
        w->next->previous = w;
}

static status cannot_refer(const object *referent)
{
    return runtime_fail(referent->type->rt, STATUS_TYPE_ERROR,
                        "cannot create weak reference to '%s' object", referent->type->name->text);
}

status weakref_new(object *referent, weakref_function *run, void *argument, weakref **ret_weakref)
{
    if (!takes_weakrefs(referent))
        return cannot_refer(referent);
    weakref *first = first_of(referent);
    if (run == NULL && first != NULL && first->callback == NULL) {
        first->head.refcount++;
        *ret_weakref = first;
        return STATUS_OK;
    }
    runtime *rt = referent->type->rt;
    object_before_new(rt);
    weakref *w = mem_alloc(rt->objects, sizeof(*w));
    weakref_callback *callback = run == NULL ? NULL : mem_alloc(rt->tables, sizeof(*callback));
    if (w == NULL || (run != NULL && callback == NULL)) {
        mem_free(rt->objects, w);
        mem_free(rt->tables, callback);
        return runtime_fail(rt, STATUS_MEMORY_ERROR, "no memory for a weak reference");
    }
    if (callback != NULL)
        *callback = (weakref_callback){run, argument, NULL};
    object_init_tracked(&w->head, rt->builtin[KIND_WEAKREF]);
    w->referent = referent;
    w->callback = callback;
    link_to(referent, w);
    *ret_weakref = w;
    return STATUS_OK;
}

size_t weakref_count(const object *referent)
{
    size_t n = 0;
    for (const weakref *w = first_of(referent); w != NULL; w = w->next)
        n++;
    return n;
}

weakref *weakref_at(const object *referent, size_t i)
{
    weakref *w = first_of(referent);
    while (i-- > 0)
        w = w->next;
    return w;
}

void weakref_destroy(weakref *w)
{
    if (w->head.listed != OBJECT_UNLISTED)
        collector_unlist(w->head.type->rt, &w->head);
    if (w->referent != NULL) {
        if (w->previous != NULL)
            w->previous->next = w->next;
        else
            object_words_of(w->referent)->weakrefs = w->next;
        if (w->next != NULL)
            w->next->previous = w->previous;
    }
    if (w->callback != NULL)
        mem_free_small(w->callback);
    mem_free_small(w);
}

/* The referent is about to die: w forgets it. */
static void kill(weakref *w)
{
    uint64_t hash = 0;
    if ((w->head.flags & OBJECT_HASHED) != 0) /* it could be computed once, so it can again */
        (void)value_hash(w->head.type->rt, value_of_object(w->referent), &hash);
    w->referent = NULL;
    w->previous = NULL;
    w->hash = hash;
}

/* Chained in their order, each held while it waits, since a callback may release any of them. */
static weakref *kill_and_chain(object *referent, unsigned without_flags)
{
    weakref *chain = NULL;
    weakref **last = &chain;
    weakref *next = NULL;
    for (weakref *w = object_words_of(referent)->weakrefs; w != NULL; w = next) {
        next = w->next;
        kill(w);
        if (w->callback == NULL || (w->head.flags & without_flags) != 0)
            continue;
        w->head.refcount++;
        w->callback->next = NULL;
        *last = w;
        last = &w->callback->next;
    }
    object_words_of(referent)->weakrefs = NULL;
    return chain;
}

weakref *weakref_kill_quietly(object *referent)
{
    return kill_and_chain(referent, OBJECT_GARBAGE);
}

weakref *weakref_run_first(weakref *chain)
{
    weakref *rest = chain->callback->next;
    if (chain->head.refcount > 1)
        chain->callback->run(chain, chain->callback->argument);
    weakref_decref(chain);
    return rest;
}

void weakref_kill_all(object *referent)
{
    weakref *chain = kill_and_chain(referent, 0);
    while (chain != NULL)
        chain = weakref_run_first(chain);
}

bool weakrefs_are_valid(const object *referent)
{
    const weakref *previous = NULL;
    for (const weakref *w = first_of(referent); w != NULL; w = w->next) {
        if (w->referent != referent || w->previous != previous || w->head.refcount == 0)
            return false;
        if (previous != NULL && w->callback == NULL)
            return false; /* the shared one is in front, and there is one at the most */
        previous = w;
    }
    return true;
}
