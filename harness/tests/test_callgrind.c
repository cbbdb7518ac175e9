/* The callgrind reader on hand-written text: a case for each pitfall that callgrind.c names, and
 * damage of every kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/profile/stacks.h"
#include "harness/tests/callgrind_testing.h"

#include <string.h>

/* ---- the manual's own examples ---- */

static const char example[] = "# callgrind format\nevents: Instructions\n\n"
                              "fl=file1.c\nfn=main\n16 20\ncfn=func1\ncalls=1 50\n16 400\n"
                              "cfi=file2.c\ncfn=func2\ncalls=3 20\n16 400\n\n"
                              "fn=func1\n51 100\ncfi=file2.c\ncfn=func2\ncalls=2 20\n51 300\n\n"
                              "fl=file2.c\nfn=func2\n20 700\n";

static const char compressed_example[] =
    "# callgrind format\nevents: Instructions\n\n"
    "fl=(1) file1.c\nfn=(1) main\n16 20\ncfn=(2) func1\ncalls=1 50\n16 400\n"
    "cfi=(2) file2.c\ncfn=(3) func2\ncalls=3 20\n16 400\n\n"
    "fn=(2)\n51 100\ncfi=(2)\ncfn=(3)\ncalls=2 20\n51 300\n\nfl=(2)\nfn=(3)\n20 700\n";

static void check_example(const char *text)
{
    g_autoptr(callgrind_profile) p = testing_parse(text);
    assert_clean(p);
    assert_int_equal(p->n_functions, 3);
    assert_int_equal(p->totals[0], 820);
    assert_null(p->summary);
    const callgrind_function *f = testing_function(p, "main");
    assert_string_equal(f->file, "file1.c");
    assert_int_equal(f->line, 16);
    assert_int_equal(f->calls, 0);
    assert_int_equal(f->self[0], 20);
    assert_int_equal(f->inclusive[0], 820);
    f = testing_function(p, "func2");
    assert_string_equal(f->file, "file2.c");
    assert_int_equal(f->calls, 5);
    assert_int_equal(f->primitive_calls, 5);
    assert_int_equal(f->inclusive[0], 700);
    assert_int_equal(testing_function(p, "func1")->inclusive[0], 400);
    assert_int_equal(testing_call(p, "main", "func2")->calls, 3);
    assert_int_equal(callgrind_call_inclusive(p, testing_call(p, "main", "func2"))[0], 400);
    assert_int_equal(testing_line_cost(p, "file1.c", 51), 100);
}

static void manual_examples(void **state)
{
    (void)state;
    check_example(example);
    check_example(compressed_example);
}

/* Names first, costs later; addresses of 64 bits, relative to the last. */
static void manual_subpositions(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("positions: instr line\nevents: ticks\n\nfn=func\n"
                      "0xffffffff80001234 90 1\n+3 * 5\n+1 +1 6\n-4 -1 2\n");
    assert_clean(p);
    assert_int_equal(p->n_lines, 3);
    assert_true(callgrind_line_address(p, &p->lines[0]) == 0xffffffff80001234U);
    assert_true(callgrind_line_address(p, &p->lines[1]) == 0xffffffff80001237U);
    assert_true(callgrind_line_address(p, &p->lines[2]) == 0xffffffff80001238U);
    assert_int_equal(p->lines[2].line, 91);
    assert_int_equal(callgrind_line_self(p, &p->lines[0])[0], 3);
    assert_int_equal(p->totals[0], 14);
}

/* ---- what valgrind writes beyond the manual ---- */

