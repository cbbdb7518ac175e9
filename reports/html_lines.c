/* html_lines.c -- what single lines of source cost, one column a cost that was measured. */
#include "reports/html_page.h"
#include "reports/text.h"

#include <string.h>

/* Rows: the costliest lines by instructions, and the first few by each other column. */
enum { MAX_BY_INSTRUCTIONS = 30, MAX_BY_ANOTHER = 6 };

static const char *const titles[RECORD_N_LINE_COSTS] = {
    [RECORD_CACHE_MISSES] = "L1 misses",      [RECORD_MEMORY_MISSES] = "LL misses",
    [RECORD_MISPREDICTIONS] = "mispredicted", [RECORD_ALLOCATED_BYTES] = "bytes allocated",
    [RECORD_PEAK_BYTES] = "live at peak",     [RECORD_LEAKED_BLOCKS] = "blocks leaked",
};

typedef struct line_view {
    html_page *page;
    bool has_hits, has[RECORD_N_LINE_COSTS];
    uint64_t highest_ir, highest_hits, highest[RECORD_N_LINE_COSTS];
} line_view;

static void measure(line_view *view, const GPtrArray *lines)
{
    for (unsigned i = 0; i < lines->len; i++) {
        const record_line *line = lines->pdata[i];
        view->highest_ir = MAX(view->highest_ir, line->self_ir);
        view->has_hits = view->has_hits || line->hits >= 0;
        view->highest_hits = MAX(view->highest_hits, (uint64_t)MAX(line->hits, 0));
        for (int k = 0; k < RECORD_N_LINE_COSTS; k++) {
            view->has[k] = view->has[k] || line->costs[k] >= 0;
            view->highest[k] = MAX(view->highest[k], (uint64_t)MAX(line->costs[k], 0));
        }
    }
}

static int by_self(const void *a, const void *b)
{
    uint64_t x = (*(const record_line *const *)a)->self_ir;
    uint64_t y = (*(const record_line *const *)b)->self_ir;
    return (x < y) - (x > y);
}

static int by_cost(const void *a, const void *b, void *cost)
{
    int k = GPOINTER_TO_INT(cost);
    int64_t x = (*(const record_line *const *)a)->costs[k];
    int64_t y = (*(const record_line *const *)b)->costs[k];
    return (x < y) - (x > y);
}

/* The lines to show, by instructions, falling. Owner: the caller; the lines are borrowed. */
static GPtrArray *choose(const GPtrArray *all)
{
    GPtrArray *chosen = g_ptr_array_new();
    g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (unsigned i = 0; i < all->len; i++)
        g_ptr_array_add(sorted, all->pdata[i]);
    g_ptr_array_sort(sorted, by_self);
    for (unsigned i = 0; i < sorted->len && i < MAX_BY_INSTRUCTIONS; i++) {
        g_hash_table_add(taken, sorted->pdata[i]);
        g_ptr_array_add(chosen, sorted->pdata[i]);
    }
    for (int k = 0; k < RECORD_N_LINE_COSTS; k++) {
        g_ptr_array_sort_with_data(sorted, by_cost, GINT_TO_POINTER(k));
        for (unsigned i = 0; i < sorted->len && i < MAX_BY_ANOTHER; i++) {
            const record_line *line = sorted->pdata[i];
            if (line->costs[k] > 0 && g_hash_table_add(taken, sorted->pdata[i]))
                g_ptr_array_add(chosen, sorted->pdata[i]);
        }
    }
    g_ptr_array_sort(chosen, by_self);
    return chosen;
}

/* The text of a source line, without its indentation. Owner: the caller. */
static char *source_line(const html_page *page, const char *file, uint32_t line)
{
    int index = html_source_index(page, file);
    const char *p =
        index >= 0 ? ((const record_source *)page->r->sources->pdata[index])->text : NULL;
    for (uint32_t i = 1; p != NULL && i < line; i++) {
        p = strchr(p, '\n');
        if (p != NULL)
            p++;
    }
    if (p == NULL || line == 0)
        return g_strdup("");
    const char *end = strchr(p, '\n');
    return g_strstrip(end != NULL ? g_strndup(p, (gsize)(end - p)) : g_strdup(p));
}

static void put_share(html_page *page, uint64_t cost, uint64_t total)
{
    double share = total != 0 ? (double)cost / (double)total : 0;
    g_autofree char *number = g_strdup_printf("%.1f\u00a0%%", 100 * share);
    html_number_cell(page, share, number);
}

/* A count, or a dash where nothing was measured. */
static void put_cost(html_page *page, int64_t n, uint64_t highest)
{
    if (n >= 0)
        html_hot_cell(page, (uint64_t)n, highest);
    else
        html_number_cell(page, -1, "\u2013");
}

static void put_line(const line_view *view, const record_line *line)
{
    html_page *page = view->page;
    html_put(page, "<tr><td>");
    html_place(page, line->file, line->line);
    html_put(page, "</td>");
    html_count_cell(page, line->self_ir);
    put_share(page, line->self_ir, page->r->calls->total_ir);
    html_put(page, "<td class=\"heat\">");
    html_bar(page, view->highest_ir != 0 ? (double)line->self_ir / (double)view->highest_ir : 0,
             "cost");
    html_put(page, "</td>");
    if (view->has_hits)
        put_cost(page, line->hits, view->highest_hits);
    for (int k = 0; k < RECORD_N_LINE_COSTS; k++) {
        if (view->has[k])
            put_cost(page, line->costs[k], view->highest[k]);
    }
    g_autofree char *text = source_line(page, line->file, line->line);
    html_put(page, "<td class=\"code\">");
    html_element(page, "code", "", text);
    html_put(page, "</td></tr>\n");
}

static void put_titles(const line_view *view)
{
    html_page *page = view->page;
    html_put(page, "<thead><tr><th>line</th><th class=\"n\" aria-sort=\"descending\">instructions"
                   "</th><th class=\"n\">share</th><th></th>");
    if (view->has_hits)
        html_put(page, "<th class=\"n\">executed</th>");
    for (int k = 0; k < RECORD_N_LINE_COSTS; k++) {
        if (view->has[k])
            html_putf(page, "<th class=\"n\">%s</th>", titles[k]);
    }
    html_put(page, "<th>source</th></tr></thead><tbody>\n");
}

void html_lines(html_page *page)
{
    const GPtrArray *all = page->r->calls->lines;
    line_view view = {.page = page};
    measure(&view, all);
    if (view.has[RECORD_ALLOCATED_BYTES] || view.has[RECORD_LEAKED_BLOCKS])
        html_put(page, "<p class=\"lead\">Each line by several runs of the workload. "
                       "Instructions, misses and mispredictions are the line's own; bytes (arenas "
                       "and what came from malloc) are those of the line with all that it calls, "
                       "and so are the blocks that memcheck found lost on the judge's tapes."
                       "</p>\n");
    g_autoptr(GPtrArray) lines = choose(all);
    html_table_open(page, "Hottest lines", "sortable lines");
    put_titles(&view);
    for (unsigned i = 0; i < lines->len; i++)
        put_line(&view, lines->pdata[i]);
    html_put(page, "</tbody>");
    html_table_close(page);
    if (all->len > lines->len)
        html_putf(page, "<p class=\"lead\">%u more are in the record.</p>\n",
                  all->len - lines->len);
}
