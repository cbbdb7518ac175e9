/* objlab bench: the layouts and the allocator, and their rivals, timed side by side. */
#include "harness/bench/bench_gbench.h"
#include "harness/bench/bench_result.h"
#include "harness/bench/history.h"
#include "harness/bench/sweep.h"
#include "harness/cli/bench_prove.h"
#include "harness/cli/commands.h"
#include "harness/measure/machine.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct bench_options {
    const char *layout; /* NULL: all */
    bool layouts, allocators, rivals, quick, sweep;
    bool json, gbench;
    int argc; /* flags for Google Benchmark, argv[0] the program */
    char **argv;
    uint64_t n_objects;
    bool is_n_given;
    uint64_t seed, n_rounds;
    clock_kind clock;
    const char *save;  /* NULL: not kept */
    const char *prove; /* NULL: an ordinary run */
    uint64_t n_tries;  /* 0: as usual */
} bench_options;

/* Memory that a subject may take for an object at the most (CPython: a dict, its object, a weak
 * reference and the harness's own tables), for the check before the start. */
enum { WORST_BYTES_PER_OBJECT = 320, PERCENT_OF_MEMORY = 80 };

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* ---- options ---- */

typedef struct raw_options {
    char *layout, *n, *clock, *format, *seed, *prove, *tries, *save, *rounds;
    gboolean allocators, rivals, all, quick, json, sweep;
} raw_options;

static void raw_clear(raw_options *raw)
{
    g_free(raw->layout);
    g_free(raw->n);
    g_free(raw->clock);
    g_free(raw->format);
    g_free(raw->seed);
    g_free(raw->prove);
    g_free(raw->tries);
    g_free(raw->save);
    g_free(raw->rounds);
}

static bool parse_arguments(int *argc, char ***argv, raw_options *raw, GError **error)
{
    const GOptionEntry entries[] = {
        {"layout", 0, 0, G_OPTION_ARG_STRING, &raw->layout, "dict, slots, weakref or all", "NAME"},
        {"objects", 'n', 0, G_OPTION_ARG_STRING, &raw->n,
         "objects of a pass (1000000; 100000 with --quick)", "N"},
        {"allocators", 0, 0, G_OPTION_ARG_NONE, &raw->allocators,
         "also blocks: our pool as an allocator", NULL},
        {"rivals", 0, 0, G_OPTION_ARG_NONE, &raw->rivals,
         "also CPython, Lua, GObject, glibc, jemalloc, tcmalloc, mimalloc", NULL},
        {"all", 0, 0, G_OPTION_ARG_NONE, &raw->all, "--layout all --allocators --rivals", NULL},
        {"quick", 0, 0, G_OPTION_ARG_NONE, &raw->quick, "half a minute at most", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &raw->json, "the record objlab/bench", NULL},
        {"format", 0, 0, G_OPTION_ARG_STRING, &raw->format, "table, json or gbench", "NAME"},
        {"clock", 0, 0, G_OPTION_ARG_STRING, &raw->clock, "auto, tsc, cntvct, perf or os", "NAME"},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &raw->seed, "of all random orders (1)", "N"},
        {"rounds", 0, 0, G_OPTION_ARG_STRING, &raw->rounds,
         "processes a subject at the most (31; 15 with --quick)", "N"},
        {"save", 0, 0, G_OPTION_ARG_STRING, &raw->save,
         "keep the result as a baseline (objlab diff, objlab history)", "NAME"},
        {"sweep", 0, 0, G_OPTION_ARG_NONE, &raw->sweep,
         "cost against the number of objects, from 1000 to N (10000000): as far as memory and "
         "time permit, 4 minutes, an hour with -n, 24 s with --quick",
         NULL},
        {"prove", 0, 0, G_OPTION_ARG_STRING, &raw->prove,
         "measure the harness itself: aa, processes (false alarms), planted (slow-downs), overhead",
         "WHAT"},
        {"tries", 0, 0, G_OPTION_ARG_STRING, &raw->tries, "of --prove (aa 1000, planted 100)", "N"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL}};
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_summary(context,
                                 "Times the three layouts of an object, side by side and in short "
                                 "interleaved windows,\nand says what the differences are worth.");
    g_option_context_set_description(
        context, "With --format=gbench, Google Benchmark's own flags (--benchmark_filter=..., "
                 "--benchmark_repetitions=...) are passed on.");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_ignore_unknown_options(context, TRUE); /* the library's own flags */
    bool ok = g_option_context_parse(context, argc, argv, error);
    g_option_context_free(context);
    return ok;
}

