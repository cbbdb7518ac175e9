/*
 * object_tape.h -- runs a tape on objects of the three layouts and holds them against a model that
 * is nothing but arrays: attributes in the order in which they were set, weak references,
 * callbacks.
 */
#ifndef OBJECTS_TESTS_OBJECT_TAPE_H
#define OBJECTS_TESTS_OBJECT_TAPE_H

#include "objects/heap.h"
#include "objects/tests/tape.h"

/* Returns NULL, or what was violated. options: for the runtime's heaps, or NULL. */
const char *object_tape_run(const uint8_t *bytes, size_t n_bytes, const heap_options *options);

#endif
