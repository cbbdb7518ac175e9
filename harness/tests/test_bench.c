/*
 * The benchmark: workers that crash, hang and lie, results that come back from JSON as they went,
 * Google Benchmark's JSON. No time is ever asserted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/bench/bench_result.h"
#include "harness/bench/bench_session.h"
#include "harness/bench/gbench.h"
#include "harness/bench/prove.h"
#include "harness/bench/sweep.h"
#include "harness/measure/machine.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

static char *folder; /* of this program's files; made by main() */

/* ---- workers ---- */

static remote_settings settings_of(size_t n)
{
    clock_source clock;
    const char *why = NULL;
    assert_true(clock_open(CLOCK_AUTO, &clock, &why));
    return (remote_settings){
        .clock = clock, .n = n, .n_windows = 3, .seed = 1, .cpu = -1, .step_limit_s = 30};
}

/* A worker made of shell: it answers "steps", and does `body` for "run ...". */
static char *make_worker(const char *name, const char *body)
{
    char *path = g_build_filename(folder, name, NULL);
    g_autofree char *script = g_strdup_printf(
        "#!/bin/sh\necho ready\nwhile read -r word rest; do\n"
        "if [ \"$word\" = steps ]; then echo 'pair - ns 0'; echo 'bytes_per_block - bytes 0'; echo "
        "end\nelse\n%s\nfi\ndone\n",
        body);
    assert_true(g_file_set_contents(path, script, -1, NULL));
    assert_int_equal(g_chmod(path, 0700), 0);
    return path;
}

static void real_workers_answer_every_step(void **state)
{
    (void)state;
    static const char *const workers[] = {
        "objlab-bench-alloc",   "objlab-bench-objects",  "objlab-bench-objects-malloc",
        "objlab-bench-cpython", "objlab-bench-solution", "objlab-bench-solution-malloc"};
    remote_settings settings = settings_of(1500);
    for (size_t i = 0; i < G_N_ELEMENTS(workers); i++) {
        g_autofree char *path = g_build_filename(BUILD_DIR, "harness/bench", workers[i], NULL);
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            continue;
        g_autoptr(remote) r = remote_start(path, NULL, &settings);
        const GPtrArray *steps = remote_steps(r);
        assert_non_null(steps);
        assert_true(steps->len >= 10);
        for (guint k = 0; k < steps->len; k++) {
            const remote_step *step = steps->pdata[k];
            g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(remote_value));
            assert_true(remote_run(r, k, values));
            assert_true(values->len >= 1);
            for (guint v = 0; v < values->len; v++) {
                const remote_value *value = &g_array_index(values, remote_value, v);
                bool timed = strcmp(step->unit, "ns") == 0;
                assert_true(value->value >= 0 && value->ticks >= 0);
                assert_true(value->counts.n_ops > 0 || window_n_dropped(&value->counts) > 0);
                assert_true(timed || value->ticks == 0);
            }
        }
        assert_true(remote_is_alive(r) && remote_why(r) == NULL);
    }
}

static void worker_failures_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *body, *why;
    } cases[] = {
        {"kill -SEGV $$", "signal 11"},
        {"exit 7", "exit status 7"},
        {"echo fail no memory", "no memory"},
        {"echo ok 2; echo 1 2 3", "cannot be read"},
        {"echo ok 1; echo nan 1 1 1 0 0 0 0 0 0 0", "cannot be read"},
        {"echo ok 99999999999", "cannot be read"},
        {"echo PASS", "cannot be read"},
        {"sleep 100", "hung"},
        {"while :; do echo -n xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
         "floods"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = make_worker("failing", cases[i].body);
        remote_settings settings = settings_of(10);
        settings.step_limit_s = strcmp(cases[i].why, "hung") == 0 ? 0.5 : 20;
        g_autoptr(remote) r = remote_start(path, NULL, &settings);
        assert_int_equal(remote_steps(r)->len, 2);
        g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(remote_value));
        assert_false(remote_run(r, 0, values));
        assert_non_null(strstr(remote_why(r), cases[i].why));
        assert_true(remote_is_alive(r) == (strcmp(cases[i].why, "no memory") == 0));
    }
    remote_settings settings = settings_of(10);
    g_autoptr(remote) absent = remote_start("/nonexistent/worker", NULL, &settings);
    assert_false(remote_is_alive(absent));
    assert_null(remote_steps(absent));
    g_autoptr(remote) other = remote_start("/bin/echo", NULL, &settings);
    assert_false(remote_is_alive(other));
    assert_non_null(remote_why(other));
}

