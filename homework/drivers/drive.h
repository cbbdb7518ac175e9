/*
 * drive.h -- what the drivers share: the tape, the answers, the arenas.
 *
 * A driver is the main program that a submission is linked into. It executes what the tape on
 * standard input says and writes what it observes, one line an observation, to descriptor 3; the
 * last line is "end N" with the number of lines before it. It knows no expected answer and states
 * no verdict: whoever made the tape checks the lines.
 *
 * All state is static: one program, one thread, one driver.
 */
#ifndef DRIVE_H
#define DRIVE_H

#include "hw_arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef DRIVE_ANSWERS_FD /* 1 in programs that people run by hand */
#define DRIVE_ANSWERS_FD 3
#endif
#define DRIVE_EXIT_USAGE 64 /* the driver was called wrongly: a fault of the harness */

/* ---- answers ---- */

static char drive_buffer[512];
static size_t drive_n_buffered;
static uint64_t drive_n_lines;

static inline void drive_flush(void)
{
    size_t done = 0;
    while (done < drive_n_buffered) {
        ssize_t n = write(DRIVE_ANSWERS_FD, drive_buffer + done, drive_n_buffered - done);
        if (n <= 0)
            _exit(DRIVE_EXIT_USAGE);
        done += (size_t)n;
    }
    drive_n_buffered = 0;
}

/* One line; format without the newline. It is written at once: a crash loses none. */
__attribute__((format(printf, 1, 2))) static inline void drive_answer(const char *format, ...)
{
    enum { LONGEST = sizeof(drive_buffer) };
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(drive_buffer + drive_n_buffered, LONGEST - 1, format, arguments);
    va_end(arguments);
    drive_n_buffered += n < 0 ? 0 : n < LONGEST - 1 ? (size_t)n : LONGEST - 2;
    drive_buffer[drive_n_buffered++] = '\n';
    drive_n_lines++;
    drive_flush();
}

static inline void drive_end(void)
{
    drive_answer("end %llu", (unsigned long long)drive_n_lines);
}

/* ---- the tape: an exhausted one reads 0 ---- */

static unsigned char *drive_tape;
static size_t drive_n_tape, drive_at;

static inline void drive_read_tape(void)
{
    size_t capacity = 1 << 16;
    drive_tape = malloc(capacity);
    for (;;) {
        if (drive_tape == NULL)
            _exit(DRIVE_EXIT_USAGE);
        ssize_t n = read(STDIN_FILENO, drive_tape + drive_n_tape, capacity - drive_n_tape);
        if (n <= 0)
            break;
        drive_n_tape += (size_t)n;
        if (drive_n_tape == capacity) {
            capacity *= 2;
            unsigned char *grown = realloc(drive_tape, capacity);
            if (grown == NULL)
                _exit(DRIVE_EXIT_USAGE);
            drive_tape = grown;
        }
    }
}

static inline bool drive_has_more(void)
{
    return drive_at < drive_n_tape;
}

/* The next n_bytes, 1..8, little-endian. */
static inline uint64_t drive_take(unsigned n_bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < n_bytes; i++) {
        uint64_t byte = drive_at < drive_n_tape ? drive_tape[drive_at] : 0;
        drive_at++;
        value |= byte << (8 * i);
    }
    return value;
}

/* ---- digests: FNV-1a, 64 bits ---- */

#define DRIVE_DIGEST_START 14695981039346656037U
#define DRIVE_DIGEST_PRIME 1099511628211U

static inline uint64_t drive_digest_byte(uint64_t digest, unsigned byte)
{
    return (digest ^ (byte & 0xff)) * DRIVE_DIGEST_PRIME;
}

static inline uint64_t drive_digest_word(uint64_t digest, uint64_t word)
{
    for (unsigned i = 0; i < 8; i++)
        digest = drive_digest_byte(digest, (unsigned)(word >> (8 * i)));
    return digest;
}

/* ---- arenas ---- */

/* Maps an aligned arena, or NULL. */
static inline void *drive_map_arena(void)
{
    size_t n_bytes = 2 * HW_ARENA_BYTES;
    char *start = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    size_t before = (HW_ARENA_BYTES - (uintptr_t)start % HW_ARENA_BYTES) % HW_ARENA_BYTES;
    char *arena = start + before;
    size_t after = n_bytes - before - HW_ARENA_BYTES;
    if (before > 0)
        (void)munmap(start, before); /* unmapping what was just mapped cannot fail */
    if (after > 0)
        (void)munmap(arena + HW_ARENA_BYTES, after);
    return arena;
}

#endif
