/* The callgrind reader on hand-written text: a case for each pitfall that callgrind.c names, and
 * inclusive cost against a computation of another kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/profile/callgrind.h"
#include "harness/profile/scan_block.h"
#include "harness/profile/stacks.h"

#include <glib/gstdio.h>
#include <string.h>

static callgrind_profile *parse(const char *text)
{
    GError *error = NULL;
    callgrind_profile *profile = callgrind_parse(text, strlen(text), "test", &error);
    if (profile == NULL)
        fail_msg("%s", error->message);
    return profile;
}

static const callgrind_function *find(const callgrind_profile *p, const char *name)
{
    const callgrind_function *f = callgrind_find(p, name);
    if (f == NULL)
        fail_msg("no function %s", name);
    return f;
}

/* The only call between the two, or NULL. */
static const callgrind_call *find_call(const callgrind_profile *p, const char *caller,
                                       const char *callee)
{
    const callgrind_call *found = NULL;
    for (size_t i = 0; i < p->n_calls; i++) {
        if (strcmp(p->functions[p->calls[i].caller].name, caller) == 0 &&
            strcmp(p->functions[p->calls[i].callee].name, callee) == 0) {
            assert_null(found);
            found = &p->calls[i];
        }
    }
    return found;
}

static uint64_t line_cost(const callgrind_profile *p, const char *file, uint32_t line)
{
    uint64_t cost = 0;
    for (size_t i = 0; i < p->n_lines; i++) {
        if (p->lines[i].line == line && strcmp(p->files[p->lines[i].file], file) == 0)
            cost += callgrind_line_self(p, &p->lines[i])[0];
    }
    return cost;
}

static void assert_clean(const callgrind_profile *p)
{
    for (unsigned i = 0; i < p->warnings->len; i++)
        print_message("%s\n", (const char *)g_ptr_array_index(p->warnings, i));
    assert_int_equal(p->warnings->len, 0);
    assert_true(p->complete);
}

static void assert_warns(const callgrind_profile *p, const char *part)
{
    for (unsigned i = 0; i < p->warnings->len; i++) {
        if (strstr(g_ptr_array_index(p->warnings, i), part) != NULL)
            return;
    }
    fail_msg("no warning with \"%s\"", part);
}

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
    g_autoptr(callgrind_profile) p = parse(text);
    assert_clean(p);
    assert_int_equal(p->n_functions, 3);
    assert_int_equal(p->totals[0], 820);
    assert_null(p->summary);
    const callgrind_function *f = find(p, "main");
    assert_string_equal(f->file, "file1.c");
    assert_int_equal(f->line, 16);
    assert_int_equal(f->calls, 0);
    assert_int_equal(f->self[0], 20);
    assert_int_equal(f->inclusive[0], 820);
    f = find(p, "func2");
    assert_string_equal(f->file, "file2.c");
    assert_int_equal(f->calls, 5);
    assert_int_equal(f->primitive_calls, 5);
    assert_int_equal(f->inclusive[0], 700);
    assert_int_equal(find(p, "func1")->inclusive[0], 400);
    assert_int_equal(find_call(p, "main", "func2")->calls, 3);
    assert_int_equal(callgrind_call_inclusive(p, find_call(p, "main", "func2"))[0], 400);
    assert_int_equal(line_cost(p, "file1.c", 51), 100);
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
    g_autoptr(callgrind_profile) p = parse("positions: instr line\nevents: ticks\n\nfn=func\n"
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
        parse("events: Ir\nfl=(1) a.c\nfn=(1) f\n10 5\njump=3 +7\n+2\n+1 4\n"
              "jcnd=4/9 20\n*\n* 8\njfi=(2) b.c\njfn=(2) g\njump=1 5\n12\n"
              "fi=(2)\n7 1\nfn=(2)\n9 2\n");
    assert_clean(p);
    assert_int_equal(p->totals[0], 20);
    assert_int_equal(line_cost(p, "a.c", 11), 12); /* 4 and, at the same place, 8 */
    assert_int_equal(line_cost(p, "b.c", 7), 1);
    assert_string_equal(find(p, "g")->file, "a.c"); /* "fn=" goes back to the last "fl=" */
    assert_int_equal(find(p, "g")->self[0], 2);
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
        g_autoptr(callgrind_profile) broken = parse(text);
        assert_false(broken->complete);
        assert_int_equal(broken->n_jumps, 0);
    }
}

static void undocumented_lines(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("version: 1\narch: amd64\npositions: bb line\nevents: Ir\nob=(1) x\nfl=(1) a.c\n"
              "rec=2\n\nfrfn=(spontaneous)\nfrfn=(4) outer\nfn=(1) f\nbb=0x12 3\n0x10 1:3 5\n"
              "+4 +1:+2 6\ncfn=(4)\nrcalls=2 0x10 9\n* * 7\nunknownkey: x\nunknown=(5) y\n");
    assert_clean(p);
    assert_int_equal(p->totals[0], 11);
    assert_int_equal(line_cost(p, "a.c", 1), 5);
    assert_int_equal(line_cost(p, "a.c", 2), 6);
    assert_int_equal(find(p, "outer")->calls, 2);
}

