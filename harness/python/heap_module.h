/*
 * heap_module.h -- the built-in module _objlab: the heap as Python sees it.
 *
 *   _objlab.heap()       None on pymalloc, else a dict of the figures of heap_get_stats()
 *   _objlab.owns(object) True if the object's memory starts in an arena
 *
 * Threads: under the GIL.
 */
#ifndef HARNESS_PYTHON_HEAP_MODULE_H
#define HARNESS_PYTHON_HEAP_MODULE_H

#include "objects/heap.h"

#include <stdbool.h>

/* Makes the module known, before the interpreter starts. h: NULL on pymalloc; it must outlive the
 * interpreter. False without memory. */
bool heap_module_install(const heap *h);

#endif
