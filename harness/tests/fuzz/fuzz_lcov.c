/* fuzz_lcov.c -- any bytes as lcov's tracefile: rising lines in files that add up, or an error. */
#include "harness/profile/lcov_info.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static void check_file(const lcov_file *file)
{
    size_t n_hit = 0;
    for (guint i = 0; i < file->lines->len; i++) {
        const lcov_line *line = &g_array_index(file->lines, lcov_line, i);
        n_hit += line->hits > 0;
        if (i > 0 && line[-1].line >= line->line)
            abort();
        if (lcov_file_hits(file, line->line) != (int64_t)line->hits && line->hits <= INT64_MAX)
            abort();
    }
    if (n_hit != file->n_lines_hit)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(lcov_info) info = lcov_info_parse((const char *)data, n_bytes, "fuzz.info", &error);
    if (info == NULL) {
        if (error == NULL || strncmp(error->message, "fuzz.info:", 10) != 0)
            abort();
        return 0;
    }
    if (error != NULL || (!info->complete && info->warnings->len == 0))
        abort();
    for (guint i = 0; i < info->files->len; i++)
        check_file(g_ptr_array_index(info->files, i));
    return 0;
}
