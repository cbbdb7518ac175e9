/* The reports for other programs, read back: SARIF, Gradescope, GitHub Classroom. */
#include "reports/classroom.h"
#include "reports/gradescope.h"
#include "reports/sarif.h"
#include "reports/tests/sample_record.h"
#include "reports/text.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef char *render_function(const record *r);

static render_function *const renders[] = {sarif_render, gradescope_render, classroom_render};

/* Strictly; the caller's. */
static json_t *parse(render_function *render, const record *r)
{
    g_autofree char *text = render(r);
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("%d:%d: %s in:\n%s", error.line, error.column, error.text, text);
    return root;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL)
        fail_msg("no text \"%s\"", key);
    return text;
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    assert_true(json_is_number(number));
    return json_number_value(number);
}

static double sum_of(const json_t *tests, const char *key)
{
    double sum = 0;
    for (size_t i = 0; i < json_array_size(tests); i++)
        sum += number_of(json_array_get(tests, i), key);
    return sum;
}

static record *sample(void)
{
    return sample_record_new(TEST_DIR "/tests/data");
}

/* A part that holds what JSON must escape and what must stay as it is. */
static record *difficult(void)
{
    record *r = record_new();
    r->score = 1.5;
    r->max_score = 4;
    r->verdict = RECORD_GRADED;
    record_part *part = record_add_part(r, "pool", "Пул \"памяти\" \\ 池", 4);
    part->score = 1.5;
    part->verdict = RECORD_PARTIAL;
    record_part_say(part, 2.5, "src/мой файл.c", 7,
                    "tab\there, esc\x1b[31m, bell\x07, é, \U0001F600");
    record_add_finding(r, "cppcheck", "null", "src/мой файл.c", 3, "\xe2\x80\xae evil\x01");
    return r;
}

/* ---- Gradescope ---- */

static void gradescope_has_the_parts_and_the_score(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    json_t *root = parse(gradescope_render, r);
    const json_t *tests = json_object_get(root, "tests");
    assert_int_equal(json_array_size(tests), r->parts->len);
    assert_true(number_of(root, "score") == r->score);
    assert_true(sum_of(tests, "score") == r->score);
    assert_true(sum_of(tests, "max_score") == r->max_score);
    for (unsigned i = 0; i < r->parts->len; i++) {
        const record_part *part = r->parts->pdata[i];
        const json_t *test = json_array_get(tests, i);
        assert_string_equal(text_of(test, "name"), part->title);
        assert_true(number_of(test, "score") == part->score);
        assert_string_equal(text_of(test, "status"),
                            part->verdict == RECORD_RIGHT ? "passed" : "failed");
        assert_string_equal(text_of(test, "output_format"), "text");
        assert_string_equal(text_of(test, "visibility"), "visible");
        for (unsigned k = 0; k < part->feedback->len; k++) {
            const record_feedback *f = part->feedback->pdata[k];
            assert_non_null(strstr(text_of(test, "output"), f->text));
        }
    }
    assert_non_null(strstr(text_of(root, "output"), "Quick grading"));
    assert_non_null(strstr(text_of(root, "output"), "64.25 of 100 points, graded"));
    assert_string_equal(text_of(json_object_get(root, "extra_data"), "rubric"), "default.ini");
    json_decref(root);
}

static void the_leaderboard_ranks_by_what_is_exact(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    json_t *root = parse(gradescope_render, r);
    const json_t *rows = json_object_get(root, "leaderboard");
    size_t n_exact = 0;
    double sum = 0;
    for (unsigned i = 0; i < r->figures->len; i++) {
        const record_figure *f = r->figures->pdata[i];
        bool counts = strcmp(f->subject, "submission") == 0 && strcmp(f->unit, "ns") != 0;
        n_exact += counts;
        sum += counts ? f->median : 0;
    }
    assert_int_equal(n_exact, 15);
    assert_int_equal(json_array_size(rows), n_exact);
    assert_true(sum_of(rows, "value") == sum);
    const json_t *first = json_array_get(rows, 0);
    assert_string_equal(text_of(first, "name"), "create, dict, instructions");
    assert_true(number_of(first, "value") == 201);
    assert_string_equal(text_of(first, "order"), "asc");
    json_decref(root);
}

/* ---- GitHub Classroom ---- */

