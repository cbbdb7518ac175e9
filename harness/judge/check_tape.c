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
static uint64_t edge_size(tape_maker *t)
{
    static const uint32_t sizes[] = {0,    1,    15,   16,   17,    31,    32,     33,    48,
                                     255,  256,  257,  496,  497,   511,   512,    513,   514,
                                     1024, 4095, 4096, 4097, 16384, 65536, 262144, 262145};
    return sizes[below(t, G_N_ELEMENTS(sizes))];
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

/* Grow, churn, free in runs so that some pools and arenas become empty, grow again ... */
static void make_pool(tape_maker *t, size_t n_operations)
{
    enum { N_ROUNDS = 2, LONGEST_RUN = 48 };
    uint64_t n = MIN((uint64_t)n_operations / (N_ROUNDS * 3) + 1, (uint64_t)N_SLOTS);
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
        layouts_one(t, letter, object);
        put(t, below(t, N_WEAK), 1);
        put(t, below(t, 3), 1);
    } else if (letter == 'T' || letter == 'V') {
        layouts_one(t, letter, below(t, N_WEAK));
    } else if (letter == 'C') {
        layouts_class(t, N_CLASSES + (unsigned)below(t, 2), (unsigned)below(t, 3),
                      (unsigned)below(t, 49));
    } else {
        layouts_one(t, letter, object);
    }
}

/* One object with as many attributes as there are names. */
static void layouts_many(tape_maker *t, uint64_t object, uint64_t class_slot)
{
    enum { N_NAMES = 256 };
    layouts_named(t, 'N', object, class_slot);
    for (uint64_t i = 0; i < N_NAMES; i++)
        layouts_set(t, object, i);
    for (uint64_t i = 0; i < N_NAMES; i += 3)
        layouts_named(t, 'D', object, i);
    layouts_one(t, 'E', object);
    for (uint64_t i = 0; i < N_NAMES; i += 6)
        layouts_set(t, object, i);
    for (uint64_t i = 0; i < N_NAMES; i++)
        layouts_named(t, 'G', object, i);
    layouts_one(t, 'E', object);
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
    for (size_t i = 0; i < n_operations; i++)
        layouts_operation(t);
}

/* ---- workload ---- */

static void make_workload(tape_maker *t, size_t n_operations)
{
    enum { N_KINDS = 9 }; /* layouts x orders */
    uint64_t most = MAX(n_operations / N_KINDS, 16);
    static const uint64_t few[] = {0, 1, 2};
    for (unsigned i = 0; i < 2 * N_KINDS + G_N_ELEMENTS(few); i++) {
        uint64_t n = i < 2 * N_KINDS ? most / 2 + below(t, most) : few[i - 2 * N_KINDS];
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
