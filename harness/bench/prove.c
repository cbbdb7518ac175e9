#include "harness/bench/prove.h"

#include "harness/bench/bench_session.h"
#include "harness/measure/machine.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    N_WORDS = 2048, /* of the kernel's buffer: 16 KiB, within the first cache */
    N_SWEEPS = 100, /* over the buffer in one window: percent of it are whole sweeps */
    N_EMPTY_WINDOWS = 2001,
    LOAD_BYTES = 64 << 20,
};

/* ---- the kernel ---- */

typedef struct kernel {
    window_timer timer;
    size_t n_sweeps;
    uint64_t *words;
} kernel;

static void do_work(uint64_t *words, size_t n_sweeps)
{
    for (size_t sweep = 0; sweep < n_sweeps; sweep++) {
        uint64_t carry = sweep;
        for (size_t i = 0; i < N_WORDS; i++) {
            carry = (words[i] ^ carry) * 0x9e3779b97f4a7c15U;
            words[i] = carry;
        }
        CLOCK_CLOBBER();
    }
}

static bool run_kernel(void *data, window *ret_window, char **ret_why)
{
    (void)ret_why;
    kernel *k = data;
    window_begin(&k->timer, ret_window, WINDOW_NO_FAULTS);
    window_chunk_begin(&k->timer);
    do_work(k->words, k->n_sweeps);
    window_chunk_end(&k->timer, ret_window, N_SWEEPS);
    window_end(&k->timer, ret_window, true);
    return true;
}

/* ---- load ---- */

static void copy_for_ever(int cpu)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)machine_pin(cpu);
    char *from = malloc(LOAD_BYTES);
    char *to = malloc(LOAD_BYTES);
    if (from == NULL || to == NULL)
        _exit(1);
    memset(from, 1, LOAD_BYTES);
    for (;;) {
        memcpy(to, from, LOAD_BYTES);
        CLOCK_CLOBBER();
    }
}

static pid_t start_load(const prove_plan *plan)
{
    if (plan->load == PROVE_AS_IT_IS)
        return 0;
    pid_t child = fork();
    if (child == 0)
        copy_for_ever(plan->load_cpu);
    if (child > 0)
        (void)usleep(50000); /* until it runs */
    return child;
}

static void stop_load(pid_t child)
{
    if (child <= 0)
        return;
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
}

/* ---- tries ---- */

static void add_verdict(prove_count *count, sampler_verdict verdict)
{
    switch (verdict) {
    case SAMPLER_FASTER:
        count->n_faster++;
        break;
    case SAMPLER_SLOWER:
        count->n_slower++;
        break;
    case SAMPLER_NO_DIFFERENCE:
        count->n_no_difference++;
        break;
    case SAMPLER_BELOW_RESOLUTION:
        count->n_below_resolution++;
        break;
    }
    count->n_tries++;
}

static void run_try(const prove_plan *plan, kernel *pair, prove_count *count, GArray *found[2])
{
    const sampler_subject subjects[] = {{"base", run_kernel, &pair[0]},
                                        {"planted", run_kernel, &pair[1]}};
    const sampler_plan sampling = {.n_warm_up = 5,
                                   .min_rounds = plan->n_rounds,
                                   .max_rounds = plan->n_rounds,
                                   .seed = plan->seed + count->n_tries};
    g_autoptr(sampler_result) result = sampler_run(subjects, 2, &sampling);
    g_autoptr(GArray) ratios = sampler_ratios(result->series[1].values, result->series[0].values);
    stats_interval ratio = {0, 0, 0};
    add_verdict(count, sampler_compare(ratios, result->control_ratios, &ratio));
    g_array_append_val(found[0], ratio.value);
    if (isfinite(result->resolution))
        g_array_append_val(found[1], result->resolution);
    for (size_t i = 0; i < result->n_series; i++)
        count->n_dropped += result->series[i].n_dropped;
}

static double median_of(const GArray *values)
{
    return values->len == 0 ? 0
                            : stats_median((const double *)(const void *)values->data, values->len);
}

static void run_tries(const prove_plan *plan, unsigned percent, prove_count *count)
{
    uint64_t *words = g_new0(uint64_t, N_WORDS);
    kernel pair[2];
    for (int i = 0; i < 2; i++) {
        window_timer_open(&pair[i].timer, plan->clock);
        pair[i].n_sweeps = N_SWEEPS + (i == 1 ? percent : 0);
        pair[i].words = words;
    }
    GArray *found[2]; /* ratios, resolutions */
    for (int i = 0; i < 2; i++)
        found[i] = g_array_new(FALSE, FALSE, sizeof(double));
    uint64_t start_ns = clock_now_ns();
    bool go_on = true;
    while (go_on && count->n_tries < plan->n_tries) {
        run_try(plan, pair, count, found);
        go_on = plan->progress == NULL || plan->progress(plan->user, count->n_tries, plan->n_tries);
    }
    count->elapsed_s = (double)(clock_now_ns() - start_ns) * 1e-9;
    count->median_ratio = median_of(found[0]);
    count->median_resolution = median_of(found[1]);
    for (int i = 0; i < 2; i++) {
        g_array_unref(found[i]);
        window_timer_close(&pair[i].timer);
    }
    g_free(words);
}

