/*
 * plan_build.c -- the programs of a grading and what each is linked from.
 *
 * A part of the submission that is absent or refused is linked from the solution. A part is judged
 * for correctness with nothing of the submission but itself, so that one that is broken does not
 * sink another.
 */
#include "harness/judge/build.h"
#include "harness/judge/plan_steps.h"

#include <string.h>

static bool compile_solution(session *s, GPtrArray *jobs, submission_part part, GError **error)
{
    g_autofree char *unit = build_solution_unit(part);
    g_autofree char *folder = session_data_path(s, "homework/solution");
    const build_unit what = {unit, folder, "/solution", submission_part_file(part), NULL};
    return jobs_add(jobs, build_compile_job(s, &what, error));
}

/* driver: "pool" of drive_pool.c. Drivers map memory themselves: they need more than standard C. */
static bool compile_driver(session *s, GPtrArray *jobs, const char *driver, GError **error)
{
    static const char *const flags[] = {"-D_GNU_SOURCE", NULL};
    g_autofree char *unit = g_strdup_printf("driver-drive_%s", driver);
    g_autofree char *folder = session_data_path(s, "homework/drivers");
    g_autofree char *file = g_strdup_printf("drive_%s.c", driver);
    const build_unit what = {unit, folder, "/driver", file, flags};
    return jobs_add(jobs, build_compile_job(s, &what, error));
}

/* What a program will be linked from, and no more: drivers of the parts that there are, and those
 * of the measured programs; of the solution, what can stand in for a part there. */
bool plan_compile(session *s, GPtrArray *jobs, GError **error)
{
    bool ok = compile_driver(s, jobs, "measure", error) && compile_driver(s, jobs, "run", error);
    for (int i = 0; ok && i < SUBMISSION_FINDINGS; i++) {
        submission_part part = (submission_part)i;
        if (part < SUBMISSION_TESTS)
            ok = compile_solution(s, jobs, part, error);
        if (ok && s->s->files[i].bytes != NULL)
            ok = compile_driver(s, jobs, submission_part_name(part), error) &&
                 jobs_add(jobs, build_submission_job(s, part, error));
    }
    return ok;
}

bool plan_link_program(session *s, GPtrArray *jobs, const plan_program *program, GError **error)
{
    g_autoptr(GPtrArray) units = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(units, g_strdup_printf("driver-%s", program->driver));
    for (int i = 0; i < SUBMISSION_FINDINGS; i++) {
        submission_part part = (submission_part)i;
        if (program->parts[i] == PLAN_OF_SOLUTION)
            g_ptr_array_add(units, build_solution_unit(part));
        else if (program->parts[i] == PLAN_OF_SUBMISSION)
            g_ptr_array_add(units, build_submission_unit(part));
    }
    g_ptr_array_add(units, NULL);
    return jobs_add(
        jobs, build_link_job(s, program->name, (const char *const *)units->pdata, NULL, error));
}

bool plan_link(session *s, GPtrArray *jobs, GError **error)
{
    static const plan_program programs[] = {
        {"drive_pool", "drive_pool", {[SUBMISSION_POOL] = PLAN_OF_SUBMISSION}},
        {"drive_layouts", "drive_layouts", {[SUBMISSION_LAYOUTS] = PLAN_OF_SUBMISSION}},
        {"drive_workload", "drive_workload", {[SUBMISSION_WORKLOAD] = PLAN_OF_SUBMISSION}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
        bool fit = true;
        for (int part = 0; part < SUBMISSION_FINDINGS; part++)
            fit = fit && (programs[i].parts[part] != PLAN_OF_SUBMISSION ||
                          s->e->parts[part].state == EVIDENCE_BUILT);
        if (fit && !plan_link_program(s, jobs, &programs[i], error))
            return false;
    }
    return true;
}
