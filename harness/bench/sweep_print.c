/* sweep_to_table(), sweep_to_json(). */
#include "harness/bench/sweep.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BAR_WIDTH = 24 };

static const bench_figure *figure_at(const sweep *s, guint point, const bench_figure *like)
{
    const bench_result *r = g_array_index(s->points, sweep_point, point).result;
    return bench_result_find(r, like->name, like->layout, like->subject);
}

/* Bytes an object of the subject takes at a point; 0 if not measured. */
static double bytes_at(const sweep *s, guint point, const bench_figure *like)
{
    const bench_result *r = g_array_index(s->points, sweep_point, point).result;
    const bench_figure *f =
        bench_result_find(r, *like->layout == '\0' ? "bytes_per_block" : "bytes_per_object",
                          like->layout, like->subject);
    return f == NULL ? 0 : f->value.value;
}

/* A bar on a logarithmic axis between the least and the greatest value of the figure. */
static void append_bar(GString *out, double value, double least, double most)
{
    double share = most > least ? log(value / least) / log(most / least) : 0;
    int width = 1 + (int)(share * (BAR_WIDTH - 1));
    for (int i = 0; i < BAR_WIDTH; i++)
        g_string_append_c(out, i < width ? '#' : ' ');
}

/* " <- L2 ends" where N objects outgrow it between the point before and this one. */
static void append_marks(GString *out, const sweep *s, guint point, const bench_figure *like)
{
    const sweep_point *p = &g_array_index(s->points, sweep_point, point);
    double now = bytes_at(s, point, like) * (double)p->n_objects;
    double before = point == 0
                        ? 0
                        : bytes_at(s, point - 1, like) *
                              (double)g_array_index(s->points, sweep_point, point - 1).n_objects;
    for (guint i = 0; i < s->marks->len; i++) {
        const sweep_mark *m = &g_array_index(s->marks, sweep_mark, i);
        if (before <= (double)m->bytes && (double)m->bytes < now)
            g_string_append_printf(out, "  %s (%" G_GUINT64_FORMAT " KiB) ends", m->name,
                                   m->bytes / 1024);
    }
}

static const sweep_growth *growth_of(const sweep *s, const bench_figure *f)
{
    for (guint i = 0; i < s->growth->len; i++) {
        const sweep_growth *g = s->growth->pdata[i];
        if (strcmp(g->figure, f->name) == 0 && strcmp(g->layout, f->layout) == 0 &&
            strcmp(g->subject, f->subject) == 0)
            return g;
    }
    return NULL;
}

static void append_figure(GString *out, const sweep *s, const bench_figure *like)
{
    double least = INFINITY;
    double most = 0;
    for (guint i = 0; i < s->points->len; i++) {
        const bench_figure *f = figure_at(s, i, like);
        if (f == NULL || f->n == 0)
            continue;
        least = MIN(least, f->value.value);
        most = MAX(most, f->value.value);
    }
    if (!(most > 0))
        return;
    g_string_append_printf(out, "\n%s%s%s, %s (log axes)\n%12s %10s %-20s %8s\n", like->name,
                           *like->layout == '\0' ? "" : " ", like->layout, like->subject, "N", "ns",
                           "95 % interval", "bytes");
    for (guint i = 0; i < s->points->len; i++) {
        const bench_figure *f = figure_at(s, i, like);
        if (f == NULL)
            continue;
        if (f->n == 0) {
            g_string_append_printf(out, "%12" G_GUINT64_FORMAT " %10s %s\n",
                                   g_array_index(s->points, sweep_point, i).n_objects, "-", f->why);
            continue;
        }
        g_autofree char *interval =
            f->n == 1 ? g_strdup("one round")
                      : g_strdup_printf("[%.2f, %.2f]", f->value.low, f->value.high);
        g_string_append_printf(out, "%12" G_GUINT64_FORMAT " %10.2f %-20s %8.1f ",
                               g_array_index(s->points, sweep_point, i).n_objects, f->value.value,
                               interval, bytes_at(s, i, like));
        append_bar(out, f->value.value, least, most);
        append_marks(out, s, i, like);
        g_string_append_c(out, '\n');
    }
    const sweep_growth *g = growth_of(s, like);
    if (g != NULL)
        g_string_append_printf(
            out, "the whole pass grows as N^%.3f [%.3f, %.3f] (R^2 %.4f, %u points)\n",
            g->exponent.value, g->exponent.low, g->exponent.high, g->r_squared, g->n_points);
}

