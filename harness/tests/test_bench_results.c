/* Results of the benchmark against each other: goals, differences, a history that keeps its gaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/bench/bench_diff.h"
#include "harness/bench/bench_goals.h"
#include "harness/bench/bench_result.h"
#include "harness/bench/history.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

/* A result of one subject with the given medians, intervals of one percent, on a made-up machine.
 */
static bench_result *made_up_result(const double *medians, size_t n, double resolution)
{
    bench_result *r = bench_result_new();
    r->clock = (clock_source){.kind = CLOCK_OS, .ns_per_tick = 1, .resolution_ticks = 1};
    r->fingerprint.cpu = g_strdup("made up");
    for (size_t i = 0; i < n; i++) {
        bench_figure *f = g_new0(bench_figure, 1);
        f->name = g_strdup_printf("figure_%zu", i);
        f->layout = g_strdup("slots");
        f->subject = g_strdup("objlab");
        f->unit = g_strdup("ns");
        f->n = 11;
        f->value = (stats_interval){medians[i], medians[i] * 0.998, medians[i] * 1.002};
        f->resolution = resolution;
        g_ptr_array_add(r->figures, f);
    }
    return r;
}

static bench_figure *made_up_figure(bench_result *r, const char *layout, const char *name,
                                    double value, double ratio, const char *to)
{
    bench_figure *f = g_new0(bench_figure, 1);
    f->name = g_strdup(name);
    f->layout = g_strdup(layout);
    f->subject = g_strdup("objlab");
    f->unit = g_strdup("ns");
    f->n = 11;
    f->value = (stats_interval){value, value * 0.99, value * 1.01};
    f->ratio = (stats_interval){ratio, ratio * 0.9, ratio * 1.1};
    f->ratio_to = g_strdup(to);
    f->verdict = to == NULL ? NULL : g_strdup("faster");
    g_ptr_array_add(r->figures, f);
    return f;
}

/* slots create: 20 ns were aimed at where CPython took 42.7. */
static void goals_are_ratios_of_the_same_run(void **state)
{
    (void)state;
    const double goal = 20 / 42.7;
    const struct {
        double ratio;
        bench_outcome outcome;
    } cases[] = {{goal * 0.9, BENCH_GOAL_MET},
                 {goal * 1.05, BENCH_GOAL_UNDECIDED},
                 {goal * 1.2, BENCH_GOAL_MISSED}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(bench_result) r = bench_result_new();
        bench_goal g;
        const bench_figure *create =
            made_up_figure(r, "slots", "create", 30, cases[i].ratio, "cpython");
        assert_true(bench_goal_of(r, create, &g));
        assert_int_equal(g.outcome, cases[i].outcome);
        assert_true(fabs(g.goal - goal) < 1e-12);
        /* to its own creating without the collector: 44 over 30 is within 1.5, and 50 is not */
        const bench_figure *collected =
            made_up_figure(r, "slots", "create_collected", 44, 0.1, "cpython");
        assert_true(bench_goal_of(r, collected, &g));
        assert_string_equal(g.to, "create");
        assert_int_equal(g.outcome, BENCH_GOAL_MET);
        assert_true(bench_goal_of(
            r, made_up_figure(r, "slots", "create_collected", 50, 0.1, "cpython"), &g));
        assert_int_equal(g.outcome, BENCH_GOAL_MISSED);
        assert_true(bench_goal_of(r, made_up_figure(r, "", "churn", 8, 1.2, "tcmalloc"), &g));
        assert_true(g.goal == 1 && g.outcome == BENCH_GOAL_MISSED);
        assert_false(bench_goal_of(r, made_up_figure(r, "slots", "batch", 8, 0.2, "malloc"), &g));
        assert_false(bench_goal_of(r, made_up_figure(r, "slots", "batch", 8, 0, NULL), &g));
        const bench_figure *resident =
            made_up_figure(r, "", "bytes_kept_resident", 43, 40, "cpython");
        assert_false(bench_goal_of(r, resident, &g));
        g_autofree char *table = bench_result_to_table(r, false);
        assert_non_null(strstr(table, "of 4 met"));
    }
}

static bench_change change_of(const bench_diff *diff, guint i)
{
    return g_array_index(diff->rows, bench_diff_row, i).change;
}