static void jumps_take_a_line_of_positions(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("events: Ir\nfl=(1) a.c\nfn=(1) f\n10 5\njump=3 +7\n+2\n+1 4\n"
                      "jcnd=4/9 20\n*\n* 8\njfi=(2) b.c\njfn=(2) g\njump=1 5\n12\n"
                      "fi=(2)\n7 1\nfn=(2)\n9 2\n");
    assert_clean(p);
    assert_int_equal(p->totals[0], 20);
    assert_int_equal(testing_line_cost(p, "a.c", 11), 12); /* 4 and, at the same place, 8 */
    assert_int_equal(testing_line_cost(p, "b.c", 7), 1);
    assert_string_equal(testing_function(p, "g")->file,
                        "a.c"); /* "fn=" goes back to the last "fl=" */
    assert_int_equal(testing_function(p, "g")->self[0], 2);
    assert_int_equal(p->n_jumps, 3);
    const callgrind_jump *j = p->jumps;
    assert_string_equal(p->functions[j[0].function].name, "f");
    assert_true(j[0].line == 12 && j[0].target_line == 17 && j[0].taken == 3);
    assert_true(!j[0].is_conditional && j[0].executed == 3);
    assert_true(j[1].line == 11 && j[1].target_line == 20 && j[1].is_conditional);
    assert_true(j[1].taken == 4 && j[1].executed == 9);
    assert_string_equal(j[2].file, "a.c");
    assert_string_equal(j[2].target_file, "b.c");
    assert_true(j[2].target_line == 5);
    static const char *const damaged[] = {"jump=x 7\n+2\n", "jump=3\n+2\n", "jcnd=4/ 7\n+2\n",
                                          "jump=3 7\nfn=g\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(damaged); i++) {
        g_autofree char *text =
            g_strconcat("events: Ir\nfl=a.c\nfn=f\n10 5\n", damaged[i], "11 6\n", NULL);
        g_autoptr(callgrind_profile) broken = testing_parse(text);
        assert_false(broken->complete);
        assert_int_equal(broken->n_jumps, 0);
    }
}

static void undocumented_lines(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p = testing_parse(
        "version: 1\narch: amd64\npositions: bb line\nevents: Ir\nob=(1) x\nfl=(1) a.c\n"
        "rec=2\n\nfrfn=(spontaneous)\nfrfn=(4) outer\nfn=(1) f\nbb=0x12 3\n0x10 1:3 5\n"
        "+4 +1:+2 6\ncfn=(4)\nrcalls=2 0x10 9\n* * 7\nunknownkey: x\nunknown=(5) y\n");
    assert_clean(p);
    assert_int_equal(p->totals[0], 11);
    assert_int_equal(testing_line_cost(p, "a.c", 1), 5);
    assert_int_equal(testing_line_cost(p, "a.c", 2), 6);
    assert_int_equal(testing_function(p, "outer")->calls, 2);
}

/* Without lines among the positions "ln=" says where the costs are. */
static void lines_apart(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("positions: instr\nevents: Ir\nfl=a.c\nfn=f\nln=3\n0x10 5\nln=4\n+2 6\n");
    assert_clean(p);
    assert_int_equal(testing_line_cost(p, "a.c", 3), 5);
    assert_int_equal(testing_line_cost(p, "a.c", 4), 6);
}

static void ids_last_over_parts_and_may_change(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("creator: callgrind-3.19.0\npart: 1\nthread: 1\npositions: line\nevents: Ir\n"
                      "fl=(1) a.c\nfn=(1) f\n1 5\ntotals: 5\n\npart: 2\nthread: 2\nevents: Ir\n"
                      "fl=(1)\nfn=(1)\n1 6\nfn=(1) renamed\n2 7\nob=(1) same id, other space\n"
                      "fn=(9) z\n3 1\ntotals: 14\n");
    assert_clean(p);
    assert_int_equal(testing_function(p, "f")->self[0], 11);
    assert_int_equal(testing_function(p, "renamed")->self[0], 7);
    assert_string_equal(testing_function(p, "z")->object, "same id, other space");
    assert_int_equal(p->n_lines, 3); /* line 1 of both parts is one */
}

