/*
 * registry.h -- which addresses lie in an arena: a bitmap in two levels over the address space.
 *
 *   address: | 16 unused | 15: leaf | 15: bit in the leaf | 18: inside the arena |
 *
 * Owns:       leaves of 4 KiB, made when first needed and kept until the process ends.
 * Threads:    any; bits are set and cleared atomically.
 * Source:     after the radix tree of CPython's obmalloc (no code taken).
 */
#ifndef OBJECTS_REGISTRY_H
#define OBJECTS_REGISTRY_H

#include <stdbool.h>

/* Notes an arena. Errors: false without memory for a leaf. */
bool registry_add(const void *arena);
void registry_remove(const void *arena);
bool registry_has(const void *address);

#endif
