#include "harness/profile/profile_diff_lines.h"

#include <string.h>

#define MAX_CELLS ((size_t)4 << 20)

typedef struct lines {
    const diff_side *side;
    GPtrArray *at; /* of const diff_line *, of one row, in order */
} lines;

typedef struct aligner {
    lines old_lines, new_lines;
    diff_pair *take;
    void *argument;
} aligner;

static const diff_row *row_of(const lines *l, const diff_line *line)
{
    return &g_array_index(l->side->rows, diff_row, line->row);
}

static const diff_line *line_at(const lines *l, size_t i)
{
    return g_ptr_array_index(l->at, i);
}

/* By row, then as they stand in their file. */
static gint compare_lines(gconstpointer a, gconstpointer b)
{
    const diff_line *x = *(const diff_line *const *)a;
    const diff_line *y = *(const diff_line *const *)b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    int order = strcmp(x->file, y->file);
    if (order != 0)
        return order;
    return (x->line > y->line) - (x->line < y->line);
}

static GPtrArray *sorted(const diff_side *side)
{
    GPtrArray *all = g_ptr_array_sized_new(side->lines->len);
    for (guint i = 0; i < side->lines->len; i++)
        g_ptr_array_add(all, &g_array_index(side->lines, diff_line, i));
    g_ptr_array_sort(all, compare_lines);
    return all;
}

/* first[row] .. first[row + 1]: where the lines of a row are. Owner: the caller. */
static guint *starts(const GPtrArray *all, guint n_rows)
{
    guint *first = g_new0(guint, (gsize)n_rows + 1);
    for (guint i = 0; i < all->len; i++)
        first[((const diff_line *)g_ptr_array_index(all, i))->row + 1]++;
    for (guint i = 0; i < n_rows; i++)
        first[i + 1] += first[i];
    return first;
}

/* Both are in the function's own file, or in files of one name: inlined code. */
static bool may_be_same(const aligner *a, const diff_line *x, const diff_line *y)
{
    bool x_own = strcmp(x->file, row_of(&a->old_lines, x)->file) == 0;
    bool y_own = strcmp(y->file, row_of(&a->new_lines, y)->file) == 0;
    if (x_own || y_own)
        return x_own && y_own;
    const char *x_slash = strrchr(x->file, '/'), *y_slash = strrchr(y->file, '/');
    return strcmp(x_slash != NULL ? x_slash + 1 : x->file,
                  y_slash != NULL ? y_slash + 1 : y->file) == 0;
}

static uint32_t first_line(const lines *l)
{
    return l->at->len == 0 ? 0 : line_at(l, 0)->line;
}

/* Twice what they have in common, and one more for standing at the same distance from the
 * function's first line, which decides between equals; 0: they are not the same. */
static uint64_t score(const aligner *a, size_t i, size_t j)
{
    const diff_line *x = line_at(&a->old_lines, i), *y = line_at(&a->new_lines, j);
    if (!may_be_same(a, x, y))
        return 0;
    uint64_t in_common = MIN(x->self, y->self) + MIN(x->inclusive, y->inclusive);
    bool same_place = x->line - first_line(&a->old_lines) == y->line - first_line(&a->new_lines);
    return 2 * in_common + same_place + 1;
}

static void take_old(const aligner *a, size_t i)
{
    a->take(line_at(&a->old_lines, i), NULL, a->argument);
}

static void take_new(const aligner *a, size_t j)
{
    a->take(NULL, line_at(&a->new_lines, j), a->argument);
}

static void take_both(const aligner *a, size_t i, size_t j)
{
    a->take(line_at(&a->old_lines, i), line_at(&a->new_lines, j), a->argument);
}

/* best[i][j]: of the lines from i on of the old side and from j on of the new one. */
static void align_by_cost(const aligner *a)
{
    size_t n = a->old_lines.at->len, m = a->new_lines.at->len, width = m + 1;
    uint64_t *best = g_new0(uint64_t, (n + 1) * width);
    for (size_t i = n; i-- > 0;) {
        for (size_t j = m; j-- > 0;) {
            uint64_t pair = score(a, i, j);
            uint64_t with = pair == 0 ? 0 : pair + best[(i + 1) * width + j + 1];
            uint64_t without = MAX(best[(i + 1) * width + j], best[i * width + j + 1]);
            best[i * width + j] = MAX(with, without);
        }
    }
    size_t i = 0, j = 0;
    while (i < n && j < m) {
        uint64_t pair = score(a, i, j);
        if (pair != 0 && best[i * width + j] == pair + best[(i + 1) * width + j + 1])
            take_both(a, i++, j++);
        else if (best[i * width + j] == best[(i + 1) * width + j])
            take_old(a, i++);
        else
            take_new(a, j++);
    }
    while (i < n)
        take_old(a, i++);
    while (j < m)
        take_new(a, j++);
    g_free(best);
}

static void align_by_distance(const aligner *a)
{
    size_t n = a->old_lines.at->len, m = a->new_lines.at->len, i = 0, j = 0;
    while (i < n || j < m) {
        uint32_t x = i < n ? line_at(&a->old_lines, i)->line - first_line(&a->old_lines) : 0;
        uint32_t y = j < m ? line_at(&a->new_lines, j)->line - first_line(&a->new_lines) : 0;
        if (i < n && j < m && x == y)
            take_both(a, i++, j++);
        else if (j == m || (i < n && x < y))
            take_old(a, i++);
        else
            take_new(a, j++);
    }
}

static void fill(lines *l, const GPtrArray *all, guint from, guint to)
{
    g_ptr_array_set_size(l->at, 0);
    for (guint i = from; i < to; i++)
        g_ptr_array_add(l->at, g_ptr_array_index(all, i));
}

void profile_diff_align(const diff_side *old_side, const diff_side *new_side, diff_pair *take,
                        void *argument)
{
    g_autoptr(GPtrArray) old_all = sorted(old_side);
    g_autoptr(GPtrArray) new_all = sorted(new_side);
    guint *old_first = starts(old_all, old_side->rows->len);
    guint *new_first = starts(new_all, new_side->rows->len);
    aligner a = {{old_side, g_ptr_array_new()}, {new_side, g_ptr_array_new()}, take, argument};
    for (guint i = 0; i < old_side->rows->len; i++) {
        guint partner = g_array_index(old_side->rows, diff_row, i).partner;
        bool has_partner = partner != DIFF_NO_PARTNER;
        fill(&a.old_lines, old_all, old_first[i], old_first[i + 1]);
        fill(&a.new_lines, new_all, has_partner ? new_first[partner] : 0,
             has_partner ? new_first[partner + 1] : 0);
        size_t n_cells = (size_t)(a.old_lines.at->len + 1) * (a.new_lines.at->len + 1);
        if (n_cells <= MAX_CELLS)
            align_by_cost(&a);
        else
            align_by_distance(&a);
    }
    fill(&a.old_lines, old_all, 0, 0);
    for (guint i = 0; i < new_side->rows->len; i++) {
        if (g_array_index(new_side->rows, diff_row, i).partner != DIFF_NO_PARTNER)
            continue;
        fill(&a.new_lines, new_all, new_first[i], new_first[i + 1]);
        align_by_distance(&a);
    }
    g_ptr_array_unref(a.old_lines.at);
    g_ptr_array_unref(a.new_lines.at);
    g_free(old_first);
    g_free(new_first);
}