/* ---- sessions ---- */

static bench_subject fake_subject(const char *name, char *program)
{
    return (bench_subject){
        .name = g_strdup(name), .program = program, .groups = SUBJECTS_ALLOCATORS};
}

/* Three subjects with fixed answers and one that crashes: the others' figures stand. */
static bench_session *run_fakes(GPtrArray *subjects)
{
    bench_plan plan = {.settings = settings_of(10),
                       .subjects = subjects,
                       .allocators = true,
                       .min_rounds = 6,
                       .max_rounds = 6};
    g_autoptr(GError) error = NULL;
    bench_session *session = bench_session_run(&plan, &error);
    assert_null(error);
    assert_non_null(session);
    return session;
}

#define ANSWER(value) "echo ok 1; echo " value " 5 100 1 0 0 0 0 0 0 0"

static bench_result *result_of_fakes(void)
{
    bench_subject fakes[] = {
        fake_subject("ours", make_worker("ours", ANSWER("10"))),
        fake_subject("better", make_worker("better", ANSWER("8"))),
        fake_subject("same", make_worker("same", ANSWER("10.01"))),
        fake_subject("broken", make_worker("broken", "kill -ABRT $$")),
    };
    g_autoptr(GPtrArray) subjects = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(fakes); i++)
        g_ptr_array_add(subjects, &fakes[i]);
    g_autoptr(bench_session) session = run_fakes(subjects);
    assert_int_equal(session->n_rounds, 6);
    bench_result *result = bench_result_new();
    bench_result_add(result, session, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(fakes); i++) {
        g_free(fakes[i].name);
        g_free(fakes[i].program);
    }
    return result;
}

static void a_crashing_rival_keeps_its_row(void **state)
{
    (void)state;
    g_autoptr(bench_result) result = result_of_fakes();
    const bench_figure *broken = bench_result_find(result, "pair", "", "broken");
    assert_int_equal(broken->n, 0);
    assert_non_null(strstr(broken->why, "signal 6"));
    const bench_figure *ours = bench_result_find(result, "pair", "", "ours");
    assert_int_equal(ours->n, 6);
    assert_true(ours->value.value == 10 && ours->ticks.value == 5);
    assert_string_equal(ours->ratio_to, "better");
    assert_true(fabs(ours->ratio.value - 1.25) < 1e-12);
    assert_string_equal(ours->verdict, "slower");
    assert_null(bench_result_find(result, "pair", "", "nobody"));
    g_autofree char *why = NULL;
    assert_true(bench_result_is_valid(result, &why));
    g_autofree char *table = bench_result_to_table(result, false);
    assert_non_null(strstr(table, "broken"));
    assert_non_null(strstr(table, "failed"));
    assert_null(strchr(table, '\033'));
}

static void the_named_rival_is_compared(void **state)
{
    (void)state;
    bench_subject fakes[] = {fake_subject("ours", make_worker("ours", ANSWER("10"))),
                             fake_subject("better", make_worker("better", ANSWER("8"))),
                             fake_subject("same", make_worker("same", ANSWER("10.01")))};
    g_autoptr(GPtrArray) subjects = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(fakes); i++)
        g_ptr_array_add(subjects, &fakes[i]);
    g_autoptr(bench_session) session = run_fakes(subjects);
    g_autoptr(bench_result) result = bench_result_new();
    bench_result_add(result, session, "same");
    const bench_figure *ours = bench_result_find(result, "pair", "", "ours");
    assert_string_equal(ours->ratio_to, "same");
    assert_string_equal(ours->verdict, "faster"); /* without noise, 0.1 % is visible */
    /* what is cheaper and our own, too, is no rival where there is one */
    fakes[2].is_rival = true;
    g_autoptr(bench_session) again = run_fakes(subjects);
    g_autoptr(bench_result) with_rival = bench_result_new();
    bench_result_add(with_rival, again, NULL);
    assert_string_equal(bench_result_find(with_rival, "pair", "", "ours")->ratio_to, "same");
    for (size_t i = 0; i < G_N_ELEMENTS(fakes); i++) {
        g_free(fakes[i].name);
        g_free(fakes[i].program);
    }
}

