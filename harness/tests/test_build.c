/*
 * test_build.c -- parts are compiled in the sandbox and refused for what a submission may not do.
 *
 * The oracle is the compiler: every refused source is a real one, compiled as a submission is.
 */
#include "harness/judge/build.h"
#include "harness/judge/objscan.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define POOL                                                                                       \
    "#include \"hw_pool.h\"\n#include <stdlib.h>\nstruct hw_pool { int n; };\n"                    \
    "hw_pool *hw_pool_new(void) { return calloc(1, sizeof(hw_pool)); }\n"                          \
    "void hw_pool_delete(hw_pool *p) { free(p); }\n"                                               \
    "void *hw_pool_alloc(hw_pool *p, size_t n) { p->n++; return malloc(n); }\n"                    \
    "void hw_pool_free(hw_pool *p, void *b) { p->n--; free(b); }\n"                                \
    "void hw_pool_get_stats(const hw_pool *p, hw_pool_stats *s) { (void)p; (void)s; }\n"

typedef struct bench {
    char *folder;
    rubric *r;
} bench;

static int set_up(void **state)
{
    bench *b = g_new0(bench, 1);
    b->folder = g_dir_make_tmp("objlab-test-XXXXXX", NULL);
    const char *text = "[rubric]\n[pool]\npoints = 1\n";
    b->r = rubric_parse(text, strlen(text), "test", NULL);
    *state = b;
    return b->folder == NULL || b->r == NULL || !sandbox_probe(SANDBOX_FULL, NULL);
}

static int tear_down(void **state)
{
    bench *b = *state;
    bool ok = sandbox_remove_tree(b->folder);
    g_free(b->folder);
    rubric_free(b->r);
    g_free(b);
    return !ok;
}

/* Compiles one part of a submission of its own; the evidence says what came of it. */
static evidence *build_part(const bench *b, submission_part part, const char *source)
{
    static unsigned n;
    g_autofree char *folder = g_strdup_printf("%s/%u", b->folder, n++);
    g_autofree char *copy = g_build_filename(folder, "submission", NULL);
    g_autofree char *path = g_build_filename(copy, submission_part_file(part), NULL);
    assert_int_equal(g_mkdir_with_parents(copy, 0755), 0);
    assert_true(g_file_set_contents(path, source, -1, NULL));
    g_autoptr(submission) s = submission_read(copy, NULL);
    evidence *e = evidence_new(folder);
    session run = {.e = e, .r = b->r, .s = s, .data = PROJECT_DIR};
    jobs_item *compile = build_submission_job(&run, part, NULL);
    assert_non_null(compile);
    jobs_run_one(compile);
    jobs_item_free(compile);
    build_judge_parts(&run);
    return e;
}

static void assert_refused(const bench *b, submission_part part, const char *source,
                           const char *why)
{
    g_autoptr(evidence) e = build_part(b, part, source);
    assert_int_equal(e->parts[part].state, EVIDENCE_REJECTED);
    for (guint i = 0; i < e->parts[part].problems->len; i++) {
        const evidence_problem *problem = g_ptr_array_index(e->parts[part].problems, i);
        if (strstr(problem->text, why) != NULL)
            return;
    }
    const evidence_problem *first = g_ptr_array_index(e->parts[part].problems, 0);
    fail_msg("'%s' is not in '%s'", why, first->text);
}

static void a_proper_part_is_built(void **state)
{
    g_autoptr(evidence) e = build_part(*state, SUBMISSION_POOL, POOL "static int helper;\n");
    assert_int_equal(e->parts[SUBMISSION_POOL].state, EVIDENCE_BUILT);
    assert_int_equal(e->parts[SUBMISSION_LAYOUTS].state, EVIDENCE_ABSENT);
}

static void errors_name_their_line(void **state)
{
    g_autoptr(evidence) e = build_part(*state, SUBMISSION_POOL,
                                       "#include \"hw_pool.h\"\n\nint f(void) { return x; }\n");
    assert_int_equal(e->parts[SUBMISSION_POOL].state, EVIDENCE_REJECTED);
    const evidence_problem *problem = g_ptr_array_index(e->parts[SUBMISSION_POOL].problems, 0);
    assert_int_equal(problem->line, 3);
    assert_non_null(strstr(problem->text, "undeclared"));
}

