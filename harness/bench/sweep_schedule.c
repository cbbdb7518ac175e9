/* sweep_schedule_make(), sweep_schedule_find(): what fits, before anything large is measured. */
#include "harness/bench/sweep.h"

#include <math.h>
#include <string.h>

/* PROBE: objects of the larger of the two sessions that the estimates come from. */
enum { PROBE = 100000, PROBE_RATIO = 20, PERCENT_MARGIN = 10 };

/* More than so many objects: one round will do if need be, and will do. A pass is itself hundreds
 * or thousands of chunks. */
enum { MANY_OBJECTS = 100000, VERY_MANY_OBJECTS = 1000000 };

size_t sweep_least_rounds(uint64_t n_objects)
{
    return n_objects <= MANY_OBJECTS ? 3 : 1;
}

size_t sweep_most_rounds(uint64_t n_objects)
{
    return n_objects <= MANY_OBJECTS ? 9 : n_objects <= VERY_MANY_OBJECTS ? 3 : 1;
}

static void stop_clear(void *data)
{
    g_ptr_array_unref(((sweep_stop *)data)->subjects);
}

static sweep_schedule *schedule_new(void)
{
    sweep_schedule *schedule = g_new0(sweep_schedule, 1);
    schedule->stops = g_array_new(FALSE, FALSE, sizeof(sweep_stop));
    g_array_set_clear_func(schedule->stops, stop_clear);
    schedule->left_out = g_ptr_array_new_with_free_func(g_free);
    return schedule;
}

void sweep_schedule_free(sweep_schedule *schedule)
{
    if (schedule == NULL)
        return;
    g_array_unref(schedule->stops);
    g_ptr_array_unref(schedule->left_out);
    g_free(schedule);
}

