#include "harness/profile/pstats.h"

#include "harness/profile/context.h"

#include <string.h>

/* What rows are found by: the strings of a profile are interned, so file and object compare by
 * address. */
static guint row_hash(gconstpointer data)
{
    const pstats_row *row = data;
    return g_str_hash(row->name) ^ g_direct_hash(row->file) ^ (g_direct_hash(row->object) * 31);
}

static gboolean row_equal(gconstpointer a, gconstpointer b)
{
    const pstats_row *x = a, *y = b;
    return x->file == y->file && x->object == y->object && strcmp(x->name, y->name) == 0;
}

static void row_clear(gpointer data)
{
    pstats_row *row = data;
    g_free(row->name);
}

typedef struct builder {
    const callgrind_profile *profile;
    size_t event;
    pstats_table *table;
    GHashTable *index_of; /* pstats_row (by row_hash) -> its index + 1 */
    size_t *row_of;       /* function -> row */
    bool *is_nested;      /* function: inside another activation of the same row */
    bool *has_levels;     /* row: several levels or contexts */
} builder;

/* The row of a function; made when it is new. */
static size_t find_row(builder *b, const callgrind_function *f, const context *c)
{
    const context_part *part = &g_array_index(c->parts, context_part, 0);
    pstats_row row = {
        .name = g_strndup(part->text, part->n_bytes), .file = f->file, .object = f->object};
    size_t found = GPOINTER_TO_SIZE(g_hash_table_lookup(b->index_of, &row));
    if (found > 0) {
        g_free(row.name);
        return found - 1;
    }
    pstats_row *key = g_memdup2(&row, sizeof row);
    g_array_append_val(b->table->rows, row);
    g_hash_table_insert(b->index_of, key, GSIZE_TO_POINTER((size_t)b->table->rows->len));
    return b->table->rows->len - 1;
}

static void add_function(builder *b, size_t i)
{
    const callgrind_function *f = &b->profile->functions[i];
    context c;
    context_init(&c, f->name);
    size_t at = find_row(b, f, &c);
    b->row_of[i] = at;
    b->is_nested[i] = context_is_nested(&c);
    b->has_levels[at] = b->has_levels[at] || c.level > 1 || c.parts->len > 1;
    context_clear(&c);
    pstats_row *row = &g_array_index(b->table->rows, pstats_row, at);
    row->calls += f->calls;
    row->self += f->self[b->event];
    if (!b->is_nested[i])
        row->inclusive += f->inclusive[b->event];
    if (f->line != 0 && (row->line == 0 || f->line < row->line))
        row->line = f->line;
}

/* With levels told apart, the first ones are the primitive calls; else those that come from
 * outside of the recursion. */
static void add_primitive_calls(const builder *b, size_t i)
{
    const callgrind_function *f = &b->profile->functions[i];
    pstats_row *row = &g_array_index(b->table->rows, pstats_row, b->row_of[i]);
    if (!b->has_levels[b->row_of[i]])
        row->primitive_calls += f->primitive_calls;
    else if (!b->is_nested[i])
        row->primitive_calls += f->calls;
}

static guint edge_hash(gconstpointer data)
{
    const pstats_edge *edge = data;
    return (guint)(edge->caller * 0x9E3779B1U + edge->callee);
}

static gboolean edge_equal(gconstpointer a, gconstpointer b)
{
    const pstats_edge *x = a, *y = b;
    return x->caller == y->caller && x->callee == y->callee;
}

static void add_edges(builder *b)
{
    g_autoptr(GHashTable) edges = g_hash_table_new_full(edge_hash, edge_equal, g_free, NULL);
    for (size_t i = 0; i < b->profile->n_calls; i++) {
        const callgrind_call *call = &b->profile->calls[i];
        pstats_edge key = {b->row_of[call->caller], b->row_of[call->callee], 0, 0};
        pstats_edge *edge = g_hash_table_lookup(edges, &key);
        if (edge == NULL) {
            edge = g_memdup2(&key, sizeof key);
            g_hash_table_add(edges, edge);
        }
        edge->calls += call->calls;
        if (!b->is_nested[call->callee] && key.caller != key.callee)
            edge->inclusive += callgrind_call_inclusive(b->profile, call)[b->event];
    }
    GHashTableIter iter;
    gpointer edge;
    g_hash_table_iter_init(&iter, edges);
    while (g_hash_table_iter_next(&iter, &edge, NULL))
        g_array_append_vals(b->table->edges, edge, 1);
}

