/*
 * alloc_kernels.h -- the loops in which an allocator is timed, made once for each allocator.
 *
 *   ALLOC_KERNELS(glibc, malloc_alloc, malloc_free)  defines  glibc_alloc_cold() ... , and
 *   ALLOC_STEPS(glibc)                               the table rows that name them
 *
 * Each function takes the allocator's two functions as constants and is always inlined, so that
 * every subject is called as its own users call it: directly.
 *
 * Figures (48-byte blocks, N of them unless said), ns an operation:
 *   alloc_cold          first N allocations of a process     alloc_warm  the same after a full free
 *   free_fifo, free_lifo, free_random    N frees in creation, reverse, random order
 *   alloc_after_random  N allocations after a random free
 *   churn               16..512 bytes, 16384 blocks live: free a random one, allocate another
 *   pair                one allocation and its free          pair_worst  the same where the
 *                       number of live blocks is the worst of 0..255 (a pool boundary)
 *   batch               1000 allocations, then their frees: ns a block for both
 *   bytes_per_block     resident memory that N blocks took, over N
 *   bytes_kept          memory that is still held when N blocks were allocated and freed again, in
 *                       creation order, over N; nobody asks for it to be returned. Not what the
 *                       kernel may take as it likes (MADV_FREE), for any allocator
 *   bytes_kept_resident the same with that: what is resident as long as nobody needs memory
 */
#ifndef HARNESS_BENCH_ALLOC_KERNELS_H
#define HARNESS_BENCH_ALLOC_KERNELS_H

#include "harness/bench/worker.h"

enum {
    ALLOC_BYTES = 48,
    ALLOC_BATCH = 1000,
    ALLOC_PAIRS = 8192, /* pairs of one window */
    ALLOC_LIVE = 16384,
    ALLOC_POSITIONS = 256,
};

typedef void *alloc_fn(size_t n_bytes);
typedef void free_fn(void *block);

/* What the kernels keep between steps of one worker. */
typedef struct alloc_state {
    bool filled;  /* w->blocks holds N blocks */
    double bytes; /* resident bytes a block that the process's first pass took; 0: none yet */
    double kept_resident; /* and that alloc_kept() found; 0: not yet */
} alloc_state;

/* Writes a word, as every user of a block does: so pages are touched, and the work is real. */
#define ALLOC_TOUCH(block) (*(volatile uint64_t *)(block) = (uint64_t)(uintptr_t)(block))
#define ALLOC_INLINE       static inline __attribute__((always_inline))

ALLOC_INLINE bool alloc_fill(worker *w, alloc_state *s, alloc_fn *allocate)
{
    for (size_t i = 0; !s->filled && i < w->n; i++) {
        if ((w->blocks[i] = allocate(ALLOC_BYTES)) == NULL)
            return worker_fail(w, "no memory");
        ALLOC_TOUCH(w->blocks[i]);
    }
    s->filled = true;
    return true;
}

ALLOC_INLINE void alloc_drain(worker *w, alloc_state *s, free_fn *release)
{
    for (size_t i = 0; s->filled && i < w->n; i++)
        release(w->blocks[i]);
    s->filled = false;
}

ALLOC_INLINE bool alloc_pass(worker *w, alloc_state *s, alloc_fn *allocate, free_fn *release)
{
    alloc_drain(w, s, release);
    void **pointers = w->blocks;
    double before = s->bytes > 0 ? 0 : (double)worker_resident_bytes();
    bool ok = true;
    for (worker_pass p = worker_pass_start(w, WINDOW_ANY_FAULTS); worker_pass_next(&p);) {
        for (size_t i = p.first; i < p.last; i++) {
            void *block = allocate(ALLOC_BYTES);
            if (__builtin_expect(block == NULL, 0)) {
                ok = false;
                continue;
            }
            ALLOC_TOUCH(block);
            pointers[i] = block;
        }
    }
    s->filled = true;
    if (!(s->bytes > 0))
        s->bytes = ((double)worker_resident_bytes() - before) / (double)w->n;
    return ok ? true : worker_fail(w, "no memory");
}

ALLOC_INLINE bool alloc_bytes(worker *w, alloc_state *s, alloc_fn *allocate, free_fn *release)
{
    if (!(s->bytes > 0) && !alloc_pass(w, s, allocate, release))
        return false;
    worker_put_bytes(w, s->bytes);
    return true;
}

static inline double alloc_bytes_over(const worker *w, uint64_t before, uint64_t after)
{
    return after > before ? (double)(after - before) / (double)w->n : 0;
}

/* The first pass of a process, its frees, and what is left then. */
ALLOC_INLINE bool alloc_kept(worker *w, alloc_state *s, alloc_fn *allocate, free_fn *release)
{
    uint64_t before = worker_kept_bytes();
    uint64_t resident_before = worker_resident_bytes();
    if (!alloc_fill(w, s, allocate))
        return false;
    alloc_drain(w, s, release);
    s->kept_resident = alloc_bytes_over(w, resident_before, worker_resident_bytes());
    worker_put_bytes(w, alloc_bytes_over(w, before, worker_kept_bytes()));
    return true;
}

