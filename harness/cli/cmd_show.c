/* objlab show -- profiles and other valgrind files as tables, whatever their format. */
#include "harness/cli/commands.h"
#include "harness/profile/callgrind.h"
#include "harness/profile/lcov_info.h"
#include "harness/profile/massif.h"
#include "harness/profile/massif_print.h"
#include "harness/profile/memcheck_xml.h"
#include "harness/profile/plain_text.h"
#include "harness/profile/profile_format.h"
#include "harness/profile/profile_json.h"
#include "harness/profile/pstats.h"

#include <stdio.h>

#define DEFAULT_LIMIT 40

typedef struct show_options {
    gboolean json, strip_dirs, callers, callees;
    char *sort, *filter, *event;
    int limit;
    pstats_sort sort_key;
} show_options;

typedef struct input {
    const char *path, *text;
    size_t n_bytes;
} input;

/* What one file gives: text for people, or a value for --json. */
typedef struct shown {
    GString *text;
    json_t *json;
} shown;

static void show_warnings(const GPtrArray *warnings)
{
    for (unsigned i = 0; i < warnings->len; i++)
        (void)cli_fail(CLI_OK, "warning: %s", (const char *)g_ptr_array_index(warnings, i));
}

static void append_owned(GString *text, char *part)
{
    g_string_append(text, part);
    g_free(part);
}

static bool show_calls(const callgrind_profile *profile, const show_options *o, shown *s,
                       GError **error)
{
    int event = o->event == NULL ? 0 : callgrind_event(profile, o->event);
    if (event < 0) {
        g_autofree char *known =
            g_strjoinv(" ", (char **)(uintptr_t)profile->events); /* g_strjoinv only reads */
        g_set_error(error, CALLGRIND_ERROR, CALLGRIND_ERROR_FORMAT,
                    "no event '%s': the file has %s", o->event, known);
        return false;
    }
    g_autoptr(pstats_table) table = pstats_new(profile, (size_t)event);
    pstats_options options = {.event = (size_t)event,
                              .sort = o->sort_key,
                              .limit = (size_t)o->limit,
                              .filter = o->filter,
                              .strip_dirs = o->strip_dirs};
    char *text = o->callers   ? pstats_print_callers(table, &options, error)
                 : o->callees ? pstats_print_callees(table, &options, error)
                              : pstats_print(table, &options, error);
    if (text == NULL)
        return false;
    append_owned(s->text, text);
    return true;
}

static bool show_callgrind(const input *in, const show_options *o, shown *s, GError **error)
{
    g_autoptr(callgrind_profile) profile = callgrind_parse(in->text, in->n_bytes, in->path, error);
    if (profile == NULL)
        return false;
    show_warnings(profile->warnings);
    if (o->json) {
        s->json = profile_json_callgrind(profile);
        return true;
    }
    return show_calls(profile, o, s, error);
}

static bool show_massif(const input *in, const show_options *o, shown *s, GError **error)
{
    g_autoptr(massif_profile) profile = massif_parse(in->text, in->n_bytes, in->path, error);
    if (profile == NULL)
        return false;
    show_warnings(profile->warnings);
    if (o->json) {
        s->json = profile_json_massif(profile);
        return true;
    }
    massif_print_options options = {
        .is_unicode = g_get_charset(NULL), .limit = (size_t)o->limit, .strip_dirs = o->strip_dirs};
    g_string_append_printf(s->text, "%s\n\n", profile->command);
    append_owned(s->text, massif_print_chart(profile, &options));
    g_string_append_c(s->text, '\n');
    append_owned(s->text, massif_print_snapshots(profile));
    g_string_append(s->text, "\nAt the peak, by call path (innermost first):\n");
    append_owned(s->text, massif_print_tree(profile, &options));
    return true;
}

static void append_memcheck_error(GString *text, const memcheck_error *e)
{
    g_string_append_printf(text, "%s (%s, %" G_GUINT64_FORMAT " time%s)\n", e->text, e->kind,
                           e->count, e->count == 1 ? "" : "s");
    for (unsigned i = 0; i < e->stacks->len; i++) {
        const memcheck_stack *stack = g_ptr_array_index(e->stacks, i);
        if (stack->title[0] != '\0')
            g_string_append_printf(text, "  %s\n", stack->title);
        for (unsigned k = 0; k < stack->frames->len; k++) {
            const memcheck_frame *frame = g_ptr_array_index(stack->frames, k);
            const char *name = frame->function[0] != '\0' ? frame->function : "???";
            if (frame->file[0] != '\0')
                g_string_append_printf(text, "    %s %s (%s:%u)\n", k == 0 ? "at" : "by", name,
                                       frame->file, frame->line);
            else
                g_string_append_printf(text, "    %s %s (in %s)\n", k == 0 ? "at" : "by", name,
                                       frame->object);
        }
    }
    g_string_append_c(text, '\n');
}

static bool show_memcheck(const input *in, const show_options *o, shown *s, GError **error)
{
    g_autoptr(memcheck_report) report = memcheck_parse(in->text, in->n_bytes, in->path, error);
    if (report == NULL)
        return false;
    show_warnings(report->warnings);
    if (o->json) {
        s->json = profile_json_memcheck(report);
        return true;
    }
    for (unsigned i = 0; i < report->errors->len; i++)
        append_memcheck_error(s->text, g_ptr_array_index(report->errors, i));
    if (report->signal[0] != '\0')
        g_string_append_printf(s->text, "ended by %s\n", report->signal);
    g_string_append_printf(s->text, "%u error%s\n", report->errors->len,
                           report->errors->len == 1 ? "" : "s");
    return true;
}

