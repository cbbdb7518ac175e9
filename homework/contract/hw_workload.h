/*
 * hw_workload.h -- part "workload" (workload.c): the lecture's homework itself.
 *
 * Create many objects of one layout, use them, destroy them. It is what gets profiled.
 */
#ifndef HW_WORKLOAD_H
#define HW_WORKLOAD_H

#include "hw_layouts.h"

#include <stddef.h>
#include <stdint.h>

/* The order in which objects are destroyed. */
typedef enum hw_order {
    HW_CREATION_ORDER = 0, /* first created, first destroyed */
    HW_REVERSE_ORDER = 1,
    HW_RANDOM_ORDER = 2 /* a permutation that depends on the seed */
} hw_order;

typedef struct hw_workload_report {
    uint64_t n_created;   /* objects created */
    uint64_t sum_first;   /* sum of every attribute of every object after creation, mod 2^64 */
    uint64_t sum_second;  /* the same after the update */
    uint64_t n_weakrefs;  /* weak references made */
    uint64_t n_callbacks; /* callbacks that were called */
    uint64_t n_dead;      /* weakrefs that gave NULL after the destruction */
} hw_workload_report;

/*
 * Runs the homework on one layout:
 *   1. a class with the attributes "a", "b", "c", "d"; n_objects instances; object i (from 0)
 *      gets a = i, b = 2 * i, c = i + seed, d = i ^ seed (all mod 2^64, stored as int64_t);
 *   2. every attribute of every object is read by name: sum_first;
 *   3. "d" of every object is set to a + b, "c" of every object is deleted and set to d;
 *   4. every attribute is read again: sum_second;
 *   5. where the layout takes weak references, one with a callback is made to every object;
 *   6. the objects are destroyed in the given order; each weakref is asked, then released.
 * Everything is freed at the end. Errors: HW_NO_MEMORY (everything freed, *ret_report untouched).
 */
hw_status hw_workload_run(hw_pool *pool, hw_layout layout, size_t n_objects, uint64_t seed,
                          hw_order order, hw_workload_report *ret_report);

#endif
