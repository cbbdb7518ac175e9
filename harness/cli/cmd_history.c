/* objlab history: saved benchmark results, and the trend of each figure. */
#include "harness/bench/history.h"
#include "harness/cli/commands.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct history_options {
    char *figure, *layout, *subject;
    gboolean json;
} history_options;

static void options_clear(history_options *o)
{
    g_free(o->figure);
    g_free(o->layout);
    g_free(o->subject);
}

static bool parse_arguments(int *argc, char ***argv, history_options *o, GError **error)
{
    const GOptionEntry entries[] = {
        {"figure", 0, 0, G_OPTION_ARG_STRING, &o->figure, "only this figure", "NAME"},
        {"layout", 0, 0, G_OPTION_ARG_STRING, &o->layout, "only this layout", "NAME"},
        {"subject", 0, 0, G_OPTION_ARG_STRING, &o->subject, "whose trend (objlab)", "NAME"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &o->json, "machine-readable", NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_summary(context, "Lists what objlab bench --save kept, and how each "
                                          "figure went from run to run.");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = g_option_context_parse(context, argc, argv, error);
    g_option_context_free(context);
    return ok;
}

static void print_table(const GPtrArray *entries, const GPtrArray *trends)
{
    for (guint i = 0; i < entries->len; i++) {
        const history_entry *e = entries->pdata[i];
        (void)printf("%s  %-20s %" G_GINT64_FORMAT " figures\n", e->created, e->name, e->n_figures);
    }
    for (guint i = 0; i < trends->len; i++) {
        const history_trend *t = trends->pdata[i];
        const double *medians = (const double *)(const void *)t->medians->data;
        g_autofree char *line = history_sparkline(medians, t->medians->len);
        double first = medians[0];
        double last = medians[t->medians->len - 1];
        (void)printf("%-24s %-8s %-5s %10.2f -> %-10.2f %+6.1f %%  %s\n", t->figure, t->layout,
                     t->unit, first, last, first > 0 ? 100 * (last / first - 1) : 0, line);
    }
}

static bool print_json(const GPtrArray *entries, const GPtrArray *trends)
{
    json_t *saved = json_array();
    for (guint i = 0; i < entries->len; i++) {
        const history_entry *e = entries->pdata[i];
        (void)json_array_append_new(
            saved, json_pack("{s:s, s:s}", "name", e->name, "created", e->created));
    }
    json_t *lines = json_array();
    for (guint i = 0; i < trends->len; i++) {
        const history_trend *t = trends->pdata[i];
        json_t *medians = json_array();
        for (guint k = 0; k < t->medians->len; k++)
            (void)json_array_append_new(medians, json_real(g_array_index(t->medians, double, k)));
        (void)json_array_append_new(lines, json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", t->figure,
                                                     "layout", t->layout, "subject", t->subject,
                                                     "unit", t->unit, "medians", medians));
    }
    json_t *root = json_pack("{s:s, s:i, s:o, s:o}", "schema", "objlab/history", "version", 1,
                             "results", saved, "trends", lines);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    bool ok = puts(text) >= 0;
    free(text);
    return ok;
}

static int show_history(const history_options *o)
{
    g_autofree char *path = history_path();
    g_autoptr(GError) error = NULL;
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return cli_fail(CLI_USAGE, "history: nothing is saved yet (objlab bench --save NAME)");
    g_autoptr(history) h = history_open(path, &error);
    g_autoptr(GPtrArray) entries = h == NULL ? NULL : history_list(h, &error);
    g_autoptr(GPtrArray) trends =
        entries == NULL ? NULL
                        : history_trends(h, o->subject == NULL ? "objlab" : o->subject, o->figure,
                                         o->layout, &error);
    if (trends == NULL)
        return cli_fail_error(CLI_USAGE, &error);
    if (!o->json)
        print_table(entries, trends);
    else if (!print_json(entries, trends))
        return cli_fail(CLI_HARNESS, "history: cannot be written");
    return fflush(stdout) == 0 ? CLI_OK : cli_fail(CLI_HARNESS, "history: cannot be written");
}

int cmd_history(int argc, char **argv)
{
    history_options options = {0};
    g_autoptr(GError) error = NULL;
    int result;
    if (!parse_arguments(&argc, &argv, &options, &error))
        result = cli_fail(CLI_USAGE, "history: %s", error->message);
    else if (argc > 1)
        result = cli_fail(CLI_USAGE, "history: unexpected argument '%s'", argv[1]);
    else
        result = show_history(&options);
    options_clear(&options);
    return result;
}
