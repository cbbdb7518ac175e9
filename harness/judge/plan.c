#include "harness/judge/plan.h"

#include "harness/judge/build.h"
#include "harness/judge/correctness.h"
#include "harness/judge/plan_steps.h"

typedef bool step(session *s, GPtrArray *jobs, GError **error);

/* Gathers the jobs of some steps and runs them side by side. */
static bool run_steps(session *s, const char *what, step *const *steps, size_t n_steps,
                      GError **error)
{
    g_autoptr(GPtrArray) jobs =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))jobs_item_free);
    for (size_t i = 0; i < n_steps; i++) {
        if (!steps[i](s, jobs, error))
            return false;
    }
    return session_run(s, jobs, what, error);
}

static void find_fitness(const session *s, plan_fitness *ret_fit)
{
    for (int kind = 0; kind <= (int)CHECK_WORKLOAD; kind++) {
        g_autoptr(correctness) found = correctness_of(s->e, (check_kind)kind);
        ret_fit->eligible[found->part] = found->eligible;
        ret_fit->ends[found->part] = found->verdict == RECORD_RIGHT ||
                                     found->verdict == RECORD_WRONG ||
                                     found->verdict == RECORD_CRASHED;
    }
}

static bool measure(session *s, GError **error)
{
    plan_fitness fit = {{false}, {false}};
    find_fitness(s, &fit);
    g_autoptr(GPtrArray) links =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))jobs_item_free);
    g_autoptr(GPtrArray) jobs =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void (*)(void))jobs_item_free);
    static step *const read[] = {plan_lines_read};
    return plan_measure_link(s, links, &fit, error) && plan_lines_link(s, links, &fit, error) &&
           session_run(s, links, "linking what is measured", error) && build_check_own(s, error) &&
           plan_measure(s, jobs, &fit, error) && plan_lines_run(s, jobs, error) &&
           session_run(s, jobs, "measuring", error) &&
           run_steps(s, "reading what ran", read, G_N_ELEMENTS(read), error);
}

bool plan_run(session *s, GError **error)
{
    static step *const compile[] = {plan_compile, plan_tests_compile, plan_lint};
    static step *const link[] = {plan_link, plan_tests_link};
    static step *const drive[] = {plan_drive, plan_tests};
    static step *const seeded[] = {plan_tests_seeded, plan_tests_coverage};
    g_autofree char *copy = evidence_path(s->e, "submission");
    if (!session_folder(s, "submission", error) || !submission_copy(s->s, copy, error) ||
        !run_steps(s, "compiling and linting", compile, G_N_ELEMENTS(compile), error) ||
        !build_check_own(s, error))
        return false;
    build_judge_parts(s);
    return run_steps(s, "linking", link, G_N_ELEMENTS(link), error) && build_check_own(s, error) &&
           run_steps(s, "running tapes and tests", drive, G_N_ELEMENTS(drive), error) &&
           run_steps(s, "running tests on seeded bugs", seeded, G_N_ELEMENTS(seeded), error) &&
           measure(s, error) && (s->e->quick || plan_time(s, error));
}