static bool show_lcov(const input *in, const show_options *o, shown *s, GError **error)
{
    g_autoptr(lcov_info) info = lcov_info_parse(in->text, in->n_bytes, in->path, error);
    if (info == NULL)
        return false;
    show_warnings(info->warnings);
    if (o->json) {
        s->json = profile_json_lcov(info);
        return true;
    }
    g_string_append_printf(s->text, "%16s %20s  %s\n", "lines", "functions", "file");
    for (unsigned i = 0; i < info->files->len; i++) {
        const lcov_file *file = g_ptr_array_index(info->files, i);
        double lines =
            file->lines->len > 0 ? 100.0 * (double)file->n_lines_hit / file->lines->len : 0;
        g_string_append_printf(s->text, "%6.1f%% %4zu/%-4u %12zu/%-7u  %s\n", lines,
                               file->n_lines_hit, file->lines->len, file->n_functions_hit,
                               file->functions->len, file->path);
    }
    return true;
}

static bool show_input(const input *in, const show_options *o, shown *s, GError **error)
{
    switch (profile_format_detect(in->text, in->n_bytes)) {
    case PROFILE_CALLGRIND:
        return show_callgrind(in, o, s, error);
    case PROFILE_MASSIF:
        return show_massif(in, o, s, error);
    case PROFILE_MEMCHECK:
        return show_memcheck(in, o, s, error);
    case PROFILE_LCOV:
        return show_lcov(in, o, s, error);
    case PROFILE_DHAT:
    case PROFILE_UNKNOWN:
        break;
    }
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                "%s:1:1: expected a callgrind, cachegrind, massif, memcheck or lcov file",
                in->path);
    return false;
}

static bool show_file(const char *path, const show_options *o, shown *s, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    if (file != NULL) {
        const input in = {path, g_mapped_file_get_contents(file), g_mapped_file_get_length(file)};
        return show_input(&in, o, s, error);
    }
    g_autofree char *text = NULL; /* a pipe cannot be mapped */
    gsize n_bytes;
    if (!g_file_get_contents(path, &text, &n_bytes, error))
        return false;
    const input in = {path, text, n_bytes};
    return show_input(&in, o, s, error);
}

static bool print_text(const char *text)
{
    g_autofree char *plain = plain_text(text);
    return fputs(plain, stdout) >= 0;
}

static int show_files(char **paths, const show_options *o)
{
    int code = CLI_OK;
    size_t n_paths = g_strv_length(paths);
    json_t *values = json_array();
    bool is_written = true;
    for (size_t i = 0; i < n_paths && is_written; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        shown s = {text, NULL};
        if (!show_file(paths[i], o, &s, &error)) {
            code = cli_fail_error(CLI_USAGE, &error);
            continue;
        }
        if (s.json != NULL)
            (void)json_array_append_new(values, s.json); /* fails only without memory */
        if (n_paths > 1 && !o->json)
            is_written = print_text(paths[i]) && print_text(":\n");
        is_written = is_written && print_text(text->str);
    }
    if (o->json && (n_paths > 1 || json_array_size(values) > 0)) {
        const json_t *value = n_paths == 1 ? json_array_get(values, 0) : values;
        is_written = json_dumpf(value, stdout, JSON_INDENT(1)) == 0 && puts("") >= 0;
    }
    json_decref(values);
    if (fflush(stdout) != 0 || !is_written)
        return cli_fail(CLI_HARNESS, "cannot write the output");
    return code;
}

static void options_clear(show_options *o)
{
    g_free(o->sort);
    g_free(o->filter);
    g_free(o->event);
}

static int show_checked(int argc, char **argv, show_options *o)
{
    if (argc < 2)
        return cli_fail(CLI_USAGE, "show: no file given; see objlab show --help");
    if (o->limit < 0)
        return cli_fail(CLI_USAGE, "show: --limit=%d is below 0", o->limit);
    if (o->callers && o->callees)
        return cli_fail(CLI_USAGE, "show: either --callers or --callees");
    o->sort_key = PSTATS_CUMULATIVE;
    if (o->sort != NULL && !pstats_sort_from_name(o->sort, &o->sort_key))
        return cli_fail(CLI_USAGE,
                        "show: --sort=%s: expected cumulative, tottime, ncalls, pcalls, name, "
                        "file or line",
                        o->sort);
    return show_files(argv + 1, o);
}

int cmd_show(int argc, char **argv)
{
    show_options o = {.limit = DEFAULT_LIMIT};
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &o.json, "print JSON", NULL},
        {"sort", 0, 0, G_OPTION_ARG_STRING, &o.sort,
         "cumulative (default), tottime, ncalls, pcalls, name, file, line", "KEY"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &o.limit, "rows to show, 0 for all (default 40)", "N"},
        {"filter", 0, 0, G_OPTION_ARG_STRING, &o.filter,
         "only rows whose filename:lineno(function) matches", "REGEX"},
        {"event", 0, 0, G_OPTION_ARG_STRING, &o.event, "count this event (default: the first)",
         "NAME"},
        {"strip-dirs", 0, 0, G_OPTION_ARG_NONE, &o.strip_dirs, "file names without folders", NULL},
        {"callers", 0, 0, G_OPTION_ARG_NONE, &o.callers, "who called each function", NULL},
        {"callees", 0, 0, G_OPTION_ARG_NONE, &o.callees, "whom each function called", NULL},
        G_OPTION_ENTRY_NULL};
    GOptionContext *context = g_option_context_new("FILE... - show profiles");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    int code = g_option_context_parse(context, &argc, &argv, &error)
                   ? show_checked(argc, argv, &o)
                   : cli_fail_error(CLI_USAGE, &error);
    g_option_context_free(context);
    options_clear(&o);
    return code;
}
