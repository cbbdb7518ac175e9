/* objlab bench, objlab history as a user meets them: exit codes, one-line errors, formats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/bench/bench_result.h"
#include "harness/bench/history.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

typedef struct outcome {
    int status;
    char *out, *err;
} outcome;

static char *folder; /* of this program's files; made by main() */

/* Runs "objlab <words>", words split at blanks. */
static outcome run_objlab(const char *words)
{
    g_autofree char *line = g_strdup_printf("%s/harness/cli/objlab %s", BUILD_DIR, words);
    g_auto(GStrv) argv = g_strsplit(line, " ", -1);
    g_autoptr(GSubprocess) process =
        g_subprocess_newv((const char *const *)argv,
                          G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL);
    assert_non_null(process);
    outcome o = {.status = -1};
    assert_true(g_subprocess_communicate_utf8(process, NULL, NULL, &o.out, &o.err, NULL));
    if (g_subprocess_get_if_exited(process))
        o.status = g_subprocess_get_exit_status(process);
    return o;
}

static void outcome_clear(outcome *o)
{
    g_free(o->out);
    g_free(o->err);
}

static void wrong_usage_is_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *words, *mentions;
    } cases[] = {
        {"bench --clock=sundial", "sundial"},
        {"bench -n 0", "'0'"},
        {"bench -n -5", "'-5'"},
        {"bench -n 1e6", "1e6"},
        {"bench -n 4294967295", "free"},
        {"bench --layout tuple", "tuple"},
        {"bench --format=xml", "xml"},
        {"bench --benchmark_filter=x", "--benchmark_filter"},
        {"bench more", "more"},
        {"bench --save a/b", "a/b"},
        {"bench --seed x", "--seed"},
        {"bench --prove luck", "luck"},
        {"bench --format=gbench --benchmark_format=xml -n 100", "benchmark_format"},
        {"bench --format=gbench --benchmark_filter=nothing -n 100", "--benchmark_filter"},
        {"bench --sweep -n 0", "'0'"},
        {"history more", "more"},
        {"history --figure", "--figure"},
        {"history", "nothing is saved"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        outcome o = run_objlab(cases[i].words);
        assert_int_equal(o.status, 2);
        assert_string_equal(o.out, "");
        assert_true(g_str_has_prefix(o.err, "objlab: "));
        assert_non_null(strstr(o.err, cases[i].mentions));
        assert_ptr_equal(strchr(o.err, '\n'), o.err + strlen(o.err) - 1);
        outcome_clear(&o);
    }
}

static void a_clock_that_is_refused_says_why(void **state)
{
    (void)state;
    static const clock_kind kinds[] = {CLOCK_TSC, CLOCK_CNTVCT, CLOCK_PERF};
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        clock_source clock;
        const char *why = NULL;
        if (clock_open(kinds[i], &clock, &why)) {
            clock_close(&clock);
            continue;
        }
        g_autofree char *words = g_strdup_printf("bench --clock=%s", clock_kind_name(kinds[i]));
        outcome o = run_objlab(words);
        assert_int_equal(o.status, 2);
        assert_non_null(strstr(o.err, why));
        outcome_clear(&o);
    }
}

static void json_is_a_record(void **state)
{
    (void)state;
    outcome o =
        run_objlab("bench --layout slots --allocators -n 3000 --rounds 5 --json --clock=os");
    assert_int_equal(o.status, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(bench_result) result = bench_result_parse(o.out, strlen(o.out), "bench", &error);
    assert_null(error);
    assert_int_equal(result->n_objects, 3000);
    assert_int_equal(result->clock.kind, CLOCK_OS);
    static const char *const figures[] = {"create",         "get",          "set",
                                          "delete",         "destroy_fifo", "destroy_lifo",
                                          "destroy_random", "batch",        "bytes_per_object"};
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++) {
        const bench_figure *ours = bench_result_find(result, figures[i], "slots", "objlab");
        assert_non_null(ours);
        assert_non_null(bench_result_find(result, figures[i], "slots", "malloc"));
        assert_null(bench_result_find(result, figures[i], "dict", "objlab"));
    }
    /* header, type and four values are 48 bytes; whole arenas, so a little more */
    double bytes = bench_result_find(result, "bytes_per_object", "slots", "objlab")->value.value;
    assert_true(bytes >= 48 && bytes < 60);
    assert_non_null(bench_result_find(result, "churn", "", "objlab"));
    assert_true(result->fingerprint.tools->len > 0 && result->fingerprint.environment->len > 0);
    outcome_clear(&o);
}

