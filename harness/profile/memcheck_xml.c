#include "harness/profile/memcheck_xml.h"

#include <string.h>

#define MAX_DEPTH 64

typedef struct reader {
    memcheck_report *report;
    const char *name;
    memcheck_error *error; /* being read; NULL outside of <error> */
    memcheck_frame *frame;
    char *remark;    /* <auxwhat> that waits for its stack */
    char *directory; /* of the frame */
    GString *text;   /* of the element being read */
    uint64_t count;  /* of the <pair> */
    unsigned depth;
    bool is_memcheck; /* <protocoltool> said so */
    bool in_signal, in_counts;
} reader;

G_DEFINE_QUARK(memcheck - error - quark, memcheck_error)

static void frame_free(gpointer data)
{
    memcheck_frame *frame = data;
    g_free(frame->function);
    g_free(frame->file);
    g_free(frame->object);
    g_free(frame);
}

static void stack_free(gpointer data)
{
    memcheck_stack *stack = data;
    g_free(stack->title);
    g_ptr_array_unref(stack->frames);
    g_free(stack);
}

static void error_free(gpointer data)
{
    memcheck_error *e = data;
    g_free(e->kind);
    g_free(e->text);
    g_ptr_array_unref(e->stacks);
    g_free(e);
}

void memcheck_free(memcheck_report *report)
{
    if (report == NULL)
        return;
    g_ptr_array_unref(report->errors);
    g_ptr_array_unref(report->warnings);
    g_free(report->signal);
    g_free(report);
}

/* ---- elements ---- */

static void begin_error(reader *r)
{
    memcheck_error *e = g_new0(memcheck_error, 1);
    e->kind = g_strdup("");
    e->text = g_strdup("");
    e->count = 1;
    e->stacks = g_ptr_array_new_with_free_func(stack_free);
    g_ptr_array_add(r->report->errors, e);
    r->error = e;
}

static void begin_stack(const reader *r)
{
    memcheck_stack *stack = g_new0(memcheck_stack, 1);
    stack->title = g_strdup(r->remark != NULL ? r->remark : "");
    stack->frames = g_ptr_array_new_with_free_func(frame_free);
    g_ptr_array_add(r->error->stacks, stack);
}

static void begin_frame(reader *r)
{
    if (r->error->stacks->len == 0)
        return;
    const memcheck_stack *stack = g_ptr_array_index(r->error->stacks, r->error->stacks->len - 1);
    r->frame = g_new0(memcheck_frame, 1);
    r->frame->function = g_strdup("");
    r->frame->file = g_strdup("");
    r->frame->object = g_strdup("");
    g_ptr_array_add(stack->frames, r->frame);
}

/* <file> with the folder from <dir>, which comes first. */
static void end_frame(reader *r)
{
    if (r->directory != NULL && r->frame->file[0] != '\0' && r->frame->file[0] != '/') {
        char *file = g_build_filename(r->directory, r->frame->file, NULL);
        g_free(r->frame->file);
        r->frame->file = file;
    }
    g_clear_pointer(&r->directory, g_free);
    r->frame = NULL;
}

static void set_text(char **place, const char *text)
{
    g_free(*place);
    *place = g_strdup(text);
}

static bool is(const char *name, const char *other)
{
    return strcmp(name, other) == 0;
}

static void end_in_frame(reader *r, const char *name, const char *text)
{
    memcheck_frame *frame = r->frame;
    if (is(name, "ip"))
        frame->address = g_ascii_strtoull(text, NULL, 16);
    else if (is(name, "fn"))
        set_text(&frame->function, text);
    else if (is(name, "file"))
        set_text(&frame->file, text);
    else if (is(name, "obj"))
        set_text(&frame->object, text);
    else if (is(name, "dir"))
        set_text(&r->directory, text);
    else if (is(name, "line"))
        frame->line = (uint32_t)MIN(g_ascii_strtoull(text, NULL, 10), UINT32_MAX);
    else if (is(name, "frame"))
        end_frame(r);
}

static void end_in_error(reader *r, const char *name, const char *text)
{
    memcheck_error *e = r->error;
    if (is(name, "kind"))
        set_text(&e->kind, text);
    else if (is(name, "what") || is(name, "text"))
        set_text(&e->text, text);
    else if (is(name, "unique"))
        e->unique = g_ascii_strtoull(text, NULL, 16);
    else if (is(name, "leakedbytes"))
        e->leaked_bytes = g_ascii_strtoull(text, NULL, 10);
    else if (is(name, "leakedblocks"))
        e->leaked_blocks = g_ascii_strtoull(text, NULL, 10);
    else if (is(name, "auxwhat"))
        set_text(&r->remark, text);
    else if (is(name, "stack"))
        g_clear_pointer(&r->remark, g_free);
    else if (is(name, "error")) {
        g_clear_pointer(&r->remark, g_free);
        r->error = NULL;
    }
}

/* <pair><count>2</count><unique>0x1</unique></pair> of <errorcounts>. */
static void end_in_counts(reader *r, const char *name, const char *text)
{
    if (is(name, "count"))
        r->count = g_ascii_strtoull(text, NULL, 10);
    if (!is(name, "unique"))
        return;
    uint64_t unique = g_ascii_strtoull(text, NULL, 16);
    for (unsigned i = 0; i < r->report->errors->len; i++) {
        memcheck_error *e = g_ptr_array_index(r->report->errors, i);
        if (e->unique == unique)
            e->count = MAX(r->count, 1); /* it is there, so it happened */
    }
}

