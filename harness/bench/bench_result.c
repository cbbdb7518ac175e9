#include "harness/bench/bench_result.h"

#include "harness/measure/machine.h"

#include <math.h>
#include <string.h>

static void figure_free(void *data)
{
    bench_figure *f = data;
    g_free(f->name);
    g_free(f->layout);
    g_free(f->subject);
    g_free(f->unit);
    g_free(f->ratio_to);
    g_free(f->verdict);
    g_free(f->why);
    g_free(f);
}

bench_result *bench_result_new(void)
{
    bench_result *r = g_new0(bench_result, 1);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    r->created = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    r->figures = g_ptr_array_new_with_free_func(figure_free);
    r->absent = g_ptr_array_new_with_free_func(g_free);
    r->warnings = g_ptr_array_new_with_free_func(g_free);
    return r;
}

void bench_result_free(bench_result *result)
{
    if (result == NULL)
        return;
    g_ptr_array_unref(result->figures);
    g_ptr_array_unref(result->absent);
    g_ptr_array_unref(result->warnings);
    machine_fingerprint_clear(&result->fingerprint);
    g_free(result->created);
    g_free(result);
}

/* The named one of the other subjects in this figure; else the cheapest, of the rivals if there are
 * any: what else is ours is nothing to be beaten. */
static const bench_series *find_rival(const bench_session *session, const bench_series *ours,
                                      const char *rival)
{
    const bench_series *best = NULL;
    for (guint i = 0; i < session->series->len; i++) {
        const bench_series *s = session->series->pdata[i];
        if (s->is_control || s == ours || s->n_rounds == 0 ||
            strcmp(s->figure, ours->figure) != 0 || strcmp(s->layout, ours->layout) != 0)
            continue;
        if (rival != NULL && strcmp(s->subject, rival) == 0)
            return s;
        bool is_better = best == NULL || (s->is_rival && !best->is_rival) ||
                         (s->is_rival == best->is_rival && s->value.value < best->value.value);
        if (is_better)
            best = s;
    }
    return best;
}

static void add_ratio(bench_figure *f, const bench_session *session, const bench_series *ours,
                      const char *rival)
{
    const bench_series *other = find_rival(session, ours, rival);
    sampler_verdict verdict;
    if (!bench_session_compare(session, ours, other, &f->ratio, &verdict))
        return;
    f->ratio_to = g_strdup(other->subject);
    f->verdict = g_strdup(sampler_verdict_name(verdict));
}

static bool is_first_subject(const bench_session *session, const bench_series *s)
{
    const bench_series *first = session->series->pdata[0];
    return strcmp(first->subject, s->subject) == 0;
}

void bench_result_add(bench_result *result, const bench_session *session, const char *rival)
{
    for (guint i = 0; i < session->series->len; i++) {
        const bench_series *s = session->series->pdata[i];
        if (s->is_control)
            continue;
        bench_figure *f = g_new0(bench_figure, 1);
        f->name = g_strdup(s->figure);
        f->layout = g_strdup(s->layout);
        f->subject = g_strdup(s->subject);
        f->unit = g_strdup(s->unit);
        f->n = s->n_rounds;
        f->value = s->value;
        f->ticks = s->value_ticks;
        f->n_windows = s->n_windows;
        f->n_dropped = window_n_dropped(&s->counts);
        f->n_below_overhead = s->counts.n_below_overhead;
        double resolution = bench_session_resolution(session, s->figure, s->layout);
        f->resolution = isfinite(resolution) ? resolution : 0;
        if (s->n_rounds == 0)
            f->why = g_strdup(s->why != NULL       ? s->why
                              : s->values->len > 0 ? "every window was disturbed and dropped"
                                                   : "the time was up before it was measured");
        else if (s->why != NULL)
            f->why = g_strdup_printf("after %u rounds: %s", s->n_rounds, s->why);
        if (is_first_subject(session, s))
            add_ratio(f, session, s, rival);
        g_ptr_array_add(result->figures, f);
    }
    result->n_rounds = MAX(result->n_rounds, session->n_rounds);
    result->elapsed_s += session->elapsed_s;
}

const bench_figure *bench_result_find(const bench_result *result, const char *name,
                                      const char *layout, const char *subject)
{
    for (guint i = 0; i < result->figures->len; i++) {
        const bench_figure *f = result->figures->pdata[i];
        if (strcmp(f->name, name) == 0 && strcmp(f->layout, layout) == 0 &&
            strcmp(f->subject, subject) == 0)
            return f;
    }
    return NULL;
}

static bool interval_is_valid(const stats_interval *i)
{
    return isfinite(i->low) && isfinite(i->value) && isfinite(i->high) && i->low <= i->value &&
           i->value <= i->high;
}

bool bench_result_is_valid(const bench_result *result, char **ret_why)
{
    for (guint i = 0; i < result->figures->len; i++) {
        const bench_figure *f = result->figures->pdata[i];
        if (interval_is_valid(&f->value) && interval_is_valid(&f->ticks) &&
            interval_is_valid(&f->ratio) && isfinite(f->resolution) && (f->n > 0 || f->why != NULL))
            continue;
        *ret_why = g_strdup_printf("figure %u (%s %s of %s) breaks low <= median <= high", i,
                                   f->name, f->layout, f->subject);
        return false;
    }
    return true;
}
