/*
 * pool_hooks.h -- the heap as CPython's allocator.
 *
 *   PyObject_Malloc (OBJ) --.
 *                            > [debug hooks] > [seeded defect] > heap.h > malloc above 512 bytes
 *   PyMem_Malloc (MEM) -----'
 *   PyMem_RawMalloc (RAW)      stays with malloc: it is called without the GIL
 *
 * Owns:       nothing; the heap outlives the interpreter.
 * Invariants: a block is freed through the domain that made it, which CPython promises.
 * Threads:    the heap takes one thread at a time and has no lock. CPython calls both domains with
 *             the GIL held only, so the GIL is the lock. CPython's debug hooks check just that on
 *             every call and end the process otherwise. The heap's own check knows one thread by
 *             its number, not by a lock: the heap must be made with debug 0.
 */
#ifndef HARNESS_PYTHON_POOL_HOOKS_H
#define HARNESS_PYTHON_POOL_HOOKS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "objects/heap.h"

/* The four functions over a heap. */
PyMemAllocatorEx pool_hooks(heap *h);

/* Sets them for the domains MEM and OBJ: after Py_PreInitialize, before the interpreter. */
void pool_hooks_install(const PyMemAllocatorEx *allocator);

#endif
