#include "harness/profile/lcov_info.h"

#include <string.h>

#define MAX_WARNINGS 20

typedef struct reader {
    lcov_info *info;
    const char *name;
    size_t line_number;
    GHashTable *files;     /* path -> lcov_file */
    lcov_file *file;       /* of the open record; NULL: none */
    GHashTable *functions; /* name -> lcov_function of the open record's file */
} reader;

G_DEFINE_QUARK(lcov - info - error - quark, lcov_info_error)

static void function_free(gpointer data)
{
    lcov_function *function = data;
    g_free(function->name);
    g_free(function);
}

static void file_free(gpointer data)
{
    lcov_file *file = data;
    g_free(file->path);
    g_array_unref(file->lines);
    g_ptr_array_unref(file->functions);
    g_free(file);
}

void lcov_info_free(lcov_info *info)
{
    if (info == NULL)
        return;
    g_ptr_array_unref(info->files);
    g_ptr_array_unref(info->warnings);
    g_free(info);
}

static void damage(reader *r, const char *expected)
{
    r->info->complete = false;
    if (r->info->warnings->len < MAX_WARNINGS)
        g_ptr_array_add(r->info->warnings, g_strdup_printf("%s:%zu:1: expected %s", r->name,
                                                           r->line_number, expected));
}

static void begin_record(reader *r, const char *path)
{
    r->file = g_hash_table_lookup(r->files, path);
    if (r->file == NULL) {
        r->file = g_new0(lcov_file, 1);
        r->file->path = g_strdup(path);
        r->file->lines = g_array_new(FALSE, FALSE, sizeof(lcov_line));
        r->file->functions = g_ptr_array_new_with_free_func(function_free);
        g_ptr_array_add(r->info->files, r->file);
        g_hash_table_insert(r->files, r->file->path, r->file);
    }
    g_hash_table_remove_all(r->functions);
    for (unsigned i = 0; i < r->file->functions->len; i++) {
        lcov_function *function = g_ptr_array_index(r->file->functions, i);
        g_hash_table_insert(r->functions, function->name, function);
    }
}

static lcov_function *function_of(reader *r, const char *name)
{
    lcov_function *function = g_hash_table_lookup(r->functions, name);
    if (function == NULL) {
        function = g_new0(lcov_function, 1);
        function->name = g_strdup(name);
        g_ptr_array_add(r->file->functions, function);
        g_hash_table_insert(r->functions, function->name, function);
    }
    return function;
}

/* A number at *p and the comma behind it, if any. Counts below zero (an old fault of gcov) are 0.
 */
static bool read_number(char **p, uint64_t *ret_value)
{
    bool is_negative = **p == '-';
    char *digits = *p + is_negative;
    if (!g_ascii_isdigit(*digits))
        return false;
    uint64_t value = g_ascii_strtoull(digits, p, 10);
    if (**p == ',')
        (*p)++;
    else if (**p != '\0')
        return false;
    *ret_value = is_negative ? 0 : value;
    return true;
}

/* DA:line,hits[,checksum] */
static bool read_line_hits(reader *r, char *p)
{
    uint64_t line, hits;
    if (!read_number(&p, &line) || line > UINT32_MAX || !read_number(&p, &hits))
        return false;
    lcov_line entry = {(uint32_t)line, hits};
    g_array_append_val(r->file->lines, entry);
    return true;
}

/* FN:line,[end line,]name */
static bool read_function(reader *r, char *p)
{
    uint64_t line, end_line;
    if (!read_number(&p, &line) || line > UINT32_MAX)
        return false;
    char *name = p;
    if (g_ascii_isdigit(*name) && read_number(&p, &end_line) && *p != '\0')
        name = p;
    if (*name == '\0')
        return false;
    function_of(r, name)->line = (uint32_t)line;
    return true;
}

/* FNDA:hits,name */
static bool read_function_hits(reader *r, char *p)
{
    uint64_t hits;
    if (!read_number(&p, &hits) || *p == '\0')
        return false;
    function_of(r, p)->hits += hits;
    return true;
}

/* BRDA:line,block,branch,taken; taken is "-" where the block was never reached */
static bool read_branch(const reader *r, const char *p)
{
    const char *taken = strrchr(p, ',');
    if (taken == NULL)
        return false;
    r->file->n_branches++;
    if (taken[1] != '-' && strcmp(taken + 1, "0") != 0)
        r->file->n_branches_hit++;
    return true;
}

