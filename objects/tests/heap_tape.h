/*
 * heap_tape.h -- runs a tape on a heap and holds it against a table of what must be true: blocks
 * are aligned, lie in an arena if they are small, never overlap, and keep what was written to them.
 */
#ifndef OBJECTS_TESTS_HEAP_TAPE_H
#define OBJECTS_TESTS_HEAP_TAPE_H

#include "objects/heap.h"
#include "objects/tests/tape.h"

/* Returns NULL, or what was violated. options: for the heap, or NULL. */
const char *heap_tape_run(const uint8_t *bytes, size_t n_bytes, const heap_options *options);

#endif
