/* objlab profile calls|memory|lines|compare -- CMD: runs a program under a profiler and shows the
 * result.
 */
#include "harness/cli/commands.h"
#include "harness/cli/profile_methods.h"
#include "harness/cli/show_profile.h"
#include "harness/profile/line_print.h"
#include "harness/profile/probe_profile.h"
#include "harness/profile/profile_run.h"
#include "harness/profile/valgrind.h"

#include <glib/gstdio.h>
#include <string.h>

#define MAX_CONTEXTS      200
#define NO_CONTEXTS_GIVEN (-1)
#define STACK_CONTEXTS    24 /* for an export of call stacks, unless something is said */
#define MAX_HZ            10000

typedef struct profile_options {
    show_options show;
    gboolean caches, pages, jumps;
    int contexts;
    char *out, *coverage, *method, *instrumented;
    int n_rounds;
    int hz;
    double time_limit_s;
} profile_options;

/* The files of one profiling; removed at the end unless they are to be kept. */
typedef struct workplace {
    char *folder; /* temporary */
    char *calls, *heap, *xtree, *leaks, *log, *samples;
} workplace;

static bool workplace_init(workplace *w, GError **error)
{
    w->folder = g_dir_make_tmp("objlab-profile-XXXXXX", error);
    if (w->folder == NULL)
        return false;
    w->calls = g_build_filename(w->folder, "callgrind.out", NULL);
    w->heap = g_build_filename(w->folder, "massif.out", NULL);
    w->xtree = g_build_filename(w->folder, "xtree.kcg", NULL);
    w->leaks = g_build_filename(w->folder, "memcheck.xml", NULL);
    w->samples = g_build_filename(w->folder, "samples", NULL);
    w->log = g_build_filename(w->folder, "log", NULL);
    return true;
}

static void workplace_clear(workplace *w)
{
    char *files[] = {w->calls, w->heap, w->xtree, w->leaks, w->log, w->samples};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        if (files[i] != NULL)
            (void)g_remove(files[i]); /* not every run writes all of them */
        g_free(files[i]);
    }
    if (w->folder != NULL)
        (void)g_rmdir(w->folder);
    g_free(w->folder);
}

/* ---- runs ---- */

/* What valgrind says of its own failure, for the error line. */
static char *last_log_line(const char *log_file)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(log_file, &text, NULL, NULL))
        return g_strdup("no log");
    g_strchomp(text);
    const char *newline = strrchr(text, '\n');
    return g_strdup(newline != NULL ? newline + 1 : text);
}

static profile_run_options run_options(const profile_options *o)
{
    return (profile_run_options){
        .time_limit_s = o->time_limit_s,
        .stdout_to_stderr = o->show.json || o->show.export_name != NULL,
    };
}

/* Runs the program; *code is 1 when it failed. False: it did not run, and *code is final. */
static bool run_with(const GPtrArray *argv, const profile_run_options *options, const workplace *w,
                     char **program, const profile_options *o, int *code)
{
    g_autoptr(GError) error = NULL;
    profile_run_result result;
    if (!profile_run(argv, w->log, program, options, &result, &error)) {
        bool is_usage = g_error_matches(error, PROFILE_RUN_ERROR, PROFILE_RUN_ERROR_NO_PROGRAM);
        *code = cli_fail_error(is_usage ? CLI_USAGE : CLI_HARNESS, &error);
        return false;
    }
    if (result.is_timed_out)
        *code =
            cli_fail(CLI_SHORT, "warning: %s was stopped after %g s", program[0], o->time_limit_s);
    else if (result.signal != 0)
        *code = cli_fail(CLI_SHORT, "warning: %s was ended by signal %d (%s)", program[0],
                         result.signal, g_strsignal(result.signal));
    else if (result.exit_status != 0)
        *code = cli_fail(CLI_SHORT, "warning: %s exited with status %d", program[0],
                         result.exit_status);
    return true;
}

/* The same under valgrind, whose profile must then be in file. Takes argv. */
static bool run(GPtrArray *argv, const char *file, const workplace *w, char **program,
                const profile_options *o, int *code)
{
    profile_run_options options = run_options(o);
    bool is_run = run_with(argv, &options, w, program, o, code);
    g_ptr_array_unref(argv);
    if (!is_run)
        return false;
    GStatBuf status;
    if (g_stat(file, &status) == 0 && status.st_size > 0)
        return true;
    g_autofree char *log = last_log_line(w->log);
    *code = cli_fail(CLI_HARNESS, "valgrind wrote no profile of %s: %s", program[0], log);
    return false;
}

