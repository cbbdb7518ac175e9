#include "harness/bench/cost_run.h"

#include "harness/bench/subjects.h"
#include "harness/measure/machine.h"
#include "harness/profile/callgrind.h"
#include "harness/profile/valgrind.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <gnu/libc-version.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define PREFIX     "cost_"
#define WORKER     "objlab-bench-cost"
#define TIME_LIMIT "120" /* seconds a run */
/* Not in TMPDIR: the length of the path that the worker lies in moves its stack, and so its misses.
 */
#define FOLDER "/tmp/objlab-cost-XXXXXX"

/* Below such a share of an operation, and such a share of its figure, no change is claimed. */
#define LEAST_EVENT      0.05
#define EXACT_TOLERANCE  0.01 /* instructions and branches */
#define CACHE_TOLERANCE  0.10 /* mispredictions and misses: addresses move them */
#define CACHE_MISS_LEAST 0.10

const char *const cost_events[] = {"instructions", "branches",  "mispredictions",
                                   "l1_misses",    "ll_misses", NULL};

/* What callgrind calls them: sums of its events. */
static const char *const summands[COST_N_EVENTS][4] = {{"Ir", NULL},
                                                       {"Bc", "Bi", NULL},
                                                       {"Bcm", "Bim", NULL},
                                                       {"I1mr", "D1mr", "D1mw", NULL},
                                                       {"ILmr", "DLmr", "DLmw", NULL}};

/* ---- running ---- */

static bool fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, BENCH_ERROR, 0, message);
    return false;
}

/* A copy of the worker in a folder of its own: its name and folder are then always the same. */
static bool copy_worker(const char *folder, GError **error)
{
    g_autofree char *path = subjects_worker(WORKER);
    if (path == NULL)
        return fail(error, "the program " WORKER " is missing");
    g_autofree char *text = NULL;
    gsize n_bytes = 0;
    g_autofree char *copy = g_build_filename(folder, "worker", NULL);
    return g_file_get_contents(path, &text, &n_bytes, error) &&
           g_file_set_contents_full(copy, text, (gssize)n_bytes, G_FILE_SET_CONTENTS_NONE, 0700,
                                    error);
}

static bool run_worker(const char *folder, unsigned n, const char *file, GError **error)
{
    const valgrind_callgrind_options options = {.simulate_caches = TRUE, .simulate_branches = TRUE};
    g_autoptr(GPtrArray) valgrind = valgrind_callgrind_argv(file, &options);
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    static const char *const limit[] = {"/usr/bin/timeout", "-k", "5", TIME_LIMIT};
    g_autofree char *number = g_strdup_printf("%u", n);
    for (size_t i = 0; i < G_N_ELEMENTS(limit); i++)
        g_ptr_array_add(argv, (char *)(gsize)limit[i]);
    for (guint i = 0; i < valgrind->len; i++)
        g_ptr_array_add(argv, valgrind->pdata[i]);
    g_ptr_array_add(argv, (char *)(gsize) "./worker");
    g_ptr_array_add(argv, number);
    g_ptr_array_add(argv, NULL);
    g_autofree char *output = NULL;
    g_autofree char *complaint = NULL;
    int status = 0;
    if (!g_spawn_sync(folder, (char **)argv->pdata, (char **)(gsize)valgrind_environment(),
                      G_SPAWN_DEFAULT, NULL, NULL, &output, &complaint, &status, error))
        return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    g_strchomp(complaint);
    return fail(error, "callgrind of " WORKER " %u ended with status %d: %s", n, status, complaint);
}

static callgrind_profile *count(const char *folder, unsigned n, GError **error)
{
    g_autofree char *name = g_strdup_printf("callgrind.out.%u", n);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    if (!run_worker(folder, n, name, error))
        return NULL;
    callgrind_profile *profile = callgrind_read(path, error);
    (void)g_unlink(path); /* the folder is removed next, and says so if it cannot be */
    return profile;
}

/* ---- figures ---- */

static double sum_of(const callgrind_profile *profile, const callgrind_function *f, size_t event)
{
    double sum = 0;
    for (const char *const *name = summands[event]; *name != NULL; name++) {
        int at = callgrind_event(profile, *name);
        sum += at < 0 ? 0 : (double)f->inclusive[at];
    }
    return sum;
}

/* "cost_create_dict" -> "create", "dict"; "cost_alloc_pool" -> "alloc", "". */
static void split_name(const char *function, char **ret_name, char **ret_layout)
{
    const char *rest = function + strlen(PREFIX);
    const char *underscore = strrchr(rest, '_');
    *ret_name = g_strndup(rest, (gsize)(underscore - rest));
    *ret_layout = g_strdup(strcmp(underscore, "_pool") == 0 ? "" : underscore + 1);
}

