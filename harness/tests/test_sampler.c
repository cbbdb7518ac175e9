/* sampler.h, slope.h on made-up clocks: known costs, known disturbances, seeded noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/measure/sampler.h"
#include "harness/measure/slope.h"

#include <math.h>
#include <string.h>

/* ---- order ---- */

static void orders_are_balanced_permutations(void **state)
{
    (void)state;
    enum { N = 5, N_ROUNDS = 2000 };
    sampler_order order;
    sampler_order_init(&order, N, 3);
    size_t position_sum[N] = {0};
    for (int round = 0; round < N_ROUNDS; round++) {
        sampler_order_next(&order);
        unsigned seen = 0;
        for (size_t i = 0; i < N; i++) {
            seen |= 1U << order.at[i];
            position_sum[order.at[i]] += i;
        }
        assert_int_equal(seen, (1U << N) - 1);
    }
    for (size_t i = 0; i < N; i++) /* forward and backward: exactly in the middle on average */
        assert_int_equal(position_sum[i], (N - 1) * N_ROUNDS / 2);
    sampler_order_clear(&order);
}

/* ---- sessions on made-up subjects ---- */

typedef struct fake {
    double cost;        /* ticks an operation */
    double noise;       /* relative, uniform */
    uint64_t *random;   /* shared by all subjects */
    unsigned drop_each; /* every such window is dropped; 0: none */
    unsigned fail_at;   /* fails at this window; 0: never */
    unsigned n_windows;
} fake;

static bool run_fake(void *data, window *ret_window, char **ret_why)
{
    fake *f = data;
    f->n_windows++;
    if (f->fail_at != 0 && f->n_windows >= f->fail_at) {
        *ret_why = g_strdup("killed by signal 11");
        return false;
    }
    *ret_window = (window){0};
    if (f->drop_each != 0 && f->n_windows % f->drop_each == 0) {
        ret_window->n_dropped_switched = 1;
        return true;
    }
    double unit = (double)(stats_random(f->random) >> 11) / 9007199254740992.0; /* 2^53 */
    ret_window->n_ops = 100000;
    ret_window->n_chunks = 1;
    ret_window->ticks = (uint64_t)(f->cost * (1 + f->noise * (unit - 0.5)) * 100000);
    ret_window->ns = (double)ret_window->ticks / 2;
    return true;
}

static void a_session_counts_everything(void **state)
{
    (void)state;
    uint64_t random = 11;
    fake a = {.cost = 10, .noise = 0.02, .random = &random, .drop_each = 7};
    fake b = {.cost = 11, .noise = 0.02, .random = &random};
    fake c = {.cost = 5, .random = &random, .fail_at = 9};
    const sampler_subject subjects[] = {
        {"a", run_fake, &a}, {"b", run_fake, &b}, {"c", run_fake, &c}};
    const sampler_plan plan = {
        .n_warm_up = 3, .min_rounds = 40, .max_rounds = 200, .target_width = 0.02, .seed = 5};
    g_autoptr(sampler_result) result = sampler_run(subjects, 3, &plan);
    assert_true(sampler_is_valid(result));
    assert_int_equal(result->n_series, 4);
    assert_true(result->has_control && result->narrow && result->n_rounds < 200);
    const sampler_series *series = result->series;
    assert_int_equal(series[0].n_kept + series[0].n_dropped, result->n_rounds);
    assert_int_equal(series[0].n_dropped, series[0].total.n_dropped_switched);
    assert_true(series[0].n_dropped + series[3].n_dropped > 0);
    assert_int_equal(series[1].n_dropped, 0);
    assert_string_equal(series[2].why, "killed by signal 11");
    assert_null(series[1].why);
    assert_true(fabs(series[0].cost.value - 10) < 0.1 && fabs(series[1].cost.value - 11) < 0.11);
    assert_true(fabs(series[1].ns_per_op - 5.5) < 0.055);
    assert_true(result->resolution > 0 && result->resolution < 0.02);
}

static sampler_verdict compare_two(const sampler_result *r)
{
    g_autoptr(GArray) ratios = sampler_ratios(r->series[1].values, r->series[0].values);
    return sampler_compare(ratios, r->control_ratios, NULL);
}

static void differences_are_found_and_none_is_invented(void **state)
{
    (void)state;
    uint64_t random = 1;
    const double factors[] = {1.0, 1.05, 1.2, 0.95};
    const sampler_verdict expected[] = {SAMPLER_NO_DIFFERENCE, SAMPLER_SLOWER, SAMPLER_SLOWER,
                                        SAMPLER_FASTER};
    for (size_t i = 0; i < G_N_ELEMENTS(factors); i++) {
        size_t n_wrong = 0;
        for (uint64_t try = 0; try < 20; try++) {
            fake a = {.cost = 10, .noise = 0.015, .random = &random};
            fake b = {.cost = 10 * factors[i], .noise = 0.015, .random = &random};
            const sampler_subject subjects[] = {{"a", run_fake, &a}, {"b", run_fake, &b}};
            const sampler_plan plan = {.min_rounds = 60, .max_rounds = 60, .seed = try + 1};
            g_autoptr(sampler_result) r = sampler_run(subjects, 2, &plan);
            sampler_verdict verdict = compare_two(r);
            n_wrong += verdict == expected[i] ? 0 : 1;
        }
        assert_true(n_wrong <= 1);
    }
}

