/*
 * class_grade.h -- one submission of a class: graded by a process of its own, or kept from before.
 *
 * Owns: the entry's result and message.
 */
#ifndef HARNESS_JUDGE_CLASS_GRADE_H
#define HARNESS_JUDGE_CLASS_GRADE_H

#include "harness/judge/class.h"

/* The record in out, if it is whole and belongs to the same files and rubric; else NULL.
 * rubric: NULL: whatever it was. A harness fault is never kept. Owner: the caller. */
record *class_grade_kept(const char *folder, const char *rubric, const char *out);

/* Grades folder into out: fills entry->result, or entry->why. argv: as class_options.grade_argv.
 * False if a signal ended the grading: that says nothing of the submission. */
bool class_grade_entry(class_entry *entry, const char *const *argv, const char *rubric,
                       const char *folder, const char *out);

/* Its name is copied. Owner: the caller. */
class_entry *class_entry_new(const char *name);
void class_entry_free(class_entry *entry);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(class_entry, class_entry_free)

#endif
