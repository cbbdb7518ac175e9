/* Exhibits: what is read of each schema, what is refused, and how a page shows them. */
#include "reports/exhibit.h"
#include "reports/html.h"
#include "reports/record.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static exhibit *sample(const char *name)
{
    g_autofree char *path = g_strdup_printf("%s/tests/data/exhibits/%s.json", TEST_DIR, name);
    GError *error = NULL;
    exhibit *e = exhibit_read(path, &error);
    if (e == NULL)
        fail_msg("%s", error->message);
    return e;
}

static const exhibit_chart *chart(const exhibit *e, unsigned i)
{
    assert_true(i < e->charts->len);
    return e->charts->pdata[i];
}

static const exhibit_point *point(const exhibit_chart *c, unsigned series, unsigned i)
{
    assert_true(series < c->series->len);
    const exhibit_series *s = c->series->pdata[series];
    assert_true(i < s->points->len);
    return &g_array_index(s->points, exhibit_point, i);
}

static double number(const exhibit *e, unsigned row, unsigned column)
{
    const exhibit_cell *cell = e->cells->pdata[row * e->columns->len + column];
    assert_true(cell->is_number);
    return cell->value;
}

static void test_history(void **state)
{
    (void)state;
    g_autoptr(exhibit) e = sample("history");
    assert_int_equal(e->charts->len, 2);
    assert_int_equal(chart(e, 0)->series->len, 2); /* slots and dict in one chart */
    assert_float_equal(point(chart(e, 0), 0, 2)->y, 9.75, 0);
    assert_float_equal(point(chart(e, 0), 0, 2)->x, 3, 0);
    assert_float_equal(point(chart(e, 0), 0, 2)->low, 9.5, 0);
    assert_float_equal(number(e, 1, 10), 100 * (17.25 / 20 - 1), 1e-9);
    assert_float_equal(number(e, 1, 3), 3, 0); /* of four results */
    assert_true(isnan(point(chart(e, 0), 1, 1)->y));
    assert_float_equal(point(chart(e, 0), 1, 2)->x, 3, 0); /* in its place after the gap */
    assert_float_equal(point(chart(e, 1), 0, 0)->high, 49.5, 0);
}

static void test_top(void **state)
{
    (void)state;
    g_autoptr(exhibit) e = sample("top");
    assert_float_equal(point(chart(e, 0), 0, 1)->y, 2500000, 0); /* both processes */
    assert_float_equal(point(chart(e, 0), 0, 1)->x, 0.5, 1e-9);
    assert_float_equal(point(chart(e, 1), 0, 0)->y, 90, 1e-9); /* 0.45 s of 0.5 s */
    assert_float_equal(number(e, 2, 3), 50, 1e-9);
}

static void test_python_and_bench(void **state)
{
    (void)state;
    g_autoptr(exhibit) python = sample("python");
    assert_int_equal(python->charts->len, 2);
    assert_int_equal(chart(python, 0)->categories->len, 2);
    assert_float_equal(point(chart(python, 0), 1, 0)->high, 119, 0);
    assert_float_equal(number(python, 0, 4), 0.975, 0);
    g_autoptr(exhibit) bench = sample("bench");
    assert_int_equal(bench->charts->len, 2);
    const exhibit_chart *ns = chart(bench, 0);
    assert_int_equal(ns->kind, EXHIBIT_DOTS);
    assert_int_equal(ns->series->len, 8);         /* seven subjects, and the goals */
    assert_float_equal(point(ns, 0, 1)->x, 1, 0); /* the second category */
    const exhibit_series *goals = ns->series->pdata[1];
    assert_true(goals->is_goal);
    assert_float_equal(point(ns, 1, 0)->y, 0.468 * 48, 0.01); /* of CPython's 48 ns */
    assert_non_null(strstr(bench->lead, "3 of 5 goals met"));
}

