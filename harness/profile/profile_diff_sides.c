#include "harness/profile/profile_diff_sides.h"

#include <stdlib.h>
#include <string.h>

static diff_side *side_new(void)
{
    diff_side *side = g_new0(diff_side, 1);
    side->rows = g_array_new(FALSE, FALSE, sizeof(diff_row));
    side->lines = g_array_new(FALSE, FALSE, sizeof(diff_line));
    side->names = g_ptr_array_new_with_free_func(g_free);
    return side;
}

void diff_side_free(diff_side *side)
{
    if (side == NULL)
        return;
    g_array_unref(side->rows);
    g_array_unref(side->lines);
    g_ptr_array_unref(side->names);
    g_free(side);
}

static void add_row(diff_side *side, const char *function, const char *file, const char *object,
                    uint64_t self, uint64_t inclusive)
{
    diff_row row = {function,       file[0] != '\0' ? file : object, object, self, inclusive,
                    DIFF_NO_PARTNER};
    g_array_append_val(side->rows, row);
}

/* ---- callgrind ---- */

diff_side *diff_side_of_table(const pstats_table *table)
{
    diff_side *side = side_new();
    side->total = table->total;
    for (guint i = 0; i < table->rows->len; i++) {
        const pstats_row *row = &g_array_index(table->rows, pstats_row, i);
        add_row(side, row->name, row->file, row->object, row->self, row->inclusive);
    }
    return side;
}

/* row, file, line -> index of the line + 1. */
typedef struct line_index {
    diff_side *side;
    GHashTable *known;
} line_index;

static guint hash_line(gconstpointer key)
{
    const diff_line *line = key;
    return line->row * 2654435761U ^ line->line * 40503U ^ g_str_hash(line->file);
}

static gboolean same_line(gconstpointer a, gconstpointer b)
{
    const diff_line *x = a, *y = b;
    return x->row == y->row && x->line == y->line && strcmp(x->file, y->file) == 0;
}

static line_index index_new(diff_side *side)
{
    return (line_index){side, g_hash_table_new_full(hash_line, same_line, g_free, NULL)};
}

static diff_line *find_line(line_index *index, guint row, const char *file, uint32_t line)
{
    diff_line wanted = {row, file, line, 0, 0};
    size_t at = GPOINTER_TO_SIZE(g_hash_table_lookup(index->known, &wanted));
    if (at == 0) {
        g_array_append_val(index->side->lines, wanted);
        at = index->side->lines->len;
        g_hash_table_insert(index->known, g_memdup2(&wanted, sizeof(wanted)), GSIZE_TO_POINTER(at));
    }
    return &g_array_index(index->side->lines, diff_line, at - 1);
}

diff_side *diff_side_of_callgrind(const callgrind_profile *profile, size_t event)
{
    diff_side *side = side_new();
    side->total = profile->totals[event];
    for (size_t i = 0; i < profile->n_functions; i++) {
        const callgrind_function *f = &profile->functions[i];
        add_row(side, f->name, f->file, f->object, f->self[event], f->inclusive[event]);
    }
    line_index index = index_new(side);
    for (size_t i = 0; i < profile->n_lines; i++) {
        const callgrind_line *l = &profile->lines[i];
        uint64_t cost = callgrind_line_self(profile, l)[event];
        diff_line *line = find_line(&index, l->function, profile->files[l->file], l->line);
        line->self += cost;
        line->inclusive += cost;
    }
    for (size_t i = 0; i < profile->n_calls; i++) {
        const callgrind_call *c = &profile->calls[i];
        find_line(&index, c->caller, profile->files[c->file], c->line)->inclusive +=
            callgrind_call_inclusive(profile, c)[event];
    }
    g_hash_table_unref(index.known);
    return side;
}

/* ---- trees and stacks: rows are found by function and file ---- */

typedef struct row_index {
    diff_side *side;
    GHashTable *known; /* "file\nfunction" -> index + 1 */
    line_index lines;
} row_index;

static row_index rows_new(diff_side *side)
{
    return (row_index){side, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                       index_new(side)};
}

static void rows_clear(row_index *index)
{
    g_hash_table_unref(index->known);
    g_hash_table_unref(index->lines.known);
}

static guint find_row(row_index *index, const char *function, const char *file)
{
    g_autofree char *key = g_strconcat(file, "\n", function, NULL);
    size_t at = GPOINTER_TO_SIZE(g_hash_table_lookup(index->known, key));
    if (at == 0) {
        add_row(index->side, function, file, "", 0, 0);
        at = index->side->rows->len;
        g_hash_table_insert(index->known, g_steal_pointer(&key), GSIZE_TO_POINTER(at));
    }
    return (guint)(at - 1);
}

static diff_row *row_at(const diff_side *side, guint i)
{
    return &g_array_index(side->rows, diff_row, i);
}

static bool is_on_path(const GPtrArray *path, const massif_node *node)
{
    for (guint i = 0; i < path->len; i++) {
        const massif_node *other = g_ptr_array_index(path, i);
        if (other->place->function == node->place->function &&
            other->place->file == node->place->file)
            return true;
    }
    return false;
}

