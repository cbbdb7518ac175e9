/* exhibit_read.c -- JSON documents of objlab's commands as exhibits, each by its schema. */
#include "reports/exhibit.h"
#include "reports/exhibit_profilers.h"
#include "reports/json_reader.h"
#include "reports/record.h"
#include "reports/text.h"

#include <math.h>
#include <string.h>

enum { MAX_ARENAS = 64, MAX_POOLS = 4096, LEVELS = 9 };

/* What the readers of elements fill. */
typedef struct target {
    exhibit *e;
    exhibit_chart *chart;
    exhibit_frame *frame;
    GString *row;
    size_t n_points;
    double first_us, last_us, last_cpu_us;
    double resident, virtual_bytes, cpu_us; /* of one sample */
} target;

typedef struct interval {
    double median, low, high;
} interval;

static interval read_interval(json_reader *in, const json_t *object)
{
    interval i = {json_reader_real(in, object, "median"), json_reader_real(in, object, "low"),
                  json_reader_real(in, object, "high")};
    if (in->error == NULL && !(i.low <= i.median && i.median <= i.high))
        json_reader_fail(in, "the median is not between low and high");
    return i;
}

static interval read_member(json_reader *in, const json_t *object, const char *key)
{
    const json_t *member = json_reader_object(in, object, key);
    gsize length = json_reader_enter(in, key);
    interval i = read_interval(in, member);
    json_reader_leave(in, length);
    return i;
}

/* The chart of that title. */
static exhibit_chart *chart_of(exhibit *e, exhibit_kind kind, const char *title,
                               const char *x_label, const char *unit)
{
    for (unsigned i = 0; i < e->charts->len; i++) {
        exhibit_chart *c = e->charts->pdata[i];
        if (strcmp(c->title, title) == 0)
            return c;
    }
    return exhibit_add_chart(e, kind, title, x_label, unit);
}

/* ---- objlab/bench ---- */

static const char goal_name[] = "goal";

/* What read_bench_figure() fills. */
typedef struct bench_target {
    exhibit *e;
    unsigned n_met, n_goals;
} bench_target;

static bool is_one_of(const char *text, const char *const *known, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(text, known[i]) == 0)
            return true;
    }
    return false;
}

/* The goal of a figure as a tick in its unit, and as three cells: ratio, goal, outcome. */
static void read_goal(json_reader *in, const json_t *o, double median, exhibit_chart *chart,
                      double category, bench_target *t)
{
    static const char *const outcomes[] = {"met", "undecided", "missed"};
    if (!json_reader_has(o, "goal")) {
        for (int i = 0; i < 3; i++)
            exhibit_add_text(t->e, "");
        return;
    }
    const json_t *goal = json_reader_object(in, o, "goal");
    gsize length = json_reader_enter(in, "goal");
    g_autofree char *outcome = NULL;
    interval ratio = read_interval(in, goal);
    double aim = json_reader_real(in, goal, "goal");
    json_reader_text(in, goal, "outcome", &outcome);
    if (in->error == NULL && !(ratio.median > 0 && aim > 0))
        json_reader_fail(in, "a ratio and its goal are more than 0");
    if (in->error == NULL && !is_one_of(outcome, outcomes, G_N_ELEMENTS(outcomes)))
        json_reader_fail(in, "outcome: expected met, undecided or missed");
    json_reader_leave(in, length);
    if (in->error != NULL)
        return;
    t->n_goals++;
    t->n_met += strcmp(outcome, "met") == 0 ? 1 : 0;
    exhibit_series *ticks = exhibit_series_of(chart, goal_name);
    ticks->is_goal = true;
    exhibit_add_point(ticks, category, median / ratio.median * aim);
    exhibit_add_number(t->e, ratio.median);
    exhibit_add_number(t->e, aim);
    exhibit_add_text(t->e, outcome);
}

