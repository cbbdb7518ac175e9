/* cmd_grade.c -- objlab grade: one submission, from folder to report. */
#include "harness/cli/cli.h"
#include "harness/cli/commands.h"
#include "harness/cli/run.h"
#include "harness/judge/grade.h"
#include "harness/sandbox/sandbox.h"
#include "reports/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct arguments {
    char *rubric, *out, *sandbox, *seed;
    gboolean quick, evidence, json;
    int n_jobs;
} arguments;

static bool parse_seed(const char *text, grade_options *options)
{
    options->has_seed = text != NULL;
    return text == NULL ||
           g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, &options->seed, NULL);
}

static bool parse_tier(const char *text)
{
    if (text == NULL || strcmp(text, "full") == 0)
        return true;
    if (strcmp(text, "limits") != 0)
        return false;
    sandbox_set_tier(SANDBOX_LIMITS);
    return true;
}

static int print_result(const record *r, bool json)
{
    terminal_style style = terminal_style_for(STDOUT_FILENO);
    g_autofree char *text = json ? record_to_json(r) : terminal_render(r, &style);
    if (fputs(text, stdout) == EOF || (json && putchar('\n') == EOF) || fflush(stdout) == EOF)
        return cli_fail(CLI_HARNESS, "standard output: %s", g_strerror(errno));
    if (r->verdict == RECORD_HARNESS_FAULT)
        return CLI_HARNESS;
    return r->score < r->max_score ? CLI_SHORT : CLI_OK;
}

static int grade(grade_options *options, const arguments *given)
{
    options->progress = run_show_progress;
    options->cancel = run_catch_signals();
    GError *error = NULL;
    g_autoptr(record) r = grade_run(options, &error);
    run_end_progress();
    if (r == NULL && run_signal() != 0) {
        g_clear_error(&error);
        return run_interrupted("nothing was written");
    }
    if (r == NULL)
        return cli_fail_error(g_error_matches(error, GRADE_ERROR, GRADE_ERROR_USAGE) ? CLI_USAGE
                                                                                     : CLI_HARNESS,
                              &error);
    int result = print_result(r, given->json);
    if (!given->json && result != CLI_HARNESS) {
        g_autofree char *out =
            options->out == NULL ? grade_default_out(options->folder) : g_strdup(options->out);
        (void)printf("  Report: %s/report.html\n\n", out); /* a lost hint is no failure */
    }
    return result;
}

int cmd_grade(int argc, char **argv)
{
    arguments given = {0};
    const GOptionEntry entries[] = {
        {"rubric", 'r', 0, G_OPTION_ARG_FILENAME, &given.rubric, "grade by this rubric", "FILE"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &given.out,
         "where the reports go (default build/reports/NAME)", "DIR"},
        {"quick", 'q', 0, G_OPTION_ARG_NONE, &given.quick, "fewer tapes, no timing", NULL},
        {"sandbox", 0, 0, G_OPTION_ARG_STRING, &given.sandbox,
         "full, or limits where the kernel has no namespaces", "TIER"},
        {"evidence", 'e', 0, G_OPTION_ARG_NONE, &given.evidence,
         "run nothing: DIR holds the evidence of an earlier grading", NULL},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &given.n_jobs, "runs at a time (default 2)", "N"},
        {"seed", 's', 0, G_OPTION_ARG_STRING, &given.seed,
         "of the tapes (default: from the submission)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &given.json, "print the record, not the summary", NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new("DIR");
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    grade_options options = {0};
    int result = CLI_OK;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        result = cli_fail_error(CLI_USAGE, &error);
    else if (argc != 2)
        result = cli_fail(CLI_USAGE, "expected one folder: objlab grade DIR (see --help)");
    else if (given.n_jobs < 0 || given.n_jobs > 64)
        result = cli_fail(CLI_USAGE, "--jobs: expected 1 to 64");
    else if (!parse_seed(given.seed, &options))
        result = cli_fail(CLI_USAGE, "--seed: expected a whole number, not '%s'", given.seed);
    else if (!parse_tier(given.sandbox))
        result = cli_fail(CLI_USAGE, "--sandbox: expected full or limits, not '%s'", given.sandbox);
    else {
        options.folder = argv[1];
        options.rubric = given.rubric;
        options.out = given.out;
        options.quick = given.quick != FALSE;
        options.recompute = given.evidence != FALSE;
        options.n_workers = (unsigned)given.n_jobs;
        result = grade(&options, &given);
    }
    g_free(given.rubric);
    g_free(given.out);
    g_free(given.sandbox);
    g_free(given.seed);
    return result;
}
