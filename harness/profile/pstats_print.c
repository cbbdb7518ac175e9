#include "harness/profile/pstats.h"

#include <string.h>

static void append_head(GString *text, const pstats_table *table, const pstats_options *options,
                        guint n_selected)
{
    const char *unit = callgrind_event_unit(table->event);
    g_string_append_printf(text, "         %" G_GUINT64_FORMAT " function calls", table->n_calls);
    if (table->n_calls != table->n_primitive_calls)
        g_string_append_printf(text, " (%" G_GUINT64_FORMAT " primitive calls)",
                               table->n_primitive_calls);
    g_string_append_printf(text, " in %" G_GUINT64_FORMAT " %s", table->total, unit);
    if (strcmp(unit, table->event) != 0)
        g_string_append_printf(text, " (%s)", table->event);
    g_string_append_printf(text, "\n\n   Ordered by: %s\n", pstats_sort_name(options->sort));
    if (options->filter != NULL)
        g_string_append_printf(text, "   List reduced from %u to %u due to restriction <'%s'>\n",
                               table->rows->len, n_selected, options->filter);
    if (options->limit > 0 && options->limit < n_selected)
        g_string_append_printf(text, "   List reduced from %u to %zu due to restriction <%zu>\n",
                               n_selected, options->limit, options->limit);
    g_string_append_c(text, '\n');
}

/* Columns are as wide as pstats' or as their widest number. */
typedef struct widths {
    int calls, self, inclusive, per_call;
} widths;

static int n_digits(uint64_t value)
{
    int n = 1;
    for (; value >= 10; value /= 10)
        n++;
    return n;
}

static widths measure(const pstats_table *table, const GArray *indices, guint n)
{
    widths w = {9, 8, 8, 8};
    for (guint i = 0; i < n; i++) {
        const pstats_row *row =
            &g_array_index(table->rows, pstats_row, g_array_index(indices, guint, i));
        int calls = n_digits(row->calls);
        if (row->calls != row->primitive_calls)
            calls += 1 + n_digits(row->primitive_calls);
        w.calls = MAX(w.calls, calls);
        w.self = MAX(w.self, n_digits(row->self));
        w.inclusive = MAX(w.inclusive, n_digits(row->inclusive));
        w.per_call = MAX(w.per_call, n_digits(row->inclusive) + 2);
    }
    return w;
}

static void append_per_call(GString *text, uint64_t cost, uint64_t calls, int width)
{
    if (calls == 0) /* never called in the profile, as _start: pstats leaves it blank too */
        g_string_append_printf(text, " %*s", width, "");
    else
        g_string_append_printf(text, " %*.1f", width, (double)cost / (double)calls);
}

static void append_row(GString *text, const pstats_row *row, const widths *w, bool strip_dirs)
{
    char calls[64];
    if (row->calls == row->primitive_calls)
        (void)g_snprintf(calls, sizeof calls, "%" G_GUINT64_FORMAT, row->calls);
    else
        (void)g_snprintf(calls, sizeof calls, "%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
                         row->calls, row->primitive_calls);
    g_autofree char *place = pstats_place(row, strip_dirs);
    g_string_append_printf(text, "%*s %*" G_GUINT64_FORMAT, w->calls, calls, w->self, row->self);
    append_per_call(text, row->self, row->calls, w->per_call);
    g_string_append_printf(text, " %*" G_GUINT64_FORMAT, w->inclusive, row->inclusive);
    append_per_call(text, row->inclusive, row->primitive_calls, w->per_call);
    g_string_append_printf(text, " %s\n", place);
}

static guint n_shown(const GArray *indices, const pstats_options *options)
{
    return options->limit > 0 ? (guint)MIN(options->limit, indices->len) : indices->len;
}

char *pstats_print(const pstats_table *table, const pstats_options *options, GError **error)
{
    g_autoptr(GArray) indices = pstats_select(table, options, error);
    if (indices == NULL)
        return NULL;
    GString *text = g_string_new(NULL);
    append_head(text, table, options, indices->len);
    guint n = n_shown(indices, options);
    widths w = measure(table, indices, n);
    g_string_append_printf(text, "%*s %*s %*s %*s %*s filename:lineno(function)\n", w.calls,
                           "ncalls", w.self, "tottime", w.per_call, "percall", w.inclusive,
                           "cumtime", w.per_call, "percall");
    for (guint i = 0; i < n; i++)
        append_row(text, &g_array_index(table->rows, pstats_row, g_array_index(indices, guint, i)),
                   &w, options->strip_dirs);
    return g_string_free(text, FALSE);
}

