/* sandbox_clean.h -- sandbox_remove_tree(), with libc only: the launcher uses it too. */
#ifndef HARNESS_SANDBOX_SANDBOX_CLEAN_H
#define HARNESS_SANDBOX_SANDBOX_CLEAN_H

#include <stdbool.h>

/* See sandbox.h. */
bool sandbox_remove_tree(const char *path);

#endif
