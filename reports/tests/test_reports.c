/* The reports: what they say of the sample, and that a hostile record stays text in each. */
#include "reports/figures.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/losses.h"
#include "reports/terminal.h"
#include "reports/tests/sample_record.h"
#include "reports/text.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static record *sample(void)
{
    return sample_record_new(TEST_DIR "/tests/data");
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *p = strstr(text, what); p != NULL; p = strstr(p + 1, what))
        n++;
    return n;
}

static void assert_has(const char *text, const char *what)
{
    if (strstr(text, what) == NULL)
        fail_msg("\"%s\" is missing in:\n%s", what, text);
}

/* ---- losses and figures ---- */

static void losses_fall_and_remarks_come_last(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    GArray *list = losses_list(r);
    assert_int_equal(list->len, 10);
    for (unsigned i = 1; i < list->len; i++)
        assert_true(g_array_index(list, losses_item, i - 1).feedback->points_lost >=
                    g_array_index(list, losses_item, i).feedback->points_lost);
    assert_string_equal(g_array_index(list, losses_item, 0).part->name, "tests");
    g_array_unref(list);
}

static void advice_puts_what_hides_faults_first(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    r->max_score = 30;
    record_add_part(r, "a", "Partial one", 10)->verdict = RECORD_PARTIAL;
    record_add_part(r, "b", "Wrong one", 5)->verdict = RECORD_WRONG;
    record_add_part(r, "c", "Crashed one", 2)->verdict = RECORD_CRASHED;
    record_add_part(r, "d", "Rejected one", 1)->verdict = RECORD_REJECTED;
    const char *const order[] = {"Rejected one (1 point)", "Crashed one (2 points)", "Wrong one",
                                 "Partial one"};
    GPtrArray *advice = losses_advice(r, 4);
    assert_int_equal(advice->len, 4);
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        assert_true(g_str_has_prefix(advice->pdata[i], order[i]));
    g_ptr_array_unref(advice);
    for (unsigned i = 0; i < r->parts->len; i++) {
        record_part *part = r->parts->pdata[i];
        part->score = part->max_score;
    }
    advice = losses_advice(r, 4);
    assert_int_equal(advice->len, 1);
    assert_string_equal(advice->pdata[0], "Nothing: full marks.");
    g_ptr_array_unref(advice);
}

static void a_harness_fault_is_never_the_students(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    r->verdict = RECORD_HARNESS_FAULT;
    GPtrArray *advice = losses_advice(r, 3);
    assert_has(advice->pdata[0], "not you");
    g_ptr_array_unref(advice);
}

static void figures_find_mine_and_the_reference(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    g_autoptr(figures_table) table = figures_table_new(r);
    assert_string_equal(table->subject, "submission");
    assert_string_equal(table->reference, "solution");
    assert_int_equal(table->layouts->len, 3);
    assert_int_equal(table->rows->len, 11);
    const figures_row *row = table->rows->pdata[0];
    assert_true(row->cells[1].mine->median == 31.4 && row->cells[1].reference->median == 19.2);
    row = table->rows->pdata[5]; /* weakref: measured on one layout only */
    assert_null(row->cells[0].mine);
    assert_non_null(row->cells[2].mine);
}

/* ---- terminal ---- */

static char *terminal(const record *r, unsigned width, bool colours, bool utf8)
{
    terminal_style style = {.width = width, .colours = colours, .utf8 = utf8};
    return terminal_render(r, &style);
}

static void the_summary_says_what_matters(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    g_autofree char *text = terminal(r, 80, false, false);
    assert_has(text, "! Quick grading");
    assert_true(strstr(text, "! Quick") < strstr(text, "64.25 / 100"));
    assert_has(text, "  Pool allocator ");
    assert_has(text, "12 / 15    partial");
    assert_has(text, "   -5.75  hw_pool_alloc takes 118 instructions");
    assert_has(text, "pool.c:45  Speed");
    assert_has(text, "  1. Weak references (5 points)");
    assert_null(strchr(text, '\x1b'));
    assert_true(g_str_is_ascii(text));
}

