/*
 * collector.h -- the cyclic garbage collector: generations, without a header in any object.
 *
 * Reference counts free what is not in a cycle. The collector finds what is: it subtracts from the
 * count of each object of a set the references that come from inside the set; what then has a count
 * of 0, and is not reached from an object that has not, is garbage.
 *
 *   subtract:  for each object of the set, for each object of the set it holds: count - 1
 *   mark:      for each object of the set with a count > 0: it is a root; count + 1 for all it
 *              holds, and so on from each that rose from 0
 *   garbage:   what is still 0; its own references are added again, so that every count is exact
 *              as before
 *
 * If no object is left with a count of 0, all live, and the marks only add the references again;
 * if all are, all are garbage, and there is nothing to mark.
 *
 * Subtracting in place needs no second count: the marks put it right. Which objects are in the set:
 *
 *   generation 0, 1    a list each of addresses (collector.young); an object knows its place in
 *                      it (object.listed), so that it can leave when it dies
 *   generation 2       every container in the pools that is in no younger one; found by walking
 *                      the pools
 *   permanent          after collector_freeze(): in no set
 *
 * Most objects are leaves: they hold no reference. A pool that is full of leaves of generation 2 is
 * noted (heap_note()), and a full collection passes over it: it has nothing to subtract, and what
 * it may find there by references it reads then. The note goes when a block of the pool is freed,
 * when one of the leaves is given a reference, and whenever marks are needed. So a full collection
 * of what is mostly data looks at what is not.
 *
 * A list has LIST_CAPACITY places. An object made while the collector is disabled, or for which
 * there is no place, is in its generation unlisted; a collection of that generation then walks the
 * pools, too. Creation with the collector disabled so costs nothing.
 *
 * What happens to garbage, as in CPython: its weak references, and those in it, are cleared;
 * callbacks of those that live on are run; finalizers are run, each object's once; what they
 * brought back to life, lives; what the rest holds is released, which frees it.
 *
 * When: as an object is made and its generation has `threshold` objects more than after the last
 * collection; the older ones after so many collections of the next younger. The oldest moreover
 * waits until it has grown by COLLECTOR_GROWTH_MIN and by `growth` percent: 25 as in CPython, twice
 * as much after each collection that freed less than one in eight, at most 300. So the work stays
 * in proportion to the objects made.
 *
 * Containers only: float and str are never tracked; tuples and dicts are not while they hold
 * nothing that could be part of a cycle (collector_is_tracked()).
 *
 * Owns:       its lists. Marks and the stack of a collection are mapped for its time; without
 *             memory for them nothing is collected, and counts are as before.
 * Invariants: young[g].objects[o->listed] == o for each listed object; a noted pool has leaves of
 *             generation 2 only                                          (collector_is_valid)
 * Threads:    none. A callback or finalizer may do anything but delete the runtime; a collection
 *             asked for inside of one is refused (0 is returned).
 * Source:     after CPython 3.11's gcmodule.c and the pool walk of its free-threaded collector; the
 *             subtraction in place is ours (no code taken).
 */
#ifndef OBJECTS_COLLECTOR_H
#define OBJECTS_COLLECTOR_H

#include "objects/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object;
struct runtime;
struct type;

enum {
    COLLECTOR_GENERATIONS = 3,
    COLLECTOR_OLDEST = COLLECTOR_GENERATIONS - 1,
    COLLECTOR_LIST_CAPACITY = UINT16_MAX, /* the last number means: not listed */
    COLLECTOR_GROWTH_MIN = 262144,        /* objects */
    COLLECTOR_GROWTH_LEAST = 25,          /* percent */
    COLLECTOR_GROWTH_MOST = 300,
    COLLECTOR_MAX_TRACES = 256
};

/* One collection, for people to look at. */
typedef struct collector_trace {
    uint64_t number; /* from 1 */
    int generation;
    size_t n_objects; /* in the set */
    size_t n_roots;   /* of those, held from outside of the set */
    size_t n_marked;  /* roots, and what they reach */
    size_t n_unreachable;
    size_t n_resurrected; /* of the unreachable, by finalizers */
    size_t n_finalized;   /* finalizers run */
    size_t n_callbacks;   /* callbacks of weak references run */
    uint64_t ns;          /* of the monotonic clock */
} collector_trace;

/* For each generation, since the runtime was made. */
typedef struct collector_stats {
    size_t n_collections;
    size_t n_collected;     /* objects found unreachable and freed */
    size_t n_uncollectable; /* kept in garbage, or not looked at for want of memory */
} collector_stats;

typedef enum collector_phase { COLLECTOR_START, COLLECTOR_STOP } collector_phase;

/* Called as a collection starts (only number and generation are set) and after it. */
typedef void collector_callback(struct runtime *rt, collector_phase phase,
                                const collector_trace *trace, void *argument);

typedef struct collector_list {
    struct object **objects; /* COLLECTOR_LIST_CAPACITY places */
    uint32_t n_objects;
    uint32_t limit;    /* generation 0: collector_step() when there are as many */
    bool has_unlisted; /* there may be objects of the generation that are not listed */
} collector_list;

