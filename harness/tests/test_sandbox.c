/*
 * What a job gets and what is told of it, in both tiers: the same tests run under FULL and LIMITS
 * but for those that need namespaces.
 */
#include "harness/sandbox/sandbox.h"
#include "harness/tests/sandbox_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void run_attack(testing_job *t, const char *name, const char *argument)
{
    testing_start(t, name, argument);
    testing_run(t);
}

static void test_exit_status_is_told(void **state)
{
    (void)state;
    static const char *const statuses[] = {"0", "1", "126", "139", "255"};
    for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++) {
        testing_job t;
        run_attack(&t, "leave", statuses[i]);
        assert_int_equal(t.result.outcome, SANDBOX_EXITED);
        assert_int_equal(t.result.exit_status, atoi(statuses[i])); /* NOLINT(cert-err34-c): ours */
        assert_string_equal(t.result.detail, "");
    }
}

static void test_signal_is_told_apart_from_an_exit(void **state)
{
    (void)state;
    static const int signals[] = {SIGSEGV, SIGABRT, SIGKILL, SIGTERM, SIGPIPE, SIGUSR1, SIGALRM};
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
        testing_job t;
        g_autofree char *number = g_strdup_printf("%d", signals[i]);
        run_attack(&t, "die", number);
        assert_int_equal(t.result.outcome, SANDBOX_SIGNALLED);
        assert_int_equal(t.result.signal, signals[i]);
    }
}

static void test_input_and_three_outputs(void **state)
{
    (void)state;
    testing_job t;
    /* Longer than a pipe holds, and no multiple of anything. */
    g_autofree char *text = g_strnfill(300001, 'x');
    const char *input = testing_path("input");
    assert_true(g_file_set_contents(input, text, -1, NULL));
    testing_start(&t, "copy", NULL);
    t.job.stdin_path = input;
    testing_run(&t);
    assert_int_equal(t.result.outcome, SANDBOX_EXITED);
    assert_int_equal(t.result.exit_status, 0);
    const char *const outputs[] = {t.job.stdout_path, t.job.stderr_path, t.job.answers_path};
    for (size_t i = 0; i < G_N_ELEMENTS(outputs); i++) {
        g_autofree char *got = testing_read(outputs[i]);
        assert_string_equal(got, text);
    }
}

static void test_outputs_may_be_thrown_away(void **state)
{
    (void)state;
    testing_job t;
    testing_start(&t, "print_bytes", "5000");
    t.job.stdout_path = t.job.stderr_path = t.job.answers_path = NULL;
    testing_run(&t);
    assert_int_equal(t.result.outcome, SANDBOX_EXITED);
    testing_start(&t, "write_descriptors", "3"); /* without answers there is no descriptor 3 */
    t.job.answers_path = NULL;
    testing_run(&t);
    assert_int_equal(t.result.outcome, SANDBOX_EXITED);
    assert_int_equal(t.result.exit_status, 0);
}

static void test_output_of_exactly_the_limit_is_fine(void **state)
{
    (void)state;
    testing_job t;
    testing_start(&t, "print_bytes", "10000");
    t.job.limits.output_bytes = 10000;
    testing_run(&t);
    assert_int_equal(t.result.outcome, SANDBOX_EXITED);
    testing_start(&t, "print_bytes", "10001");
    t.job.limits.output_bytes = 10000;
    testing_run(&t);
    assert_int_equal(t.result.outcome, SANDBOX_OUTPUT_LIMIT);
    g_autofree char *kept = testing_read(t.job.stdout_path);
    assert_int_equal(strlen(kept), 10000);
}

/* Lines of `text` that start with `head`, sorted. */
static char *lines_of(const char *text, const char *head)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GPtrArray *found = g_ptr_array_new();
    for (char **line = lines; *line != NULL; line++) {
        if (g_str_has_prefix(*line, head))
            g_ptr_array_add(found, *line);
    }
    g_ptr_array_add(found, NULL);
    char *joined = g_strjoinv("\n", (char **)found->pdata);
    g_ptr_array_unref(found);
    return joined;
}

