/* bench_result_to_json(), bench_result_parse(): the record "objlab/bench", version 1. */
#include "harness/bench/bench_goals.h"
#include "harness/bench/bench_result.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

/* ---- writing ---- */

static void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        g_error("JSON: %s is no text or no number", key); /* invariants exclude it */
}

static json_t *text(const char *s)
{
    g_autofree char *valid = g_utf8_make_valid(s, -1);
    return json_string(valid);
}

static json_t *interval(const stats_interval *i)
{
    json_t *o = json_object();
    set(o, "median", json_real(i->value));
    set(o, "low", json_real(i->low));
    set(o, "high", json_real(i->high));
    return o;
}

static void set_goal(json_t *o, const bench_result *r, const bench_figure *f)
{
    bench_goal g;
    if (!bench_goal_of(r, f, &g))
        return;
    json_t *goal = interval(&g.ratio);
    set(goal, "to", text(g.to));
    set(goal, "goal", json_real(g.goal));
    set(goal, "outcome", text(bench_outcome_name(g.outcome)));
    set(o, "goal", goal);
}

static json_t *figure_to_json(const bench_result *r, const bench_figure *f)
{
    json_t *o = json_object();
    set(o, "name", text(f->name));
    set(o, "layout", text(f->layout));
    set(o, "subject", text(f->subject));
    set(o, "unit", text(f->unit));
    set(o, "n", json_integer((json_int_t)f->n));
    if (f->why != NULL)
        set(o, "failed", text(f->why));
    if (f->n > 0) {
        set(o, "median", json_real(f->value.value));
        set(o, "low", json_real(f->value.low));
        set(o, "high", json_real(f->value.high));
        if (f->ticks.value > 0)
            set(o, "ticks", interval(&f->ticks));
    }
    set(o, "windows", json_integer((json_int_t)f->n_windows));
    set(o, "dropped", json_integer((json_int_t)f->n_dropped));
    set(o, "below_overhead", json_integer((json_int_t)f->n_below_overhead));
    if (f->resolution > 0)
        set(o, "resolution", json_real(f->resolution));
    if (f->ratio_to != NULL) {
        json_t *ratio = interval(&f->ratio);
        set(ratio, "to", text(f->ratio_to));
        set(o, "ratio", ratio);
        set(o, "verdict", text(f->verdict));
    }
    set_goal(o, r, f);
    return o;
}

static json_t *strings(const GPtrArray *array)
{
    json_t *a = json_array();
    for (guint i = 0; array != NULL && i < array->len; i++)
        (void)json_array_append_new(a, text(array->pdata[i]));
    return a;
}

static json_t *clock_to_json(const bench_result *r)
{
    json_t *o = json_object();
    set(o, "name", text(clock_kind_name(r->clock.kind)));
    set(o, "tick", text(clock_tick_name(r->clock.kind)));
    set(o, "ns_per_tick", json_real(r->clock.ns_per_tick));
    set(o, "overhead_ticks", json_integer((json_int_t)r->clock.overhead_ticks));
    set(o, "resolution_ticks", json_integer((json_int_t)r->clock.resolution_ticks));
    set(o, "calibration_error", json_real(r->clock.calibration_error));
    set(o, "drift_ppm", json_real(r->drift_ppm));
    return o;
}

static json_t *fingerprint_to_json(const record_fingerprint *f)
{
    json_t *o = json_object();
    set(o, "cpu", text(f->cpu == NULL ? "" : f->cpu));
    set(o, "kernel", text(f->kernel == NULL ? "" : f->kernel));
    set(o, "sandbox", text(f->sandbox == NULL ? "" : f->sandbox));
    set(o, "tools", strings(f->tools));
    set(o, "environment", strings(f->environment));
    return o;
}

char *bench_result_to_json(const bench_result *result)
{
    json_t *root = json_object();
    set(root, "schema", text(BENCH_RESULT_SCHEMA));
    set(root, "version", json_integer(BENCH_RESULT_VERSION));
    set(root, "created", text(result->created));
    set(root, "n_objects", json_integer((json_int_t)result->n_objects));
    set(root, "rounds", json_integer((json_int_t)result->n_rounds));
    set(root, "elapsed_s", json_real(result->elapsed_s));
    set(root, "clock", clock_to_json(result));
    json_t *figures = json_array();
    for (guint i = 0; i < result->figures->len; i++)
        (void)json_array_append_new(figures, figure_to_json(result, result->figures->pdata[i]));
    set(root, "figures", figures);
    set(root, "absent", strings(result->absent));
    set(root, "warnings", strings(result->warnings));
    set(root, "fingerprint", fingerprint_to_json(&result->fingerprint));
    char *dumped = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    char *owned = g_strconcat(dumped, "\n", NULL);
    free(dumped);
    return owned;
}

/* ---- reading ---- */

/* Where a reading stands: the first thing wrong is kept, everything after it is passed over. */
typedef struct reader {
    const char *name; /* of the file */
    GError **error;
    bool failed;
} reader;

static void complain(reader *rd, const char *path, const char *expected)
{
    if (!rd->failed)
        g_set_error(rd->error, BENCH_ERROR, 0, "%s: %s: expected %s", rd->name, path, expected);
    rd->failed = true;
}

static char *read_text(reader *rd, const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    if (value == NULL)
        complain(rd, key, "a text");
    return g_strdup(value == NULL ? "" : value);
}

static double read_number(reader *rd, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_number(value) || !isfinite(json_number_value(value)))
        complain(rd, key, "a number");
    return json_number_value(value);
}

static uint64_t read_count(reader *rd, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        complain(rd, key, "a count");
        return 0;
    }
    return (uint64_t)json_integer_value(value);
}