static bool usage_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool usage_error(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error_literal(error, BENCH_ERROR, CLI_USAGE, message);
    return false;
}

static bool read_number(const char *what, const char *text, uint64_t fallback, uint64_t *ret_value,
                        GError **error)
{
    guint64 value = fallback;
    if (text != NULL && !g_ascii_string_to_unsigned(text, 10, 1, UINT32_MAX, &value, NULL))
        return usage_error(error, "bench: %s: '%s' is no number of 1 to %u", what, text,
                           UINT32_MAX);
    *ret_value = value;
    return true;
}

static bool read_layout(const char *name, bench_options *options, GError **error)
{
    static const char *const names[] = {"dict", "slots", "weakref", NULL};
    if (name == NULL || strcmp(name, "all") == 0)
        return true;
    if (!g_strv_contains(names, name))
        return usage_error(error, "bench: --layout: '%s' is none of dict, slots, weakref, all",
                           name);
    options->layout = names[strcmp(name, "dict") == 0 ? 0 : strcmp(name, "slots") == 0 ? 1 : 2];
    return true;
}

static uint64_t default_n(const raw_options *raw)
{
    uint64_t n = raw->quick ? 100000 : 1000000;
    return raw->sweep ? n * 10 : n;
}

static bool read_options(const raw_options *raw, bench_options *options, GError **error)
{
    options->quick = raw->quick;
    options->sweep = raw->sweep;
    options->is_n_given = raw->n != NULL;
    options->prove = raw->prove;
    options->save = raw->save;
    if (raw->save != NULL && !history_name_is_valid(raw->save))
        return usage_error(
            error, "bench: --save: '%s' is no name of letters, digits, '.', '-', '_'", raw->save);
    options->allocators = raw->allocators || raw->all;
    options->rivals = raw->rivals || raw->all;
    options->layouts = !raw->allocators || raw->layout != NULL || raw->all;
    options->json = raw->json || g_strcmp0(raw->format, "json") == 0;
    options->gbench = g_strcmp0(raw->format, "gbench") == 0;
    if (raw->format != NULL && !options->json && !options->gbench &&
        strcmp(raw->format, "table") != 0)
        return usage_error(error, "bench: --format: '%s' is none of table, json, gbench",
                           raw->format);
    if (raw->clock != NULL && !clock_kind_from_name(raw->clock, &options->clock))
        return usage_error(error, "bench: --clock: '%s' is none of auto, tsc, cntvct, perf, os",
                           raw->clock);
    return read_layout(raw->layout, options, error) &&
           read_number("-n", raw->n, default_n(raw), &options->n_objects, error) &&
           read_number("--seed", raw->seed, 1, &options->seed, error) &&
           read_number("--rounds", raw->rounds, raw->quick ? 15 : 31, &options->n_rounds, error) &&
           read_number("--tries", raw->tries, 0, &options->n_tries, error);
}

/* What the option parser left: flags of Google Benchmark, and nothing else. */
static bool take_rest(int argc, char **argv, bench_options *options, GError **error)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            continue;
        if (!options->gbench || !g_str_has_prefix(argv[i], "--benchmark_"))
            return usage_error(error, "bench: unknown argument '%s'; see objlab bench --help",
                               argv[i]);
    }
    options->argc = argc;
    options->argv = argv;
    return true;
}

/* ---- progress ---- */

typedef struct progress_state {
    bool terminal;
    int last_tenth;
    double from, to; /* share of the whole that this session is */
    double after_s;  /* what comes after it may take */
} progress_state;

