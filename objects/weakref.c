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

/* The shared weakref or proxy, or NULL. */
static weakref *find_shared(const object *referent, type_kind kind)
{
    for (weakref *w = first_of(referent); w != NULL && w->callback == NULL; w = w->next) {
        if (w->head.type->kind == kind)
            return w;
    }
    return NULL;
}

/* The shared weakref in front of all, the shared proxy behind it, others behind these. */
static void link_to(object *referent, weakref *w)
{
    bool is_first = w->callback == NULL && w->head.type->kind == KIND_WEAKREF;
    weakref *before = NULL;
    weakref *after = object_words_of(referent)->weakrefs;
    while (!is_first && after != NULL && after->callback == NULL) {
        before = after;
        after = after->next;
    }
    if (is_first)
        referent->flags |= OBJECT_SHARES;
    w->previous = before;
    w->next = after;
    if (before != NULL)
        before->next = w;
    else
        object_words_of(referent)->weakrefs = w;
    if (after != NULL)
        after->previous = w;
}

static status cannot_refer(runtime *rt, const char *what)
{
    return runtime_fail(rt, STATUS_TYPE_ERROR, "cannot create weak reference to '%s' object", what);
}

static status no_memory(runtime *rt)
{
    return runtime_fail(rt, STATUS_MEMORY_ERROR, "no memory for a weak reference");
}

static void fill(weakref *w, type *t, object *referent, weakref_callback *callback)
{
    object_init_tracked(&w->head, t);
    w->referent = referent;
    w->callback = callback;
    if (callback != NULL)
        object_hold(&w->head, callback->held);
    referent->flags |= OBJECT_CARE;
    link_to(referent, w);
}

/* what: its callback; run NULL: the shared one. */
static status make(object *referent, type_kind kind, const weakref_callback *what,
                   weakref **ret_weakref)
{
    runtime *rt = referent->type->rt;
    if (!takes_weakrefs(referent))
        return cannot_refer(rt, referent->type->name->text);
    object_before_new(rt);
    weakref *shared = what->run == NULL ? find_shared(referent, kind) : NULL;
    if (shared != NULL) {
        shared->head.refcount++;
        *ret_weakref = shared;
        return STATUS_OK;
    }
    weakref *w = mem_alloc(rt->objects, sizeof(*w));
    if (w == NULL)
        return no_memory(rt);
    weakref_callback *callback = NULL;
    if (what->run != NULL) {
        callback = mem_alloc(rt->tables, sizeof(*callback));
        if (callback == NULL) {
            mem_free_small(w);
            return no_memory(rt);
        }
        *callback = *what;
    }
    fill(w, rt->builtin[kind], referent, callback);
    *ret_weakref = w;
    return STATUS_OK;
}

/* make(), for most of all weak references: the shared one of an object that has no other. */
static status make_first(object *referent, weakref **ret_weakref)
{
    runtime *rt = referent->type->rt;
    weakref *w = mem_alloc(rt->objects, sizeof(*w));
    if (__builtin_expect(w == NULL, 0))
        return no_memory(rt);
    object_init_tracked(&w->head, rt->builtin[KIND_WEAKREF]);
    w->referent = referent;
    w->callback = NULL;
    w->next = NULL;
    w->previous = NULL;
    referent->flags |= OBJECT_CARE | OBJECT_SHARES;
    object_words_of(referent)->weakrefs = w;
    *ret_weakref = w;
    return STATUS_OK;
}

status weakref_new(object *referent, weakref_function *run, void *argument, weakref **ret_weakref)
{
    if (run == NULL && takes_weakrefs(referent)) {
        object_before_new(referent->type->rt);
        if (first_of(referent) == NULL)
            return make_first(referent, ret_weakref);
    }
    const weakref_callback what = {.run = run, .argument = argument};
    return make(referent, KIND_WEAKREF, &what, ret_weakref);
}

status weakref_new_holding(object *referent, weakref_function *run, void *argument, value held,
                           weakref **ret_weakref)
{
    const weakref_callback what = {.run = run, .argument = argument, .held = held};
    return make(referent, KIND_WEAKREF, &what, ret_weakref);
}

status weakref_new_proxy(object *referent, weakref_function *run, void *argument,
                         weakref **ret_proxy)
{
    const weakref_callback what = {.run = run, .argument = argument};
    return make(referent, KIND_PROXY, &what, ret_proxy);
}

status weakref_to(runtime *rt, value referent, weakref **ret_weakref)
{
    if (!value_is_object(referent))
        return cannot_refer(rt, "int");
    return weakref_new(value_to_object(referent), NULL, NULL, ret_weakref);
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

static void set_first(object *referent, weakref *w)
{
    object_words_of(referent)->weakrefs = w;
    referent->flags = (uint16_t)(referent->flags & ~(unsigned)OBJECT_SHARES);
}

/* Takes a live one from its referent's list. */
static void unlink_from_referent(weakref *w)
{
    if (w->previous != NULL)
        w->previous->next = w->next;
    else
        set_first(w->referent, w->next); /* which is no shared one: there was one at the most */
    if (w->next != NULL)
        w->next->previous = w->previous;
}

void weakref_destroy(weakref *w)
{
    if (w->head.listed != OBJECT_UNLISTED)
        collector_unlist(w->head.type->rt, &w->head);
    if (w->referent != NULL)
        unlink_from_referent(w);
    weakref_callback *callback = w->callback;
    mem_free_small(w);
    if (callback == NULL)
        return;
    value held = callback->held;
    mem_free_small(callback);
    value_decref(held);
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

void weakref_forget(weakref *w)
{
    if (w->referent == NULL)
        return;
    unlink_from_referent(w);
    kill(w);
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
    set_first(referent, NULL);
    return chain;
}

weakref *weakref_kill_quietly(object *referent)
{
    return kill_and_chain(referent, OBJECT_GARBAGE);
}

weakref *weakref_run_first(weakref *chain)
{
    weakref *rest = chain->callback->next;
    chain->callback->run(chain, chain->callback->argument);
    weakref_decref(chain);
    return rest;
}

void weakref_kill_all(object *referent)
{
    weakref *chain = kill_and_chain(referent, 0);
    weakref *done = NULL; /* all are held until the last has run, and the last is let go of first */
    while (chain != NULL) {
        weakref *rest = chain->callback->next;
        chain->callback->run(chain, chain->callback->argument);
        chain->callback->next = done;
        done = chain;
        chain = rest;
    }
    while (done != NULL) {
        weakref *rest = done->callback->next;
        weakref_decref(done);
        done = rest;
    }
}

bool weakrefs_are_valid(const object *referent)
{
    const weakref *first = first_of(referent);
    bool shares =
        first != NULL && first->callback == NULL && first->head.type->kind == KIND_WEAKREF;
    if (shares != ((referent->flags & OBJECT_SHARES) != 0))
        return false;
    const weakref *previous = NULL;
    for (const weakref *w = first_of(referent); w != NULL; w = w->next) {
        if (w->referent != referent || w->previous != previous || w->head.refcount == 0)
            return false;
        bool is_shared = w->callback == NULL;
        if (is_shared && previous != NULL &&
            (previous->callback != NULL || w->head.type->kind != KIND_PROXY ||
             previous->head.type->kind == KIND_PROXY))
            return false; /* the shared ones are in front, and there is one of each at the most */
        previous = w;
    }
    return true;
}
