/*
 * plan_measure.c -- memcheck, callgrind and massif over programs of the submission, and the same
 * over programs all of the solution: a cost is a ratio of two runs of one session.
 */
#include "harness/judge/build.h"
#include "harness/judge/correctness.h"
#include "harness/judge/plan_steps.h"
#include "harness/profile/valgrind.h"

#include <string.h>

#define STACK_DEPTH 20 /* frames that the flame graph tells apart */

static const char *const layouts[] = {"dict", "slots", "weakref"};

/* The submission's part where it is fit, else the solution's. */
static plan_source fit_or_solution(const plan_fitness *fit, submission_part part)
{
    return fit->eligible[part] ? PLAN_OF_SUBMISSION : PLAN_OF_SOLUTION;
}

bool plan_measure_link(session *s, GPtrArray *jobs, const plan_fitness *fit, GError **error)
{
    plan_program cost = {"measure-submission", "measure", {PLAN_NONE}};
    plan_program cost_solution = {
        "measure-solution",
        "measure",
        {[SUBMISSION_POOL] = PLAN_OF_SOLUTION, [SUBMISSION_LAYOUTS] = PLAN_OF_SOLUTION}};
    cost.parts[SUBMISSION_POOL] = fit_or_solution(fit, SUBMISSION_POOL);
    cost.parts[SUBMISSION_LAYOUTS] = fit_or_solution(fit, SUBMISSION_LAYOUTS);
    plan_program whole = cost;
    whole.name = "workload-submission";
    whole.driver = "drive_workload";
    whole.parts[SUBMISSION_WORKLOAD] = fit_or_solution(fit, SUBMISSION_WORKLOAD);
    return plan_link_program(s, jobs, &cost, error) &&
           plan_link_program(s, jobs, &cost_solution, error) &&
           plan_link_program(s, jobs, &whole, error);
}

/* A job "valgrind/NAME" with a folder of its own for valgrind's file; takes argv. */
static jobs_item *valgrind_job(session *s, const char *name, GPtrArray *argv, const char *program,
                               GError **error)
{
    g_autoptr(GPtrArray) tool = argv;
    g_autofree char *job_name = g_strdup_printf("valgrind/%s", name);
    g_autofree char *build = g_strdup_printf("build/%s", program);
    if (!session_folder(s, job_name, error))
        return NULL;
    jobs_item *j = session_job(s, job_name, session_valgrind_limits(s));
    g_autofree char *out = evidence_path(s->e, job_name);
    g_autofree char *folder = evidence_path(s->e, build);
    jobs_item_mount(j, out, "/out", true);
    jobs_item_mount(j, folder, "/program", false);
    j->env = valgrind_environment();
    for (guint i = 0; i < tool->len; i++)
        jobs_item_arguments(j, (const char *)g_ptr_array_index(tool, i), NULL);
    jobs_item_arguments(j, "/program/program", NULL);
    return j;
}
