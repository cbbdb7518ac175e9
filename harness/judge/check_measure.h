/*
 * check_measure.h -- the oracle of the measuring driver: what it reads back if the operations
 * that are measured did their work.
 *
 * A cost says nothing unless the work was done: code that notices the profiler, or the driver, and
 * skips what is counted must be seen. So the driver writes values that come from a seed, and
 * answers digests of what it read back; here they are computed from the seed alone.
 *
 *   answers of --cost    of the pool, then of each layout: its line, and "left SUBJECT 0"
 *   answers of --space   "h ARENAS LARGE_BYTES POOLS READ", "end 1"
 *   answers of --time    "t READ", "end 1"
 */
#ifndef HARNESS_JUDGE_CHECK_MEASURE_H
#define HARNESS_JUDGE_CHECK_MEASURE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The line of --cost that begins with that word: "pool", "dict", "slots" or "weakref".
 * Owner: the caller. */
char *check_measure_line(const char *subject, uint64_t seed, unsigned n_objects);

/* READ of --space and --time, as it is written. Owner: the caller. */
char *check_measure_read(uint64_t seed, unsigned n_objects);

/* True if text has that line, whole. */
bool check_measure_has(const char *text, size_t n_bytes, const char *line);

#endif
