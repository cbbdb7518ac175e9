/*
 * hw_tests.h -- part "tests" (tests.c): your tests of pool.c and layouts.c.
 *
 * Define the array hw_tests, ended by an entry whose name is NULL:
 *
 *     static void blocks_do_not_overlap(void) { ... HW_CHECK(a != b); ... }
 *     const hw_test hw_tests[] = {{"blocks_do_not_overlap", blocks_do_not_overlap}, {NULL, NULL}};
 *
 * Every test must pass on every correct implementation, not only on yours. A test that does is
 * then run against implementations with one seeded bug each: a test that fails there exposes it.
 */
#ifndef HW_TESTS_H
#define HW_TESTS_H

#include "hw_layouts.h"
#include "hw_pool.h"

#include <stdbool.h>

typedef struct hw_test {
    const char *name;
    void (*run)(void);
} hw_test;

extern const hw_test hw_tests[];

/* Counts one check; a false one fails the running test (which goes on). */
#define HW_CHECK(condition) hw_check((condition), #condition, __FILE__, __LINE__)

void hw_check(bool condition, const char *text, const char *file, int line);

/* Makes the n_th next allocation of memory fail (1: the very next), for testing HW_NO_MEMORY:
 * hw_arena_map() and malloc answer NULL once. 0: none fails. Reset after each test. */
void hw_fail_allocation(size_t n_th);

#endif
