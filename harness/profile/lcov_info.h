/*
 * lcov_info.h -- reads lcov's tracefiles: how often each line and function was executed.
 *
 * Records of one source file (several tests) are added up.
 * Owns:   every string and array; lcov_info_free() releases the whole.
 * Errors: a file without any record is an error; damage is a warning, "complete" is false.
 * Source: geninfo(1), "FILES"; also what lcov 2 adds (end lines of functions, FNL/FNA).
 */
#ifndef HARNESS_PROFILE_LCOV_INFO_H
#define HARNESS_PROFILE_LCOV_INFO_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lcov_line {
    uint32_t line;
    uint64_t hits;
} lcov_line;

typedef struct lcov_function {
    char *name;
    uint32_t line; /* 0: unknown */
    uint64_t hits;
} lcov_function;

typedef struct lcov_file {
    char *path;
    GArray *lines;        /* of lcov_line, rising, each once */
    GPtrArray *functions; /* of lcov_function */
    size_t n_lines_hit, n_functions_hit;
    size_t n_branches, n_branches_hit;
} lcov_file;

typedef struct lcov_info {
    GPtrArray *files; /* of lcov_file, in the order of the tracefile */
    bool complete;
    GPtrArray *warnings; /* of char * */
} lcov_info;

typedef enum lcov_info_error_code {
    LCOV_INFO_ERROR_FORMAT /* no record in it; message has the line */
} lcov_info_error_code;
#define LCOV_INFO_ERROR lcov_info_error_quark()
GQuark lcov_info_error_quark(void);

/* As callgrind_parse() and callgrind_read(). */
lcov_info *lcov_info_parse(const char *text, size_t n_bytes, const char *name, GError **error);
lcov_info *lcov_info_read(const char *path, GError **error);
void lcov_info_free(lcov_info *info);

/* The file of that path, or the only one that ends with "/path"; NULL: none or several. */
const lcov_file *lcov_info_find(const lcov_info *info, const char *path);

/* Executions of a line; -1: it holds no code. */
int64_t lcov_file_hits(const lcov_file *file, uint32_t line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(lcov_info, lcov_info_free)

#endif
