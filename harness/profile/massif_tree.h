/*
 * massif_tree.h -- builds the heap tree of one snapshot from its lines; private to massif.c.
 *
 *   n2: 204096 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.
 *    n0: 200000 0x109226: main (m.c:6)
 *    n1: 4096 0x48CB8CB: file_doallocate (filedoalloc.c:101)
 *
 * A line's depth is the number of its leading spaces. Lines of one tree come in pre-order; a node
 * is complete, and its children are copied together, when a line of the same depth follows.
 */
#ifndef HARNESS_PROFILE_MASSIF_TREE_H
#define HARNESS_PROFILE_MASSIF_TREE_H

#include "harness/profile/massif.h"
#include "harness/profile/store.h"

typedef struct massif_tree massif_tree;

/* s: keeps nodes and names. */
massif_tree *massif_tree_new(store *s);
void massif_tree_free(massif_tree *t);

/* Reads one line [p, end). NULL, or what was expected (static text) with *ret_place set.
 * SCAN_PADDING bytes behind end are readable, too. */
const char *massif_tree_line(massif_tree *t, const char *p, const char *end,
                             const char **ret_place);

/* The tree read since the last call, or NULL. *ret_n_missing: children that nodes announced and
 * that did not come. */
const massif_node *massif_tree_finish(massif_tree *t, size_t *ret_n_missing);

#endif