static void free_fakes(bench_subject *fakes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_free(fakes[i].name);
        g_free(fakes[i].program);
    }
}

/* Ours, its control and the rival are in all rounds; another in every second, in its places. */
static void others_sit_out_every_second_round(void **state)
{
    (void)state;
    bench_subject fakes[] = {fake_subject("ours", make_worker("ours", ANSWER("10"))),
                             fake_subject("other", make_worker("better", ANSWER("8"))),
                             fake_subject("rival", make_worker("same", ANSWER("20")))};
    g_autoptr(GPtrArray) subjects = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(fakes); i++)
        g_ptr_array_add(subjects, &fakes[i]);
    bench_plan plan = {.settings = settings_of(10),
                       .subjects = subjects,
                       .allocators = true,
                       .rival = "rival",
                       .min_rounds = 6,
                       .max_rounds = 6};
    g_autoptr(bench_session) session = bench_session_run(&plan, NULL);
    assert_int_equal(bench_session_find(session, "pair", "", "ours", false)->n_rounds, 6);
    assert_int_equal(bench_session_find(session, "pair", "", "ours", true)->n_rounds, 6);
    assert_int_equal(bench_session_find(session, "pair", "", "rival", false)->n_rounds, 6);
    const bench_series *other = bench_session_find(session, "pair", "", "other", false);
    assert_int_equal(other->n_rounds, 3);
    assert_int_equal(other->values->len, 6);
    for (guint i = 0; i < 6; i++)
        assert_true(isnan(g_array_index(other->values, double, i)) == (i % 2 == 1));
    assert_true(other->value.value == 8);
    free_fakes(fakes, G_N_ELEMENTS(fakes));
}

/* Ten rounds at the least, of a second or more, in one second: it ends all the same, and what was
 * not reached says so. */
static void the_limit_ends_a_session(void **state)
{
    (void)state;
    bench_subject fakes[] = {fake_subject("ours", make_worker("ours", "sleep 0.4; " ANSWER("10")))};
    g_autoptr(GPtrArray) subjects = g_ptr_array_new();
    g_ptr_array_add(subjects, &fakes[0]);
    bench_plan plan = {.settings = settings_of(10),
                       .subjects = subjects,
                       .allocators = true,
                       .limit_s = 1,
                       .min_rounds = 10,
                       .max_rounds = 10};
    g_autoptr(bench_session) session = bench_session_run(&plan, NULL);
    assert_true(session->n_rounds < 10);
    g_autoptr(bench_result) result = bench_result_new();
    bench_result_add(result, session, NULL);
    g_autofree char *why = NULL;
    assert_true(bench_result_is_valid(result, &why));
    plan.limit_s = 1e-9; /* up before the first step */
    g_autoptr(bench_session) nothing = bench_session_run(&plan, NULL);
    g_autoptr(bench_result) empty = bench_result_new();
    bench_result_add(empty, nothing, NULL);
    const bench_figure *f = bench_result_find(empty, "pair", "", "ours");
    assert_int_equal(f->n, 0);
    assert_non_null(strstr(f->why, "the time was up"));
    free_fakes(fakes, G_N_ELEMENTS(fakes));
}

/* ---- records ---- */

