#include "harness/measure/sampler.h"

#include <math.h>

enum { MIN_FOR_INTERVAL = 5, CHECK_EVERY_ROUNDS = 8 };

/* ---- order ---- */

void sampler_order_init(sampler_order *order, size_t n, uint64_t seed)
{
    *order = (sampler_order){.n = n, .at = g_new(size_t, n), .backward = false, .state = seed};
    for (size_t i = 0; i < n; i++)
        order->at[i] = i;
}

void sampler_order_clear(sampler_order *order)
{
    g_clear_pointer(&order->at, g_free);
}

static void swap(size_t *at, size_t i, size_t j)
{
    size_t kept = at[i];
    at[i] = at[j];
    at[j] = kept;
}

void sampler_order_next(sampler_order *order)
{
    if (order->backward) {
        for (size_t i = 0; i < order->n / 2; i++)
            swap(order->at, i, order->n - 1 - i);
    } else { /* Fisher-Yates */
        for (size_t i = order->n; i > 1; i--)
            swap(order->at, i - 1, (size_t)stats_random_below(&order->state, i));
    }
    order->backward = !order->backward;
}

/* ---- comparing ---- */

const char *sampler_verdict_name(sampler_verdict verdict)
{
    static const char *const names[] = {"no difference", "below resolution", "faster", "slower"};
    return names[verdict];
}

static const double *doubles(const GArray *values)
{
    return (const double *)(const void *)values->data;
}

GArray *sampler_ratios(const GArray *x, const GArray *y)
{
    GArray *ratios = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < MIN(x->len, y->len); i++) {
        double ratio = doubles(x)[i] / doubles(y)[i];
        if (isfinite(ratio))
            g_array_append_val(ratios, ratio);
    }
    return ratios;
}

double sampler_resolution(const GArray *control_ratios)
{
    if (control_ratios->len < MIN_FOR_INTERVAL)
        return NAN;
    double *logs = g_new(double, control_ratios->len);
    for (guint i = 0; i < control_ratios->len; i++)
        logs[i] = log(doubles(control_ratios)[i]);
    double half_width = stats_null_median(logs, control_ratios->len, 0.99);
    g_free(logs);
    return expm1(half_width);
}

sampler_verdict sampler_compare(const GArray *ratios, const GArray *control_ratios,
                                stats_interval *ret_ratio)
{
    enum { SEED = 1 }; /* any: the same samples must give the same verdict */
    if (ratios->len == 0)
        return SAMPLER_BELOW_RESOLUTION;
    stats_interval ratio = stats_bootstrap_median(doubles(ratios), ratios->len, 0.99, SEED);
    if (ret_ratio != NULL)
        *ret_ratio = stats_bootstrap_median(doubles(ratios), ratios->len, 0.95, SEED);
    if (ratios->len < MIN_FOR_INTERVAL || control_ratios->len < MIN_FOR_INTERVAL)
        return SAMPLER_BELOW_RESOLUTION;
    bool excludes_one = ratio.low > 1 || ratio.high < 1;
    if (excludes_one && fabs(log(ratio.value)) > log1p(sampler_resolution(control_ratios)) &&
        stats_mann_whitney(doubles(ratios), ratios->len, doubles(control_ratios),
                           control_ratios->len, NULL) < 0.01)
        return ratio.value < 1 ? SAMPLER_FASTER : SAMPLER_SLOWER;
    bool equivalent = ratio.low > 1 - SAMPLER_EQUIVALENCE && ratio.high < 1 + SAMPLER_EQUIVALENCE;
    return equivalent && !excludes_one ? SAMPLER_NO_DIFFERENCE : SAMPLER_BELOW_RESOLUTION;
}

/* ---- session ---- */

typedef struct session {
    const sampler_subject *subjects;
    size_t n_subjects;
    const sampler_plan *plan;
    sampler_result *result;
} session;

static void add_window(sampler_series *series, const window *w)
{
    window_add(&series->total, w);
    double ticks = w->n_ops == 0 ? NAN : (double)w->ticks / (double)w->n_ops;
    g_array_append_val(series->values, ticks);
    if (w->n_ops == 0)
        series->n_dropped++;
    else
        series->n_kept++;
}

static void run_round(const session *s, sampler_order *order, bool keep)
{
    sampler_order_next(order);
    for (size_t i = 0; i < order->n; i++) {
        sampler_series *series = &s->result->series[order->at[i]];
        const sampler_subject *subject = &s->subjects[order->at[i] % s->n_subjects];
        if (series->why != NULL)
            continue;
        window w = {0};
        char *why = NULL;
        if (!subject->run(subject->data, &w, &why))
            series->why = why != NULL ? why : g_strdup("failed");
        else if (keep)
            add_window(series, &w);
    }
}