static void say(sweep_schedule *schedule, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void say(sweep_schedule *schedule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(schedule->left_out, g_strdup_vprintf(format, args));
    va_end(args);
}

/* 1000, 3162, 10000, ...: half decades, rounded; the last is n_most itself. */
static uint64_t next_n(uint64_t n, uint64_t n_most)
{
    uint64_t next = (uint64_t)llround(pow(10, round(2 * log10((double)n) + 1) / 2));
    return n < n_most ? MIN(next, n_most) : n_most + 1;
}

static sweep_estimate estimate_of(const GArray *estimates, const char *subject)
{
    for (guint i = 0; i < estimates->len; i++) {
        const sweep_estimate *e = &g_array_index(estimates, sweep_estimate, i);
        if (strcmp(e->subject, subject) == 0)
            return *e;
    }
    return (sweep_estimate){.subject = subject};
}

static double bytes_of(const sweep_estimate *e, uint64_t n)
{
    return e->base_bytes + (double)n * e->bytes_per_object * (100 + PERCENT_MARGIN) / 100;
}

static double seconds_of(const sweep_estimate *e, uint64_t n)
{
    /* more than PROBE cost more an object, since caches end: at 10^7 three times as much was seen
     */
    double growth = 1 + MAX(log10((double)n / PROBE), 0);
    return (double)sweep_least_rounds(n) * (e->base_s + growth * (double)n * e->s_per_object);
}

/* Takes in the subjects that fit the memory at N, and names the others. */
static sweep_stop choose(sweep_schedule *schedule, const sweep_plan *plan, const GArray *estimates,
                         uint64_t n)
{
    const double limit = (double)plan->bytes_limit;
    sweep_stop stop = {.n_objects = n, .subjects = g_ptr_array_new()};
    double together = 0;
    for (guint i = 0; i < plan->base.subjects->len; i++) {
        bench_subject *s = plan->base.subjects->pdata[i];
        sweep_estimate e = estimate_of(estimates, s->name);
        if (s->program == NULL)
            continue;
        double needed = bytes_of(&e, n);
        if (needed > limit) {
            say(schedule, "%s at N = %" G_GUINT64_FORMAT ": about %.1f GB, %.1f GB may be taken",
                s->name, n, needed * 1e-9, limit * 1e-9);
            continue;
        }
        together += needed;
        stop.least_s += seconds_of(&e, n);
        g_ptr_array_add(stop.subjects, s);
    }
    stop.is_side_by_side = together <= limit;
    return stop;
}

sweep_schedule *sweep_schedule_make(const sweep_plan *plan, const GArray *estimates)
{
    sweep_schedule *schedule = schedule_new();
    double left_s = plan->budget_s;
    for (uint64_t n = plan->n_least; n <= plan->n_most; n = next_n(n, plan->n_most)) {
        sweep_stop stop = choose(schedule, plan, estimates, n);
        if (stop.subjects->len > 0 && stop.least_s > left_s) {
            say(schedule, "N = %" G_GUINT64_FORMAT "%s: about %.0f s, %.0f s are left of %.0f s", n,
                n < plan->n_most ? " and more" : "", stop.least_s, left_s, plan->budget_s);
            stop_clear(&stop);
            break;
        }
        if (stop.subjects->len == 0) { /* nobody fits here, and so nobody fits more */
            stop_clear(&stop);
            break;
        }
        left_s -= stop.least_s;
        g_array_append_val(schedule->stops, stop);
    }
    return schedule;
}

/* ---- estimating ---- */

static bench_session *probe(const sweep_plan *plan, uint64_t n, GError **error)
{
    bench_plan at = plan->base;
    at.settings.n = (size_t)n;
    at.figures = plan->figures != NULL ? plan->figures : sweep_figures;
    at.min_rounds = at.max_rounds = 1;
    at.limit_s = plan->budget_s / 4;
    at.without_control = true;
    return bench_session_run(&at, error);
}

/* A line through a subject's load at two N; with one N only, all of it grows. */
static sweep_estimate line_through(const bench_load *few, uint64_t n_few, const bench_load *many,
                                   uint64_t n_many)
{
    double n = (double)(n_many - n_few);
    sweep_estimate e = {.subject = many->subject};
    if (n_many == n_few) {
        e.s_per_object = many->busy_s / (double)n_many;
        e.bytes_per_object = (double)many->peak_bytes / (double)n_many;
        return e;
    }
    e.s_per_object = MAX(many->busy_s - few->busy_s, 0) / n;
    e.base_s = MAX(few->busy_s - (double)n_few * e.s_per_object, 0);
    e.bytes_per_object = MAX((double)many->peak_bytes - (double)few->peak_bytes, 0) / n;
    e.base_bytes = MAX((double)few->peak_bytes - (double)n_few * e.bytes_per_object, 0);
    return e;
}

sweep_schedule *sweep_schedule_find(const sweep_plan *plan, GError **error)
{
    uint64_t start_ns = clock_now_ns();
    uint64_t n_many = MIN(PROBE, plan->n_most);
    uint64_t n_few = MAX(n_many / PROBE_RATIO, 1);
    g_autoptr(bench_session) few = probe(plan, n_few, error);
    g_autoptr(bench_session) many = few != NULL ? probe(plan, n_many, error) : NULL;
    if (many == NULL)
        return NULL;
    g_autoptr(GArray) estimates = g_array_new(FALSE, FALSE, sizeof(sweep_estimate));
    for (guint i = 0; i < many->loads->len && i < few->loads->len; i++) {
        sweep_estimate e = line_through(&g_array_index(few->loads, bench_load, i), n_few,
                                        &g_array_index(many->loads, bench_load, i), n_many);
        g_array_append_val(estimates, e);
    }
    double spent_s = (double)(clock_now_ns() - start_ns) * 1e-9;
    sweep_plan rest = *plan;
    rest.budget_s = MAX(plan->budget_s - spent_s, 0);
    sweep_schedule *schedule = sweep_schedule_make(&rest, estimates);
    schedule->spent_s = spent_s;
    if (schedule->stops->len > 0)
        return schedule;
    g_set_error(error, BENCH_ERROR, 0, "not even N = %" G_GUINT64_FORMAT " fits: %s", plan->n_least,
                (const char *)schedule->left_out->pdata[0]);
    sweep_schedule_free(schedule);
    return NULL;
}
