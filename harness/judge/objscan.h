/*
 * objscan.h -- looks at a compiled part before it is linked: bytes only, nothing is run.
 *
 * A submission's object may define the functions of its contract and statics, nothing else: no
 * main, no malloc, no __wrap_*, no constructor, no indirect function; and it may not hold the
 * instruction sequence by which a program talks to valgrind.
 *
 * Errors: a damaged object is a finding too, never a crash: every offset is checked.
 * Source: ELF-64 as in the System V ABI and <elf.h>; the sequence as in valgrind.h's
 *         __SPECIAL_INSTRUCTION_PREAMBLE for amd64.
 */
#ifndef HARNESS_JUDGE_OBJSCAN_H
#define HARNESS_JUDGE_OBJSCAN_H

#include "harness/judge/submission.h"

#include <glib.h>
#include <stddef.h>

/* Why the object of that part is refused, one sentence each; empty: it is fine.
 * Owner: the caller. */
GPtrArray *objscan_object(submission_part part, const void *bytes, size_t n_bytes);

/* Why the assembly text that the compiler made is refused (.incbin and the like), as above. */
GPtrArray *objscan_assembly(const char *text, size_t n_bytes);

#endif
