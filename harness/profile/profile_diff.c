#include "harness/profile/profile_diff.h"

#include "harness/profile/plain_text.h"
#include "harness/profile/pstats.h"

#include <math.h>
#include <string.h>

/* One side's cost of a function. */
typedef struct side_row {
    const char *name, *file, *object;
    uint64_t self, inclusive;
    bool is_matched;
} side_row;

static void row_free(gpointer data)
{
    profile_diff_row *row = data;
    g_free(row->name);
    g_free(row->file);
    g_free(row);
}

void profile_diff_free(profile_diff *diff)
{
    if (diff == NULL)
        return;
    g_free(diff->unit);
    g_ptr_array_unref(diff->rows);
    g_free(diff);
}

/* ---- matching ---- */

/* By what rows are matched, one after another. */
typedef enum match_level { MATCH_OBJECT, MATCH_FILE, MATCH_NAME, MATCH_N_LEVELS } match_level;

static char *key_of(const side_row *row, match_level level)
{
    return g_strdup_printf("%s\n%s\n%s", level <= MATCH_OBJECT ? row->object : "",
                           level <= MATCH_FILE ? row->file : "", row->name);
}

/* key -> row without a partner yet; several of one key cannot be told apart: then NULL is there. */
static GHashTable *index_rows(const GArray *rows, match_level level)
{
    GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < rows->len; i++) {
        side_row *row = &g_array_index(rows, side_row, i);
        if (row->is_matched)
            continue;
        char *key = key_of(row, level);
        bool is_known = g_hash_table_contains(index, key);
        g_hash_table_insert(index, key, is_known ? NULL : row);
    }
    return index;
}

/* shown: one of the two, that is not NULL. */
static void add_row(profile_diff *diff, const side_row *old_row, const side_row *new_row,
                    const side_row *shown)
{
    profile_diff_row *row = g_new0(profile_diff_row, 1);
    row->name = g_strdup(shown->name);
    row->file = g_strdup(shown->file);
    row->in_old = old_row != NULL;
    row->in_new = new_row != NULL;
    row->old_self = old_row != NULL ? old_row->self : 0;
    row->new_self = new_row != NULL ? new_row->self : 0;
    row->old_inclusive = old_row != NULL ? old_row->inclusive : 0;
    row->new_inclusive = new_row != NULL ? new_row->inclusive : 0;
    g_ptr_array_add(diff->rows, row);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static gint compare_rows(gconstpointer a, gconstpointer b)
{
    const profile_diff_row *x = *(const profile_diff_row *const *)a;
    const profile_diff_row *y = *(const profile_diff_row *const *)b;
    uint64_t dx = distance(x->old_self, x->new_self), dy = distance(y->old_self, y->new_self);
    if (dx == dy) {
        dx = distance(x->old_inclusive, x->new_inclusive);
        dy = distance(y->old_inclusive, y->new_inclusive);
    }
    if (dx != dy)
        return dx < dy ? 1 : -1;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->file, y->file);
}

static void match_level_rows(profile_diff *diff, const GArray *old_rows, const GArray *new_rows,
                             match_level level)
{
    g_autoptr(GHashTable) old_index = index_rows(old_rows, level);
    g_autoptr(GHashTable) new_index = index_rows(new_rows, level);
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, new_index);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        side_row *new_row = value, *old_row = g_hash_table_lookup(old_index, key);
        if (new_row == NULL || old_row == NULL)
            continue;
        add_row(diff, old_row, new_row, new_row);
        old_row->is_matched = new_row->is_matched = true;
    }
}

static void match(profile_diff *diff, const GArray *old_rows, const GArray *new_rows)
{
    for (int level = MATCH_OBJECT; level < MATCH_N_LEVELS; level++)
        match_level_rows(diff, old_rows, new_rows, (match_level)level);
    for (guint i = 0; i < new_rows->len; i++) {
        const side_row *row = &g_array_index(new_rows, side_row, i);
        if (!row->is_matched)
            add_row(diff, NULL, row, row);
    }
    for (guint i = 0; i < old_rows->len; i++) {
        const side_row *row = &g_array_index(old_rows, side_row, i);
        if (!row->is_matched)
            add_row(diff, row, NULL, row);
    }
    g_ptr_array_sort(diff->rows, compare_rows);
}

