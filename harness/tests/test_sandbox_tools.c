/*
 * The tools of the judge must work inside: compilers, linters, coverage, valgrind. And what a
 * submission can do to them (rows 28, 48 of the catalogue) must come to nothing.
 */
#include "harness/tests/sandbox_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const char program[] = "#include <stdio.h>\n"
                              "#include <stdlib.h>\n"
                              "int main(int argc, char **argv)\n"
                              "{\n"
                              "    int *p = malloc(10 * sizeof *p);\n"
                              "    if (p == NULL)\n"
                              "        return 1;\n"
                              "    p[0] = argc;\n"
                              "    if (argc > 5)\n"
                              "        puts(argv[1]);\n"
                              "    printf(\"%d\\n\", p[0] + 41);\n"
                              "    free(p);\n"
                              "    return 0;\n"
                              "}\n";

/* The folder that lasts over the steps of one test, shown as /src. */
static void share(testing_job *t, const char *host)
{
    t->mounts[2] = (sandbox_mount){.host = host, .inside = "/src", .writable = true};
    t->job.n_mounts = 3;
    t->job.cwd = "/src";
}

static const char *source_folder(const char *text)
{
    const char *host = testing_make_folder("src");
    g_autofree char *file = g_build_filename(host, "a.c", NULL);
    assert_true(g_file_set_contents(file, text, -1, NULL));
    return host;
}

/* Runs a tool that must succeed; returns all that it said. Owner: the caller. */
static char *run_tool(const char *host, const char *const *argv, bool may_fork)
{
    testing_job t;
    testing_start_tool(&t, argv);
    share(&t, host);
    t.job.limits.may_fork = may_fork;
    testing_run(&t);
    char *out = testing_read(t.job.stdout_path);
    char *err = testing_read(t.job.stderr_path);
    char *both = g_strconcat(out, err, NULL);
    g_free(out);
    g_free(err);
    if (t.result.outcome != SANDBOX_EXITED || t.result.exit_status != 0)
        fail_msg("%s: %s, exit %d, signal %d, %s\n%.2000s", argv[0],
                 sandbox_outcome_name(t.result.outcome), t.result.exit_status, t.result.signal,
                 t.result.detail, both);
    return both;
}

