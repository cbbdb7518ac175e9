#include "harness/judge/memcheck.h"

#include <string.h>

typedef struct reader {
    memcheck_report *report;
    const char *folder;
    memcheck_error *error; /* being read; NULL outside <error> */
    unsigned n_stacks;     /* of this error: only the first says where it happened */
    bool in_frame;
    GString *text; /* of the innermost element */
    char *function, *dir, *file;
    uint32_t line;
} reader;

static void error_free(void *data)
{
    memcheck_error *error = data;
    g_free(error->kind);
    g_free(error->what);
    g_free(error->file);
    g_free(error->function);
    g_free(error);
}

void memcheck_free(memcheck_report *report)
{
    if (report == NULL)
        return;
    g_ptr_array_unref(report->errors);
    g_free(report);
}

static void start(GMarkupParseContext *context, const char *element, const char **names,
                  const char **values, void *data, GError **error)
{
    (void)context;
    (void)names;
    (void)values;
    (void)error;
    reader *r = data;
    g_string_truncate(r->text, 0);
    if (strcmp(element, "error") == 0) {
        g_clear_pointer(&r->error, error_free);
        r->error = g_new0(memcheck_error, 1);
        r->n_stacks = 0;
    } else if (strcmp(element, "stack") == 0) {
        r->n_stacks++;
    } else if (strcmp(element, "frame") == 0) {
        r->in_frame = true;
        g_clear_pointer(&r->function, g_free);
        g_clear_pointer(&r->dir, g_free);
        g_clear_pointer(&r->file, g_free);
        r->line = 0;
    }
}

static bool is_in_folder(const reader *r)
{
    if (r->file == NULL || r->dir == NULL)
        return false;
    const char *last = strrchr(r->dir, '/');
    return strcmp(last != NULL ? last + 1 : r->dir, r->folder) == 0;
}

/* The innermost frame in the submission is where the student looks. */
static void end_frame(reader *r)
{
    r->in_frame = false;
    if (r->error == NULL || r->n_stacks != 1 || r->error->file != NULL || !is_in_folder(r))
        return;
    r->error->file = g_strdup(r->file);
    r->error->function = g_strdup(r->function);
    r->error->line = r->line;
}

static bool is_known(const memcheck_report *report, const memcheck_error *error)
{
    for (guint i = 0; i < report->errors->len; i++) {
        const memcheck_error *other = g_ptr_array_index(report->errors, i);
        if (other->line == error->line && g_strcmp0(other->file, error->file) == 0 &&
            g_strcmp0(other->kind, error->kind) == 0)
            return true;
    }
    return false;
}

static void end_error(reader *r)
{
    if (r->error == NULL)
        return;
    if (!is_known(r->report, r->error))
        g_ptr_array_add(r->report->errors, g_steal_pointer(&r->error));
    g_clear_pointer(&r->error, error_free);
}

static void end_text(reader *r, const char *element)
{
    char **field = NULL;
    if (r->in_frame) {
        if (strcmp(element, "fn") == 0)
            field = &r->function;
        else if (strcmp(element, "dir") == 0)
            field = &r->dir;
        else if (strcmp(element, "file") == 0)
            field = &r->file;
        else if (strcmp(element, "line") == 0)
            r->line = (uint32_t)g_ascii_strtoull(r->text->str, NULL, 10);
    } else if (r->error != NULL) {
        if (strcmp(element, "kind") == 0)
            field = &r->error->kind;
        else if (strcmp(element, "what") == 0 ||
                 (strcmp(element, "text") == 0 && r->error->what == NULL))
            field = &r->error->what;
    }
    if (field != NULL) {
        g_free(*field);
        *field = g_strdup(r->text->str);
    }
    g_string_truncate(r->text, 0);
}

static void end(GMarkupParseContext *context, const char *element, void *data, GError **error)
{
    (void)context;
    (void)error;
    reader *r = data;
    if (strcmp(element, "frame") == 0)
        end_frame(r);
    else if (strcmp(element, "error") == 0)
        end_error(r);
    else if (strcmp(element, "valgrindoutput") == 0)
        r->report->complete = true;
    else
        end_text(r, element);
}

static void text(GMarkupParseContext *context, const char *part, gsize n_bytes, void *data,
                 GError **error)
{
    (void)context;
    (void)error;
    reader *r = data;
    if (r->text->len < 4096)
        g_string_append_len(r->text, part, (gssize)n_bytes);
}

memcheck_report *memcheck_parse(const char *xml, size_t n_bytes, const char *folder)
{
    static const GMarkupParser parser = {.start_element = start, .end_element = end, .text = text};
    memcheck_report *report = g_new0(memcheck_report, 1);
    report->errors = g_ptr_array_new_with_free_func(error_free);
    reader r = {.report = report, .folder = folder, .text = g_string_new(NULL)};
    g_autoptr(GMarkupParseContext) context =
        g_markup_parse_context_new(&parser, (GMarkupParseFlags)0, &r, NULL);
    if (!g_markup_parse_context_parse(context, xml, (gssize)n_bytes, NULL) ||
        !g_markup_parse_context_end_parse(context, NULL))
        report->complete = false;
    g_clear_pointer(&r.error, error_free);
    g_free(r.function);
    g_free(r.dir);
    g_free(r.file);
    g_string_free(r.text, TRUE);
    return report;
}
