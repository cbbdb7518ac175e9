/* objlab report RESULT --FORMAT [--out FILE]: a report from a stored record. */
#include "harness/cli/commands.h"
#include "reports/classroom.h"
#include "reports/gradescope.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/record.h"
#include "reports/sarif.h"
#include "reports/terminal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct report_options {
    gboolean html, junit, sarif, gradescope, classroom, terminal;
    char *out;
    char **with; /* NULL: none */
    char **paths;
} report_options;

/* Of exhibit. NULL with *error if one cannot be read. Owner: the caller. */
static GPtrArray *read_exhibits(char **paths, GError **error)
{
    GPtrArray *exhibits = g_ptr_array_new_with_free_func((GDestroyNotify)exhibit_free);
    for (size_t i = 0; paths != NULL && paths[i] != NULL; i++) {
        exhibit *e = exhibit_read(paths[i], error);
        if (e == NULL) {
            g_ptr_array_unref(exhibits);
            return NULL;
        }
        g_ptr_array_add(exhibits, e);
    }
    return exhibits;
}

static char *render(const record *r, const GPtrArray *exhibits, const report_options *options)
{
    if (options->junit)
        return junit_render(r);
    if (options->sarif)
        return sarif_render(r);
    if (options->gradescope)
        return gradescope_render(r);
    if (options->classroom)
        return classroom_render(r);
    if (options->html) {
        g_autofree char *web = html_find_web("/proc/self/exe");
        return html_render_with(r, exhibits, web);
    }
    terminal_style style = terminal_style_for(options->out == NULL ? STDOUT_FILENO : -1);
    return terminal_render(r, &style);
}

static int deliver(const char *text, const char *path)
{
    if (path != NULL) {
        GError *error = NULL;
        return record_write_file(path, text, strlen(text), &error)
                   ? CLI_OK
                   : cli_fail_error(CLI_USAGE, &error);
    }
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
        return cli_fail(CLI_HARNESS, "cannot write to the standard output");
    return CLI_OK;
}

static int run(const report_options *options)
{
    if (options->paths == NULL || g_strv_length(options->paths) != 1)
        return cli_fail(CLI_USAGE, "report wants one result.json: see objlab report --help");
    int n_formats = options->html + options->junit + options->sarif + options->gradescope +
                    options->classroom + options->terminal;
    if (n_formats > 1)
        return cli_fail(CLI_USAGE, "report makes one kind of report at a time");
    if (options->with != NULL && !options->html)
        return cli_fail(CLI_USAGE, "report: --with is for --html only");
    GError *error = NULL;
    g_autoptr(record) r = record_read(options->paths[0], &error);
    if (r == NULL)
        return cli_fail_error(CLI_USAGE, &error);
    g_autoptr(GPtrArray) exhibits = read_exhibits(options->with, &error);
    if (exhibits == NULL)
        return cli_fail_error(CLI_USAGE, &error);
    g_autofree char *text = render(r, exhibits, options);
    return deliver(text, options->out);
}

int cmd_report(int argc, char **argv)
{
    report_options options = {.out = NULL};
    const GOptionEntry entries[] = {
        {"html", 0, 0, G_OPTION_ARG_NONE, &options.html, "one HTML file that opens offline", NULL},
        {"junit", 0, 0, G_OPTION_ARG_NONE, &options.junit, "JUnit XML, for CI servers", NULL},
        {"sarif", 0, 0, G_OPTION_ARG_NONE, &options.sarif,
         "SARIF 2.1.0: lint and feedback by place, for code scanning", NULL},
        {"gradescope", 0, 0, G_OPTION_ARG_NONE, &options.gradescope, "Gradescope's results.json",
         NULL},
        {"classroom", 0, 0, G_OPTION_ARG_NONE, &options.classroom,
         "the result of a GitHub Classroom test runner", NULL},
        {"terminal", 0, 0, G_OPTION_ARG_NONE, &options.terminal,
         "the summary for a terminal (the default)", NULL},
        {"with", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.with,
         "HTML: a section for what bench, history, top --replay or trace printed with --json",
         "FILE"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &options.out,
         "write to FILE instead of standard output", "FILE"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.paths, NULL, "RESULT"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    GOptionContext *context = g_option_context_new("- a report from a stored result.json");
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    gboolean parsed = g_option_context_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    int result = parsed ? run(&options) : cli_fail_error(CLI_USAGE, &error);
    g_free(options.out);
    g_strfreev(options.with);
    g_strfreev(options.paths);
    return result;
}
