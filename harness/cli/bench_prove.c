#include "harness/cli/bench_prove.h"

#include "harness/bench/bench_session.h"
#include "harness/bench/prove.h"
#include "harness/measure/machine.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { N_ROUNDS = 101, N_SESSION_ROUNDS = 15, N_BLOCKS = 10000 };

static const char *const load_names[] = {"other core as it is", "other core under memory traffic"};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static bool show_tries(void *user, size_t n_done, size_t n_tries)
{
    const char *name = user;
    if (isatty(STDERR_FILENO) != 0)
        (void)fprintf(stderr, "\r\033[K%s: %zu of %zu%s", name, n_done, n_tries,
                      n_done == n_tries ? "\r\033[K" : "");
    return interrupted == 0;
}

static bool measure(const prove_plan *plan, unsigned percent, bool processes,
                    prove_count *ret_count, GError **error)
{
    if (!processes)
        return prove_planted(plan, percent, ret_count, error);
    g_autofree char *program = subjects_worker("objlab-bench-alloc");
    const remote_settings settings = {.clock = *plan->clock,
                                      .n = N_BLOCKS,
                                      .n_windows = 5,
                                      .seed = plan->seed,
                                      .cpu = plan->cpu,
                                      .step_limit_s = 60};
    if (program != NULL)
        return prove_processes(plan, &settings, program, ret_count, error);
    g_set_error_literal(error, BENCH_ERROR, 0, "the program objlab-bench-alloc is missing");
    return false;
}

/* One line; false if nothing could be measured. */
static bool count_and_print(const prove_plan *plan, unsigned percent, bool processes,
                            prove_count *ret_count)
{
    g_autoptr(GError) error = NULL;
    if (!measure(plan, percent, processes, ret_count, &error)) {
        (void)cli_fail(CLI_HARNESS, "bench: %s", error->message);
        return false;
    }
    (void)printf("%2u %% more work, %-31s: %4zu tries: slower %zu, faster %zu, no difference %zu, "
                 "below resolution %zu; ratio %.4f, resolution %.2f %%, %zu windows dropped, "
                 "%.1f s\n",
                 percent, load_names[plan->load], ret_count->n_tries, ret_count->n_slower,
                 ret_count->n_faster, ret_count->n_no_difference, ret_count->n_below_resolution,
                 ret_count->median_ratio, 100 * ret_count->median_resolution, ret_count->n_dropped,
                 ret_count->elapsed_s);
    (void)fflush(stdout);
    return interrupted == 0;
}

static int prove_aa(prove_plan *plan, bool processes)
{
    int result = CLI_OK;
    for (int load = PROVE_AS_IT_IS; load <= PROVE_MEMORY_TRAFFIC; load++) {
        prove_count count;
        plan->load = (prove_load)load;
        if (!count_and_print(plan, 0, processes, &count))
            return CLI_HARNESS;
        size_t n_false = count.n_faster + count.n_slower;
        stats_interval share = stats_proportion(n_false, count.n_tries);
        bool ok = n_false * 100 <= count.n_tries;
        (void)printf("A/A, %s: %.2f %% called different [%.2f, %.2f]; at most 1 %%: %s\n",
                     load_names[load], 100 * share.value, 100 * share.low, 100 * share.high,
                     ok ? "held" : "BROKEN");
        result = ok ? result : CLI_SHORT;
    }
    return result;
}

static int prove_slow_downs(prove_plan *plan)
{
    static const unsigned percents[] = {2, 5, 20};
    int result = CLI_OK;
    for (int load = PROVE_AS_IT_IS; load <= PROVE_MEMORY_TRAFFIC; load++) {
        for (size_t i = 0; i < G_N_ELEMENTS(percents); i++) {
            prove_count count;
            plan->load = (prove_load)load;
            if (!count_and_print(plan, percents[i], false, &count))
                return CLI_HARNESS;
            bool ok = percents[i] == 2 ? count.n_no_difference == 0 && count.n_faster == 0
                                       : count.n_slower * 100 >= count.n_tries * 95;
            (void)printf("planted %u %%, %s: %zu of %zu found; %s: %s\n", percents[i],
                         load_names[load], count.n_slower, count.n_tries,
                         percents[i] == 2 ? "the rest declared below resolution" : "at least 95 %",
                         ok ? "held" : "BROKEN");
            result = ok ? result : CLI_SHORT;
        }
    }
    return result;
}

static int print_overhead(const clock_source *clock)
{
    prove_overhead o = prove_window_overhead(clock);
    return printf("clock %s, %s: overhead of a reading pair %" G_GUINT64_FORMAT
                  " (subtracted), step %" G_GUINT64_FORMAT
                  "\nempty window: %.1f ticks inside (median), %.0f around it (counters of the "
                  "kernel and steal time), %.1f %% below the subtracted overhead\n",
                  clock_kind_name(clock->kind), clock_tick_name(clock->kind), clock->overhead_ticks,
                  clock->resolution_ticks, o.inside_ticks, o.outside_ticks, 100 * o.below_share) > 0
               ? CLI_OK
               : CLI_HARNESS;
}

int bench_prove(const char *what, uint64_t n_tries, const clock_source *clock, uint64_t seed)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    (void)sigaction(SIGINT, &action, NULL);
    prove_plan plan = {.clock = clock,
                       .n_rounds = N_ROUNDS,
                       .cpu = machine_quiet_cpu(),
                       .load_cpu = 0,
                       .seed = seed,
                       .progress = show_tries};
    char name[] = "proof";
    plan.user = name;
    if (strcmp(what, "overhead") == 0)
        return print_overhead(clock);
    if (strcmp(what, "aa") == 0) {
        plan.n_tries = n_tries > 0 ? n_tries : 1000;
        return prove_aa(&plan, false);
    }
    if (strcmp(what, "processes") == 0) {
        plan.n_tries = n_tries > 0 ? n_tries : 1000;
        plan.n_rounds = N_SESSION_ROUNDS;
        return prove_aa(&plan, true);
    }
    if (strcmp(what, "planted") == 0) {
        plan.n_tries = n_tries > 0 ? n_tries : 100;
        return prove_slow_downs(&plan);
    }
    return cli_fail(CLI_USAGE, "bench: --prove: '%s' is none of aa, processes, planted, overhead",
                    what);
}