static void results_come_back_from_json(void **state)
{
    (void)state;
    g_autoptr(bench_result) result = result_of_fakes();
    result->clock = settings_of(1).clock;
    result->n_objects = 123;
    result->fingerprint.cpu = g_strdup("a \"quoted\" processor");
    g_ptr_array_add(result->absent, g_strdup("mimalloc: not installed"));
    g_autofree char *json = bench_result_to_json(result);
    g_autoptr(GError) error = NULL;
    g_autoptr(bench_result) back = bench_result_parse(json, strlen(json), "x.json", &error);
    assert_null(error);
    g_autofree char *again = bench_result_to_json(back);
    assert_string_equal(json, again);
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(json_string_value(json_object_get(root, "schema")), "objlab/bench");
    const json_t *figure = json_array_get(json_object_get(root, "figures"), 0);
    static const char *const keys[] = {"name", "layout", "subject", "unit", "median",
                                       "low",  "high",   "n",       "ratio"};
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        assert_non_null(json_object_get(figure, keys[i]));
    json_decref(root);
}

static void damaged_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const damaged[] = {
        "",
        "{",
        "{\"schema\": \"objlab/bench\", \"schema\": 1}",
        "{\"schema\": \"objlab/result\", \"version\": 1}",
        "{\"schema\": \"objlab/bench\", \"version\": 2}",
        "{\"schema\": \"objlab/bench\", \"version\": 1}",
        "{\"schema\": \"objlab/bench\", \"version\": NaN}",
        "[]",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(bench_result_parse(damaged[i], strlen(damaged[i]), "old.json", &error));
        assert_non_null(error);
        assert_true(g_str_has_prefix(error->message, "old.json:"));
    }
    g_autoptr(bench_result) result = result_of_fakes();
    g_autofree char *json = bench_result_to_json(result);
    for (size_t n = 0; n < strlen(json) - 2; n += 7) { /* cut anywhere */
        g_autoptr(GError) error = NULL;
        assert_null(bench_result_parse(json, n, "old.json", &error));
        assert_non_null(error);
    }
    g_autoptr(GError) error = NULL;
    const bench_figure *first = result->figures->pdata[0];
    for (guint i = 1; i < result->figures->len; i++) { /* all figures under one name */
        bench_figure *f = result->figures->pdata[i];
        g_free(f->name);
        g_free(f->layout);
        g_free(f->subject);
        f->name = g_strdup(first->name);
        f->layout = g_strdup(first->layout);
        f->subject = g_strdup(first->subject);
    }
    g_autofree char *twice = bench_result_to_json(result);
    assert_null(bench_result_parse(twice, strlen(twice), "old.json", &error));
    assert_non_null(strstr(error->message, "once"));
}

/* ---- growth ---- */

static void assert_stop(const sweep_schedule *schedule, guint at, uint64_t n, guint n_subjects,
                        bool is_side_by_side)
{
    assert_true(at < schedule->stops->len);
    const sweep_stop *stop = &g_array_index(schedule->stops, sweep_stop, at);
    assert_int_equal(stop->n_objects, n);
    assert_int_equal(stop->subjects->len, n_subjects);
    assert_true(stop->is_side_by_side == is_side_by_side);
}

/* What does not fit the memory is known beforehand, by name. */
static void too_large_is_known_beforehand(void **state)
{
    (void)state;
    static char program[] = "/bin/true", small_name[] = "small", large_name[] = "large";
    bench_subject small = {.name = small_name, .program = program};
    bench_subject large = {.name = large_name, .program = program};
    bench_subject absent = {.name = program};
    g_autoptr(GPtrArray) subjects = g_ptr_array_new();
    g_ptr_array_add(subjects, &small);
    g_ptr_array_add(subjects, &absent);
    g_ptr_array_add(subjects, &large);
    const sweep_estimate costs[] = {{.subject = small_name, .bytes_per_object = 100},
                                    {.subject = large_name, .bytes_per_object = 200}};
    g_autoptr(GArray) estimates = g_array_new(FALSE, FALSE, sizeof(sweep_estimate));
    g_array_append_vals(estimates, costs, G_N_ELEMENTS(costs));
    /* with a margin of 10 %: 110 and 220 bytes; the limit is 200 of them for 10^5 */
    sweep_plan plan = {.base = {.subjects = subjects},
                       .n_least = 1000,
                       .n_most = 100000000,
                       .budget_s = 1,
                       .bytes_limit = 23000000};
    g_autoptr(sweep_schedule) schedule = sweep_schedule_make(&plan, estimates);
    assert_int_equal(schedule->stops->len, 5);
    assert_stop(schedule, 3, 31623, 2, true);   /* 10.4 MB together */
    assert_stop(schedule, 4, 100000, 2, false); /* 11 and 22 MB: one by one */
    assert_int_equal(schedule->left_out->len, 2);
    assert_string_equal(schedule->left_out->pdata[0],
                        "small at N = 316228: about 0.0 GB, 0.0 GB may be taken");
    plan.bytes_limit = UINT64_C(12000000000);
    g_autoptr(sweep_schedule) more = sweep_schedule_make(&plan, estimates);
    assert_int_equal(more->stops->len, 11);
    assert_stop(more, 9, 31622777, 2, true);
    assert_stop(more, 10, 100000000, 1, true); /* 11 GB; the other would need 22 */
    assert_int_equal(more->left_out->len, 1);
    assert_string_equal(more->left_out->pdata[0],
                        "large at N = 100000000: about 22.0 GB, 12.0 GB may be taken");
    plan.n_most = 50000;
    g_autoptr(sweep_schedule) odd = sweep_schedule_make(&plan, estimates);
    assert_stop(odd, odd->stops->len - 1, 50000, 2, true); /* the N that was asked for */
    assert_int_equal(odd->left_out->len, 0);
}