/* Without lines among the positions "ln=" says where the costs are. */
static void lines_apart(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("positions: instr\nevents: Ir\nfl=a.c\nfn=f\nln=3\n0x10 5\nln=4\n+2 6\n");
    assert_clean(p);
    assert_int_equal(line_cost(p, "a.c", 3), 5);
    assert_int_equal(line_cost(p, "a.c", 4), 6);
}

static void ids_last_over_parts_and_may_change(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("creator: callgrind-3.19.0\npart: 1\nthread: 1\npositions: line\nevents: Ir\n"
              "fl=(1) a.c\nfn=(1) f\n1 5\ntotals: 5\n\npart: 2\nthread: 2\nevents: Ir\n"
              "fl=(1)\nfn=(1)\n1 6\nfn=(1) renamed\n2 7\nob=(1) same id, other space\n"
              "fn=(9) z\n3 1\ntotals: 14\n");
    assert_clean(p);
    assert_int_equal(find(p, "f")->self[0], 11);
    assert_int_equal(find(p, "renamed")->self[0], 7);
    assert_string_equal(find(p, "z")->object, "same id, other space");
    assert_int_equal(p->n_lines, 3); /* line 1 of both parts is one */
}

static void callee_defaults(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("events: Ir\nob=(1) prog\nfl=(1) a.c\nfn=(1) f\n1 1\n"
              "cob=(2) lib\ncfi=(2) lib.c\ncfn=(2) g\ncalls=1 5\n1 10\n"
              "cfn=(3) h\ncalls=1 6\n2 20\n"
              "fi=(3) inl.h\n3 2\ncfn=(4) k\ncalls=1 7\n3 30\n"
              "cfl=(2)\ncfn=(5) m\ncalls=1 8\n3 40\n"
              "fn=(6) next\n4 1\ncfn=(7) n\ncalls=1 9\n4 50\n");
    assert_clean(p);
    assert_string_equal(find(p, "g")->object, "lib");
    assert_string_equal(find(p, "g")->file, "lib.c");
    assert_string_equal(find(p, "h")->object, "prog"); /* cob= and cfi= were for one call */
    assert_string_equal(find(p, "h")->file, "a.c");
    assert_string_equal(find(p, "k")->file, "inl.h");
    assert_string_equal(find(p, "m")->file, "lib.c");
    assert_string_equal(find(p, "next")->file, "a.c");
    assert_string_equal(find(p, "n")->file, "a.c");
    assert_string_equal(p->files[find_call(p, "f", "k")->file], "inl.h");
}

static void calls_of_none_keep_their_cost(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("events: Ir\nfl=a\nfn=f\n1 1\ncfn=g\ncalls=0 5\n1 70\nfn=g\n5 70\n");
    assert_clean(p);
    assert_int_equal(find(p, "g")->calls, 0);
    assert_int_equal(find(p, "f")->inclusive[0], 71);
}

static void sums_are_checked(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("events: Ir Dr\nsummary: 10 2\nfl=a\nfn=f\n1 5 2\ntotals: 6 2\n");
    assert_false(p->complete);
    assert_warns(p, "test:6:8: the totals line says 6 Ir, the lines add up to 5");
    assert_warns(p, "the summary says 10 Ir, the lines add up to 5");
    assert_int_equal(p->warnings->len, 2);
    assert_int_equal(p->summary[0], 10);
    assert_int_equal(p->totals[0], 5);

    g_autoptr(callgrind_profile) part = parse("events: Ir\nsummary: 9\nfl=a\nfn=f\n1 5\n");
    assert_true(part->complete); /* costs that were not dumped are no damage */
    assert_int_equal(part->warnings->len, 1);
}

static void calls_do_not_move_the_position(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("events: Ir\nfl=a\nfn=f\n100 1\ncfn=g\ncalls=1 +50\n+7 10\n+1 2\n0x70 4\n-0x2 8\n");
    assert_clean(p);
    assert_int_equal(find_call(p, "f", "g")->line, 107);
    assert_int_equal(line_cost(p, "a", 101), 2);
    assert_int_equal(line_cost(p, "a", 112), 4);
    assert_int_equal(line_cost(p, "a", 110), 8);
}

static void contexts_are_expanded(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("events: Ir\nfl=(1) a\nfn=(1) main\nfn=(3) fib\nfn=(9) (3)'2'(1)\n1 30\n"
              "fn=(10) (3)'(1)\n1 20\nfn=(1)\n1 7\n");
    assert_clean(p);
    assert_int_equal(find(p, "fib'2'main")->self[0], 30);
    assert_int_equal(find(p, "fib'main")->self[0], 20);
    g_autoptr(GPtrArray) stacks = stacks_from_callgrind(p, 0);
    g_autofree char *folded = stacks_folded(stacks);
    assert_string_equal(folded, "main 7\nmain;fib 20\nmain;fib;fib 30\n");
}

