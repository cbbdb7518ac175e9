/*
 * scan_block.h -- short lines of numbers: sixteen bytes of text, and two numbers, at once.
 *
 * With a mask of what is no digit the places of a line's numbers follow from one another by a few
 * steps of the processor, without a branch for each byte.
 */
#ifndef HARNESS_PROFILE_SCAN_BLOCK_H
#define HARNESS_PROFILE_SCAN_BLOCK_H

#include "harness/profile/scan.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SCAN_BLOCK_BYTES 16U

_Static_assert(SCAN_PADDING >= 2 * (SCAN_BLOCK_BYTES + sizeof(uint64_t)),
               "two blocks, and a word behind what ends them");

/* Bit i: byte i of 16 is no digit. On any processor whose lowest byte comes first. */
static inline uint32_t scan_others_by_words(const char *p)
{
    uint32_t others = 0;
    for (unsigned i = 0; i < SCAN_BLOCK_BYTES; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, sizeof word);
        word ^= 0x3030303030303030U; /* 0 to 9 for a digit */
        uint64_t over = ((word & 0x7F7F7F7F7F7F7F7FU) + 0x7676767676767676U) | word;
        others |= (uint32_t)(((over >> 7 & 0x0101010101010101U) * 0x0102040810204080U) >> 56) << i;
    }
    return others;
}

static inline uint32_t scan_others(const char *p)
{
#ifdef __SSE2__
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i value = _mm_xor_si128(bytes, _mm_set1_epi8('0'));
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
    return (uint32_t)_mm_movemask_epi8(is_digit) ^ 0xFFFFU;
#else
    return scan_others_by_words(p);
#endif
}

typedef struct scan_pair {
    uint32_t first, second;
} scan_pair;

/* The n (0..7) digits at p at the end of a word, zeros before them: what is behind is gone. */
static inline uint64_t scan_align(const char *p, unsigned n)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word << (56 - 8 * n) << 8; /* n == 0: all gone */
}

/* The values of two such words. */
static inline scan_pair scan_two(uint64_t first, uint64_t second)
{
#ifdef __SSE2__
    __m128i words = _mm_set_epi64x((long long)second, (long long)first);
    __m128i digits = _mm_subs_epu8(words, _mm_set1_epi8('0'));
    /* lanes of two digits a, b hold a + 256 b: times 2561 that is a + 256 (10 a + b) */
    __m128i pairs = _mm_srli_epi16(_mm_mullo_epi16(digits, _mm_set1_epi16(2561)), 8);
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 100));
    __m128i eights = _mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(1 << 16 | 10000));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    return (scan_pair){(uint32_t)both, (uint32_t)(both >> 32)};
#else
    return (scan_pair){(uint32_t)scan_aligned_value(first), (uint32_t)scan_aligned_value(second)};
#endif
}

#endif