/* Nor is anything started that does not fit the time. */
static void too_long_is_known_beforehand(void **state)
{
    (void)state;
    static char program[] = "/bin/true", name[] = "subject";
    bench_subject subject = {.name = name, .program = program};
    g_autoptr(GPtrArray) subjects = g_ptr_array_new();
    g_ptr_array_add(subjects, &subject);
    const sweep_estimate cost = {.subject = name, .base_s = 0.1, .s_per_object = 1e-6};
    g_autoptr(GArray) estimates = g_array_new(FALSE, FALSE, sizeof(sweep_estimate));
    g_array_append_val(estimates, cost);
    sweep_plan plan = {
        .base = {.subjects = subjects}, .n_least = 1000, .n_most = 100000000, .bytes_limit = 1};
    for (plan.budget_s = 1; plan.budget_s < 1000; plan.budget_s *= 1.5) {
        g_autoptr(sweep_schedule) schedule = sweep_schedule_make(&plan, estimates);
        double sum_s = 0;
        for (guint i = 0; i < schedule->stops->len; i++) {
            const sweep_stop *stop = &g_array_index(schedule->stops, sweep_stop, i);
            assert_true(stop->least_s >= (double)sweep_least_rounds(stop->n_objects) *
                                             (0.1 + 1e-6 * (double)stop->n_objects));
            sum_s += stop->least_s;
        }
        assert_true(schedule->stops->len > 0 && sum_s <= plan.budget_s);
        const sweep_stop *last =
            &g_array_index(schedule->stops, sweep_stop, schedule->stops->len - 1);
        bool is_whole = last->n_objects == plan.n_most;
        assert_int_equal(schedule->left_out->len, is_whole ? 0 : 1);
        assert_true(is_whole || strstr(schedule->left_out->pdata[0], " s are left of ") != NULL);
    }
}

static void what_cannot_be_measured_at_all_is_an_error(void **state)
{
    (void)state;
    bench_subject fake =
        fake_subject("fat", make_worker("fat", "echo ok 1; echo 10 5 1 1 0 0 0 0 0 0 0"));
    g_autoptr(GPtrArray) subjects = g_ptr_array_new();
    g_ptr_array_add(subjects, &fake);
    static const char *const figures[] = {"pair", NULL};
    const sweep_plan plan = {
        .base = {.settings = settings_of(1), .subjects = subjects, .allocators = true},
        .figures = figures,
        .n_least = 1000,
        .n_most = 1000,
        .budget_s = 20,
        .bytes_limit = 1};
    g_autoptr(GError) error = NULL;
    assert_null(sweep_schedule_find(&plan, &error)); /* a shell has more than a byte */
    assert_non_null(strstr(error->message, "not even N = 1000 fits: fat at N = 1000"));
    g_free(fake.name);
    g_free(fake.program);
}

