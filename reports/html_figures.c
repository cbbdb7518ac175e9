/* html_figures.c -- the layouts side by side, and the heap over time: a chart and a table each. */
#include "reports/figures.h"
#include "reports/html_page.h"
#include "reports/text.h"

#include <string.h>

enum { MAX_SNAPSHOTS = 2000 };

typedef char *value_text(double x);

static char *figure_text(double x)
{
    return text_figure(x, HTML_THIN_SPACE);
}

static char *ratio_text(double x)
{
    return g_strdup_printf("%.2f", x);
}

/* An interval is shown where it is one. */
static void put_value(html_page *page, double median, double low, double high, value_text *show)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_dtostr(number, (gint)sizeof number, median);
    g_autofree char *value = show(median);
    html_putf(page, "<td class=\"n\" data-v=\"%s\">", number);
    html_text(page, value);
    if (low < high) {
        g_autofree char *from = show(low);
        g_autofree char *to = show(high);
        html_putf(page, "<span class=\"interval\">%s\u2013%s</span>", from, to);
    }
    html_put(page, "</td>");
}

static void put_figure(html_page *page, const record_figure *f)
{
    if (f != NULL)
        put_value(page, f->median, f->low, f->high, figure_text);
    else
        html_put(page, "<td class=\"n\">\u2013</td>");
}

static void put_ratio(html_page *page, const record_figure *f)
{
    if (f == NULL || f->ratio_to == NULL)
        html_put(page, "<td class=\"n\">\u2013</td>");
    else
        put_value(page, f->ratio_median, f->ratio_low, f->ratio_high, ratio_text);
}

static void put_row(html_page *page, const figures_table *table, const figures_row *row)
{
    g_autofree char *label = text_figure_label(row->name);
    bool has_reference = table->reference[0] != '\0';
    for (unsigned i = 0; i < table->layouts->len; i++) {
        const figures_cell *cell = &row->cells[i];
        const char *layout = table->layouts->pdata[i];
        if (cell->mine == NULL && cell->reference == NULL)
            continue;
        html_put(page, "<tr>");
        html_element(page, "td", "", label);
        html_element(page, "td", "layout", layout[0] != '\0' ? layout : "all");
        put_figure(page, cell->mine);
        if (has_reference) {
            put_figure(page, cell->reference);
            put_ratio(page, cell->mine);
        }
        html_put(page, "</tr>\n");
    }
}

/* One unit's chart and table: rows first..last-1 of the table. */
static void put_unit(html_page *page, const figures_table *table, unsigned first, unsigned last)
{
    const figures_row *row = table->rows->pdata[first];
    g_autofree char *unit = text_unit_label(row->unit);
    g_autofree char *name = g_utf8_strup(unit, 1);
    g_autofree char *title = g_strconcat(name, g_utf8_next_char(unit), NULL);
    html_element(page, "h3", "", title);
    html_put(page, "<div class=\"pair\"><div class=\"chart\" data-chart=\"figures\" role=\"img\"");
    html_attribute(page, "data-unit", row->unit);
    g_autofree char *label =
        g_strdup_printf("Bar chart: %s of each layout; the table beside it has the figures", title);
    html_attribute(page, "aria-label", label);
    html_put(page, "></div>\n");
    html_table_open(page, title, "sortable figures");
    html_put(page, "<thead><tr><th>operation</th><th>layout</th><th class=\"n\">");
    html_text(page, table->subject);
    if (table->reference[0] != '\0') {
        html_put(page, "</th><th class=\"n\">");
        html_text(page, table->reference);
        html_put(page, "</th><th class=\"n\">ratio, \u00d7");
    }
    html_put(page, "</th></tr></thead><tbody>\n");
    for (unsigned i = first; i < last; i++)
        put_row(page, table, table->rows->pdata[i]);
    html_put(page, "</tbody>");
    html_table_close(page);
    html_put(page, "</div>\n");
}

void html_figures(html_page *page)
{
    g_autoptr(figures_table) table = figures_table_new(page->r);
    html_put(page, "<p class=\"lead\">Ranges are 95\u00a0% intervals. A ratio above 1 costs more "
                   "than the reference. Time is shown, but decides no point by itself: "
                   "instructions and bytes repeat exactly.</p>\n");
    for (unsigned first = 0, last = 0; first < table->rows->len; first = last) {
        const char *unit = ((const figures_row *)table->rows->pdata[first])->unit;
        while (last < table->rows->len &&
               strcmp(((const figures_row *)table->rows->pdata[last])->unit, unit) == 0)
            last++;
        put_unit(page, table, first, last);
    }
}

static uint64_t total_bytes(const record_snapshot *s)
{
    return s->heap_bytes + s->extra_bytes + s->stack_bytes;
}

static void put_bytes_cell(html_page *page, uint64_t n_bytes)
{
    g_autofree char *text = text_bytes((double)n_bytes);
    html_number_cell(page, (double)n_bytes, text);
}

