/*
 * world.h -- what a textual tape works on: slots that hold values, classes, and the transcript.
 *
 * run_tape.py has the same classes under the same names: their keys, finalizers and equality are
 * said in both, and must agree.
 *
 * Owns: the runtime, a reference to the value in each slot, objects that finalizers rescued.
 */
#ifndef OBJECTS_TESTS_DIFFERENTIAL_WORLD_H
#define OBJECTS_TESTS_DIFFERENTIAL_WORLD_H

#include "objects/finalizer.h"
#include "objects/object.h"
#include "objects/weakref.h"

#include <stdio.h>

enum {
    WORLD_SLOTS = 16,
    WORLD_NAMES = 26,
    WORLD_NARROW_NAMES = 8, /* the first ones; only a wide world sets the others */
    WORLD_BASE_SLOTS = 3,   /* of the names, the first ones are slots of the classes with slots */
    WORLD_HELD = 16,
    WORLD_FINALIZERS = 8,
    WORLD_LINE_BYTES = 4096
};

typedef enum world_class {
    CLASS_NODE = 0,    /* dict-backed */
    CLASS_LEAF,        /* its subclass */
    CLASS_FINAL,       /* dict-backed, with a finalizer */
    CLASS_EQUAL,       /* dict-backed; equal if the labels are, modulo 4 */
    CLASS_SLOTS,       /* slots */
    CLASS_SLOTS_REF,   /* slots, and weak references */
    CLASS_SLOTS_SUB,   /* its subclass, with more slots */
    CLASS_SLOTS_FINAL, /* its subclass, with a finalizer */
    CLASS_LIST,        /* subclasses of list and dict */
    CLASS_LIST_FINAL,
    CLASS_DICT,
    N_CLASSES
} world_class;

/* What a finalizer does besides telling of itself: the attribute f, an integer. */
typedef enum world_finalizer {
    FINALIZER_TELLS = 0,
    FINALIZER_RESCUES,  /* keeps the object: `recover` finds it by its label */
    FINALIZER_UNSETS,   /* deletes the attribute a */
    FINALIZER_COLLECTS, /* asks for a full collection */
    FINALIZER_REFERS,   /* makes a weak reference to itself, with a callback, kept as by
                           FINALIZER_RESCUES */
    N_FINALIZERS
} world_finalizer;

typedef struct world world;

/* What a weak reference calls. */
typedef struct world_callback {
    world *w;
    struct world_callback *next;
    int64_t number; /* of the callback, for people */
    int drops;      /* a slot that it empties, or -1 */
    char referent[64];
} world_callback;

typedef struct world_rescued {
    struct world_rescued *next;
    int64_t label;
    object *o;
} world_rescued;

struct world {
    FILE *out; /* NULL: no transcript */
    runtime *rt;
    type *types[N_CLASSES];
    const name *names[WORLD_NAMES];
    const name *label, *mode; /* attributes `label` and `f` */
    value slots[WORLD_SLOTS];
    world_rescued *rescued;
    world_callback *callbacks;
    finalizer *finalizers[WORLD_FINALIZERS]; /* handles; NULL: none */
    bool counts;                             /* what the collector counts is told */
    bool is_wide;                            /* there are more names than a class has keys for */
    bool is_done;                            /* finalizers only tell */
    value held[WORLD_HELD]; /* operands of the operation that runs, which callbacks may drop */
    unsigned n_held;
    const char *why; /* an invariant that did not hold, or NULL */
    size_t n_bytes;
    char line[WORLD_LINE_BYTES]; /* what the operation came to, so far */
};

/* Names of classes and of attributes, as tapes and run_tape.py have them. */
extern const char *const world_class_names[N_CLASSES];
extern const char *const world_attribute_names[WORLD_NAMES];

/* How a world is to be. */
typedef struct world_options {
    const heap_options *heaps; /* or NULL */
    bool is_listed; /* the collector is enabled, but never runs by itself; otherwise it is disabled
                     */
    bool is_wide;   /* the classes with a dict expect the narrow names, since others will follow */
} world_options;

/* out: of the transcript, or NULL. Errors: NULL without memory. */
world *world_new(FILE *out, const world_options *options);

/* Drops everything; collects, until nothing is left. Returns NULL, or what was violated. */
const char *world_end(world *w);
void world_delete(world *w);

/* Adds to the line of the operation that runs. */
void world_say(world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds a value, two levels deep. */
void world_show(world *w, value v);

/* Writes a line of its own, indented: something happened during the operation. */
void world_note(world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes the operation's line. */
void world_finish_line(world *w, const char *operation);

/* Puts a value into a slot: the reference becomes the slot's. */
void world_put(world *w, int64_t slot, value v);

/* A callback for a weak reference to o. NULL without memory. */
world_callback *world_callback_new(world *w, const object *o, int64_t number, int drops);
void world_called(weakref *r, void *argument);

/* What a finalizer calls; argument: a callback. */
void world_finalized(void *argument);

#endif
