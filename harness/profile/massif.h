/*
 * massif.h -- reads massif.out files: snapshots over time and the heap trees.
 *
 * Owns:   every string and array; massif_free() releases the whole.
 * Errors: as callgrind.h: nothing readable is an error, later damage a warning.
 * Source: the format as valgrind's massif writes it.
 */
#ifndef HARNESS_PROFILE_MASSIF_H
#define HARNESS_PROFILE_MASSIF_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the label of a node says. */
typedef struct massif_place {
    uint64_t address;     /* 0 for the root and for "below threshold" */
    const char *function; /* "hw_pool_alloc"; or the whole label where it has no address */
    const char *file;     /* "pool.c", "" if unknown */
    const char *object;   /* "/usr/lib/libc.so.6" where it stands for file and line, else "" */
    uint32_t line;        /* 0 if unknown */
} massif_place;

typedef struct massif_node {
    uint64_t bytes;
    const massif_place *place; /* that of all nodes with the same label */
    const struct massif_node *children;
    size_t n_children;
} massif_node;

typedef struct massif_snapshot {
    uint32_t index;
    uint64_t time;
    uint64_t heap_bytes, extra_bytes, stack_bytes;
    const massif_node *tree; /* NULL: none kept */
    bool is_peak;
} massif_snapshot;

typedef struct massif_profile {
    const char *description, *command;
    const char *time_unit; /* "i", "ms", "B" */
    const massif_snapshot *snapshots;
    size_t n_snapshots;
    size_t peak; /* index into snapshots of the greatest total (of equal ones, one with a tree);
                    0 when there are none */
    bool complete;
    GPtrArray *warnings; /* of char * */
} massif_profile;

typedef enum massif_error_code {
    MASSIF_ERROR_FORMAT /* nothing in it could be read; message has line and column */
} massif_error_code;
#define MASSIF_ERROR massif_error_quark()
GQuark massif_error_quark(void);

/* text: n_bytes, need not be terminated, may be freed afterwards. name: for messages.
 * Owner of the result: the caller. */
massif_profile *massif_parse(const char *text, size_t n_bytes, const char *name, GError **error);
/* The same from a file (mapped, not copied). */
massif_profile *massif_read(const char *path, GError **error);
void massif_free(massif_profile *profile);

/* One node of the tree at the peak. path: the nodes above it, the root first. */
typedef void massif_visit(const massif_node *node, const GPtrArray *path, void *argument);

/* Visits the tree at the peak, a node before its children; nothing where no tree was kept.
 * Deep trees do not recurse. */
void massif_walk_peak(const massif_profile *profile, massif_visit *visit, void *argument);

/* Heap, administrative and stack bytes together. */
uint64_t massif_total(const massif_snapshot *snapshot);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(massif_profile, massif_free)

#endif
