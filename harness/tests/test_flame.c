/* test_flame.c -- the pictures of call stacks: read back as XML, and added up again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/profile/flame.h"

#include <stdlib.h>
#include <string.h>

/* What is in a picture: the titles of its frames, and how wide they are. */
typedef struct picture {
    GPtrArray *titles;             /* of char * */
    GArray *widths, *rows, *lefts; /* of double */
    bool in_title;
} picture;

static double number_at(const char **names, const char **values, const char *wanted)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], wanted) == 0)
            return strtod(values[i], NULL);
    }
    return -1;
}

static void on_start(GMarkupParseContext *context, const char *element, const char **names,
                     const char **values, gpointer user, GError **error)
{
    (void)context;
    (void)error;
    picture *p = user;
    p->in_title = strcmp(element, "title") == 0;
    if (strcmp(element, "rect") != 0)
        return;
    double width = number_at(names, values, "width");
    double row = number_at(names, values, "y");
    double left = number_at(names, values, "x");
    g_array_append_val(p->widths, width);
    g_array_append_val(p->rows, row);
    g_array_append_val(p->lefts, left);
}

static void on_text(GMarkupParseContext *context, const char *text, gsize n_bytes, gpointer user,
                    GError **error)
{
    (void)context;
    (void)error;
    picture *p = user;
    if (p->in_title)
        g_ptr_array_add(p->titles, g_strndup(text, n_bytes));
    p->in_title = false;
}

static picture *read_picture(const char *svg)
{
    static const GMarkupParser parser = {.start_element = on_start, .text = on_text};
    picture *p = g_new0(picture, 1);
    p->titles = g_ptr_array_new_with_free_func(g_free);
    p->widths = g_array_new(FALSE, FALSE, sizeof(double));
    p->rows = g_array_new(FALSE, FALSE, sizeof(double));
    p->lefts = g_array_new(FALSE, FALSE, sizeof(double));
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, p, NULL);
    assert_true(g_markup_parse_context_parse(context, svg, -1, NULL));
    assert_true(g_markup_parse_context_end_parse(context, NULL));
    g_markup_parse_context_free(context);
    assert_int_equal(p->titles->len, p->widths->len);
    return p;
}

static void picture_free(picture *p)
{
    g_ptr_array_unref(p->titles);
    g_array_unref(p->widths);
    g_array_unref(p->rows);
    g_array_unref(p->lefts);
    g_free(p);
}

/* Index of the frame whose title starts so. */
static guint frame(const picture *p, const char *start)
{
    for (guint i = 0; i < p->titles->len; i++) {
        if (g_str_has_prefix(p->titles->pdata[i], start))
            return i;
    }
    fail_msg("no frame \"%s\"", start);
    return 0;
}

static double at(const GArray *numbers, guint i)
{
    return g_array_index(numbers, double, i);
}

static void entry_free(void *data)
{
    stacks_entry *entry = data;
    g_free(entry->frames);
    g_free(entry);
}

static GPtrArray *stacks_new(void)
{
    return g_ptr_array_new_with_free_func(entry_free);
}

static void add(GPtrArray *stacks, const char *frames, uint64_t cost)
{
    stacks_entry *entry = g_new0(stacks_entry, 1);
    entry->frames = g_strdup(frames);
    entry->cost = cost;
    g_ptr_array_add(stacks, entry);
}

static GPtrArray *sample(void)
{
    GPtrArray *stacks = stacks_new();
    add(stacks, "main", 10);
    add(stacks, "main;f", 20);
    add(stacks, "main;f;leaf", 30);
    add(stacks, "main;g;leaf", 40);
    return stacks;
}

