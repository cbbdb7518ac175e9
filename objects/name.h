/*
 * name.h -- interned names: one object for each text, compared by address.
 *
 * Owns:    the names; they live as long as their table. name_table_free() releases them.
 * Source:  open addressing with linear probing; FNV-1a.
 */
#ifndef OBJECTS_NAME_H
#define OBJECTS_NAME_H

#include <stddef.h>
#include <stdint.h>

typedef struct name {
    uint32_t hash;
    uint32_t n_bytes; /* without the terminating NUL */
    char text[];
} name;

typedef struct name_table {
    name **cells; /* n_cells, a power of two or 0; NULL: empty */
    size_t n_cells, n_names;
} name_table;

/* The name of a text, made if it is new. Errors: NULL without memory. Cost: a hash of the text. */
const name *name_intern(name_table *table, const char *text);
void name_table_free(name_table *table);

#endif
