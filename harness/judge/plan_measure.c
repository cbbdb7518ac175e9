/*
 * plan_measure.c -- memcheck, callgrind and massif over programs of the submission, and the same
 * over programs all of the solution: a cost is a ratio of two runs of one session.
 */
#include "harness/judge/build.h"
#include "harness/judge/correctness.h"
#include "harness/judge/cost.h"
#include "harness/judge/plan_steps.h"
#include "harness/profile/valgrind.h"

#include <string.h>

#define STACK_DEPTH  20       /* frames that the flame graph tells apart */
#define HEAP_OBJECTS "100000" /* of a heap over time: many arenas of each layout */

/* The submission's part where it is fit, else the solution's. */
static plan_source fit_or_solution(const plan_fitness *fit, submission_part part)
{
    return fit->eligible[part] ? PLAN_OF_SUBMISSION : PLAN_OF_SOLUTION;
}

bool plan_measure_link(session *s, GPtrArray *jobs, const plan_fitness *fit, GError **error)
{
    plan_program mine = {"measure-submission", "drive_measure", {PLAN_NONE}};
    static const plan_program ours = {
        "measure-solution",
        "drive_measure",
        {[SUBMISSION_POOL] = PLAN_OF_SOLUTION, [SUBMISSION_LAYOUTS] = PLAN_OF_SOLUTION}};
    mine.parts[SUBMISSION_POOL] = fit_or_solution(fit, SUBMISSION_POOL);
    mine.parts[SUBMISSION_LAYOUTS] = fit_or_solution(fit, SUBMISSION_LAYOUTS);
    plan_program whole = mine;
    whole.name = "run-submission";
    whole.driver = "drive_run";
    whole.parts[SUBMISSION_WORKLOAD] = fit_or_solution(fit, SUBMISSION_WORKLOAD);
    return plan_link_program(s, jobs, &mine, error) && plan_link_program(s, jobs, &ours, error) &&
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
        jobs_item_arguments(j, JOBS_ARGUMENTS((const char *)g_ptr_array_index(tool, i)));
    jobs_item_arguments(j, JOBS_ARGUMENTS("/program/program"));
    return j;
}

/* memcheck over the first tape of a driver: "valgrind/memcheck-pool". */
static bool memcheck(session *s, GPtrArray *jobs, check_kind kind, GError **error)
{
    g_autofree char *name =
        g_strdup_printf("memcheck-%s", submission_part_name(correctness_part(kind)));
    g_autofree char *tape_of = correctness_job_name(kind, 1);
    g_autofree char *tape = g_strconcat(tape_of, ".tape", NULL);
    jobs_item *j = valgrind_job(s, name, valgrind_memcheck_argv("/out/memcheck.xml"),
                                check_driver(kind), error);
    if (j == NULL)
        return false;
    g_autofree char *answers = g_strdup_printf("valgrind/%s.txt", name);
    j->stdin_path = evidence_path(s->e, tape);
    j->answers_path = evidence_path(s->e, answers);
    return jobs_add(jobs, j);
}

/* The seed of what the driver writes, as its argument. Owner: the caller. */
static char *seed_argument(const session *s)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT, s->e->seed);
}

/* A run of the measuring driver as it is, without a tool. */
static jobs_item *plain_job(session *s, const char *name, const char *subject)
{
    g_autofree char *program = g_strdup_printf("build/measure-%s", subject);
    g_autofree char *answers = g_strconcat(name, ".txt", NULL);
    g_autofree char *folder = evidence_path(s->e, program);
    jobs_item *j = session_job(s, name, session_run_limits(s));
    jobs_item_mount(j, folder, "/program", false);
    jobs_item_arguments(j, JOBS_ARGUMENTS("/program/program"));
    j->env = valgrind_environment();
    j->answers_path = evidence_path(s->e, answers);
    return j;
}

/* Every measure_ function at N and 2N, for the submission and the solution: under callgrind, and as
 * it is, for the answers must be the same. */
static bool count_instructions(session *s, GPtrArray *jobs, const char *subject, unsigned factor,
                               GError **error)
{
    g_autofree char *name = cost_job_name(subject, factor);
    g_autofree char *program = g_strdup_printf("measure-%s", subject);
    g_autofree char *n_objects = g_strdup_printf("%u", factor * s->e->n_objects);
    g_autofree char *seed = seed_argument(s);
    jobs_item *j =
        valgrind_job(s, name + strlen("valgrind/"),
                     valgrind_callgrind_argv("/out/callgrind.out", NULL), program, error);
    if (j == NULL)
        return false;
    jobs_item_arguments(j, JOBS_ARGUMENTS("--cost", n_objects, seed));
    g_autofree char *answers = g_strconcat(name, ".txt", NULL);
    j->answers_path = evidence_path(s->e, answers);
    g_autofree char *plain_name = cost_plain_job_name(subject, factor);
    jobs_item *plain = plain_job(s, plain_name, subject);
    jobs_item_arguments(plain, JOBS_ARGUMENTS("--cost", n_objects, seed));
    return jobs_add(jobs, j) && jobs_add(jobs, plain);
}

