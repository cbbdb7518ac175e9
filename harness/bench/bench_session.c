#include "harness/bench/bench_session.h"

#include <math.h>
#include <string.h>

enum { SEED = 1 };

G_DEFINE_QUARK(objlab - bench - error - quark, bench_error)

/* A subject while the session runs. */
typedef struct seat {
    const bench_subject *who;
    bool is_control;
    remote *worker;
    uint64_t busy_ns, peak_bytes; /* see bench_load */
    bool lost;                    /* its process died: nothing more is asked of it */
} seat;

/* A figure of the session: a row of all subjects. */
typedef struct row {
    char *figure, *layout, *unit;
    bool fresh;
    bench_series **series; /* [n_seats]; NULL: that subject has no such step */
    size_t *step;          /* [n_seats] */
} row;

typedef struct running {
    const bench_plan *plan;
    bench_session *session;
    seat *seats;
    size_t n_seats;
    GPtrArray *rows; /* of row */
    sampler_order order;
    uint64_t start_ns;
    size_t n_steps_done, n_steps_round;
} running;

/* ---- life ---- */

static void series_free(void *data)
{
    bench_series *s = data;
    g_free(s->figure);
    g_free(s->layout);
    g_free(s->unit);
    g_free(s->subject);
    g_free(s->why);
    g_array_unref(s->values);
    g_array_unref(s->ticks);
    g_free(s);
}

static void row_free(void *data)
{
    row *r = data;
    g_free(r->figure);
    g_free(r->layout);
    g_free(r->unit);
    g_free(r->series);
    g_free(r->step);
    g_free(r);
}

void bench_session_free(bench_session *session)
{
    if (session == NULL)
        return;
    g_ptr_array_unref(session->series);
    g_array_unref(session->loads);
    g_free(session);
}

static void stop_worker(seat *s)
{
    if (s->worker != NULL)
        s->peak_bytes = MAX(s->peak_bytes, remote_peak_bytes(s->worker));
    remote_free(s->worker);
    s->worker = NULL;
}

/* In place of the one that there is, if any. */
static void start_worker(const running *run, seat *s)
{
    uint64_t start_ns = clock_now_ns();
    stop_worker(s);
    s->worker = remote_start(s->who->program, s->who->preload, &run->plan->settings);
    s->busy_ns += clock_now_ns() - start_ns;
}

/* ---- rows ---- */

static bool wanted(const bench_plan *plan, const remote_step *step)
{
    if (plan->figures != NULL && !g_strv_contains(plan->figures, step->figure))
        return false;
    if (*step->layout == '\0')
        return plan->allocators;
    return plan->objects && (plan->layout == NULL || strcmp(plan->layout, step->layout) == 0);
}

static row *find_row(running *run, const remote_step *step)
{
    for (guint i = 0; i < run->rows->len; i++) {
        row *r = run->rows->pdata[i];
        if (strcmp(r->figure, step->figure) == 0 && strcmp(r->layout, step->layout) == 0)
            return r;
    }
    row *r = g_new0(row, 1);
    r->figure = g_strdup(step->figure);
    r->layout = g_strdup(step->layout);
    r->unit = g_strdup(step->unit);
    r->fresh = step->fresh;
    r->series = g_new0(bench_series *, run->n_seats);
    r->step = g_new0(size_t, run->n_seats);
    g_ptr_array_add(run->rows, r);
    return r;
}

static bench_series *new_series(const running *run, const row *r, const seat *s)
{
    bench_series *series = g_new0(bench_series, 1);
    series->figure = g_strdup(r->figure);
    series->layout = g_strdup(r->layout);
    series->unit = g_strdup(r->unit);
    series->subject = g_strdup(s->who->name);
    series->is_control = s->is_control;
    series->is_rival = s->who->is_rival;
    series->values = g_array_new(FALSE, FALSE, sizeof(double));
    series->ticks = g_array_new(FALSE, FALSE, sizeof(double));
    g_ptr_array_add(run->session->series, series);
    return series;
}