static void read_bench_figure(json_reader *in, const json_t *o, void *into)
{
    bench_target *t = into;
    exhibit *e = t->e;
    g_autofree char *name = NULL;
    g_autofree char *layout = NULL;
    g_autofree char *subject = NULL;
    g_autofree char *unit = NULL;
    json_reader_text(in, o, "name", &name);
    json_reader_text(in, o, "layout", &layout);
    json_reader_text(in, o, "subject", &subject);
    json_reader_text(in, o, "unit", &unit);
    if (!json_reader_has(o, "median")) /* it could not be measured: "failed" says why */
        return;
    interval i = read_interval(in, o);
    if (in->error != NULL)
        return;
    g_autofree char *what = text_unit_label(unit);
    g_autofree char *title = g_strdup_printf("%s: %s", layout[0] != '\0' ? layout : "all", what);
    g_autofree char *label = text_figure_label(name);
    exhibit_chart *chart = chart_of(e, EXHIBIT_DOTS, title, "", unit);
    double category = exhibit_category_of(chart, label);
    if (i.low > 0) /* nothing else has a place on a log axis; the table has it */
        exhibit_add_interval(exhibit_series_of(chart, subject), category, i.median, i.low, i.high);
    exhibit_add_text(e, label);
    exhibit_add_text(e, layout);
    exhibit_add_text(e, subject);
    exhibit_add_text(e, unit);
    exhibit_add_number(e, i.median);
    exhibit_add_number(e, i.low);
    exhibit_add_number(e, i.high);
    read_goal(in, o, i.median, chart, category, t);
}

static void read_bench(json_reader *in, const json_t *root, exhibit *e)
{
    static const char *const columns[] = {"figure", "layout", "subject", "unit", "median",
                                          "low",    "high",   "ratio",   "goal", "outcome"};
    exhibit_set_columns(e, columns, G_N_ELEMENTS(columns));
    bench_target t = {.e = e};
    json_reader_array(in, root, "figures", read_bench_figure, &t);
    if (t.n_goals == 0)
        return;
    char *lead = g_strdup_printf("%s %u of %u goals met.", e->lead, t.n_met, t.n_goals);
    g_free(e->lead);
    e->lead = lead;
}

/* ---- objlab/history ---- */

/* Numbers, and null where a result has no such figure. NULL: of another length, or anything else.
 * Owner: the caller. */
static GArray *read_points(json_reader *in, const json_t *object, const char *key, size_t n)
{
    const json_t *values = json_object_get(object, key);
    GArray *points = g_array_new(FALSE, FALSE, sizeof(double));
    bool good = json_array_size(values) == n; /* 0 of what is no array */
    for (size_t i = 0; good && i < n; i++) {
        const json_t *value = json_array_get(values, i);
        double number = json_is_null(value) ? NAN : json_number_value(value);
        good = json_is_null(value) || json_is_number(value);
        g_array_append_val(points, number);
    }
    if (good && n > 0)
        return points;
    json_reader_fail(in, "%s: expected numbers, one at the least and as many as medians", key);
    g_array_unref(points);
    return NULL;
}

/* A result each; in documents without intervals, the medians are all. */
static GArray *read_intervals(json_reader *in, const json_t *o)
{
    size_t n = json_array_size(json_object_get(o, "medians"));
    bool has_intervals = json_reader_has(o, "lows");
    g_autoptr(GArray) medians = read_points(in, o, "medians", n);
    g_autoptr(GArray) lows = read_points(in, o, has_intervals ? "lows" : "medians", n);
    g_autoptr(GArray) highs = read_points(in, o, has_intervals ? "highs" : "medians", n);
    GArray *all = g_array_new(FALSE, FALSE, sizeof(interval));
    for (size_t i = 0; in->error == NULL && i < n; i++) {
        const interval v = {g_array_index(medians, double, i), g_array_index(lows, double, i),
                            g_array_index(highs, double, i)};
        bool is_gap = isnan(v.median) && isnan(v.low) && isnan(v.high);
        if (!is_gap && !(v.low <= v.median && v.median <= v.high))
            json_reader_fail(in, "the median is not between low and high");
        g_array_append_val(all, v);
    }
    return all;
}

/* Draws the known results; the first and the last of them. False if there is none. */
static bool draw_trend(const GArray *all, exhibit_series *series, interval *ret_first,
                       interval *ret_last, size_t *ret_n)
{
    *ret_n = 0;
    for (guint i = 0; i < all->len; i++) {
        const interval *v = &g_array_index(all, interval, i);
        if (isnan(v->median)) {
            exhibit_add_gap(series, (double)i + 1);
            continue;
        }
        exhibit_add_interval(series, (double)i + 1, v->median, v->low, v->high);
        if ((*ret_n)++ == 0)
            *ret_first = *v;
        *ret_last = *v;
    }
    return *ret_n > 0;
}

