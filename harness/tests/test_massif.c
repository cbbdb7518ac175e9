/* The massif reader on hand-written text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/profile/massif.h"
#include "harness/profile/massif_print.h"

#include <string.h>

#define HEAD "desc: --time-unit=i\ncmd: ./prog a b\ntime_unit: i\n"
#define RULE "#-----------\n"

static const char small[] = HEAD RULE
    "snapshot=0\n" RULE "time=0\nmem_heap_B=0\nmem_heap_extra_B=0\nmem_stacks_B=0\n"
    "heap_tree=empty\n" RULE "snapshot=1\n" RULE "time=5000000000\nmem_heap_B=6000000000\n"
    "mem_heap_extra_B=24\nmem_stacks_B=8\nheap_tree=peak\n"
    "n3: 6000000000 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n"
    " n1: 5999999000 0x48D909F: run(int) (anonymous namespace)::go() (run.cpp:347)\n"
    "  n2: 5999999000 0x48D909F: main::{lambda(int)#1}::operator()(int) const (main.cpp:12)\n"
    "   n0: 5999998000 0x1089: main (main.cpp:40)\n"
    "   n0: 1000 0x10A0: ??? (in /usr/lib/libx (copy).so)\n"
    " n0: 1000 0x109234: no_location\n"
    " n0: 0 in 1 place, below massif's threshold (1.00%)\n" RULE "snapshot=2\n" RULE
    "time=5000000001\nmem_heap_B=1\nmem_heap_extra_B=7\nmem_stacks_B=0\nheap_tree=empty\n";

static massif_profile *parse(const char *text)
{
    GError *error = NULL;
    massif_profile *profile = massif_parse(text, strlen(text), "test", &error);
    if (profile == NULL)
        fail_msg("%s", error->message);
    return profile;
}

static void assert_warns(const massif_profile *p, const char *part)
{
    for (unsigned i = 0; i < p->warnings->len; i++) {
        if (strstr(g_ptr_array_index(p->warnings, i), part) != NULL)
            return;
    }
    fail_msg("no warning with \"%s\"", part);
}

static void header_and_snapshots(void **state)
{
    (void)state;
    g_autoptr(massif_profile) p = parse(small);
    assert_true(p->complete);
    assert_int_equal(p->warnings->len, 0);
    assert_string_equal(p->description, "--time-unit=i");
    assert_string_equal(p->command, "./prog a b");
    assert_string_equal(p->time_unit, "i");
    assert_int_equal(p->n_snapshots, 3);
    assert_int_equal(p->peak, 1);
    assert_true(p->snapshots[1].is_peak);
    assert_false(p->snapshots[2].is_peak);
    assert_true(p->snapshots[1].time == 5000000000U);
    assert_true(massif_total(&p->snapshots[1]) == 6000000032U);
    assert_int_equal(p->snapshots[2].extra_bytes, 7);
    assert_null(p->snapshots[0].tree);
}

static void tree_with_difficult_labels(void **state)
{
    (void)state;
    g_autoptr(massif_profile) p = parse(small);
    const massif_node *root = p->snapshots[1].tree;
    assert_true(root->bytes == 6000000000U);
    assert_int_equal(root->n_children, 3);
    assert_string_equal(root->place->function,
                        "(heap allocation functions) malloc/new/new[], --alloc-fns, etc.");
    const massif_node *run = &root->children[0];
    assert_string_equal(run->place->function, "run(int) (anonymous namespace)::go()");
    assert_string_equal(run->place->file, "run.cpp");
    assert_int_equal(run->place->line, 347);
    assert_int_equal(run->place->address, 0x48D909F);
    const massif_node *lambda = &run->children[0]; /* inlined: the same address */
    assert_string_equal(lambda->place->function, "main::{lambda(int)#1}::operator()(int) const");
    assert_int_equal(lambda->place->address, run->place->address);
    assert_int_equal(lambda->n_children, 2);
    assert_string_equal(lambda->children[0].place->function, "main");
    assert_int_equal(lambda->children[0].place->line, 40);
    assert_string_equal(lambda->children[1].place->file, "");
    assert_string_equal(lambda->children[1].place->function, "???");
    assert_string_equal(lambda->children[1].place->object, "/usr/lib/libx (copy).so");
    assert_string_equal(root->children[1].place->function, "no_location");
    assert_int_equal(root->children[1].place->line, 0);
    assert_string_equal(root->children[2].place->function,
                        "in 1 place, below massif's threshold (1.00%)");
    assert_int_equal(root->children[2].place->address, 0);
}