/* Asks every subject for its steps; rows keep the order of first appearance. */
static void make_rows(running *run)
{
    for (size_t i = 0; i < run->n_seats; i++) {
        seat *s = &run->seats[i];
        uint64_t start_ns = clock_now_ns();
        const GPtrArray *steps = remote_steps(s->worker);
        s->busy_ns += clock_now_ns() - start_ns;
        for (guint k = 0; steps != NULL && k < steps->len; k++) {
            if (!wanted(run->plan, steps->pdata[k]))
                continue;
            row *r = find_row(run, steps->pdata[k]);
            r->series[i] = new_series(run, r, s);
            r->step[i] = k;
            run->n_steps_round++;
        }
    }
}

/* A subject that cannot even start still has a row to say so. */
static void note_lost(running *run, const seat *s)
{
    bench_series *series = g_new0(bench_series, 1);
    series->figure = g_strdup("");
    series->layout = g_strdup("");
    series->unit = g_strdup("");
    series->subject = g_strdup(s->who->name);
    series->is_control = s->is_control;
    series->is_rival = s->who->is_rival;
    series->values = g_array_new(FALSE, FALSE, sizeof(double));
    series->ticks = g_array_new(FALSE, FALSE, sizeof(double));
    series->why = g_strdup(remote_why(s->worker));
    g_ptr_array_add(run->session->series, series);
}

/* ---- one step ---- */

static const double *doubles(const GArray *values)
{
    return (const double *)(const void *)values->data;
}

/* The windows of one process become one value: their median. */
static void add_round(bench_series *series, const GArray *windows)
{
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    g_autoptr(GArray) ticks = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < windows->len; i++) {
        const remote_value *v = &g_array_index(windows, remote_value, i);
        window_add(&series->counts, &v->counts);
        series->n_windows++;
        if (v->counts.n_ops == 0)
            continue;
        g_array_append_val(values, v->value);
        g_array_append_val(ticks, v->ticks);
    }
    double value = values->len == 0 ? NAN : stats_median(doubles(values), values->len);
    g_array_append_val(series->values, value);
    series->n_rounds += values->len == 0 ? 0 : 1;
    double tick = ticks->len == 0 ? NAN : stats_median(doubles(ticks), ticks->len);
    g_array_append_val(series->ticks, tick);
}

static void report_progress(running *run, const row *r, const seat *s)
{
    const bench_plan *plan = run->plan;
    if (plan->progress == NULL)
        return;
    double elapsed_s = (double)(clock_now_ns() - run->start_ns) * 1e-9;
    double rounds = (double)run->n_steps_done / (double)MAX(run->n_steps_round, 1);
    double by_rounds = rounds / (double)plan->max_rounds;
    double by_time = plan->budget_s > 0 ? elapsed_s / plan->budget_s : 0;
    double done = MIN(1.0, MAX(by_rounds, by_time));
    double remaining_s = done > 0.02 ? elapsed_s * (1 - done) / done : -1;
    if (plan->budget_s > 0 && elapsed_s < plan->budget_s)
        remaining_s = remaining_s < 0 ? plan->budget_s - elapsed_s
                                      : MIN(remaining_s, plan->budget_s - elapsed_s);
    g_autofree char *text = g_strdup_printf("round %.0f: %s%s%s, %s", floor(rounds) + 1, r->figure,
                                            *r->layout == '\0' ? "" : " ", r->layout, s->who->name);
    plan->progress(plan->user, done, remaining_s, text);
}

/* True where the seat takes no part in this round. */
static bool sits_out(const running *run, size_t at)
{
    const seat *s = &run->seats[at];
    return run->plan->rival != NULL && run->session->n_rounds % 2 == 1 && at > 0 &&
           !s->is_control && strcmp(s->who->name, run->plan->rival) != 0;
}

static void add_no_value(bench_series *series)
{
    const double none = NAN;
    g_array_append_val(series->values, none);
    g_array_append_val(series->ticks, none);
}