/* ---- callers and callees ---- */

/* The other rows of one row's edges, the most expensive first. */
typedef struct neighbour {
    size_t row;
    uint64_t calls, inclusive;
} neighbour;

static gint compare_neighbours(gconstpointer a, gconstpointer b)
{
    const neighbour *x = a, *y = b;
    if (x->inclusive != y->inclusive)
        return x->inclusive < y->inclusive ? 1 : -1;
    if (x->calls != y->calls)
        return x->calls < y->calls ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

static void free_array(gpointer array)
{
    g_array_unref(array);
}

/* Of each row: GArray of neighbour. */
static GPtrArray *collect(const pstats_table *table, bool callers)
{
    GPtrArray *neighbours = g_ptr_array_new_with_free_func(free_array);
    for (guint i = 0; i < table->rows->len; i++)
        g_ptr_array_add(neighbours, g_array_new(FALSE, FALSE, sizeof(neighbour)));
    for (guint i = 0; i < table->edges->len; i++) {
        const pstats_edge *edge = &g_array_index(table->edges, pstats_edge, i);
        GArray *of_row = g_ptr_array_index(neighbours, callers ? edge->callee : edge->caller);
        neighbour n = {callers ? edge->caller : edge->callee, edge->calls, edge->inclusive};
        g_array_append_val(of_row, n);
    }
    for (guint i = 0; i < table->rows->len; i++)
        g_array_sort(g_ptr_array_index(neighbours, i), compare_neighbours);
    return neighbours;
}

/* One line a neighbour; the head stands before the first. */
static void append_neighbours(GString *text, const pstats_table *table, const GArray *neighbours,
                              const char *head, const pstats_options *options)
{
    g_autofree char *blank = g_strnfill(strlen(head), ' ');
    for (guint i = 0; i < neighbours->len; i++) {
        const neighbour *n = &g_array_index(neighbours, neighbour, i);
        g_autofree char *place =
            pstats_place(&g_array_index(table->rows, pstats_row, n->row), options->strip_dirs);
        g_string_append_printf(text, "%s %9" G_GUINT64_FORMAT " %12" G_GUINT64_FORMAT "  %s\n",
                               i == 0 ? head : blank, n->calls, n->inclusive, place);
    }
}

static char *print_edges(const pstats_table *table, const pstats_options *options, bool callers,
                         GError **error)
{
    g_autoptr(GArray) indices = pstats_select(table, options, error);
    if (indices == NULL)
        return NULL;
    GString *text = g_string_new(NULL);
    append_head(text, table, options, indices->len);
    guint n = n_shown(indices, options);
    int width = (int)strlen("Function");
    g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < n; i++) {
        const pstats_row *row =
            &g_array_index(table->rows, pstats_row, g_array_index(indices, guint, i));
        char *place = pstats_place(row, options->strip_dirs);
        width = MAX(width, (int)MIN(strlen(place), 100));
        g_ptr_array_add(places, place);
    }
    g_string_append_printf(text, "%-*s %s\n%-*s    %9s %12s\n", width, "Function",
                           callers ? "was called by..." : "called...", width, "", "ncalls",
                           "cumtime");
    GPtrArray *neighbours = collect(table, callers);
    for (guint i = 0; i < n; i++) {
        const GArray *others = g_ptr_array_index(neighbours, g_array_index(indices, guint, i));
        g_autofree char *head = g_strdup_printf(
            "%-*s %s", width, (const char *)g_ptr_array_index(places, i), callers ? "<-" : "->");
        if (others->len == 0)
            g_string_append_printf(text, "%s\n", head);
        append_neighbours(text, table, others, head, options);
    }
    g_ptr_array_unref(neighbours);
    return g_string_free(text, FALSE);
}

char *pstats_print_callers(const pstats_table *table, const pstats_options *options, GError **error)
{
    return print_edges(table, options, true, error);
}

char *pstats_print_callees(const pstats_table *table, const pstats_options *options, GError **error)
{
    return print_edges(table, options, false, error);
}