static void read_trend(json_reader *in, const json_t *o, void *into)
{
    exhibit *e = into;
    g_autofree char *name = NULL;
    g_autofree char *layout = NULL;
    g_autofree char *subject = NULL;
    g_autofree char *unit = NULL;
    json_reader_text(in, o, "name", &name);
    json_reader_text(in, o, "layout", &layout);
    json_reader_text(in, o, "subject", &subject);
    json_reader_text(in, o, "unit", &unit);
    g_autoptr(GArray) all = read_intervals(in, o);
    if (in->error != NULL)
        return;
    g_autofree char *label = text_figure_label(name);
    exhibit_chart *chart = chart_of(e, EXHIBIT_LINES, label, "saved result", unit);
    interval first = {0};
    interval last = {0};
    size_t n;
    if (!draw_trend(all, exhibit_series_of(chart, layout[0] != '\0' ? layout : subject), &first,
                    &last, &n)) {
        json_reader_fail(in, "medians: expected numbers, one at the least");
        return;
    }
    exhibit_add_text(e, label);
    exhibit_add_text(e, layout);
    exhibit_add_text(e, unit);
    exhibit_add_number(e, (double)n);
    const double cells[] = {first.median, first.low, first.high, last.median, last.low, last.high};
    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++)
        exhibit_add_number(e, cells[i]);
    exhibit_add_number(e, first.median > 0 ? 100 * (last.median / first.median - 1) : 0);
}

static void read_history(json_reader *in, const json_t *root, exhibit *e)
{
    static const char *const columns[] = {"figure", "layout", "unit", "results", "first",    "low",
                                          "high",   "last",   "low",  "high",    "change, %"};
    exhibit_set_columns(e, columns, G_N_ELEMENTS(columns));
    json_reader_array(in, root, "trends", read_trend, e);
}

/* ---- objlab/python-bench ---- */

static void read_python_figure(json_reader *in, const json_t *o, void *into)
{
    exhibit *e = into;
    g_autofree char *kind = NULL;
    g_autofree char *figure = NULL;
    json_reader_text(in, o, "kind", &kind);
    json_reader_text(in, o, "figure", &figure);
    interval pymalloc = read_member(in, o, "pymalloc");
    interval pool = read_member(in, o, "pool");
    interval ratio = read_member(in, o, "ratio");
    interval control = read_member(in, o, "control");
    if (in->error != NULL)
        return;
    g_autofree char *label = text_figure_label(figure);
    bool is_memory = strcmp(figure, "bytes") == 0;
    exhibit_chart *chart = chart_of(e, EXHIBIT_BARS, label, "", is_memory ? "bytes" : "ns");
    double category = exhibit_category_of(chart, kind);
    exhibit_add_interval(exhibit_series_of(chart, "pymalloc"), category, pymalloc.median,
                         pymalloc.low, pymalloc.high);
    exhibit_add_interval(exhibit_series_of(chart, "our pool"), category, pool.median, pool.low,
                         pool.high);
    exhibit_add_text(e, label);
    exhibit_add_text(e, kind);
    exhibit_add_number(e, pymalloc.median);
    exhibit_add_number(e, pool.median);
    exhibit_add_number(e, ratio.median);
    exhibit_add_number(e, ratio.low);
    exhibit_add_number(e, ratio.high);
    exhibit_add_number(e, control.median);
}

static void read_python(json_reader *in, const json_t *root, exhibit *e)
{
    static const char *const columns[] = {"figure", "kind", "pymalloc", "our pool",
                                          "ratio",  "low",  "high",     "control"};
    exhibit_set_columns(e, columns, G_N_ELEMENTS(columns));
    json_reader_array(in, root, "figures", read_python_figure, e);
}

/* ---- objlab/top ---- */

static void read_process(json_reader *in, const json_t *o, void *into)
{
    target *t = into;
    t->resident += json_reader_real(in, o, "resident_bytes");
    t->virtual_bytes += json_reader_real(in, o, "virtual_bytes");
    t->cpu_us += json_reader_real(in, o, "cpu_us");
}

