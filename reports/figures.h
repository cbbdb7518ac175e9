/*
 * figures.h -- the measurements of a record as one table: a row a figure, a column a layout.
 *
 *              | dict              | slots ...
 *   create ns  | mine, reference   |
 *
 * The reference is what the first ratio of the record is taken to ("solution").
 *
 * Owns: a table owns its arrays; the strings and figures are the record's, which must outlive it.
 */
#ifndef REPORTS_FIGURES_H
#define REPORTS_FIGURES_H

#include "reports/record.h"

typedef struct figures_cell {
    const record_figure *mine;      /* NULL: not measured */
    const record_figure *reference; /* NULL: not measured */
} figures_cell;

typedef struct figures_row {
    const char *name;
    const char *unit;
    figures_cell *cells; /* [n_layouts of the table] */
} figures_row;

typedef struct figures_table {
    const char *subject;   /* whose figures "mine" are; "" if there are none */
    const char *reference; /* "" if there is none */
    GPtrArray *layouts;    /* of const char *, in the record's order */
    GPtrArray *rows;       /* of figures_row, in the record's order */
} figures_table;

figures_table *figures_table_new(const record *r);
void figures_table_free(figures_table *table);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(figures_table, figures_table_free)

#endif
