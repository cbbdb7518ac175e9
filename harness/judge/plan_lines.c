/*
 * plan_lines.c -- how often each line of the submission ran in the workload: the program that is
 * profiled once more, its parts compiled with gcov's counters. It informs, and decides no point.
 */
#include "harness/judge/build.h"
#include "harness/judge/plan_steps.h"

#define PROGRAM  "build/run-coverage"
#define LINK_JOB PROGRAM "/link"

bool plan_lines_link(session *s, GPtrArray *jobs, const plan_fitness *fit, GError **error)
{
    static const char *const units[] = {"driver-drive_run", NULL};
    jobs_item *j = build_link_job(s, "run-coverage", units, NULL, error);
    if (j == NULL)
        return false;
    g_autofree char *copy = evidence_path(s->e, "submission");
    g_autofree char *solution = session_data_path(s, "homework/solution");
    g_autofree char *contract = session_data_path(s, "homework/contract");
    jobs_item_mount(j, copy, "/submission", false);
    jobs_item_mount(j, solution, "/solution", false);
    jobs_item_mount(j, contract, "/contract", false);
    jobs_item_arguments(j, JOBS_ARGUMENTS(PLAN_COVERAGE_FLAGS));
    for (int part = 0; part < SUBMISSION_TESTS; part++) {
        g_autofree char *source = g_strdup_printf(
            "/%s/%s", fit->eligible[part] ? "submission" : "solution", submission_part_file(part));
        jobs_item_arguments(j, JOBS_ARGUMENTS(source));
    }
    g_ptr_array_add(jobs, j);
    return true;
}

bool plan_lines_run(session *s, GPtrArray *jobs, GError **error)
{
    if (!session_folder(s, "lines", error))
        return false;
    if (!evidence_job_succeeded(evidence_find_job(s->e, LINK_JOB)))
        return true;
    jobs_item *j = session_job(s, "lines/run", session_run_limits(s));
    g_autofree char *folder = evidence_path(s->e, PROGRAM);
    g_autofree char *n_objects = g_strdup_printf("%u", s->e->n_objects);
    /* the counters are written where the compiler was told to put its output */
    jobs_item_mount(j, folder, "/out", true);
    jobs_item_arguments(j, JOBS_ARGUMENTS("/out/program", "all", n_objects, "all", "1"));
    j->answers_path = evidence_path(s->e, "lines/run.txt");
    g_ptr_array_add(jobs, j);
    return true;
}

bool plan_lines_read(session *s, GPtrArray *jobs, GError **error)
{
    (void)error;
    if (!evidence_job_succeeded(evidence_find_job(s->e, "lines/run")))
        return true;
    jobs_item *j = session_job(s, "lines/gcov", session_tool_limits(s));
    g_autofree char *folder = evidence_path(s->e, PROGRAM);
    jobs_item_mount(j, folder, "/out", false);
    j->cwd = g_strdup("/out");
    jobs_item_arguments(j, JOBS_ARGUMENTS("/usr/bin/gcov", "--json-format", "--stdout"));
    for (int part = 0; part < SUBMISSION_TESTS; part++) {
        g_autofree char *counts = g_strdup_printf("program-%s.gcda", submission_part_name(part));
        jobs_item_arguments(j, JOBS_ARGUMENTS(counts));
    }
    g_ptr_array_add(jobs, j);
    return true;
}
