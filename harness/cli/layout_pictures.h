/*
 * layout_pictures.h -- every kind of block that the runtime allocates, field by field.
 *
 * Offsets and sizes are read off the running code (offsetof, the type's own fields): a picture
 * cannot differ from the runtime. What lies between two fields, and behind the last one, is
 * padding.
 *
 * Invariants: fields in order of their offsets, none overlaps the next; all of them lie in the
 * block.
 */
#ifndef HARNESS_CLI_LAYOUT_PICTURES_H
#define HARNESS_CLI_LAYOUT_PICTURES_H

#include <stdbool.h>
#include <stddef.h>

enum { LAYOUT_MAX_FIELDS = 32 };

typedef struct layout_field {
    const char *name, *what; /* of padding: "(padding)" */
    size_t offset, n_bytes;
} layout_field;

typedef struct layout_picture {
    const char *name;   /* "slots", as the command line takes it */
    const char *python; /* what it is in Python, or what the block is for */
    layout_field fields[LAYOUT_MAX_FIELDS];
    size_t n_fields;
    size_t n_bytes;     /* up to the end of the last field */
    size_t block_bytes; /* what the allocator gives; over HEAP_SMALL_MAX_BYTES: what is asked of
                           malloc */
    size_t per_pool;    /* blocks of a pool; 0: from malloc */
} layout_picture;

/* How many pictures there are; the first three are the three layouts of an instance. */
size_t layout_n_pictures(void);

/* The name of a picture. */
const char *layout_picture_name(size_t index);

/* Draws one. False without memory. */
bool layout_picture_take(size_t index, layout_picture *ret_picture);

/* Bytes of the block that are in no field: between fields, and behind them. */
size_t layout_padding_bytes(const layout_picture *p);

#endif
