#include "harness/cli/bench_compare.h"

#include "harness/bench/bench_diff.h"
#include "harness/bench/history.h"

#include <stdio.h>
#include <unistd.h>

static bool is_saved(const char *name)
{
    g_autofree char *path = history_path();
    if (!history_name_is_valid(name) || !g_file_test(path, G_FILE_TEST_EXISTS))
        return false;
    g_autoptr(history) h = history_open(path, NULL);
    g_autoptr(bench_result) result = h == NULL ? NULL : history_load(h, name, NULL);
    return result != NULL;
}

bool bench_compare_takes(const char *what)
{
    g_autofree char *text = NULL;
    gsize n_bytes = 0;
    if (g_file_get_contents(what, &text, &n_bytes, NULL))
        return bench_diff_recognises(text, n_bytes);
    return is_saved(what);
}

static bench_result *load(const char *what, GError **error)
{
    g_autofree char *text = NULL;
    gsize n_bytes = 0;
    if (g_file_test(what, G_FILE_TEST_EXISTS))
        return g_file_get_contents(what, &text, &n_bytes, error)
                   ? bench_result_parse(text, n_bytes, what, error)
                   : NULL;
    g_autofree char *path = history_path();
    g_autoptr(history) h = history_open(path, error);
    return h == NULL ? NULL : history_load(h, what, error);
}

int bench_compare_run(const char *before, const char *after, const char *subject_name,
                      double threshold, bool json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(bench_result) old_result = load(before, &error);
    g_autoptr(bench_result) new_result = old_result == NULL ? NULL : load(after, &error);
    if (new_result == NULL)
        return cli_fail_error(CLI_USAGE, &error);
    g_autoptr(bench_diff) diff = bench_diff_new(
        old_result, new_result, subject_name == NULL ? "objlab" : subject_name, &error);
    if (diff == NULL)
        return cli_fail_error(CLI_USAGE, &error);
    bool colour = isatty(STDOUT_FILENO) != 0 && g_getenv("NO_COLOR") == NULL;
    g_autofree char *text = json ? bench_diff_to_json(diff) : bench_diff_to_table(diff, colour);
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
        return cli_fail(CLI_HARNESS, "diff: the result cannot be written");
    return bench_diff_worst(diff) > threshold ? CLI_SHORT : CLI_OK;
}