static void classroom_has_the_parts_and_places(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    json_t *root = parse(classroom_render, r);
    const json_t *tests = json_object_get(root, "tests");
    assert_int_equal(number_of(root, "version"), 1);
    assert_string_equal(text_of(root, "status"), "fail");
    assert_true(number_of(root, "max_score") == r->max_score);
    assert_int_equal(json_array_size(tests), r->parts->len);
    assert_true(sum_of(tests, "score") == r->score);
    const json_t *pool = json_array_get(tests, 0);
    assert_string_equal(text_of(pool, "filename"), "pool.c");
    assert_int_equal(number_of(pool, "line_no"), 55);
    assert_string_equal(text_of(pool, "status"), "fail");
    assert_non_null(strstr(text_of(pool, "message"), "12 of 15 points: partial\npool.c:55: "));
    const json_t *layouts = json_array_get(tests, 1);
    assert_string_equal(text_of(layouts, "status"), "pass");
    assert_string_equal(text_of(layouts, "filename"), "");
    assert_int_equal(number_of(layouts, "line_no"), 0);
    assert_int_equal(number_of(layouts, "duration"), 0);
    json_decref(root);
}

static void a_remark_gives_the_place_if_nothing_else_does(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    record_part *part = record_add_part(r, "pool", "Pool", 2);
    record_part_say(part, 0, "first.c", 1, "remark");
    record_part_say(part, 0, "second.c", 2, "remark");
    json_t *root = parse(classroom_render, r);
    const json_t *test = json_array_get(json_object_get(root, "tests"), 0);
    assert_string_equal(text_of(test, "filename"), "first.c");
    json_decref(root);
    record_part_say(part, 1, "third.c", 3, "loss");
    root = parse(classroom_render, r);
    test = json_array_get(json_object_get(root, "tests"), 0);
    assert_string_equal(text_of(test, "filename"), "third.c");
    assert_int_equal(number_of(test, "line_no"), 3);
    json_decref(root);
}

static void full_marks_pass(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    r->score = r->max_score = 2;
    record_part *part = record_add_part(r, "pool", "Pool", 2);
    part->score = 2;
    part->verdict = RECORD_RIGHT;
    json_t *root = parse(classroom_render, r);
    assert_string_equal(text_of(root, "status"), "pass");
    json_decref(root);
}

/* ---- SARIF ---- */

static const json_t *run_of(const json_t *root)
{
    const json_t *runs = json_object_get(root, "runs");
    assert_int_equal(json_array_size(runs), 1);
    return json_array_get(runs, 0);
}

static const json_t *location_of(const json_t *result)
{
    const json_t *locations = json_object_get(result, "locations");
    assert_int_equal(json_array_size(locations), 1);
    return json_object_get(json_array_get(locations, 0), "physicalLocation");
}

static void assert_result(const json_t *run, size_t i, const char *rule, const char *level)
{
    const json_t *result = json_array_get(json_object_get(run, "results"), i);
    assert_string_equal(text_of(result, "ruleId"), rule);
    assert_string_equal(text_of(result, "level"), level);
    const json_t *driver = json_object_get(json_object_get(run, "tool"), "driver");
    size_t index = (size_t)number_of(result, "ruleIndex");
    assert_string_equal(text_of(json_array_get(json_object_get(driver, "rules"), index), "id"),
                        rule);
}

static void sarif_has_findings_then_feedback(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    json_t *root = parse(sarif_render, r);
    assert_string_equal(text_of(root, "version"), "2.1.0");
    const json_t *run = run_of(root);
    unsigned n_placed = 0;
    for (unsigned i = 0; i < r->parts->len; i++) {
        const record_part *part = r->parts->pdata[i];
        for (unsigned k = 0; k < part->feedback->len; k++)
            n_placed += ((const record_feedback *)part->feedback->pdata[k])->file != NULL;
    }
    const json_t *results = json_object_get(run, "results");
    assert_int_equal(json_array_size(results), r->findings->len + n_placed);
    assert_result(run, 0, "clang-tidy/bugprone-narrowing-conversions", "warning");
    assert_result(run, 3, "objlab/pool", "error");
    assert_result(run, 4, "objlab/pool", "note");
    const json_t *place = location_of(json_array_get(results, 0));
    assert_string_equal(text_of(json_object_get(place, "artifactLocation"), "uri"), "pool.c");
    assert_int_equal(number_of(json_object_get(place, "region"), "startLine"), 25);
    assert_int_equal(number_of(json_object_get(place, "region"), "startColumn"), 51);
    json_decref(root);
}

static void what_was_silenced_is_recorded(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    json_t *root = parse(sarif_render, r);
    const json_t *results = json_object_get(run_of(root), "results");
    for (unsigned i = 0; i < r->findings->len; i++) {
        const record_finding *finding = r->findings->pdata[i];
        const json_t *list = json_object_get(json_array_get(results, i), "suppressions");
        assert_int_equal(json_array_size(list), finding->suppressed ? 1 : 0);
        if (!finding->suppressed)
            continue;
        assert_string_equal(text_of(json_array_get(list, 0), "kind"), "inSource");
        assert_string_equal(text_of(json_array_get(list, 0), "status"), "rejected");
    }
    json_decref(root);
}

