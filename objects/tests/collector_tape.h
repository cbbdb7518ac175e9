/*
 * collector_tape.h -- runs a tape on a graph of containers and collects it, held against a model
 * that is nothing but arrays: who holds whom, in which generation, and what must be left.
 *
 * The model frees by counting references, finds what a collection must find by a search from the
 * nodes that are held from outside of the generation, and knows which finalizers bring back whom.
 */
#ifndef OBJECTS_TESTS_COLLECTOR_TAPE_H
#define OBJECTS_TESTS_COLLECTOR_TAPE_H

#include "objects/heap.h"
#include "objects/tests/tape.h"

/* Returns NULL, or what was violated. options: for the runtime's heaps, or NULL. */
const char *collector_tape_run(const uint8_t *bytes, size_t n_bytes, const heap_options *options);

#endif
