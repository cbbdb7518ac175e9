#include "harness/bench/sweep.h"

#include "harness/measure/machine.h"

#include <math.h>
#include <string.h>

enum { MIN_POINTS = 3, LEAST_ROUNDS = 3, MOST_ROUNDS = 9 };

static const char *const swept_figures[] = {
    "create",       "destroy_fifo",     "destroy_random",  "alloc_cold",
    "free_fifo",    "free_random",      "weakref_create",  "alloc_after_random",
    "collect_live", "bytes_per_object", "bytes_per_block", NULL};

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

/* 1000, 3162, 10000, ...: half decades, rounded. */
static uint64_t next_n(uint64_t n)
{
    return (uint64_t)llround(pow(10, round(2 * log10((double)n) + 1) / 2));
}

static bool fits(const sweep_plan *plan, uint64_t n)
{
    return n <= plan->bytes_limit / plan->bytes_per_object / (plan->base.subjects->len + 1);
}

uint64_t sweep_first_refused(const sweep_plan *plan)
{
    uint64_t n = plan->n_least;
    while (n <= plan->n_most && fits(plan, n))
        n = next_n(n);
    return n <= plan->n_most ? n : 0;
}

static bool measure_point(sweep *s, const sweep_plan *plan, uint64_t n, double budget_s,
                          GError **error)
{
    bench_plan at = plan->base;
    at.settings.n = (size_t)n;
    at.figures = plan->figures != NULL ? plan->figures : swept_figures;
    at.min_rounds = LEAST_ROUNDS;
    at.max_rounds = MOST_ROUNDS;
    at.budget_s = budget_s;
    at.without_control = true;
    g_autoptr(bench_session) session = bench_session_run(&at, error);
    if (session == NULL)
        return false;
    sweep_point point = {n, bench_result_new()};
    point.result->n_objects = n;
    bench_result_add(point.result, session, NULL);
    g_array_append_val(s->points, point);
    return true;
}

/* All N that fit; false only if one of them could not be measured at all. */
static bool measure_points(sweep *s, const sweep_plan *plan, GError **error)
{
    uint64_t start_ns = clock_now_ns();
    s->n_refused = sweep_first_refused(plan);
    for (uint64_t n = plan->n_least; n <= plan->n_most && n != s->n_refused; n = next_n(n)) {
        double left_s = plan->budget_s - (double)(clock_now_ns() - start_ns) * 1e-9;
        /* each N costs three times the one before: two thirds of what is left are the last one's */
        double share = n == plan->n_most ? 1 : 0.3;
        if (!measure_point(s, plan, n, MAX(left_s * share, 0.1), error))
            return false;
        if (left_s <= 0 || (plan->base.stop != NULL && *plan->base.stop != 0))
            break;
    }
    if (s->points->len == 0)
        g_set_error(error, BENCH_ERROR, 0, "not even N = %" G_GUINT64_FORMAT " fits the memory",
                    plan->n_least);
    return s->points->len > 0;
}

sweep *sweep_run(const sweep_plan *plan, GError **error)
{
    sweep *s = g_new0(sweep, 1);
    s->points = g_array_new(FALSE, TRUE, sizeof(sweep_point));
    g_array_set_clear_func(s->points, point_clear);
    s->marks = g_array_new(FALSE, TRUE, sizeof(sweep_mark));
    g_array_set_clear_func(s->marks, mark_clear);
    s->growth = g_ptr_array_new_with_free_func(growth_free);
    find_marks(s);
    if (measure_points(s, plan, error))
        sweep_fit(s);
    else
        g_clear_pointer(&s, sweep_free);
    return s;
}
