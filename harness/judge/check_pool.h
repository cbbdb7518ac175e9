/*
 * check_pool.h -- the model of a pool allocator's memory: arenas, their pools, blocks in use.
 *
 *   addresses that the driver saw  -->  which arena, which 4 KiB pool, which neighbours
 *
 * It knows nothing of headers: where blocks begin in a pool, and whether an arena's first pool
 * holds the allocator's own records, is up to the submission; ROOM_BYTES of each pool must be
 * blocks.
 *
 * Owns:       its tables; the numbers in them come from the answers and are never dereferenced.
 * Invariants: n_small_used is the sum of n_used of all pools of all arenas (blocks that lie in no
 *             arena are not counted); n_pools_used counts those with n_used > 0.
 */
#ifndef HARNESS_JUDGE_CHECK_POOL_H
#define HARNESS_JUDGE_CHECK_POOL_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    POOL_ARENA_BYTES = 262144,
    POOL_BYTES = 4096,
    POOL_N_POOLS = POOL_ARENA_BYTES / POOL_BYTES,
    POOL_SMALL_MAX = 512,
    POOL_SPACING = 16,
    POOL_N_CLASSES = POOL_SMALL_MAX / POOL_SPACING,
    POOL_ROOM_BYTES = POOL_BYTES - 256, /* the most that a header may take is 256 bytes */
    POOL_MAX_ARENAS = 16384             /* more than any tape can need: the answers are forged */
};

/* One 4 KiB pool while it serves a size class. */
typedef struct model_pool {
    unsigned n_used;
    unsigned size_class; /* of the blocks in use */
    unsigned n_seen;     /* blocks handed out since it was empty */
    uint64_t first;      /* the first of them */
    uint64_t spacing;    /* greatest common divisor of their distances; 0: one block only */
} model_pool;

typedef struct model_arena {
    uint64_t base;
    unsigned n_pools_used;
    model_pool pools[POOL_N_POOLS];
} model_arena;

typedef struct model_block {
    uint64_t start, n_bytes; /* n_bytes: what is the caller's at the least, 1.. */
} model_block;

typedef struct model_memory {
    GHashTable *arenas; /* base -> model_arena */
    GTree *blocks;      /* of model_block, by start; the blocks in use */
    unsigned n_empty;   /* arenas without a block in use */
    uint64_t n_pools_used, n_small_used, n_large_used;
    uint64_t n_with_room[POOL_N_CLASSES]; /* pools in use that have room for one block more */
} model_memory;

void model_memory_init(model_memory *m);
void model_memory_clear(model_memory *m);

/* The size class of a small request: 0 for up to 16 bytes ... */
unsigned model_class_of(uint64_t n_bytes);
/* Blocks of a class that any pool must hold. */
unsigned model_pool_capacity(unsigned size_class);

/* The arena that an address lies in, or NULL. */
model_arena *model_find_arena(const model_memory *m, uint64_t address);
/* False if there is one at that base already. */
bool model_map(model_memory *m, uint64_t base);
/* False if there is none. */
bool model_unmap(model_memory *m, uint64_t base);

/* A block in use that shares a byte with the range, or NULL. */
const model_block *model_overlapping(const model_memory *m, uint64_t start, uint64_t n_bytes);
/* Counts a block in. small: asked for as a small one. alone: it overlaps no other; only such blocks
 * are looked for by model_overlapping(). */
void model_add_block(model_memory *m, uint64_t start, uint64_t n_bytes, bool small, bool alone);
void model_remove_block(model_memory *m, uint64_t start, bool small, bool alone);

/* Fewest free pools of an arena other than `but` that surely has one; POOL_N_POOLS + 1: none. */
unsigned model_fewest_free(const model_memory *m, const model_arena *but);

#endif
