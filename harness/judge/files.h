/*
 * files.h -- folders that hold what untrusted programs left: made, emptied, removed.
 *
 * Never follows a symbolic link below the folder it is given; copes with folders without
 * permissions. Errors: GError of G_FILE_ERROR with the path.
 */
#ifndef HARNESS_JUDGE_FILES_H
#define HARNESS_JUDGE_FILES_H

#include <glib.h>
#include <stdbool.h>

/* Makes the folder base/relative and its parents; relative may be NULL. */
bool files_make_folder(const char *base, const char *relative, GError **error);

/* Removes the tree, itself included. Absent is fine. */
bool files_remove_tree(const char *path, GError **error);

/* Puts the folder from in the place of to, which may exist: what was there is gone afterwards. */
bool files_replace_folder(const char *from, const char *to, GError **error);

#endif
