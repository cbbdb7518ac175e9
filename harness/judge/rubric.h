/*
 * rubric.h -- what is graded, for how many points, under which limits: an INI file staff edit.
 *
 *   [rubric]    title, pass_points
 *   [pool] [layouts] [weakrefs] [workload]             points
 *   [memory]    points, per_error                      memcheck: points lost an error
 *   [space]     points, full_ratio, zero_ratio         bytes an object over the solution's
 *   [speed]     points, full_ratio, zero_ratio         instructions an operation over the
 * solution's [tests]     points, coverage_share, full_coverage  share of points for coverage;
 * percent [findings]  points, tolerance                      relative [lint]      points,
 * per_finding [limits]    cpu_s, wall_s, memory_mib, output_mib, slowdown      of one run;
 * valgrind's factor [measure]   seeds, operations, objects             tapes a driver, their
 * length, N of the slope
 *
 * A part whose group is absent is not graded. [rubric] and one part are obligatory; all other
 * keys except points have the defaults of rubric.c's table.
 *
 * Errors: GError "file:line: what, what was expected": unknown groups and keys, repeated ones,
 *         missing points, negative points, text where a number belongs, zero_ratio <= full_ratio.
 */
#ifndef HARNESS_JUDGE_RUBRIC_H
#define HARNESS_JUDGE_RUBRIC_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum rubric_part {
    RUBRIC_POOL,
    RUBRIC_LAYOUTS,
    RUBRIC_WEAKREFS,
    RUBRIC_WORKLOAD,
    RUBRIC_MEMORY,
    RUBRIC_SPACE,
    RUBRIC_SPEED,
    RUBRIC_TESTS,
    RUBRIC_FINDINGS,
    RUBRIC_LINT,
    RUBRIC_N_PARTS
} rubric_part;

typedef struct rubric {
    char *name; /* base name of the file */
    char *title;
    double pass_points;
    bool graded[RUBRIC_N_PARTS]; /* its group is there */
    double points[RUBRIC_N_PARTS];
    double memory_per_error;
    double space_full_ratio, space_zero_ratio;
    double speed_full_ratio, speed_zero_ratio;
    double tests_coverage_share; /* 0..1 of the points of tests */
    double tests_full_coverage;  /* percent of lines for full marks */
    double findings_tolerance;
    double lint_per_finding;
    double cpu_s, wall_s, memory_mib, output_mib, slowdown;
    double n_seeds, n_operations, n_objects; /* whole numbers */
} rubric;

/* n_bytes of text need not be terminated. Owner of the result: the caller. */
rubric *rubric_parse(const char *text, size_t n_bytes, const char *name, GError **error);
rubric *rubric_read(const char *path, GError **error);
void rubric_free(rubric *r);

/* Sum of the points of the graded parts. */
double rubric_max_score(const rubric *r);

/* The rubric key ("pool") and the title for people ("Pool allocator"). */
const char *rubric_part_name(rubric_part part);
const char *rubric_part_title(rubric_part part);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(rubric, rubric_free)

#endif