static void show_progress(void *user, double done, double remaining_s, const char *text)
{
    enum { WIDTH = 20 };
    progress_state *p = user;
    double whole = p->from + (p->to - p->from) * done;
    if (p->terminal) {
        char bar[WIDTH + 1];
        for (int i = 0; i < WIDTH; i++)
            bar[i] = i < (int)(whole * WIDTH) ? '#' : '.';
        bar[WIDTH] = '\0';
        double left_s = (remaining_s < 0 ? 0 : remaining_s) + p->after_s;
        (void)fprintf(stderr, "\r\033[K[%s] %3.0f %%, %.0f s left, %s", bar, 100 * whole, left_s,
                      text);
        (void)fflush(stderr);
    } else if ((int)(whole * 10) > p->last_tenth) {
        p->last_tenth = (int)(whole * 10);
        (void)fprintf(stderr, "bench: %d0 %%, %s\n", p->last_tenth, text);
    }
}

static void end_progress(const progress_state *p)
{
    if (p->terminal)
        (void)fputs("\r\033[K", stderr);
}

/* ---- sessions ---- */

typedef struct bench_run {
    const bench_options *options;
    bench_result *result;
    remote_settings settings;
    progress_state progress;
} bench_run;

static bool fits_memory(const bench_run *run, const GPtrArray *subjects, GError **error)
{
    uint64_t available = machine_available_bytes();
    uint64_t needed = run->settings.n * WORST_BYTES_PER_OBJECT * (subjects->len + 1);
    if (available == 0 || needed <= available / 100 * PERCENT_OF_MEMORY)
        return true;
    g_set_error(error, BENCH_ERROR, CLI_USAGE,
                "bench: -n %zu would take up to %.1f GB in %u processes, and only %.1f GB are free",
                run->settings.n, (double)needed * 1e-9, subjects->len + 1,
                (double)available * 1e-9);
    return false;
}

static void note_absent(bench_result *result, const GPtrArray *subjects)
{
    for (guint i = 0; i < subjects->len; i++) {
        const bench_subject *s = subjects->pdata[i];
        if (s->absent == NULL)
            continue;
        char *line = g_strdup_printf("%s: %s", s->name, s->absent);
        if (g_ptr_array_find_with_equal_func(result->absent, line, g_str_equal, NULL))
            g_free(line);
        else
            g_ptr_array_add(result->absent, line);
    }
}

/* Whom the layouts are compared with where it was measured. */
static const char object_rival[] = "cpython";

static bool run_group(bench_run *run, subjects_group group, double budget_s, double limit_s,
                      GError **error)
{
    const bench_options *options = run->options;
    bool is_objects = group == SUBJECTS_OBJECTS;
    g_autoptr(GPtrArray) subjects = subjects_find(group, options->rivals);
    note_absent(run->result, subjects);
    if (!fits_memory(run, subjects, error))
        return false;
    const bench_plan plan = {
        .settings = run->settings,
        .subjects = subjects,
        .allocators = !is_objects,
        .objects = is_objects,
        .layout = options->layout,
        .min_rounds = MIN(5, options->n_rounds),
        .max_rounds = options->n_rounds,
        .target_width = 0.01,
        .budget_s = budget_s,
        .limit_s = limit_s,
        .rival = is_objects && options->rivals ? object_rival : NULL,
        .progress = show_progress,
        .user = &run->progress,
        .stop = &interrupted,
    };
    g_autoptr(bench_session) session = bench_session_run(&plan, error);
    end_progress(&run->progress);
    if (session == NULL)
        return false;
    bench_result_add(run->result, session, is_objects ? object_rival : NULL);
    return true;
}

/* The allocators first, in a quarter of the time; the layouts get all that is left. */
static bool run_sessions(bench_run *run, GError **error)
{
    const bench_options *options = run->options;
    const double total_s = options->quick ? 25 : 270;
    const double limit_s = options->quick ? 28 : 290;
    const double allocators_share = options->layouts ? 0.25 : 1;
    uint64_t start_ns = clock_now_ns();
    run->progress.to = 1;
    if (options->allocators) {
        run->progress.to = allocators_share;
        run->progress.after_s = total_s * (1 - allocators_share);
        if (!run_group(run, SUBJECTS_ALLOCATORS, total_s * allocators_share, limit_s, error))
            return false;
        run->progress.from = allocators_share;
    }
    run->progress.to = 1;
    run->progress.after_s = 0;
    if (!options->layouts || interrupted != 0)
        return true;
    double gone_s = (double)(clock_now_ns() - start_ns) * 1e-9;
    return run_group(run, SUBJECTS_OBJECTS, MAX(total_s - gone_s, 1), MAX(limit_s - gone_s, 1),
                     error);
}