/* The values without the dropped ones. */
static GArray *kept_values(const sampler_series *series)
{
    GArray *kept = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < series->values->len; i++) {
        if (isfinite(doubles(series->values)[i]))
            g_array_append_val(kept, doubles(series->values)[i]);
    }
    return kept;
}

static stats_interval cost_interval(const sampler_series *series, uint64_t seed)
{
    g_autoptr(GArray) kept = kept_values(series);
    return stats_bootstrap_median(doubles(kept), kept->len, 0.95, seed);
}

static bool all_narrow(const session *s)
{
    for (size_t i = 0; i < s->result->n_series; i++) {
        sampler_series *series = &s->result->series[i];
        if (series->why != NULL)
            continue;
        if (series->n_kept < MIN_FOR_INTERVAL)
            return false;
        stats_interval cost = cost_interval(series, s->plan->seed);
        if (!(cost.high - cost.low <= s->plan->target_width * cost.value))
            return false;
    }
    return true;
}

static void finish_series(sampler_series *series, uint64_t seed)
{
    if (series->n_kept < MIN_FOR_INTERVAL)
        return;
    g_autoptr(GArray) kept = kept_values(series);
    series->cost = stats_bootstrap_median(doubles(kept), kept->len, 0.95, seed);
    series->ns_per_op = series->total.ns / (double)series->total.n_ops;
    series->n_outliers = stats_outliers(doubles(kept), kept->len, NULL);
}

static double elapsed_s(uint64_t since_ns)
{
    return (double)(clock_now_ns() - since_ns) * 1e-9;
}

static void run_rounds(const session *s, uint64_t start_ns)
{
    sampler_order order;
    sampler_order_init(&order, s->result->n_series, s->plan->seed);
    for (size_t i = 0; i < s->plan->n_warm_up; i++)
        run_round(s, &order, false);
    sampler_result *result = s->result;
    while (result->n_rounds < s->plan->max_rounds) {
        run_round(s, &order, true);
        result->n_rounds++;
        if (result->n_rounds < s->plan->min_rounds)
            continue;
        if (s->plan->budget_s > 0 && elapsed_s(start_ns) > s->plan->budget_s)
            break;
        if (result->n_rounds % CHECK_EVERY_ROUNDS == 0 && all_narrow(s)) {
            result->narrow = true;
            break;
        }
    }
    sampler_order_clear(&order);
}

sampler_result *sampler_run(const sampler_subject *subjects, size_t n_subjects,
                            const sampler_plan *plan)
{
    g_assert(n_subjects >= 1 && plan->min_rounds >= MIN_FOR_INTERVAL);
    sampler_result *result = g_new0(sampler_result, 1);
    result->has_control = !plan->without_control;
    result->n_series = n_subjects + (result->has_control ? 1 : 0);
    result->series = g_new0(sampler_series, result->n_series);
    for (size_t i = 0; i < result->n_series; i++) {
        result->series[i].name = subjects[i % n_subjects].name;
        result->series[i].values = g_array_new(FALSE, FALSE, sizeof(double));
    }
    session s = {subjects, n_subjects, plan, result};
    uint64_t start_ns = clock_now_ns();
    run_rounds(&s, start_ns);
    for (size_t i = 0; i < result->n_series; i++)
        finish_series(&result->series[i], plan->seed);
    result->control_ratios = g_array_new(FALSE, FALSE, sizeof(double));
    if (result->has_control) {
        g_array_unref(result->control_ratios);
        result->control_ratios =
            sampler_ratios(result->series[result->n_series - 1].values, result->series[0].values);
    }
    result->resolution = sampler_resolution(result->control_ratios);
    result->elapsed_s = elapsed_s(start_ns);
    g_assert(sampler_is_valid(result));
    return result;
}

bool sampler_is_valid(const sampler_result *result)
{
    for (size_t i = 0; i < result->n_series; i++) {
        const sampler_series *series = &result->series[i];
        uint64_t n_windows = series->n_kept + series->n_dropped;
        bool all_rounds = n_windows == result->n_rounds;
        if (series->values->len != n_windows || n_windows > result->n_rounds ||
            (series->why == NULL && !all_rounds))
            return false;
    }
    return true;
}

void sampler_result_free(sampler_result *result)
{
    if (result == NULL)
        return;
    for (size_t i = 0; i < result->n_series; i++) {
        g_array_unref(result->series[i].values);
        g_free(result->series[i].why);
    }
    g_array_unref(result->control_ratios);
    g_free(result->series);
    g_free(result);
}