/* What has no mark because the machine does not tell: a virtual one may hide it. */
static void append_unknown(GString *out, const sweep *s)
{
    bool has_cache = false;
    bool has_tlb = false;
    for (guint i = 0; i < s->marks->len; i++) {
        bool is_tlb = strcmp(g_array_index(s->marks, sweep_mark, i).name, "TLB") == 0;
        has_tlb |= is_tlb;
        has_cache |= !is_tlb;
    }
    if (!has_cache)
        g_string_append(out, "\nthe caches are not marked: sysfs does not tell their sizes\n");
    if (!has_tlb)
        g_string_append(out, "\nthe TLB is not marked: CPUID does not tell its size\n");
}

char *sweep_to_table(const sweep *s)
{
    GString *out = g_string_new(NULL);
    const bench_result *first = g_array_index(s->points, sweep_point, 0).result;
    for (guint i = 0; i < first->figures->len; i++) {
        const bench_figure *f = first->figures->pdata[i];
        if (strcmp(f->unit, "ns") == 0)
            append_figure(out, s, f);
        else if (*f->name == '\0')
            g_string_append_printf(out, "\n%s: %s\n", f->subject, f->why);
    }
    append_unknown(out, s);
    for (guint i = 0; i < s->left_out->len; i++)
        g_string_append_printf(out, "%sleft out: %s\n", i == 0 ? "\n" : "",
                               (const char *)s->left_out->pdata[i]);
    return g_string_free(out, FALSE);
}

/* ---- JSON ---- */

static json_t *point_to_json(const sweep_point *p)
{
    json_t *figures = json_array();
    for (guint i = 0; i < p->result->figures->len; i++) {
        const bench_figure *f = p->result->figures->pdata[i];
        if (f->n == 0)
            continue;
        (void)json_array_append_new(
            figures,
            json_pack("{s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:I}", "name", f->name, "layout",
                      f->layout, "subject", f->subject, "unit", f->unit, "median", f->value.value,
                      "low", f->value.low, "high", f->value.high, "n", (json_int_t)f->n));
    }
    return json_pack("{s:I, s:o}", "n_objects", (json_int_t)p->n_objects, "figures", figures);
}

char *sweep_to_json(const sweep *s)
{
    json_t *points = json_array();
    for (guint i = 0; i < s->points->len; i++)
        (void)json_array_append_new(points,
                                    point_to_json(&g_array_index(s->points, sweep_point, i)));
    json_t *growth = json_array();
    for (guint i = 0; i < s->growth->len; i++) {
        const sweep_growth *g = s->growth->pdata[i];
        (void)json_array_append_new(growth,
                                    json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:f}", "name",
                                              g->figure, "layout", g->layout, "subject", g->subject,
                                              "exponent", g->exponent.value, "low", g->exponent.low,
                                              "high", g->exponent.high, "r_squared", g->r_squared));
    }
    json_t *marks = json_array();
    for (guint i = 0; i < s->marks->len; i++) {
        const sweep_mark *m = &g_array_index(s->marks, sweep_mark, i);
        (void)json_array_append_new(
            marks, json_pack("{s:s, s:I}", "name", m->name, "bytes", (json_int_t)m->bytes));
    }
    json_t *left_out = json_array();
    for (guint i = 0; i < s->left_out->len; i++)
        (void)json_array_append_new(left_out, json_string(s->left_out->pdata[i]));
    json_t *root =
        json_pack("{s:s, s:i, s:o, s:o, s:o, s:o}", "schema", "objlab/bench-sweep", "version", 1,
                  "points", points, "growth", growth, "marks", marks, "left_out", left_out);
    char *dumped = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    char *owned = g_strconcat(dumped, "\n", NULL);
    free(dumped);
    return owned;
}
