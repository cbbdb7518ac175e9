#include "reports/record_diff.h"

#include <string.h>

static const record_part *find_part(const record *r, const char *name)
{
    for (guint i = 0; i < r->parts->len; i++) {
        const record_part *part = r->parts->pdata[i];
        if (strcmp(part->name, name) == 0)
            return part;
    }
    return NULL;
}

static const record_figure *find_figure(const record *r, const record_figure *like)
{
    for (guint i = 0; i < r->figures->len; i++) {
        const record_figure *f = r->figures->pdata[i];
        if (strcmp(f->name, like->name) == 0 && strcmp(f->layout, like->layout) == 0 &&
            strcmp(f->subject, like->subject) == 0)
            return f;
    }
    return NULL;
}

static void match_parts(record_diff *diff)
{
    for (guint i = 0; i < diff->after->parts->len; i++) {
        const record_part *part = diff->after->parts->pdata[i];
        record_diff_part row = {find_part(diff->before, part->name), part};
        g_array_append_val(diff->parts, row);
    }
    for (guint i = 0; i < diff->before->parts->len; i++) {
        const record_part *part = diff->before->parts->pdata[i];
        record_diff_part row = {part, NULL};
        if (find_part(diff->after, part->name) == NULL)
            g_array_append_val(diff->parts, row);
    }
}

static void match_figures(record_diff *diff)
{
    for (guint i = 0; i < diff->after->figures->len; i++) {
        const record_figure *after = diff->after->figures->pdata[i];
        record_diff_figure row = {find_figure(diff->before, after), after};
        bool same = row.before == NULL ||
                    (row.before->low <= after->high && after->low <= row.before->high);
        if (!same)
            g_array_append_val(diff->figures, row);
    }
}

record_diff *record_diff_new(const record *before, const record *after)
{
    record_diff *diff = g_new0(record_diff, 1);
    diff->before = before;
    diff->after = after;
    diff->parts = g_array_new(FALSE, FALSE, sizeof(record_diff_part));
    diff->figures = g_array_new(FALSE, FALSE, sizeof(record_diff_figure));
    match_parts(diff);
    match_figures(diff);
    return diff;
}

void record_diff_free(record_diff *diff)
{
    if (diff == NULL)
        return;
    g_array_unref(diff->parts);
    g_array_unref(diff->figures);
    g_free(diff);
}

double record_diff_gain(const record_diff *diff)
{
    return diff->after->score - diff->before->score;
}

/* ---- for people ---- */

static double score_of(const record_part *part)
{
    return part == NULL ? 0 : part->score;
}

static const char *verdict_of(const record_part *part)
{
    return part == NULL ? "absent" : record_verdict_name(part->verdict);
}

static void print_part(GString *out, const record_diff_part *row)
{
    const record_part *any = row->after != NULL ? row->after : row->before;
    double change = score_of(row->after) - score_of(row->before);
    g_string_append_printf(out, "  %-22s %8.2f %8.2f ", any->title, score_of(row->before),
                           score_of(row->after));
    if (change != 0)
        g_string_append_printf(out, "%+8.2f", change);
    else
        g_string_append(out, "        ");
    if (strcmp(verdict_of(row->before), verdict_of(row->after)) != 0)
        g_string_append_printf(out, "  %s -> %s", verdict_of(row->before), verdict_of(row->after));
    g_string_append_c(out, '\n');
}

static void print_figure(GString *out, const record_diff_figure *row)
{
    const record_figure *f = row->after;
    g_string_append_printf(out, "  %-22s %-8s %-12s %12.2f -> %-12.2f %s", f->name, f->layout,
                           f->subject, row->before->median, f->median, f->unit);
    if (row->before->median > 0)
        g_string_append_printf(out, "  %+.1f %%", 100 * (f->median / row->before->median - 1));
    g_string_append_c(out, '\n');
}

char *record_diff_to_table(const record_diff *diff, const char *fingerprint_difference)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "  %s (%s) -> %s (%s)\n\n  %-22s %8s %8s\n",
                           diff->before->submission_name, diff->before->created,
                           diff->after->submission_name, diff->after->created, "part", "before",
                           "after");
    for (guint i = 0; i < diff->parts->len; i++)
        print_part(out, &g_array_index(diff->parts, record_diff_part, i));
    g_string_append_printf(out, "  %-22s %8.2f %8.2f %+8.2f\n", "score", diff->before->score,
                           diff->after->score, record_diff_gain(diff));
    if (fingerprint_difference != NULL)
        g_string_append_printf(out, "\n  figures are not compared: %s\n", fingerprint_difference);
    else if (diff->figures->len > 0)
        g_string_append(out, "\n  figures that changed\n");
    for (guint i = 0; fingerprint_difference == NULL && i < diff->figures->len; i++)
        print_figure(out, &g_array_index(diff->figures, record_diff_figure, i));
    return g_string_free(out, FALSE);
}

/* ---- for machines ---- */

static json_t *part_to_json(const record_diff_part *row)
{
    const record_part *any = row->after != NULL ? row->after : row->before;
    return json_pack("{ss sf sf ss ss}", "name", any->name, "before", score_of(row->before),
                     "after", score_of(row->after), "verdict_before", verdict_of(row->before),
                     "verdict_after", verdict_of(row->after));
}

static json_t *figure_to_json(const record_diff_figure *row)
{
    return json_pack("{ss ss ss ss sf sf}", "name", row->after->name, "layout", row->after->layout,
                     "subject", row->after->subject, "unit", row->after->unit, "before",
                     row->before->median, "after", row->after->median);
}

json_t *record_diff_to_json(const record_diff *diff, const char *fingerprint_difference)
{
    json_t *parts = json_array();
    json_t *figures = json_array();
    for (guint i = 0; i < diff->parts->len; i++)
        (void)json_array_append_new(parts,
                                    part_to_json(&g_array_index(diff->parts, record_diff_part, i)));
    for (guint i = 0; fingerprint_difference == NULL && i < diff->figures->len; i++)
        (void)json_array_append_new(
            figures, figure_to_json(&g_array_index(diff->figures, record_diff_figure, i)));
    return json_pack("{ss si sf sf so so ss?}", "schema", "objlab/result-diff", "version", 1,
                     "score_before", diff->before->score, "score_after", diff->after->score,
                     "parts", parts, "figures", figures, "not_compared", fingerprint_difference);
}