static void differences_between_results_are_judged(void **state)
{
    (void)state;
    const double old_medians[] = {10, 10, 10, 10, 10};
    const double new_medians[] = {9, 11, 10, 10.1, 10, 5};
    g_autoptr(bench_result) before = made_up_result(old_medians, 5, 0.02);
    g_autoptr(bench_result) after = made_up_result(new_medians, 6, 0.02);
    bench_figure *failed = after->figures->pdata[4];
    failed->n = 0;
    failed->why = g_strdup("crashed");
    g_autoptr(GError) error = NULL;
    g_autoptr(bench_diff) diff = bench_diff_new(before, after, "objlab", &error);
    assert_null(error);
    assert_int_equal(diff->rows->len, 6);
    assert_int_equal(change_of(diff, 0), BENCH_IMPROVED);
    assert_int_equal(change_of(diff, 1), BENCH_REGRESSED);
    assert_int_equal(change_of(diff, 2), BENCH_NO_DIFFERENCE);
    assert_int_equal(change_of(diff, 3), BENCH_BELOW_RESOLUTION); /* 1 %, and 2 % is visible */
    assert_int_equal(change_of(diff, 4), BENCH_ONLY_OLD);
    assert_int_equal(change_of(diff, 5), BENCH_ONLY_NEW);
    assert_int_equal(diff->n_improved, 1);
    assert_int_equal(diff->n_regressed, 1);
    g_autofree char *json = bench_diff_to_json(diff);
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_array_size(json_object_get(root, "figures")), 6);
    json_decref(root);
    g_autofree char *table = bench_diff_to_table(diff, false);
    assert_non_null(strstr(table, "1 improved, 1 regressed, of 6 figures"));
}

/* A count that was 0: 0 again is no difference, what its resolution shows is a regression, what is
 * too small to claim, or of unknown resolution, is neither. */
static void a_rise_from_nothing_is_judged(void **state)
{
    (void)state;
    const double old_medians[] = {0, 0, 0, 0};
    const double new_medians[] = {0, 5, 5, 5};
    const double resolutions[] = {1, 0.01, 1, 0};
    const bench_change changes[] = {BENCH_NO_DIFFERENCE, BENCH_REGRESSED, BENCH_BELOW_RESOLUTION,
                                    BENCH_BELOW_RESOLUTION};
    g_autoptr(bench_result) before = made_up_result(old_medians, 4, 1);
    g_autoptr(bench_result) after = made_up_result(new_medians, 4, 1);
    for (guint i = 0; i < 4; i++)
        ((bench_figure *)after->figures->pdata[i])->resolution = resolutions[i];
    g_autoptr(bench_diff) diff = bench_diff_new(before, after, "objlab", NULL);
    assert_non_null(diff);
    for (guint i = 0; i < 4; i++)
        assert_int_equal(change_of(diff, i), changes[i]);
    assert_int_equal(diff->n_regressed, 1);
}

static void different_fingerprints_are_refused(void **state)
{
    (void)state;
    const double medians[] = {10};
    g_autoptr(bench_result) before = made_up_result(medians, 1, 0.02);
    g_autoptr(bench_result) after = made_up_result(medians, 1, 0.02);
    g_autoptr(GError) error = NULL;
    after->n_objects = 7;
    assert_null(bench_diff_new(before, after, NULL, &error));
    assert_non_null(strstr(error->message, "N differs"));
    g_clear_error(&error);
    after->clock.kind = CLOCK_TSC;
    assert_null(bench_diff_new(before, after, NULL, &error));
    assert_non_null(strstr(error->message, "clock"));
    g_clear_error(&error);
    g_free(after->fingerprint.cpu);
    after->fingerprint.cpu = g_strdup("another");
    assert_null(bench_diff_new(before, after, NULL, &error));
    assert_non_null(strstr(error->message, "another"));
}

/* ---- history ---- */

/* The state: a path for a database, in a folder of its own. */
static int make_path(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("objlab-bench-XXXXXX", NULL);
    *state = folder != NULL ? g_build_filename(folder, "history.sqlite", NULL) : NULL;
    return *state == NULL;
}

static int remove_path(void **state)
{
    g_autofree char *path = *state;
    g_autofree char *folder = g_path_get_dirname(path);
    return g_remove(path) != 0 || g_rmdir(folder) != 0;
}