/* Shell workers whose cost an object is 10 at every N, and N: passes that grow as N and as N^2. */
static void growth_is_fitted(void **state)
{
    (void)state;
    const char *answer = "if [ $rest = 0 ]; then echo ok 1; echo %s 5 $3 1 0 0 0 0 0 0 0; "
                         "else echo ok 1; echo 64 0 1 0 0 0 0 0 0 0 0; fi";
    g_autofree char *constant = g_strdup_printf(answer, "10");
    g_autofree char *linear = g_strdup_printf(answer, "$3");
    bench_subject fakes[] = {fake_subject("constant", make_worker("constant", constant)),
                             fake_subject("linear", make_worker("linear", linear))};
    g_autoptr(GPtrArray) subjects = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(fakes); i++)
        g_ptr_array_add(subjects, &fakes[i]);
    static const char *const figures[] = {"pair", "bytes_per_block", NULL};
    const sweep_plan plan = {
        .base = {.settings = settings_of(1), .subjects = subjects, .allocators = true},
        .figures = figures,
        .n_least = 1000,
        .n_most = 316228,
        .budget_s = 20,
        .bytes_limit = 300000000};
    g_autoptr(GError) error = NULL;
    g_autoptr(sweep_schedule) schedule = sweep_schedule_find(&plan, &error);
    assert_null(error);
    g_ptr_array_add(schedule->left_out, g_strdup("whoever: too large"));
    g_autoptr(sweep) s = sweep_run(&plan, schedule, &error);
    assert_null(error);
    static const uint64_t expected[] = {1000, 3162, 10000, 31623, 100000, 316228};
    assert_int_equal(s->points->len, G_N_ELEMENTS(expected));
    for (guint i = 0; i < s->points->len; i++)
        assert_int_equal(g_array_index(s->points, sweep_point, i).n_objects, expected[i]);
    assert_int_equal(s->growth->len, 2);
    for (guint i = 0; i < s->growth->len; i++) {
        const sweep_growth *g = s->growth->pdata[i];
        double truth = strcmp(g->subject, "constant") == 0 ? 1 : 2;
        assert_true(fabs(g->exponent.value - truth) < 1e-9);
        assert_true(g->exponent.low <= g->exponent.value && g->exponent.value <= g->exponent.high);
    }
    g_autofree char *table = sweep_to_table(s);
    assert_non_null(strstr(table, "N^2.000"));
    assert_non_null(strstr(table, "left out: whoever: too large"));
    bool tlb_is_told = machine_tlb_reach_bytes() > 0;
    assert_true((strstr(table, "the TLB is not marked") == NULL) == tlb_is_told);
    g_autofree char *json = sweep_to_json(s);
    json_t *root = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_array_size(json_object_get(root, "points")), G_N_ELEMENTS(expected));
    assert_int_equal(json_array_size(json_object_get(root, "left_out")), 1);
    json_decref(root);
    for (size_t i = 0; i < G_N_ELEMENTS(fakes); i++) {
        g_free(fakes[i].name);
        g_free(fakes[i].program);
    }
}

/* ---- the harness on itself ---- */

static void proofs_count_every_try(void **state)
{
    (void)state;
    remote_settings settings = settings_of(1);
    const prove_plan plan = {
        .clock = &settings.clock, .n_tries = 3, .n_rounds = 9, .cpu = 0, .load_cpu = 0, .seed = 1};
    prove_count count;
    g_autoptr(GError) error = NULL;
    assert_true(prove_planted(&plan, 20, &count, &error));
    assert_int_equal(count.n_tries, 3);
    assert_int_equal(
        count.n_faster + count.n_slower + count.n_no_difference + count.n_below_resolution, 3);
    prove_plan nowhere = plan;
    nowhere.cpu = 1000;
    assert_false(prove_planted(&nowhere, 0, &count, &error));
    assert_non_null(error);
    prove_overhead overhead = prove_window_overhead(&settings.clock);
    assert_true(overhead.outside_ticks >= overhead.inside_ticks);
    assert_true(overhead.below_share >= 0 && overhead.below_share <= 1);
}

/* ---- Google Benchmark ---- */

static int n_set_up;

static void count_set_up(gbench_state *s, void *data)
{
    (void)s;
    (void)data;
    n_set_up++;
}