static bool run_callgrind(const workplace *w, char **program, const profile_options *o, int *code)
{
    valgrind_callgrind_options options = {.simulate_caches = o->caches,
                                          .simulate_branches = o->caches,
                                          .by_instruction = o->show.is_machine_code,
                                          .collect_jumps = o->jumps,
                                          .separate_callers = (unsigned)o->contexts};
    return run(valgrind_callgrind_argv(w->calls, &options), w->calls, w, program, o, code);
}

static bool run_massif(const workplace *w, char **program, const profile_options *o, int *code)
{
    GPtrArray *argv = valgrind_massif_argv(w->heap, o->pages);
    if (!o->pages)
        valgrind_add_xtree(argv, w->xtree);
    return run(argv, w->heap, w, program, o, code);
}

static bool run_memcheck(const workplace *w, char **program, const profile_options *o, int *code)
{
    return run(valgrind_memcheck_argv(w->leaks), w->leaks, w, program, o, code);
}

/* Runs the program with one of our own probes in it; the result is in callgrind's form. */
static bool run_probe(const workplace *w, char **program, const profile_options *o, int *code)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *probe = profile_run_find_probe(o->method);
    if (probe == NULL) {
        *code = cli_fail(CLI_HARNESS, "the probe libobjlab_%s.so is not installed", o->method);
        return false;
    }
    profile_run_options options = run_options(o);
    options.probe = probe;
    options.probe_file = w->samples;
    options.probe_hz = (unsigned)o->hz;
    if (!run_with(NULL, &options, w, program, o, code))
        return false;
    g_autofree char *text = NULL;
    gsize n_bytes;
    g_autofree char *command = g_strjoinv(" ", program);
    g_autofree char *calls = NULL;
    if (g_file_get_contents(w->samples, &text, &n_bytes, &error))
        calls = probe_profile_convert(text, n_bytes, command, &error);
    if (calls != NULL && g_file_set_contents(w->calls, calls, -1, &error))
        return true;
    *code = cli_fail_error(CLI_HARNESS, &error);
    return false;
}

/* ---- results ---- */

/* Copies a file to where --out says. */
static bool keep(const char *file, const char *out, int *code)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *contents = NULL;
    gsize n_bytes;
    if (out == NULL)
        return true;
    if (g_file_get_contents(file, &contents, &n_bytes, &error) &&
        g_file_set_contents(out, contents, (gssize)n_bytes, &error))
        return true;
    *code = cli_fail_error(CLI_HARNESS, &error);
    return false;
}

static void show_file(const char *file, const profile_options *o, int *code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    json_t *value = NULL;
    if (o->show.export_name != NULL) {
        if (!show_export(file, &o->show, &error))
            *code = cli_fail_error(CLI_HARNESS, &error);
        return;
    }
    if (!show_profile(file, &o->show, text, &value, &error)) {
        *code = cli_fail_error(CLI_USAGE, &error);
        return;
    }
    bool is_written = value != NULL ? show_print_json(value) : show_print(text->str);
    json_decref(value);
    if (!is_written)
        *code = cli_fail(CLI_HARNESS, "cannot write the output");
}

/* Adds what a run gave; each file may be absent. */
static void read_calls(line_table *table, const char *file)
{
    g_autoptr(callgrind_profile) profile = callgrind_read(file, NULL);
    if (profile != NULL)
        line_table_add_callgrind(table, profile, 0);
}

static void read_memory(line_table *table, const workplace *w)
{
    g_autoptr(callgrind_profile) tree = callgrind_read(w->xtree, NULL);
    if (tree != NULL)
        line_table_add_xtree(table, tree);
    g_autoptr(massif_profile) heap = massif_read(w->heap, NULL);
    if (heap != NULL)
        line_table_add_massif(table, heap);
}

static void read_leaks(line_table *table, const char *file)
{
    g_autoptr(memcheck_report) report = memcheck_read(file, NULL);
    if (report != NULL)
        line_table_add_memcheck(table, report);
}

static bool read_coverage(line_table *table, const char *file, int *code)
{
    g_autoptr(GError) error = NULL;
    if (file == NULL)
        return true;
    g_autoptr(lcov_info) info = lcov_info_read(file, &error);
    if (info == NULL) {
        *code = cli_fail_error(CLI_USAGE, &error);
        return false;
    }
    line_table_add_lcov(table, info);
    return true;
}

