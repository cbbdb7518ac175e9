/*
 * valgrind.h -- the command lines under which valgrind counts the same thing every time.
 *
 * Pinned: --command-line-only=yes, cache geometry, GLIBC_TUNABLES (CPU dispatch in libc), fixed
 * argv[0], environment, working directory; stdout to a file. The functions only build argument
 * vectors; sandbox.h or a plain spawn runs them.
 */
#ifndef HARNESS_PROFILE_VALGRIND_H
#define HARNESS_PROFILE_VALGRIND_H

#include <glib.h>

/* "NAME=value" strings, NULL-ended: the environment that a measured program runs in. */
const char *const *valgrind_environment(void);

/* Argument vectors of "/usr/bin/valgrind ..." up to where the program follows: char *, not
 * NULL-ended, so that the program and a NULL can be appended. Owner: the caller (g_free elements).
 */
GPtrArray *valgrind_callgrind_argv(const char *out_file, gboolean simulate_caches,
                                   unsigned separate_callers);
GPtrArray *valgrind_massif_argv(const char *out_file, gboolean pages_as_heap);
GPtrArray *valgrind_memcheck_argv(const char *xml_file);

#endif
