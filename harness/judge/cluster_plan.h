/*
 * cluster_plan.h -- what the tasks of a class on a cluster share: a plan, and a place for results.
 *
 *   OUT/.cluster/plan          what is to be graded, in chunks: one a task
 *   OUT/.cluster/work/...      gradings that go on, each in a folder of its own
 *   OUT/.cluster/done/NAME     whole results, put there by one rename
 *
 * A task is idempotent: it leaves out what is done. So it may be started again after its node
 * failed, or run twice at once: the first to rename wins, the other throws its work away.
 *
 * Source of the names: folders, so any bytes; the file is a GKeyFile of escaped strings.
 */
#ifndef HARNESS_JUDGE_CLUSTER_PLAN_H
#define HARNESS_JUDGE_CLUSTER_PLAN_H

#include <glib.h>
#include <stdbool.h>

/* Strings of any bytes; all paths absolute, the same on every node. */
typedef struct cluster_plan {
    char *folder;     /* of the class */
    char *rubric;     /* NULL: default */
    char **argv;      /* the command that grades one folder */
    GPtrArray *names; /* of char *, owned: subfolders */
    unsigned n_chunk; /* names a task */
} cluster_plan;

/* Without names. Owner: the caller. */
cluster_plan *cluster_plan_new(void);

/* The number of tasks. */
unsigned cluster_plan_tasks(const cluster_plan *plan);

/* "OUT/.cluster/RELATIVE". Owner: the caller. */
char *cluster_path(const char *out, const char *relative);

bool cluster_plan_write(const cluster_plan *plan, const char *path, GError **error);

/* NULL for a file that is no plan. */
cluster_plan *cluster_plan_read(const char *path, GError **error);
void cluster_plan_free(cluster_plan *plan);

/* Grades the chunk of a task. cancel: as in class.h. False if it was cancelled, or there is no such
 * plan or chunk, or a grading was ended by a signal, or results cannot be written. A submission
 * that cannot be graded is a result, too: a folder with the reason in cluster_why_name. */
bool cluster_task_run(const char *plan_path, unsigned task, const int *cancel, GError **error);

extern const char cluster_why_name[];

G_DEFINE_AUTOPTR_CLEANUP_FUNC(cluster_plan, cluster_plan_free)

#endif