static void take_given_time(gbench_state *s, void *data)
{
    while (gbench_next(s))
        gbench_set_time(s, *(double *)data * (double)gbench_arg(s));
    gbench_count(s, "broken", NAN);
    gbench_count(s, "endless", INFINITY);
    gbench_set_items(s, gbench_arg(s));
}

static void fail_at_once(gbench_state *s, void *data)
{
    (void)data;
    while (gbench_next(s))
        gbench_skip(s, "\"inf\" and nan \\ in a message");
}

static void google_benchmark_reports_manual_time(void **state)
{
    (void)state;
    double seconds = 1e-3;
    const gbench_case timed = {.name = "timed",
                               .set_up = count_set_up,
                               .run = take_given_time,
                               .data = &seconds,
                               .args = {4, 8, 16},
                               .n_args = 3,
                               .min_time_s = 0.001,
                               .repetitions = 2,
                               .complexity = true};
    const gbench_case failing = {
        .name = "failing", .run = fail_at_once, .args = {1}, .n_args = 1, .min_time_s = 0.001};
    gbench_add(&timed);
    gbench_add(&failing);
    gbench_context("clock", "made up");
    g_autofree char *out = g_strdup_printf("--benchmark_out=%s/out.json", folder);
    char name[] = "test";
    char format[] = "--benchmark_format=json";
    char *argv[] = {name, format, out, NULL};
    char *text = NULL;
    assert_true(gbench_run(3, argv, &text));
    assert_true(n_set_up >= 3);
    json_error_t where;
    json_t *root = json_loads(text, 0, &where);
    assert_non_null(root);
    g_autofree char *file = g_build_filename(folder, "out.json", NULL);
    json_t *from_file = json_load_file(file, 0, &where);
    assert_non_null(from_file);
    assert_true(json_array_size(json_object_get(from_file, "benchmarks")) ==
                json_array_size(json_object_get(root, "benchmarks")));
    bool seen_time = false;
    bool seen_failure = false;
    bool seen_growth = false;
    size_t index;
    json_t *b;
    json_array_foreach(json_object_get(root, "benchmarks"), index, b)
    {
        const char *run_name = json_string_value(json_object_get(b, "name"));
        if (json_object_get(b, "error_message") != NULL) {
            seen_failure = true;
            assert_string_equal(json_string_value(json_object_get(b, "error_message")),
                                "\"inf\" and nan \\ in a message");
        } else if (g_str_has_prefix(run_name, "timed/16/") &&
                   g_strcmp0(json_string_value(json_object_get(b, "run_type")), "iteration") == 0) {
            seen_time = true;
            assert_true(fabs(json_number_value(json_object_get(b, "real_time")) - 16000) < 1e-3);
            assert_true(json_is_null(json_object_get(b, "broken")));
            assert_true(json_is_null(json_object_get(b, "endless")));
        }
        seen_growth |= json_object_get(b, "big_o") != NULL;
    }
    assert_true(seen_time && seen_failure && seen_growth);
    json_decref(root);
    json_decref(from_file);
    free(text);
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
        cmocka_unit_test(real_workers_answer_every_step),
        cmocka_unit_test(worker_failures_are_named),
        cmocka_unit_test(a_crashing_rival_keeps_its_row),
        cmocka_unit_test(the_named_rival_is_compared),
        cmocka_unit_test(others_sit_out_every_second_round),
        cmocka_unit_test(the_limit_ends_a_session),
        cmocka_unit_test(results_come_back_from_json),
        cmocka_unit_test(damaged_json_is_refused_with_its_place),
        cmocka_unit_test(growth_is_fitted),
        cmocka_unit_test(too_large_is_known_beforehand),
        cmocka_unit_test(too_long_is_known_beforehand),
        cmocka_unit_test(what_cannot_be_measured_at_all_is_an_error),
        cmocka_unit_test(proofs_count_every_try),
        cmocka_unit_test(google_benchmark_reports_manual_time),
    };
    folder = g_dir_make_tmp("objlab-bench-XXXXXX", NULL);
    if (folder == NULL)
        return 3;
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder();
    g_free(folder);
    return result;
}
