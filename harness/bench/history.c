#include "harness/bench/history.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

enum { BUSY_MS = 10000, MAX_NAME = 64 };

struct history {
    sqlite3 *db;
    char *path;
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS results(id INTEGER PRIMARY KEY, name TEXT NOT NULL, "
    "created TEXT NOT NULL, json TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS figures(result INTEGER NOT NULL REFERENCES results(id), "
    "name TEXT NOT NULL, layout TEXT NOT NULL, subject TEXT NOT NULL, unit TEXT NOT NULL, "
    "median REAL NOT NULL, low REAL NOT NULL, high REAL NOT NULL);"
    "CREATE INDEX IF NOT EXISTS figures_by_name ON figures(subject, name, layout);";

char *history_path(void)
{
    const char *given = g_getenv("OBJLAB_HISTORY");
    return given != NULL
               ? g_strdup(given)
               : g_build_filename(g_get_user_data_dir(), "objlab", "history.sqlite", NULL);
}

static bool fail(const history *h, GError **error)
{
    g_set_error(error, BENCH_ERROR, 0, "history %s: %s", h->path,
                h->db == NULL ? "no memory" : sqlite3_errmsg(h->db));
    return false;
}

/* False with *error; the handle is then for history_close() all the same. */
static bool open_database(history *h, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(h->path);
    if (g_mkdir_with_parents(folder, 0700) != 0) {
        g_set_error(error, BENCH_ERROR, 0, "history %s: its folder cannot be made", h->path);
        return false;
    }
    bool ok = sqlite3_open(h->path, &h->db) == SQLITE_OK &&
              sqlite3_busy_timeout(h->db, BUSY_MS) == SQLITE_OK &&
              sqlite3_exec(h->db, schema, NULL, NULL, NULL) == SQLITE_OK;
    return ok ? true : fail(h, error);
}

history *history_open(const char *path, GError **error)
{
    history *h = g_new0(history, 1);
    h->path = g_strdup(path);
    if (!open_database(h, error))
        g_clear_pointer(&h, history_close);
    return h;
}

void history_close(history *h)
{
    if (h == NULL)
        return;
    (void)sqlite3_close(h->db); /* no statement is left open */
    g_free(h->path);
    g_free(h);
}

bool history_name_is_valid(const char *name)
{
    size_t n = strlen(name);
    return n >= 1 && n <= MAX_NAME &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == n;
}

/* ---- statements ---- */

static sqlite3_stmt *prepare(const history *h, const char *sql, GError **error)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(h->db, sql, -1, &statement, NULL) != SQLITE_OK)
        (void)fail(h, error);
    return statement;
}

static bool bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    return sqlite3_bind_text(statement, index, text, -1, SQLITE_TRANSIENT) == SQLITE_OK;
}

static const char *column_text(sqlite3_stmt *statement, int index)
{
    const unsigned char *text = sqlite3_column_text(statement, index);
    return text == NULL ? "" : (const char *)text;
}

/* ---- saving ---- */

static bool insert_result(history *h, const char *name, const bench_result *result, GError **error)
{
    sqlite3_stmt *s =
        prepare(h, "INSERT INTO results(name, created, json) VALUES (?1, ?2, ?3)", error);
    if (s == NULL)
        return false;
    g_autofree char *json = bench_result_to_json(result);
    bool ok = bind_text(s, 1, name) && bind_text(s, 2, result->created) && bind_text(s, 3, json) &&
              sqlite3_step(s) == SQLITE_DONE;
    (void)sqlite3_finalize(s);
    return ok ? true : fail(h, error);
}

