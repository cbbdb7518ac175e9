/*
 * check_run.h -- what the checks share: the tape as the driver reads it, the answers line by line,
 * the properties found false.
 *
 *   tape    --check_take()--> operations      (an exhausted tape reads 0, as in the driver)
 *   answers --check_expect()-> lines          (whatever is in between goes to `aside`)
 *
 * Answers come from a judged process: nothing in them is believed before it is checked. A line that
 * the driver cannot have written at that place stops the check, and is tampering.
 *
 * Owns: nothing but the result, until check_run_end() hands it over.
 */
#ifndef HARNESS_JUDGE_CHECK_RUN_H
#define HARNESS_JUDGE_CHECK_RUN_H

#include "harness/judge/check.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHECK_MAX_LINE = 512, CHECK_MAX_WORDS = 16 };

/* One line, cut into words at its spaces. */
typedef struct check_line {
    char text[CHECK_MAX_LINE];
    const char *words[CHECK_MAX_WORDS];
    unsigned n_words;
} check_line;

/* A property as a table of them declares it. */
typedef struct check_property {
    const char *part, *name, *title;
    bool required;
} check_property;

typedef struct check_run check_run;

/* A line that may come between any others. False: it is none of those. */
typedef bool check_aside(check_run *run, void *model, const check_line *line);

struct check_run {
    check_result *result;
    const unsigned char *tape;
    size_t n_tape, tape_at;
    const char *text;
    size_t n_text, text_at;
    uint64_t n_lines; /* read so far */
    uint64_t seen;    /* a bit a property: there was something that it could be false of */
    bool stopped;     /* the rest of the answers says nothing */
    check_aside *aside;
    void *model;
    check_line line; /* the line that was read last */
};

/* Begins a check of the properties of a table. */
void check_run_begin(check_run *run, const check_property *properties, size_t n, GBytes *tape,
                     const char *answers, size_t n_bytes);

/* Reads the closing line; a property passes if it was seen, never false, and the run got here. */
check_result *check_run_end(check_run *run);

bool check_has_more(const check_run *run);
uint64_t check_take(check_run *run, unsigned n_bytes);

/* The next line that is no aside, which must begin with that word and have that many words. */
bool check_expect(check_run *run, const char *word, unsigned n_words);
/* The next line, whatever it is; its words are in run->line. False at the end, and stops. */
bool check_read(check_run *run);

/* Ends the check: cut short, or forged. */
void check_cut(check_run *run, const char *why);
void check_forged(check_run *run, const char *why);

/* Notes that a property came into play: code that does nothing has no right properties. */
void check_seen(check_run *run, unsigned property);

/* Notes that a property does not hold. */
void check_fail(check_run *run, unsigned property, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* A word as a number; whatever is not exactly one stops the check as forged and gives 0. */
uint64_t check_number(check_run *run, unsigned word);
uint64_t check_hex(check_run *run, unsigned word);
int64_t check_signed(check_run *run, unsigned word);

/* FNV-1a, as the drivers compute it. */
#define CHECK_DIGEST_START 14695981039346656037U
#define CHECK_DIGEST_PRIME 1099511628211U
uint64_t check_digest_byte(uint64_t digest, unsigned byte);
uint64_t check_digest_word(uint64_t digest, uint64_t word);

/* The checks of each driver. */
check_result *check_pool(GBytes *tape, const char *answers, size_t n_bytes);
check_result *check_layouts(GBytes *tape, const char *answers, size_t n_bytes);
check_result *check_workload(GBytes *tape, const char *answers, size_t n_bytes);

#endif
