/*
 * probe.h -- what both probes share: small libraries that are loaded into the program under
 * profile by LD_PRELOAD, and write a text file that probe_profile.h reads.
 *
 *   objlab-probe 1 sample            or instrument
 *   maps / ... / end                 /proc/self/maps, at the start and at the end
 *   s 4000000 5581 55a0 7f01         one sample: nanoseconds that it stands for, addresses,
 *                                    innermost first
 *   n 3 1 55a0 12 3400               a node of the call tree: id, parent (0: none), function,
 *                                    calls, nanoseconds of its own
 *
 * Neither uses anything but the C library and system calls; a failure inside the probe never stops
 * the program: the file then ends early.
 */
#ifndef HARNESS_PROFILE_PROBE_PROBE_H
#define HARNESS_PROFILE_PROBE_PROBE_H

#include <stddef.h>
#include <stdint.h>

#define PROBE_FILE_VARIABLE "OBJLAB_PROBE_FILE"
#define PROBE_HZ_VARIABLE   "OBJLAB_PROBE_HZ"

/* Opens the file that the environment names, for appending; -1: there is none. Takes LD_PRELOAD
 * out of the environment, so that children are not profiled into the same file. */
int probe_open(const char *kind);

/* Writes all of it; async-signal-safe. */
void probe_write(int fd, const char *text, size_t n_bytes);

/* Appends digits at p; returns the place behind them. Async-signal-safe. */
char *probe_append(char *p, uint64_t value, unsigned base);

void probe_write_maps(int fd);

#endif
