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

static bool add_unit(session *s, GPtrArray *jobs, const build_unit *unit, GError **error)
{
    jobs_item *j = build_compile_job(s, unit, error);
    if (j != NULL)
        g_ptr_array_add(jobs, j);
    return j != NULL;
}

/* Sources of one folder that came with objlab, as units PREFIX-NAME. */
static bool compile_folder(session *s, GPtrArray *jobs, const char *folder, const char *prefix,
                           const char *const *flags, GError **error)
{
    g_autofree char *path = session_data_path(s, folder);
    g_autofree char *inside = g_strdup_printf("/%s", prefix);
    GDir *dir = g_dir_open(path, 0, error);
    const char *name = NULL;
    bool ok = dir != NULL;
    while (ok && (name = g_dir_read_name(dir)) != NULL) {
        if (!g_str_has_suffix(name, ".c"))
            continue;
        g_autofree char *unit = g_strdup_printf("%s-%.*s", prefix, (int)strlen(name) - 2, name);
        const build_unit what = {unit, path, inside, name, flags};
        ok = add_unit(s, jobs, &what, error);
    }
    if (dir != NULL)
        g_dir_close(dir);
    return ok;
}

bool plan_compile(session *s, GPtrArray *jobs, GError **error)
{
    g_autofree char *copy = evidence_path(s->e, "submission");
    for (int i = 0; i < SUBMISSION_FINDINGS; i++) {
        g_autofree char *unit = build_submission_unit((submission_part)i);
        const build_unit what = {unit, copy, "/submission",
                                 submission_part_file((submission_part)i), NULL};
        if (s->s->files[i].bytes != NULL && !add_unit(s, jobs, &what, error))
            return false;
    }
    /* drivers map memory themselves: they need more than standard C */
    static const char *const driver_flags[] = {"-D_GNU_SOURCE", NULL};
    return compile_folder(s, jobs, "homework/solution", "solution", NULL, error) &&
           compile_folder(s, jobs, "homework/drivers", "driver", driver_flags, error);
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
    jobs_item *j = build_link_job(s, program->name, (const char *const *)units->pdata, NULL, error);
    if (j != NULL)
        g_ptr_array_add(jobs, j);
    return j != NULL;
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
