#include "harness/profile/line_print.h"

#include "harness/profile/jump_targets.h"
#include "harness/profile/plain_text.h"

#include <string.h>

/* Rows [first, behind) of one file. */
typedef struct file_rows {
    guint first, behind;
    uint64_t weight; /* for the choice of files */
    char *path;
    char **source; /* lines; NULL: not readable */
} file_rows;

static const line_row *row_at(const line_table *table, guint i)
{
    return g_ptr_array_index(table->rows, i);
}

static void file_clear(gpointer data)
{
    file_rows *file = data;
    g_free(file->path);
    g_strfreev(file->source);
}

static char **read_source(const char *path)
{
    g_autofree char *text = NULL;
    gsize n_bytes;
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
        !g_file_get_contents(path, &text, &n_bytes, NULL))
        return NULL;
    g_autofree char *plain = plain_text(text);
    return g_strsplit(plain, "\n", -1);
}

static gint compare_files(gconstpointer a, gconstpointer b)
{
    const file_rows *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return strcmp(x->path, y->path);
}

/* Unless told which, those whose source is here: not the libraries'. Of a profile that was made
 * elsewhere that is none, and all of them stay, without text. */
static void keep_readable(GArray *files)
{
    guint n_readable = 0;
    for (guint i = 0; i < files->len; i++)
        n_readable += g_array_index(files, file_rows, i).source != NULL;
    for (guint i = files->len; n_readable > 0 && i-- > 0;) {
        if (g_array_index(files, file_rows, i).source == NULL)
            g_array_remove_index(files, i);
    }
}

/* The files to show, the most expensive first. NULL with an error. */
static GArray *choose_files(const line_table *table, const line_print_options *options,
                            GError **error)
{
    g_autoptr(GRegex) regex = NULL;
    if (options->filter != NULL) {
        regex = g_regex_new(options->filter, G_REGEX_RAW, 0, error);
        if (regex == NULL)
            return NULL;
    }
    GArray *files = g_array_new(FALSE, FALSE, sizeof(file_rows));
    g_array_set_clear_func(files, file_clear);
    for (guint i = 0; i < table->rows->len;) {
        file_rows file = {.first = i, .path = g_strdup(row_at(table, i)->file)};
        for (; i < table->rows->len && strcmp(row_at(table, i)->file, file.path) == 0; i++)
            file.weight += row_at(table, i)->self + row_at(table, i)->allocated_bytes;
        file.behind = i;
        file.source = read_source(file.path);
        if (regex == NULL || g_regex_match(regex, file.path, 0, NULL))
            g_array_append_val(files, file);
        else
            file_clear(&file);
    }
    if (regex == NULL)
        keep_readable(files);
    g_array_sort(files, compare_files);
    if (options->n_files > 0 && options->n_files < files->len)
        g_array_set_size(files, (guint)options->n_files);
    return files;
}

static void append_path(GString *text, const char *path, bool strip_dirs)
{
    const char *slash = strrchr(path, '/');
    g_string_append_printf(text, "Filename: %s\n\n",
                           strip_dirs && slash != NULL ? slash + 1 : path);
}

static const char *source_line(const file_rows *file, uint32_t line)
{
    if (file->source == NULL || line > g_strv_length(file->source))
        return "";
    return file->source[line - 1];
}

/* ---- memory ---- */

static void append_mib(GString *text, uint64_t bytes)
{
    g_string_append_printf(text, " %10.3f MiB", (double)bytes / (1024.0 * 1024.0));
}

static void append_memory_file(GString *text, const line_table *table, const file_rows *file)
{
    guint first = file->first, behind = file->behind;
    while (first < behind && row_at(table, first)->allocated_bytes == 0)
        first++;
    while (behind > first && row_at(table, behind - 1)->allocated_bytes == 0)
        behind--;
    if (first == behind)
        return;
    guint at = first;
    uint32_t last = row_at(table, behind - 1)->line;
    for (uint32_t line = row_at(table, first)->line; line <= last; line++) {
        while (at < behind && row_at(table, at)->line < line)
            at++;
        const line_row *row = row_at(table, at);
        bool is_known = row->line == line && (row->allocated_bytes > 0 || row->peak_bytes > 0);
        if (!is_known && file->source == NULL)
            continue;
        g_string_append_printf(text, "%6u", line);
        if (is_known) {
            append_mib(text, row->peak_bytes);
            append_mib(text, row->allocated_bytes);
            g_string_append_printf(text, " %12" G_GUINT64_FORMAT, row->allocated_blocks);
        } else {
            g_string_append_printf(text, " %14s %14s %12s", "", "", "");
        }
        g_string_append_printf(text, "   %s\n", source_line(file, line));
    }
}

char *line_print_memory(const line_table *table, const line_print_options *options, GError **error)
{
    g_autoptr(GArray) files = choose_files(table, options, error);
    if (files == NULL)
        return NULL;
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < files->len; i++) {
        const file_rows *file = &g_array_index(files, file_rows, i);
        g_autoptr(GString) body = g_string_new(NULL);
        append_memory_file(body, table, file);
        if (body->len == 0)
            continue;
        append_path(text, file->path, options->strip_dirs);
        g_string_append_printf(text, "%6s %14s %14s %12s   %s\n", "Line #", "Mem usage",
                               "Increment", "Occurrences", "Line Contents");
        for (int k = 0; k < 70; k++)
            g_string_append_c(text, '=');
        g_string_append_printf(text, "\n%s\n", body->str);
    }
    return g_string_free(text, FALSE);
}

