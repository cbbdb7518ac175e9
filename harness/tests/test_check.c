/* test_check.c -- the oracle on right, wrong and hostile answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/judge/check.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { N_OPERATIONS = 2000, ANSWERS_FD = 3 };

static char *folder; /* of this test's files */

static int set_up(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("test-check-XXXXXX", NULL);
    return folder == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name = NULL;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        assert_int_equal(g_unlink(path), 0);
    }
    g_dir_close(dir);
    assert_int_equal(g_rmdir(folder), 0);
    g_free(folder);
    return 0;
}

/* Runs a program on a tape; returns what it answered. */
static char *answers_of(const char *program, GBytes *tape, gsize *ret_n_bytes)
{
    g_autofree char *in = g_build_filename(folder, "tape", NULL);
    g_autofree char *out = g_build_filename(folder, "answers", NULL);
    gsize n_tape = 0;
    const char *bytes = g_bytes_get_data(tape, &n_tape);
    assert_true(g_file_set_contents(in, bytes, (gssize)n_tape, NULL));
    int fd = g_open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    GSubprocessLauncher *launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDERR_SILENCE |
                                                              G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
    /* one operation asks for PTRDIFF_MAX bytes */
    g_subprocess_launcher_setenv(launcher, "ASAN_OPTIONS", "allocator_may_return_null=1", TRUE);
    g_subprocess_launcher_set_stdin_file_path(launcher, in);
    g_subprocess_launcher_take_fd(launcher, fd, ANSWERS_FD);
    GSubprocess *run = g_subprocess_launcher_spawn(launcher, NULL, program, NULL);
    assert_non_null(run);
    assert_true(g_subprocess_wait(run, NULL, NULL)); /* it may crash: its answers are judged */
    g_object_unref(run);
    g_object_unref(launcher);
    char *text = NULL;
    assert_true(g_file_get_contents(out, &text, ret_n_bytes, NULL));
    return text;
}

static check_result *result_of(const char *program, check_kind kind, uint64_t seed)
{
    g_autoptr(GBytes) tape = check_make_tape(kind, seed, N_OPERATIONS);
    gsize n_bytes = 0;
    g_autofree char *text = answers_of(program, tape, &n_bytes);
    return check_answers(kind, tape, text, n_bytes);
}

static char *solution_driver(check_kind kind)
{
    return g_build_filename(BUILD_DIR, "homework", check_driver(kind), NULL);
}

static const check_group *find_group(const check_result *result, const char *name)
{
    for (guint i = 0; i < result->groups->len; i++) {
        const check_group *group = g_ptr_array_index(result->groups, i);
        g_autofree char *full = g_strdup_printf("%s/%s", group->part, group->name);
        if (strcmp(full, name) == 0)
            return group;
    }
    fail_msg("no property %s", name);
    return NULL;
}

static unsigned count_failed(const check_result *result)
{
    unsigned n = 0;
    for (guint i = 0; i < result->groups->len; i++)
        n += !((const check_group *)g_ptr_array_index(result->groups, i))->passed;
    return n;
}

static void tapes_repeat(void **state)
{
    (void)state;
    for (int kind = 0; kind <= (int)CHECK_WORKLOAD; kind++) {
        g_autoptr(GBytes) a = check_make_tape((check_kind)kind, 7, 100);
        g_autoptr(GBytes) b = check_make_tape((check_kind)kind, 7, 100);
        g_autoptr(GBytes) c = check_make_tape((check_kind)kind, 8, 100);
        assert_true(g_bytes_equal(a, b));
        assert_false(g_bytes_equal(a, c));
    }
}

static void solution_is_right(void **state)
{
    (void)state;
    for (int kind = 0; kind <= (int)CHECK_WORKLOAD; kind++) {
        g_autofree char *driver = solution_driver((check_kind)kind);
        for (uint64_t seed = 1; seed <= 5; seed++) {
            g_autoptr(check_result) result = result_of(driver, (check_kind)kind, seed);
            assert_true(result->complete);
            assert_false(result->tampering);
            assert_null(result->why);
            assert_int_equal(count_failed(result), 0);
        }
    }
}

static bool run_tool(const char *const *argv)
{
    g_autoptr(GSubprocess) run = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_NONE, NULL);
    return run != NULL && g_subprocess_wait_check(run, NULL, NULL);
}

