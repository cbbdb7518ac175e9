#include "reports/figures.h"

#include <string.h>

static void row_free(void *p)
{
    figures_row *row = p;
    g_free(row->cells);
    g_free(row);
}

static void find_subjects(const record *r, figures_table *table)
{
    table->subject = "";
    table->reference = "";
    for (unsigned i = 0; i < r->figures->len; i++) {
        const record_figure *f = r->figures->pdata[i];
        if (table->subject[0] == '\0')
            table->subject = f->subject;
        if (f->ratio_to != NULL) {
            table->subject = f->subject;
            table->reference = f->ratio_to;
            return;
        }
    }
}

static unsigned layout_index(figures_table *table, const char *layout)
{
    for (unsigned i = 0; i < table->layouts->len; i++) {
        if (strcmp(table->layouts->pdata[i], layout) == 0)
            return i;
    }
    g_ptr_array_add(table->layouts, (gpointer)(uintptr_t)layout); /* borrowed, never written to */
    return table->layouts->len - 1;
}

static figures_row *row_of(figures_table *table, GHashTable *index, const record_figure *f)
{
    g_autofree char *key = g_strdup_printf("%s\n%s", f->name, f->unit);
    figures_row *row = g_hash_table_lookup(index, key);
    if (row != NULL)
        return row;
    row = g_new0(figures_row, 1);
    row->name = f->name;
    row->unit = f->unit;
    row->cells = g_new0(figures_cell, table->layouts->len);
    g_ptr_array_add(table->rows, row);
    g_hash_table_insert(index, g_steal_pointer(&key), row);
    return row;
}

figures_table *figures_table_new(const record *r)
{
    figures_table *table = g_new0(figures_table, 1);
    table->layouts = g_ptr_array_new();
    table->rows = g_ptr_array_new_with_free_func(row_free);
    find_subjects(r, table);
    for (unsigned i = 0; i < r->figures->len; i++)
        layout_index(table, ((const record_figure *)r->figures->pdata[i])->layout);
    GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (unsigned i = 0; i < r->figures->len; i++) {
        const record_figure *f = r->figures->pdata[i];
        bool mine = strcmp(f->subject, table->subject) == 0;
        if (!mine && strcmp(f->subject, table->reference) != 0)
            continue;
        figures_cell *cell = &row_of(table, index, f)->cells[layout_index(table, f->layout)];
        if (mine)
            cell->mine = f;
        else
            cell->reference = f;
    }
    g_hash_table_unref(index);
    return table;
}

void figures_table_free(figures_table *table)
{
    if (table == NULL)
        return;
    g_ptr_array_unref(table->layouts);
    g_ptr_array_unref(table->rows);
    g_free(table);
}
