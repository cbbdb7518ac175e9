/*
 * scan.h -- numbers and lines out of text that is mapped, not copied.
 *
 * Every function here may read up to SCAN_PADDING bytes past the place it is given: callers
 * see to it that so many are readable (scan_text keeps the last lines in a padded copy).
 */
#ifndef HARNESS_PROFILE_SCAN_H
#define HARNESS_PROFILE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SCAN_PADDING 64

#define SCAN_ZEROS 0x3030303030303030U /* a digit exclusive-or that is its value */

/* The highest bit of the first byte that is no digit's value, and of some behind it: the carry of a
 * byte over 0x89 reaches only those. 0: all eight are. */
static inline uint64_t scan_no_digits(uint64_t digits)
{
    return ((digits + 0x7676767676767676U) | digits) & 0x8080808080808080U;
}

/* The number of decimal digits among the first 8 bytes of word (first byte lowest). */
static inline unsigned scan_digits(uint64_t word)
{
    uint64_t others = scan_no_digits(word ^ SCAN_ZEROS);
    return others == 0 ? 8 : (unsigned)__builtin_ctzll(others) / 8;
}

/* The value of up to 8 decimal digits at the end of a word whose other bytes are zero: pairs, then
 * fours, then eight. */
static inline uint64_t scan_aligned_value(uint64_t word)
{
    uint64_t digits = word & 0x0F0F0F0F0F0F0F0FU;
    digits = digits * 10 + (digits >> 8);
    return (((digits & 0x000000FF000000FFU) * 0x000F424000000064U) +
            (((digits >> 16) & 0x000000FF000000FFU) * 0x0000271000000001U)) >>
           32;
}

/* The value of n (0..7) leading decimal digits of word. */
static inline uint64_t scan_value(uint64_t word, unsigned n)
{
    return scan_aligned_value(word << (56 - 8 * n) << 8); /* n == 0: all gone */
}

/* Slow paths, in scan.c: numbers of 8 digits and more, and hexadecimal ones (after "0x"). Values
 * that do not fit become UINT64_MAX. */
const char *scan_long_decimal(const char *p, uint64_t *ret_value);
const char *scan_hexadecimal(const char *p, uint64_t *ret_value);

/* Reads "123" or "0x7b". Returns the place behind it, p itself if there is no number. */
static inline const char *scan_number(const char *p, uint64_t *ret_value)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    unsigned n = scan_digits(word);
    if (__builtin_expect(n == 8, 0))
        return scan_long_decimal(p, ret_value);
    *ret_value = scan_value(word, n);
    if (__builtin_expect(n == 1 && p[0] == '0' && (p[1] | 0x20) == 'x', 0))
        return scan_hexadecimal(p, ret_value);
    return p + n;
}

static inline bool scan_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Text in pieces, those of [0] mapped and [1] a padded copy of its last lines, so that every place
 * in a piece can be read SCAN_PADDING bytes onwards. A piece ends behind a newline (the last one
 * perhaps without: then a newline is not added, a zero follows). */
typedef struct scan_piece {
    const char *begin, *end;
    size_t offset; /* of begin in the text */
} scan_piece;

typedef struct scan_text {
    scan_piece pieces[2];
    char *copy;
    const char *next; /* of pieces[0]: what comes next */
    bool is_mapped, is_at_copy;
    scan_piece window;
} scan_text;

/* is_mapped: the text is a file's, mapped and not written to, so that memory of what has been
 * read can be given back: it comes again from the file if it is needed for a message. */
void scan_text_init(scan_text *t, const char *text, size_t n_bytes, bool is_mapped);
void scan_text_clear(scan_text *t);

/* The next piece of the text, NULL behind the last. One that is mapped comes in several. */
const scan_piece *scan_text_next(scan_text *t);
void scan_text_rewind(scan_text *t);

/* 1-based line and column (in bytes) of an offset. Cost: O(offset); for messages. */
void scan_place(const char *text, size_t offset, size_t *ret_line, size_t *ret_column);

#endif