static void read_sample(json_reader *in, const json_t *o, void *into)
{
    target *t = into;
    double now_us = json_reader_real(in, o, "time_us");
    t->resident = t->virtual_bytes = t->cpu_us = 0;
    json_reader_array(in, o, "processes", read_process, t);
    if (in->error == NULL && t->n_points > 0 && now_us < t->last_us)
        json_reader_fail(in, "time_us is before that of the sample before");
    if (in->error != NULL)
        return;
    if (t->n_points == 0)
        t->first_us = now_us;
    double at = (now_us - t->first_us) * 1e-6;
    exhibit_chart *memory = t->e->charts->pdata[0];
    exhibit_add_point(exhibit_series_of(memory, "resident"), at, t->resident);
    exhibit_add_point(exhibit_series_of(memory, "virtual"), at, t->virtual_bytes);
    double share = 0;
    if (t->n_points > 0 && now_us > t->last_us && t->cpu_us >= t->last_cpu_us) /* none has ended */
        share = 100 * (t->cpu_us - t->last_cpu_us) / (now_us - t->last_us);
    if (t->n_points > 0)
        exhibit_add_point(exhibit_series_of(t->e->charts->pdata[1], "processor"), at, share);
    exhibit_add_number(t->e, at);
    exhibit_add_number(t->e, t->resident);
    exhibit_add_number(t->e, t->virtual_bytes);
    exhibit_add_number(t->e, share);
    t->n_points++;
    t->last_us = now_us;
    t->last_cpu_us = t->cpu_us;
}

static void read_top(json_reader *in, const json_t *root, exhibit *e)
{
    static const char *const columns[] = {"seconds", "resident, bytes", "virtual, bytes", "CPU, %"};
    exhibit_set_columns(e, columns, G_N_ELEMENTS(columns));
    target t = {.e = e};
    (void)exhibit_add_chart(e, EXHIBIT_LINES, "Memory of all processes", "seconds", "B");
    (void)exhibit_add_chart(e, EXHIBIT_LINES, "Processor time of all processes", "seconds", "%");
    json_reader_array(in, root, "samples", read_sample, &t);
}

/* ---- objlab/trace ---- */

static void read_pool(json_reader *in, const json_t *o, void *into)
{
    target *t = into;
    uint32_t size = json_reader_u32(in, o, "size");
    uint32_t used = json_reader_u32(in, o, "used");
    uint32_t capacity = json_reader_u32(in, o, "capacity");
    if (used > capacity)
        json_reader_fail(in, "used is more than capacity");
    if (t->row->len == MAX_POOLS)
        json_reader_fail(in, "more than %d pools", MAX_POOLS);
    char letter = '.';
    if (size != 0 && capacity != 0)
        letter = (char)('0' + ((uint64_t)used * LEVELS + capacity - 1) / capacity);
    g_string_append_c(t->row, letter);
}

static void read_arena(json_reader *in, const json_t *o, void *into)
{
    target *t = into;
    t->row = g_string_new(NULL);
    json_reader_array(in, o, "pools", read_pool, t);
    if (t->frame->rows->len < MAX_ARENAS)
        g_ptr_array_add(t->frame->rows, g_string_free(t->row, FALSE));
    else
        g_string_free(t->row, TRUE);
}

static void read_step(json_reader *in, const json_t *o, void *into)
{
    target *t = into;
    g_autofree char *after = NULL;
    json_reader_text(in, o, "after", &after);
    uint64_t live = json_reader_count(in, o, "live");
    if (in->error != NULL)
        return;
    size_t n_arenas = json_array_size(json_object_get(o, "arenas"));
    g_autofree char *note =
        g_strdup_printf("%" G_GUINT64_FORMAT " blocks live in %zu arenas%s", live, n_arenas,
                        n_arenas > MAX_ARENAS ? "; the first are shown" : "");
    t->frame = exhibit_add_frame(t->chart, after, note);
    json_reader_array(in, o, "arenas", read_arena, t);
}