static void put_heap_summary(html_page *page, const GPtrArray *heaps)
{
    html_table_open(page, "Heap of each layout", "sortable");
    html_put(page, "<thead><tr><th>run</th><th class=\"n\">peak</th><th class=\"n\">of it "
                   "overhead</th><th class=\"n\">at the end</th><th class=\"n\">snapshots</th>"
                   "</tr></thead><tbody>\n");
    for (unsigned i = 0; i < heaps->len; i++) {
        const record_heap *heap = heaps->pdata[i];
        if (heap->snapshots->len == 0)
            continue;
        const record_snapshot *peak = &g_array_index(heap->snapshots, record_snapshot, heap->peak);
        const record_snapshot *end =
            &g_array_index(heap->snapshots, record_snapshot, heap->snapshots->len - 1);
        html_put(page, "<tr>");
        html_element(page, "td", "", heap->title);
        put_bytes_cell(page, total_bytes(peak));
        put_bytes_cell(page, peak->extra_bytes);
        put_bytes_cell(page, total_bytes(end));
        html_count_cell(page, heap->snapshots->len);
        html_put(page, "</tr>\n");
    }
    html_put(page, "</tbody>");
    html_table_close(page);
}

static void put_snapshots(html_page *page, const record_heap *heap)
{
    g_autofree char *title = g_strdup_printf("Every snapshot: %s", heap->title);
    html_put(page, "<details>");
    html_element(page, "summary", "", title);
    html_table_open(page, title, "sortable");
    html_put(page, "<thead><tr><th class=\"n\">n</th><th class=\"n\">time, ");
    html_text(page, heap->time_unit);
    html_put(page, "</th><th class=\"n\">total, B</th><th class=\"n\">useful heap, B</th>"
                   "<th class=\"n\">extra heap, B</th><th class=\"n\">stacks, B</th></tr></thead>"
                   "<tbody>\n");
    for (unsigned i = 0; i < heap->snapshots->len && i < MAX_SNAPSHOTS; i++) {
        const record_snapshot *s = &g_array_index(heap->snapshots, record_snapshot, i);
        html_put(page, i == heap->peak ? "<tr class=\"peak\">" : "<tr>");
        html_count_cell(page, i);
        html_count_cell(page, s->time);
        html_count_cell(page, total_bytes(s));
        html_count_cell(page, s->heap_bytes);
        html_count_cell(page, s->extra_bytes);
        html_count_cell(page, s->stack_bytes);
        html_put(page, "</tr>\n");
    }
    html_put(page, "</tbody>");
    html_table_close(page);
    html_put(page, "</details>\n");
}

static void put_node(html_page *page, const record_heap_node *node, double total)
{
    g_autofree char *bytes = text_bytes((double)node->bytes);
    g_autofree char *share = text_number(total > 0 ? 100 * (double)node->bytes / total : 0, 1);
    bool has_children = node->children->len != 0;
    html_put(page, has_children ? "<li><details open><summary>" : "<li class=\"leaf\">");
    html_putf(page, "<span class=\"bytes\">%s</span> <span class=\"share\">%s\u00a0%%</span> ",
              bytes, share);
    html_element(page, "code", "", node->label);
    if (!has_children) {
        html_put(page, "</li>\n");
        return;
    }
    html_put(page, "</summary><ul>\n");
    for (unsigned i = 0; i < node->children->len; i++)
        put_node(page, node->children->pdata[i], total);
    html_put(page, "</ul></details></li>\n");
}

static void put_tree(html_page *page, const record_heap *heap)
{
    g_autofree char *title = g_strdup_printf("Heap tree at the peak: %s", heap->title);
    html_put(page, "<details class=\"heap-tree\">");
    html_element(page, "summary", "", title);
    html_put(page, "<ul class=\"tree\">\n");
    put_node(page, heap->peak_tree, (double)heap->peak_tree->bytes);
    html_put(page, "</ul></details>\n");
}

void html_heaps(html_page *page)
{
    const GPtrArray *heaps = page->r->heaps;
    html_put(page, "<p class=\"lead\">Bytes on the heap while the workload creates, uses and "
                   "destroys its objects, as massif saw them.</p>\n<div class=\"pair\">"
                   "<div class=\"chart\" data-chart=\"heap\" role=\"img\" aria-label=\"Line "
                   "chart: heap over time; the tables have the figures\"></div>\n");
    html_put(page, "<div>");
    put_heap_summary(page, heaps);
    html_put(page, "<div class=\"beside\">\n");
    for (unsigned i = 0; i < heaps->len; i++) {
        const record_heap *heap = heaps->pdata[i];
        if (heap->peak_tree != NULL)
            put_tree(page, heap);
    }
    for (unsigned i = 0; i < heaps->len; i++)
        put_snapshots(page, heaps->pdata[i]);
    html_put(page, "</div></div></div>\n");
}
