#include "harness/profile/method_compare.h"

#include "harness/profile/callgrind.h"
#include "harness/profile/plain_text.h"
#include "harness/profile/pstats.h"

#include <string.h>

enum { PERCENT = 100, MAX_MISSED_NAMED = 3 };

const char *method_name(method m)
{
    static const char *const names[METHOD_N] = {"callgrind", "instrument", "sample"};
    return names[m];
}

static void row_free(gpointer data)
{
    method_row *row = data;
    g_free(row->name);
    g_free(row->file);
    g_free(row);
}

method_compare *method_compare_new(const char *command, unsigned n_rounds)
{
    method_compare *c = g_new0(method_compare, 1);
    c->command = g_strdup(command);
    c->n_rounds = n_rounds;
    c->rows = g_ptr_array_new_with_free_func(row_free);
    return c;
}

void method_compare_free(method_compare *c)
{
    if (c == NULL)
        return;
    for (int m = 0; m < METHOD_N; m++) {
        g_free(c->methods[m].absent);
        g_free(c->methods[m].event);
    }
    g_ptr_array_unref(c->rows);
    g_free(c->command);
    g_free(c);
}

static method_row *row_at(const method_compare *c, guint i)
{
    return g_ptr_array_index(c->rows, i);
}

/* The row of that name. known: name -> row. */
static method_row *find_row(method_compare *c, GHashTable *known, const char *name)
{
    method_row *row = g_hash_table_lookup(known, name);
    if (row != NULL)
        return row;
    row = g_new0(method_row, 1);
    row->name = g_strdup(name);
    row->file = g_strdup("");
    g_ptr_array_add(c->rows, row);
    g_hash_table_insert(known, row->name, row);
    return row;
}

static void add_row(method_row *row, method m, const pstats_row *from, uint64_t total)
{
    method_view *view = &row->views[m];
    view->is_seen = true;
    view->self += (double)from->self / (double)total;
    view->inclusive += (double)from->inclusive / (double)total;
    view->calls += from->calls;
    if (row->file[0] == '\0' && from->file[0] != '\0') {
        g_free(row->file);
        row->file = g_path_get_basename(from->file);
    }
}

bool method_compare_add(method_compare *c, method m, const char *path, GError **error)
{
    g_autoptr(callgrind_profile) profile = callgrind_read(path, error);
    if (profile == NULL)
        return false;
    g_autoptr(pstats_table) table = pstats_new(profile, 0);
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < c->rows->len; i++)
        g_hash_table_insert(known, row_at(c, i)->name, row_at(c, i));
    c->methods[m].event = g_strdup(profile->events[0]);
    for (guint i = 0; i < table->rows->len && table->total > 0; i++) {
        const pstats_row *row = &g_array_index(table->rows, pstats_row, i);
        add_row(find_row(c, known, row->name), m, row, table->total);
    }
    return true;
}

/* ---- ranks and what was missed ---- */

static double largest_self(const method_row *row)
{
    double largest = 0;
    for (int m = 0; m < METHOD_N; m++)
        largest = MAX(largest, row->views[m].self);
    return largest;
}

static gint compare_rows(gconstpointer a, gconstpointer b)
{
    const method_row *x = *(const method_row *const *)a, *y = *(const method_row *const *)b;
    double dx = largest_self(x), dy = largest_self(y);
    return dx < dy ? 1 : dx > dy ? -1 : strcmp(x->name, y->name);
}

static gint compare_self(gconstpointer a, gconstpointer b, gpointer data)
{
    method m = (method)GPOINTER_TO_INT(data);
    double x = (*(const method_row *const *)a)->views[m].self;
    double y = (*(const method_row *const *)b)->views[m].self;
    return (x < y) - (x > y);
}

static void rank(method_compare *c, method m)
{
    unsigned n = 0;
    g_ptr_array_sort_with_data(c->rows, compare_self, GINT_TO_POINTER(m));
    for (guint i = 0; i < c->rows->len; i++) {
        method_view *view = &row_at(c, i)->views[m];
        if (view->is_seen)
            view->rank = ++n;
    }
    c->methods[m].n_functions = n;
}

/* The share that each other method gives to what this one has not seen; the largest. */
static void count_missed(method_compare *c, method m)
{
    method_summary *s = &c->methods[m];
    double by[METHOD_N] = {0};
    for (guint i = 0; i < c->rows->len; i++) {
        const method_row *row = row_at(c, i);
        if (row->views[m].is_seen)
            continue;
        s->n_missed++;
        for (int other = 0; other < METHOD_N; other++)
            by[other] += row->views[other].self;
    }
    for (int other = 0; other < METHOD_N; other++)
        s->missed = MAX(s->missed, by[other]);
}

void method_compare_finish(method_compare *c)
{
    for (int m = 0; m < METHOD_N; m++)
        rank(c, (method)m);
    for (int m = 0; m < METHOD_N; m++) {
        if (c->methods[m].absent == NULL)
            count_missed(c, (method)m);
    }
    g_ptr_array_sort(c->rows, compare_rows);
}

/* ---- output ---- */

static void append_interval(GString *text, const stats_interval *i, int width, const char *unit)
{
    g_autofree char *all = g_strdup_printf("%.3g%s [%.3g, %.3g]", i->value, unit, i->low, i->high);
    g_string_append_printf(text, "  %-*s", width, all);
}

