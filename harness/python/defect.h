/*
 * defect.h -- an allocator with a seeded defect: what CPython's tests must notice.
 *
 *   double-handout        a block that is in use is handed out a second time
 *   realloc-loses-byte    the last byte that realloc had to keep is another one
 *   pool-returned-in-use  the memory of a pool goes while blocks live in it: they read zeros
 *
 * It wraps a sound allocator, so that the heap itself is never built wrong. Its function works well
 * `first` times, so that the interpreter starts and its tests begin; then it strikes, and again
 * with every `period`-th call.
 *
 * Owns:    nothing. The defect and what it wraps outlive the interpreter.
 * Threads: as pool_hooks.h: under the GIL.
 */
#ifndef HARNESS_PYTHON_DEFECT_H
#define HARNESS_PYTHON_DEFECT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "objects/heap.h"

#include <stdbool.h>

typedef enum defect_kind {
    DEFECT_NONE,
    DEFECT_DOUBLE_HANDOUT,
    DEFECT_REALLOC_LOSES_BYTE,
    DEFECT_POOL_RETURNED_IN_USE
} defect_kind;

typedef struct defect {
    PyMemAllocatorEx sound;
    defect_kind kind;
    uint64_t first, period;     /* both at least 1 */
    uint64_t n_calls;           /* in which the defect could strike */
    void *last[HEAP_N_CLASSES]; /* latest block of each class that is still in use, or NULL */
} defect;

/* The defect of that name with its usual first and period, not yet around anything; or false. */
bool defect_from_name(const char *text, defect *ret_defect);

/* The allocator d->sound with the defect. */
PyMemAllocatorEx defect_wrap(defect *d);

#endif
