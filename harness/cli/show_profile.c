#include "harness/cli/show_profile.h"

#include "harness/cli/cli.h"
#include "harness/profile/callgrind.h"
#include "harness/profile/dhat.h"
#include "harness/profile/lcov_info.h"
#include "harness/profile/line_print.h"
#include "harness/profile/machine_code.h"
#include "harness/profile/massif.h"
#include "harness/profile/massif_print.h"
#include "harness/profile/memcheck_xml.h"
#include "harness/profile/plain_text.h"
#include "harness/profile/profile_format.h"
#include "harness/profile/profile_json.h"

#include <stdio.h>

#define DEFAULT_LIMIT 40

typedef struct input {
    const char *path, *text;
    size_t n_bytes;
} input;

/* What one file gives: text for people, or a value for --json. */
typedef struct shown {
    GString *text;
    json_t *json;
} shown;

void show_warnings(const GPtrArray *warnings)
{
    for (unsigned i = 0; i < warnings->len; i++)
        (void)cli_fail(CLI_OK, "warning: %s", (const char *)g_ptr_array_index(warnings, i));
}

static void append_owned(GString *text, char *part)
{
    g_string_append(text, part);
    g_free(part);
}

/* Index of the event that was asked for; -1 with an error. */
static int find_event(const callgrind_profile *profile, const show_options *o, GError **error)
{
    int event = o->event == NULL ? 0 : callgrind_event(profile, o->event);
    if (event < 0) {
        g_autofree char *known =
            g_strjoinv(" ", (char **)(uintptr_t)profile->events); /* g_strjoinv only reads */
        g_set_error(error, CALLGRIND_ERROR, CALLGRIND_ERROR_FORMAT,
                    "no event '%s': the file has %s", o->event, known);
    }
    return event;
}

bool show_export(const char *path, const show_options *o, GError **error)
{
    g_autoptr(callgrind_profile) profile = callgrind_read(path, error);
    if (profile == NULL)
        return false;
    show_warnings(profile->warnings);
    int event = find_event(profile, o, error);
    if (event < 0)
        return false;
    g_autoptr(GBytes) bytes = exports_write(profile, (size_t)event, o->export_format);
    gsize n_bytes;
    const void *contents = g_bytes_get_data(bytes, &n_bytes);
    if (fwrite(contents, 1, n_bytes, stdout) == n_bytes && fflush(stdout) == 0)
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "cannot write the output");
    return false;
}

static bool show_calls(const callgrind_profile *profile, const show_options *o, shown *s,
                       GError **error)
{
    int event = find_event(profile, o, error);
    if (event < 0)
        return false;
    if (o->is_machine_code) {
        char *code = machine_code_print(profile, (size_t)event, o->function, error);
        if (code == NULL)
            return false;
        append_owned(s->text, code);
        return true;
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

static bool show_lines(const input *in, const callgrind_profile *profile, const show_options *o,
                       shown *s, GError **error)
{
    int event = find_event(profile, o, error);
    if (event < 0)
        return false;
    g_autoptr(line_table) table = line_table_new();
    line_print_options options = {.filter = o->filter, .strip_dirs = o->strip_dirs};
    line_table_add_callgrind(table, profile, (size_t)event);
    line_table_sort(table);
    if (o->json) {
        s->json = line_print_json(table, &options, error);
        return s->json != NULL;
    }
    if (table->rows->len == 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: no cost in it is of a line of source: profile a program compiled with -g, "
                    "with --dump-line=yes",
                    in->path);
        return false;
    }
    char *text = line_print_joined(table, &options, error);
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
    if (o->is_lines)
        return show_lines(in, profile, o, s, error);
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

static bool show_dhat(const input *in, const show_options *o, shown *s, GError **error)
{
    g_autoptr(dhat_profile) profile = dhat_parse(in->text, in->n_bytes, in->path, error);
    if (profile == NULL)
        return false;
    show_warnings(profile->warnings);
    if (o->json)
        s->json = dhat_json(profile);
    else
        append_owned(s->text, dhat_print(profile, (size_t)o->limit));
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
        return show_dhat(in, o, s, error);
    case PROFILE_UNKNOWN:
        break;
    }
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                "%s:1:1: expected a callgrind, cachegrind, massif, dhat, memcheck or lcov file",
                in->path);
    return false;
}