static void colours_and_blocks_come_when_asked_for(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    g_autofree char *text = terminal(r, 80, true, true);
    assert_has(text, "\x1b[32m");
    assert_has(text, "\u2588");
    GRegex *escape = g_regex_new("\x1b\\[[0-9]+m", 0, 0, NULL);
    g_autofree char *plain = g_regex_replace_literal(escape, text, -1, 0, "", 0, NULL);
    g_regex_unref(escape);
    g_autofree char *expected = terminal(r, 80, false, true);
    assert_string_equal(plain, expected);
}

static void assert_fits(const record *r, unsigned width)
{
    g_autofree char *text = terminal(r, width, false, true);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (text_width(*line) > width)
            fail_msg("width %u: \"%s\" takes %zu", width, *line, text_width(*line));
        for (const char *p = *line; *p != '\0'; p = g_utf8_next_char(p))
            assert_false(g_unichar_iscntrl(g_utf8_get_char(p)));
    }
}

static void every_line_fits_and_no_escape_passes(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    g_autoptr(record) hostile = hostile_record_new();
    for (unsigned width = TERMINAL_MIN_WIDTH; width <= 130; width++) {
        assert_fits(r, width);
        assert_fits(hostile, width);
    }
}

static void an_empty_record_has_a_summary(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    g_autofree char *text = terminal(r, 0, true, true);
    assert_has(text, "0 / 0");
    g_autofree char *html = html_render(r, NULL);
    assert_has(html, "</html>");
    g_autofree char *xml = junit_render(r);
    assert_has(xml, "</testsuites>");
}

static void the_style_follows_the_environment(void **state)
{
    (void)state;
    g_setenv("COLUMNS", "60", TRUE);
    g_setenv("LC_ALL", "C.UTF-8", TRUE);
    terminal_style style = terminal_style_for(-1);
    assert_int_equal(style.width, 60);
    assert_false(style.colours); /* not a terminal */
    assert_true(style.utf8);
    g_setenv("LC_ALL", "C", TRUE);
    g_unsetenv("COLUMNS");
    style = terminal_style_for(-1);
    assert_int_equal(style.width, 80);
    assert_false(style.utf8);
}

/* ---- JUnit ---- */

typedef struct xml_counts {
    unsigned n_suites, n_cases, n_failures;
    unsigned said_tests, said_failures; /* the root's attributes */
} xml_counts;

static void on_start(GMarkupParseContext *context, const char *name, const char **keys,
                     const char **values, void *data, GError **error)
{
    (void)context;
    (void)error;
    xml_counts *counts = data;
    counts->n_suites += strcmp(name, "testsuite") == 0;
    counts->n_cases += strcmp(name, "testcase") == 0;
    counts->n_failures += strcmp(name, "failure") == 0;
    for (size_t i = 0; strcmp(name, "testsuites") == 0 && keys[i] != NULL; i++) {
        if (strcmp(keys[i], "tests") == 0)
            counts->said_tests = (unsigned)strtoul(values[i], NULL, 10);
        if (strcmp(keys[i], "failures") == 0)
            counts->said_failures = (unsigned)strtoul(values[i], NULL, 10);
    }
}

