/* Parts of the sandbox that can be seen without running a job in it. */
#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/sandbox_argv.h"
#include "harness/tests/sandbox_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a user namespace of its own that allows no further ones, the kernel refuses the full tier. */
static void test_probe_says_what_refuses_and_the_remedy(void **state)
{
    (void)state;
    int status = 0;
    (void)fflush(NULL); /* or the child would print it once more */
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        GError *error = NULL;
        if (unshare(CLONE_NEWUSER) != 0 ||
            !g_file_set_contents_full("/proc/sys/user/max_user_namespaces", "0", 1,
                                      G_FILE_SET_CONTENTS_NONE, 0644, NULL))
            exit(1);
        if (sandbox_probe(SANDBOX_FULL, &error))
            exit(2);
        bool says = strstr(error->message, "bwrap") != NULL &&
                    strstr(error->message, "sysctl user.max_user_namespaces") != NULL &&
                    strstr(error->message, "--sandbox=limits") != NULL;
        exit(says ? 0 : 3); /* not _exit: what was covered is written down */
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 1) {
        print_message("no user namespace can be made here, so none can be made to refuse\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_paths_are_translated_at_boundaries(void **state)
{
    (void)state;
    static const sandbox_mount mounts[] = {
        {.host = "/home/x", .inside = "/s"},
        {.host = "/var/out", .inside = "/s/out"},
        {.host = "/s/loop", .inside = "/tmp"},
    };
    static const char *const pairs[][2] = {
        {"/s", "/home/x"},
        {"/s/a.c", "/home/x/a.c"},
        {"/s/out/f", "/var/out/f"},
        {"/s/outer", "/home/x/outer"},
        {"/sx", "/sx"},
        {"a/s", "a/s"},
        {"-I/s", "-I/home/x"},
        {"--out=/s/out", "--out=/var/out"},
        {"/s:/tmp/q,/s", "/home/x:/s/loop/q,/home/x"},
        {"/tmp", "/s/loop"},
        {"/usr/s/x", "/usr/s/x"},
        {"", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *got = sandbox_translate(pairs[i][0], mounts, G_N_ELEMENTS(mounts));
        assert_string_equal(got, pairs[i][1]);
    }
}

static void make_deep_tree(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(mkdirat(fd, "d", 0755), 0);
        assert_int_equal(symlinkat("/", fd, "link"), 0);
        int next = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        assert_int_equal(close(fd), 0);
        fd = next;
    }
    assert_int_equal(close(fd), 0);
}

static void test_any_tree_can_be_removed(void **state)
{
    (void)state;
    const char *top = testing_make_folder("tree");
    const char *outside = testing_make_folder("outside");
    g_autofree char *inner = g_build_filename(top, "a", "b", NULL);
    g_autofree char *file = g_build_filename(inner, "file", NULL);
    g_autofree char *link = g_build_filename(top, "link", NULL);
    g_autofree char *parent = g_build_filename(top, "a", NULL);
    assert_int_equal(g_mkdir_with_parents(inner, 0755), 0);
    assert_true(g_file_set_contents(file, "x", -1, NULL));
    assert_int_equal(symlink(outside, link), 0);
    make_deep_tree(parent);
    assert_int_equal(chmod(inner, 0), 0);
    assert_int_equal(chmod(parent, 0), 0);
    assert_true(sandbox_remove_tree(top));
    assert_false(g_file_test(top, G_FILE_TEST_EXISTS));
    assert_true(g_file_test(outside, G_FILE_TEST_IS_DIR));
    assert_true(sandbox_remove_tree(top)); /* what is not there is removed already */
    assert_false(sandbox_remove_tree("/proc/self/cmdline"));
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(sandbox_outcome_name(SANDBOX_EXITED), "exited");
    assert_string_equal(sandbox_outcome_name(SANDBOX_TAMPERING), "tampering");
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
        cmocka_unit_test(test_paths_are_translated_at_boundaries),
        cmocka_unit_test(test_any_tree_can_be_removed),
        cmocka_unit_test(test_probe_says_what_refuses_and_the_remedy),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
