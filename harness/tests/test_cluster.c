/* What the tasks of a cluster do, run here: the plan, chunks, doing a task twice, what cannot be
 * graded. The grading command is a script. The cluster itself: test_slurm.sh. */
#include "harness/judge/cluster.h"
#include "harness/judge/cluster_plan.h"
#include "harness/judge/files.h"
#include "harness/judge/grade.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Any bytes but '/': what a folder can be called. */
static const char *const names[] = {"ann", "semi;colon", "new\nline", "b\xff\\",
                                    " ",   "nothing",    "killed"};
enum { N_NAMES = G_N_ELEMENTS(names), N_GRADED = 5 };

/* As objlab grade: --out WORK -- FOLDER. */
static const char script[] = "case $4 in\n"
                             "*/nothing) echo first >&2; echo no part in it >&2; exit 2 ;;\n"
                             "*/killed) kill -TERM $$ ;;\n"
                             "esac\n"
                             "echo graded >>\"$0.log\"\n"
                             "cp \"$0.record\" \"$2/result.json\"\n";

static int make_folder(void **state)
{
    *state = g_dir_make_tmp("objlab-cluster-XXXXXX", NULL);
    return *state == NULL;
}

static int remove_folder(void **state)
{
    bool removed = files_remove_tree(*state, NULL);
    g_free(*state);
    return !removed;
}

/* FOLDER/grader with its record, FOLDER/plan, FOLDER/work, FOLDER/done. */
static char *make_plan(const char *folder, unsigned n_chunk)
{
    g_autofree char *grader = g_build_filename(folder, "grader", NULL);
    g_autofree char *template = g_strconcat(grader, ".record", NULL);
    char *path = g_build_filename(folder, "plan", NULL);
    const char *argv[] = {"/bin/sh", grader, NULL};
    g_autoptr(record) r = record_new();
    g_autoptr(cluster_plan) plan = cluster_plan_new();
    plan->folder = g_strdup("/class");
    plan->argv = g_strdupv((char **)(gsize)argv);
    plan->n_chunk = n_chunk;
    for (size_t i = 0; i < N_NAMES; i++)
        g_ptr_array_add(plan->names, g_strdup(names[i]));
    assert_true(g_file_set_contents(grader, script, -1, NULL));
    assert_true(record_write(r, template, NULL));
    assert_true(files_make_folder(folder, "done", NULL));
    assert_true(cluster_plan_write(plan, path, NULL));
    return path;
}

static bool is_done(const char *folder, const char *name, const char *file)
{
    g_autofree char *path = g_build_filename(folder, "done", name, file, NULL);
    return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

static unsigned n_gradings(const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "grader.log", NULL);
    g_autofree char *log = NULL;
    if (!g_file_get_contents(path, &log, NULL, NULL))
        return 0;
    return (unsigned)strlen(log) / (unsigned)strlen("graded\n");
}

static void a_plan_keeps_any_name(void **state)
{
    g_autofree char *path = make_plan(*state, 3);
    g_autoptr(cluster_plan) plan = cluster_plan_read(path, NULL);
    assert_non_null(plan);
    assert_string_equal(plan->folder, "/class");
    assert_null(plan->rubric);
    assert_int_equal(g_strv_length(plan->argv), 2);
    assert_int_equal(plan->names->len, N_NAMES);
    for (size_t i = 0; i < N_NAMES; i++)
        assert_string_equal(plan->names->pdata[i], names[i]);
    assert_int_equal(cluster_plan_tasks(plan), 3); /* of 7 names, 3 a task */
}

static void a_task_grades_its_chunk_once(void **state)
{
    const char *folder = *state;
    g_autofree char *path = make_plan(folder, 2);
    assert_true(cluster_task_run(path, 1, NULL, NULL));
    assert_false(is_done(folder, names[1], "result.json"));
    assert_true(is_done(folder, names[2], "result.json"));
    assert_true(is_done(folder, names[3], "result.json"));
    assert_false(is_done(folder, names[4], "result.json"));
    assert_int_equal(n_gradings(folder), 2);
    assert_true(cluster_task_run(path, 1, NULL, NULL)); /* its node failed, they say */
    assert_int_equal(n_gradings(folder), 2);
}

static void half_a_task_is_completed(void **state)
{
    const char *folder = *state;
    g_autofree char *path = make_plan(folder, N_GRADED);
    assert_true(cluster_task_run(path, 0, NULL, NULL));
    g_autofree char *lost = g_build_filename(folder, "done", names[2], NULL);
    assert_true(files_remove_tree(lost, NULL));
    assert_true(cluster_task_run(path, 0, NULL, NULL));
    assert_int_equal(n_gradings(folder), N_GRADED + 1);
    for (size_t i = 0; i < N_GRADED; i++)
        assert_true(is_done(folder, names[i], "result.json"));
    g_autofree char *work = g_build_filename(folder, "work", NULL);
    g_autoptr(GDir) dir = g_dir_open(work, 0, NULL);
    assert_null(g_dir_read_name(dir)); /* nothing is left of the attempts */
}

