/* objlab history: saved benchmark results, and the trend of each figure. */
#include "harness/bench/history.h"
#include "harness/cli/commands.h"

#include <jansson.h>
#include <math.h>
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

/* The change is shown in brackets where the two intervals overlap: it may be nothing. */
static void print_trend(const history_trend *t)
{
    const stats_interval *first = history_first(t);
    const stats_interval *last = history_last(t);
    const stats_interval *values = (const stats_interval *)(const void *)t->values->data;
    g_autofree char *line = history_sparkline(values, t->values->len);
    g_autofree char *from =
        g_strdup_printf("%.2f [%.2f, %.2f]", first->value, first->low, first->high);
    g_autofree char *to = g_strdup_printf("%.2f [%.2f, %.2f]", last->value, last->low, last->high);
    double change = first->value > 0 ? 100 * (last->value / first->value - 1) : 0;
    bool overlap = first->low <= last->high && last->low <= first->high;
    g_autofree char *percent = g_strdup_printf(overlap ? "(%+.1f %%)" : "%+.1f %%", change);
    (void)printf("%-24s %-8s %-5s %26s -> %-26s %10s  %s\n", t->figure, t->layout, t->unit, from,
                 to, percent, line);
}

static void print_table(const GPtrArray *entries, const GPtrArray *trends)
{
    for (guint i = 0; i < entries->len; i++) {
        const history_entry *e = entries->pdata[i];
        (void)printf("%s  %-20s %" G_GINT64_FORMAT " figures\n", e->created, e->name, e->n_figures);
    }
    if (trends->len > 0)
        (void)printf("%-24s %-8s %-5s %26s    %-26s  change  trend\n", "figure", "layout", "unit",
                     "first [95 %]", "last [95 %]");
    for (guint i = 0; i < trends->len; i++)
        print_trend(trends->pdata[i]);
}

/* Three arrays as long as "results"; null where a result has no such figure. */
static json_t *trend_to_json(const history_trend *t)
{
    json_t *medians = json_array();
    json_t *lows = json_array();
    json_t *highs = json_array();
    for (guint k = 0; k < t->values->len; k++) {
        const stats_interval *v = &g_array_index(t->values, stats_interval, k);
        bool known = isfinite(v->value);
        (void)json_array_append_new(medians, known ? json_real(v->value) : json_null());
        (void)json_array_append_new(lows, known ? json_real(v->low) : json_null());
        (void)json_array_append_new(highs, known ? json_real(v->high) : json_null());
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "name", t->figure, "layout", t->layout,
                     "subject", t->subject, "unit", t->unit, "medians", medians, "lows", lows,
                     "highs", highs);
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
    for (guint i = 0; i < trends->len; i++)
        (void)json_array_append_new(lines, trend_to_json(trends->pdata[i]));
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
