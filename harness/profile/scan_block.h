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

/* Bit i: byte i of 16 is that character. On any processor whose lowest byte comes first. */
static inline uint32_t scan_find_by_words(const char *p, char character)
{
    uint32_t found = 0;
    for (unsigned i = 0; i < SCAN_BLOCK_BYTES; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, sizeof word);
        word ^= 0x0101010101010101U * (unsigned char)character; /* 0 for that character */
        uint64_t others = ((word & 0x7F7F7F7F7F7F7F7FU) + 0x7F7F7F7F7F7F7F7FU) | word;
        found |= (uint32_t)(((~others >> 7 & 0x0101010101010101U) * 0x0102040810204080U) >> 56)
                 << i;
    }
    return found;
}

static inline uint32_t scan_find(const char *p, char character)
{
#ifdef __SSE2__
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(character)));
#else
    return scan_find_by_words(p, character);
#endif
}

/* The first n (1..8) bytes of a word at its end, zeros before them. */
static inline uint64_t scan_align(uint64_t word, size_t n)
{
    return word << ((64 - 8 * n) & 63);
}

/* The value of a word of eight digits (0..9), the first one lowest. False if there is anything else
 * in it. */
static inline bool scan_eight(uint64_t digits, uint32_t *ret_value)
{
    *ret_value = (uint32_t)scan_aligned_value(digits);
    return scan_no_digits(digits) == 0;
}

/* Those of two words. */
static inline bool scan_two(uint64_t first, uint64_t second, uint32_t *ret_first,
                            uint32_t *ret_second)
{
#ifdef __SSE2__
    __m128i digits = _mm_set_epi64x((long long)second, (long long)first);
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    __m128i factor = _mm_set1_epi16(2561);
    __asm__("" : "+x"(factor)); /* hides it: else compilers make five instructions of one */
    /* lanes of two digits a, b hold a + 256 b: times 2561 that is a + 256 (10 a + b) */
    __m128i pairs = _mm_srli_epi16(_mm_mullo_epi16(digits, factor), 8);
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(1 << 16 | 100));
    __m128i eights = _mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(1 << 16 | 10000));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    *ret_first = (uint32_t)both;
    *ret_second = (uint32_t)(both >> 32);
    return _mm_movemask_epi8(is_digit) == 0xFFFF;
#else
    bool are_digits = scan_eight(first, ret_first);
    return scan_eight(second, ret_second) && are_digits;
#endif
}

#endif
