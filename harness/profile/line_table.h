/*
 * line_table.h -- what each line of source costs, joined from several runs of one program.
 *
 *   callgrind  instructions (own, and with what it calls), calls made, misses, mispredictions,
 *              jumps if they were collected
 *   xtree      bytes and blocks allocated from the line, with all that it calls
 *   massif     bytes of it that were live at the peak
 *   memcheck   bytes and blocks lost
 *   lcov       executions
 *
 * Inlined code counts at its own line, not at the place where it was inlined: callgrind and xtree
 * know no other, so massif's and memcheck's frames for that place are left out.
 * Files are told apart by their paths; massif names files without folders, and such a name stands
 * for the only path that ends with it.
 * Invariants: a file and line comes once; rows are sorted by file, line after line_table_sort().
 */
#ifndef HARNESS_PROFILE_LINE_TABLE_H
#define HARNESS_PROFILE_LINE_TABLE_H

#include "harness/profile/callgrind.h"
#include "harness/profile/lcov_info.h"
#include "harness/profile/massif.h"
#include "harness/profile/memcheck_xml.h"

typedef struct line_row {
    char *file;
    uint32_t line;
    uint64_t self, inclusive; /* instructions, or what another event counts */
    uint64_t calls;           /* made from this line */
    uint64_t cache_misses;    /* first level, data and instructions */
    uint64_t memory_misses;   /* last level */
    uint64_t mispredictions;
    uint64_t allocated_bytes, allocated_blocks;
    uint64_t peak_bytes;
    uint64_t leaked_bytes, leaked_blocks;
    int64_t hits;  /* executions by coverage; -1: unknown */
    GArray *jumps; /* of jump_target, from this line; NULL: none were collected */
} line_row;

typedef struct line_table {
    GPtrArray *rows;   /* of line_row */
    GHashTable *index; /* line_row -> itself */
    GHashTable *paths; /* base name -> path; "" if several paths have it */
    const char *unit;  /* of self and inclusive, interned; NULL: no calls */
    bool has_calls, has_misses, has_branches, has_memory, has_peak, has_leaks, has_coverage;
} line_table;

line_table *line_table_new(void);
void line_table_free(line_table *table);

/* event: index of what self and inclusive are. Each may be called once or never;
 * line_table_add_callgrind() first, since it knows the paths. */
void line_table_add_callgrind(line_table *table, const callgrind_profile *profile, size_t event);
void line_table_add_xtree(line_table *table, const callgrind_profile *profile);
void line_table_add_massif(line_table *table, const massif_profile *profile);
void line_table_add_memcheck(line_table *table, const memcheck_report *report);
void line_table_add_lcov(line_table *table, const lcov_info *info);
/* Executions of one line, on top of what is known of them. */
void line_table_add_hits(line_table *table, const char *file, uint32_t line, uint64_t hits);

void line_table_sort(line_table *table);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(line_table, line_table_free)

#endif