static void what_cannot_be_graded_says_why(void **state)
{
    const char *folder = *state;
    g_autofree char *path = make_plan(folder, 1);
    assert_true(cluster_task_run(path, 5, NULL, NULL));
    g_autofree char *why = g_build_filename(folder, "done", "nothing", cluster_why_name, NULL);
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(why, &text, NULL, NULL));
    assert_string_equal(text, "no part in it");
}

static void a_grading_that_was_killed_is_no_result(void **state)
{
    const char *folder = *state;
    g_autofree char *path = make_plan(folder, N_NAMES);
    g_autoptr(GError) error = NULL;
    assert_false(cluster_task_run(path, 0, NULL, &error));
    assert_true(g_error_matches(error, GRADE_ERROR, GRADE_ERROR_HARNESS));
    assert_true(g_str_has_prefix(error->message, "killed: "));
    assert_int_equal(n_gradings(folder), N_GRADED); /* the others do not suffer */
    g_autofree char *done = g_build_filename(folder, "done", "killed", NULL);
    assert_false(g_file_test(done, G_FILE_TEST_EXISTS));
}

static void a_task_can_be_told_to_stop(void **state)
{
    g_autofree char *path = make_plan(*state, 2);
    const int cancel = 1;
    g_autoptr(GError) error = NULL;
    assert_false(cluster_task_run(path, 0, &cancel, &error));
    assert_true(g_error_matches(error, GRADE_ERROR, GRADE_ERROR_CANCELLED));
    assert_int_equal(n_gradings(*state), 0);
}

static void a_broken_plan_is_usage(void **state)
{
    g_autofree char *path = g_build_filename(*state, "plan", NULL);
    static const char *const plans[] = {"",
                                        "no group\n",
                                        "[plan]\nfolder=/a\n",
                                        "[plan]\nfolder=/a\nargv=x;\nnames=a;\nchunk=0\n",
                                        "[plan]\nfolder=/a\nargv=x;\nchunk=1\n",
                                        "[plan]\nfolder=/a\nargv=\nnames=a;\nchunk=1\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(plans); i++) {
        g_autoptr(GError) error = NULL;
        assert_true(g_file_set_contents(path, plans[i], -1, NULL));
        assert_false(cluster_task_run(path, 0, NULL, &error));
        assert_true(g_error_matches(error, GRADE_ERROR, GRADE_ERROR_USAGE));
        assert_non_null(strstr(error->message, path));
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *good = make_plan(*state, N_NAMES);
    assert_false(cluster_task_run(good, 1, NULL, &error));
    assert_true(g_error_matches(error, GRADE_ERROR, GRADE_ERROR_USAGE));
}

/* OUT/.cluster/done with a result and with one that could not be graded. */
static void leave_results(const char *out)
{
    g_autofree char *done = cluster_path(out, "done");
    g_autofree char *good = g_build_filename(done, "ann", NULL);
    g_autofree char *bad = g_build_filename(done, "bob", NULL);
    g_autofree char *result = g_build_filename(good, "result.json", NULL);
    g_autofree char *why = g_build_filename(bad, cluster_why_name, NULL);
    g_autoptr(record) r = record_new();
    assert_true(files_make_folder(good, NULL, NULL) && files_make_folder(bad, NULL, NULL));
    assert_true(record_write(r, result, NULL));
    assert_true(g_file_set_contents(why, "no", -1, NULL));
}

static void resuming_collects_what_is_whole(void **state)
{
    const char *out = *state;
    g_autofree char *folder = cluster_path(out, NULL);
    g_autofree char *collected = g_build_filename(out, "ann", "result.json", NULL);
    g_autofree char *earlier = g_build_filename(out, "bob", NULL);
    assert_true(files_make_folder(earlier, NULL, NULL));
    leave_results(out);
    assert_true(cluster_recover(out, true, NULL));
    assert_true(g_file_test(collected, G_FILE_TEST_IS_REGULAR));
    assert_true(g_file_test(earlier, G_FILE_TEST_IS_DIR));
    assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
    assert_int_equal(g_unlink(collected), 0);
    leave_results(out);
    assert_true(cluster_recover(out, false, NULL));
    assert_false(g_file_test(collected, G_FILE_TEST_EXISTS));
    assert_false(g_file_test(folder, G_FILE_TEST_EXISTS));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_keeps_any_name),
        TEST(a_task_grades_its_chunk_once),
        TEST(half_a_task_is_completed),
        TEST(what_cannot_be_graded_says_why),
        TEST(a_grading_that_was_killed_is_no_result),
        TEST(a_task_can_be_told_to_stop),
        TEST(a_broken_plan_is_usage),
        TEST(resuming_collects_what_is_whole),
    };
    return cmocka_run_group_tests_name("cluster", tests, NULL, NULL);
}