/* The tree goes from the allocating function outwards: below the root, depth 1 allocates. */
static void add_tree_node(const massif_node *node, const GPtrArray *path, void *argument)
{
    row_index *index = argument;
    if (path->len == 0)
        return;
    const char *file = node->place->file[0] != '\0' ? node->place->file : node->place->object;
    guint at = find_row(index, node->place->function, file);
    uint64_t self = path->len == 1 ? node->bytes : 0;
    uint64_t inclusive = is_on_path(path, node) ? 0 : node->bytes;
    row_at(index->side, at)->self += self;
    row_at(index->side, at)->inclusive += inclusive;
    diff_line *line = find_line(&index->lines, at, file, node->place->line);
    line->self += self;
    line->inclusive += inclusive;
}

diff_side *diff_side_of_massif(const massif_profile *profile)
{
    diff_side *side = side_new();
    row_index index = rows_new(side);
    side->total = profile->n_snapshots == 0 ? 0 : profile->snapshots[profile->peak].heap_bytes;
    massif_walk_peak(profile, add_tree_node, &index);
    rows_clear(&index);
    return side;
}

/* ---- DHAT ---- */

dhat_measure dhat_measure_from_name(const char *name)
{
    static const char *const names[DHAT_N_MEASURES] = {"bytes", "blocks", "peak", "end"};
    dhat_measure measure = DHAT_TOTAL_BYTES;
    while (measure < DHAT_N_MEASURES && strcmp(names[measure], name) != 0)
        measure++;
    return measure;
}

const char *dhat_measure_unit(dhat_measure measure)
{
    static const char *const units[DHAT_N_MEASURES] = {"bytes allocated", "blocks allocated",
                                                       "bytes at the peak", "bytes at the end"};
    return units[measure];
}

static uint64_t measured(const dhat_point *point, dhat_measure measure)
{
    switch (measure) {
    case DHAT_TOTAL_BLOCKS:
        return point->total_blocks;
    case DHAT_PEAK_BYTES:
        return point->peak_bytes;
    case DHAT_END_BYTES:
        return point->end_bytes;
    default:
        return point->total_bytes;
    }
}

/* "0x109226: main (m.c:6)": the parts, made in the side's own strings. */
typedef struct dhat_frame {
    const char *function, *file;
    uint32_t line;
} dhat_frame;

static dhat_frame split_frame(diff_side *side, const char *text)
{
    const char *colon = strstr(text, ": ");
    char *function = g_strdup(colon != NULL ? colon + 2 : text);
    g_ptr_array_add(side->names, function);
    dhat_frame frame = {function, "", 0};
    char *open = g_strrstr(function, " (");
    size_t n = strlen(function);
    if (open == NULL || function[n - 1] != ')')
        return frame;
    function[n - 1] = '\0';
    *open = '\0';
    frame.file = open + 2;
    char *number = strrchr(open + 2, ':');
    if (number != NULL && g_ascii_isdigit(number[1])) {
        *number = '\0';
        frame.line = (uint32_t)strtoul(number + 1, NULL, 10);
    }
    return frame;
}

/* True of valgrind's replacement of the allocator, which stands innermost. */
static bool is_allocator(const dhat_frame *frame)
{
    return strstr(frame->file, "vgpreload_") != NULL || strstr(frame->file, "vg_replace_") != NULL;
}

static bool seen_before(const GArray *frames, guint row)
{
    for (guint i = 0; i < frames->len; i++) {
        if (g_array_index(frames, guint, i) == row)
            return true;
    }
    return false;
}

static void add_point(row_index *index, const dhat_point *point, dhat_measure measure)
{
    g_autoptr(GArray) seen = g_array_new(FALSE, FALSE, sizeof(guint));
    uint64_t amount = measured(point, measure);
    for (guint i = 0; i < point->frames->len; i++) {
        dhat_frame frame = split_frame(index->side, g_ptr_array_index(point->frames, i));
        if (seen->len == 0 && is_allocator(&frame) && i + 1 < point->frames->len)
            continue;
        guint at = find_row(index, frame.function, frame.file);
        uint64_t self = seen->len == 0 ? amount : 0;
        uint64_t inclusive = seen_before(seen, at) ? 0 : amount;
        row_at(index->side, at)->self += self;
        row_at(index->side, at)->inclusive += inclusive;
        diff_line *line = find_line(&index->lines, at, frame.file, frame.line);
        line->self += self;
        line->inclusive += inclusive;
        g_array_append_val(seen, at);
    }
    index->side->total += amount;
}

diff_side *diff_side_of_dhat(const dhat_profile *profile, dhat_measure measure)
{
    diff_side *side = side_new();
    row_index index = rows_new(side);
    for (guint i = 0; i < profile->points->len; i++)
        add_point(&index, g_ptr_array_index(profile->points, i), measure);
    rows_clear(&index);
    return side;
}
