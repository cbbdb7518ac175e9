/* html_exhibit.c -- exhibits: their sections, and the data of their charts. */
#include "reports/exhibit.h"
#include "reports/html_page.h"
#include "reports/json_text.h"

#include <math.h>

static void put_chart(html_page *page, const exhibit_chart *chart, unsigned i, unsigned k)
{
    static const char *const kinds[] = {[EXHIBIT_LINES] = "lines",
                                        [EXHIBIT_BARS] = "bars",
                                        [EXHIBIT_DOTS] = "dots",
                                        [EXHIBIT_ARENAS] = "arenas"};
    html_put(page, "<figure class=\"exhibit\">");
    html_element(page, "figcaption", "", chart->title);
    html_putf(page,
              "<div class=\"chart\" data-chart=\"%s\" data-exhibit=\"%u\" data-index=\"%u\" "
              "role=\"%s\"",
              kinds[chart->kind], i, k, chart->kind == EXHIBIT_ARENAS ? "group" : "img");
    g_autofree char *label = g_strdup_printf("Chart: %s; the table has the figures", chart->title);
    html_attribute(page, "aria-label", label);
    html_put(page, "></div></figure>\n");
}

static void put_cell(html_page *page, const exhibit_cell *cell)
{
    if (cell->is_number)
        html_number_cell(page, cell->value, cell->text);
    else
        html_element(page, "td", "", cell->text);
}

static void put_table(html_page *page, const exhibit *e)
{
    unsigned n = e->columns->len;
    if (n == 0)
        return;
    html_table_open(page, e->title, "sortable");
    html_put(page, "<thead><tr>");
    for (unsigned i = 0; i < n; i++) {
        bool is_number = i < e->cells->len && ((const exhibit_cell *)e->cells->pdata[i])->is_number;
        html_element(page, "th", is_number ? "n" : "", e->columns->pdata[i]);
    }
    html_put(page, "</tr></thead><tbody>\n");
    for (unsigned i = 0; i < e->cells->len; i++) {
        html_put(page, i % n == 0 ? "<tr>" : "");
        put_cell(page, e->cells->pdata[i]);
        html_put(page, i % n == n - 1 ? "</tr>\n" : "");
    }
    html_put(page, "</tbody>");
    html_table_close(page);
}

void html_exhibit(html_page *page, const exhibit *e, unsigned index)
{
    html_element(page, "p", "lead", e->lead);
    html_put(page, "<div class=\"exhibits\">\n");
    for (unsigned k = 0; k < e->charts->len; k++)
        put_chart(page, e->charts->pdata[k], index, k);
    html_put(page, "</div>\n<details><summary>The figures</summary>\n");
    put_table(page, e);
    html_put(page, "</details>\n");
}

/* ---- data ---- */

static json_t *texts_to_json(const GPtrArray *texts)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < texts->len; i++)
        json_array_append_new(array, json_text(texts->pdata[i]));
    return array;
}

static json_t *series_to_json(const exhibit_series *s)
{
    json_t *points = json_array();
    for (unsigned i = 0; i < s->points->len; i++) {
        const exhibit_point *p = &g_array_index(s->points, exhibit_point, i);
        json_array_append_new(points, isnan(p->y)
                                          ? json_pack("[fn]", p->x)
                                          : json_pack("[ffff]", p->x, p->y, p->low, p->high));
    }
    return json_pack("{so sb so}", "name", json_text(s->name), "goal", s->is_goal, "points",
                     points);
}

static json_t *chart_to_json(const exhibit_chart *chart)
{
    json_t *series = json_array();
    for (unsigned i = 0; i < chart->series->len; i++)
        json_array_append_new(series, series_to_json(chart->series->pdata[i]));
    json_t *frames = json_array();
    for (unsigned i = 0; i < chart->frames->len; i++) {
        const exhibit_frame *f = chart->frames->pdata[i];
        json_array_append_new(frames,
                              json_pack("{so so so}", "label", json_text(f->label), "note",
                                        json_text(f->note), "rows", texts_to_json(f->rows)));
    }
    return json_pack("{so so so so so so}", "title", json_text(chart->title), "x",
                     json_text(chart->x_label), "unit", json_text(chart->unit), "categories",
                     texts_to_json(chart->categories), "series", series, "frames", frames);
}

json_t *html_exhibits_to_json(const GPtrArray *exhibits)
{
    json_t *all = json_array();
    for (unsigned i = 0; exhibits != NULL && i < exhibits->len; i++) {
        const exhibit *e = exhibits->pdata[i];
        json_t *charts = json_array();
        for (unsigned k = 0; k < e->charts->len; k++)
            json_array_append_new(charts, chart_to_json(e->charts->pdata[k]));
        json_array_append_new(all, charts);
    }
    return all;
}