static void read_collection(json_reader *in, const json_t *o, void *into)
{
    static const char *const counts[] = {"examined", "roots", "marked", "freed", "live_after"};
    target *t = into;
    g_autofree char *reason = NULL;
    exhibit_add_number(t->e, (double)json_reader_count(in, o, "number"));
    exhibit_add_number(t->e, (double)json_reader_count(in, o, "generation"));
    json_reader_text(in, o, "reason", &reason);
    exhibit_add_text(t->e, reason != NULL ? reason : "");
    for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
        exhibit_add_number(t->e, (double)json_reader_count(in, o, counts[i]));
    exhibit_add_number(t->e, json_reader_real(in, o, "seconds") * 1e3);
}

static void read_trace(json_reader *in, const json_t *root, exhibit *e)
{
    static const char *const columns[] = {"number", "generation", "why",        "objects", "roots",
                                          "marked", "freed",      "live after", "ms"};
    exhibit_set_columns(e, columns, G_N_ELEMENTS(columns));
    target t = {.e = e};
    t.chart =
        exhibit_add_chart(e, EXHIBIT_ARENAS, "Pools by how full they are, an arena a row", "", "");
    json_reader_array(in, root, "collections", read_collection, &t);
    json_reader_array(in, root, "occupancy", read_step, &t);
}

/* ---- any ---- */

typedef struct schema {
    const char *name, *title, *lead;
    void (*read)(json_reader *in, const json_t *root, exhibit *e);
} schema;

static const schema schemas[] = {
    {"objlab/bench", "Benchmark",
     "Time and bytes of each layout and its rivals, measured side by side, on a logarithmic axis: "
     "the same step is the same ratio everywhere. Whiskers are 95\u00a0% intervals, a tick is what "
     "ours is meant to reach.",
     read_bench},
    {"objlab/history", "Trend",
     "Medians of the saved results with 95\u00a0% intervals, oldest first; a chart a figure. A gap "
     "is a "
     "result without it.",
     read_history},
    {"objlab/python-bench", "Python's objects in our pools",
     "The same Python program, with the interpreter's own allocator and with ours.", read_python},
    {"objlab/profilers", "Three profilers", "One program, by three methods.",
     exhibit_read_profilers},
    {"objlab/top", "Use of the machine", "A recorded run, all of its processes together.",
     read_top},
    {"objlab/trace", "Collections",
     "A program's life on the runtime: what each collection did, and how full every pool was after "
     "each step.",
     read_trace},
};

static const schema *find_schema(json_reader *in, const json_t *root)
{
    g_autofree char *name = NULL;
    if (!json_reader_is_type(in, root, JSON_OBJECT, "an object"))
        return NULL;
    json_reader_text(in, root, "schema", &name);
    for (size_t i = 0; name != NULL && i < G_N_ELEMENTS(schemas); i++) {
        if (strcmp(schemas[i].name, name) != 0)
            continue;
        if (json_reader_integer(in, root, "version", 0, INT64_MAX) != 1)
            json_reader_fail(in, "the version of %s is unknown; this program reads version 1",
                             name);
        return &schemas[i];
    }
    if (name != NULL)
        json_reader_fail(in, "the schema \"%.40s\" is none that a report can show", name);
    return NULL;
}

exhibit *exhibit_parse(const char *text, size_t n_bytes, GError **error)
{
    json_error_t at;
    json_t *root = json_loadb(text, n_bytes, JSON_REJECT_DUPLICATES, &at);
    if (root == NULL) {
        g_set_error(error, RECORD_ERROR, RECORD_ERROR_SYNTAX, "line %d, column %d: %s", at.line,
                    at.column, at.text);
        return NULL;
    }
    json_reader in;
    json_reader_start(&in);
    exhibit *e = NULL;
    const schema *s = find_schema(&in, root);
    if (s != NULL) {
        e = exhibit_new(s->title, s->lead);
        s->read(&in, root, e);
    }
    json_decref(root);
    if (json_reader_finish(&in, error))
        return e;
    exhibit_free(e);
    return NULL;
}

exhibit *exhibit_read(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize n_bytes = 0;
    GError *cause = NULL;
    if (!g_file_get_contents(path, &text, &n_bytes, &cause)) {
        g_set_error(error, RECORD_ERROR, RECORD_ERROR_READ, "%s", cause->message);
        g_error_free(cause);
        return NULL;
    }
    exhibit *e = exhibit_parse(text, n_bytes, &cause);
    if (e == NULL)
        g_propagate_prefixed_error(error, cause, "%s: ", path);
    return e;
}