static void note_warnings(bench_result *result, uint64_t steal_before)
{
    g_autoptr(GPtrArray) warnings = machine_warnings("", steal_before);
    for (guint i = 0; i < warnings->len; i++) {
        const machine_warning *w = warnings->pdata[i];
        g_ptr_array_add(result->warnings, g_strdup_printf("%s (%s)", w->what, w->remedy));
    }
}

/* Seconds that a sweep may take: who names an N wants to see it. */
static double sweep_budget_s(const bench_options *options)
{
    return options->quick ? 24 : options->is_n_given ? 3600 : 240;
}

/* What will be measured and what not: the user may not want to wait for that. */
static void tell_schedule(const sweep_plan *plan, const sweep_schedule *schedule)
{
    double least_s = schedule->spent_s;
    uint64_t n_alone = 0;
    for (guint i = 0; i < schedule->stops->len; i++) {
        const sweep_stop *stop = &g_array_index(schedule->stops, sweep_stop, i);
        least_s += stop->least_s;
        if (!stop->is_side_by_side && n_alone == 0)
            n_alone = stop->n_objects;
    }
    const sweep_stop *last = &g_array_index(schedule->stops, sweep_stop, schedule->stops->len - 1);
    (void)fprintf(stderr,
                  "bench: N from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT
                  ", %.0f to %.0f s, at most %.1f GB\n",
                  plan->n_least, last->n_objects, least_s, plan->budget_s,
                  (double)plan->bytes_limit * 1e-9);
    if (n_alone > 0)
        (void)fprintf(stderr,
                      "bench: from N = %" G_GUINT64_FORMAT
                      " on one subject after the other: together they do not fit\n",
                      n_alone);
    for (guint i = 0; i < schedule->left_out->len; i++)
        (void)fprintf(stderr, "bench: left out: %s\n", (const char *)schedule->left_out->pdata[i]);
}

static sweep *sweep_all(const sweep_plan *plan, GError **error)
{
    g_autoptr(sweep_schedule) schedule = sweep_schedule_find(plan, error);
    if (schedule == NULL || interrupted != 0)
        return NULL;
    tell_schedule(plan, schedule);
    return sweep_run(plan, schedule, error);
}

/* Cost against N, within the memory and the time that there are. */
static int run_sweep(bench_run *run)
{
    const bench_options *options = run->options;
    unsigned groups =
        options->allocators && !options->layouts ? SUBJECTS_ALLOCATORS : SUBJECTS_OBJECTS;
    g_autoptr(GPtrArray) subjects = subjects_find(groups, options->rivals);
    const sweep_plan plan = {
        .base = {.settings = run->settings,
                 .subjects = subjects,
                 .allocators = groups == SUBJECTS_ALLOCATORS,
                 .objects = groups == SUBJECTS_OBJECTS,
                 .layout = options->layout,
                 .progress = show_progress,
                 .user = &run->progress,
                 .stop = &interrupted},
        .n_least = MIN(1000, options->n_objects),
        .n_most = options->n_objects,
        .budget_s = sweep_budget_s(options),
        .bytes_limit = machine_available_bytes() / 100 * PERCENT_OF_MEMORY,
    };
    run->progress.to = 1;
    g_autoptr(GError) error = NULL;
    g_autoptr(sweep) s = sweep_all(&plan, &error);
    end_progress(&run->progress);
    if (interrupted != 0)
        return cli_fail(CLI_HARNESS, "bench: interrupted; nothing is reported");
    if (s == NULL)
        return cli_fail_error(CLI_HARNESS, &error);
    g_autofree char *text = options->json ? sweep_to_json(s) : sweep_to_table(s);
    return fputs(text, stdout) < 0 || fflush(stdout) != 0
               ? cli_fail(CLI_HARNESS, "bench: the result cannot be written")
               : CLI_OK;
}

static bool save_result(const bench_options *options, const bench_result *result, GError **error)
{
    if (options->save == NULL)
        return true;
    g_autofree char *path = history_path();
    g_autoptr(history) h = history_open(path, error);
    return h != NULL && history_save(h, options->save, result, error);
}

