/* Text and figures for people: nothing that a terminal or a browser would obey gets through. */
#include "reports/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef char *converter(const char *text);

static char *markup(const char *text)
{
    GString *out = g_string_new(NULL);
    text_append_markup(out, text);
    return g_string_free(out, FALSE);
}

static void assert_converts(converter *convert, const char *from, const char *to)
{
    g_autofree char *got = convert(from);
    assert_string_equal(got, to);
}

static void terminals_see_escapes_written_out(void **state)
{
    (void)state;
    assert_converts(text_for_terminal, "plain \u00e9\u4e2d", "plain \u00e9\u4e2d");
    assert_converts(text_for_terminal, "a\nb\tc\rd", "a b c d");
    assert_converts(text_for_terminal, "\x1b[31m\x07\x7f", "\\x1b[31m\\x07\\x7f");
    assert_converts(text_for_terminal,
                    "\xc2\x9b"
                    "2J",
                    "\\x9b2J"); /* CSI as one character */
    assert_converts(text_for_terminal, "\u202eabc\u2066", "<U+202E>abc<U+2066>");
    assert_converts(text_for_terminal, "\xff\xc3(", "\ufffd\ufffd(");
}

static void markup_is_escaped(void **state)
{
    (void)state;
    assert_converts(markup, "</script>&\"'", "&lt;/script&gt;&amp;&quot;&#39;");
    assert_converts(markup, "a\x01\x1b\x0b\xc2\x85\xef\xbf\xbf", "a\ufffd\ufffd\ufffd\ufffd\ufffd");
    assert_converts(markup, "tab\tline\n", "tab\tline\n");
    assert_converts(markup, "\u2028\u202e\ufeff", "[U+2028][U+202E][U+FEFF]");
    assert_converts(markup, "\xed\xa0\x80", "\ufffd\ufffd\ufffd"); /* a surrogate */
}

/* Every byte pair: what comes out is UTF-8 without controls, for both. */
static void any_bytes_come_out_clean(void **state)
{
    (void)state;
    for (unsigned a = 1; a < 256; a++) {
        for (unsigned b = 1; b < 256; b++) {
            const char text[] = {(char)a, (char)b, 'x', '\0'};
            g_autofree char *terminal = text_for_terminal(text);
            g_autofree char *xml = markup(text);
            assert_true(g_utf8_validate(terminal, -1, NULL));
            assert_true(g_utf8_validate(xml, -1, NULL));
            for (const char *p = terminal; *p != '\0'; p = g_utf8_next_char(p))
                assert_false(g_unichar_iscntrl(g_utf8_get_char(p)));
            assert_null(strpbrk(xml, "<>\"'\x1b\x7f"));
        }
    }
}

static void width_counts_columns(void **state)
{
    (void)state;
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("\u4e2d\u6587"), 4);
    assert_int_equal(text_width("e\u0301"), 1);
}

static void wrapping_keeps_words_and_width(void **state)
{
    (void)state;
    GString *out = g_string_new(NULL);
    text_append_wrapped(out, "one two three four", 0, 2, 9);
    assert_string_equal(out->str, "one two\n  three\n  four");
    g_string_assign(out, "");
    text_append_wrapped(out, "abcdefghijkl m", 0, 0, 5);
    assert_string_equal(out->str, "abcde\nfghij\nkl m");
    g_string_free(out, TRUE);
}

typedef struct number_case {
    double x;
    int n_decimals;
    const char *text;
} number_case;

static void numbers_are_short(void **state)
{
    (void)state;
    const number_case cases[] = {{12, 2, "12"},        {12.5, 2, "12.5"},    {6.25, 2, "6.25"},
                                 {100, 2, "100"},      {0, 2, "0"},          {-0.001, 2, "0"},
                                 {97.349, 2, "97.35"}, {1e300, 2, "1e+300"}, {20, 0, "20"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = text_number(cases[i].x, cases[i].n_decimals);
        assert_string_equal(text, cases[i].text);
    }
}

static void figures_have_three_digits_or_all(void **state)
{
    (void)state;
    const number_case cases[] = {
        {0.1234, 0, "0.123"},      {1.926, 0, "1.93"},   {38.24, 0, "38.2"}, {201.4, 0, "201"},
        {7223016, 0, "7 223 016"}, {-1234, 0, "-1 234"}, {1e18, 0, "1e+18"}, {999, 0, "999"}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = text_figure(cases[i].x, " ");
        assert_string_equal(text, cases[i].text);
    }
}

static char *bytes_of(const char *n)
{
    return text_bytes(g_ascii_strtod(n, NULL));
}

static void labels_and_bytes(void **state)
{
    (void)state;
    assert_converts(bytes_of, "96", "96 B");
    assert_converts(bytes_of, "1920000", "1.92 MB");
    assert_converts(text_figure_label, "destroy_fifo", "destroy, in order");
    assert_converts(text_figure_label, "some_new_figure", "some new figure");
    assert_converts(text_unit_label, "Ir", "instructions");
    assert_converts(text_unit_label, "furlongs", "furlongs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminals_see_escapes_written_out), cmocka_unit_test(markup_is_escaped),
        cmocka_unit_test(any_bytes_come_out_clean),          cmocka_unit_test(width_counts_columns),
        cmocka_unit_test(wrapping_keeps_words_and_width),    cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(figures_have_three_digits_or_all),  cmocka_unit_test(labels_and_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
