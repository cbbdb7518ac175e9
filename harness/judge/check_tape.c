/*
 * check_tape.c -- makes operation tapes: random, but such that every property comes into play.
 *
 * What the bytes mean stands at the head of each driver.
 */
#include "harness/judge/check.h"

#include <string.h>

typedef struct tape_maker {
    GByteArray *bytes;
    uint64_t state;
} tape_maker;

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t next(tape_maker *t)
{
    t->state += 0x9e3779b97f4a7c15U;
    uint64_t z = t->state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* 0..n-1 */
static uint64_t below(tape_maker *t, uint64_t n)
{
    return next(t) % n;
}

static void put(tape_maker *t, uint64_t value, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++) {
        const guint8 byte = (guint8)(value >> (8 * i));
        g_byte_array_append(t->bytes, &byte, 1);
    }
}

/* ---- pool ---- */

enum { N_SLOTS = 4096 };

/* Sizes on both sides of every boundary that matters. */
static const uint32_t edge_sizes[] = {0,    1,    15,   16,   17,    31,    32,     33,    48,
                                      255,  256,  257,  496,  497,   511,   512,    513,   514,
                                      1024, 4095, 4096, 4097, 16384, 65536, 262144, 262145};

static uint64_t edge_size(tape_maker *t)
{
    return edge_sizes[below(t, G_N_ELEMENTS(edge_sizes))];
}

static uint64_t pool_size(tape_maker *t, unsigned phase)
{
    uint64_t kind = below(t, 100);
    if (kind < 8)
        return edge_size(t);
    if (kind < 10)
        return 513 + below(t, 20000);
    if (kind < 60)
        return phase % 2 == 0 ? 400 + below(t, 113) : 200 + below(t, 100); /* fills arenas */
    return below(t, 513);
}

static void pool_some(tape_maker *t)
{
    uint64_t kind = below(t, 100);
    if (kind < 3)
        put(t, 'S', 1);
    else if (kind == 3)
        put(t, 'X', 1);
}

static void pool_alloc(tape_maker *t, uint64_t slot, unsigned phase)
{
    put(t, below(t, 40) == 0 ? 'R' : 'A', 1);
    put(t, slot, 2);
    put(t, pool_size(t, phase), 4);
    pool_some(t);
}

static void pool_free(tape_maker *t, uint64_t slot)
{
    put(t, 'F', 1);
    put(t, slot, 2);
    pool_some(t);
}

/* Blocks of the largest class: seven a pool, or eight without a header. */
enum { FIRST_LARGEST = N_SLOTS / 2, LARGEST_BYTES = 512, ARENA_BLOCKS = 62 * 7 };

/* Allocates the slots first, first + step, ... up to end, that are counted from FIRST_LARGEST. */
static void pool_fill(tape_maker *t, unsigned first, unsigned end, unsigned step, unsigned n_bytes)
{
    for (unsigned i = first; i < end; i += step) {
        put(t, 'A', 1);
        put(t, FIRST_LARGEST + i, 2);
        put(t, n_bytes, 4);
    }
}

static void pool_drain(tape_maker *t, unsigned first, unsigned end, unsigned step)
{
    for (unsigned i = first; i < end; i += step)
        pool_free(t, FIRST_LARGEST + i);
}

/* Two arenas, the second one with more free pools; which one serves another size class? */
static void pool_two_arenas(tape_maker *t)
{
    enum { END = 2 * ARENA_BLOCKS, FEW = 110, MANY = 560, MANY_END = 780, N_OTHER = 24 };
    pool_fill(t, 0, END, 1, LARGEST_BYTES);
    pool_drain(t, 0, FEW, 1);
    pool_drain(t, MANY, MANY_END, 1);
    pool_fill(t, END, END + N_OTHER, 1, LARGEST_BYTES / 2);
    put(t, 'S', 1);
    pool_drain(t, 0, END + N_OTHER, 1);
    put(t, 'S', 1);
}

/* Fills most of an arena, frees every second block and asks for as many again: there is room. */
static void pool_refill(tape_maker *t)
{
    pool_fill(t, 0, ARENA_BLOCKS, 1, LARGEST_BYTES);
    pool_drain(t, 0, ARENA_BLOCKS, 2);
    pool_fill(t, 0, ARENA_BLOCKS, 2, LARGEST_BYTES);
    pool_drain(t, 0, ARENA_BLOCKS, 1);
}

