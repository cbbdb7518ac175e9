/*
 * plan_steps.h -- the steps of plan.c, one file each. Every function appends jobs (of jobs_item *)
 * to an array that runs them side by side; false with an error only if the harness failed.
 */
#ifndef HARNESS_JUDGE_PLAN_STEPS_H
#define HARNESS_JUDGE_PLAN_STEPS_H

#include "harness/judge/check.h"
#include "harness/judge/session.h"

#include <glib.h>
#include <stdbool.h>

/* Where a program takes a part from; none: its driver has one of its own, or needs none. */
typedef enum plan_source { PLAN_NONE, PLAN_OF_SOLUTION, PLAN_OF_SUBMISSION } plan_source;

typedef struct plan_program {
    const char *name;   /* build/NAME/program */
    const char *driver; /* homework/drivers/NAME.c */
    plan_source parts[SUBMISSION_FINDINGS];
} plan_program;

/* Which parts may stand in programs where others' cost and behaviour depend on them. */
typedef struct plan_fitness {
    bool eligible[SUBMISSION_N_PARTS]; /* built, and every required property holds */
    bool ends[SUBMISSION_N_PARTS];     /* built, and not stopped at a limit: memcheck can tell where
                                        * it goes wrong */
} plan_fitness;

/* Compiled and linked at once; unoptimised, so that a line that ran is a line of the source. */
#define PLAN_COVERAGE_FLAGS                                                                        \
    "-std=c11", "-O0", "-g", "-w", "-fno-common", "--coverage", "-I/contract"

bool plan_compile(session *s, GPtrArray *jobs, GError **error);
bool plan_lint(session *s, GPtrArray *jobs, GError **error);
bool plan_link(session *s, GPtrArray *jobs, GError **error);
bool plan_link_program(session *s, GPtrArray *jobs, const plan_program *program, GError **error);
bool plan_drive(session *s, GPtrArray *jobs, GError **error);
bool plan_tests_compile(session *s, GPtrArray *jobs, GError **error);
bool plan_tests_link(session *s, GPtrArray *jobs, GError **error);
bool plan_tests(session *s, GPtrArray *jobs, GError **error);
bool plan_tests_seeded(session *s, GPtrArray *jobs, GError **error);
bool plan_tests_coverage(session *s, GPtrArray *jobs, GError **error);
bool plan_measure_link(session *s, GPtrArray *jobs, const plan_fitness *fit, GError **error);
bool plan_measure(session *s, GPtrArray *jobs, const plan_fitness *fit, GError **error);

/* The submission's workload with a count at each line: built, run, and the counts read. */
bool plan_lines_link(session *s, GPtrArray *jobs, const plan_fitness *fit, GError **error);
bool plan_lines_run(session *s, GPtrArray *jobs, GError **error);
bool plan_lines_read(session *s, GPtrArray *jobs, GError **error);

/* Time by the judge's clock, alone on the machine; only where the measuring runs went well. */
bool plan_time(session *s, GError **error);

/* Writes the tape of a kind's n-th run to a file of the evidence. */
bool plan_write_tape(session *s, check_kind kind, unsigned n, const char *relative, GError **error);

#endif