static void append_missed(GString *text, const method_compare *c, method m)
{
    const method_summary *s = &c->methods[m];
    g_string_append_printf(text, "%u, up to %.1f %%", s->n_missed, PERCENT * s->missed);
    unsigned n = 0;
    for (guint i = 0; i < c->rows->len && n < MAX_MISSED_NAMED; i++) {
        const method_row *row = row_at(c, i);
        if (row->views[m].is_seen)
            continue;
        g_string_append_printf(text, "%s%s", n == 0 ? ": " : ", ", row->name);
        n++;
    }
    if (n > 0 && n < s->n_missed)
        g_string_append(text, ", ...");
}

static void append_methods(GString *text, const method_compare *c)
{
    enum { WIDTH = 24 };
    g_string_append_printf(text, "  %-10s  %-6s  %-*s  %-*s  %9s  %s\n", "method", "counts", WIDTH,
                           "seconds [95 %]", WIDTH, "times plain [95 %]", "functions",
                           "not seen, of others' cost");
    g_string_append_printf(text, "  %-10s  %-6s", "plain", "");
    append_interval(text, &c->plain, WIDTH, "");
    g_string_append_c(text, '\n');
    for (int m = 0; m < METHOD_N; m++) {
        const method_summary *s = &c->methods[m];
        g_string_append_printf(text, "  %-10s", method_name((method)m));
        if (s->absent != NULL) {
            g_string_append_printf(text, "  absent: %s\n", s->absent);
            continue;
        }
        g_string_append_printf(text, "  %-6s", s->event);
        append_interval(text, &s->wall, WIDTH, "");
        append_interval(text, &s->ratio, WIDTH, "x");
        g_string_append_printf(text, "  %9u  ", s->n_functions);
        append_missed(text, c, (method)m);
        g_string_append_c(text, '\n');
    }
}

static void append_share(GString *text, const method_view *view)
{
    if (!view->is_seen)
        g_string_append_printf(text, "  %12s", "-");
    else
        g_string_append_printf(text, "  %6.2f %% #%-3u", PERCENT * view->self, view->rank);
}

static void append_calls(GString *text, const method_view *view)
{
    g_autofree char *number = view->calls == 0 ? g_strdup("-") : plain_text_number(view->calls);
    g_string_append_printf(text, "  %12s", number);
}

char *method_compare_print(const method_compare *c, unsigned limit)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text,
                           "%s: %u rounds, interleaved; %.1f %% of its processor time is the "
                           "kernel's, which callgrind does not see\n\n",
                           c->command, c->n_rounds, PERCENT * c->kernel_share);
    append_methods(text, c);
    g_string_append_printf(text, "\n  %-36s  %26s\n  %12s  %12s  %12s  %12s  %12s  function\n",
                           "share of its own cost, and rank", "calls", "callgrind", "instrument",
                           "sample", "callgrind", "instrument");
    guint n = limit == 0 ? c->rows->len : MIN(limit, c->rows->len);
    for (guint i = 0; i < n; i++) {
        const method_row *row = row_at(c, i);
        for (int m = 0; m < METHOD_N; m++)
            append_share(text, &row->views[m]);
        append_calls(text, &row->views[METHOD_CALLGRIND]);
        append_calls(text, &row->views[METHOD_INSTRUMENT]);
        g_string_append_printf(text, "  %s%s%s%s\n", row->name, row->file[0] != '\0' ? " (" : "",
                               row->file, row->file[0] != '\0' ? ")" : "");
    }
    if (n < c->rows->len)
        g_string_append_printf(text, "  %12s and %u more\n", "...", c->rows->len - n);
    return g_string_free(text, FALSE);
}

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value); /* fails only without memory */
}

static json_t *text_json(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}

static json_t *interval_json(const stats_interval *i)
{
    return json_pack("{s:f, s:f, s:f}", "median", i->value, "low", i->low, "high", i->high);
}

static json_t *summary_json(const method_compare *c, method m)
{
    const method_summary *s = &c->methods[m];
    json_t *o = json_object();
    set(o, "name", json_string(method_name(m)));
    if (s->absent != NULL) {
        set(o, "absent", text_json(s->absent));
        return o;
    }
    set(o, "event", text_json(s->event));
    set(o, "seconds", interval_json(&s->wall));
    set(o, "ratio", interval_json(&s->ratio));
    set(o, "functions", json_integer(s->n_functions));
    set(o, "missed", json_integer(s->n_missed));
    set(o, "missed_share", json_real(s->missed));
    return o;
}

static json_t *row_json(const method_row *row)
{
    json_t *o = json_object();
    set(o, "name", text_json(row->name));
    set(o, "file", text_json(row->file));
    for (int m = 0; m < METHOD_N; m++) {
        const method_view *view = &row->views[m];
        if (!view->is_seen)
            continue;
        set(o, method_name((method)m),
            json_pack("{s:f, s:f, s:I, s:i}", "self", view->self, "inclusive", view->inclusive,
                      "calls", (json_int_t)view->calls, "rank", (int)view->rank));
    }
    return o;
}

json_t *method_compare_json(const method_compare *c)
{
    json_t *methods = json_array(), *functions = json_array();
    for (int m = 0; m < METHOD_N; m++)
        (void)json_array_append_new(methods, summary_json(c, (method)m));
    for (guint i = 0; i < c->rows->len; i++)
        (void)json_array_append_new(functions, row_json(row_at(c, i)));
    json_t *root = json_pack("{s:s, s:i}", "schema", "objlab/profilers", "version", 1);
    set(root, "command", text_json(c->command));
    set(root, "rounds", json_integer(c->n_rounds));
    set(root, "plain_seconds", interval_json(&c->plain));
    set(root, "kernel_share", json_real(c->kernel_share));
    set(root, "methods", methods);
    set(root, "functions", functions);
    return root;
}