/* A block of every edge size. */
static void pool_edges(tape_maker *t)
{
    for (size_t i = 0; i < G_N_ELEMENTS(edge_sizes); i++) {
        put(t, 'A', 1);
        put(t, N_SLOTS - 1 - i, 2);
        put(t, edge_sizes[i], 4);
    }
    put(t, 'S', 1);
    for (size_t i = 0; i < G_N_ELEMENTS(edge_sizes); i++)
        pool_free(t, N_SLOTS - 1 - i);
}

/* Grow, churn, free in runs so that some pools and arenas become empty, grow again ... */
static void make_pool(tape_maker *t, size_t n_operations)
{
    enum { N_ROUNDS = 2, LONGEST_RUN = 48, LONG = 1000 };
    uint64_t n = n_operations / N_ROUNDS / 3 + 1;
    if (n > N_SLOTS / 2)
        n = N_SLOTS / 2;
    if (n_operations >= LONG) { /* first: the arenas hold nothing else yet */
        pool_two_arenas(t);
        pool_refill(t);
    }
    pool_edges(t);
    for (unsigned round = 0; round < N_ROUNDS; round++) {
        for (uint64_t i = 0; i < n; i++)
            pool_alloc(t, i, round);
        for (uint64_t i = 0; i < n / 2; i++)
            pool_alloc(t, below(t, n), round + 1); /* a slot in use is freed */
        for (uint64_t i = 0; i < n;) {
            uint64_t end = i + 1 + below(t, LONGEST_RUN);
            bool frees = below(t, 4) != 0;
            for (; i < end && i < n; i++) {
                if (frees)
                    pool_free(t, i);
            }
        }
        for (uint64_t i = 0; i < n / 2; i++)
            pool_alloc(t, below(t, n), round);
        if (round == 0) {
            for (uint64_t i = n; i > 0; i--)
                pool_free(t, i - 1);
        }
    }
}

/* ---- layouts ---- */

static void layouts_class(tape_maker *t, unsigned slot, unsigned layout, unsigned n_names)
{
    put(t, 'C', 1);
    put(t, slot, 1);
    put(t, layout, 1);
    put(t, n_names, 1);
}

static void layouts_one(tape_maker *t, char letter, uint64_t operand)
{
    put(t, (unsigned char)letter, 1);
    put(t, operand, 1);
}

static void layouts_weakref(tape_maker *t, uint64_t object, uint64_t slot, uint64_t kind)
{
    layouts_one(t, 'W', object);
    put(t, slot, 1);
    put(t, kind, 1);
}

static uint64_t some_name(tape_maker *t)
{
    return below(t, 10) == 0 ? below(t, 256) : below(t, 10);
}

static void layouts_set(tape_maker *t, uint64_t object, uint64_t name)
{
    layouts_one(t, 'S', object);
    put(t, name, 1);
    put(t, next(t), 8);
}

static void layouts_named(tape_maker *t, char letter, uint64_t object, uint64_t name)
{
    layouts_one(t, letter, object);
    put(t, name, 1);
}

/* Objects in slots 0..n-1 are used; the fewer, the more happens to each. */
enum { N_USED = 24, N_WEAK = 40, N_CLASSES = 6 };

static void layouts_operation(tape_maker *t)
{
    static const char letters[] = "NNIRRRSSSSSSSSGGGGGGGGDDDDEKWWWWWWTTTTVVVC";
    char letter = letters[below(t, sizeof(letters) - 1)];
    uint64_t object = below(t, N_USED);
    if (below(t, 12) == 0) {
        put(t, 'F', 1);
        put(t, 1 + below(t, 3), 1);
    }
    if (letter == 'N') {
        layouts_named(t, letter, object, below(t, N_CLASSES));
    } else if (letter == 'S') {
        layouts_set(t, object, some_name(t));
    } else if (letter == 'G' || letter == 'D') {
        layouts_named(t, letter, object, some_name(t));
    } else if (letter == 'W') {
        uint64_t slot = below(t, N_WEAK);
        layouts_weakref(t, object, slot, below(t, 4));
    } else if (letter == 'T' || letter == 'V') {
        layouts_one(t, letter, below(t, N_WEAK));
    } else if (letter == 'C') {
        layouts_class(t, N_CLASSES + (unsigned)below(t, 2), (unsigned)below(t, 3),
                      (unsigned)below(t, 49));
    } else {
        layouts_one(t, letter, object);
    }
}

