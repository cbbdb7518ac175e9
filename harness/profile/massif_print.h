/*
 * massif_print.h -- a heap profile for the terminal: chart over time, snapshots, tree at the peak.
 */
#ifndef HARNESS_PROFILE_MASSIF_PRINT_H
#define HARNESS_PROFILE_MASSIF_PRINT_H

#include "harness/profile/massif.h"

typedef struct massif_print_options {
    unsigned width, height; /* of the chart, in characters; 0: 72, 20 */
    bool is_unicode;        /* eighths of blocks; else '#' */
    size_t limit;           /* lines of the tree; 0: all */
    bool strip_dirs;
} massif_print_options;

/* Owner of the texts: the caller. */
char *massif_print_chart(const massif_profile *profile, const massif_print_options *options);
char *massif_print_snapshots(const massif_profile *profile);
char *massif_print_tree(const massif_profile *profile, const massif_print_options *options);

#endif