ALLOC_INLINE bool alloc_kept_resident(worker *w, alloc_state *s, alloc_fn *allocate,
                                      free_fn *release)
{
    if (!(s->kept_resident > 0) && !alloc_kept(w, s, allocate, release))
        return false;
    worker_put_bytes(w, s->kept_resident);
    return true;
}

ALLOC_INLINE bool free_in_order(worker *w, alloc_state *s, alloc_fn *allocate, free_fn *release)
{
    if (!alloc_fill(w, s, allocate))
        return false;
    void **pointers = w->blocks;
    for (worker_pass p = worker_pass_start(w, WINDOW_ANY_FAULTS); worker_pass_next(&p);) {
        for (size_t i = p.first; i < p.last; i++)
            release(pointers[i]);
    }
    s->filled = false;
    return true;
}

ALLOC_INLINE bool free_in_reverse(worker *w, alloc_state *s, alloc_fn *allocate, free_fn *release)
{
    if (!alloc_fill(w, s, allocate))
        return false;
    void **pointers = w->blocks + w->n - 1;
    for (worker_pass p = worker_pass_start(w, WINDOW_ANY_FAULTS); worker_pass_next(&p);) {
        for (size_t i = p.first; i < p.last; i++)
            release(*(pointers - i));
    }
    s->filled = false;
    return true;
}

/* The pointers are permuted beforehand, so that only the allocator pays for the disorder. */
ALLOC_INLINE void alloc_permute(worker *w)
{
    for (size_t i = 0; i < w->n; i++) {
        void *kept = w->blocks[i];
        w->blocks[i] = w->blocks[w->order[i]];
        w->blocks[w->order[i]] = kept;
    }
}

ALLOC_INLINE bool free_at_random(worker *w, alloc_state *s, alloc_fn *allocate, free_fn *release)
{
    if (!alloc_fill(w, s, allocate))
        return false;
    alloc_permute(w);
    return free_in_order(w, s, allocate, release);
}

ALLOC_INLINE bool alloc_shuffled(worker *w, alloc_state *s, alloc_fn *allocate, free_fn *release)
{
    if (!alloc_fill(w, s, allocate))
        return false;
    alloc_permute(w);
    alloc_drain(w, s, release);
    return alloc_pass(w, s, allocate, release);
}

ALLOC_INLINE void time_pairs(worker *w, alloc_fn *allocate, free_fn *release)
{
    worker_short_begin(w, WINDOW_NO_FAULTS);
    for (int i = 0; i < ALLOC_PAIRS; i++) {
        void *block = allocate(ALLOC_BYTES);
        ALLOC_TOUCH(block);
        release(block);
    }
    worker_short_end(w, ALLOC_PAIRS);
}

ALLOC_INLINE bool alloc_pair(worker *w, alloc_state *s, alloc_fn *allocate, free_fn *release)
{
    alloc_drain(w, s, release);
    void *block = allocate(ALLOC_BYTES);
    if (block == NULL)
        return worker_fail(w, "no memory");
    for (size_t i = 0; i <= w->n_windows; i++) {
        if (i == 1)
            w->n_filled = 0; /* the first window was the warm-up */
        time_pairs(w, allocate, release);
    }
    release(block);
    return true;
}

/* Keeps the windows of the dearest position only: the one with the greatest lower of two. */
ALLOC_INLINE bool alloc_pair_worst(worker *w, alloc_state *s, alloc_fn *allocate, free_fn *release)
{
    alloc_drain(w, s, release);
    void *held[ALLOC_POSITIONS];
    window worst = {0};
    for (int position = 0; position < ALLOC_POSITIONS; position++) {
        window best = {.n_ops = 0};
        for (int try = 0; try < 3; try++) { /* the first is the warm-up */
            w->n_filled = 0;
            time_pairs(w, allocate, release);
            const window *v = &w->windows[0];
            if (try > 0 && v->n_ops > 0 && (best.n_ops == 0 || v->ticks < best.ticks))
                best = *v;
        }
        if (best.n_ops > 0 && best.ticks > worst.ticks)
            worst = best;
        if ((held[position] = allocate(ALLOC_BYTES)) == NULL)
            return worker_fail(w, "no memory");
    }
    for (int position = 0; position < ALLOC_POSITIONS; position++)
        release(held[position]);
    w->windows[0] = worst;
    w->n_filled = 1;
    return true;
}

ALLOC_INLINE bool alloc_batch(worker *w, alloc_state *s, alloc_fn *allocate, free_fn *release)
{
    enum { ROUNDS = 16 };
    alloc_drain(w, s, release);
    static void *blocks[ALLOC_BATCH];
    for (size_t k = 0; k <= w->n_windows; k++) {
        if (k == 1)
            w->n_filled = 0;                      /* the first window was the warm-up */
        worker_short_begin(w, WINDOW_ANY_FAULTS); /* an allocator may give memory back and fault */
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < ALLOC_BATCH; i++) {
                blocks[i] = allocate(ALLOC_BYTES);
                ALLOC_TOUCH(blocks[i]);
            }
            for (int i = 0; i < ALLOC_BATCH; i++)
                release(blocks[i]);
        }
        worker_short_end(w, (uint64_t)ROUNDS * ALLOC_BATCH);
    }
    return true;
}