static void on_start(GMarkupParseContext *context, const char *name, const char **attributes,
                     const char **values, gpointer data, GError **error)
{
    (void)context, (void)attributes, (void)values; /* GLib's signature */
    reader *r = data;
    g_string_truncate(r->text, 0);
    if (++r->depth > MAX_DEPTH) {
        g_set_error(error, MEMCHECK_ERROR, MEMCHECK_ERROR_FORMAT, "elements nest too deep");
        return;
    }
    if (is(name, "error") && r->error == NULL)
        begin_error(r);
    else if (is(name, "stack") && r->error != NULL)
        begin_stack(r);
    else if (is(name, "frame") && r->error != NULL)
        begin_frame(r);
    else if (is(name, "fatal_signal"))
        r->in_signal = true;
    else if (is(name, "errorcounts"))
        r->in_counts = true;
}

static void on_end(GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
    (void)context, (void)error; /* GLib's signature */
    reader *r = data;
    const char *text = g_strstrip(r->text->str);
    r->depth--;
    if (r->frame != NULL)
        end_in_frame(r, name, text);
    else if (r->error != NULL)
        end_in_error(r, name, text);
    else if (r->in_counts)
        end_in_counts(r, name, text);
    else if (r->in_signal && is(name, "signame"))
        set_text(&r->report->signal, text);
    else if (is(name, "protocoltool"))
        r->is_memcheck = is(text, "memcheck");
    else if (is(name, "state") && is(text, "FINISHED"))
        r->report->complete = true;
    if (is(name, "errorcounts"))
        r->in_counts = false;
    if (is(name, "fatal_signal"))
        r->in_signal = false;
    g_string_truncate(r->text, 0);
}

static void on_text(GMarkupParseContext *context, const char *text, gsize n_bytes, gpointer data,
                    GError **error)
{
    (void)context, (void)error; /* GLib's signature */
    reader *r = data;
    g_string_append_len(r->text, text, (gssize)n_bytes);
}

/* ---- the file ---- */

static void warn(reader *r, GMarkupParseContext *context, const GError *failure)
{
    int line, column;
    g_markup_parse_context_get_position(context, &line, &column);
    g_ptr_array_add(r->report->warnings,
                    g_strdup_printf("%s:%d:%d: %s", r->name, line, column, failure->message));
    r->report->complete = false;
}

memcheck_report *memcheck_parse(const char *text, size_t n_bytes, const char *name, GError **error)
{
    static const GMarkupParser parser = {
        .start_element = on_start, .end_element = on_end, .text = on_text};
    g_autoptr(memcheck_report) report = g_new0(memcheck_report, 1);
    report->errors = g_ptr_array_new_with_free_func(error_free);
    report->warnings = g_ptr_array_new_with_free_func(g_free);
    report->signal = g_strdup("");
    g_autoptr(GString) element_text = g_string_new(NULL);
    reader r = {.report = report, .name = name, .text = element_text};
    GMarkupParseContext *context = g_markup_parse_context_new(&parser, 0, &r, NULL);
    g_autofree char *valid = g_utf8_make_valid(text != NULL ? text : "", (gssize)n_bytes);
    g_autoptr(GError) failure = NULL;
    if (!g_markup_parse_context_parse(context, valid, (gssize)strlen(valid), &failure) ||
        !g_markup_parse_context_end_parse(context, &failure))
        warn(&r, context, failure);
    else if (!report->complete)
        g_ptr_array_add(report->warnings,
                        g_strdup_printf("%s: the program did not come to its end", name));
    g_markup_parse_context_free(context);
    g_free(r.remark);
    g_free(r.directory);
    if (!r.is_memcheck) {
        g_set_error(error, MEMCHECK_ERROR, MEMCHECK_ERROR_FORMAT,
                    "%s: not memcheck's XML: expected <protocoltool>memcheck", name);
        return NULL;
    }
    return g_steal_pointer(&report);
}

memcheck_report *memcheck_read(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize n_bytes;
    if (!g_file_get_contents(path, &text, &n_bytes, error))
        return NULL;
    return memcheck_parse(text, n_bytes, path, error);
}

bool memcheck_is_leak(const memcheck_error *e)
{
    return g_str_has_prefix(e->kind, "Leak_");
}

static bool ends_with_path(const char *path, const char *file)
{
    if (!g_str_has_suffix(path, file))
        return false;
    size_t n = strlen(path) - strlen(file);
    return n == 0 || path[n - 1] == '/';
}

const memcheck_frame *memcheck_frame_in(const memcheck_error *e, const char *file)
{
    if (e->stacks->len == 0)
        return NULL;
    const memcheck_stack *stack = g_ptr_array_index(e->stacks, 0);
    for (unsigned i = 0; i < stack->frames->len; i++) {
        const memcheck_frame *frame = g_ptr_array_index(stack->frames, i);
        if (ends_with_path(frame->file, file))
            return frame;
    }
    return NULL;
}
