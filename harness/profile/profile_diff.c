#include "harness/profile/profile_diff.h"

#include "harness/profile/plain_text.h"
#include "harness/profile/profile_diff_lines.h"
#include "harness/profile/profile_diff_sides.h"
#include "harness/profile/pstats.h"

#include <math.h>
#include <string.h>

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

static char *key_of(const diff_row *row, match_level level)
{
    return g_strdup_printf("%s\n%s\n%s", level <= MATCH_OBJECT ? row->object : "",
                           level <= MATCH_FILE ? row->file : "", row->name);
}

static diff_row *row_at(const diff_side *side, guint i)
{
    return &g_array_index(side->rows, diff_row, i);
}

/* key -> 1 + index of the row without a partner yet; several of one key cannot be told apart: then
 * 0 is there. */
static GHashTable *index_rows(const diff_side *side, match_level level)
{
    GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < side->rows->len; i++) {
        const diff_row *row = row_at(side, i);
        if (row->partner != DIFF_NO_PARTNER)
            continue;
        char *key = key_of(row, level);
        bool is_known = g_hash_table_contains(index, key);
        g_hash_table_insert(index, key, GSIZE_TO_POINTER(is_known ? 0 : (gsize)i + 1));
    }
    return index;
}

static void match_level_rows(const diff_side *old_side, const diff_side *new_side,
                             match_level level)
{
    g_autoptr(GHashTable) old_index = index_rows(old_side, level);
    g_autoptr(GHashTable) new_index = index_rows(new_side, level);
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, new_index);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        gsize new_at = GPOINTER_TO_SIZE(value);
        gsize old_at = GPOINTER_TO_SIZE(g_hash_table_lookup(old_index, key));
        if (new_at == 0 || old_at == 0)
            continue;
        row_at(old_side, (guint)(old_at - 1))->partner = (guint)(new_at - 1);
        row_at(new_side, (guint)(new_at - 1))->partner = (guint)(old_at - 1);
    }
}

static void match(const diff_side *old_side, const diff_side *new_side)
{
    for (int level = MATCH_OBJECT; level < MATCH_N_LEVELS; level++)
        match_level_rows(old_side, new_side, (match_level)level);
}

/* ---- rows ---- */

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
    if (order == 0)
        order = strcmp(x->file, y->file);
    return order != 0 ? order : (int)(x->new_line > y->new_line) - (x->new_line < y->new_line);
}

static profile_diff_row *add_row(profile_diff *diff, const char *function, const char *file)
{
    profile_diff_row *row = g_new0(profile_diff_row, 1);
    row->name = g_strdup(function);
    row->file = g_strdup(file);
    g_ptr_array_add(diff->rows, row);
    return row;
}

static void set_old(profile_diff_row *row, uint64_t self, uint64_t inclusive)
{
    row->in_old = true;
    row->old_self = self;
    row->old_inclusive = inclusive;
}

static void set_new(profile_diff_row *row, uint64_t self, uint64_t inclusive)
{
    row->in_new = true;
    row->new_self = self;
    row->new_inclusive = inclusive;
}

static void add_functions(profile_diff *diff, const diff_side *old_side, const diff_side *new_side)
{
    for (guint i = 0; i < new_side->rows->len; i++) {
        const diff_row *now = row_at(new_side, i);
        profile_diff_row *row = add_row(diff, now->name, now->file);
        set_new(row, now->self, now->inclusive);
        if (now->partner == DIFF_NO_PARTNER)
            continue;
        const diff_row *before = row_at(old_side, now->partner);
        set_old(row, before->self, before->inclusive);
    }
    for (guint i = 0; i < old_side->rows->len; i++) {
        const diff_row *before = row_at(old_side, i);
        if (before->partner == DIFF_NO_PARTNER)
            set_old(add_row(diff, before->name, before->file), before->self, before->inclusive);
    }
}

typedef struct line_taker {
    profile_diff *diff;
    const diff_side *old_side, *new_side;
} line_taker;

static void take_lines(const diff_line *before, const diff_line *now, void *argument)
{
    const line_taker *t = argument;
    const diff_line *shown = now != NULL ? now : before;
    const diff_side *side = now != NULL ? t->new_side : t->old_side;
    profile_diff_row *row = add_row(t->diff, row_at(side, shown->row)->name, shown->file);
    if (before != NULL) {
        set_old(row, before->self, before->inclusive);
        row->old_line = before->line;
    }
    if (now != NULL) {
        set_new(row, now->self, now->inclusive);
        row->new_line = now->line;
    }
}

static profile_diff *diff_new(const char *unit, const diff_side *old_side,
                              const diff_side *new_side, profile_diff_by by)
{
    profile_diff *diff = g_new0(profile_diff, 1);
    diff->unit = g_strdup(unit);
    diff->by = by;
    diff->old_total = old_side->total;
    diff->new_total = new_side->total;
    diff->rows = g_ptr_array_new_with_free_func(row_free);
    match(old_side, new_side);
    line_taker taker = {diff, old_side, new_side};
    if (by == PROFILE_DIFF_LINES)
        profile_diff_align(old_side, new_side, take_lines, &taker);
    else
        add_functions(diff, old_side, new_side);
    g_ptr_array_sort(diff->rows, compare_rows);
    return diff;
}

