#include "harness/bench/sweep.h"

#include "harness/measure/machine.h"

#include <math.h>
#include <string.h>

enum { MIN_POINTS = 3 };

const char *const sweep_figures[] = {"create",           "destroy_fifo",       "destroy_random",
                                     "alloc_cold",       "free_fifo",          "free_random",
                                     "weakref_create",   "alloc_after_random", "collect_live",
                                     "bytes_per_object", "bytes_per_block",    NULL};

static void growth_free(void *data)
{
    sweep_growth *g = data;
    g_free(g->figure);
    g_free(g->layout);
    g_free(g->subject);
    g_free(g);
}

static void point_clear(void *data)
{
    sweep_point *p = data;
    bench_result_free(p->result);
}

static void mark_clear(void *data)
{
    sweep_mark *m = data;
    g_free(m->name);
}

void sweep_free(sweep *s)
{
    if (s == NULL)
        return;
    g_array_unref(s->points);
    g_array_unref(s->marks);
    g_ptr_array_unref(s->growth);
    g_ptr_array_unref(s->left_out);
    g_free(s);
}

/* ---- the machine's own limits ---- */

static gint compare_marks(const void *a, const void *b)
{
    uint64_t x = ((const sweep_mark *)a)->bytes;
    uint64_t y = ((const sweep_mark *)b)->bytes;
    return (x > y) - (x < y);
}

static void add_mark(sweep *s, const char *name, uint64_t bytes)
{
    sweep_mark mark = {g_strdup(name), bytes};
    g_array_append_val(s->marks, mark);
}

static void find_marks(sweep *s)
{
    g_autoptr(GArray) caches = machine_caches();
    for (guint i = 0; i < caches->len; i++) {
        const machine_cache *c = &g_array_index(caches, machine_cache, i);
        if (c->type == 'I')
            continue;
        g_autofree char *name = g_strdup_printf("L%u%s", c->level, c->type == 'D' ? "d" : "");
        add_mark(s, name, c->bytes);
    }
    uint64_t tlb_bytes = machine_tlb_reach_bytes();
    if (tlb_bytes > 0)
        add_mark(s, "TLB", tlb_bytes);
    g_array_sort(s->marks, compare_marks);
}

/* ---- growth ---- */

static void fit_figure(sweep *s, const bench_figure *f)
{
    double x[64];
    double y[64];
    size_t n = 0;
    for (guint i = 0; i < s->points->len && n < G_N_ELEMENTS(x); i++) {
        const sweep_point *p = &g_array_index(s->points, sweep_point, i);
        const bench_figure *at = bench_result_find(p->result, f->name, f->layout, f->subject);
        if (at == NULL || at->n == 0 || !(at->value.value > 0))
            continue;
        x[n] = log((double)p->n_objects);
        y[n++] = log(at->value.value * (double)p->n_objects);
    }
    stats_line line;
    if (n < MIN_POINTS || !stats_fit_line(x, y, n, &line))
        return;
    sweep_growth *g = g_new0(sweep_growth, 1);
    *g = (sweep_growth){.figure = g_strdup(f->name),
                        .layout = g_strdup(f->layout),
                        .subject = g_strdup(f->subject),
                        .exponent = line.slope,
                        .r_squared = line.r_squared,
                        .n_points = (guint)n};
    g_ptr_array_add(s->growth, g);
}

void sweep_fit(sweep *s)
{
    g_ptr_array_set_size(s->growth, 0);
    if (s->points->len == 0)
        return;
    const bench_result *first = g_array_index(s->points, sweep_point, 0).result;
    for (guint i = 0; i < first->figures->len; i++) {
        const bench_figure *f = first->figures->pdata[i];
        if (strcmp(f->unit, "ns") == 0)
            fit_figure(s, f);
    }
}

/* ---- measuring ---- */

/* Swapping or a busy machine may take longer; beyond that a step has hung. */
static double step_limit_s(uint64_t n)
{
    return 120 + (double)n * 2e-6;
}

static bool measure_session(sweep_point *point, const sweep_plan *plan, const GPtrArray *subjects,
                            double budget_s, double limit_s, GError **error)
{
    bench_plan at = plan->base;
    at.settings.n = (size_t)point->n_objects;
    at.settings.step_limit_s = step_limit_s(point->n_objects);
    at.subjects = subjects;
    at.figures = plan->figures != NULL ? plan->figures : sweep_figures;
    at.min_rounds = sweep_least_rounds(point->n_objects);
    at.max_rounds = sweep_most_rounds(point->n_objects);
    at.budget_s = budget_s;
    at.limit_s = limit_s;
    at.without_control = true;
    g_autoptr(bench_session) session = bench_session_run(&at, error);
    if (session == NULL)
        return false;
    bench_result_add(point->result, session, NULL);
    return true;
}

