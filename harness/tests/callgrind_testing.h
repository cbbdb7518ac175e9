/* Shared by the tests of the callgrind reader: profiles of text, and what is in them. */
#ifndef HARNESS_TESTS_CALLGRIND_TESTING_H
#define HARNESS_TESTS_CALLGRIND_TESTING_H

#include "harness/profile/callgrind.h"

/* Fails the test if it cannot be read. Owner of the result: the caller. */
callgrind_profile *testing_parse(const char *text);

/* Fails the test if there is none. */
const callgrind_function *testing_function(const callgrind_profile *p, const char *name);

/* The only call between the two, or NULL. */
const callgrind_call *testing_call(const callgrind_profile *p, const char *caller,
                                   const char *callee);

/* What a line of a file costs by the first event, in all functions. */
uint64_t testing_line_cost(const callgrind_profile *p, const char *file, uint32_t line);

/* Complete, and without a warning. */
void assert_clean(const callgrind_profile *p);

/* One of its warnings has that part. */
void assert_warns(const callgrind_profile *p, const char *part);

#endif
