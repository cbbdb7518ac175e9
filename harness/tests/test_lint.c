/* test_lint.c -- what compilers and linters print is read as findings with a place. */
#include "harness/judge/lint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const record_finding *finding(const record *r, guint i)
{
    assert_true(i < r->findings->len);
    return g_ptr_array_index(r->findings, i);
}

static void the_four_tools(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    static const char output[] =
        "pool.c: In function 'f':\n"
        "pool.c:3:10: warning: unused variable 'x' [-Wunused-variable]\n"
        "/submission/pool.c:7:5: error: do not do that [bugprone-x,-warnings-as-errors]\n"
        "/submission/pool.c:7:9: note: because of this\n"
        "pool.c:9:1: warning: code should be clang-formatted [-Wclang-format-violations]\n"
        "pool.c:9:5: warning: code should be clang-formatted [-Wclang-format-violations]\n"
        "pool.c:12:3: performance: pass it by pointer [passedByValue]\n"
        "/contract/hw_pool.h:1:1: warning: not the student's [x]\n"
        "other.c:1:1: warning: another file [x]\n"
        "409 warnings generated.\n"
        "pool.c:x:1: warning: no line [x]\n"
        "pool.c:99999999999:1: warning: no such line [x]\n";
    lint_collect(r, "tool", "pool.c", output, sizeof(output) - 1);
    assert_int_equal(r->findings->len, 4);
    assert_string_equal(finding(r, 0)->rule, "-Wunused-variable");
    assert_string_equal(finding(r, 0)->text, "unused variable 'x'");
    assert_int_equal(finding(r, 0)->line, 3);
    assert_int_equal(finding(r, 0)->column, 10);
    assert_string_equal(finding(r, 1)->rule, "bugprone-x");
    assert_string_equal(finding(r, 1)->file, "pool.c");
    assert_int_equal(finding(r, 2)->line, 9); /* once a line */
    assert_string_equal(finding(r, 3)->rule, "passedByValue");
}

static void empty_output(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    lint_collect(r, "tool", "pool.c", NULL, 0);
    lint_suppressions(r, "pool.c", NULL, 0);
    assert_int_equal(r->findings->len, 0);
}

static void suppressions_count(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    static const char source[] = "int a; // NOLINT\n"
                                 "int b;\n"
                                 "  #  pragma GCC diagnostic ignored \"-Wall\"\n"
                                 "// clang-format off\n"
                                 "/* cppcheck-suppress x */\n"
                                 "int pragma; /* not one */\n"
                                 "int c; // LCOV_EXCL_LINE\n";
    lint_suppressions(r, "pool.c", source, sizeof(source) - 1);
    static const uint32_t lines[] = {1, 3, 4, 5, 7};
    assert_int_equal(r->findings->len, G_N_ELEMENTS(lines));
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        assert_int_equal(finding(r, i)->line, lines[i]);
        assert_true(finding(r, i)->suppressed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_four_tools),
        cmocka_unit_test(empty_output),
        cmocka_unit_test(suppressions_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