/* Three times as fast is as plain as three times as slow, also where the control is off by half. */
static void fast_and_slow_are_judged_alike(void **state)
{
    (void)state;
    g_autoptr(GArray) faster = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) slower = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) control = g_array_new(FALSE, FALSE, sizeof(double));
    for (int i = 0; i < 16; i++) {
        double third = 1.0 / 3 + i * 1e-4;
        double three = 1 / third;
        double noise = i % 2 == 0 ? 1.5 : 1 / 1.5;
        g_array_append_val(faster, third);
        g_array_append_val(slower, three);
        g_array_append_val(control, noise);
    }
    double expected = 0.8051367528683481; /* e^(t(10.5) sqrt(pi/2) 1.4826 ln 1.5 / 4) - 1, SciPy */
    assert_true(fabs(sampler_resolution(control) - expected) < 1e-7);
    assert_int_equal(sampler_compare(faster, control, NULL), SAMPLER_FASTER);
    assert_int_equal(sampler_compare(slower, control, NULL), SAMPLER_SLOWER);
}

/* One round in nine in which the control was struck hides no difference of a third. */
static void a_disturbed_round_hides_nothing(void **state)
{
    (void)state;
    g_autoptr(GArray) ratios = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) control = g_array_new(FALSE, FALSE, sizeof(double));
    for (int i = 0; i < 9; i++) {
        double third = 0.35 * (1 + 0.01 * (i % 3));
        double same = i == 4 ? 3.9 : 1 + 0.02 * (i % 3 - 1);
        g_array_append_val(ratios, third);
        g_array_append_val(control, same);
    }
    assert_true(sampler_resolution(control) < 0.05);
    assert_int_equal(sampler_compare(ratios, control, NULL), SAMPLER_FASTER);
}

/* What is too noisy to tell must not be called "no difference". */
static void ignorance_is_not_called_equality(void **state)
{
    (void)state;
    uint64_t random = 9;
    fake a = {.cost = 10, .noise = 0.5, .random = &random};
    fake b = {.cost = 10.2, .noise = 0.5, .random = &random};
    const sampler_subject subjects[] = {{"a", run_fake, &a}, {"b", run_fake, &b}};
    const sampler_plan plan = {.min_rounds = 20, .max_rounds = 20, .seed = 2};
    g_autoptr(sampler_result) r = sampler_run(subjects, 2, &plan);
    assert_int_equal(compare_two(r), SAMPLER_BELOW_RESOLUTION);
}

/* ---- slope ---- */

typedef struct runs {
    double start_up[2], per_object[2];
    uint64_t random;
    size_t n_void;  /* the first so many runs are void */
    size_t lose_at; /* run number at which subject 1 is lost; 0: never */
    size_t n_runs;
} runs;

static slope_outcome run_made_up(size_t subject, uint64_t n_objects, void *user, double *ret_cost)
{
    runs *r = user;
    r->n_runs++;
    if (r->n_runs <= r->n_void)
        return SLOPE_RUN_VOID;
    if (subject == 1 && r->lose_at != 0 && r->n_runs >= r->lose_at)
        return SLOPE_RUN_LOST;
    double noise = (double)(stats_random(&r->random) % 2001) / 1000 - 1; /* -1 .. 1 */
    *ret_cost =
        r->start_up[subject] + r->per_object[subject] * (double)n_objects * (1 + 0.001 * noise);
    return SLOPE_RUN_OK;
}

static void slope_leaves_start_up_out(void **state)
{
    (void)state;
    runs r = {.start_up = {5e6, 9e6}, .per_object = {40, 60}, .random = 1, .n_void = 2};
    const slope_plan plan = {
        .n_objects = 100000, .n_subjects = 2, .n_pairs = 15, .n_retries = 3, .seed = 4};
    g_autoptr(slope_result) result = slope_measure(&plan, run_made_up, &r);
    assert_int_equal(result->series[0].n_pairs, 15);
    assert_int_equal(result->series[1].n_pairs, 15);
    assert_int_equal(result->series[0].n_void + result->series[1].n_void, 2);
    assert_true(fabs(result->series[0].cost.value - 40) < 0.4);
    assert_true(fabs(result->series[1].ratio.value - 1.5) < 0.02);
    assert_true(result->series[1].ratio.low > 1.4 && result->series[1].p_value < 0.001);
    assert_true(fabs(result->series[1].at_zero.value - 9e6) < 1e5);
}

static void a_lost_subject_does_not_stop_the_rest(void **state)
{
    (void)state;
    runs r = {.per_object = {40, 60}, .random = 1, .lose_at = 10};
    const slope_plan plan = {.n_objects = 1000, .n_subjects = 2, .n_pairs = 9, .seed = 4};
    g_autoptr(slope_result) result = slope_measure(&plan, run_made_up, &r);
    assert_true(result->series[1].lost && result->series[1].n_pairs < 9);
    assert_int_equal(result->series[0].n_pairs, 9);
    runs all_void = {.per_object = {40, 60}, .n_void = SIZE_MAX};
    g_autoptr(slope_result) none = slope_measure(&plan, run_made_up, &all_void);
    assert_int_equal(none->series[0].n_pairs, 0);
    assert_false(none->series[0].lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_are_balanced_permutations),
        cmocka_unit_test(a_session_counts_everything),
        cmocka_unit_test(differences_are_found_and_none_is_invented),
        cmocka_unit_test(fast_and_slow_are_judged_alike),
        cmocka_unit_test(a_disturbed_round_hides_nothing),
        cmocka_unit_test(ignorance_is_not_called_equality),
        cmocka_unit_test(slope_leaves_start_up_out),
        cmocka_unit_test(a_lost_subject_does_not_stop_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