static bool measure_space(session *s, GPtrArray *jobs, const char *layout, const char *subject,
                          unsigned factor)
{
    g_autofree char *name = cost_space_job_name(layout, subject, factor);
    g_autofree char *n_objects = g_strdup_printf("%u", factor * COST_SPACE_OBJECTS);
    g_autofree char *seed = seed_argument(s);
    jobs_item *j = plain_job(s, name, subject);
    jobs_item_arguments(j, JOBS_ARGUMENTS("--space", layout, n_objects, seed));
    return jobs_add(jobs, j);
}

/* What is held over time, by layout. */
static bool trace_heap(session *s, GPtrArray *jobs, const char *layout, GError **error)
{
    g_autofree char *name = g_strdup_printf("massif-%s", layout);
    g_autofree char *answers = g_strdup_printf("valgrind/%s.txt", name);
    jobs_item *j = valgrind_job(s, name, valgrind_massif_argv("/out/massif.out", FALSE),
                                "measure-submission", error);
    if (j == NULL)
        return false;
    g_autofree char *seed = seed_argument(s);
    jobs_item_arguments(j, JOBS_ARGUMENTS("--space", layout, HEAP_OBJECTS, seed));
    j->answers_path = evidence_path(s->e, answers);
    return jobs_add(jobs, j);
}

/* What the line table joins: caches and branches, and memory by line. The instructions are the
 * same with simulated caches and without. */
static GPtrArray *calls_argv(void)
{
    const valgrind_callgrind_options options = {.simulate_caches = true, .simulate_branches = true};
    return valgrind_callgrind_argv("/out/callgrind.out", &options);
}

static GPtrArray *memory_argv(void)
{
    GPtrArray *argv = valgrind_massif_argv("/out/massif.out", FALSE);
    valgrind_add_xtree(argv, "/out/xtree.kcg");
    return argv;
}

/* The student's workload, every layout and order, under one tool; takes argv. */
static bool profile_workload(session *s, GPtrArray *jobs, const char *name, GPtrArray *argv,
                             GError **error)
{
    g_autofree char *answers = g_strdup_printf("valgrind/%s.txt", name);
    g_autofree char *n_objects = g_strdup_printf("%u", s->e->n_objects);
    jobs_item *j = valgrind_job(s, name, argv, "run-submission", error);
    if (j == NULL)
        return false;
    jobs_item_arguments(j, JOBS_ARGUMENTS("all", n_objects, "all", "1"));
    j->answers_path = evidence_path(s->e, answers);
    return jobs_add(jobs, j);
}

static bool profile_all(session *s, GPtrArray *jobs, GError **error)
{
    const valgrind_callgrind_options stacks = {.separate_callers = STACK_DEPTH};
    return profile_workload(s, jobs, "calls", calls_argv(), error) &&
           profile_workload(s, jobs, "stacks",
                            valgrind_callgrind_argv("/out/callgrind.out", &stacks), error) &&
           profile_workload(s, jobs, "memory", memory_argv(), error);
}

static bool measure_subject(session *s, GPtrArray *jobs, const char *subject, GError **error)
{
    for (unsigned factor = 1; factor <= 2; factor++) {
        if (!count_instructions(s, jobs, subject, factor, error))
            return false;
        for (const char *const *layout = cost_layouts; *layout != NULL; layout++) {
            if (!measure_space(s, jobs, *layout, subject, factor))
                return false;
        }
    }
    return true;
}

bool plan_measure(session *s, GPtrArray *jobs, const plan_fitness *fit, GError **error)
{
    static const check_kind watched[] = {CHECK_POOL, CHECK_LAYOUTS, CHECK_WORKLOAD};
    if (!session_folder(s, "valgrind", error) || !session_folder(s, "space", error) ||
        !session_folder(s, "plain", error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(watched); i++) {
        if (fit->ends[correctness_part(watched[i])] && !memcheck(s, jobs, watched[i], error))
            return false;
    }
    if (!measure_subject(s, jobs, "submission", error) ||
        !measure_subject(s, jobs, "solution", error) || !profile_all(s, jobs, error))
        return false;
    for (const char *const *layout = cost_layouts; *layout != NULL; layout++) {
        if (!trace_heap(s, jobs, *layout, error))
            return false;
    }
    return true;
}
