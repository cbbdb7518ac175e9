#include "harness/cli/profile_methods.h"

#include "harness/cli/cli.h"
#include "harness/cli/show_profile.h"
#include "harness/measure/clock.h"
#include "harness/profile/method_compare.h"
#include "harness/profile/probe_profile.h"
#include "harness/profile/profile_run.h"
#include "harness/profile/valgrind.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>

#define NS_A_SECOND 1e9

enum { PLAIN = METHOD_N, N_SEATS = METHOD_N + 1 };

/* One comparison as it goes on. */
typedef struct comparison {
    char **program, **instrumented; /* NULL-ended */
    const profile_methods_options *options;
    char *folder, *log, *samples;
    char *profiles[METHOD_N]; /* in callgrind's form */
    GArray *seconds[N_SEATS]; /* of double, one a round */
    double user_s, kernel_s;  /* of the plain runs */
    method_compare *result;
} comparison;

static char **argv_of(const char *first, char **program)
{
    char **argv = g_strdupv(program);
    if (first != NULL) {
        g_free(argv[0]);
        argv[0] = g_strdup(first);
    }
    return argv;
}

static bool comparison_init(comparison *c, char **program, const profile_methods_options *options,
                            GError **error)
{
    g_autofree char *command = g_strjoinv(" ", program);
    *c = (comparison){.options = options};
    c->folder = g_dir_make_tmp("objlab-profile-XXXXXX", error);
    c->program = argv_of(NULL, program);
    c->instrumented = argv_of(options->instrumented, program);
    c->result = method_compare_new(command, options->n_rounds);
    for (int i = 0; i < N_SEATS; i++)
        c->seconds[i] = g_array_new(FALSE, FALSE, sizeof(double));
    if (c->folder == NULL)
        return false;
    c->log = g_build_filename(c->folder, "log", NULL);
    c->samples = g_build_filename(c->folder, "samples", NULL);
    for (int m = 0; m < METHOD_N; m++)
        c->profiles[m] = g_build_filename(c->folder, method_name((method)m), NULL);
    return true;
}

static void remove_file(char *path)
{
    if (path != NULL)
        (void)g_remove(path); /* not every run writes all of them */
    g_free(path);
}

static void comparison_clear(comparison *c)
{
    for (int m = 0; m < METHOD_N; m++)
        remove_file(c->profiles[m]);
    remove_file(c->log);
    remove_file(c->samples);
    if (c->folder != NULL)
        (void)g_rmdir(c->folder);
    g_free(c->folder);
    for (int i = 0; i < N_SEATS; i++)
        g_array_unref(c->seconds[i]);
    g_strfreev(c->program);
    g_strfreev(c->instrumented);
    method_compare_free(c->result);
}

/* ---- runs ---- */

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec * 1e-6;
}

/* Runs the program once; its wall time goes to the seat. False: CLI_* in *ret_code. */
static bool run_once(comparison *c, int seat, const GPtrArray *valgrind_argv, const char *probe,
                     int *ret_code)
{
    g_autoptr(GError) error = NULL;
    const profile_run_options options = {.time_limit_s = c->options->time_limit_s,
                                         .is_quiet = true,
                                         .probe = probe,
                                         .probe_file = c->samples};
    char **program = seat == METHOD_INSTRUMENT ? c->instrumented : c->program;
    struct rusage before, after;
    profile_run_result result;
    (void)getrusage(RUSAGE_CHILDREN, &before); /* cannot fail for this one */
    uint64_t start_ns = clock_now_ns();
    if (!profile_run(valgrind_argv, c->log, program, &options, &result, &error)) {
        bool is_usage = g_error_matches(error, PROFILE_RUN_ERROR, PROFILE_RUN_ERROR_NO_PROGRAM);
        *ret_code = cli_fail_error(is_usage ? CLI_USAGE : CLI_HARNESS, &error);
        return false;
    }
    double elapsed_s = (double)(clock_now_ns() - start_ns) / NS_A_SECOND;
    (void)getrusage(RUSAGE_CHILDREN, &after);
    if (result.is_timed_out || result.signal != 0) {
        *ret_code = cli_fail(CLI_SHORT, "profile: %s %s", program[0],
                             result.is_timed_out ? "did not end in time" : "was ended by a signal");
        return false;
    }
    if (seat == PLAIN) {
        c->user_s += seconds_of(&after.ru_utime) - seconds_of(&before.ru_utime);
        c->kernel_s += seconds_of(&after.ru_stime) - seconds_of(&before.ru_stime);
    }
    g_array_append_val(c->seconds[seat], elapsed_s);
    return true;
}