static void a_whole_file_has_no_region(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    record_add_finding(r, "clang-format", "format", "a b/ü.c", 0, "text");
    json_t *root = parse(sarif_render, r);
    const json_t *place = location_of(json_array_get(json_object_get(run_of(root), "results"), 0));
    assert_string_equal(text_of(json_object_get(place, "artifactLocation"), "uri"),
                        "a%20b/%C3%BC.c");
    assert_null(json_object_get(place, "region"));
    json_decref(root);
}

/* ---- all of them ---- */

static void text_stays_and_control_characters_are_shown(void **state)
{
    (void)state;
    g_autoptr(record) r = difficult();
    json_t *root = parse(gradescope_render, r);
    const json_t *test = json_array_get(json_object_get(root, "tests"), 0);
    assert_string_equal(text_of(test, "name"), "Пул \"памяти\" \\ 池");
    assert_string_equal(text_of(test, "output"),
                        "1.5 of 4 points: partial\nsrc/мой файл.c:7: tab here, esc\\x1b[31m, "
                        "bell\\x07, é, \U0001F600 (-2.5)\n");
    json_decref(root);
    root = parse(classroom_render, r);
    test = json_array_get(json_object_get(root, "tests"), 0);
    assert_string_equal(text_of(test, "filename"), "src/мой файл.c");
    json_decref(root);
    root = parse(sarif_render, r);
    const json_t *result = json_array_get(json_object_get(run_of(root), "results"), 0);
    assert_string_equal(text_of(json_object_get(result, "message"), "text"), "<U+202E> evil\\x01");
    json_decref(root);
}

static void a_hostile_record_stays_text(void **state)
{
    (void)state;
    g_autoptr(record) r = hostile_record_new();
    g_autofree char *shown = text_for_terminal(r->submission_name);
    for (size_t i = 0; i < G_N_ELEMENTS(renders); i++) {
        g_autofree char *text = renders[i](r);
        assert_true(g_utf8_validate(text, -1, NULL));
        assert_null(strstr(text, "\\u00")); /* JSON's way to write a control character */
        assert_null(strstr(text, "\xe2\x80\xae"));
        json_decref(parse(renders[i], r));
    }
    json_t *root = parse(gradescope_render, r);
    assert_string_equal(text_of(json_object_get(root, "extra_data"), "submission"), shown);
    json_decref(root);
}

static void an_empty_record_is_a_report_too(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    for (size_t i = 0; i < G_N_ELEMENTS(renders); i++)
        json_decref(parse(renders[i], r));
}

static void tampering_gives_no_points(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    r->verdict = RECORD_TAMPERING;
    r->score = 0;
    static render_function *const graders[] = {gradescope_render, classroom_render};
    for (size_t i = 0; i < G_N_ELEMENTS(graders); i++) {
        json_t *root = parse(graders[i], r);
        assert_true(sum_of(json_object_get(root, "tests"), "score") == 0);
        json_decref(root);
    }
}

static void a_harness_fault_is_an_error(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    r->verdict = RECORD_HARNESS_FAULT;
    r->score = r->max_score = 5;
    record_part *part = record_add_part(r, "pool", "Pool", 5);
    part->verdict = RECORD_HARNESS_FAULT;
    part->score = 5;
    json_t *root = parse(classroom_render, r);
    assert_string_equal(text_of(root, "status"), "error");
    const json_t *test = json_array_get(json_object_get(root, "tests"), 0);
    assert_string_equal(text_of(test, "status"), "error");
    assert_true(number_of(test, "score") == 5);
    json_decref(root);
    root = parse(sarif_render, r);
    const json_t *invocation = json_array_get(json_object_get(run_of(root), "invocations"), 0);
    assert_true(json_is_false(json_object_get(invocation, "executionSuccessful")));
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradescope_has_the_parts_and_the_score),
        cmocka_unit_test(the_leaderboard_ranks_by_what_is_exact),
        cmocka_unit_test(classroom_has_the_parts_and_places),
        cmocka_unit_test(a_remark_gives_the_place_if_nothing_else_does),
        cmocka_unit_test(full_marks_pass),
        cmocka_unit_test(sarif_has_findings_then_feedback),
        cmocka_unit_test(what_was_silenced_is_recorded),
        cmocka_unit_test(a_whole_file_has_no_region),
        cmocka_unit_test(text_stays_and_control_characters_are_shown),
        cmocka_unit_test(a_hostile_record_stays_text),
        cmocka_unit_test(an_empty_record_is_a_report_too),
        cmocka_unit_test(tampering_gives_no_points),
        cmocka_unit_test(a_harness_fault_is_an_error),
    };
    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