/* An array of objects' addresses, mapped; pages that are never written cost nothing. */
typedef struct object_array {
    struct object **objects;
    size_t n, n_bytes;
} object_array;

typedef struct collector {
    bool is_enabled;
    bool is_collecting;
    bool saves_all;      /* garbage is kept, not freed */
    bool has_finalizers; /* some type has one */
    collector_list young[COLLECTOR_OLDEST];
    object_array stack, found;                  /* for collections of the young */
    uint32_t thresholds[COLLECTOR_GENERATIONS]; /* [0] 0: never by itself */
    uint32_t counts[COLLECTOR_GENERATIONS];     /* [1], [2]: collections of the next younger */
    size_t n_old;         /* objects in the oldest generation after the last full collection */
    size_t n_old_pending; /* have come into it since */
    unsigned growth;      /* percent that it may grow before the next full collection */
    unsigned n_callbacks;
    struct collector_subscriber *callbacks;
    object_array garbage; /* with saves_all: strong references */
    collector_stats stats[COLLECTOR_GENERATIONS];
    collector_trace traces[COLLECTOR_MAX_TRACES]; /* number n at n % COLLECTOR_MAX_TRACES */
    uint64_t n_traces;
} collector;

/* ---- control ---- */

void collector_enable(struct runtime *rt);
void collector_disable(struct runtime *rt);

/* True from the start. */
bool collector_is_enabled(const struct runtime *rt);

/*
 * Collects the generation and the younger ones; 0..COLLECTOR_OLDEST.
 * Returns the number of unreachable objects found; 0 also inside another collection.
 * Cost: O(objects of those generations); O(all blocks) for the oldest or with unlisted objects.
 */
size_t collector_collect(struct runtime *rt, int generation);

/* thresholds[0] 0 means: never by itself; at most COLLECTOR_LIST_CAPACITY - 1 counts. */
void collector_set_thresholds(struct runtime *rt, const uint32_t thresholds[COLLECTOR_GENERATIONS]);
void collector_get_thresholds(const struct runtime *rt,
                              uint32_t ret_thresholds[COLLECTOR_GENERATIONS]);

/* Objects in generation 0; collections of 0 since the last of 1; of 1 since the last of 2. */
void collector_get_counts(struct runtime *rt, size_t ret_counts[COLLECTOR_GENERATIONS]);
collector_stats collector_get_stats(const struct runtime *rt, int generation);

/* Runs at the start and the end of each collection. False without memory. */
bool collector_add_callback(struct runtime *rt, collector_callback *run, void *argument);
void collector_remove_callback(struct runtime *rt, collector_callback *run, void *argument);

/* The last collections, newest first: NULL when there is no i-th, or it is too long ago. */
const collector_trace *collector_trace_at(const struct runtime *rt, size_t i);

/* Moves every tracked object out of all generations; and back into the oldest. */
void collector_freeze(struct runtime *rt);
void collector_unfreeze(struct runtime *rt);
size_t collector_freeze_count(struct runtime *rt);

/* Unreachable objects are kept in a list, not freed; collector_drop_garbage() releases them. */
void collector_save_all(struct runtime *rt, bool on);
size_t collector_n_garbage(const struct runtime *rt);
struct object *collector_garbage_at(const struct runtime *rt, size_t i); /* borrowed */
void collector_drop_garbage(struct runtime *rt);

/* ---- looking ---- */

typedef void collector_visitor(struct object *o, void *argument);

/* Visits each tracked object of a generation; -1: of all but the permanent. No object may be made
 * or freed meanwhile. Cost: a walk over the pools, or over a list. */
void collector_get_objects(struct runtime *rt, int generation, collector_visitor *visit,
                           void *argument);

/* Visits each tracked object that holds a reference to o; one that holds several, once. */
void collector_get_referrers(struct runtime *rt, const struct object *o, collector_visitor *visit,
                             void *argument);

/* Visits each object that o holds a reference to, each time it does. */
void collector_get_referents(const struct object *o, collector_visitor *visit, void *argument);

bool collector_is_tracked(const struct object *o);
bool collector_is_finalized(const struct object *o);

/* Checks every list against its objects, and that no object carries a mark. *ret_why: a constant
 * string, or NULL. Cost: a walk over the pools. */
bool collector_is_valid(struct runtime *rt, const char **ret_why);

/* ---- for the modules that make and free objects ---- */

/* At runtime_new(): false without memory; and at runtime_delete(). */
bool collector_init(collector *c);
void collector_release(collector *c);

/* Generation 0 is at its limit. May collect: no half-made object may exist. */
void collector_step(struct runtime *rt);

/* Puts a new object into generation 0. */
void collector_track(struct runtime *rt, struct object *o);

/* Takes an object out of all generations. */
void collector_untrack(struct runtime *rt, struct object *o);

/* Sets flags in every instance of a type that lives. Cost: a walk over the pools. */
void collector_mark_instances(const struct type *t, unsigned flags);

/* A listed object leaves its list. */
void collector_unlist(struct runtime *rt, struct object *o);

#endif