static bool run_callgrind(comparison *c, int *ret_code)
{
    g_autoptr(GPtrArray) argv = valgrind_callgrind_argv(c->profiles[METHOD_CALLGRIND], NULL);
    return run_once(c, METHOD_CALLGRIND, argv, NULL, ret_code);
}

/* Says for good why a method has no profile. */
static void set_absent(comparison *c, method m, const char *why)
{
    c->result->methods[m].absent = g_strdup(why);
}

static bool run_probe(comparison *c, method m, int *ret_code)
{
    g_autofree char *probe = profile_run_find_probe(method_name(m));
    g_autofree char *text = NULL;
    gsize n_bytes;
    if (probe == NULL) {
        set_absent(c, m, "the probe is not installed");
        return true;
    }
    (void)g_remove(c->samples); /* of the run before */
    if (!run_once(c, (int)m, NULL, probe, ret_code))
        return false;
    g_autofree char *calls = g_file_get_contents(c->samples, &text, &n_bytes, NULL)
                                 ? probe_profile_convert(text, n_bytes, c->result->command, NULL)
                                 : NULL;
    if (calls == NULL) {
        set_absent(c, m,
                   m == METHOD_INSTRUMENT
                       ? "nothing was seen: build with -finstrument-functions and name that "
                         "program by --instrumented"
                       : "no sample was taken: the program is too short");
        return true;
    }
    g_autoptr(GError) error = NULL;
    if (g_file_set_contents(c->profiles[m], calls, -1, &error))
        return true;
    *ret_code = cli_fail_error(CLI_HARNESS, &error);
    return false;
}

static bool run_seat(comparison *c, int seat, int *ret_code)
{
    if (seat == PLAIN)
        return run_once(c, PLAIN, NULL, NULL, ret_code);
    if (c->result->methods[seat].absent != NULL)
        return true;
    return seat == METHOD_CALLGRIND ? run_callgrind(c, ret_code)
                                    : run_probe(c, (method)seat, ret_code);
}

static bool run_rounds(comparison *c, int *ret_code)
{
    for (unsigned round = 0; round < c->options->n_rounds; round++) {
        for (int i = 0; i < N_SEATS; i++) {
            if (!run_seat(c, round % 2 == 0 ? i : N_SEATS - 1 - i, ret_code))
                return false;
        }
        if (!c->options->json)
            (void)fprintf(stderr, "profile: round %u of %u\n", round + 1, c->options->n_rounds);
    }
    return true;
}

/* ---- results ---- */

static stats_interval median_of(const GArray *values)
{
    enum { SEED = 1 };
    return stats_bootstrap_median((const double *)(const void *)values->data, values->len, 0.95,
                                  SEED);
}

/* Round by round, so that what drifts falls out. */
static stats_interval ratio_of(const comparison *c, method m)
{
    g_autoptr(GArray) ratios = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < c->seconds[m]->len; i++) {
        double ratio =
            g_array_index(c->seconds[m], double, i) / g_array_index(c->seconds[PLAIN], double, i);
        g_array_append_val(ratios, ratio);
    }
    return median_of(ratios);
}

static bool read_profiles(comparison *c, int *ret_code)
{
    method_compare *r = c->result;
    for (int m = 0; m < METHOD_N; m++) {
        g_autoptr(GError) error = NULL;
        if (r->methods[m].absent != NULL)
            continue;
        r->methods[m].wall = median_of(c->seconds[m]);
        r->methods[m].ratio = ratio_of(c, (method)m);
        if (!method_compare_add(r, (method)m, c->profiles[m], &error)) {
            *ret_code = cli_fail_error(CLI_HARNESS, &error);
            return false;
        }
    }
    double cpu_s = c->user_s + c->kernel_s;
    r->plain = median_of(c->seconds[PLAIN]);
    r->kernel_share = cpu_s > 0 ? c->kernel_s / cpu_s : 0;
    method_compare_finish(r);
    return true;
}

static int show(const comparison *c)
{
    bool is_written;
    if (c->options->json) {
        json_t *value = method_compare_json(c->result);
        is_written = show_print_json(value);
        json_decref(value);
    } else {
        g_autofree char *text = method_compare_print(c->result, c->options->limit);
        is_written = show_print(text);
    }
    return is_written ? CLI_OK : cli_fail(CLI_HARNESS, "cannot write the output");
}

int profile_methods_run(char **program, const profile_methods_options *options)
{
    comparison c;
    g_autoptr(GError) error = NULL;
    int code = CLI_OK;
    if (!comparison_init(&c, program, options, &error))
        code = cli_fail_error(CLI_HARNESS, &error);
    else if (run_rounds(&c, &code) && read_profiles(&c, &code))
        code = show(&c);
    comparison_clear(&c);
    return code;
}
