/*
 * plan_time.c -- time of a batch (create, read, destroy an object) by the judge's clock: whole
 * processes, submission and solution interleaved, at N and 2N. Shown, never scored.
 */
#include "harness/judge/build.h"
#include "harness/judge/cost.h"
#include "harness/judge/plan_steps.h"
#include "harness/measure/machine.h"
#include "harness/measure/slope.h"
#include "harness/profile/valgrind.h"

#define N_TIMES     "120" /* batches of a process: long enough for a clock outside of it */
#define TIMES       120.0
#define N_OBJECTS   2000
#define N_PAIRS     11
#define N_RETRIES   10
#define BUDGET_S    2.0 /* of one layout */
#define NS_A_SECOND 1e9

typedef struct timing {
    session *s;
    const char *layout;
    int cpu;
} timing;

static const char *const subjects[] = {"solution", "submission"};

static slope_outcome run_once(size_t subject, uint64_t n_objects, void *user, double *ret_cost)
{
    const timing *t = user;
    g_autofree char *n = g_strdup_printf("%" G_GUINT64_FORMAT, n_objects);
    g_autofree char *program = g_strdup_printf("build/measure-%s", subjects[subject]);
    g_autofree char *folder = evidence_path(t->s->e, program);
    const char *argv[] = {"/program/program", "--time", N_TIMES, t->layout, n, NULL};
    const sandbox_mount mount = {folder, "/program", false};
    g_autofree char *answers = evidence_path(t->s->e, "space/time.txt");
    sandbox_job request = {.argv = argv,
                           .env = valgrind_environment(),
                           .mounts = &mount,
                           .n_mounts = 1,
                           .answers_path = answers,
                           .limits = session_run_limits(t->s),
                           .cpu = t->cpu};
    sandbox_result result;
    if (!sandbox_run(&request, &result, NULL) || result.outcome != SANDBOX_EXITED ||
        result.exit_status != 0)
        return SLOPE_RUN_LOST;
    /* processor time as the kernel counts it: what else the machine does is not in it */
    *ret_cost = result.cpu_s * NS_A_SECOND / TIMES;
    return SLOPE_RUN_OK;
}

static void add_time(session *s, const char *layout, size_t subject, const slope_series *series)
{
    if (series->lost || series->n_pairs < 3)
        return;
    if (series->cost.low <= 0 || (subject != 0 && series->ratio.low <= 0))
        return; /* void: the noise is larger than what was measured */
    evidence_time *t = g_new0(evidence_time, 1);
    t->name = g_strdup("batch");
    t->layout = g_strdup(layout);
    t->subject = g_strdup(subjects[subject]);
    t->ns = series->cost.value;
    t->low = series->cost.low;
    t->high = series->cost.high;
    t->n = series->n_pairs;
    if (subject != 0) {
        t->ratio = series->ratio.value;
        t->ratio_low = series->ratio.low;
        t->ratio_high = series->ratio.high;
    }
    g_ptr_array_add(s->e->times, t);
}

bool plan_time(session *s, GError **error)
{
    timing t = {.s = s, .cpu = machine_quiet_cpu()};
    for (const char *const *layout = cost_layouts; *layout != NULL; layout++) {
        if (s->progress != NULL)
            s->progress("timing", 0, 1, s->progress_argument);
        t.layout = *layout;
        const slope_plan plan = {.n_objects = N_OBJECTS,
                                 .n_subjects = G_N_ELEMENTS(subjects),
                                 .n_pairs = N_PAIRS,
                                 .n_retries = N_RETRIES,
                                 .seed = s->e->seed,
                                 .budget_s = BUDGET_S};
        g_autoptr(slope_result) result = slope_measure(&plan, run_once, &t);
        for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++)
            add_time(s, *layout, i, &result->series[i]);
    }
    if (s->cancel == NULL || g_atomic_int_get(s->cancel) == 0)
        return true;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_CANCELLED, "interrupted while timing");
    return false;
}
