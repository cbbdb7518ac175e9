/* cmd_class.c -- objlab class: every submission of a class, and the gradebook. */
#include "harness/cli/cli.h"
#include "harness/cli/commands.h"
#include "harness/cli/run.h"
#include "harness/judge/class.h"
#include "harness/judge/cluster_plan.h"
#include "harness/judge/grade.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_JOBS = 64, MAX_CHUNK = 100000 };

typedef struct arguments {
    char *rubric, *out, *engine;
    gboolean resume, quick;
    int n_jobs, n_chunk, task;
} arguments;

static int print_result(const class_result *result)
{
    unsigned n_kept = 0;
    for (guint i = 0; i < result->entries->len; i++) {
        const class_entry *entry = g_ptr_array_index(result->entries, i);
        n_kept += entry->kept;
        if (entry->result == NULL)
            (void)cli_fail(CLI_HARNESS, "%s: %s", entry->name,
                           entry->why != NULL ? entry->why : "not graded");
    }
    if (printf("%u submissions, %u kept from before, %u not graded\n%s/gradebook.csv\n"
               "%s/class.html\n",
               result->entries->len, n_kept, result->n_failed, result->out, result->out) < 0)
        return cli_fail(CLI_HARNESS, "standard output: %s", g_strerror(errno));
    return result->n_failed > 0 ? CLI_HARNESS : CLI_OK;
}

static int grade_class(const char *folder, const arguments *given)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    if (self == NULL)
        return cli_fail(CLI_HARNESS, "cannot find my own program: %s", g_strerror(errno));
    const char *argv[] = {self, "grade", "--jobs=1", given->quick ? "--quick" : NULL, NULL};
    class_options options = {.folder = folder,
                             .out = given->out,
                             .rubric = given->rubric,
                             .grade_argv = argv,
                             .n_workers = (unsigned)given->n_jobs,
                             .slurm = given->engine != NULL && strcmp(given->engine, "slurm") == 0,
                             .n_chunk = (unsigned)given->n_chunk,
                             .resume = given->resume != FALSE,
                             .progress = run_show_progress,
                             .cancel = run_catch_signals()};
    GError *error = NULL;
    g_autoptr(class_result) result = class_run(&options, &error);
    run_end_progress();
    if (result != NULL)
        return print_result(result);
    if (g_error_matches(error, GRADE_ERROR, GRADE_ERROR_CANCELLED)) {
        g_clear_error(&error);
        return run_interrupted("go on with --resume");
    }
    return cli_fail_error(
        g_error_matches(error, GRADE_ERROR, GRADE_ERROR_USAGE) ? CLI_USAGE : CLI_HARNESS, &error);
}

static int grade_task(const char *plan, unsigned task)
{
    GError *error = NULL;
    if (cluster_task_run(plan, task, run_catch_signals(), &error))
        return CLI_OK;
    if (g_error_matches(error, GRADE_ERROR, GRADE_ERROR_CANCELLED)) {
        g_clear_error(&error);
        return run_interrupted("what is done stays done");
    }
    return cli_fail_error(
        g_error_matches(error, GRADE_ERROR, GRADE_ERROR_USAGE) ? CLI_USAGE : CLI_HARNESS, &error);
}

static bool is_engine(const char *engine)
{
    return engine == NULL || strcmp(engine, "local") == 0 || strcmp(engine, "slurm") == 0;
}

static int run(const char *argument, const arguments *given)
{
    if (!is_engine(given->engine))
        return cli_fail(CLI_USAGE, "--engine: expected local or slurm, not '%s'", given->engine);
    if (given->n_jobs < 0 || given->n_jobs > MAX_JOBS)
        return cli_fail(CLI_USAGE, "--jobs: expected 1 to %d", MAX_JOBS);
    if (given->n_chunk < 0 || given->n_chunk > MAX_CHUNK)
        return cli_fail(CLI_USAGE, "--chunk: expected 1 to %d", MAX_CHUNK);
    return given->task >= 0 ? grade_task(argument, (unsigned)given->task)
                            : grade_class(argument, given);
}

int cmd_class(int argc, char **argv)
{
    arguments given = {.task = -1};
    const GOptionEntry entries[] = {
        {"rubric", 'r', 0, G_OPTION_ARG_FILENAME, &given.rubric, "grade by this rubric", "FILE"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &given.out,
         "where results go (default build/reports/class-NAME)", "DIR"},
        {"engine", 0, 0, G_OPTION_ARG_STRING, &given.engine,
         "local: this machine (the default); slurm: a cluster", "ENGINE"},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &given.n_jobs, "gradings at a time (default 2)", "N"},
        {"chunk", 0, 0, G_OPTION_ARG_INT, &given.n_chunk,
         "slurm: submissions a task (default 1; more when the class has over 1000)", "N"},
        {"task", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT, &given.task,
         "for the job script: DIR is a plan, grade its chunk N", "N"},
        {"resume", 0, 0, G_OPTION_ARG_NONE, &given.resume, "keep results that are whole", NULL},
        {"quick", 'q', 0, G_OPTION_ARG_NONE, &given.quick, "fewer tapes, no timing", NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new("DIR");
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    int result = CLI_OK;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        result = cli_fail_error(CLI_USAGE, &error);
    else if (argc != 2)
        result = cli_fail(CLI_USAGE, "expected one folder: objlab class DIR (see --help)");
    else
        result = run(argv[1], &given);
    g_free(given.rubric);
    g_free(given.out);
    g_free(given.engine);
    return result;
}