static void test_trace(void **state)
{
    (void)state;
    g_autoptr(exhibit) e = sample("trace");
    const exhibit_chart *arenas = chart(e, 0);
    assert_int_equal(arenas->kind, EXHIBIT_ARENAS);
    const exhibit_frame *first = arenas->frames->pdata[0];
    assert_string_equal(first->label, "create");
    assert_string_equal(first->note, "3000 blocks live in 1 arenas");
    assert_int_equal(strspn(first->rows->pdata[0], ".0123456789"), strlen(first->rows->pdata[0]));
    assert_int_equal(((const char *)first->rows->pdata[0])[0], '9'); /* a full one */
    const exhibit_frame *last = arenas->frames->pdata[arenas->frames->len - 1];
    assert_int_equal(last->rows->len, 0);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "line 1"},
        {"[]", "expected an object, found an array"},
        {"{\"schema\": \"objlab/result\", \"version\": 1}", "is none that a report can show"},
        {"{\"schema\": \"objlab/top\", \"version\": 2}", "version"},
        {"{\"schema\": \"objlab/top\", \"version\": 1}", "\"samples\" is missing"},
        {"{\"schema\": \"objlab/top\", \"version\": 1, \"version\": 1}", "duplicate"},
        {"{\"schema\": \"objlab/history\", \"version\": 1, \"trends\": [{\"name\": \"a\", "
         "\"layout\": "
         "\"\", \"subject\": \"\", \"unit\": \"\", \"medians\": [\"1\"]}]}",
         "trends[0]: medians: expected numbers"},
        {"{\"schema\": \"objlab/history\", \"version\": 1, \"trends\": [{\"name\": \"a\", "
         "\"layout\": \"\", \"subject\": \"\", \"unit\": \"\", \"medians\": [null]}]}",
         "trends[0]: medians: expected numbers"},
        {"{\"schema\": \"objlab/history\", \"version\": 1, \"trends\": [{\"name\": \"a\", "
         "\"layout\": \"\", \"subject\": \"\", \"unit\": \"\", \"medians\": [1, 2], \"lows\": [1], "
         "\"highs\": [1, 2]}]}",
         "trends[0]: lows: expected numbers"},
        {"{\"schema\": \"objlab/history\", \"version\": 1, \"trends\": [{\"name\": \"a\", "
         "\"layout\": \"\", \"subject\": \"\", \"unit\": \"\", \"medians\": [1], \"lows\": [2], "
         "\"highs\": [3]}]}",
         "trends[0]: the median is not between"},
        {"{\"schema\": \"objlab/bench\", \"version\": 1, \"figures\": [{\"name\": \"a\", "
         "\"layout\": \"\", \"subject\": \"\", \"unit\": \"ns\", \"median\": 3, \"low\": 3, "
         "\"high\": 5, "
         "\"goal\": {\"median\": 1, \"low\": 1, \"high\": 1, \"goal\": 1, \"outcome\": \"won\"}}]}",
         "figures[0].goal: outcome: expected met"},
        {"{\"schema\": \"objlab/bench\", \"version\": 1, \"figures\": [{\"name\": \"a\", "
         "\"layout\": "
         "\"\", \"subject\": \"\", \"unit\": \"ns\", \"median\": 3, \"low\": 4, \"high\": 5}]}",
         "figures[0]: the median is not between"},
        {"{\"schema\": \"objlab/trace\", \"version\": 1, \"collections\": [], \"occupancy\": "
         "[{\"after\": "
         "\"a\", \"live\": 1, \"arenas\": [{\"pools\": [{\"size\": 16, \"used\": 2, \"capacity\": "
         "1}]}]}]}",
         "used is more than capacity"},
        {"{\"schema\": \"objlab/top\", \"version\": 1, \"samples\": [{\"time_us\": 2, "
         "\"processes\": []}, "
         "{\"time_us\": 1, \"processes\": []}]}",
         "samples[1]: time_us is before"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        assert_null(exhibit_parse(cases[i].text, strlen(cases[i].text), &error));
        assert_non_null(error);
        if (strstr(error->message, cases[i].why) == NULL)
            fail_msg("case %zu: %s", i, error->message);
        g_error_free(error);
    }
    GError *error = NULL;
    assert_null(exhibit_read("/nowhere/at-all.json", &error));
    assert_non_null(strstr(error->message, "/nowhere/at-all.json"));
    g_error_free(error);
}