typedef char *print_lines(const line_table *table, const line_print_options *options,
                          GError **error);

static void show_lines(line_table *table, print_lines *print, const profile_options *o, int *code)
{
    g_autoptr(GError) error = NULL;
    line_print_options options = {.filter = o->show.filter, .strip_dirs = o->show.strip_dirs};
    line_table_sort(table);
    if (o->show.json) {
        json_t *value = line_print_json(table, &options, &error);
        if (value == NULL)
            *code = cli_fail_error(CLI_USAGE, &error);
        else if (!show_print_json(value))
            *code = cli_fail(CLI_HARNESS, "cannot write the output");
        json_decref(value);
        return;
    }
    g_autofree char *text = print(table, &options, &error);
    if (text == NULL)
        *code = cli_fail_error(CLI_USAGE, &error);
    else if (!show_print(text))
        *code = cli_fail(CLI_HARNESS, "cannot write the output");
}

/* ---- the three methods ---- */

static void profile_calls(const workplace *w, char **program, const profile_options *o, int *code)
{
    bool is_run = strcmp(o->method, "callgrind") == 0 ? run_callgrind(w, program, o, code)
                                                      : run_probe(w, program, o, code);
    if (is_run && keep(w->calls, o->out, code))
        show_file(w->calls, o, code);
}

static void profile_memory(const workplace *w, char **program, const profile_options *o, int *code)
{
    if (!run_massif(w, program, o, code) || !keep(w->heap, o->out, code))
        return;
    show_file(w->heap, o, code);
    if (o->show.json || o->pages)
        return;
    g_autoptr(line_table) table = line_table_new();
    read_memory(table, w);
    if (!show_print("\nLine by line (usage: live at the peak; increment: allocated over the run; "
                    "occurrences: blocks):\n\n")) {
        *code = cli_fail(CLI_HARNESS, "cannot write the output");
        return;
    }
    show_lines(table, line_print_memory, o, code);
}

static void profile_lines(const workplace *w, char **program, const profile_options *o, int *code)
{
    g_autoptr(line_table) table = line_table_new();
    if (!read_coverage(table, o->coverage, code) || !run_callgrind(w, program, o, code) ||
        !keep(w->calls, o->out, code) || !run_massif(w, program, o, code) ||
        !run_memcheck(w, program, o, code))
        return;
    read_calls(table, w->calls);
    read_memory(table, w);
    read_leaks(table, w->leaks);
    show_lines(table, line_print_joined, o, code);
}

static int profile(const char *method, char **program, profile_options *o)
{
    static const struct {
        const char *name;
        void (*run)(const workplace *, char **, const profile_options *, int *);
    } methods[] = {{"calls", profile_calls}, {"memory", profile_memory}, {"lines", profile_lines}};
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        if (strcmp(methods[i].name, method) != 0)
            continue;
        g_autoptr(GError) error = NULL;
        workplace w = {0};
        int code = CLI_OK;
        if (strcmp(method, "lines") == 0)
            o->caches = TRUE;
        if (workplace_init(&w, &error))
            methods[i].run(&w, program, o, &code);
        else
            code = cli_fail_error(CLI_HARNESS, &error);
        workplace_clear(&w);
        return code;
    }
    return cli_fail(CLI_USAGE, "profile: '%s': expected calls, memory, lines or compare", method);
}

static int compare(char **program, const profile_options *o)
{
    if (o->n_rounds < PROFILE_MIN_ROUNDS || o->n_rounds > PROFILE_MAX_ROUNDS)
        return cli_fail(CLI_USAGE, "profile: --rounds=%d: expected %d to %d", o->n_rounds,
                        PROFILE_MIN_ROUNDS, PROFILE_MAX_ROUNDS);
    const profile_methods_options options = {.instrumented = o->instrumented,
                                             .n_rounds = (unsigned)o->n_rounds,
                                             .limit = (unsigned)o->show.limit,
                                             .time_limit_s = o->time_limit_s,
                                             .json = o->show.json != FALSE};
    return profile_methods_run(program, &options);
}