static bool insert_figures(history *h, const bench_result *result, GError **error)
{
    gint64 id = sqlite3_last_insert_rowid(h->db);
    sqlite3_stmt *s =
        prepare(h, "INSERT INTO figures VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", error);
    bool ok = s != NULL;
    for (guint i = 0; ok && i < result->figures->len; i++) {
        const bench_figure *f = result->figures->pdata[i];
        if (f->n == 0)
            continue;
        ok = sqlite3_bind_int64(s, 1, id) == SQLITE_OK && bind_text(s, 2, f->name) &&
             bind_text(s, 3, f->layout) && bind_text(s, 4, f->subject) &&
             bind_text(s, 5, f->unit) && sqlite3_bind_double(s, 6, f->value.value) == SQLITE_OK &&
             sqlite3_bind_double(s, 7, f->value.low) == SQLITE_OK &&
             sqlite3_bind_double(s, 8, f->value.high) == SQLITE_OK &&
             sqlite3_step(s) == SQLITE_DONE && sqlite3_reset(s) == SQLITE_OK;
        if (!ok)
            (void)fail(h, error);
    }
    (void)sqlite3_finalize(s);
    return ok;
}

bool history_save(history *h, const char *name, const bench_result *result, GError **error)
{
    if (sqlite3_exec(h->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return fail(h, error);
    bool ok = insert_result(h, name, result, error) && insert_figures(h, result, error);
    if (ok && sqlite3_exec(h->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        ok = fail(h, error);
    if (!ok)
        (void)sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL); /* the first error is told */
    return ok;
}

/* ---- loading ---- */

bench_result *history_load(history *h, const char *name, GError **error)
{
    sqlite3_stmt *s =
        prepare(h, "SELECT json FROM results WHERE name = ?1 ORDER BY id DESC LIMIT 1", error);
    if (s == NULL)
        return NULL;
    bench_result *result = NULL;
    if (bind_text(s, 1, name) && sqlite3_step(s) == SQLITE_ROW) {
        const char *json = column_text(s, 0);
        g_autofree char *label = g_strdup_printf("%s: result %s", h->path, name);
        result = bench_result_parse(json, strlen(json), label, error);
    } else {
        g_set_error(error, BENCH_ERROR, 0, "history %s has no result \"%s\"", h->path, name);
    }
    (void)sqlite3_finalize(s);
    return result;
}

static void entry_free(void *data)
{
    history_entry *e = data;
    g_free(e->name);
    g_free(e->created);
    g_free(e);
}

GPtrArray *history_list(history *h, GError **error)
{
    sqlite3_stmt *s = prepare(h,
                              "SELECT name, created, (SELECT count(*) FROM figures WHERE "
                              "result = id) FROM results ORDER BY id",
                              error);
    if (s == NULL)
        return NULL;
    GPtrArray *entries = g_ptr_array_new_with_free_func(entry_free);
    while (sqlite3_step(s) == SQLITE_ROW) {
        history_entry *e = g_new0(history_entry, 1);
        e->name = g_strdup(column_text(s, 0));
        e->created = g_strdup(column_text(s, 1));
        e->n_figures = sqlite3_column_int64(s, 2);
        g_ptr_array_add(entries, e);
    }
    (void)sqlite3_finalize(s);
    return entries;
}

static void trend_free(void *data)
{
    history_trend *t = data;
    g_free(t->figure);
    g_free(t->layout);
    g_free(t->subject);
    g_free(t->unit);
    g_array_unref(t->values);
    g_free(t);
}

static bool continues(const history_trend *t, sqlite3_stmt *row)
{
    return strcmp(t->figure, column_text(row, 0)) == 0 &&
           strcmp(t->layout, column_text(row, 1)) == 0;
}

static history_trend *trend_of_row(sqlite3_stmt *row, const char *subject_name, guint n_results)
{
    const stats_interval unknown = {NAN, NAN, NAN};
    history_trend *t = g_new0(history_trend, 1);
    t->figure = g_strdup(column_text(row, 0));
    t->layout = g_strdup(column_text(row, 1));
    t->unit = g_strdup(column_text(row, 2));
    t->subject = g_strdup(subject_name);
    t->values = g_array_sized_new(FALSE, FALSE, sizeof unknown, n_results);
    for (guint i = 0; i < n_results; i++)
        g_array_append_val(t->values, unknown);
    return t;
}

/* Where each result stands among the saved ones; id -> place + 1. */
static GHashTable *places_of_results(history *h, GError **error)
{
    sqlite3_stmt *s = prepare(h, "SELECT id FROM results ORDER BY id", error);
    if (s == NULL)
        return NULL;
    GHashTable *places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (guint n = 1; sqlite3_step(s) == SQLITE_ROW; n++) {
        gint64 *id = g_new(gint64, 1);
        *id = sqlite3_column_int64(s, 0);
        g_hash_table_insert(places, id, GUINT_TO_POINTER(n));
    }
    (void)sqlite3_finalize(s);
    return places;
}

static void add_value(history_trend *t, sqlite3_stmt *row, GHashTable *places)
{
    gint64 id = sqlite3_column_int64(row, 6);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(places, &id));
    if (place == 0) /* saved since the places were read */
        return;
    stats_interval *value = &g_array_index(t->values, stats_interval, place - 1);
    t->n_known += isfinite(value->value) ? 0 : 1;
    *value = (stats_interval){sqlite3_column_double(row, 3), sqlite3_column_double(row, 4),
                              sqlite3_column_double(row, 5)};
}

static void read_trends(sqlite3_stmt *s, const char *subject_name, GHashTable *places,
                        GPtrArray *trends)
{
    history_trend *last = NULL;
    while (sqlite3_step(s) == SQLITE_ROW) {
        if (last == NULL || !continues(last, s)) {
            last = trend_of_row(s, subject_name, g_hash_table_size(places));
            g_ptr_array_add(trends, last);
        }
        add_value(last, s, places);
    }
}

GPtrArray *history_trends(history *h, const char *subject_name, const char *figure,
                          const char *layout, GError **error)
{
    g_autoptr(GHashTable) places = places_of_results(h, error);
    if (places == NULL)
        return NULL;
    sqlite3_stmt *s =
        prepare(h,
                "SELECT name, layout, unit, median, low, high, result FROM figures WHERE "
                "subject = ?1 AND (?2 IS NULL OR name = ?2) AND (?3 IS NULL OR layout = ?3) "
                "AND result IN (SELECT id FROM results) ORDER BY layout, name, result",
                error);
    if (s == NULL)
        return NULL;
    GPtrArray *trends = g_ptr_array_new_with_free_func(trend_free);
    if (bind_text(s, 1, subject_name) && (figure == NULL || bind_text(s, 2, figure)) &&
        (layout == NULL || bind_text(s, 3, layout)))
        read_trends(s, subject_name, places, trends);
    (void)sqlite3_finalize(s);
    return trends;
}

const stats_interval *history_first(const history_trend *t)
{
    const stats_interval *value = &g_array_index(t->values, stats_interval, 0);
    while (!isfinite(value->value))
        value++;
    return value;
}

const stats_interval *history_last(const history_trend *t)
{
    const stats_interval *value = &g_array_index(t->values, stats_interval, t->values->len - 1);
    while (!isfinite(value->value))
        value--;
    return value;
}

char *history_sparkline(const stats_interval *values, size_t n)
{
    enum { STEPS = 8, FIRST_BAR = 0x2581 }; /* U+2581 lower one eighth block ... U+2588 full */
    GString *line = g_string_new(NULL);
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < n; i++) { /* fmin, fmax pass over NAN */
        low = fmin(low, values[i].value);
        high = fmax(high, values[i].value);
    }
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i].value)) {
            g_string_append_c(line, ' ');
            continue;
        }
        double share = high > low ? (values[i].value - low) / (high - low) : 0;
        int step = MIN(STEPS - 1, (int)(share * STEPS));
        g_string_append_unichar(line, (gunichar)(FIRST_BAR + step));
    }
    return g_string_free(line, FALSE);
}