static void frames_add_up(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) stacks = sample();
    g_autofree char *svg = flame_svg(stacks, NULL, FLAME_UP, "./prog", "Ir");
    picture *p = read_picture(svg);
    assert_int_equal(p->titles->len, 6); /* all main f leaf g leaf */
    guint all = frame(p, "all: 100 (100.00 %)");
    guint f = frame(p, "f: 50 (50.00 %)");
    guint g = frame(p, "g: 40 (40.00 %)");
    (void)frame(p, "main: 100 (100.00 %)");
    (void)frame(p, "leaf: 30 (30.00 %)");
    (void)frame(p, "leaf: 40 (40.00 %)");
    assert_true(at(p->widths, f) / at(p->widths, all) > 0.499);
    assert_true(at(p->widths, g) / at(p->widths, all) < 0.401);
    assert_true(at(p->rows, f) < at(p->rows, all)); /* upwards */
    assert_true(at(p->rows, f) == at(p->rows, g));
    assert_true(at(p->lefts, g) >= at(p->lefts, f) + at(p->widths, f) - 0.02); /* beside it */
    picture_free(p);
}

static void an_icicle_hangs(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) stacks = sample();
    g_autofree char *svg = flame_svg(stacks, NULL, FLAME_ICICLE, "./prog", "Ir");
    picture *p = read_picture(svg);
    assert_int_equal(p->titles->len, 6);
    assert_true(at(p->rows, frame(p, "f: 50")) > at(p->rows, frame(p, "all: 100")));
    picture_free(p);
}

/* Who spends, and below it who called: leaf 70, of which g 40 and f 30. */
static void reversed_goes_from_the_leaf(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) stacks = sample();
    g_autofree char *svg = flame_svg(stacks, NULL, FLAME_REVERSED, "./prog", "Ir");
    picture *p = read_picture(svg);
    guint leaf = frame(p, "leaf: 70 (70.00 %)");
    guint g = frame(p, "g: 40 (40.00 %)");
    assert_true(at(p->rows, g) > at(p->rows, leaf));
    (void)frame(p, "f: 30 (30.00 %)"); /* under leaf */
    (void)frame(p, "f: 20 (20.00 %)"); /* by itself */
    (void)frame(p, "main: 10 (10.00 %)");
    picture_free(p);
}

static void changes_are_told(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) after = sample();
    g_autoptr(GPtrArray) before = stacks_new();
    add(before, "main", 10);
    add(before, "main;f", 40);
    add(before, "main;g;leaf", 20);
    add(before, "main;gone", 5);
    g_autofree char *svg = flame_svg(after, before, FLAME_UP, "./prog", "Ir");
    picture *p = read_picture(svg);
    (void)frame(p, "all: 100 (100.00 %), +25 (+33.33 % of the total before)");
    (void)frame(p, "f: 50 (50.00 %), +10 (+13.33 % of the total before)");
    (void)frame(p, "g: 40 (40.00 %), +20 ");
    (void)frame(p, "leaf: 30 (30.00 %), +30 ");
    assert_null(strstr(svg, "gone"));
    assert_non_null(strstr(svg, "+33.33 % against before"));
    picture_free(p);
}

/* Names of C++, of no encoding, and without end; and nothing at all. */
static void any_name_is_written(void **state)
{
    (void)state;
    g_autoptr(GPtrArray) stacks = stacks_new();
    g_autofree char *long_name = g_strnfill(5000, 'x');
    add(stacks, "operator<<(std::ostream&, \"a\" const&)", 1);
    add(stacks, "bad\xff\xfe\x01name", 1);
    add(stacks, long_name, 1000);
    g_autofree char *svg = flame_svg(stacks, NULL, FLAME_UP, "a < b & c", "Ir");
    picture *p = read_picture(svg);
    (void)frame(p, "operator<<(std::ostream&, \"a\" const&): 1");
    assert_int_equal(p->titles->len, 4);
    picture_free(p);
    g_autoptr(GPtrArray) none = stacks_new();
    g_autofree char *empty = flame_svg(none, NULL, FLAME_UP, "", "Ir");
    p = read_picture(empty);
    assert_int_equal(p->titles->len, 0);
    picture_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_add_up),
        cmocka_unit_test(an_icicle_hangs),
        cmocka_unit_test(reversed_goes_from_the_leaf),
        cmocka_unit_test(changes_are_told),
        cmocka_unit_test(any_name_is_written),
    };
    return cmocka_run_group_tests_name("flame", tests, NULL, NULL);
}