/* Links a driver with one implementation file; true if it worked. */
static bool build(const char *driver, const char *source, const char *program)
{
    g_autofree char *main_file = g_strdup_printf("%s/homework/drivers/%s.c", PROJECT_DIR, driver);
    static const char include[] = "-I" PROJECT_DIR "/homework/contract";
    const char *const argv[] = {"cc",    "-std=c11", "-D_GNU_SOURCE", "-O1", "-w",
                                include, main_file,  source,          "-o",  program,
                                NULL};
    return run_tool(argv);
}

/* The solution's file with a seeded bug, built; owner: the caller. */
static char *build_mutant(const char *name, check_kind kind)
{
    const char *file = kind == CHECK_POOL ? "pool.c" : "layouts.c";
    g_autofree char *original = g_strdup_printf("%s/homework/solution/%s", PROJECT_DIR, file);
    g_autofree char *patch = g_strdup_printf("%s/homework/mutants/%s.patch", PROJECT_DIR, name);
    g_autofree char *changed = g_build_filename(folder, "changed.c", NULL);
    const char *const argv[] = {"patch", "-s", "-o", changed, original, patch, NULL};
    assert_true(run_tool(argv));
    char *program = g_build_filename(folder, "program", NULL);
    assert_true(build(check_driver(kind), changed, program));
    return program;
}

/* Seeded bugs, and the property that shows each. */
static const struct {
    const char *name, *property;
    check_kind kind;
    bool alone; /* no other property fails */
} mutants[] = {
    {"pool-class-too-small", "pool/no_overlap", CHECK_POOL, false},
    {"pool-one-block-too-many", "pool/inside_arenas", CHECK_POOL, false},
    {"pool-unlinked-still-usable", "pool/contents", CHECK_POOL, false},
    {"pool-misaligned", "pool/aligned", CHECK_POOL, false},
    {"pool-small-limit", "pool/inside_arenas", CHECK_POOL, false},
    {"pool-keeps-arenas", "pool/arena_return", CHECK_POOL, true},
    {"pool-emptiest-first", "pool/fewest_free_first", CHECK_POOL, true},
    {"pool-forgets-free-list", "pool/reuse", CHECK_POOL, true},
    {"pool-large-not-counted", "pool/stats", CHECK_POOL, true},
    {"pool-failed-malloc-counted", "pool/stats", CHECK_POOL, true},
    {"slots-take-any-name", "layouts/names", CHECK_LAYOUTS, false},
    {"slots-unset-forgets-nothing", "layouts/unset", CHECK_LAYOUTS, false},
    {"slots-many-share-bits", "layouts/get", CHECK_LAYOUTS, false},
    {"slots-bloated", "layouts/distinct", CHECK_LAYOUTS, true},
    {"dict-unset-keeps-order", "layouts/order", CHECK_LAYOUTS, true},
    {"dict-loses-bits-when-growing", "layouts/get", CHECK_LAYOUTS, true},
    {"dict-shares-values", "layouts/get", CHECK_LAYOUTS, false},
    {"class-leaks-names", "layouts/frees", CHECK_LAYOUTS, true},
    {"object-leaks-table", "layouts/frees", CHECK_LAYOUTS, true},
    {"decref-too-early", "layouts/refcount", CHECK_LAYOUTS, false},
    {"weakref-get-borrows", "weakrefs/get", CHECK_LAYOUTS, false},
    {"weakref-not-cleared", "weakrefs/get", CHECK_LAYOUTS, false},
    {"weakref-never-shared", "weakrefs/shared", CHECK_LAYOUTS, true},
    {"weakref-leaks-when-dead", "layouts/frees", CHECK_LAYOUTS, true},
    {"weakref-oldest-first", "weakrefs/callbacks", CHECK_LAYOUTS, true},
    {"weakref-callback-after-release", "weakrefs/callbacks", CHECK_LAYOUTS, false},
};

static void seeded_bugs_show(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(mutants); i++) {
        g_autofree char *program = build_mutant(mutants[i].name, mutants[i].kind);
        g_autoptr(check_result) result = result_of(program, mutants[i].kind, 11);
        if (result->tampering)
            fail_msg("%s: an honest submission is called tampering", mutants[i].name);
        if (find_group(result, mutants[i].property)->passed)
            fail_msg("%s: %s passed", mutants[i].name, mutants[i].property);
        if (mutants[i].alone && (!result->complete || count_failed(result) != 1))
            fail_msg("%s: more than %s failed", mutants[i].name, mutants[i].property);
    }
}