static profile_diff *diff_new(const char *unit, uint64_t old_total, uint64_t new_total)
{
    profile_diff *diff = g_new0(profile_diff, 1);
    diff->unit = g_strdup(unit);
    diff->old_total = old_total;
    diff->new_total = new_total;
    diff->rows = g_ptr_array_new_with_free_func(row_free);
    return diff;
}

/* ---- callgrind ---- */

static GArray *rows_of_table(const pstats_table *table)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(side_row));
    for (guint i = 0; i < table->rows->len; i++) {
        const pstats_row *row = &g_array_index(table->rows, pstats_row, i);
        const char *file = row->file[0] != '\0' ? row->file : row->object;
        side_row side = {row->name, file, row->object, row->self, row->inclusive, false};
        g_array_append_val(rows, side);
    }
    return rows;
}

static int find_event(const callgrind_profile *profile, const char *event, const char *which,
                      GError **error)
{
    int index = callgrind_event(profile, event);
    if (index < 0)
        g_set_error(error, CALLGRIND_ERROR, CALLGRIND_ERROR_FORMAT,
                    "the %s profile has no event '%s'", which, event);
    return index;
}

profile_diff *profile_diff_callgrind(const callgrind_profile *old_profile,
                                     const callgrind_profile *new_profile, const char *event,
                                     GError **error)
{
    if (event == NULL)
        event = old_profile->events[0];
    int old_event = find_event(old_profile, event, "old", error);
    int new_event = old_event < 0 ? -1 : find_event(new_profile, event, "new", error);
    if (new_event < 0)
        return NULL;
    g_autoptr(pstats_table) old_table = pstats_new(old_profile, (size_t)old_event);
    g_autoptr(pstats_table) new_table = pstats_new(new_profile, (size_t)new_event);
    g_autoptr(GArray) old_rows = rows_of_table(old_table);
    g_autoptr(GArray) new_rows = rows_of_table(new_table);
    profile_diff *diff = diff_new(event, old_table->total, new_table->total);
    match(diff, old_rows, new_rows);
    return diff;
}

/* ---- massif ---- */

/* What the nodes of one tree add up to. */
typedef struct tree_rows {
    GArray *rows; /* of side_row */
    GHashTable *index;
} tree_rows;

static bool is_on_path(const GPtrArray *path, const massif_node *node)
{
    for (guint i = 0; i < path->len; i++) {
        const massif_node *other = g_ptr_array_index(path, i);
        if (other->function == node->function && other->file == node->file)
            return true;
    }
    return false;
}

static side_row *find_side(GArray *rows, GHashTable *index, const massif_node *node)
{
    const char *file = node->file[0] != '\0' ? node->file : node->object;
    side_row row = {.name = node->function, .file = file, .object = ""};
    g_autofree char *key = key_of(&row, MATCH_FILE);
    size_t at = GPOINTER_TO_SIZE(g_hash_table_lookup(index, key));
    if (at == 0) {
        g_array_append_val(rows, row);
        at = rows->len;
        g_hash_table_insert(index, g_steal_pointer(&key), GSIZE_TO_POINTER(at));
    }
    return &g_array_index(rows, side_row, at - 1);
}

/* The tree goes from the allocating function outwards: below the root, depth 1 allocates. */
static void add_tree_node(const massif_node *node, const GPtrArray *path, void *argument)
{
    tree_rows *sums = argument;
    if (path->len == 0 || is_on_path(path, node))
        return;
    side_row *row = find_side(sums->rows, sums->index, node);
    row->inclusive += node->bytes;
    row->self += path->len == 1 ? node->bytes : 0;
}

static GArray *rows_of_tree(const massif_profile *profile)
{
    g_autoptr(GHashTable) index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    tree_rows sums = {g_array_new(FALSE, FALSE, sizeof(side_row)), index};
    massif_walk_peak(profile, add_tree_node, &sums);
    return sums.rows;
}

static uint64_t peak_of(const massif_profile *profile)
{
    return profile->n_snapshots == 0 ? 0 : profile->snapshots[profile->peak].heap_bytes;
}

profile_diff *profile_diff_massif(const massif_profile *old_profile,
                                  const massif_profile *new_profile)
{
    g_autoptr(GArray) old_rows = rows_of_tree(old_profile);
    g_autoptr(GArray) new_rows = rows_of_tree(new_profile);
    profile_diff *diff = diff_new("bytes at the peak", peak_of(old_profile), peak_of(new_profile));
    match(diff, old_rows, new_rows);
    return diff;
}

/* ---- output ---- */

