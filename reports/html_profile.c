/* html_profile.c -- where the instructions go: call table, stacks. */
#include "reports/html_page.h"
#include "reports/text.h"

#include <string.h>

enum { MAX_FUNCTIONS = 400, MAX_STACKS = 40 };

static int by_inclusive(const void *a, const void *b)
{
    uint64_t x = (*(const record_function *const *)a)->inclusive_ir;
    uint64_t y = (*(const record_function *const *)b)->inclusive_ir;
    return (x < y) - (x > y);
}

static int by_self_stack(const void *a, const void *b)
{
    uint64_t x = (*(const record_stack *const *)a)->self_ir;
    uint64_t y = (*(const record_stack *const *)b)->self_ir;
    return (x < y) - (x > y);
}

/* The same rows in that order. Owner: the caller; the rows are borrowed. */
static GPtrArray *sorted(GPtrArray *rows, GCompareFunc order)
{
    GPtrArray *copy = g_ptr_array_sized_new(rows->len);
    for (unsigned i = 0; i < rows->len; i++)
        g_ptr_array_add(copy, rows->pdata[i]);
    g_ptr_array_sort(copy, order);
    return copy;
}

static void put_more(html_page *page, unsigned n_all, unsigned n_shown)
{
    if (n_all > n_shown)
        html_putf(page, "<p class=\"lead\">%u more are in the record.</p>\n", n_all - n_shown);
}

static void put_per_call(html_page *page, uint64_t cost, uint64_t n_calls)
{
    double each = n_calls != 0 ? (double)cost / (double)n_calls : 0;
    g_autofree char *text = text_figure(each, HTML_THIN_SPACE);
    html_number_cell(page, each, n_calls != 0 ? text : "\u2013");
}

static void put_function(html_page *page, const record_function *f)
{
    g_autofree char *calls = text_figure((double)f->calls, HTML_THIN_SPACE);
    g_autofree char *primitive = text_figure((double)f->primitive_calls, HTML_THIN_SPACE);
    g_autofree char *both =
        f->calls != f->primitive_calls ? g_strconcat(calls, "/", primitive, NULL) : g_strdup(calls);
    html_put(page, "<tr>");
    html_number_cell(page, (double)f->calls, both);
    html_count_cell(page, f->self_ir);
    put_per_call(page, f->self_ir, f->calls);
    html_count_cell(page, f->inclusive_ir);
    put_per_call(page, f->inclusive_ir, f->primitive_calls);
    html_put(page, "<td class=\"function\">");
    html_place(page, f->file[0] != '\0' ? f->file : "~", f->line);
    html_put(page, "(<b>");
    html_text(page, f->name);
    html_put(page, "</b>)</td></tr>\n");
}

void html_calls(html_page *page)
{
    const record_calls *calls = page->r->calls;
    g_autofree char *all = text_figure((double)calls->n_calls, HTML_THIN_SPACE);
    g_autofree char *primitive = text_figure((double)calls->n_primitive_calls, HTML_THIN_SPACE);
    g_autofree char *total = text_figure((double)calls->total_ir, HTML_THIN_SPACE);
    html_putf(page,
              "<p class=\"lead\"><b>%s</b> function calls (%s primitive calls) in <b>%s</b> "
              "instructions",
              all, primitive, total);
    if (calls->command[0] != '\0') {
        html_put(page, " of ");
        html_element(page, "code", "", calls->command);
    }
    html_put(page, ". tottime, cumtime and percall count instructions; calls/primitive calls "
                   "where a function is recursive.</p>\n");
    html_table_open(page, "Call table", "sortable calls");
    html_put(page, "<thead><tr><th class=\"n\">ncalls</th><th class=\"n\">tottime</th>"
                   "<th class=\"n\">percall</th><th class=\"n\" aria-sort=\"descending\">cumtime"
                   "</th><th class=\"n\">percall</th><th>filename:lineno(function)</th></tr>"
                   "</thead><tbody>\n");
    GPtrArray *functions = sorted(calls->functions, by_inclusive);
    for (unsigned i = 0; i < functions->len && i < MAX_FUNCTIONS; i++)
        put_function(page, functions->pdata[i]);
    html_put(page, "</tbody>");
    html_table_close(page);
    put_more(page, functions->len, MAX_FUNCTIONS);
    g_ptr_array_unref(functions);
}

static void put_share(html_page *page, uint64_t cost, uint64_t total)
{
    double share = total != 0 ? (double)cost / (double)total : 0;
    g_autofree char *number = g_strdup_printf("%.1f\u00a0%%", 100 * share);
    html_number_cell(page, share, number);
}

void html_flame(html_page *page)
{
    const record_calls *calls = page->r->calls;
    GPtrArray *stacks = sorted(calls->stacks, by_self_stack);
    html_put(page, "<p class=\"lead\">Exact call stacks, width by instructions.</p>\n"
                   "<div class=\"chart flame\" data-chart=\"flame\" role=\"img\" "
                   "aria-label=\"Flame graph; the table below lists the stacks\"></div>\n"
                   "<details class=\"stacks\"><summary>The costliest stacks</summary>\n");
    html_table_open(page, "The costliest stacks", "sortable");
    html_put(page, "<thead><tr><th class=\"n\">instructions</th><th class=\"n\">share</th>"
                   "<th>stack</th></tr></thead><tbody>\n");
    for (unsigned i = 0; i < stacks->len && i < MAX_STACKS; i++) {
        const record_stack *stack = stacks->pdata[i];
        g_auto(GStrv) frames = g_strsplit(stack->frames, ";", -1);
        g_autofree char *text = g_strjoinv(" \u203a ", frames);
        html_put(page, "<tr>");
        html_count_cell(page, stack->self_ir);
        put_share(page, stack->self_ir, calls->total_ir);
        html_element(page, "td", "stack", text);
        html_put(page, "</tr>\n");
    }
    html_put(page, "</tbody>");
    html_table_close(page);
    put_more(page, stacks->len, MAX_STACKS);
    html_put(page, "</details>\n");
    g_ptr_array_unref(stacks);
}