static int print_result(const bench_options *options, const bench_result *result)
{
    g_autofree char *why = NULL;
    if (!bench_result_is_valid(result, &why))
        return cli_fail(CLI_HARNESS, "bench: %s", why);
    bool colour = !options->json && isatty(STDOUT_FILENO) != 0 && g_getenv("NO_COLOR") == NULL;
    g_autofree char *text =
        options->json ? bench_result_to_json(result) : bench_result_to_table(result, colour);
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
        return cli_fail(CLI_HARNESS, "bench: the result cannot be written");
    for (guint i = 0; !options->json && i < result->warnings->len; i++)
        (void)fprintf(stderr, "warning: %s\n", (const char *)result->warnings->pdata[i]);
    return CLI_OK;
}

/* Google Benchmark takes over: how often, in which order, and the report. */
static int run_gbench(const bench_run *run)
{
    const bench_options *options = run->options;
    unsigned groups =
        (options->layouts ? SUBJECTS_OBJECTS : 0) | (options->allocators ? SUBJECTS_ALLOCATORS : 0);
    g_autoptr(GPtrArray) subjects = subjects_find(groups, options->rivals);
    g_autoptr(GError) error = NULL;
    if (!fits_memory(run, subjects, &error))
        return cli_fail_error(CLI_USAGE, &error);
    const bench_gbench_plan plan = {.settings = run->settings,
                                    .subjects = subjects,
                                    .allocators = options->allocators,
                                    .objects = options->layouts,
                                    .layout = options->layout};
    g_autofree char *text = NULL;
    if (!bench_gbench_run(&plan, options->argc, options->argv, &text, &error))
        return cli_fail(CLI_USAGE, "bench: %s", error->message);
    return fputs(text, stdout) < 0 || fflush(stdout) != 0
               ? cli_fail(CLI_HARNESS, "bench: the result cannot be written")
               : CLI_OK;
}

static int run_bench(const bench_options *options)
{
    bench_run run = {.options = options, .result = bench_result_new()};
    g_autoptr(bench_result) result = run.result;
    const char *why = NULL;
    if (!clock_open(options->clock, &result->clock, &why))
        return cli_fail(CLI_USAGE, "bench: %s", why);
    if (options->prove != NULL)
        return bench_prove(options->prove, options->n_tries, &result->clock, options->seed);
    note_warnings(result, 0);
    run.settings = (remote_settings){.clock = result->clock,
                                     .n = options->n_objects,
                                     .n_windows = options->quick ? 5 : 11,
                                     .seed = options->seed,
                                     .cpu = machine_quiet_cpu(),
                                     .step_limit_s = 120};
    run.progress = (progress_state){.terminal = isatty(STDERR_FILENO) != 0};
    result->n_objects = options->n_objects;
    if (options->gbench)
        return run_gbench(&run);
    const char *const tools[] = {"gcc", "python3", NULL};
    const char *const environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
    machine_fingerprint(&result->fingerprint, tools, environment, "none");
    struct sigaction action = {.sa_handler = on_interrupt};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (options->sweep)
        return run_sweep(&run);
    g_autoptr(GError) error = NULL;
    bool ok = run_sessions(&run, &error);
    result->drift_ppm = clock_drift_ppm(&result->clock);
    clock_close(&result->clock);
    if (interrupted != 0)
        return cli_fail(CLI_HARNESS, "bench: interrupted; nothing is reported");
    if (!ok)
        return cli_fail_error(error->code == CLI_USAGE ? CLI_USAGE : CLI_HARNESS, &error);
    int printed = print_result(options, result);
    if (printed == CLI_OK && !save_result(options, result, &error))
        return cli_fail_error(CLI_HARNESS, &error);
    return printed;
}

int cmd_bench(int argc, char **argv)
{
    raw_options raw = {0};
    bench_options options = {.clock = CLOCK_AUTO};
    g_autoptr(GError) error = NULL;
    int result;
    if (!parse_arguments(&argc, &argv, &raw, &error))
        result = cli_fail(CLI_USAGE, "bench: %s", error->message);
    else if (!read_options(&raw, &options, &error) || !take_rest(argc, argv, &options, &error))
        result = cli_fail(CLI_USAGE, "%s", error->message);
    else
        result = run_bench(&options);
    raw_clear(&raw);
    return result;
}