static void read_line(reader *r, char *line)
{
    char *colon = strchr(line, ':');
    if (g_str_has_prefix(line, "SF:")) {
        begin_record(r, colon + 1);
    } else if (strcmp(line, "end_of_record") == 0) {
        if (r->file == NULL)
            damage(r, "'SF:' before the end of a record");
        r->file = NULL;
    } else if (*line == '\0' || *line == '#' || g_str_has_prefix(line, "TN:")) {
        return;
    } else if (colon == NULL || r->file == NULL) {
        damage(r, r->file == NULL ? "'SF:' to begin a record" : "'key:value'");
    } else if (g_str_has_prefix(line, "DA:")) {
        if (!read_line_hits(r, colon + 1))
            damage(r, "'DA:line,hits'");
    } else if (g_str_has_prefix(line, "FN:")) {
        if (!read_function(r, colon + 1))
            damage(r, "'FN:line,name'");
    } else if (g_str_has_prefix(line, "FNDA:")) {
        if (!read_function_hits(r, colon + 1))
            damage(r, "'FNDA:hits,name'");
    } else if (g_str_has_prefix(line, "BRDA:") && !read_branch(r, colon + 1)) {
        damage(r, "'BRDA:line,block,branch,taken'");
    } /* other keys hold sums, which are made anew */
}

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    const lcov_line *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

/* Sorts the lines, adds up those that came more than once, and counts. */
static void finish_file(lcov_file *file)
{
    g_array_sort(file->lines, compare_lines);
    unsigned n = 0;
    for (unsigned i = 0; i < file->lines->len; i++) {
        lcov_line line = g_array_index(file->lines, lcov_line, i);
        lcov_line *last = n > 0 ? &g_array_index(file->lines, lcov_line, n - 1) : NULL;
        if (last != NULL && last->line == line.line)
            last->hits += line.hits;
        else
            g_array_index(file->lines, lcov_line, n++) = line;
    }
    g_array_set_size(file->lines, n);
    for (unsigned i = 0; i < n; i++)
        file->n_lines_hit += g_array_index(file->lines, lcov_line, i).hits > 0;
    for (unsigned i = 0; i < file->functions->len; i++) {
        const lcov_function *function = g_ptr_array_index(file->functions, i);
        file->n_functions_hit += function->hits > 0;
    }
}

static void read_text(reader *r, char *text, size_t n_bytes)
{
    char *end = text + n_bytes;
    for (char *line = text; line < end;) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *stop = newline == NULL ? end : newline;
        *stop = '\0'; /* text is a copy, one byte longer than n_bytes */
        if (stop > line && stop[-1] == '\r')
            stop[-1] = '\0';
        r->line_number++;
        read_line(r, line);
        line = newline == NULL ? end : newline + 1;
    }
    if (r->file != NULL)
        damage(r, "'end_of_record' at the end: truncated");
}

lcov_info *lcov_info_parse(const char *text, size_t n_bytes, const char *name, GError **error)
{
    lcov_info *info = g_new0(lcov_info, 1);
    info->files = g_ptr_array_new_with_free_func(file_free);
    info->warnings = g_ptr_array_new_with_free_func(g_free);
    info->complete = true;
    g_autoptr(GHashTable) files = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) functions = g_hash_table_new(g_str_hash, g_str_equal);
    reader r = {.info = info, .name = name, .files = files, .functions = functions};
    char *copy = g_malloc(n_bytes + 1);
    if (n_bytes > 0)
        memcpy(copy, text, n_bytes);
    read_text(&r, copy, n_bytes);
    g_free(copy);
    if (info->files->len == 0) {
        g_set_error(error, LCOV_INFO_ERROR, LCOV_INFO_ERROR_FORMAT,
                    "%s:1:1: not an lcov tracefile: expected an 'SF:' line", name);
        lcov_info_free(info);
        return NULL;
    }
    for (unsigned i = 0; i < info->files->len; i++)
        finish_file(g_ptr_array_index(info->files, i));
    return info;
}

lcov_info *lcov_info_read(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize n_bytes;
    if (!g_file_get_contents(path, &text, &n_bytes, error))
        return NULL;
    return lcov_info_parse(text, n_bytes, path, error);
}

const lcov_file *lcov_info_find(const lcov_info *info, const char *path)
{
    g_autofree char *tail = g_strconcat("/", path, NULL);
    const lcov_file *found = NULL;
    for (unsigned i = 0; i < info->files->len; i++) {
        const lcov_file *file = g_ptr_array_index(info->files, i);
        if (strcmp(file->path, path) == 0)
            return file;
        if (!g_str_has_suffix(file->path, tail))
            continue;
        if (found != NULL)
            return NULL;
        found = file;
    }
    return found;
}

int64_t lcov_file_hits(const lcov_file *file, uint32_t line)
{
    lcov_line key = {line, 0};
    unsigned at;
    if (!g_array_binary_search(file->lines, &key, compare_lines, &at))
        return -1;
    return (int64_t)MIN(g_array_index(file->lines, lcov_line, at).hits, (uint64_t)INT64_MAX);
}
