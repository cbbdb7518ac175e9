/*
 * plan.h -- everything that a grading runs, in the order in which it can be run.
 *
 *   1 compile + lint   submission's parts, solution, drivers, seeded bugs
 *   2 link             a program a driver, absent and refused parts from the solution
 *   3 drive + test     operation tapes on each part; the student's tests on what is correct, then
 *                      on the seeded bugs
 *   4 measure          memcheck, callgrind, massif: only parts that are correct enough
 *   5 time             interleaved with the solution, alone on the machine
 *
 * Within a step, jobs run side by side; what they leave is in the evidence, nothing is judged but
 * what decides the next step.
 */
#ifndef HARNESS_JUDGE_PLAN_H
#define HARNESS_JUDGE_PLAN_H

#include "harness/judge/session.h"

#include <glib.h>
#include <stdbool.h>

/* Fills the session's evidence. False with an error if the harness failed or was cancelled. */
bool plan_run(session *s, GError **error);

#endif
