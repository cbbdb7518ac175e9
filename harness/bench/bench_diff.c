#include "harness/bench/bench_diff.h"

#include "harness/measure/machine.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *bench_change_name(bench_change change)
{
    static const char *const names[] = {"improved",         "regressed",   "no difference",
                                        "below resolution", "only in old", "only in new"};
    return names[change];
}

bool bench_diff_recognises(const char *text, size_t n_bytes)
{
    json_t *root = json_loadb(text, n_bytes, JSON_REJECT_DUPLICATES, NULL);
    const char *schema = json_string_value(json_object_get(root, "schema"));
    bool known = g_strcmp0(schema, BENCH_RESULT_SCHEMA) == 0;
    json_decref(root);
    return known;
}

static bool comparable(const bench_result *before, const bench_result *after, GError **error)
{
    g_autofree char *difference =
        machine_fingerprint_difference(&before->fingerprint, &after->fingerprint);
    if (difference == NULL && before->clock.kind != after->clock.kind)
        difference =
            g_strdup_printf("the clock differs: %s against %s", clock_kind_name(before->clock.kind),
                            clock_kind_name(after->clock.kind));
    if (difference == NULL && before->n_objects != after->n_objects)
        difference = g_strdup_printf("N differs: %" G_GUINT64_FORMAT " against %" G_GUINT64_FORMAT,
                                     before->n_objects, after->n_objects);
    if (difference == NULL)
        return true;
    g_set_error(error, BENCH_ERROR, 0, "the two results cannot be compared: %s", difference);
    return false;
}

static bench_change judge_change(const bench_diff_row *row)
{
    bool excludes_one = row->ratio.low > 1 || row->ratio.high < 1;
    if (excludes_one && fabs(log(row->ratio.value)) > log1p(row->resolution))
        return row->ratio.value < 1 ? BENCH_IMPROVED : BENCH_REGRESSED;
    bool equivalent =
        row->ratio.low > 1 - SAMPLER_EQUIVALENCE && row->ratio.high < 1 + SAMPLER_EQUIVALENCE;
    return equivalent ? BENCH_NO_DIFFERENCE : BENCH_BELOW_RESOLUTION;
}

/* From 0 there is no ratio: the rise is all of the new value, and stands against what its own
 * resolution is (a count below its least claim has one of 1 or more; an unknown one is 0). */
static bench_change judge_from_nothing(const bench_figure *before, const bench_figure *after)
{
    if (!(before->value.high > 0) && !(after->value.high > 0))
        return BENCH_NO_DIFFERENCE;
    bool is_clear = after->value.low > before->value.high;
    bool is_visible = after->resolution > 0 && after->resolution < 1;
    return is_clear && is_visible ? BENCH_REGRESSED : BENCH_BELOW_RESOLUTION;
}

static void add_pair(bench_diff *diff, const bench_figure *before, const bench_figure *after)
{
    bench_diff_row row = {.before = before, .after = after};
    if (after == NULL || after->n == 0) {
        row.change = BENCH_ONLY_OLD;
    } else if (before == NULL || before->n == 0) {
        row.change = BENCH_ONLY_NEW;
    } else if (!(before->value.low > 0)) {
        row.resolution = after->resolution;
        row.change = judge_from_nothing(before, after);
    } else {
        row.ratio = (stats_interval){after->value.value / before->value.value,
                                     after->value.low / before->value.high,
                                     after->value.high / before->value.low};
        row.resolution = MAX(before->resolution, after->resolution);
        row.change = judge_change(&row);
    }
    diff->n_improved += row.change == BENCH_IMPROVED ? 1 : 0;
    diff->n_regressed += row.change == BENCH_REGRESSED ? 1 : 0;
    g_array_append_val(diff->rows, row);
}

static bool wanted(const bench_figure *f, const char *subject_name)
{
    return *f->name != '\0' && (subject_name == NULL || strcmp(f->subject, subject_name) == 0);
}

bench_diff *bench_diff_new(const bench_result *before, const bench_result *after,
                           const char *subject_name, GError **error)
{
    if (!comparable(before, after, error))
        return NULL;
    bench_diff *diff = g_new0(bench_diff, 1);
    diff->rows = g_array_new(FALSE, TRUE, sizeof(bench_diff_row));
    for (guint i = 0; i < before->figures->len; i++) {
        const bench_figure *f = before->figures->pdata[i];
        if (wanted(f, subject_name))
            add_pair(diff, f, bench_result_find(after, f->name, f->layout, f->subject));
    }
    for (guint i = 0; i < after->figures->len; i++) {
        const bench_figure *f = after->figures->pdata[i];
        if (wanted(f, subject_name) &&
            bench_result_find(before, f->name, f->layout, f->subject) == NULL)
            add_pair(diff, NULL, f);
    }
    return diff;
}

