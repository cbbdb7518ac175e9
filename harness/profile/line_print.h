/*
 * line_print.h -- tables of source lines, with their text where the source can be read.
 */
#ifndef HARNESS_PROFILE_LINE_PRINT_H
#define HARNESS_PROFILE_LINE_PRINT_H

#include "harness/profile/line_table.h"

#include <jansson.h>

typedef struct line_print_options {
    const char *filter; /* regular expression on the path; NULL: files whose source is here, or
                         * all if that is none */
    size_t n_files;     /* the most expensive files; 0: all */
    bool strip_dirs;
} line_print_options;

/* As memory_profiler prints it: Line # | Mem usage | Increment | Occurrences | Line Contents.
 *   Mem usage    bytes live at the peak that were allocated at the line or in what it calls
 *   Increment    bytes allocated there over the whole run
 *   Occurrences  blocks allocated there
 * Every line of a function's file between the first and the last with a figure is shown.
 * table: sorted. Owner of the texts: the caller. Errors: a filter that is no expression. */
char *line_print_memory(const line_table *table, const line_print_options *options, GError **error);

/* All that is known of each line: instructions, calls, misses, mispredictions, memory, leaks,
 * coverage, each column only if it was measured; below a line where its jumps lead to. */
char *line_print_joined(const line_table *table, const line_print_options *options, GError **error);

/* {"format": "lines", "files": [{"path", "lines": [{"line", "self", ...}]}]} */
json_t *line_print_json(const line_table *table, const line_print_options *options, GError **error);

#endif
