/*
 * symbols.h -- names for addresses of a process that has ended, from its memory map and the debug
 * information of its files (elfutils' libdwfl).
 */
#ifndef HARNESS_PROFILE_SYMBOLS_H
#define HARNESS_PROFILE_SYMBOLS_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef struct symbols symbols;

/* Strings are the same pointer if they are equal. */
typedef struct symbols_place {
    const char *function;      /* "0x00000000000012a0" where no symbol is known: where the unwind
                                * information begins it, or the address, as the object has them */
    const char *function_file; /* of its first instruction; "" if unknown */
    uint32_t function_line;    /* 0: unknown */
    const char *file;          /* another one where code is inlined; "" if unknown */
    uint32_t line;             /* 0: unknown */
    const char *object;        /* "" if unknown */
} symbols_place;

/* maps: text in the form of /proc/PID/maps. NULL if libdwfl refuses it. */
symbols *symbols_new(const char *maps, size_t n_bytes);
void symbols_free(symbols *s);

/* Owned by s; the same address gives the same pointer. */
const symbols_place *symbols_find(symbols *s, uint64_t address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(symbols, symbols_free)

#endif