static void test_environment_is_fixed(void **state)
{
    bool full = *(sandbox_tier *)*state == SANDBOX_FULL;
    testing_job t;
    static const char *const own[] = {"ANSWER=42", "TZ=Europe/Moscow", NULL};
    assert_int_equal(setenv("LD_PRELOAD", "", 1), 0);
    assert_int_equal(setenv("GLIBC_TUNABLES", "glibc.malloc.check=3", 1), 0);
    assert_int_equal(setenv("OBJLAB_SECRET", "seed", 1), 0);
    int kept = open("/dev/null", O_RDONLY); /* NOLINT(android-cloexec-open): a leak to be stopped */
    testing_start(&t, "look", NULL);
    t.job.env = own;
    t.job.answers_path = NULL;
    testing_run(&t);
    assert_int_equal(close(kept), 0);
    g_autofree char *seen = testing_read(t.job.stdout_path);
    g_autofree char *env = lines_of(seen, "env ");
    g_autofree char *fds = lines_of(seen, "fd ");
    g_autofree char *cwd = lines_of(seen, "cwd ");
    assert_string_equal(fds, "fd 0\nfd 1\nfd 2");
    if (full) {
        assert_string_equal(env, "env ANSWER=42\nenv TZ=Europe/Moscow\nenv PATH=/usr/bin:/bin\n"
                                 "env HOME=/tmp\nenv TMPDIR=/tmp\nenv LC_ALL=C");
        assert_string_equal(cwd, "cwd /box");
    } else {
        assert_true(g_str_has_prefix(env, "env ANSWER=42\nenv TZ=Europe/Moscow\n"));
        assert_null(strstr(env, "SECRET"));
        assert_true(g_str_has_suffix(cwd, t.mounts[1].host));
    }
    assert_int_equal(unsetenv("GLIBC_TUNABLES"), 0);
    assert_int_equal(unsetenv("LD_PRELOAD"), 0);
}

static void test_addresses_repeat(void **state)
{
    (void)state;
    char *first = NULL;
    for (int i = 0; i < 3; i++) {
        testing_job t;
        run_attack(&t, "look", NULL);
        g_autofree char *seen = testing_read(t.job.stdout_path);
        char *stack = lines_of(seen, "stack ");
        if (first == NULL)
            first = g_strdup(stack);
        /* Under LIMITS the private folder's name is of constant length, so this holds too. */
        assert_string_equal(stack, first);
        g_free(stack);
    }
    g_free(first);
}

static void test_memory_and_time_are_measured(void **state)
{
    (void)state;
    testing_job t;
    const uint64_t n_bytes = 64 << 20;
    run_attack(&t, "eat_memory", "67108864");
    assert_int_equal(t.result.outcome, SANDBOX_EXITED);
    assert_true(t.result.peak_rss_bytes >= n_bytes);
    assert_true(t.result.peak_rss_bytes < n_bytes + (32 << 20));
    assert_true(t.result.wall_s > 0);
    assert_true(t.result.cpu_s > 0);
    testing_start(&t, "wait_forever", NULL);
    t.job.limits.wall_s = 0.3;
    testing_run(&t);
    assert_int_equal(t.result.outcome, SANDBOX_TIMED_OUT);
    assert_true(t.result.wall_s >= 0.3);
    assert_true(t.result.cpu_s < 0.3);
}

static void test_pinning(void **state)
{
    (void)state;
    testing_job t;
    testing_start(&t, "leave", "3");
    t.job.cpu = 0;
    testing_run(&t);
    assert_int_equal(t.result.exit_status, 3);
    GError *error = NULL;
    t.job.cpu = 1000; /* no such processor */
    assert_false(sandbox_run(&t.job, &t.result, &error));
    assert_true(g_error_matches(error, SANDBOX_ERROR, SANDBOX_ERROR_JOB));
    assert_non_null(strstr(error->message, "processor"));
    g_error_free(error);
}

static void expect_fault(testing_job *t, const char *text)
{
    GError *error = NULL;
    memset(&t->result, 0x5a, sizeof t->result);
    sandbox_result before = t->result;
    assert_false(sandbox_run(&t->job, &t->result, &error));
    if (strstr(error->message, text) == NULL)
        fail_msg("'%s' does not say '%s'", error->message, text);
    g_error_free(error);
    assert_memory_equal(&t->result, &before, sizeof before);
}