static void history_keeps_results(void **state)
{
    const char *path = *state;
    const double medians[][2] = {{10, 4}, {12, 4}, {8, 4}};
    g_autoptr(GError) error = NULL;
    for (size_t i = 0; i < 3; i++) {
        g_autoptr(history) h = history_open(path, &error);
        assert_non_null(h);
        g_autoptr(bench_result) result = made_up_result(medians[i], 2, 0.01);
        assert_true(history_save(h, i == 1 ? "other" : "base", result, &error));
    }
    g_autoptr(history) h = history_open(path, &error);
    g_autoptr(GPtrArray) entries = history_list(h, &error);
    assert_int_equal(entries->len, 3);
    assert_string_equal(((history_entry *)entries->pdata[1])->name, "other");
    g_autoptr(bench_result) latest = history_load(h, "base", &error);
    assert_true(bench_result_find(latest, "figure_0", "slots", "objlab")->value.value == 8);
    assert_null(history_load(h, "absent", &error));
    assert_non_null(strstr(error->message, "absent"));
    g_clear_error(&error);
    g_autoptr(GPtrArray) trends = history_trends(h, "objlab", NULL, NULL, &error);
    assert_int_equal(trends->len, 2);
    const history_trend *t = trends->pdata[0];
    assert_string_equal(t->figure, "figure_0");
    assert_int_equal(t->values->len, 3);
    const stats_interval *other = &g_array_index(t->values, stats_interval, 1);
    assert_true(other->value == 12 && other->low < 12 && other->high > 12);
    assert_true(history_first(t)->value == 10 && history_last(t)->value == 8);
    g_autoptr(GPtrArray) one = history_trends(h, "objlab", "figure_1", "slots", &error);
    assert_int_equal(one->len, 1);
    g_autoptr(GPtrArray) none = history_trends(h, "nobody", NULL, NULL, &error);
    assert_int_equal(none->len, 0);
}

/* Results 1 and 3 have figure_1, 2 and 4 have not: its points keep their places. */
static void a_gap_stays_a_gap(void **state)
{
    const char *path = *state;
    const double medians[][2] = {{10, 4}, {12, 0}, {8, 6}, {9, 0}};
    g_autoptr(GError) error = NULL;
    g_autoptr(history) h = history_open(path, &error);
    for (size_t i = 0; i < 4; i++) {
        g_autoptr(bench_result) result = made_up_result(medians[i], i % 2 == 0 ? 2 : 1, 0.01);
        assert_true(history_save(h, "base", result, &error));
    }
    g_autoptr(GPtrArray) trends = history_trends(h, "objlab", "figure_1", NULL, &error);
    assert_int_equal(trends->len, 1);
    const history_trend *t = trends->pdata[0];
    assert_int_equal(t->values->len, 4);
    assert_int_equal(t->n_known, 2);
    assert_true(isnan(g_array_index(t->values, stats_interval, 1).value));
    assert_true(g_array_index(t->values, stats_interval, 2).value == 6);
    assert_true(history_first(t)->value == 4 && history_last(t)->value == 6);
    g_autofree char *line =
        history_sparkline((const stats_interval *)(const void *)t->values->data, 4);
    assert_string_equal(line, "\u2581 \u2588 ");
}

static void damaged_histories_are_refused(void **state)
{
    const char *path = *state;
    assert_true(g_file_set_contents(path, "this is no database, but long enough to be read as one",
                                    -1, NULL));
    g_autoptr(GError) error = NULL;
    assert_null(history_open(path, &error));
    assert_non_null(strstr(error->message, "history.sqlite"));
    g_clear_error(&error);
    g_autofree char *under_a_file = g_build_filename(path, "below", "x.sqlite", NULL);
    assert_null(history_open(under_a_file, &error));
    assert_non_null(error);
    static const char *const bad[] = {"", "a b", "x/y", "'; DROP TABLE results; --"};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(history_name_is_valid(bad[i]));
    assert_true(history_name_is_valid("2026-11-24_main.1"));
}

static void sparklines_go_from_lowest_to_highest(void **state)
{
    (void)state;
    const stats_interval values[] = {{.value = 1}, {.value = 8}, {.value = 4.5}};
    g_autofree char *line = history_sparkline(values, 3);
    assert_string_equal(line, "\u2581\u2588\u2585");
    g_autofree char *flat = history_sparkline(values, 1);
    assert_string_equal(flat, "\u2581");
    g_autofree char *none = history_sparkline(values, 0);
    assert_string_equal(none, "");
}

#define WITH_PATH(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goals_are_ratios_of_the_same_run),
        cmocka_unit_test(differences_between_results_are_judged),
        cmocka_unit_test(a_rise_from_nothing_is_judged),
        cmocka_unit_test(different_fingerprints_are_refused),
        WITH_PATH(history_keeps_results),
        WITH_PATH(a_gap_stays_a_gap),
        WITH_PATH(damaged_histories_are_refused),
        cmocka_unit_test(sparklines_go_from_lowest_to_highest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
