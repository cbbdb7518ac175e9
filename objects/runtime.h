/*
 * runtime.h -- what all types and objects of one world share: two heaps, the names, the last error.
 *
 * Owns:    every object, type, name and table made in it. runtime_delete() gives all memory back,
 *          live objects included, without running callbacks.
 * Threads: none; one runtime, one thread.
 */
#ifndef OBJECTS_RUNTIME_H
#define OBJECTS_RUNTIME_H

#include "objects/collector.h"
#include "objects/heap.h"
#include "objects/name.h"

#include <stddef.h>

/* What came of an operation; the message is runtime_error(). Named after Python's exceptions. */
typedef enum status {
    STATUS_OK = 0,
    STATUS_ATTRIBUTE_ERROR, /* no such attribute */
    STATUS_TYPE_ERROR,      /* the layout or type cannot do this */
    STATUS_MEMORY_ERROR,    /* nothing has changed */
    STATUS_VALUE_ERROR,     /* an argument is out of range, or a name occurs twice */
    STATUS_KEY_ERROR,       /* no such key */
    STATUS_INDEX_ERROR,     /* no such item */
    STATUS_REFERENCE_ERROR, /* the referent is dead */
    STATUS_RUNTIME_ERROR    /* changed during an iteration */
} status;

/* What an object is. */
typedef enum type_kind {
    KIND_INSTANCE = 0,
    KIND_WEAKREF,
    KIND_PROXY,
    KIND_FLOAT,
    KIND_STR,
    KIND_TUPLE,
    KIND_LIST,
    KIND_DICT,
    KIND_METHOD,
    KIND_WEAK_KEY_DICT,
    KIND_WEAK_VALUE_DICT,
    KIND_WEAK_SET,
    N_KINDS
} type_kind;

enum { RUNTIME_ERROR_BYTES = 200 };

typedef struct runtime {
    heap *objects; /* instances and weak references: every block starts with an object's header */
    heap *tables;  /* everything else */
    name_table names;
    struct type *types;            /* all of them, linked */
    struct type *builtin[N_KINDS]; /* KIND_INSTANCE: NULL */
    collector collector;
    struct finalizer *finalizers; /* registered ones, newest first */
    struct object *dying;         /* waiting to be destroyed, so that long chains do not recurse */
    unsigned depth;               /* of destructions that run now */
    unsigned hash_depth;          /* of tuples in tuples that are being hashed */
    char error[RUNTIME_ERROR_BYTES];
} runtime;

/* options: of both heaps; NULL for the defaults. Errors: NULL without memory. */
runtime *runtime_new(const heap_options *options);
void runtime_delete(runtime *rt);

/* The message of the last operation that did not return STATUS_OK; "" before the first. */
const char *runtime_error(const runtime *rt);

/* Notes a message and returns the status, for `return runtime_fail(...)`. */
status runtime_fail(runtime *rt, status s, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
