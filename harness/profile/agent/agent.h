/*
 * agent.h -- what both agents share: small libraries that are loaded into the program under
 * profile by LD_PRELOAD, and write a text file that agent_profile.h reads.
 *
 *   objlab-agent 1 sample            or instrument
 *   maps / ... / end                 /proc/self/maps, at the start and at the end
 *   s 4000000 5581 55a0 7f01         one sample: nanoseconds that it stands for, addresses,
 *                                    innermost first
 *   n 3 1 55a0 12 3400               a node of the call tree: id, parent (0: none), function,
 *                                    calls, nanoseconds of its own
 *
 * Neither uses anything but the C library and system calls; a failure inside the agent never stops
 * the program: the file then ends early.
 */
#ifndef HARNESS_PROFILE_AGENT_AGENT_H
#define HARNESS_PROFILE_AGENT_AGENT_H

#include <stddef.h>
#include <stdint.h>

#define AGENT_FILE_VARIABLE "OBJLAB_AGENT_FILE"
#define AGENT_HZ_VARIABLE   "OBJLAB_AGENT_HZ"

/* Opens the file that the environment names, for appending; -1: there is none. Takes LD_PRELOAD
 * out of the environment, so that children are not profiled into the same file. */
int agent_open(const char *kind);

/* Writes all of it; async-signal-safe. */
void agent_write(int fd, const char *text, size_t n_bytes);

/* Appends digits at p; returns the place behind them. Async-signal-safe. */
char *agent_append(char *p, uint64_t value, unsigned base);

void agent_write_maps(int fd);

#endif