pstats_table *pstats_new(const callgrind_profile *profile, size_t event)
{
    pstats_table *table = g_new0(pstats_table, 1);
    table->rows = g_array_new(FALSE, TRUE, sizeof(pstats_row));
    g_array_set_clear_func(table->rows, row_clear);
    table->edges = g_array_new(FALSE, FALSE, sizeof(pstats_edge));
    table->event = g_strdup(profile->events[event]);
    table->total = profile->totals[event];
    builder b = {.profile = profile,
                 .event = event,
                 .table = table,
                 .index_of = g_hash_table_new_full(row_hash, row_equal, g_free, NULL),
                 .row_of = g_new0(size_t, profile->n_functions),
                 .is_nested = g_new0(bool, profile->n_functions),
                 .has_levels = g_new0(bool, profile->n_functions)};
    for (size_t i = 0; i < profile->n_functions; i++)
        add_function(&b, i);
    for (size_t i = 0; i < profile->n_functions; i++)
        add_primitive_calls(&b, i);
    add_edges(&b);
    for (unsigned i = 0; i < table->rows->len; i++) {
        table->n_calls += g_array_index(table->rows, pstats_row, i).calls;
        table->n_primitive_calls += g_array_index(table->rows, pstats_row, i).primitive_calls;
    }
    g_hash_table_unref(b.index_of);
    g_free(b.row_of);
    g_free(b.is_nested);
    g_free(b.has_levels);
    return table;
}

void pstats_free(pstats_table *table)
{
    if (table == NULL)
        return;
    g_array_unref(table->rows);
    g_array_unref(table->edges);
    g_free(table->event);
    g_free(table);
}

/* ---- selection ---- */

static const struct sort_name {
    const char *name;
    pstats_sort sort;
} sort_names[] = {
    /* the first name of a sort is the one that is shown */
    {"cumulative", PSTATS_CUMULATIVE},
    {"tottime", PSTATS_TOTTIME},
    {"ncalls", PSTATS_NCALLS},
    {"pcalls", PSTATS_PCALLS},
    {"name", PSTATS_NAME},
    {"file", PSTATS_FILE},
    {"line", PSTATS_LINE},
    {"cumtime", PSTATS_CUMULATIVE},
    {"time", PSTATS_TOTTIME},
    {"calls", PSTATS_NCALLS},
    {"filename", PSTATS_FILE},
    {"module", PSTATS_FILE},
    {"self", PSTATS_TOTTIME},
    {"inclusive", PSTATS_CUMULATIVE},
};

bool pstats_sort_from_name(const char *name, pstats_sort *ret_sort)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sort_names); i++) {
        if (strcmp(sort_names[i].name, name) == 0) {
            *ret_sort = sort_names[i].sort;
            return true;
        }
    }
    return false;
}

const char *pstats_sort_name(pstats_sort sort)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sort_names); i++) {
        if (sort_names[i].sort == sort)
            return sort_names[i].name;
    }
    return "";
}

char *pstats_place(const pstats_row *row, bool strip_dirs)
{
    if (row->file[0] == '\0' && row->object[0] == '\0')
        return g_strdup_printf("{%s}", row->name);
    const char *path = row->file[0] != '\0' ? row->file : row->object;
    const char *slash = strrchr(path, '/');
    const char *shown = strip_dirs && slash != NULL ? slash + 1 : path;
    if (row->file[0] == '\0')
        return g_strdup_printf("{%s in %s}", row->name, shown);
    return g_strdup_printf("%s:%u(%s)", shown, row->line, row->name);
}

typedef struct selection {
    const pstats_table *table;
    pstats_sort sort;
} selection;

static int compare_counts(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b); /* the greatest first */
}

static int compare_places(const pstats_row *x, const pstats_row *y)
{
    int order = strcmp(x->file, y->file);
    if (order == 0)
        order = (x->line > y->line) - (x->line < y->line);
    return order;
}

static gint compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
    const selection *s = data;
    const pstats_row *x = &g_array_index(s->table->rows, pstats_row, *(const guint *)a);
    const pstats_row *y = &g_array_index(s->table->rows, pstats_row, *(const guint *)b);
    int order = 0;
    if (s->sort == PSTATS_CUMULATIVE)
        order = compare_counts(x->inclusive, y->inclusive);
    else if (s->sort == PSTATS_NCALLS)
        order = compare_counts(x->calls, y->calls);
    else if (s->sort == PSTATS_PCALLS)
        order = compare_counts(x->primitive_calls, y->primitive_calls);
    else if (s->sort == PSTATS_FILE)
        order = compare_places(x, y);
    else if (s->sort == PSTATS_LINE)
        order = (x->line > y->line) - (x->line < y->line);
    if (order == 0 && s->sort != PSTATS_NAME)
        order = compare_counts(x->self, y->self);
    if (order == 0)
        order = strcmp(x->name, y->name);
    if (order == 0)
        order = compare_places(x, y);
    return order != 0 ? order : strcmp(x->object, y->object);
}

GArray *pstats_select(const pstats_table *table, const pstats_options *options, GError **error)
{
    g_autoptr(GRegex) regex = NULL;
    if (options->filter != NULL) {
        regex = g_regex_new(options->filter, G_REGEX_RAW, 0, error);
        if (regex == NULL)
            return NULL;
    }
    GArray *indices = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < table->rows->len; i++) {
        const pstats_row *row = &g_array_index(table->rows, pstats_row, i);
        g_autofree char *place = pstats_place(row, options->strip_dirs);
        if (regex == NULL || g_regex_match(regex, place, 0, NULL))
            g_array_append_val(indices, i);
    }
    selection s = {table, options->sort};
    g_array_sort_with_data(indices, compare_rows, &s);
    return indices;
}