static void add_figure(bench_result *result, const char *function, size_t event, double value)
{
    g_autofree char *name = NULL;
    bench_figure *f = g_new0(bench_figure, 1);
    split_name(function, &name, &f->layout);
    bool is_exact = event < 2;
    f->name = g_strdup_printf("%s_%s", name, cost_events[event]);
    f->subject = g_strdup("objlab");
    f->unit = g_strdup("events");
    f->n = 1;
    f->value = (stats_interval){value, value, value};
    double least = is_exact ? LEAST_EVENT : CACHE_MISS_LEAST;
    double tolerance = is_exact ? EXACT_TOLERANCE : CACHE_TOLERANCE;
    f->resolution = value > 0 ? MAX(tolerance, least / value) : 1;
    g_ptr_array_add(result->figures, f);
}

static int by_function(gconstpointer a, gconstpointer b)
{
    const callgrind_function *const *left = a;
    const callgrind_function *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static bool add_slopes(bench_result *result, const callgrind_profile *once,
                       const callgrind_profile *twice, GError **error)
{
    g_autoptr(GPtrArray) functions = g_ptr_array_new();
    for (size_t i = 0; i < once->n_functions; i++) {
        if (g_str_has_prefix(once->functions[i].name, PREFIX))
            g_ptr_array_add(functions, (void *)(gsize)&once->functions[i]);
    }
    g_ptr_array_sort(functions, by_function);
    for (guint i = 0; i < functions->len; i++) {
        const callgrind_function *small = functions->pdata[i];
        const callgrind_function *large = callgrind_find(twice, small->name);
        if (large == NULL)
            return fail(error, "%s was counted with N objects, but not with 2N", small->name);
        for (size_t event = 0; event < COST_N_EVENTS; event++) {
            double slope =
                (sum_of(twice, large, event) - sum_of(once, small, event)) / COST_OBJECTS;
            add_figure(result, small->name, event, MAX(slope, 0));
        }
    }
    return functions->len > 0 || fail(error, "no function of " WORKER " was counted");
}

/* Of this file, and so of the worker. */
#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* The simulated machine, and what the binary is made of. */
static void set_fingerprint(bench_result *result)
{
    static const char *const tools[] = {"valgrind", NULL};
    struct utsname machine;
    const char *architecture = uname(&machine) == 0 ? machine.machine : "unknown";
    record_fingerprint *f = &result->fingerprint;
    machine_fingerprint(f, tools, valgrind_environment(), "none");
    g_free(f->cpu);
    g_free(f->kernel);
    f->cpu =
        g_strdup_printf("%s, simulated by callgrind: I1 and D1 32 KiB, LL 8 MiB", architecture);
    f->kernel = g_strdup("any");
    g_ptr_array_add(f->tools, g_strdup(COMPILER));
    g_ptr_array_add(f->tools, g_strdup_printf("glibc %s", gnu_get_libc_version()));
    g_ptr_array_add(f->environment, g_strdup("build=" OBJLAB_BUILD_TYPE));
}

static bool run_both(const char *folder, bench_result *result, GError **error)
{
    if (!copy_worker(folder, error))
        return false;
    g_autoptr(callgrind_profile) once = count(folder, COST_OBJECTS, error);
    g_autoptr(callgrind_profile) twice =
        once == NULL ? NULL : count(folder, 2 * COST_OBJECTS, error);
    return twice != NULL && add_slopes(result, once, twice, error);
}

bench_result *cost_run(GError **error)
{
    gint64 begin = g_get_monotonic_time();
    g_autofree char *folder = g_strdup(FOLDER);
    if (g_mkdtemp_full(folder, 0700) == NULL) {
        (void)fail(error, FOLDER ": the folder cannot be made: %s", g_strerror(errno));
        return NULL;
    }
    g_autoptr(bench_result) result = bench_result_new();
    bool ok = run_both(folder, result, error);
    g_autofree char *copy = g_build_filename(folder, "worker", NULL);
    (void)g_unlink(copy); /* may not be there */
    if (g_rmdir(folder) != 0 && ok)
        ok = fail(error, "%s cannot be removed", folder);
    if (!ok)
        return NULL;
    result->n_objects = COST_OBJECTS;
    result->n_rounds = 1;
    result->elapsed_s = (double)(g_get_monotonic_time() - begin) / G_USEC_PER_SEC;
    set_fingerprint(result);
    return g_steal_pointer(&result);
}

/* ---- table ---- */

char *cost_to_table(const bench_result *result)
{
    GString *text =
        g_string_new("an operation costs, counted by callgrind\n\n  layout   operation  "
                     "     ");
    for (size_t event = 0; event < COST_N_EVENTS; event++)
        g_string_append_printf(text, "  %14s", cost_events[event]);
    g_string_append_c(text, '\n');
    for (guint i = 0; i + COST_N_EVENTS <= result->figures->len; i += COST_N_EVENTS) {
        const bench_figure *first = result->figures->pdata[i];
        const char *suffix = strrchr(first->name, '_');
        g_string_append_printf(text, "  %-8s %-16.*s", *first->layout == '\0' ? "-" : first->layout,
                               (int)(suffix - first->name), first->name);
        for (guint event = 0; event < COST_N_EVENTS; event++) {
            const bench_figure *f = result->figures->pdata[i + event];
            g_string_append_printf(text, "  %14.3f", f->value.value);
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}