/* One object with as many attributes as there are names, looked at as it grows. */
static void layouts_many(tape_maker *t, uint64_t object, uint64_t class_slot)
{
    enum { N_NAMES = 256 };
    static const uint64_t looks[] = {1, 6, 10, 20, 36, 70, 140, N_NAMES};
    layouts_named(t, 'N', object, class_slot);
    uint64_t n_set = 0;
    for (size_t k = 0; k < G_N_ELEMENTS(looks); k++) {
        for (; n_set < looks[k]; n_set++)
            layouts_set(t, object, n_set);
        for (uint64_t i = 0; i < n_set; i++)
            layouts_named(t, 'G', object, i);
    }
    for (uint64_t i = 0; i < N_NAMES; i += 3)
        layouts_named(t, 'D', object, i);
    layouts_one(t, 'E', object);
    for (uint64_t i = 0; i < N_NAMES; i += 6)
        layouts_set(t, object, i);
    for (uint64_t i = 0; i < N_NAMES; i++)
        layouts_named(t, 'G', object, i);
    layouts_one(t, 'E', object);
}

/* A life and death with every kind of weakref; the slots are empty before and after. */
static void layouts_death(tape_maker *t, uint64_t object)
{
    static const uint64_t kinds[] = {0, 0, 1, 3, 2, 1, 0, 1, 3, 2};
    for (uint64_t w = 0; w < G_N_ELEMENTS(kinds); w++)
        layouts_weakref(t, object, w, kinds[w]);
    layouts_one(t, 'K', object);
    layouts_one(t, 'I', object);
    for (int i = 0; i < 2; i++) {
        for (uint64_t w = 0; w < G_N_ELEMENTS(kinds); w++)
            layouts_one(t, 'T', w);
        layouts_one(t, 'R', object);
    }
    for (uint64_t w = 0; w < G_N_ELEMENTS(kinds); w++) {
        layouts_one(t, 'T', w);
        layouts_one(t, 'V', w);
    }
}

static void make_layouts(tape_maker *t, size_t n_operations)
{
    static const unsigned n_names[N_CLASSES] = {4, 8, 8, 0, 48, 40};
    enum { MANY = 60 };
    for (unsigned layout = 0; layout < 3; layout++)
        layouts_one(t, 'M', layout);
    for (unsigned i = 0; i < N_CLASSES; i++) {
        put(t, 'F', 1);
        put(t, 1 + below(t, 6), 1);
        layouts_class(t, N_CLASSES, i % 3, n_names[i]); /* may fail; then nothing is left */
        layouts_class(t, i, i % 3, n_names[i]);
    }
    for (unsigned i = 0; i < N_CLASSES; i++)
        layouts_many(t, MANY - i, i);
    for (unsigned i = 0; i < N_CLASSES / 2; i++)
        layouts_death(t, MANY - i);
    for (size_t i = 0; i < n_operations; i++)
        layouts_operation(t);
}

/* ---- workload ---- */

static void make_workload(tape_maker *t, size_t n_operations)
{
    enum { N_KINDS = 9 }; /* layouts x orders */
    uint64_t most = MAX(n_operations / N_KINDS, 16);
    static const uint64_t few[] = {0, 1, 2};
    const unsigned n_many = 2 * N_KINDS;
    for (unsigned i = 0; i < n_many + G_N_ELEMENTS(few); i++) {
        uint64_t n = i < n_many ? most / 2 + below(t, most) : few[i - n_many];
        put(t, i % 3, 1);
        put(t, i / 3 % 3, 1);
        put(t, i == N_KINDS ? 64 : n, 4);
        put(t, next(t), 8);
    }
}

GBytes *check_make_tape(check_kind kind, uint64_t seed, size_t n_operations)
{
    tape_maker t = {g_byte_array_new(), seed};
    switch (kind) {
    case CHECK_POOL:
        make_pool(&t, n_operations);
        break;
    case CHECK_LAYOUTS:
        make_layouts(&t, n_operations);
        break;
    case CHECK_WORKLOAD:
        make_workload(&t, n_operations);
        break;
    }
    return g_byte_array_free_to_bytes(t.bytes);
}