double profile_diff_growth(const profile_diff *diff)
{
    if (diff->old_total == 0)
        return diff->new_total == 0 ? 0 : HUGE_VAL;
    return 100.0 * ((double)diff->new_total - (double)diff->old_total) / (double)diff->old_total;
}

static char *change_text(uint64_t old_value, uint64_t new_value)
{
    g_autofree char *number = plain_text_number(distance(old_value, new_value));
    return g_strdup_printf("%c%s", new_value < old_value ? '-' : '+', number);
}

static char *percent_text(uint64_t old_value, uint64_t new_value)
{
    if (old_value == 0)
        return g_strdup(new_value == 0 ? "" : "new");
    if (new_value == 0)
        return g_strdup("gone");
    return g_strdup_printf("%+.2f%%",
                           100.0 * ((double)new_value - (double)old_value) / (double)old_value);
}

static void append_row(GString *text, const profile_diff_row *row)
{
    g_autofree char *old_self = plain_text_number(row->old_self);
    g_autofree char *new_self = plain_text_number(row->new_self);
    g_autofree char *change = change_text(row->old_self, row->new_self);
    g_autofree char *percent = percent_text(row->old_self, row->new_self);
    g_autofree char *inclusive = change_text(row->old_inclusive, row->new_inclusive);
    const char *slash = strrchr(row->file, '/');
    g_string_append_printf(text, "%16s %16s %16s %10s %16s  %s%s%s%s\n", old_self, new_self, change,
                           percent, inclusive, row->name, row->file[0] != '\0' ? " (" : "",
                           slash != NULL ? slash + 1 : row->file, row->file[0] != '\0' ? ")" : "");
}

static bool is_changed(const profile_diff_row *row)
{
    return row->old_self != row->new_self || row->old_inclusive != row->new_inclusive;
}

char *profile_diff_print(const profile_diff *diff, size_t limit)
{
    GString *text = g_string_new(NULL);
    g_autofree char *old_total = plain_text_number(diff->old_total);
    g_autofree char *new_total = plain_text_number(diff->new_total);
    g_autofree char *change = change_text(diff->old_total, diff->new_total);
    g_autofree char *percent = percent_text(diff->old_total, diff->new_total);
    g_string_append_printf(text, "%s: %s -> %s (%s%s%s)\n\n", diff->unit, old_total, new_total,
                           change, percent[0] != '\0' ? ", " : "", percent);
    g_string_append_printf(text, "%16s %16s %16s %10s %16s  %s\n", "old self", "new self", "change",
                           "", "inclusive change", "function");
    size_t n = 0, n_changed = 0;
    for (guint i = 0; i < diff->rows->len; i++) {
        const profile_diff_row *row = g_ptr_array_index(diff->rows, i);
        if (!is_changed(row))
            continue;
        n_changed++;
        if (limit > 0 && n == limit)
            continue;
        append_row(text, row);
        n++;
    }
    if (n < n_changed)
        g_string_append_printf(text, "%16s and %zu more\n", "...", n_changed - n);
    if (n_changed == 0)
        g_string_append_printf(text, "%16s\n", "no change");
    return g_string_free(text, FALSE);
}

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value); /* fails only without memory */
}

static void set_text(json_t *object, const char *key, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    set(object, key, json_string(valid));
}

json_t *profile_diff_json(const profile_diff *diff)
{
    json_t *rows = json_array();
    for (guint i = 0; i < diff->rows->len; i++) {
        const profile_diff_row *row = g_ptr_array_index(diff->rows, i);
        json_t *object = json_object();
        set_text(object, "name", row->name);
        set_text(object, "file", row->file);
        set(object, "in_old", json_boolean(row->in_old));
        set(object, "in_new", json_boolean(row->in_new));
        set(object, "old_self", json_integer((json_int_t)row->old_self));
        set(object, "new_self", json_integer((json_int_t)row->new_self));
        set(object, "old_inclusive", json_integer((json_int_t)row->old_inclusive));
        set(object, "new_inclusive", json_integer((json_int_t)row->new_inclusive));
        (void)json_array_append_new(rows, object); /* fails only without memory */
    }
    json_t *root = json_object();
    set(root, "format", json_string("diff"));
    set_text(root, "unit", diff->unit);
    set(root, "old_total", json_integer((json_int_t)diff->old_total));
    set(root, "new_total", json_integer((json_int_t)diff->new_total));
    set(root, "rows", rows);
    return root;
}
