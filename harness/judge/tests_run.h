/*
 * tests_run.h -- reads what the tests' driver said of one run of a student's tests.
 *
 * One line an event, as homework/drivers/drive_tests.c says them. The text comes from a judged
 * process: it may be cut anywhere or forged; what cannot be read ends the run there.
 *
 * Owns: every string; tests_run_free() releases the whole.
 */
#ifndef HARNESS_JUDGE_TESTS_RUN_H
#define HARNESS_JUDGE_TESTS_RUN_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tests_result {
    char *name;
    bool ended; /* false: the run ended within this test */
    uint64_t n_checks, n_failed;
    char *file, *text; /* of the first check that failed; NULL: none */
    uint32_t line;
} tests_result;

typedef struct tests_run {
    bool complete;      /* the closing line is there */
    GPtrArray *results; /* of tests_result *, in the order in which they ran */
} tests_run;

tests_run *tests_run_parse(const char *text, size_t n_bytes);
void tests_run_free(tests_run *run);

/* The result of that name, or NULL. */
const tests_result *tests_run_find(const tests_run *run, const char *name);

/* It ended, checked something, and nothing failed. */
bool tests_result_passed(const tests_result *result);

/* Visits every line of a gcov JSON report (one document a line). count: executions. False, after
 * what could be read, if a document is no JSON. */
typedef void tests_visit_line(const char *file, uint32_t line, uint64_t count, void *argument);
bool tests_walk_coverage(const char *text, size_t n_bytes, tests_visit_line *visit, void *argument);

/* Lines of such a report: executed and executable, of all files.
 * False if nothing in it could be read. */
bool tests_read_coverage(const char *text, size_t n_bytes, uint64_t *ret_executed,
                         uint64_t *ret_executable);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(tests_run, tests_run_free)

#endif