bool show_profile(const char *path, const show_options *o, GString *text, json_t **ret_json,
                  GError **error)
{
    shown s = {text, NULL};
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    bool is_shown;
    if (file != NULL) {
        const input in = {path, g_mapped_file_get_contents(file), g_mapped_file_get_length(file)};
        is_shown = show_input(&in, o, &s, error);
    } else {
        g_autofree char *contents = NULL; /* a pipe cannot be mapped */
        gsize n_bytes;
        if (!g_file_get_contents(path, &contents, &n_bytes, error))
            return false;
        const input in = {path, contents, n_bytes};
        is_shown = show_input(&in, o, &s, error);
    }
    *ret_json = s.json;
    return is_shown;
}

bool show_print(const char *text)
{
    g_autofree char *plain = plain_text(text);
    return fputs(plain, stdout) >= 0 && fflush(stdout) == 0;
}

bool show_print_json(const json_t *value)
{
    return json_dumpf(value, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF &&
           fflush(stdout) == 0;
}

void show_options_init(show_options *o)
{
    *o = (show_options){.limit = DEFAULT_LIMIT, .sort_key = PSTATS_CUMULATIVE};
}

void show_options_clear(show_options *o)
{
    g_free(o->sort);
    g_free(o->filter);
    g_free(o->event);
    g_free(o->export_name);
    g_free(o->function);
}

void show_options_add(GOptionContext *context, show_options *o)
{
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &o->json,
         "print JSON: the profile as a whole, or the lines with --lines", NULL},
        {"sort", 0, 0, G_OPTION_ARG_STRING, &o->sort,
         "cumulative (default), tottime, ncalls, pcalls, name, file, line", "KEY"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &o->limit, "rows to show, 0 for all (default 40)", "N"},
        {"filter", 0, 0, G_OPTION_ARG_STRING, &o->filter,
         "only rows whose filename:lineno(function) matches", "REGEX"},
        {"event", 0, 0, G_OPTION_ARG_STRING, &o->event, "count this event (default: the first)",
         "NAME"},
        {"strip-dirs", 0, 0, G_OPTION_ARG_NONE, &o->strip_dirs, "file names without folders", NULL},
        {"callers", 0, 0, G_OPTION_ARG_NONE, &o->callers, "who called each function", NULL},
        {"callees", 0, 0, G_OPTION_ARG_NONE, &o->callees, "whom each function called", NULL},
        {"export", 0, 0, G_OPTION_ARG_STRING, &o->export_name,
         "call stacks to stdout: folded, speedscope, pprof; drawn: flame, icicle, reversed (SVG)",
         "FORM"},
        {"asm", 0, 0, G_OPTION_ARG_NONE, &o->is_machine_code,
         "machine code of the hottest function, or of --function, with costs", NULL},
        {"lines", 0, 0, G_OPTION_ARG_NONE, &o->is_lines,
         "source lines with their costs, of files that --filter matches", NULL},
        {"function", 0, 0, G_OPTION_ARG_STRING, &o->function, "for --asm", "NAME"},
        G_OPTION_ENTRY_NULL};
    g_option_context_add_main_entries(context, entries, NULL);
}

int show_options_check(show_options *o, const char *command)
{
    if (o->limit < 0)
        return cli_fail(CLI_USAGE, "%s: --limit=%d is below 0", command, o->limit);
    if (o->callers && o->callees)
        return cli_fail(CLI_USAGE, "%s: either --callers or --callees", command);
    if (o->json && o->is_machine_code)
        return cli_fail(CLI_USAGE, "%s: either --json or --asm", command);
    if (o->export_name != NULL && !exports_format_from_name(o->export_name, &o->export_format))
        return cli_fail(CLI_USAGE, "%s: --export=%s: expected %s", command, o->export_name,
                        exports_format_names);
    if (o->sort != NULL && !pstats_sort_from_name(o->sort, &o->sort_key))
        return cli_fail(CLI_USAGE,
                        "%s: --sort=%s: expected cumulative, tottime, ncalls, pcalls, name, file "
                        "or line",
                        command, o->sort);
    return CLI_OK;
}
