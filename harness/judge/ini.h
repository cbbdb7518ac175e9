/*
 * ini.h -- strict reading of small INI files: rubrics, findings.ini, expected.ini.
 *
 *   # comment
 *   [group]
 *   key = value
 *
 * GKeyFile merges repeated keys silently and forgets line numbers; a grade has to be defended
 * with both, so this reader keeps them.
 *
 * Owns:   every string; ini_free() releases the whole.
 * Errors: INI_ERROR with "name:line: what, what was expected"; nothing is returned then.
 *         Repeated groups or keys, keys before the first group, binary bytes and lines that
 *         are neither comment, group nor "key = value" are errors.
 */
#ifndef HARNESS_JUDGE_INI_H
#define HARNESS_JUDGE_INI_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INI_MAX_BYTES ((size_t)65536)

typedef struct ini_entry {
    char *group;
    char *key; /* NULL: the line "[group]" itself */
    char *value;
    uint32_t line; /* 1-based */
} ini_entry;

typedef struct ini {
    char *name;         /* for messages */
    GPtrArray *entries; /* of ini_entry *, in the order of the file */
} ini;

#define INI_ERROR ini_error_quark()
GQuark ini_error_quark(void);

/* n_bytes of text need not be terminated. Owner of the result: the caller. */
ini *ini_parse(const char *text, size_t n_bytes, const char *name, GError **error);
ini *ini_read(const char *path, GError **error);
void ini_free(ini *file);

/* The entry of that key, or NULL; key NULL finds the group's own line. Borrowed. */
const ini_entry *ini_find(const ini *file, const char *group, const char *key);

/* The entry's value as a finite decimal number (no inf, nan, hex, trailing characters) between
 * low and high; else an error that names file, line and range. */
bool ini_number(const ini *file, const ini_entry *entry, double low, double high,
                double *ret_number, GError **error);

/* Sets an error "name:line: ...". */
void ini_complain(const ini *file, uint32_t line, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ini, ini_free)

#endif
