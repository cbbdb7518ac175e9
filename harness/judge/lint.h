/*
 * lint.h -- reads what compilers and linters print, and finds what a submission silenced.
 *
 * gcc, clang-tidy, clang-format and cppcheck (with a template) all print
 *     file:line:column: severity: text [rule]
 * Only findings in the submission's own files count; notes and everything else are skipped.
 */
#ifndef HARNESS_JUDGE_LINT_H
#define HARNESS_JUDGE_LINT_H

#include "reports/record.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line of such output; strings are borrowed from the line, which is cut in place. */
typedef struct lint_line {
    const char *file;
    uint32_t line, column;
    const char *severity; /* "error", "warning", "style", ... */
    const char *text;
    const char *rule; /* "" if none */
} lint_line;

/* Cuts one line; false if it is not a finding. */
bool lint_parse_line(char *line, lint_line *ret_line);

/* Adds every warning and error about file to the record: at most one a line and rule. */
void lint_collect(record *r, const char *tool, const char *file, const char *output,
                  size_t n_bytes);

/* Adds a finding, marked suppressed, for each line of the source that silences a tool: NOLINT,
 * diagnostic pragmas, clang-format off, cppcheck-suppress, coverage exclusions. */
void lint_suppressions(record *r, const char *file, const char *source, size_t n_bytes);

#endif