/* A file cut anywhere gives the snapshots that are whole, and says so. */
static void truncated_files_give_what_they_hold(void **state)
{
    (void)state;
    size_t n_whole = strlen(small), last = 0;
    for (size_t n = 0; n < n_whole; n++) {
        g_autofree char *prefix = g_memdup2(small, n + 1);
        g_autoptr(GError) error = NULL;
        g_autoptr(massif_profile) p = massif_parse(prefix, n, "test", &error);
        assert_true((p == NULL) == (error != NULL));
        if (p == NULL)
            continue;
        assert_true(p->n_snapshots >= last);
        last = p->n_snapshots;
        for (size_t i = 0; i + 1 < p->n_snapshots; i++)
            assert_true(p->snapshots[i].index == i);
        if (n > 0 && prefix[n - 1] != '\n')
            assert_false(p->complete);
    }
    assert_int_equal(last, 3);
    const char *cut = strstr(small, "   n0: 1000");
    g_autoptr(massif_profile) p = massif_parse(small, (size_t)(cut - small), "test", NULL);
    assert_false(p->complete);
    assert_warns(p, "lacks 3 of the nodes");
    assert_int_equal(p->snapshots[1].tree->n_children, 1);
    assert_string_equal(p->snapshots[1].tree->children[0].children[0].children[0].place->function,
                        "main");
}

static void damage_has_a_place(void **state)
{
    (void)state;
    g_autoptr(massif_profile) p =
        parse(HEAD RULE "snapshot=0\n" RULE "time=x\nmem_heap_B=5 \nmem_heap_extra_B=0\nbogus\n"
                        "heap_tree=detailed\nn1: 5 all\n   n0: 5 0x1: too deep (a.c:1)\n"
                        " n0 5 0x1: f (a.c:1)\n n0: b 0x1: f (a.c:1)\n n0: 5 0x1: f (a.c:1)\n");
    assert_false(p->complete);
    assert_warns(p, "test:7:6: expected a number");
    assert_warns(p, "test:8:13: expected the end of the line");
    assert_warns(p, "test:10:1: expected a line of a snapshot");
    assert_warns(p, "test:13:4: expected a node no deeper");
    assert_warns(p, "test:14:4: expected 'nCOUNT: '");
    assert_warns(p, "test:15:6: expected a number of bytes");
    assert_int_equal(p->snapshots[0].tree->n_children, 1);
    assert_int_equal(p->snapshots[0].heap_bytes, 5);
}

static void nothing_readable_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "hello\n", "\177ELF\1", HEAD};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(massif_parse(texts[i], strlen(texts[i]), "test", &error));
        assert_non_null(strstr(error->message, "expected a 'snapshot=' line"));
    }
}

static void carriage_returns(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new(small);
    g_string_replace(text, "\n", "\r\n", 0);
    g_autoptr(massif_profile) p = parse(text->str);
    assert_int_equal(p->warnings->len, 0);
    assert_true(p->complete);
    assert_string_equal(p->snapshots[1].tree->children[0].place->file, "run.cpp");
    assert_int_equal(p->snapshots[1].tree->n_children, 3);
}

/* The announced number of children is not believed. */
static void hostile_counts(void **state)
{
    (void)state;
    g_autoptr(massif_profile) p =
        parse(HEAD RULE "snapshot=0\n" RULE "time=1\nmem_heap_B=5\nmem_heap_extra_B=0\n"
                        "mem_stacks_B=0\nheap_tree=peak\nn18446744073709551615: 5 all\n"
                        " n4000000000: 5 0x1: f (a.c:99999999999)\n");
    assert_false(p->complete);
    assert_int_equal(p->snapshots[0].tree->n_children, 1);
    assert_string_equal(p->snapshots[0].tree->children[0].place->file, "a.c:99999999999");
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++)
        n++;
    return n;
}

static void printed_forms(void **state)
{
    (void)state;
    g_autoptr(massif_profile) p = parse(small);
    massif_print_options options = {.width = 30, .height = 5};
    g_autofree char *chart = massif_print_chart(p, &options);
    assert_int_equal(count_lines(chart), 7);
    assert_non_null(strstr(chart, "   5.6 GiB |"));
    assert_non_null(strstr(chart, "5.0 Gi\n"));
    assert_int_equal(strchr(chart, '#') - chart, 12 + 28); /* only in the column before the last */
    g_autofree char *snapshots = massif_print_snapshots(p);
    assert_int_equal(count_lines(snapshots), 4);
    assert_non_null(strstr(snapshots, "6,000,000,032"));
    g_autofree char *tree = massif_print_tree(p, &options);
    assert_int_equal(count_lines(tree), 7);
    assert_non_null(strstr(tree, "   5,999,998,000 100.0%        main (main.cpp:40)\n"));
    options.limit = 2;
    g_autofree char *short_tree = massif_print_tree(p, &options);
    assert_int_equal(count_lines(short_tree), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_and_snapshots),
        cmocka_unit_test(tree_with_difficult_labels),
        cmocka_unit_test(truncated_files_give_what_they_hold),
        cmocka_unit_test(damage_has_a_place),
        cmocka_unit_test(nothing_readable_is_an_error),
        cmocka_unit_test(carriage_returns),
        cmocka_unit_test(hostile_counts),
        cmocka_unit_test(printed_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
