/*
 * The catalogue of attacks, as far as it is the sandbox's to stop: each attack runs and must come
 * to exactly the verdict of its row. Row numbers are those of the catalogue.
 */
#include "harness/tests/attacks/attack.h"
#include "harness/tests/sandbox_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What must come of an attack. */
typedef enum verdict { CRASHED, HARMLESS, TAMPERING, TIMED_OUT, MEMORY, OUTPUT } verdict;

typedef struct row {
    int number;
    const char *name, *argument;
    bool may_fork;
    verdict expected;
    const char *detail; /* NULL: any */
} row;

static const row rows[] = {
    {3, "write_descriptors", "4", false, HARMLESS, ""},
    {11, "no_tsc", NULL, false, TAMPERING, "prctl"},
    {11, "no_tsc_high_bits", NULL, false, TAMPERING, "prctl"},
    {11, "no_tsc", NULL, true, TAMPERING, "prctl"},
    {27, "read_host", PROJECT_DIR, false, HARMLESS, ""},
    {29, "read_parent", NULL, false, HARMLESS, ""},
    {30, "trace", NULL, false, TAMPERING, "ptrace"},
    {30, "trace", NULL, true, TAMPERING, "ptrace"},
    {30, "write_memory", NULL, false, TAMPERING, "process_vm_writev"},
    {31, "kill_everyone", NULL, false, CRASHED, NULL},
    {31, "kill_parent", NULL, false, HARMLESS, ""},
    {31, "kill_parent", NULL, true, HARMLESS, ""},
    {31, "limit_parent", NULL, false, HARMLESS, ""},
    {32, "fork_bomb", NULL, false, CRASHED, "forbidden system call"},
    {32, "fork_bomb", NULL, true, CRASHED, "too many processes"},
    {32, "fork_once", NULL, false, CRASHED, "forbidden system call"},
    {33, "leave_daemon", NULL, false, CRASHED, "forbidden system call"},
    {33, "leave_daemon", NULL, true, TAMPERING, "process left behind"},
    {34, "start_thread", NULL, false, CRASHED, "forbidden system call"},
    {35, "choose_processor", NULL, false, HARMLESS, ""},
    {35, "be_nice", NULL, false, HARMLESS, ""},
    {37, "spin", NULL, false, TIMED_OUT, "processor time"},
    {37, "wait_forever", NULL, false, TIMED_OUT, "wall time"},
    {37, "stop_itself", NULL, false, TIMED_OUT, "wall time"},
    {38, "eat_memory", NULL, false, MEMORY, NULL},
    {38, "eat_memory", NULL, true, MEMORY, NULL},
    {38, "eat_memory_at_once", NULL, false, MEMORY, NULL},
    {39, "flood", "1", false, OUTPUT, "standard output"},
    {39, "flood", "2", false, OUTPUT, "standard error"},
    {39, "flood", "3", false, OUTPUT, "answers"},
    {40, "big_file", "/box/x", false, OUTPUT, "size of a file"},
    {40, "big_file", "/tmp/x", false, OUTPUT, "size of a file"},
    {40, "many_files", "/box", false, OUTPUT, "files"},
    {40, "many_files", "/tmp", false, OUTPUT, "files"},
    {40, "many_files", "/dev/shm", false, OUTPUT, "files"},
    {40, "many_large_files", "/box", false, OUTPUT, "files"},
    {40, "many_large_files", "/dev/shm", false, OUTPUT, "files"},
    {41, "make_link", NULL, false, TAMPERING, NULL},
    {41, "make_fifo", NULL, false, TAMPERING, NULL},
    {42, "locked_tree", "/box", false, HARMLESS, ""},
    {42, "deep_folders", "/box", false, OUTPUT, "files"},
    {43, "leave_mark", NULL, false, HARMLESS, ""},
    {43, "leave_mark", NULL, false, HARMLESS, ""},
    {43, "shared_memory", NULL, false, HARMLESS, ""},
    {44, "inet_socket", NULL, false, CRASHED, NULL},
    {44, "vsock_socket", NULL, false, CRASHED, NULL},
    {44, "inet_socket", NULL, true, HARMLESS, ""},
    {44, "io_uring", NULL, false, CRASHED, NULL},
    {44, "call_32_bit", NULL, false, CRASHED, NULL},
    {44, "call_x32", NULL, false, CRASHED, NULL},
    {55, "become_root", NULL, false, CRASHED, NULL},
    {55, "user_namespace", NULL, false, CRASHED, NULL},
    {55, "user_namespace", NULL, true, CRASHED, NULL},
    {55, "clone_namespace", NULL, true, CRASHED, NULL},
    {55, "mount_folder", NULL, true, CRASHED, NULL},
    {55, "load_bpf", NULL, false, CRASHED, NULL},
    {55, "count_events", NULL, false, CRASHED, NULL},
    {55, "key_ring", NULL, false, CRASHED, NULL},
    {55, "fault_handler", NULL, false, CRASHED, NULL},
    {55, "own_filter", NULL, false, CRASHED, NULL},
    {55, "write_system", NULL, false, HARMLESS, ""},
    {55, "write_mount", "/attack/objlab-attack", false, HARMLESS, ""},
    {55, "change_mode", "/attack/objlab-attack", false, HARMLESS, ""},
    {55, "set_user_id_chmod", NULL, false, CRASHED, NULL},
    {55, "set_user_id_chmod", NULL, true, CRASHED, NULL},
    {55, "set_user_id_open", NULL, false, CRASHED, NULL},
};

