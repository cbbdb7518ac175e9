/* bench_result_to_table(): one block a layout, a line a figure, a column a subject. */
#include "harness/bench/bench_goals.h"
#include "harness/bench/bench_result.h"

#include <math.h>
#include <string.h>

typedef struct table {
    const bench_result *result;
    GString *out;
    bool colour;
} table;

static const char *const layout_order[] = {"dict", "slots", "weakref", ""};

static void append_colour(table *t, const char *code)
{
    if (t->colour)
        g_string_append_printf(t->out, "\033[%sm", code);
}

/* Subjects that have a figure with this layout, in order of appearance. */
static GPtrArray *subjects_of(const bench_result *r, const char *layout)
{
    GPtrArray *subjects = g_ptr_array_new();
    for (guint i = 0; i < r->figures->len; i++) {
        const bench_figure *f = r->figures->pdata[i];
        if (strcmp(f->layout, layout) == 0 && *f->name != '\0' &&
            !g_ptr_array_find_with_equal_func(subjects, f->subject, g_str_equal, NULL))
            g_ptr_array_add(subjects, f->subject);
    }
    return subjects;
}

static void append_cell(table *t, const bench_figure *f)
{
    if (f == NULL)
        g_string_append_printf(t->out, " %10s", "-");
    else if (f->n == 0)
        g_string_append_printf(t->out, " %10s", "failed");
    else
        g_string_append_printf(t->out, " %10.*f", f->value.value < 10 ? 2 : 1, f->value.value);
}

static void append_ratio(table *t, const bench_figure *f)
{
    if (f->ratio_to == NULL)
        return;
    bool better = strcmp(f->verdict, "faster") == 0;
    bool worse = strcmp(f->verdict, "slower") == 0;
    append_colour(t, better ? "32" : worse ? "31" : "2");
    const char *words = f->verdict;
    if (strcmp(f->unit, "bytes") == 0 && (better || worse))
        words = better ? "smaller" : "larger";
    g_string_append_printf(t->out, "  %.2f [%.2f, %.2f] of %s: %s", f->ratio.value, f->ratio.low,
                           f->ratio.high, f->ratio_to, words);
    append_colour(t, "0");
}

static void append_goal(table *t, const bench_figure *f)
{
    bench_goal g;
    if (!bench_goal_of(t->result, f, &g))
        return;
    append_colour(t, g.outcome == BENCH_GOAL_MET      ? "32"
                     : g.outcome == BENCH_GOAL_MISSED ? "31"
                                                      : "2");
    if (f->ratio_to != NULL && g.to == f->ratio_to)
        g_string_append_printf(t->out, "; goal %.2f %s", g.goal, bench_outcome_name(g.outcome));
    else
        g_string_append_printf(t->out, "; %.2f [%.2f, %.2f] of %s, goal %.2f %s", g.ratio.value,
                               g.ratio.low, g.ratio.high, g.to, g.goal,
                               bench_outcome_name(g.outcome));
    append_colour(t, "0");
}

/* How many goals were met, and which were not. */
static void append_goals(table *t)
{
    unsigned n[3] = {0};
    g_autoptr(GString) rest = g_string_new(NULL);
    for (guint i = 0; i < t->result->figures->len; i++) {
        const bench_figure *f = t->result->figures->pdata[i];
        bench_goal g;
        if (!bench_goal_of(t->result, f, &g))
            continue;
        n[g.outcome]++;
        if (g.outcome != BENCH_GOAL_MET)
            g_string_append_printf(rest, "%s%s%s%s (%.2f, goal %.2f%s)", rest->len > 0 ? ", " : "",
                                   f->layout, *f->layout != '\0' ? " " : "", f->name, g.ratio.value,
                                   g.goal, g.outcome == BENCH_GOAL_UNDECIDED ? ", undecided" : "");
    }
    unsigned n_all = n[BENCH_GOAL_MET] + n[BENCH_GOAL_UNDECIDED] + n[BENCH_GOAL_MISSED];
    if (n_all > 0)
        g_string_append_printf(t->out, "goals: %u of %u met%s%s\n", n[BENCH_GOAL_MET], n_all,
                               rest->len > 0 ? "; not: " : "", rest->str);
}

static void append_line(table *t, const bench_figure *ours, const GPtrArray *subjects)
{
    g_string_append_printf(t->out, "  %-24s %-5s", ours->name, ours->unit);
    append_cell(t, ours);
    if (ours->n > 0) {
        g_autofree char *interval =
            g_strdup_printf("[%.2f, %.2f]", ours->value.low, ours->value.high);
        g_string_append_printf(t->out, " %-18s", interval);
        if (ours->ticks.value > 0)
            g_string_append_printf(t->out, " %8.1f", ours->ticks.value);
        else
            g_string_append_printf(t->out, " %8s", "");
    } else {
        g_string_append_printf(t->out, " %-18s %8s", "", "");
    }
    for (guint i = 1; i < subjects->len; i++)
        append_cell(t, bench_result_find(t->result, ours->name, ours->layout, subjects->pdata[i]));
    append_ratio(t, ours);
    append_goal(t, ours);
    g_string_append_c(t->out, '\n');
}

