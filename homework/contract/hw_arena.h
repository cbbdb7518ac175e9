/*
 * hw_arena.h -- given to every submission: where a pool gets its arenas.
 *
 * The program that a submission is linked into implements these two functions,
 * so that it can see which memory the pool holds. A pool takes memory for small
 * blocks from here and from nowhere else; blocks over HW_SMALL_MAX_BYTES come from malloc.
 */
#ifndef HW_ARENA_H
#define HW_ARENA_H

#include <stddef.h>

#define HW_ARENA_BYTES     ((size_t)262144) /* 256 KiB: one arena */
#define HW_POOL_BYTES      ((size_t)4096)   /* one pool: blocks of one size class */
#define HW_SMALL_MAX_BYTES ((size_t)512)    /* larger requests go to malloc */
#define HW_ALIGNMENT       ((size_t)16)     /* of every block; spacing of the size classes */

/* Maps one arena: HW_ARENA_BYTES zeroed bytes, aligned to HW_ARENA_BYTES.
 * Owner: the caller; give it back with hw_arena_unmap(). Errors: NULL if refused. */
void *hw_arena_map(void);

/* Returns an arena to the system. arena: from hw_arena_map(), not NULL. */
void hw_arena_unmap(void *arena);

#endif
