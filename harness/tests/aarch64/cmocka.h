/*
 * cmocka.h -- as much of cmocka as test_clock.c uses, for the foreign architecture: Debian has no
 * cross package of it. The first assertion that fails ends the program with status 1.
 */
#ifndef HARNESS_TESTS_AARCH64_CMOCKA_H
#define HARNESS_TESTS_AARCH64_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
};

#define cmocka_unit_test(FUNCTION)                                                                 \
    {                                                                                              \
#FUNCTION, FUNCTION                                                                        \
    }

#define assert_true(CONDITION)                                                                     \
    do {                                                                                           \
        if (!(CONDITION)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #CONDITION);                  \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define assert_false(CONDITION)   assert_true(!(CONDITION))
#define assert_non_null(POINTER)  assert_true((POINTER) != NULL)
#define assert_int_equal(A, B)    assert_true((long long)(A) == (long long)(B))
#define assert_string_equal(A, B) assert_true(strcmp(A, B) == 0)

#define cmocka_run_group_tests(TESTS, SET_UP, TEAR_DOWN)                                           \
    cmocka_run_all(TESTS, sizeof(TESTS) / sizeof((TESTS)[0]))

static inline int cmocka_run_all(const struct CMUnitTest *tests, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        void *state = NULL;
        tests[i].run(&state);
        (void)printf("ok %s\n", tests[i].name);
    }
    return 0;
}

#endif