static void the_table_names_everything(void **state)
{
    (void)state;
    outcome o = run_objlab("bench --layout weakref --rivals -n 2000 --rounds 5 --quick");
    assert_int_equal(o.status, 0);
    static const char *const words[] = {"layout weakref, 2000 objects",
                                        "weakref_create",
                                        "deref",
                                        "95 % interval",
                                        "A/A control",
                                        "overhead",
                                        "objlab"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        assert_non_null(strstr(o.out, words[i]));
    assert_null(strchr(o.out, '\033'));
    assert_non_null(strstr(o.err, "bench: "));
    outcome_clear(&o);
}

/* A rival that was built has figures; one that was not is named as absent. Bytes: what the headers
 * of the two libraries say that an object is made of. */
static void optional_rivals_are_measured_or_named(void **state)
{
    (void)state;
    static const struct {
        const char *subject, *layout;
        double least_bytes;
    } rivals[] = {{"lua", "dict", 56 + 4 * 24}, {"gobject", "slots", 24 + 4 * 8}};
    static const char *const figures[] = {"create", "get", "set", "destroy_fifo"};
    /* so many rounds that on a busy machine a figure keeps one window that was not disturbed */
    outcome o = run_objlab("bench --rivals -n 3000 --rounds 15 --json");
    assert_int_equal(o.status, 0);
    g_autoptr(bench_result) result = bench_result_parse(o.out, strlen(o.out), "bench", NULL);
    assert_non_null(result);
    for (size_t i = 0; i < G_N_ELEMENTS(rivals); i++) {
        g_autofree char *worker =
            g_strdup_printf("%s/harness/bench/objlab-bench-%s", BUILD_DIR, rivals[i].subject);
        bool absent = false;
        for (guint k = 0; k < result->absent->len; k++)
            absent |= g_str_has_prefix(result->absent->pdata[k], rivals[i].subject);
        assert_int_equal(absent, !g_file_test(worker, G_FILE_TEST_EXISTS));
        for (size_t k = 0; !absent && k < G_N_ELEMENTS(figures); k++) {
            const bench_figure *f =
                bench_result_find(result, figures[k], rivals[i].layout, rivals[i].subject);
            assert_non_null(f);
            assert_true(f->n > 0 && f->value.value > 0);
        }
        const bench_figure *bytes =
            bench_result_find(result, "bytes_per_object", rivals[i].layout, rivals[i].subject);
        assert_true(absent || (bytes != NULL && bytes->value.value >= rivals[i].least_bytes));
    }
    outcome_clear(&o);
}

static void google_benchmark_runs_the_same_steps(void **state)
{
    (void)state;
    outcome o = run_objlab("bench --layout slots -n 2000 --format=gbench "
                           "--benchmark_filter=(create|pair|get)/slots/objlab "
                           "--benchmark_repetitions=2 --benchmark_min_time=0.005");
    assert_int_equal(o.status, 0);
    json_t *root = json_loads(o.out, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    bool bytes = false;
    bool growth = false;
    size_t index;
    json_t *b;
    json_array_foreach(json_object_get(root, "benchmarks"), index, b)
    {
        assert_non_null(strstr(json_string_value(json_object_get(b, "name")), "slots/objlab"));
        bytes |= json_number_value(json_object_get(b, "bytes")) >= 48;
        growth |= json_object_get(b, "big_o") != NULL;
    }
    assert_true(bytes && growth);
    json_decref(root);
    outcome_clear(&o);
}

static void saved_results_have_a_history(void **state)
{
    (void)state;
    const char *const layouts[] = {"dict", "slots", "dict"};
    for (int i = 0; i < 3; i++) {
        g_autofree char *command =
            g_strdup_printf("bench --layout %s -n 1000 --rounds 5 --save base", layouts[i]);
        outcome o = run_objlab(command);
        assert_int_equal(o.status, 0);
        outcome_clear(&o);
    }
    outcome o = run_objlab("history --figure create --layout dict");
    assert_int_equal(o.status, 0);
    assert_non_null(strstr(o.out, "base"));
    assert_non_null(strstr(o.out, "create"));
    assert_null(strstr(o.out, "destroy"));
    outcome_clear(&o);
    outcome json = run_objlab("history --json");
    json_t *root = json_loads(json.out, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_array_size(json_object_get(root, "results")), 3);
    json_t *trends = json_object_get(root, "trends");
    assert_true(json_array_size(trends) > 5);
    unsigned n_known = 0;
    for (size_t i = 0; i < json_array_size(trends); i++) {
        const json_t *t = json_array_get(trends, i);
        const json_t *layout = json_object_get(t, "layout");
        bool is_dict = strcmp(json_string_value(layout), "dict") == 0;
        static const char *const parts[] = {"lows", "medians", "highs"};
        double at_end[3];
        for (size_t k = 0; k < 3; k++) {
            const json_t *values = json_object_get(t, parts[k]);
            assert_int_equal(json_array_size(values), 3); /* the second has no dict: a gap */
            for (size_t n = 0; n < 3; n++)
                assert_true((n == 1) != is_dict || json_is_null(json_array_get(values, n)));
            /* on a busy machine all windows of a figure may have been dropped: null, too */
            const json_t *last = json_array_get(values, is_dict ? 2 : 1);
            at_end[k] = json_number_value(last);
            n_known += json_is_number(last);
        }
        assert_true(at_end[0] <= at_end[1] && at_end[1] <= at_end[2]);
    }
    assert_true(n_known > 0);
    json_decref(root);
    outcome_clear(&json);
}

static void the_harness_proves_itself(void **state)
{
    (void)state;
    outcome o = run_objlab("bench --prove overhead");
    assert_int_equal(o.status, 0);
    assert_non_null(strstr(o.out, "empty window"));
    outcome_clear(&o);
    outcome aa = run_objlab("bench --prove aa --tries 2");
    assert_true(aa.status == 0 || aa.status == 1); /* of chance on a busy machine */
    assert_non_null(strstr(aa.out, "A/A, other core under memory traffic"));
    outcome_clear(&aa);
    outcome processes = run_objlab("bench --prove processes --tries 2");
    assert_true(processes.status == 0 || processes.status == 1);
    assert_non_null(strstr(processes.out, "at most 1 %"));
    outcome_clear(&processes);
    outcome planted = run_objlab("bench --prove planted --tries 1");
    assert_true(planted.status == 0 || planted.status == 1);
    assert_non_null(strstr(planted.out, "planted 20 %"));
    outcome_clear(&planted);
}

static void a_sweep_shows_growth(void **state)
{
    (void)state;
    outcome o = run_objlab("bench --sweep --layout slots -n 10000 --quick");
    assert_int_equal(o.status, 0);
    assert_non_null(strstr(o.out, "the whole pass grows as N^"));
    outcome_clear(&o);
    outcome json = run_objlab("bench --sweep --allocators -n 10000 --quick --json");
    assert_int_equal(json.status, 0);
    json_t *root = json_loads(json.out, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_array_size(json_object_get(root, "points")), 3);
    json_decref(root);
    outcome_clear(&json);
}

/* A result with the create time of slots multiplied, in a file. */
static char *write_scaled(const bench_result *result, double factor, const char *name)
{
    bench_figure *f = NULL;
    for (guint i = 0; i < result->figures->len; i++) {
        bench_figure *at = result->figures->pdata[i];
        if (strcmp(at->name, "create") == 0 && strcmp(at->subject, "objlab") == 0)
            f = at;
    }
    g_assert(f != NULL); /* the analyzer knows this one */
    f->n = 5;            /* on a busy machine all its windows may have been dropped */
    f->resolution = 0.02;
    f->value = (stats_interval){10 * factor, 9.99 * factor, 10.01 * factor};
    g_autofree char *json = bench_result_to_json(result);
    char *path = g_build_filename(folder, name, NULL);
    assert_true(g_file_set_contents(path, json, -1, NULL));
    return path;
}

static void diff_judges_saved_results_and_files(void **state)
{
    (void)state;
    outcome o = run_objlab("bench --layout slots -n 1000 --rounds 5 --json --save first");
    g_autoptr(bench_result) result = bench_result_parse(o.out, strlen(o.out), "bench", NULL);
    assert_non_null(result);
    outcome_clear(&o);
    g_autofree char *base = write_scaled(result, 1, "base.json");
    g_autofree char *slower = write_scaled(result, 1.2, "slower.json");
    g_autofree char *faster = write_scaled(result, 0.8, "faster.json");
    struct {
        const char *before, *after, *mentions;
        int status;
    } cases[] = {
        {base, slower, "regressed", 1},
        {base, faster, "improved", 0},
        {base, base, "0 improved, 0 regressed", 0},
        {"first", "first", "0 regressed", 0},
        {base, "--json " /* and the same */, "\"regressed\": 0", 0},
        {"--threshold=25", NULL, "1 regressed", 0},
        {"--threshold=15", NULL, "1 regressed", 1},
        {"--threshold=many", NULL, "", 2},
        {"--threshold=-1", NULL, "", 2},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        bool json = cases[i].after != NULL && g_str_has_prefix(cases[i].after, "--json");
        g_autofree char *words =
            cases[i].after == NULL
                ? g_strdup_printf("diff %s %s %s", cases[i].before, base, slower)
                : g_strdup_printf("diff %s%s %s", json ? "--json " : "", cases[i].before,
                                  json ? cases[i].before : cases[i].after);
        outcome d = run_objlab(words);
        assert_int_equal(d.status, cases[i].status);
        assert_non_null(strstr(d.out, cases[i].mentions));
        outcome_clear(&d);
    }
    g_autofree char *unknown = g_strdup_printf("diff %s nowhere", base);
    outcome d = run_objlab(unknown);
    assert_int_equal(d.status, 2);
    assert_non_null(strstr(d.err, "nowhere"));
    outcome_clear(&d);
}

/* Ctrl-C in the middle: one line, no table, no worker left. */
static void an_interrupt_ends_everything(void **state)
{
    (void)state;
    g_autofree char *objlab = g_build_filename(BUILD_DIR, "harness/cli/objlab", NULL);
    g_autoptr(GSubprocess) process = g_subprocess_new(
        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL, objlab, "bench",
        "--layout", "slots", "-n", "100000", "--rounds", "31", NULL);
    assert_non_null(process);
    g_usleep(700000);
    g_subprocess_send_signal(process, 2);
    g_autofree char *out = NULL;
    g_autofree char *err = NULL;
    assert_true(g_subprocess_communicate_utf8(process, NULL, NULL, &out, &err, NULL));
    assert_true(g_subprocess_get_if_exited(process));
    assert_int_equal(g_subprocess_get_exit_status(process), 3);
    assert_string_equal(out, "");
    assert_non_null(strstr(err, "interrupted"));
}

static void remove_folder(void)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        (void)g_remove(path);
    }
    if (dir != NULL)
        g_dir_close(dir);
    (void)g_rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_usage_is_one_line),
        cmocka_unit_test(a_clock_that_is_refused_says_why),
        cmocka_unit_test(json_is_a_record),
        cmocka_unit_test(the_table_names_everything),
        cmocka_unit_test(optional_rivals_are_measured_or_named),
        cmocka_unit_test(google_benchmark_runs_the_same_steps),
        cmocka_unit_test(saved_results_have_a_history),
        cmocka_unit_test(diff_judges_saved_results_and_files),
        cmocka_unit_test(the_harness_proves_itself),
        cmocka_unit_test(a_sweep_shows_growth),
        cmocka_unit_test(an_interrupt_ends_everything),
    };
    folder = g_dir_make_tmp("objlab-cmd-bench-XXXXXX", NULL);
    g_autofree char *database = g_build_filename(folder, "history.sqlite", NULL);
    if (folder == NULL || !g_setenv("OBJLAB_HISTORY", database, TRUE))
        return 3;
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder();
    g_free(folder);
    return result;
}