/* ---- the formats ---- */

static int find_event(const callgrind_profile *profile, const char *event, const char *which,
                      GError **error)
{
    int index = callgrind_event(profile, event);
    if (index < 0)
        g_set_error(error, CALLGRIND_ERROR, CALLGRIND_ERROR_FORMAT,
                    "the %s profile has no event '%s'", which, event);
    return index;
}

static diff_side *side_of(const callgrind_profile *profile, size_t event, profile_diff_by by,
                          pstats_table **ret_table)
{
    if (by == PROFILE_DIFF_LINES)
        return diff_side_of_callgrind(profile, event);
    *ret_table = pstats_new(profile, event); /* the side borrows its names */
    return diff_side_of_table(*ret_table);
}

profile_diff *profile_diff_callgrind(const callgrind_profile *old_profile,
                                     const callgrind_profile *new_profile, const char *event,
                                     profile_diff_by by, GError **error)
{
    if (event == NULL)
        event = old_profile->events[0];
    int old_event = find_event(old_profile, event, "old", error);
    int new_event = old_event < 0 ? -1 : find_event(new_profile, event, "new", error);
    if (new_event < 0)
        return NULL;
    g_autoptr(pstats_table) old_table = NULL;
    g_autoptr(pstats_table) new_table = NULL;
    g_autoptr(diff_side) old_side = side_of(old_profile, (size_t)old_event, by, &old_table);
    g_autoptr(diff_side) new_side = side_of(new_profile, (size_t)new_event, by, &new_table);
    return diff_new(event, old_side, new_side, by);
}

profile_diff *profile_diff_massif(const massif_profile *old_profile,
                                  const massif_profile *new_profile, profile_diff_by by)
{
    g_autoptr(diff_side) old_side = diff_side_of_massif(old_profile);
    g_autoptr(diff_side) new_side = diff_side_of_massif(new_profile);
    return diff_new("bytes at the peak", old_side, new_side, by);
}

profile_diff *profile_diff_dhat(const dhat_profile *old_profile, const dhat_profile *new_profile,
                                const char *measure, profile_diff_by by, GError **error)
{
    dhat_measure what = measure == NULL ? DHAT_TOTAL_BYTES : dhat_measure_from_name(measure);
    if (what == DHAT_N_MEASURES) {
        g_set_error(error, DHAT_ERROR, DHAT_ERROR_FORMAT,
                    "a DHAT file has no '%s': expected bytes, blocks, peak or end", measure);
        return NULL;
    }
    g_autoptr(diff_side) old_side = diff_side_of_dhat(old_profile, what);
    g_autoptr(diff_side) new_side = diff_side_of_dhat(new_profile, what);
    return diff_new(dhat_measure_unit(what), old_side, new_side, by);
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

/* "pool.c", "pool.c:12", or "pool.c:12 -> 14" where the line moved. Owner: the caller. */
static char *place_text(const profile_diff_row *row)
{
    const char *slash = strrchr(row->file, '/');
    const char *file = slash != NULL ? slash + 1 : row->file;
    uint32_t line = row->in_new ? row->new_line : row->old_line;
    if (line == 0)
        return g_strdup(file);
    if (row->in_old && row->in_new && row->old_line != row->new_line)
        return g_strdup_printf("%s:%u -> %u", file, row->old_line, row->new_line);
    return g_strdup_printf("%s:%u", file, line);
}

static void append_row(GString *text, const profile_diff_row *row)
{
    g_autofree char *old_self = plain_text_number(row->old_self);
    g_autofree char *new_self = plain_text_number(row->new_self);
    g_autofree char *change = change_text(row->old_self, row->new_self);
    g_autofree char *percent = percent_text(row->old_self, row->new_self);
    g_autofree char *inclusive = change_text(row->old_inclusive, row->new_inclusive);
    g_autofree char *place = place_text(row);
    g_string_append_printf(text, "%16s %16s %16s %10s %16s  %s%s%s%s\n", old_self, new_self, change,
                           percent, inclusive, row->name, place[0] != '\0' ? " (" : "", place,
                           place[0] != '\0' ? ")" : "");
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
                           "", "inclusive change",
                           diff->by == PROFILE_DIFF_LINES ? "line" : "function");
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
        if (diff->by == PROFILE_DIFF_LINES) {
            set(object, "old_line", json_integer((json_int_t)row->old_line));
            set(object, "new_line", json_integer((json_int_t)row->new_line));
        }
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
    set(root, "by", json_string(diff->by == PROFILE_DIFF_LINES ? "line" : "function"));
    set_text(root, "unit", diff->unit);
    set(root, "old_total", json_integer((json_int_t)diff->old_total));
    set(root, "new_total", json_integer((json_int_t)diff->new_total));
    set(root, "rows", rows);
    return root;
}