/* GLib's parser as one oracle; libxml2's, where it is installed, as the other. */
static xml_counts parse_xml(const char *xml)
{
    const GMarkupParser parser = {.start_element = on_start};
    xml_counts counts = {0};
    GError *error = NULL;
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &counts, NULL);
    if (!g_markup_parse_context_parse(context, xml, -1, &error) ||
        !g_markup_parse_context_end_parse(context, &error))
        fail_msg("not well-formed: %s", error->message);
    g_markup_parse_context_free(context);
    g_autofree char *xmllint = g_find_program_in_path("xmllint");
    if (xmllint != NULL) {
        g_autofree char *path = NULL;
        int fd = g_file_open_tmp("objlab-XXXXXX.xml", &path, NULL);
        assert_true(fd >= 0 && g_close(fd, NULL));
        assert_true(g_file_set_contents(path, xml, -1, NULL));
        const char *const argv[] = {xmllint, "--noout", "--nonet", path, NULL};
        int status = -1;
        assert_true(g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL, 0, NULL, NULL, NULL, NULL,
                                 &status, NULL));
        assert_int_equal(status, 0);
        assert_int_equal(g_unlink(path), 0);
    }
    return counts;
}

static void junit_counts_what_it_holds(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    g_autofree char *xml = junit_render(r);
    xml_counts counts = parse_xml(xml);
    assert_int_equal(counts.n_suites, 9 + 2);        /* parts; tests, lint */
    assert_int_equal(counts.n_cases, 9 + 9 + 8 + 3); /* parts, losses, tests, findings */
    assert_int_equal(counts.n_failures, 7 + 9 + 4 + 3);
    assert_int_equal(counts.said_tests, counts.n_cases);
    assert_int_equal(counts.said_failures, counts.n_failures);
    assert_has(xml, "classname=\"objlab.speed\"");
    assert_has(xml, "file=\"pool.c\" line=\"45\"");
}

static void junit_of_a_hostile_record_is_well_formed(void **state)
{
    (void)state;
    g_autoptr(record) r = hostile_record_new();
    g_autofree char *xml = junit_render(r);
    assert_int_equal(parse_xml(xml).n_cases, 2 + 2 + 1);
    assert_null(strstr(xml, "<script"));
    assert_null(strchr(xml, '\x1b'));
}

static void a_harness_fault_is_an_error_not_a_failure(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    record_add_part(r, "pool", "Pool", 5)->verdict = RECORD_HARNESS_FAULT;
    g_autofree char *xml = junit_render(r);
    assert_has(xml, "<error message=\"0 of 5 points: harness fault\"");
    assert_has(xml, "failures=\"0\" errors=\"1\"");
}

/* ---- HTML ---- */

static char *with_bundle(const char *script)
{
    g_autofree char *dir = g_dir_make_tmp("objlab-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "charts.js", NULL);
    assert_true(g_file_set_contents(path, script, -1, NULL));
    g_autoptr(record) r = sample();
    char *html = html_render(r, dir);
    assert_int_equal(g_unlink(path), 0);
    assert_int_equal(g_rmdir(dir), 0);
    return html;
}

static void html_has_every_section(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    g_autofree char *html = html_render(r, NULL);
    const char *const ids[] = {"points", "layouts", "heap", "calls",  "flame",
                               "lines",  "tests",   "lint", "source", "origin"};
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autofree char *section = g_strdup_printf("<section id=\"%s\"", ids[i]);
        assert_int_equal(count(html, section), 1);
    }
    assert_has(html, "id=\"no-charts\"");
    assert_has(html, "<a class=\"place\" href=\"#s0-45\">pool.c:45</a>");
    assert_has(html, "<tr id=\"s0-45\">");
    assert_has(html, "9\u202f982/8\u202f005"); /* a recursive function, as pstats has it */
    assert_has(html, "&quot;&lt;script&gt;alert(&#39;no&#39;)&lt;/script&gt;&quot;");
}

/* The table of lines alone. Owner: the caller. */
static char *lines_section(const record *r)
{
    g_autofree char *html = html_render(r, NULL);
    const char *start = strstr(html, "<section id=\"lines\"");
    assert_non_null(start);
    const char *end = strstr(start, "</section>");
    assert_non_null(end);
    return g_strndup(start, (gsize)(end - start));
}