/* ---- joined ---- */

#define JUMP_INDENT "         " /* under the numbers of the line they belong to */

/* The columns: title, figure, whether it was measured. */
typedef struct column {
    const char *title, *key; /* title: NULL is the table's unit */
    size_t offset;           /* of a uint64_t in line_row */
    size_t has;              /* offset of a bool in line_table */
} column;

static const column columns[] = {
    {NULL, "self", offsetof(line_row, self), offsetof(line_table, has_calls)},
    {"inclusive", "inclusive", offsetof(line_row, inclusive), offsetof(line_table, has_calls)},
    {"calls", "calls", offsetof(line_row, calls), offsetof(line_table, has_calls)},
    {"L1 misses", "cache_misses", offsetof(line_row, cache_misses),
     offsetof(line_table, has_misses)},
    {"LL misses", "memory_misses", offsetof(line_row, memory_misses),
     offsetof(line_table, has_misses)},
    {"mispredicted", "mispredictions", offsetof(line_row, mispredictions),
     offsetof(line_table, has_branches)},
    {"bytes", "allocated_bytes", offsetof(line_row, allocated_bytes),
     offsetof(line_table, has_memory)},
    {"at the peak", "peak_bytes", offsetof(line_row, peak_bytes), offsetof(line_table, has_peak)},
    {"leaked blocks", "leaked_blocks", offsetof(line_row, leaked_blocks),
     offsetof(line_table, has_leaks)},
};

static bool is_measured(const line_table *table, const column *c)
{
    return *(const bool *)((const char *)table + c->has);
}

static uint64_t figure(const line_row *row, const column *c)
{
    return *(const uint64_t *)(const void *)((const char *)row + c->offset);
}

static void append_titles(GString *text, const line_table *table)
{
    g_string_append_printf(text, "%6s", "Line #");
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (is_measured(table, &columns[i]))
            g_string_append_printf(text, " %13s",
                                   columns[i].title != NULL ? columns[i].title : table->unit);
    }
    if (table->has_coverage)
        g_string_append_printf(text, " %10s", "executed");
    g_string_append(text, "   Line Contents\n");
}

static void append_joined_row(GString *text, const line_table *table, const line_row *row,
                              const char *source)
{
    g_string_append_printf(text, "%6u", row->line);
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (!is_measured(table, &columns[i]))
            continue;
        uint64_t value = figure(row, &columns[i]);
        g_autofree char *number = value > 0 ? plain_text_number(value) : g_strdup(".");
        g_string_append_printf(text, " %13s", number);
    }
    if (table->has_coverage && row->hits >= 0)
        g_string_append_printf(text, " %10" G_GINT64_FORMAT, row->hits);
    else if (table->has_coverage)
        g_string_append_printf(text, " %10s", "");
    g_string_append_printf(text, "   %s\n", source);
    if (row->jumps != NULL)
        jump_targets_append(text, row->jumps, row->file, JUMP_INDENT);
}

char *line_print_joined(const line_table *table, const line_print_options *options, GError **error)
{
    g_autoptr(GArray) files = choose_files(table, options, error);
    if (files == NULL)
        return NULL;
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < files->len; i++) {
        const file_rows *file = &g_array_index(files, file_rows, i);
        append_path(text, file->path, options->strip_dirs);
        append_titles(text, table);
        uint32_t last = 0;
        for (guint k = file->first; k < file->behind; k++) {
            const line_row *row = row_at(table, k);
            if (last != 0 && row->line > last + 1)
                g_string_append(text, "   ...\n");
            append_joined_row(text, table, row, source_line(file, row->line));
            last = row->line;
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

static json_t *row_json(const line_table *table, const line_row *row)
{
    json_t *object = json_object();
    (void)json_object_set_new(object, "line", json_integer(row->line)); /* fails without memory */
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (is_measured(table, &columns[i]))
            (void)json_object_set_new(object, columns[i].key,
                                      json_integer((json_int_t)figure(row, &columns[i])));
    }
    if (table->has_coverage && row->hits >= 0)
        (void)json_object_set_new(object, "hits", json_integer(row->hits));
    if (row->jumps != NULL)
        (void)json_object_set_new(object, "jumps", jump_targets_json(row->jumps));
    return object;
}

json_t *line_print_json(const line_table *table, const line_print_options *options, GError **error)
{
    g_autoptr(GArray) files = choose_files(table, options, error);
    if (files == NULL)
        return NULL;
    json_t *array = json_array();
    for (guint i = 0; i < files->len; i++) {
        const file_rows *file = &g_array_index(files, file_rows, i);
        json_t *lines = json_array();
        for (guint k = file->first; k < file->behind; k++)
            (void)json_array_append_new(lines, row_json(table, row_at(table, k)));
        g_autofree char *path = g_utf8_make_valid(file->path, -1);
        (void)json_array_append_new(array, json_pack("{s:s, s:o}", "path", path, "lines", lines));
    }
    return json_pack("{s:s, s:o}", "format", "lines", "files", array);
}
