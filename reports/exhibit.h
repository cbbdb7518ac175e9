/*
 * exhibit.h -- evidence beside the grading, as a section of the HTML report: charts and a table.
 *
 *   exhibit = title, lead, charts, one table
 *   chart   = lines over x | bars by category | dots by category on a log axis | arenas, frame by
 *             frame
 *
 * exhibit_read() makes exhibits of the JSON documents that objlab's commands print: objlab/bench,
 * objlab/history, objlab/top, objlab/python-bench, objlab/profilers, objlab/trace.
 *
 * Owns:       everything in it; exhibit_free() releases it.
 * Invariants: texts are UTF-8, as they came: the writers escape them. A line's points rise in x.
 * Errors:     of RECORD_ERROR, naming the file and the place in it.
 */
#ifndef REPORTS_EXHIBIT_H
#define REPORTS_EXHIBIT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum exhibit_kind {
    EXHIBIT_LINES,
    EXHIBIT_BARS,
    EXHIBIT_DOTS, /* values > 0 */
    EXHIBIT_ARENAS
} exhibit_kind;

/* low..high: a 95 % interval; both y where there is none. y NAN: a gap in a line. */
typedef struct exhibit_point {
    double x, y, low, high; /* x of bars and dots: the index of the category */
} exhibit_point;

typedef struct exhibit_series {
    char *name;
    GArray *points; /* of exhibit_point */
    bool is_goal;   /* of dots: drawn as ticks to be reached */
} exhibit_series;

/* A row a text of arenas, a letter a pool: '.' free, '0'..'9' how full, '0' empty but kept. */
typedef struct exhibit_frame {
    char *label, *note;
    GPtrArray *rows; /* of char * */
} exhibit_frame;

typedef struct exhibit_chart {
    exhibit_kind kind;
    char *title, *x_label, *unit; /* unit: of y: "ns", "B", "%", "" */
    GPtrArray *categories;        /* bars, dots: of char * */
    GPtrArray *series;            /* lines, bars, dots: of exhibit_series */
    GPtrArray *frames;            /* arenas: of exhibit_frame */
} exhibit_chart;

typedef struct exhibit_cell {
    char *text;
    bool is_number;
    double value; /* to sort by */
} exhibit_cell;

typedef struct exhibit {
    char *title, *lead;
    GPtrArray *charts;  /* of exhibit_chart */
    GPtrArray *columns; /* of char *: the table's head */
    GPtrArray *cells;   /* of exhibit_cell, row after row */
} exhibit;

/* One document. Owner: the caller. Errors: NULL with *error. */
exhibit *exhibit_parse(const char *text, size_t n_bytes, GError **error);
exhibit *exhibit_read(const char *path, GError **error);
void exhibit_free(exhibit *e);

/* ---- making one ---- */

exhibit *exhibit_new(const char *title, const char *lead);
exhibit_chart *exhibit_add_chart(exhibit *e, exhibit_kind kind, const char *title,
                                 const char *x_label, const char *unit);

/* The series or category of that name; a new one at the end where there is none. */
exhibit_series *exhibit_series_of(exhibit_chart *chart, const char *name);
double exhibit_category_of(exhibit_chart *chart, const char *name);

void exhibit_add_point(exhibit_series *series, double x, double y);
void exhibit_add_gap(exhibit_series *series, double x);
void exhibit_add_interval(exhibit_series *series, double x, double y, double low, double high);
exhibit_frame *exhibit_add_frame(exhibit_chart *chart, const char *label, const char *note);

/* The head of the table, all columns at once; then cells, as many a row as columns. */
void exhibit_set_columns(exhibit *e, const char *const *columns, size_t n);
void exhibit_add_text(exhibit *e, const char *text);
void exhibit_add_number(exhibit *e, double value); /* three significant digits */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(exhibit, exhibit_free)

#endif