ALLOC_INLINE bool alloc_churn(worker *w, alloc_state *s, alloc_fn *allocate, free_fn *release)
{
    enum { N_CHURN = 4096 };
    alloc_drain(w, s, release);
    static void *live[ALLOC_LIVE];
    static uint32_t at[N_CHURN];
    static uint16_t n_bytes[N_CHURN];
    uint64_t random = w->seed;
    for (int i = 0; i < ALLOC_LIVE; i++) {
        random = random * 6364136223846793005U + 1442695040888963407U; /* Knuth, MMIX */
        live[i] = allocate(16 + (random >> 33) % 497);
        if (live[i] == NULL)
            return worker_fail(w, "no memory");
        ALLOC_TOUCH(live[i]);
    }
    size_t n_warm_up = w->n_windows + 16; /* until the first order of the blocks is gone */
    for (size_t k = 0; k < w->n_windows + n_warm_up; k++) {
        if (k == n_warm_up)
            w->n_filled = 0;
        for (int i = 0; i < N_CHURN; i++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            at[i] = (uint32_t)(random >> 33) % ALLOC_LIVE;
            n_bytes[i] = (uint16_t)(16 + (random >> 17) % 497);
        }
        worker_short_begin(w, WINDOW_ANY_FAULTS);
        for (int i = 0; i < N_CHURN; i++) {
            release(live[at[i]]);
            void *block = allocate(n_bytes[i]);
            ALLOC_TOUCH(block);
            live[at[i]] = block;
        }
        worker_short_end(w, N_CHURN);
    }
    for (int i = 0; i < ALLOC_LIVE; i++)
        release(live[i]);
    return true;
}

#define ALLOC_KERNEL(NAME, KERNEL, BODY, ALLOCATE, RELEASE)                                        \
    static bool NAME##_##KERNEL(worker *w)                                                         \
    {                                                                                              \
        return BODY(w, &NAME##_blocks, ALLOCATE, RELEASE);                                         \
    }

#define ALLOC_KERNELS(NAME, ALLOCATE, RELEASE)                                                     \
    static alloc_state NAME##_blocks;                                                              \
    ALLOC_KERNEL(NAME, pass, alloc_pass, ALLOCATE, RELEASE)                                        \
    ALLOC_KERNEL(NAME, kept, alloc_kept, ALLOCATE, RELEASE)                                        \
    ALLOC_KERNEL(NAME, kept_resident, alloc_kept_resident, ALLOCATE, RELEASE)                      \
    ALLOC_KERNEL(NAME, bytes, alloc_bytes, ALLOCATE, RELEASE)                                      \
    ALLOC_KERNEL(NAME, fifo, free_in_order, ALLOCATE, RELEASE)                                     \
    ALLOC_KERNEL(NAME, lifo, free_in_reverse, ALLOCATE, RELEASE)                                   \
    ALLOC_KERNEL(NAME, random, free_at_random, ALLOCATE, RELEASE)                                  \
    ALLOC_KERNEL(NAME, shuffled, alloc_shuffled, ALLOCATE, RELEASE)                                \
    ALLOC_KERNEL(NAME, pair, alloc_pair, ALLOCATE, RELEASE)                                        \
    ALLOC_KERNEL(NAME, pair_worst, alloc_pair_worst, ALLOCATE, RELEASE)                            \
    ALLOC_KERNEL(NAME, batch, alloc_batch, ALLOCATE, RELEASE)                                      \
    ALLOC_KERNEL(NAME, churn, alloc_churn, ALLOCATE, RELEASE)

/* Only the first pass of a process finds no memory left over: alloc_cold, and what it took. */
#define ALLOC_STEPS(NAME)                                                                          \
    {"alloc_cold", "", "ns", true, NAME##_pass, 0},                                                \
        {"bytes_per_block", "", "bytes", false, NAME##_bytes, 0},                                  \
        {"free_fifo", "", "ns", false, NAME##_fifo, 0},                                            \
        {"alloc_warm", "", "ns", false, NAME##_pass, 0},                                           \
        {"free_lifo", "", "ns", false, NAME##_lifo, 0},                                            \
        {"free_random", "", "ns", false, NAME##_random, 0},                                        \
        {"alloc_after_random", "", "ns", false, NAME##_shuffled, 0},                               \
        {"churn", "", "ns", false, NAME##_churn, 0}, {"pair", "", "ns", false, NAME##_pair, 0},    \
        {"pair_worst", "", "ns", false, NAME##_pair_worst, 0},                                     \
        {"batch", "", "ns", false, NAME##_batch, 0},                                               \
        {"bytes_kept", "", "bytes", true, NAME##_kept, 0},                                         \
    {                                                                                              \
        "bytes_kept_resident", "", "bytes", false, NAME##_kept_resident, 0                         \
    }

#endif