static void test_a_job_that_cannot_start_is_the_harness_s_fault(void **state)
{
    (void)state;
    testing_job t;
    testing_start(&t, "leave", "0");
    t.argv[0] = "/attack/absent";
    expect_fault(&t, "No such file");
    testing_start(&t, "leave", "0");
    t.job.cwd = "/box/absent";
    expect_fault(&t, "/absent");
    testing_start(&t, "leave", "0");
    t.mounts[0].host = "/absent";
    expect_fault(&t, "/absent");
    testing_start(&t, "leave", "0");
    t.job.stdin_path = "/absent";
    expect_fault(&t, "/absent");
    testing_start(&t, "leave", "0");
    t.job.stdout_path = "/absent/file";
    expect_fault(&t, "/absent/file");
}

static void test_a_full_disk_is_the_harness_s_fault(void **state)
{
    (void)state;
    testing_job t;
    testing_start(&t, "print_bytes", "5000");
    t.job.stdout_path = "/dev/full";
    expect_fault(&t, "No space");
}

static gpointer run_copies(gpointer argument)
{
    const sandbox_job *job = argument;
    guint n_right = 0;
    for (int i = 0; i < 10; i++) {
        sandbox_result result;
        if (sandbox_run(job, &result, NULL) && result.outcome == SANDBOX_EXITED &&
            result.exit_status == 7)
            n_right++;
    }
    return GUINT_TO_POINTER(n_right);
}

static void test_threads_run_jobs_at_the_same_time(void **state)
{
    (void)state;
    GThread *threads[4];
    testing_job t;
    testing_start(&t, "leave", "7");
    t.job.stdout_path = t.job.stderr_path = t.job.answers_path = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("judge", run_copies, &t.job);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        assert_int_equal(GPOINTER_TO_UINT(g_thread_join(threads[i])), 10);
}

static void test_a_judge_that_ignores_its_children(void **state)
{
    (void)state;
    testing_job t;
    assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    run_attack(&t, "leave", "5");
    assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
    assert_int_equal(t.result.outcome, SANDBOX_EXITED);
    assert_int_equal(t.result.exit_status, 5);
}

static void test_nothing_stays_open(void **state)
{
    (void)state;
    testing_job t;
    run_attack(&t, "leave", "0");
    int before = dup(0);
    for (int i = 0; i < 5; i++)
        run_attack(&t, "leave", "0");
    t.argv[0] = "/attack/absent";
    expect_fault(&t, "No such file");
    int after = dup(0);
    assert_int_equal(after, before + 1); /* the lowest free one is the next */
    assert_int_equal(close(before), 0);
    assert_int_equal(close(after), 0);
}

/* The rows that need no namespace hold without them too. */
static void test_limits_alone_stop_these(void **state)
{
    (void)state;
    static const struct {
        const char *name, *argument;
        bool may_fork;
        sandbox_outcome expected;
    } rows[] = {
        {"fork_bomb", "", true, SANDBOX_SIGNALLED},
        {"fork_bomb", "", false, SANDBOX_SIGNALLED},
        {"leave_daemon", "", true, SANDBOX_TAMPERING},
        {"trace", "", false, SANDBOX_TAMPERING},
        {"no_tsc", "", false, SANDBOX_TAMPERING},
        {"inet_socket", "", false, SANDBOX_SIGNALLED},
        {"become_root", "", false, SANDBOX_SIGNALLED},
        {"kill_parent", "", false, SANDBOX_EXITED},
        {"limit_parent", "", false, SANDBOX_EXITED},
        {"read_parent", "", false, SANDBOX_EXITED},
        {"kill_everyone", "", false, SANDBOX_SIGNALLED},
        {"kill_everyone", "", true, SANDBOX_SIGNALLED},
        {"eat_memory", "", true, SANDBOX_OUT_OF_MEMORY},
        {"many_files", "/tmp", false, SANDBOX_OUTPUT_LIMIT},
        {"flood", "1", false, SANDBOX_OUTPUT_LIMIT},
        {"close_everything", "", false, SANDBOX_EXITED},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        testing_job t;
        testing_start(&t, rows[i].name, rows[i].argument);
        t.argv[3] = testing_mark();
        t.job.limits.may_fork = rows[i].may_fork;
        testing_run(&t);
        if (t.result.outcome != rows[i].expected)
            fail_msg("%s: %s, %s", rows[i].name, sandbox_outcome_name(t.result.outcome),
                     t.result.detail);
        assert_int_equal(testing_count_processes(testing_mark()), 0);
    }
}

