/*
 * tape.h -- a byte string read as operations; an exhausted tape reads 0, so that every prefix of a
 * tape is a valid test. Driven by a seeded generator in ctest and by libFuzzer.
 */
#ifndef OBJECTS_TESTS_TAPE_H
#define OBJECTS_TESTS_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tape {
    const uint8_t *bytes;
    size_t n_bytes, at;
} tape;

static inline bool tape_has_more(const tape *t)
{
    return t->at < t->n_bytes;
}

static inline unsigned tape_byte(tape *t)
{
    unsigned byte = t->at < t->n_bytes ? t->bytes[t->at] : 0;
    t->at++;
    return byte;
}

static inline unsigned tape_short(tape *t)
{
    unsigned low = tape_byte(t);
    return low | tape_byte(t) << 8;
}

/* Fills bytes from a seed (Vigna's splitmix64). */
static inline void tape_fill(uint8_t *bytes, size_t n_bytes, uint64_t seed)
{
    for (size_t i = 0; i < n_bytes; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15U);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        bytes[i] = (uint8_t)(z >> 32);
    }
}

#endif
