/* cluster_task.c -- one task of a class on a cluster. */
#include "harness/judge/class_grade.h"
#include "harness/judge/cluster_plan.h"
#include "harness/judge/files.h"
#include "harness/judge/grade.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

const char cluster_why_name[] = "not-graded.txt";

/* Grades one into a folder of its own, then puts it in its place at once. */
static bool grade_one(const cluster_plan *plan, const char *out, const char *name, GError **error)
{
    g_autofree char *attempt = g_strdup_printf("%s.%s.%d", name, g_get_host_name(), (int)getpid());
    g_autofree char *work = g_build_filename(out, "work", attempt, NULL);
    g_autofree char *done = g_build_filename(out, "done", name, NULL);
    g_autofree char *folder = g_build_filename(plan->folder, name, NULL);
    if (g_file_test(done, G_FILE_TEST_EXISTS))
        return true;
    if (!files_remove_tree(work, error) || !files_make_folder(work, NULL, error))
        return false;
    g_autoptr(class_entry) entry = class_entry_new(name);
    if (!class_grade_entry(entry, (const char *const *)plan->argv, plan->rubric, folder, work)) {
        g_set_error(error, GRADE_ERROR, GRADE_ERROR_CANCELLED, "%s: %s", name, entry->why);
        return false;
    }
    g_autofree char *why = g_build_filename(work, cluster_why_name, NULL);
    if (entry->result == NULL && !g_file_set_contents(why, entry->why, -1, error))
        return false;
    if (rename(work, done) == 0)
        return true;
    if (errno == ENOTEMPTY || errno == EEXIST) /* another attempt was first */
        return files_remove_tree(work, error);
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno), "%s: %s", done,
                g_strerror(errno));
    return false;
}

static bool is_cancelled(const int *cancel)
{
    return cancel != NULL && g_atomic_int_get(cancel) != 0;
}

bool cluster_task_run(const char *plan_path, unsigned task, const int *cancel, GError **error)
{
    g_autoptr(cluster_plan) plan = cluster_plan_read(plan_path, error);
    if (plan == NULL)
        return false;
    if (task >= cluster_plan_tasks(plan)) {
        g_set_error(error, GRADE_ERROR, GRADE_ERROR_USAGE, "%s: no task %u: there are %u",
                    plan_path, task, cluster_plan_tasks(plan));
        return false;
    }
    g_autofree char *out = g_path_get_dirname(plan_path);
    guint end = MIN((task + 1) * plan->n_chunk, plan->names->len);
    bool ok = true;
    for (guint i = task * plan->n_chunk; i < end && !is_cancelled(cancel); i++) {
        g_autoptr(GError) why = NULL;
        if (grade_one(plan, out, plan->names->pdata[i], &why))
            continue;
        g_clear_error(error);
        g_set_error_literal(error, GRADE_ERROR, GRADE_ERROR_HARNESS, why->message);
        ok = false; /* the others may do better */
    }
    if (!is_cancelled(cancel))
        return ok;
    g_clear_error(error);
    g_set_error_literal(error, GRADE_ERROR, GRADE_ERROR_CANCELLED, "interrupted");
    return false;
}