static void html_lines_have_the_columns_that_were_measured(void **state)
{
    (void)state;
    static const char *const titles[] = {"executed",     "L1 misses",       "LL misses",
                                         "mispredicted", "bytes allocated", "live at peak",
                                         "blocks leaked"};
    g_autoptr(record) r = sample();
    g_autofree char *all = lines_section(r);
    for (size_t i = 0; i < G_N_ELEMENTS(titles); i++) {
        g_autofree char *title = g_strdup_printf("<th class=\"n\">%s</th>", titles[i]);
        assert_int_equal(count(all, title), 1);
    }
    assert_has(all, "data-v=\"7340032\">7\u202f340\u202f032</td>");
    assert_int_equal(count(all, "</tr>"), 1 + r->calls->lines->len);
    assert_int_equal(count(all, "data-v=\"-1\""), 0);
    for (unsigned i = 0; i < r->calls->lines->len; i++) {
        record_line *line = r->calls->lines->pdata[i];
        line->hits = -1;
        for (int k = 0; k < RECORD_N_LINE_COSTS; k++)
            line->costs[k] = k == RECORD_MISPREDICTIONS && i > 0 ? 5 : -1;
    }
    g_autofree char *few = lines_section(r);
    for (size_t i = 0; i < G_N_ELEMENTS(titles); i++)
        assert_true((strstr(few, titles[i]) != NULL) == (strcmp(titles[i], "mispredicted") == 0));
    assert_int_equal(count(few, "data-v=\"-1\""), 1); /* of the line where it is not known */
}

/* A line that costs no instructions shows for what else it costs. */
static void html_lines_are_chosen_by_every_column(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    for (uint32_t i = 0; i < 200; i++)
        record_calls_add_line(r->calls, "many.c", 1000 + i)->self_ir = 9000000 + i;
    record_line *leaky = record_calls_add_line(r->calls, "many.c", 7);
    leaky->costs[RECORD_LEAKED_BLOCKS] = 1;
    g_autofree char *section = lines_section(r);
    assert_has(section, "many.c:7<");
    assert_has(section, "many.c:1199<");
    assert_null(strstr(section, "many.c:1000<"));
    assert_has(section, " more are in the record.");
}

static void html_takes_a_bundle_that_can_stand_in_a_page(void **state)
{
    (void)state;
    g_autofree char *html = with_bundle("let x = 1;");
    assert_has(html, "<script>let x = 1;</script>");
    assert_null(strstr(html, "no-charts"));
    /* sha256 of "let x = 1;", by another program */
    assert_has(html, "'sha256-qtc3jf64UXA5J6U02kfQ0Cvn9Uz4wXUaN3NNUVgR2v4='");
    g_autofree char *refused = with_bundle("x = '</SCRIPT>';");
    assert_has(refused, "no-charts");
    assert_null(strstr(refused, "</SCRIPT>"));
}

static void html_policy_lets_nothing_in(void **state)
{
    (void)state;
    g_autoptr(record) r = sample();
    g_autofree char *html = html_render(r, NULL);
    assert_has(html, "content=\"default-src 'none'; script-src 'sha256-");
    assert_null(strstr(html, "unsafe-inline"));
    assert_null(strstr(html, "http://"));
    assert_null(strstr(html, "https://"));
    assert_null(strstr(html, " style=\""));
    assert_int_equal(count(html, "<script"), 1);
}

static void html_of_a_hostile_record_is_only_text(void **state)
{
    (void)state;
    g_autoptr(record) plain = record_new();
    g_autoptr(record) r = hostile_record_new();
    g_autofree char *empty = html_render(plain, NULL);
    g_autofree char *html = html_render(r, NULL);
    assert_int_equal(count(html, "<script"), count(empty, "<script"));
    assert_int_equal(count(html, "</script"), count(empty, "</script"));
    assert_int_equal(count(html, "</style"), count(empty, "</style"));
    assert_int_equal(count(html, "<img"), 0);
    assert_int_equal(count(html, "href=\"javascript:"), 0);
    assert_int_equal(count(html, "href=\"./javascript%3Apwned%3D1\""), 1);
    assert_int_equal(count(html, "href=\"../"), 0);
    assert_null(strchr(html, '\x1b'));
    assert_null(strstr(html, "\u2028"));
    assert_null(strstr(html, "\u202e"));
    assert_true(g_utf8_validate(html, -1, NULL));
}

