/*
 * dhat.h -- reads DHAT's JSON: how each place that allocates uses its blocks.
 *
 * Owns:   every string and array; dhat_free() releases the whole.
 * Errors: of JSON that is cut off or damaged, the places before that are read ("complete" is false,
 *         a warning has line and column; the frame table stands last and is mostly lost); an error
 *         where there is none. Places that refer to frames that are not there have a warning.
 * Source: DHAT's file version 2 (valgrind 3.15 and later), mode "heap".
 */
#ifndef HARNESS_PROFILE_DHAT_H
#define HARNESS_PROFILE_DHAT_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place that allocates, with its call path. */
typedef struct dhat_point {
    uint64_t total_bytes, total_blocks;
    uint64_t max_bytes, max_blocks;   /* of this place, at its own greatest */
    uint64_t peak_bytes, peak_blocks; /* when the whole heap was greatest */
    uint64_t end_bytes, end_blocks;   /* never freed */
    uint64_t read_bytes, written_bytes;
    uint64_t lifetime; /* of all its blocks together, in time units */
    GPtrArray *frames; /* of const char *, innermost first: "0x109226: main (m.c:6)" */
} dhat_point;

typedef struct dhat_profile {
    char *command, *time_unit;
    GPtrArray *points; /* of dhat_point, the most bytes first */
    GPtrArray *names;  /* of char *: what frames point into */
    uint64_t total_bytes, total_blocks, peak_bytes;
    bool complete;
    GPtrArray *warnings; /* of char * */
} dhat_profile;

typedef enum dhat_error {
    DHAT_ERROR_FORMAT /* not DHAT's; message has line and column */
} dhat_error;
#define DHAT_ERROR dhat_error_quark()
GQuark dhat_error_quark(void);

/* As callgrind_parse() and callgrind_read(). */
dhat_profile *dhat_parse(const char *text, size_t n_bytes, const char *name, GError **error);
dhat_profile *dhat_read(const char *path, GError **error);
void dhat_free(dhat_profile *profile);

/* limit: places to show, 0 for all. Owner of the results: the caller. */
char *dhat_print(const dhat_profile *profile, size_t limit);
json_t *dhat_json(const dhat_profile *profile);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(dhat_profile, dhat_free)

#endif
