/* test_rubric.c -- rubrics are read strictly: each error names its line and what was expected. */
#include "harness/judge/ini.h"
#include "harness/judge/rubric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static rubric *parse(const char *text, GError **error)
{
    return rubric_parse(text, strlen(text), "my.ini", error);
}

static void a_small_rubric(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(rubric) r = parse("# comment\n[rubric]\ntitle = A = b\n[pool]\npoints=12.5\n"
                                "[speed]\npoints = 7\nfull_ratio = 1.5\nzero_ratio = 6\n"
                                "[measure]\nseeds = 4",
                                &error);
    assert_non_null(r);
    assert_string_equal(r->title, "A = b");
    assert_string_equal(r->name, "my.ini");
    assert_true(r->points[RUBRIC_POOL] == 12.5);
    assert_true(r->graded[RUBRIC_SPEED] && !r->graded[RUBRIC_LINT]);
    assert_true(r->speed_full_ratio == 1.5 && r->speed_zero_ratio == 6);
    assert_true(r->n_seeds == 4 && r->n_objects >= 100);
    assert_true(rubric_max_score(r) == 19.5);
}

static void errors_name_line_and_expectation(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message; /* all of it must be found */
    } cases[] = {
        {"", "my.ini: no group [rubric]"},
        {"[rubric]\n", "no part has points"},
        {"[rubric]\n[pool]\n", "my.ini:2: [pool] has no points: expected points = NUMBER"},
        {"[rubric]\n[pool]\npoints = -1\n", "my.ini:3: points = -1 is out of range: expected 0 to"},
        {"[rubric]\n[pool]\npoints = many\n", "my.ini:3: points = many: expected a number"},
        {"[rubric]\n[pool]\npoints = \n", "my.ini:3: points = : expected a number"},
        {"[rubric]\n[pool]\npoints = nan\n", "my.ini:3: points = nan: expected a number"},
        {"[rubric]\n[pool]\npoints = inf\n", "my.ini:3: points = inf: expected a number"},
        {"[rubric]\n[pool]\npoints = 0x10\n", "my.ini:3: points = 0x10: expected a number"},
        {"[rubric]\n[pool]\npoints = 1e999\n", "my.ini:3: points = 1e999: expected a number"},
        {"[rubric]\n[pool]\npoints = 5 points\n", "my.ini:3: points = 5 points: expected a number"},
        {"[rubric]\n[pol]\npoints = 5\n", "my.ini:2: unknown group [pol]: expected rubric"},
        {"[rubric]\n[pool]\npoint = 5\n",
         "my.ini:3: unknown key 'point' in [pool]: expected points"},
        {"[rubric]\nspeed = 5\n", "my.ini:2: unknown key 'speed' in [rubric]"},
        {"[rubric]\n[pool]\npoints=5\npoints=6\n", "my.ini:4: key 'points' again, first at line 3"},
        {"[rubric]\n[pool]\npoints=5\n[pool]\n", "my.ini:4: group [pool] again, first at line 2"},
        {"points = 5\n", "my.ini:1: key 'points' stands before any [group]"},
        {"[rubric\n", "my.ini:1: the group has no closing"},
        {"[rubric]\nhello\n", "my.ini:2: expected [group], key = value or # comment"},
        {"[rubric]\n\xff\xfe = 1\n", "my.ini:2: not text in UTF-8"},
        {"[rubric]\n[measure]\nseeds = 2.5\n", "my.ini:3: seeds = 2.5: expected a whole number"},
        {"[rubric]\n[speed]\npoints=1\nfull_ratio=4\nzero_ratio=4\n",
         "my.ini:5: [speed]: zero_ratio (4) must be greater than full_ratio (4)"},
        {"[rubric]\npass_points=9\n[pool]\npoints=5\n", "my.ini:2: pass_points = 9 is more than"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(rubric) r = parse(cases[i].text, &error);
        assert_null(r);
        assert_non_null(error);
        if (strstr(error->message, cases[i].message) == NULL)
            fail_msg("case %zu: '%s' is not in '%s'", i, cases[i].message, error->message);
    }
}

static void files_are_read(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(rubric) none = rubric_read("/nonexistent/rubric.ini", &error);
    assert_null(none);
    assert_non_null(strstr(error->message, "/nonexistent/rubric.ini"));
}

static void too_large_is_an_error(void **state)
{
    (void)state;
    g_autofree char *text = g_strnfill(INI_MAX_BYTES + 1, '\n');
    g_autoptr(GError) error = NULL;
    g_autoptr(rubric) r = parse(text, &error);
    assert_null(r);
    assert_non_null(strstr(error->message, "larger than"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_rubric),
        cmocka_unit_test(errors_name_line_and_expectation),
        cmocka_unit_test(files_are_read),
        cmocka_unit_test(too_large_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