static void take_step(running *run, row *r, size_t at)
{
    seat *s = &run->seats[at];
    bench_series *series = r->series[at];
    run->n_steps_done++;
    if (series == NULL || s->lost || series->why != NULL)
        return;
    if (sits_out(run, at)) {
        add_no_value(series);
        return;
    }
    report_progress(run, r, s);
    if (r->fresh && !remote_is_virgin(s->worker))
        start_worker(run, s);
    g_autoptr(GArray) windows = g_array_new(FALSE, FALSE, sizeof(remote_value));
    uint64_t start_ns = clock_now_ns();
    bool is_taken = remote_run(s->worker, r->step[at], windows);
    s->busy_ns += clock_now_ns() - start_ns;
    if (is_taken) {
        add_round(series, windows);
        return;
    }
    series->why = g_strdup(remote_why(s->worker));
    s->lost = !remote_is_alive(s->worker);
}

/* ---- rounds ---- */

static bool must_stop(const running *run)
{
    return run->plan->stop != NULL && *run->plan->stop != 0;
}

static bool time_is_up(const running *run)
{
    double limit_ns = run->plan->limit_s * 1e9;
    return limit_ns > 0 && (double)(clock_now_ns() - run->start_ns) > limit_ns;
}

static void run_round(running *run)
{
    for (size_t i = 0; i < run->n_seats; i++) {
        seat *s = &run->seats[i];
        if (s->lost || sits_out(run, i) || (s->worker != NULL && remote_is_virgin(s->worker)))
            continue;
        start_worker(run, s);
    }
    for (guint i = 0; i < run->rows->len; i++) {
        sampler_order_next(&run->order);
        for (size_t k = 0; k < run->n_seats && !must_stop(run) && !time_is_up(run); k++)
            take_step(run, run->rows->pdata[i], run->order.at[k]);
    }
}

/* Median and interval of the rounds that have a value. */
static stats_interval interval_of(const GArray *values)
{
    g_autoptr(GArray) kept = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < values->len; i++) {
        if (isfinite(doubles(values)[i]))
            g_array_append_val(kept, doubles(values)[i]);
    }
    if (kept->len == 0)
        return (stats_interval){0, 0, 0};
    return stats_bootstrap_median(doubles(kept), kept->len, 0.95, SEED);
}

static void finish_series(bench_series *s)
{
    s->value = interval_of(s->values);
    s->value_ticks = interval_of(s->ticks);
}

static bool all_narrow(const running *run)
{
    for (guint i = 0; i < run->session->series->len; i++) {
        bench_series *s = run->session->series->pdata[i];
        if (s->why != NULL)
            continue;
        finish_series(s);
        if (s->value.high - s->value.low > run->plan->target_width * s->value.value)
            return false;
    }
    return true;
}

static void run_rounds(running *run)
{
    bench_session *session = run->session;
    const bench_plan *plan = run->plan;
    while (session->n_rounds < plan->max_rounds && !must_stop(run)) {
        run_round(run);
        if (must_stop(run))
            break;
        session->n_rounds++;
        session->elapsed_s = (double)(clock_now_ns() - run->start_ns) * 1e-9;
        if (time_is_up(
                run)) /* in the middle of a round: its figures are of one round more or less */
            break;
        double a_round_s = session->elapsed_s / (double)session->n_rounds;
        if (session->n_rounds < plan->min_rounds)
            continue;
        if (plan->budget_s > 0 && session->elapsed_s + a_round_s > plan->budget_s)
            break;
        if (plan->target_width > 0 && all_narrow(run)) {
            session->narrow = true;
            break;
        }
    }
    session->stopped = must_stop(run);
}

static void seat_subjects(running *run)
{
    const GPtrArray *subjects = run->plan->subjects;
    run->seats = g_new0(seat, subjects->len + 1);
    for (guint i = 0; i < subjects->len; i++) {
        const bench_subject *s = subjects->pdata[i];
        if (s->program != NULL)
            run->seats[run->n_seats++] = (seat){.who = s};
    }
    if (run->n_seats > 0 && !run->plan->without_control) {
        run->seats[run->n_seats] = run->seats[0];
        run->seats[run->n_seats++].is_control = true;
    }
    for (size_t i = 0; i < run->n_seats; i++) {
        seat *s = &run->seats[i];
        start_worker(run, s);
        s->lost = !remote_is_alive(s->worker);
        if (s->lost)
            note_lost(run, s);
    }
}

