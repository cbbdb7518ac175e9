/*
 * check_layouts.h -- the model of classes, objects and weak references that drive_layouts.c's
 * answers are compared with: a linear array an object, nothing clever.
 *
 * Attribute names are numbers here, 0..255, as on the tape. The model follows the answers where
 * they are wrong (a set that was refused is not set), so that one fault is not told twice.
 *
 * Owns:       objects own their attributes; weakrefs are shared by slots and their referent's list.
 * Invariants: a weakref is in its referent's list while both live; refs counts the slots with it.
 */
#ifndef HARNESS_JUDGE_CHECK_LAYOUTS_H
#define HARNESS_JUDGE_CHECK_LAYOUTS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_DICT, MODEL_SLOTS, MODEL_WEAKREF };
enum { MODEL_N_CLASSES = 8, MODEL_N_OBJECTS = 64, MODEL_N_WEAKREFS = 64, MODEL_N_NAMES = 256 };

/* Kinds of weakrefs on the tape. */
enum { MODEL_PLAIN, MODEL_CALLBACK, MODEL_RELEASES_ITSELF, MODEL_RELEASES_PREVIOUS, MODEL_N_KINDS };

typedef struct model_class {
    bool there;
    unsigned layout, n_names, n_users;
} model_class;

typedef struct model_attribute {
    unsigned name;
    int64_t value;
} model_attribute;

typedef struct model_object {
    model_class *cls;
    uint64_t refcount;
    GArray *attributes;          /* of model_attribute, in the order of enumeration */
    bool deleted[MODEL_N_NAMES]; /* was set once, and deleted since */
    GPtrArray *weakrefs;         /* borrowed, oldest first */
} model_object;

typedef struct model_weakref {
    unsigned refcount;
    unsigned kind, slot;
    model_object *referent; /* NULL: dead */
} model_weakref;

typedef struct model_world {
    model_class classes[MODEL_N_CLASSES];
    model_object *objects[MODEL_N_OBJECTS];
    model_weakref *weakrefs[MODEL_N_WEAKREFS];
} model_world;

void model_world_clear(model_world *world);

/* What a name is called; the buffer is the caller's. */
void model_name(unsigned name, char *ret_text, size_t n_bytes);

/* True if objects of the class take an attribute of that name. */
bool model_takes(const model_class *cls, unsigned name);

model_object *model_object_new(model_class *cls);
/* The attribute, or NULL. Borrowed until the next change. */
const model_attribute *model_find(const model_object *object, unsigned name);
void model_set(model_object *object, unsigned name, int64_t value);
void model_unset(model_object *object, unsigned name);

/* Its weakrefs die; the object is freed. ret_callbacks: slots whose callbacks are due, in order. */
void model_object_die(model_object *object, GQueue *ret_callbacks);

/* A new weakref in a slot. */
model_weakref *model_weakref_new(model_world *world, model_object *referent, unsigned kind,
                                 unsigned slot);
/* The object's shared weakref, or NULL. */
model_weakref *model_shared(const model_object *object);
/* The first slot other than `but` that holds it, or -1. */
int model_slot_of(const model_world *world, const model_weakref *weakref, unsigned but);
/* Empties a slot. */
void model_release(model_world *world, unsigned slot);

#endif
