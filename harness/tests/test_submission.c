/* test_submission.c -- intake: takes plain files of known names, names the rest, follows nothing.
 */
#include "harness/judge/submission.h"
#include "harness/sandbox/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int make_folder(void **state)
{
    *state = g_dir_make_tmp("objlab-test-XXXXXX", NULL);
    return *state == NULL;
}

static int remove_folder(void **state)
{
    bool ok = sandbox_remove_tree(*state);
    g_free(*state);
    return !ok;
}

static void put(const char *folder, const char *name, const char *text, gssize n_bytes)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    assert_true(g_file_set_contents(path, text, n_bytes, NULL));
}

static submission *read_folder(const char *folder)
{
    GError *error = NULL;
    submission *s = submission_read(folder, &error);
    assert_null(error);
    assert_non_null(s);
    return s;
}

static void takes_the_parts(void **state)
{
    put(*state, "pool.c", "int x;\n", -1);
    put(*state, "findings.ini", "", -1);
    put(*state, "README.md", "hello", -1);
    put(*state, "Makefile", "all:", -1);
    put(*state, ".valgrindrc", "--toggle-collect=none", -1);
    g_autoptr(submission) s = read_folder(*state);
    assert_true(s->files[SUBMISSION_POOL].present);
    assert_int_equal(g_bytes_get_size(s->files[SUBMISSION_POOL].bytes), 7);
    assert_true(s->files[SUBMISSION_FINDINGS].present);
    assert_false(s->files[SUBMISSION_TESTS].present);
    assert_int_equal(s->remarks->len, 2); /* not the README */
    assert_non_null(strstr(g_ptr_array_index(s->remarks, 0), ".valgrindrc"));
    assert_non_null(strstr(g_ptr_array_index(s->remarks, 1), "Makefile"));
}

static void the_hash_is_of_the_parts(void **state)
{
    put(*state, "pool.c", "int x;\n", -1);
    g_autoptr(submission) first = read_folder(*state);
    put(*state, "notes.txt", "other", -1);
    g_autoptr(submission) same = read_folder(*state);
    put(*state, "pool.c", "int y;\n", -1);
    g_autoptr(submission) other = read_folder(*state);
    assert_string_equal(first->sha256, same->sha256);
    assert_string_not_equal(first->sha256, other->sha256);
    /* moving bytes from one part to the next changes it too */
    put(*state, "pool.c", "", -1);
    put(*state, "layouts.c", "int x;\n", -1);
    g_autoptr(submission) moved = read_folder(*state);
    assert_string_not_equal(first->sha256, moved->sha256);
}

static void links_and_pipes_are_rejected(void **state)
{
    g_autofree char *link_path = g_build_filename(*state, "pool.c", NULL);
    g_autofree char *pipe_path = g_build_filename(*state, "layouts.c", NULL);
    g_autofree char *folder_path = g_build_filename(*state, "tests.c", NULL);
    assert_int_equal(symlink("/etc/passwd", link_path), 0);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(mkdir(folder_path, 0700), 0);
    g_autoptr(submission) s = read_folder(*state);
    assert_null(s->files[SUBMISSION_POOL].bytes);
    assert_non_null(strstr(s->files[SUBMISSION_POOL].problem, "symbolic link"));
    assert_null(s->files[SUBMISSION_LAYOUTS].bytes);
    assert_non_null(strstr(s->files[SUBMISSION_LAYOUTS].problem, "FIFO"));
    assert_non_null(strstr(s->files[SUBMISSION_TESTS].problem, "a folder"));
}

static void large_and_binary_files_are_rejected(void **state)
{
    g_autofree char *large = g_strnfill(SUBMISSION_MAX_FILE_BYTES + 1, ' ');
    put(*state, "pool.c", large, -1);
    put(*state, "layouts.c", "int\0x;", 6);
    put(*state, "tests.c", large, (gssize)SUBMISSION_MAX_FILE_BYTES);
    g_autoptr(submission) s = read_folder(*state);
    assert_non_null(strstr(s->files[SUBMISSION_POOL].problem, "larger than"));
    assert_non_null(strstr(s->files[SUBMISSION_LAYOUTS].problem, "not a text file"));
    assert_null(s->files[SUBMISSION_TESTS].problem);
}

static void hostile_names_are_shown_harmless(void **state)
{
    put(*state, "pool.c", "", -1);
    put(*state, "a\033[31m\nb<script>", "x", -1);
    g_autoptr(submission) s = read_folder(*state);
    const char *remark = g_ptr_array_index(s->remarks, 0);
    assert_null(strchr(remark, '\033'));
    assert_null(strchr(remark, '\n'));
    assert_non_null(strstr(remark, "<script>")); /* escaped by each report for its own format */
}

static void no_submission_is_an_error(void **state)
{
    g_autoptr(GError) error = NULL;
    assert_null(submission_read("/nonexistent/folder", &error));
    assert_non_null(strstr(error->message, "/nonexistent/folder: no such folder"));
    g_clear_error(&error);
    put(*state, "hello.txt", "x", -1);
    assert_null(submission_read(*state, &error));
    assert_non_null(strstr(error->message, "no part in it"));
    g_clear_error(&error);
    g_autofree char *file = g_build_filename(*state, "hello.txt", NULL);
    assert_null(submission_read(file, &error));
    assert_non_null(error);
}

static void the_copy_is_what_was_read(void **state)
{
    put(*state, "pool.c", "int x;\n", -1);
    g_autoptr(submission) s = read_folder(*state);
    put(*state, "pool.c", "changed meanwhile", -1);
    g_autofree char *copy = g_build_filename(*state, "copy", NULL);
    assert_int_equal(mkdir(copy, 0700), 0);
    assert_true(submission_copy(s, copy, NULL));
    g_autofree char *path = g_build_filename(copy, "pool.c", NULL);
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, "int x;\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(takes_the_parts, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(the_hash_is_of_the_parts, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(links_and_pipes_are_rejected, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(large_and_binary_files_are_rejected, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(hostile_names_are_shown_harmless, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(no_submission_is_an_error, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(the_copy_is_what_was_read, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