static bool any_alive(const running *run, GError **error)
{
    const char *why = "none of them is on this machine";
    for (size_t i = 0; i < run->n_seats; i++) {
        if (!run->seats[i].lost)
            return true;
        why = remote_why(run->seats[i].worker);
    }
    g_set_error(error, BENCH_ERROR, 0, "no subject can be measured: %s", why);
    return false;
}

static void release_seat(const running *run, seat *s)
{
    stop_worker(s);
    const bench_load load = {s->who->name, (double)s->busy_ns * 1e-9, s->peak_bytes};
    if (!s->is_control)
        g_array_append_val(run->session->loads, load);
}

bench_session *bench_session_run(const bench_plan *plan, GError **error)
{
    g_assert(plan->min_rounds >= 1 && plan->max_rounds >= plan->min_rounds);
    (void)signal(SIGPIPE, SIG_IGN);
    bench_session *session = g_new0(bench_session, 1);
    session->series = g_ptr_array_new_with_free_func(series_free);
    session->loads = g_array_new(FALSE, FALSE, sizeof(bench_load));
    running run = {.plan = plan, .session = session, .start_ns = clock_now_ns()};
    run.rows = g_ptr_array_new_with_free_func(row_free);
    seat_subjects(&run);
    sampler_order_init(&run.order, run.n_seats, plan->settings.seed);
    bool ok = any_alive(&run, error);
    if (ok) {
        make_rows(&run);
        run_rounds(&run);
        for (guint i = 0; i < session->series->len; i++)
            finish_series(session->series->pdata[i]);
        session->elapsed_s = (double)(clock_now_ns() - run.start_ns) * 1e-9;
    }
    for (size_t i = 0; i < run.n_seats; i++)
        release_seat(&run, &run.seats[i]);
    g_free(run.seats);
    sampler_order_clear(&run.order);
    g_ptr_array_unref(run.rows);
    if (!ok)
        g_clear_pointer(&session, bench_session_free);
    return session;
}

/* ---- asking ---- */

const bench_series *bench_session_find(const bench_session *session, const char *figure,
                                       const char *layout, const char *subject, bool control)
{
    for (guint i = 0; i < session->series->len; i++) {
        const bench_series *s = session->series->pdata[i];
        if (s->is_control == control && strcmp(s->figure, figure) == 0 &&
            strcmp(s->layout, layout) == 0 && strcmp(s->subject, subject) == 0)
            return s;
    }
    return NULL;
}

static const bench_series *find_control(const bench_session *session, const char *figure,
                                        const char *layout)
{
    for (guint i = 0; i < session->series->len; i++) {
        const bench_series *s = session->series->pdata[i];
        if (s->is_control && strcmp(s->figure, figure) == 0 && strcmp(s->layout, layout) == 0)
            return s;
    }
    return NULL;
}

/* A/A: the first subject over its control, a ratio a round. The first stands above as it does where
 * it is compared with a rival, so that its bad round moves both alike and sets nothing apart. */
static GArray *control_ratios(const bench_session *session, const char *figure, const char *layout)
{
    const bench_series *control = find_control(session, figure, layout);
    const bench_series *first =
        control == NULL ? NULL
                        : bench_session_find(session, figure, layout, control->subject, false);
    if (first == NULL)
        return g_array_new(FALSE, FALSE, sizeof(double));
    return sampler_ratios(first->values, control->values);
}

double bench_session_resolution(const bench_session *session, const char *figure,
                                const char *layout)
{
    g_autoptr(GArray) ratios = control_ratios(session, figure, layout);
    return sampler_resolution(ratios);
}

bool bench_session_compare(const bench_session *session, const bench_series *x,
                           const bench_series *y, stats_interval *ret_ratio,
                           sampler_verdict *ret_verdict)
{
    if (x == NULL || y == NULL)
        return false;
    g_autoptr(GArray) ratios = sampler_ratios(x->values, y->values);
    g_autoptr(GArray) control = control_ratios(session, x->figure, x->layout);
    if (ratios->len == 0)
        return false;
    *ret_verdict = sampler_compare(ratios, control, ret_ratio);
    return true;
}