static void callee_defaults(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("events: Ir\nob=(1) prog\nfl=(1) a.c\nfn=(1) f\n1 1\n"
                      "cob=(2) lib\ncfi=(2) lib.c\ncfn=(2) g\ncalls=1 5\n1 10\n"
                      "cfn=(3) h\ncalls=1 6\n2 20\n"
                      "fi=(3) inl.h\n3 2\ncfn=(4) k\ncalls=1 7\n3 30\n"
                      "cfl=(2)\ncfn=(5) m\ncalls=1 8\n3 40\n"
                      "fn=(6) next\n4 1\ncfn=(7) n\ncalls=1 9\n4 50\n");
    assert_clean(p);
    assert_string_equal(testing_function(p, "g")->object, "lib");
    assert_string_equal(testing_function(p, "g")->file, "lib.c");
    assert_string_equal(testing_function(p, "h")->object,
                        "prog"); /* cob= and cfi= were for one call */
    assert_string_equal(testing_function(p, "h")->file, "a.c");
    assert_string_equal(testing_function(p, "k")->file, "inl.h");
    assert_string_equal(testing_function(p, "m")->file, "lib.c");
    assert_string_equal(testing_function(p, "next")->file, "a.c");
    assert_string_equal(testing_function(p, "n")->file, "a.c");
    assert_string_equal(p->files[testing_call(p, "f", "k")->file], "inl.h");
}

static void calls_of_none_keep_their_cost(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("events: Ir\nfl=a\nfn=f\n1 1\ncfn=g\ncalls=0 5\n1 70\nfn=g\n5 70\n");
    assert_clean(p);
    assert_int_equal(testing_function(p, "g")->calls, 0);
    assert_int_equal(testing_function(p, "f")->inclusive[0], 71);
}

static void sums_are_checked(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("events: Ir Dr\nsummary: 10 2\nfl=a\nfn=f\n1 5 2\ntotals: 6 2\n");
    assert_false(p->complete);
    assert_warns(p, "test:6:8: the totals line says 6 Ir, the lines add up to 5");
    assert_warns(p, "the summary says 10 Ir, the lines add up to 5");
    assert_int_equal(p->warnings->len, 2);
    assert_int_equal(p->summary[0], 10);
    assert_int_equal(p->totals[0], 5);

    g_autoptr(callgrind_profile) part = testing_parse("events: Ir\nsummary: 9\nfl=a\nfn=f\n1 5\n");
    assert_true(part->complete); /* costs that were not dumped are no damage */
    assert_int_equal(part->warnings->len, 1);
}

static void calls_do_not_move_the_position(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p = testing_parse(
        "events: Ir\nfl=a\nfn=f\n100 1\ncfn=g\ncalls=1 +50\n+7 10\n+1 2\n0x70 4\n-0x2 8\n");
    assert_clean(p);
    assert_int_equal(testing_call(p, "f", "g")->line, 107);
    assert_int_equal(testing_line_cost(p, "a", 101), 2);
    assert_int_equal(testing_line_cost(p, "a", 112), 4);
    assert_int_equal(testing_line_cost(p, "a", 110), 8);
}

static void contexts_are_expanded(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("events: Ir\nfl=(1) a\nfn=(1) main\nfn=(3) fib\nfn=(9) (3)'2'(1)\n1 30\n"
                      "fn=(10) (3)'(1)\n1 20\nfn=(1)\n1 7\n");
    assert_clean(p);
    assert_int_equal(testing_function(p, "fib'2'main")->self[0], 30);
    assert_int_equal(testing_function(p, "fib'main")->self[0], 20);
    g_autoptr(GPtrArray) stacks = stacks_from_callgrind(p, 0);
    g_autofree char *folded = stacks_folded(stacks);
    assert_string_equal(folded, "main 7\nmain;fib 20\nmain;fib;fib 30\n");
}