static void parts_may_order_events_differently(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("events: Ir Dr\nfl=a\nfn=f\n1 5 3\n2 7\npart: 2\nevents: Dr Dw Ir\nfn=f\n1 1 2 4\n");
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
    g_autoptr(callgrind_profile) cut = parse("events: Ir\nfl=a\nfn=f\n1 5\ncfn=g\ncalls=1 2\n");
    assert_false(cut->complete);
    assert_warns(cut, "test:7:1: truncated");
    assert_int_equal(cut->totals[0], 5);
    g_autoptr(callgrind_profile) open = parse("events: Ir\nfl=a\nfn=f\n1 5\n2 1");
    assert_false(open->complete);
    assert_warns(open, "test:5:4: truncated");
    g_autoptr(callgrind_profile) end =
        parse("creator: callgrind-3.19.0\nevents: Ir\nfl=a\nfn=f\n1 5\n");
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
    g_autoptr(callgrind_profile) p =
        parse("events: Ir\nob=(1) x\nfl=(1) ???\nfn=(1) (below main)\n0 1\n"
              "fn=(2) (anonymous namespace)::f(int)\n0 2\nfn=(anonymous)\n0 4\n"
              "fn=(3) 0x00000000000012a0\n0 8\nob=(2) y\nfn=(4) 0x00000000000012a0\n0 16\n");
    assert_clean(p);
    assert_int_equal(find(p, "(below main)")->self[0], 1);
    assert_string_equal(find(p, "(below main)")->file, "");
    assert_int_equal(find(p, "(anonymous namespace)::f(int)")->self[0], 2);
    assert_int_equal(find(p, "(anonymous)")->self[0], 4);
    assert_int_equal(p->n_functions, 5); /* the same address in two objects is two functions */
    assert_int_equal(p->totals[0], 31);
}

static void memory_trees(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("# callgrind format\nversion: 1\ncreator: xtree-1\npid: 1\ncmd: ./m\n\n"
              "positions: line\nevent: curB : currently allocated Bytes\nevents: curB  curBk  \n"
              "fl=(1) m.c\nfn=(1) main\n6 0 0\n\nfl=(1)\nfn=(1)\n7\ncfi=(2) p.c\ncfn=(2) printf\n"
              "calls=0 33\n7 4096 1\nfl=(2)\nfn=(2)\n33 4096 1\n\ntotals: 4096 1\n");
    assert_clean(p);
    assert_int_equal(p->n_events, 2);
    assert_int_equal(find(p, "main")->inclusive[0], 4096);
    assert_string_equal(p->creator, "xtree-1");
}

