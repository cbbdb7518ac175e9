/*
 * A judge that is killed leaves no process and no folder behind. Each test forks a judge of its
 * own, waits until the program inside is up, and ends the judge in some way.
 */
#include "harness/tests/sandbox_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANCELLED_EXIT = 42 };

static void on_signal(int number)
{
    (void)number;
    sandbox_kill_all();
}

static _Noreturn void be_judge(testing_job *t)
{
    GError *error = NULL;
    struct sigaction action = {.sa_handler = on_signal};
    if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0)
        exit(1);
    bool fine = sandbox_run(&t->job, &t->result, &error);
    bool cancelled = !fine && g_error_matches(error, SANDBOX_ERROR, SANDBOX_ERROR_CANCELLED);
    g_clear_error(&error);
    /* Cancelled stays cancelled: a loop over many runs ends. */
    cancelled = cancelled && !sandbox_run(&t->job, &t->result, NULL);
    exit(cancelled ? CANCELLED_EXIT : 1); /* not _exit: what was covered is written down */
}

static void kill_a_judge(const char *attack, bool may_fork, int signal_number)
{
    int status = 0;
    testing_job t;
    const char *mark = testing_mark();
    testing_start(&t, attack, "");
    t.argv[3] = mark;
    t.job.limits.may_fork = may_fork;
    t.job.limits.cpu_s = t.job.limits.wall_s = 100;
    (void)fflush(NULL); /* or the judge would print it once more */
    pid_t judge = fork();
    assert_true(judge >= 0);
    if (judge == 0)
        be_judge(&t);
    /* The launcher's command line has the mark, and the program's. */
    assert_true(testing_wait_for_processes(mark, 2, TRUE));
    assert_int_equal(kill(judge, signal_number), 0);
    assert_int_equal(waitpid(judge, &status, 0), judge);
    if (signal_number == SIGKILL) {
        assert_true(WIFSIGNALED(status));
    } else {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), CANCELLED_EXIT);
    }
    assert_true(testing_wait_for_processes(mark, 0, FALSE));
}

static void test_interrupted(void **state)
{
    (void)state;
    kill_a_judge("wait_forever", false, SIGINT);
    kill_a_judge("spin", false, SIGTERM);
    kill_a_judge("stop_itself", true, SIGTERM);
}

static void test_killed_outright(void **state)
{
    (void)state;
    kill_a_judge("wait_forever", false, SIGKILL);
    kill_a_judge("spin", true, SIGKILL);
    kill_a_judge("stop_itself", false, SIGKILL);
}

static unsigned count_run_folders(void)
{
    unsigned n = 0;
    GDir *dir = g_dir_open(g_get_tmp_dir(), 0, NULL);
    assert_non_null(dir);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir))
        n += g_str_has_prefix(name, "objlab-run-");
    g_dir_close(dir);
    return n;
}

static void test_no_private_folder_is_left(void **state)
{
    (void)state;
    assert_true(g_str_has_prefix(g_get_tmp_dir(), "/tmp/objlab-kill-"));
    assert_int_equal(count_run_folders(), 0);
}

static int setup_full(void **state)
{
    (void)state;
    GError *error = NULL;
    sandbox_set_tier(SANDBOX_FULL);
    if (sandbox_probe(SANDBOX_FULL, &error))
        return 0;
    print_error("these tests need the full sandbox: %s\n", error->message);
    return -1;
}

static int setup_limits(void **state)
{
    (void)state;
    sandbox_set_tier(SANDBOX_LIMITS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    testing_done();
    return 0;
}

int main(void)
{
    const struct CMUnitTest full[] = {
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_killed_outright),
    };
    const struct CMUnitTest limits[] = {
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_killed_outright),
        cmocka_unit_test(test_no_private_folder_is_left),
    };
    /* The private folders of this program only. GLib asks for TMPDIR once, so it comes first. */
    char own[] = "/tmp/objlab-kill-XXXXXX";
    if (mkdtemp(own) == NULL || setenv("TMPDIR", own, 1) != 0)
        return EXIT_FAILURE;
    int n_failed = cmocka_run_group_tests_name("full", full, setup_full, teardown);
    n_failed += cmocka_run_group_tests_name("limits", limits, setup_limits, teardown);
    return n_failed + !sandbox_remove_tree(own);
}
