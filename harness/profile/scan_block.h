/*
 * scan_block.h -- sixteen bytes of text at once: which are digits, which newlines.
 *
 * With the two masks of a short line the places of its numbers follow from one another by a few
 * steps of the processor, without a branch for each byte.
 */
#ifndef HARNESS_PROFILE_SCAN_BLOCK_H
#define HARNESS_PROFILE_SCAN_BLOCK_H

#include "harness/profile/scan.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SCAN_BLOCK_BYTES 16U

/* Bit i stands for byte i. */
typedef struct scan_block {
    uint32_t digits, newlines;
} scan_block;

/* Bit i: the highest bit of byte i of word. */
static inline uint32_t scan_high_bits(uint64_t word)
{
    return (uint32_t)(((word >> 7 & 0x0101010101010101U) * 0x0102040810204080U) >> 56);
}

/* The highest bit of each byte of word that is zero: exact, since no byte carries into another. */
static inline uint64_t scan_zeros(uint64_t word)
{
    return ~(((word & 0x7F7F7F7F7F7F7F7FU) + 0x7F7F7F7F7F7F7F7FU) | word) & 0x8080808080808080U;
}

/* On any processor whose lowest byte comes first. */
static inline scan_block scan_block_by_words(const char *p)
{
    scan_block block = {0, 0};
    for (unsigned i = 0; i < SCAN_BLOCK_BYTES; i += 8) {
        uint64_t word;
        memcpy(&word, p + i, sizeof word);
        uint64_t value = word ^ 0x3030303030303030U; /* 0 to 9 for a digit */
        uint64_t over = ((value & 0x7F7F7F7F7F7F7F7FU) + 0x7676767676767676U) | value;
        block.digits |= scan_high_bits(~over) << i;
        block.newlines |= scan_high_bits(scan_zeros(word ^ 0x0A0A0A0A0A0A0A0AU)) << i;
    }
    return block;
}

static inline scan_block scan_block_read(const char *p)
{
#ifdef __SSE2__
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i value = _mm_xor_si128(bytes, _mm_set1_epi8('0'));
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(value, _mm_set1_epi8(9)), value);
    return (scan_block){
        (uint32_t)_mm_movemask_epi8(is_digit),
        (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'))),
    };
#else
    return scan_block_by_words(p);
#endif
}

/* The place of the lowest bit, SCAN_BLOCK_BYTES if there is none. */
static inline unsigned scan_first(uint32_t mask)
{
    return (unsigned)__builtin_ctz(mask | (uint32_t)1 << SCAN_BLOCK_BYTES);
}

#endif