static void expect(const char *host, const char *const *argv, bool may_fork, const char *text)
{
    g_autofree char *said = run_tool(host, argv, may_fork);
    if (strstr(said, text) == NULL)
        fail_msg("%s does not say '%s' but\n%.2000s", argv[0], text, said);
}
#define TOOL(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_compilers_and_their_programs(void **state)
{
    (void)state;
    const char *src = source_folder(program);
    expect(src, TOOL("/usr/bin/gcc", "-g", "-O2", "-Wall", "a.c"), true, "");
    expect(src, TOOL("/src/a.out", "x"), false, "43");
    expect(src, TOOL("/usr/bin/nm", "a.out"), false, "T main");
    expect(src, TOOL("/usr/bin/objdump", "-d", "a.out"), false, "<main>");
    expect(src, TOOL("/usr/bin/clang", "-g", "a.c", "-o", "b"), true, "");
    expect(src, TOOL("/src/b"), false, "42");
    expect(src, TOOL("/usr/bin/gcc", "-c", "a.c"), true, "");
    expect(src, TOOL("/usr/bin/ld", "-r", "a.o", "-o", "c.o"), true, "");
    expect(src, TOOL("/usr/bin/gcc", "-fsanitize=address,undefined", "a.c", "-o", "d"), true, "");
    testing_job t;
    static const char *const no_leaks[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
    testing_start_tool(&t, TOOL("/src/d"));
    share(&t, src);
    t.job.limits.may_fork = false;
    t.job.env = no_leaks;
    testing_run(&t);
    assert_int_equal(t.result.outcome, SANDBOX_EXITED);
    assert_int_equal(t.result.exit_status, 0);
}

static void test_linters(void **state)
{
    (void)state;
    const char *src = source_folder("int f(int x);\n"
                                    "int f(int x) { int a[2] = {x, x}; return a[x > 1 ? 5 : 0]; }\n"
                                    "int g(void);\n"
                                    "int g(void) { int *p = 0; return *p; }\n");
    expect(src, TOOL("/usr/bin/clang-tidy", "--checks=-*,clang-analyzer-*", "a.c", "--"), true,
           "core.NullDereference");
    expect(src, TOOL("/usr/bin/cppcheck", "--enable=warning", "a.c"), true, "nullPointer");
    expect(src, TOOL("/usr/bin/clang-format", "--dry-run", "a.c"), true, "clang-format");
}

static void test_coverage(void **state)
{
    (void)state;
    const char *src = source_folder(program);
    g_autofree char *info = g_build_filename(src, "cov.info", NULL);
    expect(src, TOOL("/usr/bin/gcc", "--coverage", "a.c", "-o", "prog"), true, "");
    expect(src, TOOL("/src/prog"), false, "42");
    expect(src, TOOL("/usr/bin/gcov", "prog-a.gcda"), true, "Lines executed");
    expect(src, TOOL("/usr/bin/lcov", "-c", "-d", ".", "-o", "cov.info"), true, "Finished");
    g_autofree char *covered = testing_read(info);
    assert_non_null(strstr(covered, "DA:11,1"));
    assert_non_null(strstr(covered, "DA:10,0"));
}

static void test_valgrind(void **state)
{
    (void)state;
    const char *src = source_folder(program);
    g_autofree char *massif = g_build_filename(src, "massif.out", NULL);
    expect(src, TOOL("/usr/bin/gcc", "-g", "a.c", "-o", "a"), true, "");
    expect(src, TOOL("/usr/bin/valgrind", "--vgdb=no", "--tool=memcheck", "/src/a"), false,
           "ERROR SUMMARY: 0 errors");
    expect(src,
           TOOL("/usr/bin/valgrind", "--vgdb=no", "--tool=callgrind",
                "--callgrind-out-file=/src/callgrind.out", "/src/a"),
           false, "refs:");
    expect(src,
           TOOL("/usr/bin/valgrind", "--vgdb=no", "--tool=massif",
                "--massif-out-file=/src/massif.out", "/src/a"),
           false, "42");
    g_autofree char *snapshots = testing_read(massif);
    assert_non_null(strstr(snapshots, "mem_heap_B=40"));
}

static void test_patch(void **state)
{
    (void)state;
    const char *src = source_folder("int x = 1;\n");
    g_autofree char *diff = g_build_filename(src, "d", NULL);
    g_autofree char *file = g_build_filename(src, "a.c", NULL);
    assert_true(g_file_set_contents(
        diff, "--- a.c\n+++ a.c\n@@ -1 +1 @@\n-int x = 1;\n+int x = 2;\n", -1, NULL));
    expect(src, TOOL("/usr/bin/patch", "-p0", "-i", "d"), true, "patching file a.c");
    g_autofree char *patched = testing_read(file);
    assert_string_equal(patched, "int x = 2;\n");
}

/* Row 28: what is not mounted cannot be built in. */
static void test_host_files_cannot_be_built_in(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "#include \"/etc/passwd\"\n",
        "#include \"" PROJECT_DIR "/CMakeLists.txt\"\n",
        "__asm__(\".incbin \\\"/etc/passwd\\\"\");\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        testing_job t;
        const char *src = source_folder(sources[i]);
        testing_start_tool(&t, TOOL("/usr/bin/gcc", "-c", "a.c"));
        share(&t, src);
        testing_run(&t);
        assert_int_equal(t.result.outcome, SANDBOX_EXITED);
        assert_int_equal(t.result.exit_status, 1);
    }
}

/* Row 48: limits around the compiler. The compiler proper is killed, or its driver with it. */
static void test_compile_bombs_end(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "#include \"a.c\"\n#include \"a.c\"\n",
        "char a[1 << 30] = {1};\n",
        "#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(x)))\n"
        "int f(int i) { B(B(B(i++;))) return i; }\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
        testing_job t;
        const char *src = source_folder(sources[i]);
        testing_start_tool(&t, TOOL("/usr/bin/gcc", "-O2", "-c", "a.c"));
        share(&t, src);
        t.job.limits.cpu_s = 3;
        t.job.limits.memory_bytes = 512 << 20;
        testing_run(&t);
        bool fine = t.result.outcome == SANDBOX_EXITED && t.result.exit_status == 0;
        assert_false(fine);
        assert_int_not_equal(t.result.outcome, SANDBOX_TAMPERING);
    }
}

static int use_tier(sandbox_tier tier)
{
    GError *error = NULL;
    sandbox_set_tier(tier);
    if (sandbox_probe(tier, &error))
        return 0;
    print_error("this tier of the sandbox does not work here: %s\n", error->message);
    return -1;
}

static int use_full(void **state)
{
    (void)state;
    return use_tier(SANDBOX_FULL);
}

static int use_limits(void **state)
{
    (void)state;
    return use_tier(SANDBOX_LIMITS);
}

static int end_tier(void **state)
{
    (void)state;
    testing_done();
    return 0;
}

int main(void)
{
    const struct CMUnitTest full[] = {
        cmocka_unit_test(test_compilers_and_their_programs),
        cmocka_unit_test(test_linters),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_valgrind),
        cmocka_unit_test(test_patch),
        cmocka_unit_test(test_host_files_cannot_be_built_in),
        cmocka_unit_test(test_compile_bombs_end),
    };
    const struct CMUnitTest limits[] = {
        cmocka_unit_test(test_compilers_and_their_programs),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_valgrind),
    };
    int n_failed = cmocka_run_group_tests_name("full", full, use_full, end_tier);
    return n_failed + cmocka_run_group_tests_name("limits", limits, use_limits, end_tier);
}
