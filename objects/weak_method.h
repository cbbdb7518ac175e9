/*
 * weak_method.h -- a weak reference to a bound method.
 *
 * A bound method is made as it is asked for and dies at once, so that a weakref to it would be dead
 * from the start. A weak method refers weakly to the object and remembers the function: it gives a
 * new bound method as long as the object lives.
 *
 * Owns:   a weakref. weak_method_release() gives it back.
 * Source: semantics of CPython's weakref.WeakMethod (no code taken).
 */
#ifndef OBJECTS_WEAK_METHOD_H
#define OBJECTS_WEAK_METHOD_H

#include "objects/method.h"
#include "objects/weakref.h"

typedef struct weak_method {
    weakref *self;
    const type_method *function; /* lives as long as its type */
} weak_method;

/* method: of KIND_METHOD, else TYPE_ERROR "argument should be a bound method, not ..."; TYPE_ERROR
 * also if its object takes no weakrefs. run: called when the object dies, or NULL. */
status weak_method_init(weak_method *m, const object *method, weakref_function *run,
                        void *argument);
void weak_method_release(weak_method *m);

static inline bool weak_method_is_alive(const weak_method *m)
{
    return m->self->referent != NULL;
}

/* The bound method, the caller's; *ret_method NULL if the object is dead. MEMORY_ERROR. */
status weak_method_get(const weak_method *m, object **ret_method);

/* Both alive: the same function of equal objects; otherwise only the same one. */
bool weak_method_equal(const weak_method *a, const weak_method *b);

#endif
