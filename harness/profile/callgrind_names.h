/*
 * callgrind_names.h -- the compressed names of a callgrind file: "(5) name", "(5)", "name".
 *
 * There are three spaces of ids: objects, files, functions. They last to the end of the file,
 * over parts and threads, and an id may be given a new name.
 */
#ifndef HARNESS_PROFILE_CALLGRIND_NAMES_H
#define HARNESS_PROFILE_CALLGRIND_NAMES_H

#include "harness/profile/store.h"

#include <stdbool.h>

#define CALLGRIND_PAGE_NAMES ((uint64_t)256)
#define CALLGRIND_N_PAGES    ((uint64_t)4096)

/* What an id stands for; also remembers what it was resolved to last. */
typedef struct callgrind_name {
    const char *name;   /* interned; NULL: not defined yet */
    const char *object; /* of a function: where it was */
    uint32_t file;
    uint32_t index; /* of the function or file; UINT32_MAX: not resolved */
} callgrind_name;

typedef struct callgrind_names {
    store *store;
    callgrind_name **pages; /* [CALLGRIND_N_PAGES] of CALLGRIND_PAGE_NAMES, for small ids */
    GHashTable *sparse;     /* id -> callgrind_name, for large ones */
    const char *unknown;    /* interned: what "???" becomes */
} callgrind_names;

/* The entry of a small id, which may have no name yet; NULL if there is none. */
static inline callgrind_name *callgrind_names_at(const callgrind_names *names, uint64_t id)
{
    if (id >= CALLGRIND_N_PAGES * CALLGRIND_PAGE_NAMES ||
        names->pages[id / CALLGRIND_PAGE_NAMES] == NULL)
        return NULL;
    return &names->pages[id / CALLGRIND_PAGE_NAMES][id % CALLGRIND_PAGE_NAMES];
}

/* unknown: what the name "???" becomes ("" for objects and files). */
void callgrind_names_init(callgrind_names *names, store *s, const char *unknown);
void callgrind_names_clear(callgrind_names *names);

/*
 * Reads the value of "fn=", [begin, end) without the newline. With callgrind's compressed
 * contexts, "(9) (3)'2'(7)", the ids within are replaced by their names.
 * Returns an entry that lasts as long as the store; its name is NULL if the id has none.
 * A plain name without id comes back as *plain.
 */
callgrind_name *callgrind_names_read(callgrind_names *names, const char *begin, const char *end,
                                     callgrind_name *plain);

#endif
