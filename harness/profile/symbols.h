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

typedef struct symbols_place {
    char *function; /* "0x12a0" where no symbol is known: the address within the object */
    char *file;     /* "" if unknown */
    char *object;   /* "" if unknown */
    uint32_t line;  /* 0: unknown */
} symbols_place;

/* maps: text in the form of /proc/PID/maps. NULL if libdwfl refuses it. */
symbols *symbols_new(const char *maps, size_t n_bytes);
void symbols_free(symbols *s);

/* Owned by s; the same address gives the same pointer. */
const symbols_place *symbols_find(symbols *s, uint64_t address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(symbols, symbols_free)

#endif