/* Files that FULL would not show. Needs the kernel's Landlock, and says so where it is missing. */
static void test_landlock_stands_in_for_mounts(void **state)
{
    static const struct {
        const char *name, *argument;
    } rows[] = {
        {"read_host", PROJECT_DIR},
        {"write_system", ""},
        {"write_mount", "/attack/objlab-attack"},
    };
    if (*(sandbox_tier *)*state == SANDBOX_LIMITS &&
        syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1) {
        print_message("this kernel has no Landlock: under LIMITS files are not protected\n");
        skip();
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        testing_job t;
        run_attack(&t, rows[i].name, rows[i].argument);
        if (t.result.outcome != SANDBOX_EXITED || t.result.exit_status != 0)
            fail_msg("%s: %s, exit %d", rows[i].name, sandbox_outcome_name(t.result.outcome),
                     t.result.exit_status);
    }
}

static void test_host_paths_may_be_relative(void **state)
{
    (void)state;
    testing_job t;
    g_autofree char *before = g_get_current_dir();
    assert_int_equal(chdir(ATTACK_DIR), 0);
    testing_start(&t, "leave", "4");
    t.mounts[0].host = ".";
    testing_run(&t);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(t.result.exit_status, 4);
}

static int use_tier(void **state, sandbox_tier tier)
{
    static sandbox_tier used;
    GError *error = NULL;
    used = tier;
    *state = &used;
    sandbox_set_tier(tier);
    assert_int_equal(sandbox_get_tier(), tier);
    if (sandbox_probe(tier, &error))
        return 0;
    print_error("this tier of the sandbox does not work here: %s\n", error->message);
    return -1;
}

static int use_full(void **state)
{
    return use_tier(state, SANDBOX_FULL);
}

static int use_limits(void **state)
{
    return use_tier(state, SANDBOX_LIMITS);
}

static int end_tier(void **state)
{
    (void)state;
    testing_done();
    return 0;
}

#define TESTS_OF_BOTH_TIERS                                                                        \
    cmocka_unit_test(test_exit_status_is_told),                                                    \
        cmocka_unit_test(test_signal_is_told_apart_from_an_exit),                                  \
        cmocka_unit_test(test_input_and_three_outputs),                                            \
        cmocka_unit_test(test_outputs_may_be_thrown_away),                                         \
        cmocka_unit_test(test_output_of_exactly_the_limit_is_fine),                                \
        cmocka_unit_test(test_environment_is_fixed), cmocka_unit_test(test_addresses_repeat),      \
        cmocka_unit_test(test_memory_and_time_are_measured), cmocka_unit_test(test_pinning),       \
        cmocka_unit_test(test_a_job_that_cannot_start_is_the_harness_s_fault),                     \
        cmocka_unit_test(test_a_full_disk_is_the_harness_s_fault),                                 \
        cmocka_unit_test(test_threads_run_jobs_at_the_same_time),                                  \
        cmocka_unit_test(test_nothing_stays_open),                                                 \
        cmocka_unit_test(test_a_judge_that_ignores_its_children),                                  \
        cmocka_unit_test(test_landlock_stands_in_for_mounts),                                      \
        cmocka_unit_test(test_host_paths_may_be_relative),                                         \
        cmocka_unit_test(test_limits_alone_stop_these)

int main(void)
{
    const struct CMUnitTest full[] = {TESTS_OF_BOTH_TIERS};
    const struct CMUnitTest limits[] = {TESTS_OF_BOTH_TIERS};
    int n_failed = cmocka_run_group_tests_name("full", full, use_full, end_tier);
    return n_failed + cmocka_run_group_tests_name("limits", limits, use_limits, end_tier);
}