static void parts_may_order_events_differently(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p = testing_parse(
        "events: Ir Dr\nfl=a\nfn=f\n1 5 3\n2 7\npart: 2\nevents: Dr Dw Ir\nfn=f\n1 1 2 4\n");
    assert_clean(p);
    assert_int_equal(p->n_events, 3);
    int ir = callgrind_event(p, "Ir"), dr = callgrind_event(p, "Dr"), dw = callgrind_event(p, "Dw");
    assert_int_equal(callgrind_event(p, "Bc"), -1);
    assert_int_equal(p->totals[ir], 16);
    assert_int_equal(p->totals[dr], 4);
    assert_int_equal(p->totals[dw], 2);
    assert_int_equal(p->n_lines, 2);
}

static void truncated_files_say_so(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) cut =
        testing_parse("events: Ir\nfl=a\nfn=f\n1 5\ncfn=g\ncalls=1 2\n");
    assert_false(cut->complete);
    assert_warns(cut, "test:7:1: truncated");
    assert_int_equal(cut->totals[0], 5);
    g_autoptr(callgrind_profile) open = testing_parse("events: Ir\nfl=a\nfn=f\n1 5\n2 1");
    assert_false(open->complete);
    assert_warns(open, "test:5:4: truncated");
    g_autoptr(callgrind_profile) end =
        testing_parse("creator: callgrind-3.19.0\nevents: Ir\nfl=a\nfn=f\n1 5\n");
    assert_false(end->complete);
    assert_warns(end, "totals");
    /* every prefix gives something or an error, and never more than the whole */
    for (size_t n = 0; n < sizeof compressed_example; n++) {
        g_autofree char *prefix = g_memdup2(compressed_example, n + 1);
        callgrind_profile *p = callgrind_parse(prefix, n, "test", NULL);
        if (p != NULL)
            assert_true(p->totals[0] <= 820);
        callgrind_free(p);
    }
}

static void names_in_parentheses(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p = testing_parse(
        "events: Ir\nob=(1) x\nfl=(1) ???\nfn=(1) (below main)\n0 1\n"
        "fn=(2) (anonymous namespace)::f(int)\n0 2\nfn=(anonymous)\n0 4\n"
        "fn=(3) 0x00000000000012a0\n0 8\nob=(2) y\nfn=(4) 0x00000000000012a0\n0 16\n");
    assert_clean(p);
    assert_int_equal(testing_function(p, "(below main)")->self[0], 1);
    assert_string_equal(testing_function(p, "(below main)")->file, "");
    assert_int_equal(testing_function(p, "(anonymous namespace)::f(int)")->self[0], 2);
    assert_int_equal(testing_function(p, "(anonymous)")->self[0], 4);
    assert_int_equal(p->n_functions, 5); /* the same address in two objects is two functions */
    assert_int_equal(p->totals[0], 31);
}

static void memory_trees(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p = testing_parse(
        "# callgrind format\nversion: 1\ncreator: xtree-1\npid: 1\ncmd: ./m\n\n"
        "positions: line\nevent: curB : currently allocated Bytes\nevents: curB  curBk  \n"
        "fl=(1) m.c\nfn=(1) main\n6 0 0\n\nfl=(1)\nfn=(1)\n7\ncfi=(2) p.c\ncfn=(2) printf\n"
        "calls=0 33\n7 4096 1\nfl=(2)\nfn=(2)\n33 4096 1\n\ntotals: 4096 1\n");
    assert_clean(p);
    assert_int_equal(p->n_events, 2);
    assert_int_equal(testing_function(p, "main")->inclusive[0], 4096);
    assert_string_equal(p->creator, "xtree-1");
}

static void damage_has_a_place(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("events: Ir\nfl=a\nfn=f\n1 5\n2 x7\n3 1 9\n\x01\x02garbage\nfn=(77)\n4 1\n"
                      "calls=1 2\n5 100\n5 2\ncalls=1 2\nfn=g\n6 1\n99999999999 1\n");
    assert_false(p->complete);
    assert_warns(p, "test:5:3: expected a number");
    assert_warns(p, "test:6:5: expected no more costs");
    assert_warns(p, "test:7:1: expected 'key: value'");
    assert_warns(p, "test:8:4: the id (77) has no name");
    assert_warns(p, "test:11:1: expected 'cfn='");
    assert_warns(p, "test:14:1: expected the cost of the call");
    assert_warns(p, "test:16:1: no such line");
    assert_int_equal(p->totals[0], 5 + 1 + 1 + 2 + 1 + 1);
}