static void the_data_of_the_charts_cannot_end_its_script(void **state)
{
    (void)state;
    g_autofree char *dir = g_dir_make_tmp("objlab-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "charts.js", NULL);
    assert_true(g_file_set_contents(path, "1", -1, NULL));
    g_autoptr(record) r = hostile_record_new();
    g_autofree char *html = html_render(r, dir);
    const char *start = strstr(html, "id=\"data\">");
    assert_non_null(start);
    start += strlen("id=\"data\">");
    size_t n = (size_t)(strstr(start, "</script>") - start);
    g_autofree char *json = g_strndup(start, n);
    assert_null(strpbrk(json, "<>&"));
    assert_true(g_str_is_ascii(json));
    assert_true(json[n - 1] == '}');
    assert_int_equal(g_unlink(path), 0);
    assert_int_equal(g_rmdir(dir), 0);
}

static void the_bundle_is_found_where_it_is_installed(void **state)
{
    (void)state;
    g_autofree char *root = g_dir_make_tmp("objlab-XXXXXX", NULL);
    g_autofree char *bin = g_build_filename(root, "bin", NULL);
    g_autofree char *share = g_build_filename(root, "share", "objlab", "web", NULL);
    g_autofree char *program = g_build_filename(bin, "objlab", NULL);
    g_autofree char *bundle = g_build_filename(share, "charts.js", NULL);
    assert_int_equal(g_mkdir_with_parents(bin, 0700) | g_mkdir_with_parents(share, 0700), 0);
    assert_true(g_file_set_contents(program, "", 0, NULL));
    assert_null(html_find_web(program));
    assert_true(g_file_set_contents(bundle, "1", -1, NULL));
    g_autofree char *found = html_find_web(program);
    assert_non_null(found);
    g_autofree char *canonical = g_canonicalize_filename(found, NULL);
    assert_string_equal(canonical, share);
    assert_null(html_find_web("/nowhere/objlab"));
    g_autofree char *command = g_strdup_printf("rm -r '%s'", root);
    assert_int_equal(system(command), 0); /* a folder of our own making */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_fall_and_remarks_come_last),
        cmocka_unit_test(advice_puts_what_hides_faults_first),
        cmocka_unit_test(a_harness_fault_is_never_the_students),
        cmocka_unit_test(figures_find_mine_and_the_reference),
        cmocka_unit_test(the_summary_says_what_matters),
        cmocka_unit_test(colours_and_blocks_come_when_asked_for),
        cmocka_unit_test(every_line_fits_and_no_escape_passes),
        cmocka_unit_test(an_empty_record_has_a_summary),
        cmocka_unit_test(the_style_follows_the_environment),
        cmocka_unit_test(junit_counts_what_it_holds),
        cmocka_unit_test(junit_of_a_hostile_record_is_well_formed),
        cmocka_unit_test(a_harness_fault_is_an_error_not_a_failure),
        cmocka_unit_test(html_has_every_section),
        cmocka_unit_test(html_lines_have_the_columns_that_were_measured),
        cmocka_unit_test(html_lines_are_chosen_by_every_column),
        cmocka_unit_test(html_takes_a_bundle_that_can_stand_in_a_page),
        cmocka_unit_test(html_policy_lets_nothing_in),
        cmocka_unit_test(html_of_a_hostile_record_is_only_text),
        cmocka_unit_test(the_data_of_the_charts_cannot_end_its_script),
        cmocka_unit_test(the_bundle_is_found_where_it_is_installed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