static void damage_has_a_place(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("events: Ir\nfl=a\nfn=f\n1 5\n2 x7\n3 1 9\n\x01\x02garbage\nfn=(77)\n4 1\n"
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
    g_autoptr(callgrind_profile) p = parse("events: Ir\r\nfl=(1) a.c\r\nfn=(1) f\xff\xfe\r\n1 5\r\n"
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
        parse("events: Ir Dr\nfl=(4294967299) a.c\nfn=(18446744073709551615) f\n"
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

/* ---- recursion ---- */

/* Adding up edges would show 21,570 and more for fib, which calls itself. */
static void recursion_is_not_counted_twice(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("events: Ir\nfl=a\nfn=main\n1 10\ncfn=fib\ncalls=1 5\n1 6318\n"
              "fn=fib\n5 6000\ncfn=fib\ncalls=176 5\n5 21570\ncfn=leaf\ncalls=3 9\n6 318\n"
              "fn=leaf\n9 318\n");
    assert_clean(p);
    const callgrind_function *fib = find(p, "fib");
    assert_int_equal(fib->inclusive[0], 6318);
    assert_int_equal(fib->calls, 177);
    assert_int_equal(fib->primitive_calls, 1);
    assert_int_equal(find(p, "main")->inclusive[0], 6328);
}

/* Reachability by repeated squaring of a matrix, and from it the components: slow and sure. */
#define MAX_NODES 24

typedef struct slow_graph {
    size_t n;
    uint64_t self[MAX_NODES];
    uint64_t cost[MAX_NODES][MAX_NODES], calls[MAX_NODES][MAX_NODES];
} slow_graph;

static void reach(const slow_graph *g, bool reaches[MAX_NODES][MAX_NODES])
{
    for (size_t i = 0; i < g->n; i++) {
        for (size_t k = 0; k < g->n; k++)
            reaches[i][k] = i == k || g->calls[i][k] > 0;
    }
    for (size_t via = 0; via < g->n; via++) {
        for (size_t i = 0; i < g->n; i++) {
            for (size_t k = 0; k < g->n; k++)
                reaches[i][k] = reaches[i][k] || (reaches[i][via] && reaches[via][k]);
        }
    }
}

static uint64_t slow_inclusive(const slow_graph *g, bool reaches[MAX_NODES][MAX_NODES], size_t node)
{
    uint64_t cost = 0;
    for (size_t i = 0; i < g->n; i++) {
        if (!reaches[node][i] || !reaches[i][node])
            continue; /* not of the same component */
        cost += g->self[i];
        for (size_t k = 0; k < g->n; k++) {
            if (!(reaches[node][k] && reaches[k][node]))
                cost += g->cost[i][k];
        }
    }
    return cost;
}

static char *text_of(const slow_graph *g)
{
    GString *text = g_string_new("events: Ir\nfl=a\n");
    for (size_t i = 0; i < g->n; i++) {
        g_string_append_printf(text, "fn=f%zu\n%zu %" G_GUINT64_FORMAT "\n", i, i + 1, g->self[i]);
        for (size_t k = 0; k < g->n; k++) {
            if (g->calls[i][k] > 0)
                g_string_append_printf(
                    text, "cfn=f%zu\ncalls=%" G_GUINT64_FORMAT " %zu\n%zu %" G_GUINT64_FORMAT "\n",
                    k, g->calls[i][k], k + 1, i + 1, g->cost[i][k]);
        }
    }
    return g_string_free(text, FALSE);
}

static void check_random_graph(GRand *rand)
{
    slow_graph g = {.n = (size_t)g_rand_int_range(rand, 1, MAX_NODES)};
    double density = g_rand_double_range(rand, 0.0, 0.25);
    for (size_t i = 0; i < g.n; i++) {
        g.self[i] = g_rand_int(rand);
        for (size_t k = 0; k < g.n; k++) {
            if (g_rand_double(rand) < density) {
                g.calls[i][k] = (uint64_t)g_rand_int_range(rand, 1, 1000);
                g.cost[i][k] = g_rand_int(rand);
            }
        }
    }
    bool reaches[MAX_NODES][MAX_NODES];
    reach(&g, reaches);
    g_autofree char *text = text_of(&g);
    g_autoptr(callgrind_profile) p = parse(text);
    for (size_t i = 0; i < g.n; i++) {
        g_autofree char *name = g_strdup_printf("f%zu", i);
        const callgrind_function *f = find(p, name);
        uint64_t calls = 0, primitive = 0;
        for (size_t k = 0; k < g.n; k++) {
            calls += g.calls[k][i];
            primitive += reaches[i][k] && reaches[k][i] ? 0 : g.calls[k][i];
        }
        assert_true(f->inclusive[0] == slow_inclusive(&g, reaches, i));
        assert_true(f->calls == calls);
        assert_true(f->primitive_calls == primitive);
    }
}

static void inclusive_cost_of_random_graphs(void **state)
{
    (void)state;
    GRand *rand = g_rand_new_with_seed(20240517);
    for (int i = 0; i < 300; i++)
        check_random_graph(rand);
    g_rand_free(rand);
}

/* A chain of calls that is deeper than any stack. */
static void deep_chains(void **state)
{
    (void)state;
    GString *text = g_string_new("events: Ir\nfl=a\n");
    enum { DEPTH = 200000 };
    for (unsigned i = 0; i < DEPTH; i++)
        g_string_append_printf(text, "fn=(%u) f%u\n1 1\ncfn=(%u) f%u\ncalls=1 1\n1 %u\n", i, i,
                               i + 1, i + 1, DEPTH - i);
    g_string_append_printf(text, "fn=(%d)\n1 1\n", DEPTH);
    g_autoptr(callgrind_profile) p = parse(text->str);
    g_string_free(text, TRUE);
    assert_clean(p);
    assert_int_equal(p->functions[0].inclusive[0], DEPTH + 1);
}

/* Functions that come back again and again, with so many lines that they are added up on the way,
 * too: sums against an array. */
static void functions_in_many_pieces(void **state)
{
    (void)state;
    enum { N_FUNCTIONS = 7, N_LINES = 400, N_PIECES = 8000 };
    static uint64_t sums[N_FUNCTIONS][N_LINES], calls[N_FUNCTIONS];
    memset(sums, 0, sizeof sums);
    memset(calls, 0, sizeof calls);
    GRand *rand = g_rand_new_with_seed(7);
    GString *text = g_string_new("events: Ir\nfl=a.c\n");
    for (int piece = 0; piece < N_PIECES; piece++) {
        int function = g_rand_int_range(rand, 0, N_FUNCTIONS);
        g_string_append_printf(text, "fn=f%d\n", function);
        for (int i = g_rand_int_range(rand, 0, 60); i > 0; i--) {
            int line = g_rand_int_range(rand, 0, N_LINES);
            guint32 cost = g_rand_int(rand);
            g_string_append_printf(text, "%d %u\n", line, cost);
            sums[function][line] += cost;
        }
        g_string_append(text, "cfn=f0\ncalls=2 1\n3 5\n");
        calls[function] += 2;
    }
    g_rand_free(rand);
    g_autoptr(callgrind_profile) p = parse(text->str);
    g_string_free(text, TRUE);
    assert_clean(p);
    assert_int_equal(p->n_functions, N_FUNCTIONS);
    assert_int_equal(p->n_calls, N_FUNCTIONS);
    static bool seen[N_FUNCTIONS][N_LINES];
    for (size_t i = 0; i < p->n_lines; i++) {
        int function = p->functions[p->lines[i].function].name[1] - '0';
        assert_false(seen[function][p->lines[i].line]); /* each line once */
        seen[function][p->lines[i].line] = true;
        assert_true(callgrind_line_self(p, &p->lines[i])[0] == sums[function][p->lines[i].line]);
    }
    for (size_t i = 0; i < p->n_calls; i++)
        assert_true(p->calls[i].calls == calls[p->functions[p->calls[i].caller].name[1] - '0']);
}

/* One random section: what each function, file and line costs is noted in sums. */
static void write_section(GString *text, GRand *rand, int *last_line, GHashTable *sums)
{
    static const int spreads[] = {20, 3000, 99999999};
    int function = g_rand_int_range(rand, 0, 40), file = function % 3, line = *last_line;
    int spread = spreads[g_rand_int_range(rand, 0, (gint32)G_N_ELEMENTS(spreads))];
    g_string_append_printf(text, "fl=(%d)\nfn=(%d)\n", file, function);
    for (int i = g_rand_int_range(rand, 0, 10) == 0 ? 3000 : 30; i > 0; i--) {
        int next = g_rand_int_range(rand, 0, spread), kind = g_rand_int_range(rand, 0, 20);
        guint32 cost = g_rand_int(rand) >> g_rand_int_range(rand, 0, 32);
        if (kind == 0)
            g_string_append_printf(text, "f%c=(%d)\n", "ie"[i % 2], file = i % 8);
        if (kind == 1)
            g_string_append_printf(text, "cob=(1)\ncfi=(%d)\ncfn=(%d)\ncalls=%d +3\n%+d %u\n",
                                   i % 8, i % 40, i, next - line, cost);
        if (kind == 2)
            next = line;
        if (kind == 2)
            g_string_append_printf(text, "* %u\n", cost);
        else if (kind < 12)
            g_string_append_printf(text, "%d %u\n", next, cost);
        else
            g_string_append_printf(text, "%+d %u\n", next - line, cost);
        line = next;
        char *key = g_strdup_printf("f%d %d.c %d", function, file, line);
        guint64 *sum = g_hash_table_lookup(sums, key);
        guint64 total = cost + (sum != NULL ? *sum : 0);
        g_hash_table_replace(sums, key, g_memdup2(&total, sizeof total));
    }
    *last_line = line;
}

/* Whatever way a line is read, its cost arrives: lines as valgrind writes them go through a loop of
 * their own, and none of the same text with carriage returns does. */
static void plain_lines_and_others(void **state)
{
    (void)state;
    g_autoptr(GHashTable) sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GRand *rand = g_rand_new_with_seed(11);
    GString *text = g_string_new("events: Ir\nob=(1) object\n");
    for (int i = 0; i < 40; i++)
        g_string_append_printf(text, "fl=(%d) %d.c\nfn=(%d) f%d\n", i % 8, i % 8, i, i);
    int last_line = 0;
    for (int i = 0; i < 200; i++)
        write_section(text, rand, &last_line, sums);
    g_rand_free(rand);
    g_autoptr(callgrind_profile) plain = parse(text->str);
    g_autoptr(GString) returned = g_string_new(NULL);
    for (const char *c = text->str; *c != '\0'; c++)
        g_string_append(returned, *c == '\n' ? "\r\n" : (char[]){*c, '\0'});
    g_autoptr(callgrind_profile) other = parse(returned->str);
    g_string_free(text, TRUE);
    assert_clean(plain);
    assert_clean(other);
    assert_int_equal(plain->n_lines, g_hash_table_size(sums));
    assert_int_equal(other->n_lines, plain->n_lines);
    for (size_t i = 0; i < plain->n_lines; i++) {
        const callgrind_line *line = &plain->lines[i];
        g_autofree char *key = g_strdup_printf("%s %s %u", plain->functions[line->function].name,
                                               plain->files[line->file], line->line);
        const guint64 *sum = g_hash_table_lookup(sums, key);
        assert_non_null(sum);
        assert_true(callgrind_line_self(plain, line)[0] == *sum);
        assert_true(callgrind_line_self(other, &other->lines[i])[0] == *sum);
    }
    assert_int_equal(plain->n_functions, other->n_functions);
    for (size_t i = 0; i < plain->n_functions; i++) {
        assert_int_equal(plain->functions[i].line, other->functions[i].line);
        assert_true(plain->functions[i].inclusive[0] == other->functions[i].inclusive[0]);
    }
    assert_int_equal(plain->n_calls, other->n_calls);
    for (size_t i = 0; i < plain->n_calls; i++) {
        const callgrind_call *a = &plain->calls[i], *b = &other->calls[i];
        assert_true(a->caller == b->caller && a->callee == b->callee && a->line == b->line);
        assert_string_equal(plain->files[a->file], other->files[b->file]);
        assert_true(a->calls == b->calls);
        assert_true(callgrind_call_inclusive(plain, a)[0] == callgrind_call_inclusive(other, b)[0]);
    }
}

/* One section whose addresses ascend but for some: costs by function, address and line in sums. */
static void write_addresses(GString *text, GRand *rand, uint64_t *address, unsigned n_events,
                            GHashTable *sums)
{
    int function = g_rand_int_range(rand, 0, 5), line = 1000;
    *address = 0x400000 + (uint64_t)g_rand_int_range(rand, 0, 300);
    g_string_append_printf(text, "fn=(%d)\n0x%" G_GINT64_MODIFIER "x 1000", function, *address);
    for (int i = g_rand_int_range(rand, 1, 60); i > 0; i--) {
        for (unsigned e = 0; e < n_events; e++) {
            guint32 cost = g_rand_int(rand) >> g_rand_int_range(rand, 0, 32);
            g_string_append_printf(text, " %u", cost);
            char *key =
                g_strdup_printf("f%d %" G_GINT64_MODIFIER "x %d %u", function, *address, line, e);
            guint64 *sum = g_hash_table_lookup(sums, key);
            guint64 total = cost + (sum != NULL ? *sum : 0);
            g_hash_table_replace(sums, key, g_memdup2(&total, sizeof total));
        }
        int kind = g_rand_int_range(rand, 0, 12), step = g_rand_int_range(rand, 1, 9);
        if (kind == 0)
            g_string_append_printf(text, "\ncfn=(%d)\ncalls=3 0x400000 7 \n+%d * 12345678901",
                                   function, step);
        if (i == 1)
            break;
        bool is_back = kind == 1, is_same = kind == 2;
        *address += is_back ? (uint64_t)-step : is_same ? 0 : (uint64_t)step;
        line += kind < 6 ? 0 : step;
        g_string_append_printf(text, is_same ? "\n*" : is_back ? "\n-%d" : "\n+%d", step);
        g_string_append_printf(text, kind < 6 ? " *" : " +%d", step);
    }
    g_string_append_c(text, '\n');
}

static void check_addresses(const callgrind_profile *p, GHashTable *sums)
{
    assert_clean(p);
    assert_int_equal(p->n_lines * p->n_events, g_hash_table_size(sums));
    for (size_t i = 0; i < p->n_lines; i++) {
        const callgrind_line *line = &p->lines[i];
        for (size_t e = 0; e < p->n_events; e++) {
            g_autofree char *key = g_strdup_printf("%s %" G_GINT64_MODIFIER "x %u %zu",
                                                   p->functions[line->function].name,
                                                   callgrind_line_address(p, line), line->line, e);
            const guint64 *sum = g_hash_table_lookup(sums, key);
            assert_non_null(sum);
            assert_true(callgrind_line_self(p, line)[e] == *sum);
        }
    }
}

/* Lines with addresses, by the loop for plain ones and by the other: with one event and with more,
 * in ascending order and not, in functions that come again. */
static void lines_with_addresses(void **state)
{
    (void)state;
    static const char *const events[] = {"Ir", "Ir Dr Dw I1mr D1mr"};
    GRand *rand = g_rand_new_with_seed(17);
    for (unsigned k = 0; k < G_N_ELEMENTS(events); k++) {
        g_autoptr(GHashTable) sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autoptr(GString) text = g_string_new(NULL);
        g_string_append_printf(text, "positions: instr line\nevents: %s\nfl=a\n", events[k]);
        for (int i = 0; i < 5; i++)
            g_string_append_printf(text, "fn=(%d) f%d\n", i, i);
        uint64_t address = 0;
        for (int i = 0; i < 300; i++)
            write_addresses(text, rand, &address, k == 0 ? 1 : 5, sums);
        g_autoptr(callgrind_profile) plain = parse(text->str);
        check_addresses(plain, sums);
        g_auto(GStrv) rows = g_strsplit(text->str, "\n", -1);
        g_autofree char *returned = g_strjoinv("\r\n", rows);
        g_autoptr(callgrind_profile) other = parse(returned);
        check_addresses(other, sums);
        assert_int_equal(plain->n_calls, other->n_calls);
        for (size_t i = 0; i < plain->n_calls; i++)
            assert_true(callgrind_call_inclusive(plain, &plain->calls[i])[0] ==
                        callgrind_call_inclusive(other, &other->calls[i])[0]);
    }
    g_rand_free(rand);
}

/* Two functions of the same addresses, each come to again: what was found in one is not the
 * other's. */
static void same_addresses_in_two_functions(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("positions: instr line\nevents: Ir\nfl=a\nfn=f\n0x10 1 1\n+1 +1 10\n-1 -1 100\n"
              "fn=g\n0x10 1 1000\n+1 +1 10000\n-1 -1 100000\n");
    assert_clean(p);
    assert_int_equal(p->n_lines, 4);
    assert_int_equal(find(p, "f")->self[0], 111);
    assert_int_equal(find(p, "g")->self[0], 111000);
    static const uint64_t costs[] = {101, 10, 101000, 10000};
    for (size_t i = 0; i < p->n_lines; i++)
        assert_int_equal(callgrind_line_self(p, &p->lines[i])[0], costs[i]);
}

/* Many costs to a line, mostly of one digit, some missing, in the order of the events or not: their
 * sums against an array. */
static void costs_of_many_events(void **state)
{
    (void)state;
    enum { N_EVENTS = 13, N_LINES = 50 };
    static uint64_t sums[N_LINES][N_EVENTS];
    memset(sums, 0, sizeof sums);
    GRand *rand = g_rand_new_with_seed(5);
    GString *text = g_string_new("events: e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 e10 e11 e12\nfl=a\nfn=f\n");
    for (int i = 0; i < 4000; i++) {
        bool is_reversed = i >= 3000;
        if (i == 3000)
            g_string_append(text, "events: e12 e11 e10 e9 e8 e7 e6 e5 e4 e3 e2 e1 e0\n");
        int line = g_rand_int_range(rand, 0, N_LINES), n = g_rand_int_range(rand, 0, N_EVENTS + 1);
        g_string_append_printf(text, "%d", line);
        for (int e = 0; e < n; e++) {
            guint32 cost = g_rand_int_range(rand, 0, 4) == 0 ? g_rand_int(rand) >> (i % 32)
                                                             : g_rand_int(rand) % 10;
            g_string_append_printf(text, "%s%u", i % 50 == 0 ? "  " : " ", cost);
            sums[line][is_reversed ? N_EVENTS - 1 - e : e] += cost;
        }
        g_string_append(text, i % 40 == 0 ? " \n" : i % 30 == 0 ? "\r\n" : "\n");
    }
    g_rand_free(rand);
    g_autoptr(callgrind_profile) p = parse(text->str);
    g_string_free(text, TRUE);
    assert_clean(p);
    assert_int_equal(p->n_lines, N_LINES);
    for (size_t i = 0; i < p->n_lines; i++)
        assert_memory_equal(callgrind_line_self(p, &p->lines[i]), sums[p->lines[i].line],
                            sizeof sums[0]);
}

/* Where a character is in sixteen bytes, by both ways of finding it, against a look at each byte.
 */
static void blocks_of_text(void **state)
{
    (void)state;
    static const char bytes[] = " \n!\x0b\t\x8a\xa0\x7f\x80\xff";
    GRand *rand = g_rand_new_with_seed(3);
    for (int k = 0; k < 20000; k++) {
        char text[SCAN_BLOCK_BYTES], character = bytes[k % (int)sizeof bytes]; /* with its zero */
        uint32_t expected = 0;
        for (unsigned i = 0; i < sizeof text; i++) {
            text[i] = bytes[g_rand_int_range(rand, 0, (gint32)sizeof bytes)];
            expected |= (uint32_t)(text[i] == character) << i;
        }
        assert_int_equal(scan_find_by_words(text, character), expected);
        assert_int_equal(scan_find(text, character), expected);
    }
    g_rand_free(rand);
}

/* Numbers of every length, two at once and one, against printf(); with any other character among
 * their digits they are none. */
static void pairs_of_numbers(void **state)
{
    (void)state;
    GRand *rand = g_rand_new_with_seed(4);
    for (unsigned k = 0; k < 40000; k++) {
        unsigned n[2] = {k % 8 + 1, k / 8 % 8 + 1};
        uint64_t words[2];
        uint32_t expected[2], value, other;
        unsigned spoilt = k % 3; /* 2: none is */
        for (unsigned i = 0; i < 2; i++) {
            char text[24];
            guint32 limit = 1;
            for (unsigned digit = 0; digit < n[i]; digit++)
                limit *= 10;
            expected[i] = g_rand_int(rand) % limit;
            (void)snprintf(text, sizeof text, "%0*u", (int)n[i], (unsigned)expected[i]);
            memset(text + n[i], "3 \n\xff"[k % 4], sizeof text - n[i]); /* what is behind it */
            if (spoilt == i)
                text[g_rand_int_range(rand, 0, (gint32)n[i])] = "/:+ \x80\xb5\xff\n"[k / 64 % 9];
            memcpy(&words[i], text, sizeof words[i]);
            words[i] = scan_align(words[i] ^ SCAN_ZEROS, n[i]);
            assert_int_equal(scan_eight(words[i], &value), spoilt != i);
            if (spoilt != i)
                assert_int_equal(value, expected[i]);
        }
        assert_int_equal(scan_two(words[0], words[1], &value, &other), spoilt == 2);
        if (spoilt == 2) {
            assert_int_equal(value, expected[0]);
            assert_int_equal(other, expected[1]);
        }
    }
    g_rand_free(rand);
}

/* What the quick way of reading a line must leave to the other one, among lines that it reads. */
static void lines_that_are_nearly_plain(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line; /* where it is */
        uint64_t cost;
        bool is_damaged;
    } lines[] = {
        {"+1 7", 101, 7, false},
        {"-1 7", 99, 7, false},
        {"* 7", 100, 7, false},
        {"*5 7", 105, 7, false},
        {"77 7", 77, 7, false},
        {"+ 7", 0, 0, true},
        {"- 7", 0, 0, true},
        {", 7", 0, 0, true},
        {"+-1 7", 0, 0, true},
        {"1* 7", 0, 0, true},
        {"12345678 12345678", 12345678, 12345678, false},
        {"+1234567 1", 1234667, 1, false},
        {"+12345678 1", 12345778, 1, false},
        {"123456789 123456789", 123456789, 123456789, false},
        {"+1  7", 101, 7, false},
        {"+1\t7", 101, 7, false},
        {"+1 7 ", 101, 7, false},
        {"+1 7\r", 101, 7, false},
        {"+1 0x7", 101, 7, false},
        {"0x7 7", 7, 7, false},
        {"+1", 101, 0, false},
        {"+1 ", 101, 0, false},
        {"+1:+2 7", 101, 7, false},
        {"+1 7 8", 101, 7, true},
        {"+1 7x", 101, 7, true},
        {"-101 7", 0, 7, true},
        {"4294967295 7", 4294967295, 7, false},
        {"4294967296 7", 0, 7, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        for (int has_addresses = 0; has_addresses < 2; has_addresses++) {
            g_autofree char *text =
                has_addresses != 0
                    ? g_strdup_printf(
                          "positions: instr line\nevents: Ir\nfn=f\n0x10 50 3\n+1 100 3\n"
                          "+1 %s\n+1 200 3\n",
                          lines[i].text)
                    : g_strdup_printf("positions: line\nevents: Ir\nfn=f\n50 3\n100 3\n%s\n200 3\n",
                                      lines[i].text);
            g_autoptr(callgrind_profile) p = parse(text);
            assert_int_equal(p->complete, !lines[i].is_damaged);
            uint64_t cost = 0;
            for (size_t k = 0; k < p->n_lines; k++) {
                if (p->lines[k].line == lines[i].line)
                    cost += callgrind_line_self(p, &p->lines[k])[0];
            }
            assert_int_equal(cost, lines[i].cost + (lines[i].line == 100 ? 3 : 0));
            assert_int_equal(p->lines[p->n_lines - 1].line, 200);
        }
    }
}

/* A file is read in windows that are given back: that changes nothing, wherever their borders fall,
 * nor the places of what is wrong. */
static void files_of_many_windows(void **state)
{
    (void)state;
    enum { N_BYTES = 5 << 20 }; /* a window has 4 MiB */
    g_autofree char *folder = g_dir_make_tmp("test-callgrind-XXXXXX", NULL);
    assert_non_null(folder);
    g_autofree char *path = g_build_filename(folder, "callgrind.out.1", NULL);
    g_autoptr(GString) text = g_string_new("positions: line\nevents: Ir\n\n");
    for (unsigned i = 0; text->len < N_BYTES; i++) {
        g_string_append_printf(text, "fl=(%u) file%u.c\nfn=(%u) function%u\n", i % 50, i % 50, i,
                               i);
        for (unsigned line = 1; line < 200; line++)
            g_string_append_printf(text, "%u %u\n", line * (1 + i % 7), i + line);
        g_string_append_printf(text, "cfn=(%u)\ncalls=%u 5\n9 %u\n", i / 2, i + 1, i);
        if (i % 60 == 0)
            g_string_append(text, "12 what is this\n");
    }
    assert_true(g_file_set_contents(path, text->str, (gssize)text->len, NULL));
    g_autoptr(callgrind_profile) whole = callgrind_parse(text->str, text->len, path, NULL);
    g_autoptr(callgrind_profile) read = callgrind_read(path, NULL);
    assert_non_null(whole);
    assert_non_null(read);
    assert_true(whole->n_functions > 1500 && whole->warnings->len > 10);
    assert_int_equal(read->n_functions, whole->n_functions);
    assert_int_equal(read->n_lines, whole->n_lines);
    assert_int_equal(read->n_calls, whole->n_calls);
    assert_int_equal(read->warnings->len, whole->warnings->len);
    for (guint i = 0; i < whole->warnings->len; i++)
        assert_string_equal(read->warnings->pdata[i], whole->warnings->pdata[i]);
    for (size_t i = 0; i < whole->n_functions; i++) {
        assert_string_equal(read->functions[i].name, whole->functions[i].name);
        assert_int_equal(read->functions[i].self[0], whole->functions[i].self[0]);
        assert_int_equal(read->functions[i].inclusive[0], whole->functions[i].inclusive[0]);
    }
    for (size_t i = 0; i < whole->n_lines; i++) {
        assert_int_equal(read->lines[i].line, whole->lines[i].line);
        assert_int_equal(callgrind_line_self(read, &read->lines[i])[0],
                         callgrind_line_self(whole, &whole->lines[i])[0]);
    }
    assert_int_equal(g_unlink(path), 0);
    assert_int_equal(g_rmdir(folder), 0);
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
        cmocka_unit_test(recursion_is_not_counted_twice),
        cmocka_unit_test(inclusive_cost_of_random_graphs),
        cmocka_unit_test(deep_chains),
        cmocka_unit_test(functions_in_many_pieces),
        cmocka_unit_test(plain_lines_and_others),
        cmocka_unit_test(lines_with_addresses),
        cmocka_unit_test(same_addresses_in_two_functions),
        cmocka_unit_test(costs_of_many_events),
        cmocka_unit_test(blocks_of_text),
        cmocka_unit_test(pairs_of_numbers),
        cmocka_unit_test(lines_that_are_nearly_plain),
        cmocka_unit_test(files_of_many_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
