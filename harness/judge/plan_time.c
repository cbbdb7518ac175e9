/*
 * plan_time.c -- time of a batch (create, read, destroy an object) by the judge's clock: whole
 * processes, submission and solution interleaved, at N and 2N. Shown, never scored.
 */
#include "harness/judge/build.h"
#include "harness/judge/check_measure.h"
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
#define BUDGET_S    2.0 /* of one attempt at one layout */
#define N_ATTEMPTS  2
#define MAX_WIDTH   0.5 /* of the ratio's interval, relative: wider says nothing and is not shown */
#define NS_A_SECOND 1e9

typedef struct timing {
    session *s;
    const char *layout;
    int cpu;
} timing;

static const char *const subjects[] = {"solution", "submission"};

/* The objects of the last batch gave back what was written. */
static bool did_its_work(const char *answers, uint64_t seed, unsigned n_objects)
{
    g_autofree char *text = NULL;
    gsize n_bytes = 0;
    g_autofree char *read = check_measure_read(seed, n_objects);
    g_autofree char *line = g_strconcat("t ", read, NULL);
    return g_file_get_contents(answers, &text, &n_bytes, NULL) &&
           check_measure_has(text, n_bytes, line);
}

static slope_outcome run_once(size_t subject, uint64_t n_objects, void *user, double *ret_cost)
{
    const timing *t = user;
    g_autofree char *n = g_strdup_printf("%" G_GUINT64_FORMAT, n_objects);
    g_autofree char *program = g_strdup_printf("build/measure-%s", subjects[subject]);
    g_autofree char *folder = evidence_path(t->s->e, program);
    g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, t->s->e->seed);
    const char *argv[] = {"/program/program", "--time", N_TIMES, t->layout, n, seed, NULL};
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
        result.exit_status != 0 || !did_its_work(answers, t->s->e->seed, (unsigned)n_objects))
        return SLOPE_RUN_LOST;
    /* processor time as the kernel counts it: what else the machine does is not in it */
    *ret_cost = result.cpu_s * NS_A_SECOND / TIMES;
    return SLOPE_RUN_OK;
}

/* True if the machine was quiet enough to say something. */
static bool is_clear(const slope_result *result)
{
    for (size_t i = 0; i < result->n_subjects; i++) {
        const slope_series *series = &result->series[i];
        if (series->lost || series->n_pairs < 3 || !(series->ratio.value > 0) ||
            series->ratio.high - series->ratio.low > MAX_WIDTH * series->ratio.value)
            return false;
    }
    return true;
}

static void add_time(session *s, const char *layout, size_t subject, const slope_series *series)
{
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

/* A measurement that the machine disturbed is void: it is taken again, and not shown if that is
 * no better. */
static void time_layout(timing *t)
{
    bool clear = false;
    for (unsigned attempt = 0; attempt < N_ATTEMPTS && !clear; attempt++) {
        const slope_plan plan = {.n_objects = N_OBJECTS,
                                 .n_subjects = G_N_ELEMENTS(subjects),
                                 .n_pairs = N_PAIRS,
                                 .n_retries = N_RETRIES,
                                 .seed = t->s->e->seed + attempt,
                                 .budget_s = BUDGET_S};
        g_autoptr(slope_result) result = slope_measure(&plan, run_once, t);
        clear = is_clear(result);
        for (size_t i = 0; clear && i < G_N_ELEMENTS(subjects); i++)
            add_time(t->s, t->layout, i, &result->series[i]);
    }
}

bool plan_time(session *s, GError **error)
{
    timing t = {.s = s, .cpu = machine_quiet_cpu()};
    for (const char *const *layout = cost_layouts; *layout != NULL; layout++) {
        if (s->progress != NULL)
            s->progress("timing", 0, 1, s->progress_argument);
        t.layout = *layout;
        time_layout(&t);
    }
    if (s->cancel == NULL || g_atomic_int_get(s->cancel) == 0)
        return true;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_CANCELLED, "interrupted while timing");
    return false;
}
