#include "objects/name.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_text(const char *text)
{
    uint32_t hash = 2166136261U;
    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    return hash ^ (hash >> 16);
}

static name **find_cell(const name_table *table, const char *text, uint32_t hash)
{
    size_t i = hash & (table->n_cells - 1);
    while (table->cells[i] != NULL &&
           (table->cells[i]->hash != hash || strcmp(table->cells[i]->text, text) != 0))
        i = (i + 1) & (table->n_cells - 1);
    return &table->cells[i];
}

/* At most one half of the cells are in use. */
static int grow(name_table *table)
{
    name_table larger = {.n_cells = table->n_cells == 0 ? 64 : 2 * table->n_cells,
                         .n_names = table->n_names};
    larger.cells = calloc(larger.n_cells, sizeof(name *));
    if (larger.cells == NULL)
        return -1;
    for (size_t i = 0; i < table->n_cells; i++) {
        name *n = table->cells[i];
        if (n != NULL)
            *find_cell(&larger, n->text, n->hash) = n;
    }
    free(table->cells);
    *table = larger;
    return 0;
}

const name *name_intern(name_table *table, const char *text)
{
    if (2 * (table->n_names + 1) > table->n_cells && grow(table) != 0)
        return NULL;
    uint32_t hash = hash_text(text);
    name **cell = find_cell(table, text, hash);
    if (*cell == NULL) {
        size_t n_bytes = strlen(text);
        name *made = malloc(sizeof(*made) + n_bytes + 1);
        if (made == NULL)
            return NULL;
        made->hash = hash;
        made->n_bytes = (uint32_t)n_bytes;
        memcpy(made->text, text, n_bytes + 1);
        *cell = made;
        table->n_names++;
    }
    return *cell;
}

void name_table_free(name_table *table)
{
    for (size_t i = 0; i < table->n_cells; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (name_table){0};
}
