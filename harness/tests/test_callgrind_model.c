/* What the callgrind reader makes of sections and calls: inclusive cost under recursion, functions
 * that come again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/tests/callgrind_testing.h"

#include <string.h>

/* ---- recursion ---- */

/* Adding up edges would show 21,570 and more for fib, which calls itself. */
static void recursion_is_not_counted_twice(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        testing_parse("events: Ir\nfl=a\nfn=main\n1 10\ncfn=fib\ncalls=1 5\n1 6318\n"
                      "fn=fib\n5 6000\ncfn=fib\ncalls=176 5\n5 21570\ncfn=leaf\ncalls=3 9\n6 318\n"
                      "fn=leaf\n9 318\n");
    assert_clean(p);
    const callgrind_function *fib = testing_function(p, "fib");
    assert_int_equal(fib->inclusive[0], 6318);
    assert_int_equal(fib->calls, 177);
    assert_int_equal(fib->primitive_calls, 1);
    assert_int_equal(testing_function(p, "main")->inclusive[0], 6328);
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
    g_autoptr(callgrind_profile) p = testing_parse(text);
    for (size_t i = 0; i < g.n; i++) {
        g_autofree char *name = g_strdup_printf("f%zu", i);
        const callgrind_function *f = testing_function(p, name);
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
    g_autoptr(callgrind_profile) p = testing_parse(text->str);
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
    g_autoptr(callgrind_profile) p = testing_parse(text->str);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recursion_is_not_counted_twice),
        cmocka_unit_test(inclusive_cost_of_random_graphs),
        cmocka_unit_test(deep_chains),
        cmocka_unit_test(functions_in_many_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
