/*
 * drive_pool.c -- executes a tape on pool.c.
 *
 * stdin: operations, each a letter and its operands (little-endian)
 *   A slot:2 size:4   allocate into a slot; fill the block with the pattern of this operation.
 *                     A slot that is in use is freed instead.
 *   R slot:2 size:4   the same, but no arena can be mapped meanwhile
 *   F slot:2          free the slot, if it is in use
 *   X                 allocate PTRDIFF_MAX bytes (more would itself be an error to memcheck)
 *   S                 statistics
 * answers (addresses in hex)
 *   n ok              hw_pool_new
 *   m address         an arena was mapped;    u address    unmapped;    r    refused
 *   a slot size address
 *   f slot address digest    before it is freed: FNV-1a over the size asked for
 *   x address
 *   s arenas pools blocks large
 *   d                 everything freed, before hw_pool_delete
 */
#include "drive.h"

#include "hw_pool.h"

#define N_SLOTS 4096

typedef struct slot {
    unsigned char *block;
    size_t n_bytes;
    bool used;
} slot;

static slot slots[N_SLOTS];
static bool refuse_arenas;

void *hw_arena_map(void)
{
    void *arena = refuse_arenas ? NULL : drive_map_arena();
    if (arena == NULL)
        drive_answer("r");
    else
        drive_answer("m %llx", (unsigned long long)(uintptr_t)arena);
    return arena;
}

void hw_arena_unmap(void *arena)
{
    drive_answer("u %llx", (unsigned long long)(uintptr_t)arena);
    (void)munmap(arena, HW_ARENA_BYTES); /* a foreign address shows in the answers */
}

static void free_slot(hw_pool *pool, unsigned index)
{
    slot *s = &slots[index];
    if (!s->used)
        return;
    uint64_t digest = DRIVE_DIGEST_START;
    for (size_t i = 0; i < s->n_bytes; i++)
        digest = drive_digest_byte(digest, s->block[i]);
    drive_answer("f %u %llx %llx", index, (unsigned long long)(uintptr_t)s->block,
                 (unsigned long long)digest);
    s->used = false;
    hw_pool_free(pool, s->block);
}

static void alloc_slot(hw_pool *pool, unsigned index, size_t n_bytes, uint64_t operation)
{
    slot *s = &slots[index];
    if (s->used) {
        free_slot(pool, index);
        return;
    }
    s->block = hw_pool_alloc(pool, n_bytes);
    s->n_bytes = n_bytes;
    s->used = s->block != NULL;
    drive_answer("a %u %zu %llx", index, n_bytes, (unsigned long long)(uintptr_t)s->block);
    for (size_t i = 0; s->used && i < n_bytes; i++)
        s->block[i] = (unsigned char)(operation * 31 + i * 7);
}

static void answer_stats(const hw_pool *pool)
{
    hw_pool_stats stats = {0};
    hw_pool_get_stats(pool, &stats);
    drive_answer("s %zu %zu %zu %zu", stats.n_arenas, stats.n_pools_used, stats.n_blocks_used,
                 stats.n_large_used);
}

static void run_operation(hw_pool *pool, uint64_t operation)
{
    unsigned letter = (unsigned)drive_take(1);
    if (letter == 'A' || letter == 'R') {
        unsigned index = (unsigned)drive_take(2) % N_SLOTS;
        size_t n_bytes = (size_t)drive_take(4);
        refuse_arenas = letter == 'R';
        alloc_slot(pool, index, n_bytes, operation);
        refuse_arenas = false;
    } else if (letter == 'F') {
        free_slot(pool, (unsigned)drive_take(2) % N_SLOTS);
    } else if (letter == 'X') {
        drive_answer("x %llx", (unsigned long long)(uintptr_t)hw_pool_alloc(pool, PTRDIFF_MAX));
    } else if (letter == 'S') {
        answer_stats(pool);
    }
}

int main(void)
{
    drive_read_tape();
    hw_pool *pool = hw_pool_new();
    drive_answer("n %d", pool != NULL);
    for (uint64_t operation = 0; pool != NULL && drive_has_more(); operation++)
        run_operation(pool, operation);
    for (unsigned i = 0; pool != NULL && i < N_SLOTS; i++)
        free_slot(pool, i);
    if (pool != NULL)
        answer_stats(pool);
    drive_answer("d");
    hw_pool_delete(pool);
    drive_end();
    return 0;
}