static verdict verdict_of(const sandbox_result *result)
{
    switch (result->outcome) {
    case SANDBOX_EXITED:
        assert_int_equal(result->exit_status, ATTACK_REFUSED);
        return HARMLESS;
    case SANDBOX_SIGNALLED:
        return CRASHED;
    case SANDBOX_TIMED_OUT:
        return TIMED_OUT;
    case SANDBOX_OUT_OF_MEMORY:
        return MEMORY;
    case SANDBOX_OUTPUT_LIMIT:
        return OUTPUT;
    case SANDBOX_TAMPERING:
        return TAMPERING;
    }
    return TAMPERING;
}

static void run_row(const row *r)
{
    testing_job t;
    testing_start(&t, r->name, r->argument);
    t.argv[3] = testing_mark();
    if (r->argument == NULL) {
        t.argv[2] = "";
    }
    t.job.limits.may_fork = r->may_fork;
    /* The one that is meant is far below the other, however busy the machine is. */
    t.job.limits.wall_s = 60;
    if (r->detail != NULL && strcmp(r->detail, "processor time") == 0)
        t.job.limits.cpu_s = 0.5;
    if (r->detail != NULL && strcmp(r->detail, "wall time") == 0)
        t.job.limits.wall_s = 1;
    testing_run(&t);
    if (verdict_of(&t.result) != r->expected ||
        (r->detail != NULL && strcmp(r->detail, t.result.detail) != 0)) {
        g_autofree char *said = testing_read(t.job.stderr_path);
        fail_msg("row %d, %s(%s)%s: %s, exit %d, signal %d, '%s'; %.200s", r->number, r->name,
                 t.argv[2], r->may_fork ? " with may_fork" : "",
                 sandbox_outcome_name(t.result.outcome), t.result.exit_status, t.result.signal,
                 t.result.detail, said);
    }
    /* Nothing is left: no process, no output beyond the limit, a folder that can be removed. */
    assert_int_equal(testing_count_processes(testing_mark()), 0);
    const char *const outputs[] = {t.job.stdout_path, t.job.stderr_path, t.job.answers_path};
    for (size_t i = 0; i < G_N_ELEMENTS(outputs); i++) {
        struct stat st;
        assert_int_equal(stat(outputs[i], &st), 0);
        assert_true((uint64_t)st.st_size <= t.job.limits.output_bytes);
    }
    assert_true(sandbox_remove_tree(t.mounts[1].host));
}

static void test_every_attack_gets_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        run_row(&rows[i]);
}

static void test_input_of_the_judge_cannot_be_written(void **state)
{
    (void)state;
    testing_job t;
    const char *input = testing_path("input");
    assert_true(g_file_set_contents(input, "tape", -1, NULL));
    testing_start(&t, "write_input", NULL);
    t.job.stdin_path = input;
    testing_run(&t);
    assert_int_equal(t.result.outcome, SANDBOX_EXITED);
    assert_int_equal(t.result.exit_status, ATTACK_REFUSED);
    g_autofree char *after = testing_read(input);
    assert_string_equal(after, "tape");
}

static void test_outputs_are_not_made_through_links(void **state)
{
    (void)state;
    testing_job t;
    GError *error = NULL;
    const char *victim = testing_path("victim");
    const char *trap = testing_path("trap");
    assert_true(g_file_set_contents(victim, "precious", -1, NULL));
    assert_int_equal(symlink(victim, trap), 0);
    testing_start(&t, "flood", "1");
    t.job.stdout_path = trap;
    assert_false(sandbox_run(&t.job, &t.result, &error));
    assert_true(g_error_matches(error, SANDBOX_ERROR, SANDBOX_ERROR_IO));
    g_error_free(error);
    g_autofree char *after = testing_read(victim);
    assert_string_equal(after, "precious");
}

static int setup(void **state)
{
    (void)state;
    GError *error = NULL;
    if (!sandbox_probe(SANDBOX_FULL, &error)) {
        print_error("these tests need the full sandbox: %s\n", error->message);
        return -1;
    }
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_attack_gets_its_verdict),
        cmocka_unit_test(test_input_of_the_judge_cannot_be_written),
        cmocka_unit_test(test_outputs_are_not_made_through_links),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
