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

bool plan_compile(session *s, GPtrArray *jobs, GError **error);
bool plan_lint(session *s, GPtrArray *jobs, GError **error);
bool plan_link(session *s, GPtrArray *jobs, GError **error);
bool plan_drive(session *s, GPtrArray *jobs, GError **error);
bool plan_tests(session *s, GPtrArray *jobs, GError **error);

#endif
