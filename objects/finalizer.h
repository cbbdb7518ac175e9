/*
 * finalizer.h -- a function to be run when an object dies, or at the end of the program.
 *
 * It is called once: as the object dies, or by finalizer_call(), or by finalizers_run_all(), or
 * never after finalizer_detach(). The runtime keeps it until then, whether or not anybody else
 * does.
 *
 * Owns:    finalizer_new() gives the caller a reference; finalizer_release() gives it back.
 * Threads: none.
 * Source:  semantics of CPython's weakref.finalize (no code taken).
 */
#ifndef OBJECTS_FINALIZER_H
#define OBJECTS_FINALIZER_H

#include "objects/weakref.h"

typedef struct finalizer finalizer;
typedef void finalizer_function(void *argument);

/* TYPE_ERROR for an object that takes no weakrefs; MEMORY_ERROR. It runs at the end, too, until
 * finalizer_set_atexit() says otherwise. */
status finalizer_new(object *o, finalizer_function *run, void *argument, finalizer **ret_finalizer);
void finalizer_release(finalizer *f);

/* Not run yet, and not detached. */
bool finalizer_is_alive(const finalizer *f);

/* Runs it now. False if it was not alive. */
bool finalizer_call(finalizer *f);

/* Makes sure that it is never run. A strong reference to the object; NULL if it was not alive. */
object *finalizer_detach(finalizer *f);

/* A strong reference to the object; NULL if it is not alive. */
object *finalizer_peek(const finalizer *f);

bool finalizer_atexit(const finalizer *f);
void finalizer_set_atexit(finalizer *f, bool on);

/* What the end of a program does: runs those that are alive and have atexit, the newest first, also
 * those that are made meanwhile. */
void finalizers_run_all(runtime *rt);

#endif
