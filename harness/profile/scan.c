#include "harness/profile/scan.h"

#include <glib.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW_BYTES ((size_t)4 << 20)

const char *scan_long_decimal(const char *p, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (; scan_is_digit(*p); p++) {
        unsigned digit = (unsigned)(*p - '0');
        if (value > (UINT64_MAX - digit) / 10)
            value = UINT64_MAX;
        else
            value = value * 10 + digit;
    }
    *ret_value = value;
    return p;
}

/* The digit's value and one; 0: it is none. */
static const uint8_t hexadecimal_digits[UCHAR_MAX + 1] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

const char *scan_hexadecimal(const char *p, uint64_t *ret_value)
{
    const char *digits = p + 2;
    uint64_t value = 0;
    unsigned digit;
    for (p = digits; (digit = hexadecimal_digits[(unsigned char)*p]) != 0; p++) {
        if (value > UINT64_MAX >> 4)
            value = UINT64_MAX;
        else
            value = value << 4 | (digit - 1);
    }
    *ret_value = value;
    return p > digits ? p : digits - 1; /* "0x" alone is the number 0 before an 'x' */
}

void scan_text_init(scan_text *t, const char *text, size_t n_bytes, bool is_mapped)
{
    size_t n_mapped = n_bytes > SCAN_PADDING ? n_bytes - SCAN_PADDING : 0;
    while (n_mapped > 0 && text[n_mapped - 1] != '\n')
        n_mapped--;
    size_t n_tail = n_bytes - n_mapped;
    t->copy = g_malloc(n_tail + SCAN_PADDING);
    if (n_tail > 0)
        memcpy(t->copy, text + n_mapped, n_tail);
    memset(t->copy + n_tail, 0, SCAN_PADDING);
    t->pieces[0] = (scan_piece){text, text + n_mapped, 0};
    t->pieces[1] = (scan_piece){t->copy, t->copy + n_tail, n_mapped};
    t->is_mapped = is_mapped;
    scan_text_rewind(t);
}

void scan_text_rewind(scan_text *t)
{
    t->next = t->pieces[0].begin;
    t->is_at_copy = false;
    t->window = (scan_piece){t->next, t->next, 0};
}

/* The pages of [begin, end) as a whole. */
static void release(const char *begin, const char *end)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)begin + page - 1) & ~(page - 1),
              last = (uintptr_t)end & ~(page - 1);
    if (first < last)
        (void)madvise((void *)first, last - first, MADV_DONTNEED); /* else it only stays longer */
}

const scan_piece *scan_text_next(scan_text *t)
{
    if (t->is_mapped && t->window.end > t->window.begin)
        release(t->window.begin, t->window.end);
    const char *end = t->pieces[0].end;
    if (t->next < end) {
        const char *begin = t->next;
        if (t->is_mapped && (size_t)(end - begin) > WINDOW_BYTES) {
            const char *newline = memrchr(begin, '\n', WINDOW_BYTES);
            end = newline != NULL ? newline + 1 : end;
        }
        t->window = (scan_piece){begin, end, (size_t)(begin - t->pieces[0].begin)};
        t->next = end;
        return &t->window;
    }
    t->window.end = t->window.begin;
    if (t->is_at_copy)
        return NULL;
    t->is_at_copy = true;
    return &t->pieces[1];
}

void scan_text_clear(scan_text *t)
{
    g_free(t->copy);
    t->copy = NULL;
}

void scan_place(const char *text, size_t offset, size_t *ret_line, size_t *ret_column)
{
    size_t line = 1, start = 0;
    while (start < offset) {
        const char *newline = memchr(text + start, '\n', offset - start);
        if (newline == NULL)
            break;
        line++;
        start = (size_t)(newline - text) + 1;
    }
    *ret_line = line;
    *ret_column = offset - start + 1;
}