static void what_a_submission_may_not_define(void **state)
{
    static const char *const names[] = {"main",          "malloc",      "memcmp",
                                        "clock_gettime", "__wrap_free", "helper"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *source =
            g_strdup_printf("int %s(void); int %s(void) { return 0; }\n", names[i], names[i]);
        g_autofree char *why = g_strdup_printf("defines '%s'", names[i]);
        assert_refused(*state, SUBMISSION_POOL, source, why);
    }
    assert_refused(*state, SUBMISSION_POOL, "int counter;\n", "defines 'counter'");
    assert_refused(*state, SUBMISSION_LAYOUTS, POOL, "defines 'hw_pool_new'");
}

static void code_outside_main(void **state)
{
    assert_refused(*state, SUBMISSION_POOL,
                   POOL "__attribute__((constructor)) static void f(void) { _Exit(0); }\n",
                   "before or after main");
    assert_refused(*state, SUBMISSION_POOL,
                   POOL "__attribute__((destructor)) static void f(void) { _Exit(0); }\n",
                   "before or after main");
    assert_refused(*state, SUBMISSION_POOL,
                   POOL "static void f(void) { _Exit(0); }\n"
                        "__attribute__((section(\".preinit_array\"), used)) static void (*g)(void) "
                        "= f;\n",
                   "before or after main");
    assert_refused(*state, SUBMISSION_POOL,
                   "#include <stddef.h>\nstatic void f(void) {}\nstatic void *r(void) "
                   "{ return (void *)f; }\nvoid hw_pool_delete(void *p) "
                   "__attribute__((ifunc(\"r\")));\n",
                   "indirect function");
}

static void valgrind_requests(void **state)
{
    assert_refused(*state, SUBMISSION_POOL,
                   POOL "#include <valgrind/callgrind.h>\n"
                        "static void f(void) { CALLGRIND_ZERO_STATS; }\n"
                        "void *force(void); __attribute__((used)) static void *g = f;\n",
                   "talks to valgrind");
}

static void files_of_the_host(void **state)
{
    assert_refused(*state, SUBMISSION_POOL, "#include \"/etc/passwd\"\n", "No such file");
    assert_refused(*state, SUBMISSION_POOL,
                   POOL "__asm__(\".data\\n.incbin \\\"/usr/bin/true\\\"\\n.text\");\n",
                   "embeds a file");
    assert_refused(*state, SUBMISSION_POOL, "#include \"../solution/pool.c\"\n", "No such file");
}

static void forged_coverage(void **state)
{
    assert_refused(*state, SUBMISSION_TESTS,
                   "void __gcov_dump(void);\n#include \"hw_tests.h\"\n"
                   "static void t(void) { __gcov_dump(); }\n"
                   "const hw_test hw_tests[] = {{\"t\", t}, {0, 0}};\n",
                   "uses '__gcov_dump'");
}

static void a_compile_bomb_is_stopped(void **state)
{
    g_autoptr(evidence) e = build_part(*state, SUBMISSION_POOL,
                                       "static char big[3000000000] = {1};\n"
                                       "char *f(void); char *f(void) { return big; }\n");
    assert_int_equal(e->parts[SUBMISSION_POOL].state, EVIDENCE_REJECTED);
    assert_int_equal(e->parts[SUBMISSION_POOL].build, EVIDENCE_DONE);
}

/* Every byte of an object changed, and every length: never a crash, whatever is found. */
static void damaged_objects(void **state)
{
    g_autoptr(evidence) e = build_part(*state, SUBMISSION_POOL, POOL);
    g_autoptr(GBytes) object = evidence_file(e, "build/submission-pool/unit.o", 1 << 20);
    assert_non_null(object);
    gsize n_bytes = 0;
    const guint8 *data = g_bytes_get_data(object, &n_bytes);
    g_autofree guint8 *copy = g_memdup2(data, n_bytes);
    for (gsize i = 0; i < n_bytes; i++) {
        copy[i] ^= 0xff;
        g_ptr_array_unref(objscan_object(SUBMISSION_POOL, copy, n_bytes));
        copy[i] ^= 0xff;
    }
    for (gsize n = 0; n < n_bytes; n += 7) {
        g_autofree guint8 *cut = g_memdup2(data, n > 0 ? n : 1);
        g_autoptr(GPtrArray) found = objscan_object(SUBMISSION_POOL, cut, n);
        assert_true(found->len > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proper_part_is_built),
        cmocka_unit_test(errors_name_their_line),
        cmocka_unit_test(what_a_submission_may_not_define),
        cmocka_unit_test(code_outside_main),
        cmocka_unit_test(valgrind_requests),
        cmocka_unit_test(files_of_the_host),
        cmocka_unit_test(forged_coverage),
        cmocka_unit_test(a_compile_bomb_is_stopped),
        cmocka_unit_test(damaged_objects),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