bool prove_planted(const prove_plan *plan, unsigned percent, prove_count *ret_count, GError **error)
{
    if (!machine_pin(plan->cpu)) {
        g_set_error(error, BENCH_ERROR, 0, "cannot be pinned to processor %d", plan->cpu);
        return false;
    }
    pid_t load = start_load(plan);
    if (load < 0) {
        g_set_error_literal(error, BENCH_ERROR, 0, "the load process cannot be started");
        return false;
    }
    *ret_count = (prove_count){0};
    run_tries(plan, percent, ret_count);
    stop_load(load);
    return true;
}

/* ---- whole processes ---- */

/* Every figure in which both halves of the pair have values is a comparison. */
static void count_session(const bench_session *session, prove_count *count, GArray *found[2])
{
    for (guint i = 0; i < session->series->len; i++) {
        const bench_series *a = session->series->pdata[i];
        if (a->is_control || strcmp(a->subject, "a") != 0)
            continue;
        const bench_series *b = bench_session_find(session, a->figure, a->layout, "b", false);
        stats_interval ratio;
        sampler_verdict verdict;
        if (!bench_session_compare(session, a, b, &ratio, &verdict))
            continue;
        add_verdict(count, verdict);
        double resolution = bench_session_resolution(session, a->figure, a->layout);
        g_array_append_val(found[0], ratio.value);
        if (isfinite(resolution))
            g_array_append_val(found[1], resolution);
        count->n_dropped += window_n_dropped(&a->counts);
    }
}

static bool run_sessions(const prove_plan *plan, const bench_plan *session_plan, prove_count *count,
                         GError **error)
{
    GArray *found[2];
    for (int i = 0; i < 2; i++)
        found[i] = g_array_new(FALSE, FALSE, sizeof(double));
    uint64_t start_ns = clock_now_ns();
    bench_plan at = *session_plan;
    bool ok = true;
    bool go_on = true;
    while (ok && go_on && count->n_tries < plan->n_tries) {
        at.settings.seed++;
        g_autoptr(bench_session) session = bench_session_run(&at, error);
        ok = session != NULL && session->series->len > 1;
        if (ok)
            count_session(session, count, found);
        go_on = plan->progress == NULL ||
                plan->progress(plan->user, MIN(count->n_tries, plan->n_tries), plan->n_tries);
    }
    count->elapsed_s = (double)(clock_now_ns() - start_ns) * 1e-9;
    count->median_ratio = median_of(found[0]);
    count->median_resolution = median_of(found[1]);
    for (int i = 0; i < 2; i++)
        g_array_unref(found[i]);
    return ok;
}

bool prove_processes(const prove_plan *plan, const remote_settings *settings, const char *program,
                     prove_count *ret_count, GError **error)
{
    char names[2][2] = {"a", "b"};
    g_autofree char *copy = g_strdup(program);
    bench_subject pair[2] = {{.name = names[0], .program = copy},
                             {.name = names[1], .program = copy}};
    g_autoptr(GPtrArray) subjects = g_ptr_array_new();
    g_ptr_array_add(subjects, &pair[0]);
    g_ptr_array_add(subjects, &pair[1]);
    const bench_plan session_plan = {.settings = *settings,
                                     .subjects = subjects,
                                     .allocators = true,
                                     .min_rounds = plan->n_rounds,
                                     .max_rounds = plan->n_rounds};
    pid_t load = start_load(plan);
    if (load < 0) {
        g_set_error_literal(error, BENCH_ERROR, 0, "the load process cannot be started");
        return false;
    }
    *ret_count = (prove_count){0};
    bool ok = run_sessions(plan, &session_plan, ret_count, error);
    stop_load(load);
    return ok;
}

/* ---- overhead ---- */

prove_overhead prove_window_overhead(const clock_source *clock)
{
    double *inside = g_new(double, N_EMPTY_WINDOWS);
    double *outside = g_new(double, N_EMPTY_WINDOWS);
    window_timer timer;
    window_timer_open(&timer, clock);
    size_t n_below = 0;
    for (int i = 0; i < N_EMPTY_WINDOWS; i++) {
        window w;
        uint32_t cpu = 0;
        uint64_t start = clock_start(clock);
        window_begin(&timer, &w, WINDOW_NO_FAULTS);
        window_chunk_begin(&timer);
        window_chunk_end(&timer, &w, 1);
        window_end(&timer, &w, true);
        uint64_t stop = clock_stop(clock, &cpu);
        inside[i] = (double)w.ticks;
        outside[i] = (double)(stop - start);
        n_below += w.n_below_overhead;
    }
    window_timer_close(&timer);
    prove_overhead result = {.inside_ticks = stats_median(inside, N_EMPTY_WINDOWS),
                             .outside_ticks = stats_median(outside, N_EMPTY_WINDOWS),
                             .below_share = (double)n_below / N_EMPTY_WINDOWS};
    g_free(inside);
    g_free(outside);
    return result;
}