static stats_interval read_interval(reader *rd, const json_t *object, const char *path)
{
    stats_interval i = {0};
    i.value = read_number(rd, object, "median");
    i.low = read_number(rd, object, "low");
    i.high = read_number(rd, object, "high");
    if (!(i.low <= i.value && i.value <= i.high))
        complain(rd, path, "low <= median <= high");
    return i;
}

static bench_figure *read_figure(reader *rd, const json_t *object)
{
    bench_figure *f = g_new0(bench_figure, 1);
    f->name = read_text(rd, object, "name");
    f->layout = read_text(rd, object, "layout");
    f->subject = read_text(rd, object, "subject");
    f->unit = read_text(rd, object, "unit");
    f->n = read_count(rd, object, "n");
    if (f->n > 0)
        f->value = read_interval(rd, object, "figures");
    if (f->n == 0 || json_object_get(object, "failed") != NULL)
        f->why = read_text(rd, object, "failed");
    const json_t *ticks = json_object_get(object, "ticks");
    if (ticks != NULL)
        f->ticks = read_interval(rd, ticks, "ticks");
    if (json_object_get(object, "resolution") != NULL)
        f->resolution = read_number(rd, object, "resolution");
    f->n_windows = read_count(rd, object, "windows");
    f->n_dropped = read_count(rd, object, "dropped");
    f->n_below_overhead = read_count(rd, object, "below_overhead");
    const json_t *ratio = json_object_get(object, "ratio");
    if (ratio != NULL) {
        f->ratio = read_interval(rd, ratio, "ratio");
        f->ratio_to = read_text(rd, ratio, "to");
        f->verdict = read_text(rd, object, "verdict");
    }
    return f;
}

static void read_strings(reader *rd, const json_t *object, const char *key, GPtrArray *array)
{
    const json_t *values = json_object_get(object, key);
    if (!json_is_array(values))
        complain(rd, key, "an array");
    for (size_t i = 0; i < json_array_size(values); i++) {
        const char *value = json_string_value(json_array_get(values, i));
        if (value == NULL)
            complain(rd, key, "texts");
        else
            g_ptr_array_add(array, g_strdup(value));
    }
}

static void read_fingerprint(reader *rd, const json_t *object, record_fingerprint *f)
{
    f->cpu = read_text(rd, object, "cpu");
    f->kernel = read_text(rd, object, "kernel");
    f->sandbox = read_text(rd, object, "sandbox");
    f->tools = g_ptr_array_new_with_free_func(g_free);
    f->environment = g_ptr_array_new_with_free_func(g_free);
    read_strings(rd, object, "tools", f->tools);
    read_strings(rd, object, "environment", f->environment);
}

static void read_clock(reader *rd, const json_t *object, bench_result *r)
{
    g_autofree char *name = read_text(rd, object, "name");
    if (!clock_kind_from_name(name, &r->clock.kind))
        complain(rd, "clock", "a clock's name");
    r->clock.ns_per_tick = read_number(rd, object, "ns_per_tick");
    r->clock.overhead_ticks = read_count(rd, object, "overhead_ticks");
    r->clock.resolution_ticks = read_count(rd, object, "resolution_ticks");
    r->clock.calibration_error = read_number(rd, object, "calibration_error");
    r->drift_ppm = read_number(rd, object, "drift_ppm");
}

/* One value a figure, layout and subject: a second one would stand for nothing. */
static void read_figures(reader *rd, const json_t *figures, GPtrArray *into)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!json_is_array(figures))
        complain(rd, "figures", "an array");
    for (size_t i = 0; !rd->failed && i < json_array_size(figures); i++) {
        bench_figure *f = read_figure(rd, json_array_get(figures, i));
        g_ptr_array_add(into, f);
        if (!g_hash_table_add(seen, g_strjoin("\n", f->name, f->layout, f->subject, NULL)))
            complain(rd, f->name, "each figure of a layout and subject once");
    }
}

static void read_result(reader *rd, const json_t *root, bench_result *r)
{
    const char *schema = json_string_value(json_object_get(root, "schema"));
    if (g_strcmp0(schema, BENCH_RESULT_SCHEMA) != 0)
        complain(rd, "schema", "\"" BENCH_RESULT_SCHEMA "\"");
    if (read_count(rd, root, "version") != BENCH_RESULT_VERSION)
        complain(rd, "version", "1");
    if (rd->failed)
        return;
    g_free(r->created);
    r->created = read_text(rd, root, "created");
    r->n_objects = read_count(rd, root, "n_objects");
    r->n_rounds = read_count(rd, root, "rounds");
    r->elapsed_s = read_number(rd, root, "elapsed_s");
    read_clock(rd, json_object_get(root, "clock"), r);
    read_figures(rd, json_object_get(root, "figures"), r->figures);
    read_strings(rd, root, "absent", r->absent);
    read_strings(rd, root, "warnings", r->warnings);
    read_fingerprint(rd, json_object_get(root, "fingerprint"), &r->fingerprint);
}

bench_result *bench_result_parse(const char *input, size_t n_bytes, const char *name,
                                 GError **error)
{
    json_error_t where;
    json_t *root = json_loadb(input, n_bytes, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL) {
        g_set_error(error, BENCH_ERROR, 0, "%s:%d:%d: %s", name, where.line, where.column,
                    where.text);
        return NULL;
    }
    reader rd = {.name = name, .error = error};
    bench_result *r = bench_result_new();
    read_result(&rd, root, r);
    json_decref(root);
    if (rd.failed)
        g_clear_pointer(&r, bench_result_free);
    return r;
}
