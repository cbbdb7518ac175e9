/*
 * runtime_tape.h -- runs a tape of bytes as operations of the differential test (operations.h), the
 * collector among them; CPython is not asked, but every invariant is.
 *
 *   byte 0: how the world is: bit 0 debug heap, bit 1 listed, bit 2 wide
 *   then an operation each: its number, and a byte for each argument of its signature
 */
#ifndef OBJECTS_TESTS_RUNTIME_TAPE_H
#define OBJECTS_TESTS_RUNTIME_TAPE_H

#include <stddef.h>
#include <stdint.h>

/* Returns NULL, or what was violated (static text). ret_counts: NULL, or how often each operation
 * was run is added there, by its index in operations[]. */
const char *runtime_tape_run(const uint8_t *bytes, size_t n_bytes, size_t *ret_counts);

#endif
