#include "harness/bench/bench_gbench.h"

#include "harness/bench/bench_session.h"
#include "harness/bench/gbench.h"
#include "harness/measure/stats.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DISTURBED = 20 };

/* Data of one case. */
typedef struct step_case {
    const bench_subject *who;
    remote_settings settings;
    size_t step;
    bool fresh;
    bool has_bytes; /* the next step says how many bytes the objects take */
    remote *worker;
} step_case;

static void start_worker(step_case *c, int64_t n)
{
    remote_free(c->worker);
    c->settings.n = (size_t)n;
    c->worker = remote_start(c->who->program, c->who->preload, &c->settings);
}

static void set_up(gbench_state *state, void *data)
{
    step_case *c = data;
    start_worker(c, gbench_arg(state));
    if (!remote_is_alive(c->worker))
        gbench_skip(state, remote_why(c->worker));
}

static void tear_down(gbench_state *state, void *data)
{
    (void)state;
    step_case *c = data;
    g_clear_pointer(&c->worker, remote_free);
}

/* One step; disturbed ones are repeated. False: it failed, or is disturbed without end. */
static bool run_step(step_case *c, int64_t n, remote_value *ret_value)
{
    for (int try = 0; try < MAX_DISTURBED; try++) {
        if (c->fresh && !remote_is_virgin(c->worker))
            start_worker(c, n);
        g_autoptr(GArray) windows = g_array_new(FALSE, FALSE, sizeof(remote_value));
        if (!remote_run(c->worker, c->step, windows))
            return false;
        g_autoptr(GArray) ns = g_array_new(FALSE, FALSE, sizeof(double));
        for (guint i = 0; i < windows->len; i++) {
            const remote_value *v = &g_array_index(windows, remote_value, i);
            if (v->counts.n_ops == 0)
                continue;
            g_array_append_val(ns, v->value);
            *ret_value = *v;
        }
        if (ns->len == 0)
            continue;
        ret_value->value = stats_median((const double *)(const void *)ns->data, ns->len);
        return true;
    }
    return false;
}

static void run(gbench_state *state, void *data)
{
    step_case *c = data;
    int64_t n = gbench_arg(state);
    remote_value value = {0};
    int64_t n_ops = 0;
    while (gbench_next(state)) {
        if (!run_step(c, n, &value)) {
            const char *why = remote_why(c->worker);
            gbench_skip(state, why != NULL ? why : "every window was disturbed");
            return;
        }
        gbench_set_time(state, value.value * (double)n * 1e-9);
        n_ops += n;
    }
    gbench_set_items(state, n_ops);
    gbench_count(state, "ns_per_op", value.value);
    gbench_count(state, "ticks_per_op", value.ticks);
    g_autoptr(GArray) bytes = g_array_new(FALSE, FALSE, sizeof(remote_value));
    if (c->has_bytes && remote_run(c->worker, c->step + 1, bytes) && bytes->len == 1)
        gbench_count(state, "bytes", g_array_index(bytes, remote_value, 0).value);
}

static bool is_pass(const char *figure)
{
    static const char *const prefixes[] = {"create",         "destroy",         "alloc",  "free",
                                           "weakref_create", "weakref_destroy", "collect"};
    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        if (g_str_has_prefix(figure, prefixes[i]))
            return true;
    }
    return false;
}

static bool wanted(const bench_gbench_plan *plan, const remote_step *step)
{
    if (strcmp(step->unit, "ns") != 0)
        return false;
    if (*step->layout == '\0')
        return plan->allocators;
    return plan->objects && (plan->layout == NULL || strcmp(plan->layout, step->layout) == 0);
}

static void add_case(const bench_gbench_plan *plan, const bench_subject *who,
                     const GPtrArray *steps, guint index, double min_time_s, GPtrArray *cases)
{
    const remote_step *step = steps->pdata[index];
    const remote_step *next = index + 1 < steps->len ? steps->pdata[index + 1] : NULL;
    step_case *c = g_new0(step_case, 1);
    *c = (step_case){.who = who, .settings = plan->settings, .step = index, .fresh = step->fresh};
    c->has_bytes = next != NULL && g_str_has_prefix(next->figure, "bytes_per_") && !next->fresh;
    g_ptr_array_add(cases, c);
    g_autofree char *name =
        g_strconcat(step->figure, "/", *step->layout == '\0' ? "" : step->layout,
                    *step->layout == '\0' ? "" : "/", who->name, NULL);
    gbench_case a_case = {.name = name,
                          .set_up = set_up,
                          .run = run,
                          .tear_down = tear_down,
                          .data = c,
                          .min_time_s = min_time_s};
    int64_t n = (int64_t)plan->settings.n;
    if (is_pass(step->figure) && n >= 1024) {
        a_case.args[a_case.n_args++] = n / 16;
        a_case.args[a_case.n_args++] = n / 4;
        a_case.complexity = true;
    }
    a_case.args[a_case.n_args++] = n;
    gbench_add(&a_case);
}

static void add_subject(const bench_gbench_plan *plan, const bench_subject *who, double min_time_s,
                        GPtrArray *cases)
{
    g_autoptr(remote) worker = remote_start(who->program, who->preload, &plan->settings);
    const GPtrArray *steps = remote_steps(worker);
    for (guint i = 0; steps != NULL && i < steps->len; i++) {
        if (wanted(plan, steps->pdata[i]))
            add_case(plan, who, steps, i, min_time_s, cases);
    }
}

/* What a case lasts at least, in seconds; 0: the library's own flag says it. */
static double least_time_s(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (g_str_has_prefix(argv[i], "--benchmark_min_time="))
            return 0;
    }
    return 0.02;
}

bool bench_gbench_run(const bench_gbench_plan *plan, int argc, char **argv, char **ret_text,
                      GError **error)
{
    g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func(g_free);
    double min_time_s = least_time_s(argc, argv);
    for (guint i = 0; i < plan->subjects->len; i++) {
        const bench_subject *who = plan->subjects->pdata[i];
        if (who->program != NULL)
            add_subject(plan, who, min_time_s, cases);
    }
    if (cases->len == 0) {
        g_set_error(error, BENCH_ERROR, 0, "no subject can be measured");
        return false;
    }
    gbench_context("clock", clock_tick_name(plan->settings.clock.kind));
    char *text = NULL;
    bool ok = gbench_run(argc, argv, &text);
    if (ok)
        *ret_text = g_strdup(text);
    else
        g_set_error(error, BENCH_ERROR, 0, "%s", text);
    free(text); /* it is the C++ library's, not GLib's */
    return ok;
}