void bench_diff_free(bench_diff *diff)
{
    if (diff == NULL)
        return;
    g_array_unref(diff->rows);
    g_free(diff);
}

double bench_diff_worst(const bench_diff *diff)
{
    enum { PERCENT = 100 };
    double worst = 0;
    for (guint i = 0; i < diff->rows->len; i++) {
        const bench_diff_row *row = &g_array_index(diff->rows, bench_diff_row, i);
        if (row->change != BENCH_REGRESSED)
            continue;
        double growth = row->ratio.value > 0 ? PERCENT * (row->ratio.value - 1) : INFINITY;
        worst = MAX(worst, growth);
    }
    return worst;
}

/* ---- writing ---- */

static const char *colour_of(bench_change change)
{
    return change == BENCH_IMPROVED ? "32" : change == BENCH_REGRESSED ? "31" : "2";
}

static void append_interval(GString *out, const bench_figure *f)
{
    if (f == NULL || f->n == 0) {
        g_string_append_printf(out, "  %28s", "-");
        return;
    }
    g_autofree char *interval =
        g_strdup_printf("%.2f [%.2f, %.2f]", f->value.value, f->value.low, f->value.high);
    g_string_append_printf(out, "  %28s", interval);
}

char *bench_diff_to_table(const bench_diff *diff, bool colour)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%-24s %-8s %-10s %-5s  %28s  %28s  ratio\n", "figure", "layout",
                           "subject", "unit", "old [95 %]", "new [95 %]");
    for (guint i = 0; i < diff->rows->len; i++) {
        const bench_diff_row *row = &g_array_index(diff->rows, bench_diff_row, i);
        const bench_figure *f = row->before != NULL ? row->before : row->after;
        g_string_append_printf(out, "%-24s %-8s %-10s %-5s", f->name, f->layout, f->subject,
                               f->unit);
        append_interval(out, row->before);
        append_interval(out, row->after);
        if (colour)
            g_string_append_printf(out, "\033[%sm", colour_of(row->change));
        if (row->ratio.value > 0)
            g_string_append_printf(out, "  %.3f [%.3f, %.3f]", row->ratio.value, row->ratio.low,
                                   row->ratio.high);
        g_string_append_printf(out, "  %s%s\n", bench_change_name(row->change),
                               colour ? "\033[0m" : "");
    }
    g_string_append_printf(out, "%zu improved, %zu regressed, of %u figures\n", diff->n_improved,
                           diff->n_regressed, diff->rows->len);
    return g_string_free(out, FALSE);
}

static json_t *interval_to_json(const stats_interval *i)
{
    return json_pack("{s:f, s:f, s:f}", "median", i->value, "low", i->low, "high", i->high);
}

static json_t *row_to_json(const bench_diff_row *row)
{
    const bench_figure *f = row->before != NULL ? row->before : row->after;
    json_t *o =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", f->name, "layout", f->layout, "subject",
                  f->subject, "unit", f->unit, "change", bench_change_name(row->change));
    if (row->before != NULL && row->before->n > 0)
        (void)json_object_set_new(o, "old", interval_to_json(&row->before->value));
    if (row->after != NULL && row->after->n > 0)
        (void)json_object_set_new(o, "new", interval_to_json(&row->after->value));
    if (row->ratio.value > 0)
        (void)json_object_set_new(o, "ratio", interval_to_json(&row->ratio));
    return o;
}

char *bench_diff_to_json(const bench_diff *diff)
{
    json_t *rows = json_array();
    for (guint i = 0; i < diff->rows->len; i++)
        (void)json_array_append_new(rows,
                                    row_to_json(&g_array_index(diff->rows, bench_diff_row, i)));
    json_t *root = json_pack("{s:s, s:i, s:I, s:I, s:o}", "schema", "objlab/bench-diff", "version",
                             1, "improved", (json_int_t)diff->n_improved, "regressed",
                             (json_int_t)diff->n_regressed, "figures", rows);
    char *dumped = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    char *owned = g_strconcat(dumped, "\n", NULL);
    free(dumped);
    return owned;
}
