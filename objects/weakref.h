/*
 * weakref.h -- weak references: they do not keep their referent alive, and know when it dies.
 *
 *   referent --weakrefs--> shared one <-> shared proxy <-> latest with a callback <-> ... <->
 * earliest
 *
 * A weak reference is an object (object_incref, object_decref) of 48 bytes. All of a referent's die
 * before the first callback runs; callbacks run latest first, also that of a weakref which an
 * earlier one let go of. A weak reference without a callback is made once a referent, and
 * shared; and so is a proxy without one.
 *
 * Invariants: a live weakref is on its referent's list once; the shared ones are in front.
 *             (weakrefs_are_valid)
 * Source:     semantics of CPython's weakref.ref (no code taken).
 */
#ifndef OBJECTS_WEAKREF_H
#define OBJECTS_WEAKREF_H

#include "objects/object.h"

typedef struct weakref weakref;

/* Called once, after the referent has died. It may release any weakref, this one included. */
typedef void weakref_function(weakref *w, void *argument);

typedef struct weakref_callback {
    weakref_function *run;
    void *argument;
    value held;    /* what the callback needs to live: a strong reference of the weakref's */
    weakref *next; /* waiting to be called, after the referent's death */
} weakref_callback;

struct weakref {
    object head;
    object *referent;           /* NULL: dead */
    weakref_callback *callback; /* NULL: none */
    union {
        struct { /* alive: the others of its referent */
            weakref *next, *previous;
        };
        uint64_t hash; /* dead: its referent's, if OBJECT_HASHED */
    };
};

/* A weakref to an object; run NULL: the shared one. TYPE_ERROR for LAYOUT_SLOTS and for builtin
 * types; MEMORY_ERROR. Owner of *ret_weakref: the caller. */
status weakref_new(object *referent, weakref_function *run, void *argument, weakref **ret_weakref);

/* The same with a value that the callback needs: the weakref holds it as long as it lives, and
 * finds it in callback->held. */
status weakref_new_holding(object *referent, weakref_function *run, void *argument, value held,
                           weakref **ret_weakref);

/* A proxy: an object that stands for its referent, KIND_PROXY; see proxy.h. Otherwise as a weakref;
 * without a callback it is shared, too. */
status weakref_new_proxy(object *referent, weakref_function *run, void *argument,
                         weakref **ret_proxy);

/* weakref_new() for any value: TYPE_ERROR for integers, too. */
status weakref_to(runtime *rt, value referent, weakref **ret_weakref);

static inline bool object_is_weakref(const object *o)
{
    return o->type->kind == KIND_WEAKREF || o->type->kind == KIND_PROXY;
}

/* weakref_new() without a callback. Cost: two loads where the shared one is there. */
static inline status weakref_share(object *referent, weakref **ret_weakref)
{
    if (__builtin_expect((referent->flags & OBJECT_SHARES) != 0, 1)) {
        weakref *shared = object_words_of(referent)->weakrefs;
        shared->head.refcount++;
        *ret_weakref = shared;
        return STATUS_OK;
    }
    return weakref_new(referent, NULL, NULL, ret_weakref);
}

/* The referent, borrowed, or NULL: good until something is released that may hold it. */
static inline object *weakref_peek(const weakref *w)
{
    return w->referent;
}

/* A strong reference to the referent, or NULL. */
static inline object *weakref_get(const weakref *w)
{
    object *referent = w->referent;
    if (referent != NULL)
        referent->refcount++;
    return referent;
}

static inline void weakref_decref(weakref *w)
{
    if (w != NULL)
        object_decref(&w->head);
}

/* How many weakrefs a live object has. */
size_t weakref_count(const object *referent);

/* The i-th of them, in the order of the list: borrowed. 0 <= i < weakref_count(). */
weakref *weakref_at(const object *referent, size_t i);

/* For object_destroy(): the referent dies, callbacks run; and a weakref itself is destroyed. */
void weakref_kill_all(object *referent);
void weakref_destroy(weakref *w);

/* For the collector: a weakref that is garbage itself is dead from then on, and its callback is
 * never called, whatever becomes of it and of its referent. */
void weakref_forget(weakref *w);

/* For the collector: as weakref_kill_all(), but returns a chain (through next) of those whose
 * callbacks are to be run, held. The ones that are OBJECT_GARBAGE themselves are not among them. */
weakref *weakref_kill_quietly(object *referent);

/* Runs the callback of the first of such a chain, lets go of it, and returns the rest. */
weakref *weakref_run_first(weakref *chain);

bool weakrefs_are_valid(const object *referent);

#endif