static void starter_shows_little(void **state)
{
    (void)state;
    g_autofree char *program = g_build_filename(folder, "program", NULL);
    assert_true(build("drive_layouts", PROJECT_DIR "/homework/starter/layouts.c", program));
    g_autoptr(check_result) result = result_of(program, CHECK_LAYOUTS, 1);
    assert_true(result->complete);
    assert_false(find_group(result, "layouts/get")->passed);
    assert_false(find_group(result, "layouts/distinct")->passed);
    assert_false(find_group(result, "weakrefs/callbacks")->passed);
}

/* ---- hostile answers ---- */

static check_result *check_text(check_kind kind, GBytes *tape, const char *text)
{
    return check_answers(kind, tape, text, strlen(text));
}

static void nothing_is_believed(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "\n",
                                        "end 0\n",
                                        "end",
                                        "PASS\nend 1\n",
                                        "n 1\nd\nend 2\n",
                                        "n -1\n",
                                        "n 99999999999999999999999999\n",
                                        "{\"score\": 100}\n"};
    for (int kind = 0; kind <= (int)CHECK_WORKLOAD; kind++) {
        g_autoptr(GBytes) tape = check_make_tape((check_kind)kind, 3, 100);
        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
            g_autoptr(check_result) result = check_text((check_kind)kind, tape, texts[i]);
            assert_false(result->complete);
            assert_non_null(result->why);
            assert_int_equal(count_failed(result), result->groups->len);
        }
    }
}

static void forged_lines_are_tampering(void **state)
{
    (void)state;
    for (int kind = 0; kind <= (int)CHECK_WORKLOAD; kind++) {
        g_autoptr(GBytes) tape = check_make_tape((check_kind)kind, 5, 100);
        g_autofree char *driver = solution_driver((check_kind)kind);
        gsize n_bytes = 0;
        g_autofree char *text = answers_of(driver, tape, &n_bytes);
        g_autofree char *behind = g_strconcat(text, "end 1\n", NULL);
        g_autofree char *before = g_strconcat("PASS\n", text, NULL);
        g_autoptr(check_result) after = check_text((check_kind)kind, tape, behind);
        g_autoptr(check_result) first = check_text((check_kind)kind, tape, before);
        assert_true(after->tampering);
        assert_true(first->tampering);
        assert_false(after->complete);
        assert_false(first->complete);
    }
}

static void cut_answers_are_no_tampering(void **state)
{
    (void)state;
    for (int kind = 0; kind <= (int)CHECK_WORKLOAD; kind++) {
        g_autoptr(GBytes) tape = check_make_tape((check_kind)kind, 5, 100);
        g_autofree char *driver = solution_driver((check_kind)kind);
        gsize n_bytes = 0;
        g_autofree char *text = answers_of(driver, tape, &n_bytes);
        enum { N_CUTS = 40 };
        for (gsize i = 0; i < N_CUTS; i++) {
            gsize n = (n_bytes - 1) * i / N_CUTS;
            g_autoptr(check_result) result = check_answers((check_kind)kind, tape, text, n);
            assert_false(result->complete);
            assert_false(result->tampering);
            assert_int_equal(count_failed(result), result->groups->len);
        }
    }
}

/* Answers with a byte changed are judged somehow, without a crash, and are never better. */
static void damaged_answers_do_no_harm(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(1);
    for (int kind = 0; kind <= (int)CHECK_WORKLOAD; kind++) {
        g_autoptr(GBytes) tape = check_make_tape((check_kind)kind, 9, 100);
        g_autofree char *driver = solution_driver((check_kind)kind);
        gsize n_bytes = 0;
        g_autofree char *text = answers_of(driver, tape, &n_bytes);
        for (unsigned i = 0; i < 200; i++) {
            gsize at = (gsize)g_rand_int_range(random, 0, (gint32)n_bytes);
            char kept = text[at];
            text[at] = (char)g_rand_int_range(random, 0, 256);
            g_autoptr(check_result) result = check_answers((check_kind)kind, tape, text, n_bytes);
            if (!result->complete)
                assert_int_equal(count_failed(result), result->groups->len);
            text[at] = kept;
        }
    }
    g_rand_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tapes_repeat),
        cmocka_unit_test(solution_is_right),
        cmocka_unit_test(seeded_bugs_show),
        cmocka_unit_test(starter_shows_little),
        cmocka_unit_test(nothing_is_believed),
        cmocka_unit_test(forged_lines_are_tampering),
        cmocka_unit_test(cut_answers_are_no_tampering),
        cmocka_unit_test(damaged_answers_do_no_harm),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