static void append_block(table *t, const char *layout)
{
    g_autoptr(GPtrArray) subjects = subjects_of(t->result, layout);
    if (subjects->len == 0)
        return;
    append_colour(t, "1");
    if (*layout == '\0')
        g_string_append_printf(t->out, "\nallocators, %" G_GUINT64_FORMAT " blocks of 48 bytes\n",
                               t->result->n_objects);
    else
        g_string_append_printf(t->out,
                               "\nlayout %s, %" G_GUINT64_FORMAT " objects of 4 attributes\n",
                               layout, t->result->n_objects);
    append_colour(t, "0");
    g_string_append_printf(t->out, "  %-24s %-5s %10s %-18s %8s", "figure", "unit",
                           (const char *)subjects->pdata[0], "95 % interval", "ticks");
    for (guint i = 1; i < subjects->len; i++)
        g_string_append_printf(t->out, " %10s", (const char *)subjects->pdata[i]);
    g_string_append_c(t->out, '\n');
    for (guint i = 0; i < t->result->figures->len; i++) {
        const bench_figure *f = t->result->figures->pdata[i];
        bool ours = strcmp(f->subject, subjects->pdata[0]) == 0;
        bool only_other =
            !ours && bench_result_find(t->result, f->name, f->layout, subjects->pdata[0]) == NULL;
        if (strcmp(f->layout, layout) == 0 && ours)
            append_line(t, f, subjects);
        else if (strcmp(f->layout, layout) == 0 && only_other && *f->name != '\0')
            g_string_append_printf(t->out, "  %-24s %-5s %10s %-18s %8s %10.2f of %s\n", f->name,
                                   f->unit, "-", "", "", f->value.value, f->subject);
    }
}

static void append_failures(table *t)
{
    for (guint i = 0; i < t->result->figures->len; i++) {
        const bench_figure *f = t->result->figures->pdata[i];
        if (f->why == NULL)
            continue;
        append_colour(t, "31");
        g_string_append_printf(t->out, "  %s: %s%s%s %s\n", f->subject, f->name,
                               *f->layout == '\0' ? "" : " ", f->layout, f->why);
        append_colour(t, "0");
    }
}

/* Median and worst of the smallest visible differences. */
static void append_resolution(table *t)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(double));
    for (guint i = 0; i < t->result->figures->len; i++) {
        const bench_figure *f = t->result->figures->pdata[i];
        if (f->resolution > 0)
            g_array_append_val(all, f->resolution);
    }
    if (all->len == 0) {
        g_string_append(t->out, "A/A control: too few rounds; no difference is claimed\n");
        return;
    }
    const double *values = (const double *)(const void *)all->data;
    g_string_append_printf(t->out,
                           "A/A control: smallest visible difference %.1f %% (median figure), "
                           "%.1f %% (worst); below it nothing is claimed\n",
                           100 * stats_median(values, all->len),
                           100 * stats_quantile(values, all->len, 1));
}

char *bench_result_to_table(const bench_result *result, bool colour)
{
    table t = {result, g_string_new(NULL), colour};
    for (size_t i = 0; i < G_N_ELEMENTS(layout_order); i++)
        append_block(&t, layout_order[i]);
    g_string_append_c(t.out, '\n');
    append_failures(&t);
    append_goals(&t);
    append_resolution(&t);
    guint64 n_windows = 0;
    guint64 n_dropped = 0;
    for (guint i = 0; i < result->figures->len; i++) {
        const bench_figure *f = result->figures->pdata[i];
        n_windows += f->n_windows;
        n_dropped += f->n_dropped;
    }
    g_string_append_printf(t.out,
                           "%" G_GUINT64_FORMAT
                           " rounds (processes a subject) in %.1f s; %" G_GUINT64_FORMAT
                           " windows, %" G_GUINT64_FORMAT " chunks dropped as disturbed\n",
                           result->n_rounds, result->elapsed_s, n_windows, n_dropped);
    g_string_append_printf(t.out, "clock %s: %s", clock_kind_name(result->clock.kind),
                           clock_tick_name(result->clock.kind));
    if (result->clock.ns_per_tick > 0)
        g_string_append_printf(t.out, " at %.3f MHz, drift %.1f ppm",
                               1000 / result->clock.ns_per_tick, result->drift_ppm);
    g_string_append_printf(
        t.out, ", step %" G_GUINT64_FORMAT ", overhead %" G_GUINT64_FORMAT " subtracted\n",
        result->clock.resolution_ticks, result->clock.overhead_ticks);
    for (guint i = 0; i < result->absent->len; i++)
        g_string_append_printf(t.out, "absent: %s\n", (const char *)result->absent->pdata[i]);
    return g_string_free(t.out, FALSE);
}
