/* cmd_cost.c -- objlab cost: what the runtime's operations cost, counted by callgrind; against a
 * baseline, exit 1 on a regression. */
#include "harness/bench/bench_diff.h"
#include "harness/bench/cost_run.h"
#include "harness/bench/history.h"
#include "harness/cli/commands.h"

#include <stdio.h>
#include <unistd.h>

typedef struct cost_options {
    gboolean json;
    char *out, *baseline, *save;
} cost_options;

static bool print(const char *text)
{
    return fputs(text, stdout) >= 0 && fflush(stdout) == 0;
}

static bench_result *read_baseline(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize n_bytes = 0;
    return g_file_get_contents(path, &text, &n_bytes, error)
               ? bench_result_parse(text, n_bytes, path, error)
               : NULL;
}

static int compare(const cost_options *o, const bench_result *accepted, const bench_result *result)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(bench_diff) diff = bench_diff_new(accepted, result, "objlab", &error);
    if (diff == NULL)
        return cli_fail_error(CLI_USAGE, &error);
    bool colour = isatty(STDOUT_FILENO) != 0 && g_getenv("NO_COLOR") == NULL;
    g_autofree char *shown = o->json ? bench_diff_to_json(diff) : bench_diff_to_table(diff, colour);
    if (!print(shown))
        return cli_fail(CLI_HARNESS, "cost: the result cannot be written");
    if (diff->n_regressed > 0)
        return cli_fail(CLI_SHORT, "cost: %zu figures cost more than in %s", diff->n_regressed,
                        o->baseline);
    return CLI_OK;
}

static bool save(const char *label, const bench_result *result, GError **error)
{
    g_autofree char *path = history_path();
    g_autoptr(history) h = history_open(path, error);
    return h != NULL && history_save(h, label, result, error);
}

static int run(const cost_options *o)
{
    g_autoptr(GError) error = NULL;
    if (o->save != NULL && !history_name_is_valid(o->save))
        return cli_fail(CLI_USAGE,
                        "cost: --save: '%s' is no name of letters, digits, '.', '-', '_'", o->save);
    g_autoptr(bench_result) accepted =
        o->baseline != NULL ? read_baseline(o->baseline, &error) : NULL;
    if (error != NULL)
        return cli_fail_error(CLI_USAGE, &error);
    g_autoptr(bench_result) result = cost_run(&error);
    if (result == NULL)
        return cli_fail_error(CLI_HARNESS, &error);
    g_autofree char *json = bench_result_to_json(result);
    if (o->out != NULL && !g_file_set_contents(o->out, json, -1, &error))
        return cli_fail_error(CLI_HARNESS, &error);
    if (o->save != NULL && !save(o->save, result, &error))
        return cli_fail_error(CLI_HARNESS, &error);
    if (accepted != NULL)
        return compare(o, accepted, result);
    g_autofree char *table = cost_to_table(result);
    return print(o->json ? json : table)
               ? CLI_OK
               : cli_fail(CLI_HARNESS, "cost: the result cannot be written");
}

int cmd_cost(int argc, char **argv)
{
    cost_options o = {0};
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &o.json, "as JSON", NULL},
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &o.out, "also write the figures there", "FILE"},
        {"save", 0, 0, G_OPTION_ARG_STRING, &o.save,
         "keep the figures as a baseline (objlab diff, objlab history)", "NAME"},
        {"baseline", 0, 0, G_OPTION_ARG_FILENAME, &o.baseline,
         "compare with such a file; exit 1 if anything costs more", "FILE"},
        G_OPTION_ENTRY_NULL};
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_summary(context, "Counts instructions, branches and misses of the "
                                          "runtime's operations under callgrind:\nthe same "
                                          "figures on every machine, busy or idle.");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    int code;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        code = cli_fail_error(CLI_USAGE, &error);
    else if (argc > 1)
        code = cli_fail(CLI_USAGE, "cost: unknown argument '%s'", argv[1]);
    else
        code = run(&o);
    g_option_context_free(context);
    g_free(o.out);
    g_free(o.baseline);
    g_free(o.save);
    return code;
}
