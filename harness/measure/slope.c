#include "harness/measure/slope.h"

#include "harness/measure/sampler.h"

enum { MIN_PAIRS = 3 };

/* What is under way in slope_measure(). */
typedef struct job {
    const slope_plan *plan;
    slope_run *run;
    void *user;
    slope_result *result;
    GArray **single; /* [n_subjects] of double: cost at N of each pair */
    size_t n_retries_left;
} job;

/* One run, repeated while it is void and retries are left. False: no cost. */
static bool run_once(job *j, size_t subject, uint64_t n_objects, double *ret_cost)
{
    slope_series *series = &j->result->series[subject];
    while (!series->lost) {
        slope_outcome outcome = j->run(subject, n_objects, j->user, ret_cost);
        if (outcome == SLOPE_RUN_OK)
            return true;
        if (outcome == SLOPE_RUN_LOST) {
            series->lost = true;
        } else {
            series->n_void++;
            if (j->n_retries_left == 0)
                return false;
            j->n_retries_left--;
        }
    }
    return false;
}

/* N and 2N in either order, so that neither always follows the other. */
static void run_pair(job *j, size_t subject, bool double_first)
{
    double cost[2];
    uint64_t n = j->plan->n_objects;
    for (int i = 0; i < 2; i++) {
        bool twice = (i == 0) == double_first;
        if (!run_once(j, subject, twice ? 2 * n : n, &cost[twice ? 1 : 0]))
            return;
    }
    double slope = (cost[1] - cost[0]) / (double)n;
    g_array_append_val(j->result->series[subject].per_object, slope);
    g_array_append_val(j->single[subject], cost[0]);
    j->result->series[subject].n_pairs++;
}

static const double *doubles(const GArray *values)
{
    return (const double *)(const void *)values->data;
}

static void finish_series(job *j, size_t subject)
{
    slope_series *series = &j->result->series[subject];
    const slope_series *base = &j->result->series[0];
    if (series->n_pairs < MIN_PAIRS)
        return;
    const double *slopes = doubles(series->per_object);
    size_t n = series->n_pairs;
    series->cost = stats_bootstrap_median(slopes, n, 0.95, j->plan->seed);
    double *rest = g_new(double, n);
    for (size_t i = 0; i < n; i++)
        rest[i] = doubles(j->single[subject])[i] - slopes[i] * (double)j->plan->n_objects;
    series->at_zero = stats_bootstrap_median(rest, n, 0.95, j->plan->seed);
    g_free(rest);
    if (base->n_pairs < MIN_PAIRS)
        return;
    series->ratio = stats_bootstrap_ratio(slopes, n, doubles(base->per_object), base->n_pairs, 0.95,
                                          j->plan->seed);
    series->p_value = stats_mann_whitney(slopes, n, doubles(base->per_object), base->n_pairs, NULL);
}

slope_result *slope_measure(const slope_plan *plan, slope_run *run, void *user)
{
    g_assert(plan->n_subjects >= 1 && plan->n_objects >= 1 && plan->n_pairs >= MIN_PAIRS);
    slope_result *result = g_new0(slope_result, 1);
    result->n_subjects = plan->n_subjects;
    result->series = g_new0(slope_series, plan->n_subjects);
    job j = {plan, run, user, result, g_new(GArray *, plan->n_subjects), plan->n_retries};
    for (size_t i = 0; i < plan->n_subjects; i++) {
        result->series[i].per_object = g_array_new(FALSE, FALSE, sizeof(double));
        j.single[i] = g_array_new(FALSE, FALSE, sizeof(double));
    }
    uint64_t start_ns = clock_now_ns();
    sampler_order order;
    sampler_order_init(&order, plan->n_subjects, plan->seed);
    for (size_t round = 0; round < plan->n_pairs; round++) {
        double elapsed_s = (double)(clock_now_ns() - start_ns) * 1e-9;
        if (round >= MIN_PAIRS && plan->budget_s > 0 && elapsed_s > plan->budget_s)
            break;
        sampler_order_next(&order);
        for (size_t i = 0; i < order.n; i++)
            run_pair(&j, order.at[i], (round / 2 + order.at[i]) % 2 == 0);
    }
    sampler_order_clear(&order);
    for (size_t i = 0; i < plan->n_subjects; i++)
        finish_series(&j, i);
    for (size_t i = 0; i < plan->n_subjects; i++)
        g_array_unref(j.single[i]);
    g_free(j.single);
    return result;
}

void slope_result_free(slope_result *result)
{
    if (result == NULL)
        return;
    for (size_t i = 0; i < result->n_subjects; i++)
        g_array_unref(result->series[i].per_object);
    g_free(result->series);
    g_free(result);
}