static void test_profilers(void **state)
{
    (void)state;
    g_autoptr(exhibit) e = sample("profilers");
    assert_int_equal(e->charts->len, 2);
    assert_int_equal(chart(e, 0)->kind, EXHIBIT_DOTS);
    assert_int_equal(chart(e, 0)->categories->len, 3);
    assert_true(point(chart(e, 0), 0, 0)->low > 1);
    assert_int_equal(chart(e, 1)->kind, EXHIBIT_BARS);
    assert_int_equal(chart(e, 1)->series->len, 3);
    assert_int_equal(chart(e, 1)->categories->len, 10); /* of twelve functions */
    assert_int_equal(e->cells->len, 12 * e->columns->len);
    assert_true(number(e, 0, 2) > 80); /* mix() by instructions, in percent */
    assert_int_equal((int)number(e, 0, 3), 400);
    assert_non_null(strstr(e->lead, "./work: "));
    assert_non_null(strstr(e->lead, "instrument saw 4 functions and missed 211"));
    static const char head[] = "{\"schema\":\"objlab/profilers\",\"version\":1,\"command\":\"x\","
                               "\"kernel_share\":0,\"functions\":[],\"methods\":[";
    const struct {
        const char *method, *says;
    } cases[] = {
        {"{\"name\":\"sample\",\"absent\":\"too short\"}]}", NULL},
        {"{\"name\":\"sample\"}]}", "methods[0]"},
        {"{\"name\":\"sample\",\"ratio\":{\"median\":1,\"low\":2,\"high\":3},\"functions\":1,"
         "\"missed\":0,\"missed_share\":0}]}",
         "methods[0].ratio"},
        {"{\"name\":\"sample\",\"ratio\":{\"median\":1,\"low\":1,\"high\":1},\"functions\":1,"
         "\"missed\":0,\"missed_share\":2}]}",
         "missed_share"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(head, cases[i].method, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(exhibit) read = exhibit_parse(text, strlen(text), &error);
        if (read != NULL && cases[i].says == NULL)
            assert_non_null(strstr(read->lead, "sample is absent: too short"));
        else if (read == NULL && cases[i].says != NULL)
            assert_non_null(strstr(error->message, cases[i].says));
        else
            fail_msg("case %zu", i);
    }
}

/* Every name that came with a document stays text. */
static void test_page(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    g_autoptr(GPtrArray) exhibits = g_ptr_array_new_with_free_func((GDestroyNotify)exhibit_free);
    exhibit *e = exhibit_new("A <b>title", "lead");
    static const char *const columns[] = {"name", "<i>value"};
    exhibit_set_columns(e, columns, 2);
    exhibit_add_text(e, "</td><script>");
    exhibit_add_number(e, 12.5);
    exhibit_chart *c = exhibit_add_chart(e, EXHIBIT_LINES, "chart", "x", "\"ns");
    exhibit_add_point(exhibit_series_of(c, "</script>"), 1, 2);
    g_ptr_array_add(exhibits, e);
    g_autofree char *html = html_render_with(r, exhibits, NULL);
    assert_non_null(strstr(html, "A &lt;b&gt;title"));
    assert_non_null(strstr(html, "&lt;i&gt;value"));
    assert_non_null(strstr(html, "&lt;/td&gt;&lt;script&gt;"));
    assert_non_null(strstr(html, "data-v=\"12.5\""));
    assert_null(strstr(html, "<b>title"));
    g_autofree char *without = html_render(r, NULL);
    assert_null(strstr(without, "exhibit-0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_top),
        cmocka_unit_test(test_python_and_bench),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_profilers),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