static int profile_checked(int argc, char **argv, profile_options *o)
{
    int code = show_options_check(&o->show, "profile");
    if (code != CLI_OK)
        return code;
    if (argc < 2)
        return cli_fail(CLI_USAGE, "profile: expected calls, memory, lines or compare");
    int first = argc > 2 && strcmp(argv[2], "--") == 0 ? 3 : 2;
    if (first >= argc)
        return cli_fail(CLI_USAGE, "profile: no program given: objlab profile %s -- CMD", argv[1]);
    if (o->method == NULL)
        o->method = g_strdup("callgrind");
    if (strcmp(o->method, "callgrind") != 0 && strcmp(o->method, "sample") != 0 &&
        strcmp(o->method, "instrument") != 0)
        return cli_fail(CLI_USAGE, "profile: --method=%s: expected callgrind, sample or instrument",
                        o->method);
    if (o->hz < 0 || o->hz > MAX_HZ)
        return cli_fail(CLI_USAGE, "profile: --hz=%d: expected 1 to %d", o->hz, MAX_HZ);
    if (o->contexts == NO_CONTEXTS_GIVEN)
        o->contexts = o->show.export_name != NULL ? STACK_CONTEXTS : 0;
    if (o->contexts < 0 || o->contexts > MAX_CONTEXTS)
        return cli_fail(CLI_USAGE, "profile: --contexts=%d: expected 0 to %d", o->contexts,
                        MAX_CONTEXTS);
    if (o->time_limit_s < 0)
        return cli_fail(CLI_USAGE, "profile: --time-limit=%g is below 0", o->time_limit_s);
    return strcmp(argv[1], "compare") == 0 ? compare(argv + first, o)
                                           : profile(argv[1], argv + first, o);
}

int cmd_profile(int argc, char **argv)
{
    profile_options o = {.contexts = NO_CONTEXTS_GIVEN, .n_rounds = PROFILE_DEFAULT_ROUNDS};
    show_options_init(&o.show);
    const GOptionEntry entries[] = {
        {"out", 0, 0, G_OPTION_ARG_FILENAME, &o.out, "keep valgrind's file", "FILE"},
        {"caches", 0, 0, G_OPTION_ARG_NONE, &o.caches,
         "calls: simulate caches and branch prediction too", NULL},
        {"jumps", 0, 0, G_OPTION_ARG_NONE, &o.jumps,
         "calls with --asm or --lines, lines: where jumps lead to, and how often", NULL},
        {"method", 0, 0, G_OPTION_ARG_STRING, &o.method,
         "calls: callgrind (default, exact counts), sample (processor time, any program), "
         "instrument (elapsed time, built with -finstrument-functions)",
         "NAME"},
        {"hz", 0, 0, G_OPTION_ARG_INT, &o.hz,
         "sample: samples a second of processor time (default 997), at most the kernel's ticks",
         "N"},
        {"contexts", 0, 0, G_OPTION_ARG_INT, &o.contexts,
         "calls: tell functions apart by so many callers, for exact stacks (24 with --export)",
         "N"},
        {"pages", 0, 0, G_OPTION_ARG_NONE, &o.pages,
         "memory: whole pages, with what the program maps itself", NULL},
        {"coverage", 0, 0, G_OPTION_ARG_FILENAME, &o.coverage,
         "lines: executions from lcov's tracefile", "FILE"},
        {"instrumented", 0, 0, G_OPTION_ARG_FILENAME, &o.instrumented,
         "compare: the program as built with -finstrument-functions (default: CMD itself)", "FILE"},
        {"rounds", 0, 0, G_OPTION_ARG_INT, &o.n_rounds,
         "compare: runs by each method, interleaved (default 5)", "N"},
        {"time-limit", 0, 0, G_OPTION_ARG_DOUBLE, &o.time_limit_s,
         "stop the program after so many seconds", "S"},
        G_OPTION_ENTRY_NULL};
    GOptionContext *context =
        g_option_context_new("calls|memory|lines|compare -- CMD [ARGS] - profile a program");
    show_options_add(context, &o.show);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_strict_posix(context, FALSE);
    g_autoptr(GError) error = NULL;
    int code = g_option_context_parse(context, &argc, &argv, &error)
                   ? profile_checked(argc, argv, &o)
                   : cli_fail_error(CLI_USAGE, &error);
    g_option_context_free(context);
    show_options_clear(&o.show);
    g_free(o.out);
    g_free(o.coverage);
    g_free(o.method);
    g_free(o.instrumented);
    return code;
}