static void nothing_readable_is_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "\n\n", "hello\n", "\177ELF\2\1", "fl=a\nfn=f\n1 5\n", "events:\n1 5\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(callgrind_parse(texts[i], strlen(texts[i]), "test", &error));
        assert_non_null(strstr(error->message, "test:"));
        assert_non_null(strstr(error->message, "expected an 'events:' line"));
    }
    g_autoptr(GError) error = NULL;
    assert_null(callgrind_read("/nonexistent/callgrind.out", &error));
    assert_non_null(error);
}

static void carriage_returns_and_foreign_bytes(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("events: Ir\r\nfl=(1) a.c\r\nfn=(1) f\xff\xfe\r\n1 5\r\n"
                      "+1 6 \r\ncfn=(2) g\r\ncalls=1 2\r\n* 7\r\n\r\n"
                      "fn=(2)\r\n2 7\r\n");
    assert_clean(p);
    assert_string_equal(p->events[0], "Ir");
    assert_string_equal(p->functions[0].file, "a.c");
    assert_string_equal(p->functions[0].name, "f\xff\xfe");
    assert_int_equal(p->totals[0], 18);
}

static void large_values(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("events: Ir Dr\nfl=(4294967299) a.c\nfn=(18446744073709551615) f\n"
                      "1 18446744073709551615 12345678901\n2 0 99999999\n"
                      "3 0 0xFFFFFFFFF\nfl=(4294967299)\nfn=(18446744073709551615)\n3 0 1\n");
    assert_clean(p);
    assert_true(p->totals[0] == UINT64_MAX);
    assert_true(p->totals[1] == 12345678901U + 99999999U + 0xFFFFFFFFFU + 1);
    assert_int_equal(p->n_functions, 1);
}

/* Numbers of every length, up to the last byte of the text. */
static void every_length_of_number(void **state)
{
    (void)state;
    uint64_t value = 0;
    for (unsigned n = 1; n <= 19; n++) {
        value = value * 10 + n % 10;
        g_autofree char *text =
            g_strdup_printf("events: Ir\nfl=a\nfn=f\n1 %" G_GUINT64_FORMAT "\n", value);
        g_autofree char *exact = g_memdup2(text, strlen(text)); /* no byte more: for ASan */
        callgrind_profile *p = callgrind_parse(exact, strlen(text), "test", NULL);
        assert_non_null(p);
        assert_clean(p);
        assert_true(p->totals[0] == value);
        callgrind_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manual_examples),
        cmocka_unit_test(manual_subpositions),
        cmocka_unit_test(jumps_take_a_line_of_positions),
        cmocka_unit_test(undocumented_lines),
        cmocka_unit_test(lines_apart),
        cmocka_unit_test(ids_last_over_parts_and_may_change),
        cmocka_unit_test(callee_defaults),
        cmocka_unit_test(calls_of_none_keep_their_cost),
        cmocka_unit_test(sums_are_checked),
        cmocka_unit_test(calls_do_not_move_the_position),
        cmocka_unit_test(contexts_are_expanded),
        cmocka_unit_test(parts_may_order_events_differently),
        cmocka_unit_test(truncated_files_say_so),
        cmocka_unit_test(names_in_parentheses),
        cmocka_unit_test(memory_trees),
        cmocka_unit_test(damage_has_a_place),
        cmocka_unit_test(nothing_readable_is_an_error),
        cmocka_unit_test(carriage_returns_and_foreign_bytes),
        cmocka_unit_test(large_values),
        cmocka_unit_test(every_length_of_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
