#include "reports/exhibit.h"

#include "reports/text.h"

#include <math.h>
#include <string.h>

#define THIN_SPACE "\u202f"

static void series_free(void *series_or_null)
{
    exhibit_series *s = series_or_null;
    g_free(s->name);
    g_array_unref(s->points);
    g_free(s);
}

static void frame_free(void *frame_or_null)
{
    exhibit_frame *f = frame_or_null;
    g_free(f->label);
    g_free(f->note);
    g_ptr_array_unref(f->rows);
    g_free(f);
}

static void chart_free(void *chart_or_null)
{
    exhibit_chart *c = chart_or_null;
    g_free(c->title);
    g_free(c->x_label);
    g_free(c->unit);
    g_ptr_array_unref(c->categories);
    g_ptr_array_unref(c->series);
    g_ptr_array_unref(c->frames);
    g_free(c);
}

static void cell_free(void *cell_or_null)
{
    exhibit_cell *c = cell_or_null;
    g_free(c->text);
    g_free(c);
}

exhibit *exhibit_new(const char *title, const char *lead)
{
    exhibit *e = g_new0(exhibit, 1);
    e->title = g_strdup(title);
    e->lead = g_strdup(lead);
    e->charts = g_ptr_array_new_with_free_func(chart_free);
    e->columns = g_ptr_array_new_with_free_func(g_free);
    e->cells = g_ptr_array_new_with_free_func(cell_free);
    return e;
}

void exhibit_free(exhibit *e)
{
    if (e == NULL)
        return;
    g_free(e->title);
    g_free(e->lead);
    g_ptr_array_unref(e->charts);
    g_ptr_array_unref(e->columns);
    g_ptr_array_unref(e->cells);
    g_free(e);
}

exhibit_chart *exhibit_add_chart(exhibit *e, exhibit_kind kind, const char *title,
                                 const char *x_label, const char *unit)
{
    exhibit_chart *c = g_new0(exhibit_chart, 1);
    c->kind = kind;
    c->title = g_strdup(title);
    c->x_label = g_strdup(x_label);
    c->unit = g_strdup(unit);
    c->categories = g_ptr_array_new_with_free_func(g_free);
    c->series = g_ptr_array_new_with_free_func(series_free);
    c->frames = g_ptr_array_new_with_free_func(frame_free);
    g_ptr_array_add(e->charts, c);
    return c;
}

exhibit_series *exhibit_series_of(exhibit_chart *chart, const char *name)
{
    for (unsigned i = 0; i < chart->series->len; i++) {
        exhibit_series *s = chart->series->pdata[i];
        if (strcmp(s->name, name) == 0)
            return s;
    }
    exhibit_series *s = g_new0(exhibit_series, 1);
    s->name = g_strdup(name);
    s->points = g_array_new(FALSE, FALSE, sizeof(exhibit_point));
    g_ptr_array_add(chart->series, s);
    return s;
}

double exhibit_category_of(exhibit_chart *chart, const char *name)
{
    for (unsigned i = 0; i < chart->categories->len; i++) {
        if (strcmp(chart->categories->pdata[i], name) == 0)
            return i;
    }
    g_ptr_array_add(chart->categories, g_strdup(name));
    return chart->categories->len - 1;
}

void exhibit_add_interval(exhibit_series *series, double x, double y, double low, double high)
{
    const exhibit_point point = {x, y, low, high};
    g_array_append_val(series->points, point);
}

void exhibit_add_point(exhibit_series *series, double x, double y)
{
    exhibit_add_interval(series, x, y, y, y);
}

void exhibit_add_gap(exhibit_series *series, double x)
{
    exhibit_add_interval(series, x, NAN, NAN, NAN);
}

exhibit_frame *exhibit_add_frame(exhibit_chart *chart, const char *label, const char *note)
{
    exhibit_frame *f = g_new0(exhibit_frame, 1);
    f->label = g_strdup(label);
    f->note = g_strdup(note);
    f->rows = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(chart->frames, f);
    return f;
}

void exhibit_set_columns(exhibit *e, const char *const *columns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        g_ptr_array_add(e->columns, g_strdup(columns[i]));
}

static void add_cell(exhibit *e, exhibit_cell cell)
{
    exhibit_cell *c = g_new(exhibit_cell, 1);
    *c = cell;
    g_ptr_array_add(e->cells, c);
}

void exhibit_add_text(exhibit *e, const char *text)
{
    add_cell(e, (exhibit_cell){.text = g_strdup(text)});
}

void exhibit_add_number(exhibit *e, double number)
{
    add_cell(e, (exhibit_cell){text_figure(number, THIN_SPACE), true, number});
}