/* All subjects of a stop, together or one by one. */
static bool measure_point(sweep *s, const sweep_plan *plan, const sweep_stop *stop, double budget_s,
                          double limit_s, GError **error)
{
    sweep_point point = {stop->n_objects, bench_result_new()};
    point.result->n_objects = stop->n_objects;
    g_array_append_val(s->points, point);
    if (stop->is_side_by_side)
        return measure_session(&point, plan, stop->subjects, budget_s, limit_s, error);
    uint64_t start_ns = clock_now_ns();
    for (guint i = 0; i < stop->subjects->len; i++) {
        double gone_s = (double)(clock_now_ns() - start_ns) * 1e-9;
        double share = 1.0 / (double)(stop->subjects->len - i);
        g_autoptr(GPtrArray) alone = g_ptr_array_new();
        g_ptr_array_add(alone, stop->subjects->pdata[i]);
        if (!measure_session(&point, plan, alone, (budget_s - gone_s) * share, limit_s - gone_s,
                             error))
            return false;
    }
    return true;
}

static void leave_out_rest(sweep *s, const sweep_schedule *schedule, guint from, double left_s)
{
    uint64_t n = g_array_index(schedule->stops, sweep_stop, from).n_objects;
    bool is_last = from + 1 == schedule->stops->len;
    g_ptr_array_add(s->left_out,
                    g_strdup_printf("N = %" G_GUINT64_FORMAT "%s: longer than the %.0f s left, by "
                                    "what the N before took",
                                    n, is_last ? "" : " and more", MAX(left_s, 0)));
}

/* Seconds of the stops behind the at-th. */
static double later_s(const sweep_schedule *schedule, guint at)
{
    double sum = 0;
    for (guint i = at + 1; i < schedule->stops->len; i++)
        sum += g_array_index(schedule->stops, sweep_stop, i).least_s;
    return sum;
}

/* What the rounds of a stop take, by how much longer than estimated the one before took. */
static double corrected_s(const sweep *s, const sweep_schedule *schedule, guint at)
{
    const sweep_stop *stop = &g_array_index(schedule->stops, sweep_stop, at);
    if (at == 0)
        return stop->least_s;
    const sweep_stop *before = stop - 1;
    const bench_result *r = g_array_index(s->points, sweep_point, at - 1).result;
    double a_round_s = r->elapsed_s / (double)MAX(r->n_rounds, 1);
    double estimated_s = before->least_s / (double)sweep_least_rounds(before->n_objects);
    return stop->least_s * MAX(1, a_round_s / MAX(estimated_s, 1e-3));
}

static bool measure_points(sweep *s, const sweep_plan *plan, const sweep_schedule *schedule,
                           GError **error)
{
    uint64_t start_ns = clock_now_ns();
    for (guint i = 0; i < schedule->stops->len; i++) {
        const sweep_stop *stop = &g_array_index(schedule->stops, sweep_stop, i);
        double gone_s = schedule->spent_s + (double)(clock_now_ns() - start_ns) * 1e-9;
        double left_s = plan->budget_s - gone_s;
        if (i > 0 && corrected_s(s, schedule, i) > left_s) {
            leave_out_rest(s, schedule, i, left_s);
            break;
        }
        double budget_s = MAX(left_s - later_s(schedule, i), stop->least_s);
        if (!measure_point(s, plan, stop, budget_s, MAX(left_s, 0.1), error))
            return false;
        if (plan->base.stop != NULL && *plan->base.stop != 0)
            break;
    }
    return true;
}

sweep *sweep_run(const sweep_plan *plan, const sweep_schedule *schedule, GError **error)
{
    sweep *s = g_new0(sweep, 1);
    s->points = g_array_new(FALSE, TRUE, sizeof(sweep_point));
    g_array_set_clear_func(s->points, point_clear);
    s->marks = g_array_new(FALSE, TRUE, sizeof(sweep_mark));
    g_array_set_clear_func(s->marks, mark_clear);
    s->growth = g_ptr_array_new_with_free_func(growth_free);
    s->left_out = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < schedule->left_out->len; i++)
        g_ptr_array_add(s->left_out, g_strdup(schedule->left_out->pdata[i]));
    find_marks(s);
    if (measure_points(s, plan, schedule, error))
        sweep_fit(s);
    else
        g_clear_pointer(&s, sweep_free);
    return s;
}
