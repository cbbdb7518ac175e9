/*
 * cluster.h -- grades a class on a Slurm cluster: a job array, one task a chunk of submissions.
 *
 *   plan -> sbatch --array=0-N --requeue class.slurm -> tasks (cluster_plan.h) -> done/ -> OUT/NAME
 *
 * The queue, the nodes and what happens when one fails are Slurm's; a task that is started again
 * goes on where it was. The folder of the class, OUT and objlab itself must be on a file system
 * that every node has in the same place. Partition, account, time limit and the like come from the
 * environment, as sbatch reads it (SBATCH_PARTITION, SBATCH_ACCOUNT, SBATCH_TIMELIMIT, ...).
 *
 * Owns: OUT/.cluster.
 */
#ifndef HARNESS_JUDGE_CLUSTER_H
#define HARNESS_JUDGE_CLUSTER_H

#include "harness/judge/class.h"

/* What an earlier run left in OUT/.cluster, if it was killed: its job is cancelled; with resume its
 * results are collected, else they go. */
bool cluster_recover(const char *out, bool resume, GError **error);

/* Grades the entries (of class_entry *, borrowed): fills result or why of each. When cancelled the
 * job is, too; what was done until then is collected. */
bool cluster_grade(const class_options *options, const char *out, GPtrArray *entries,
                   GError **error);

#endif
