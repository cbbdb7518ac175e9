/*
 * stacks.h -- exact call stacks with their own cost, for flame graphs.
 *
 * From a profile whose names are contexts (callgrind's --separate-callers): nothing is estimated.
 * Invariant: the costs add up to the profile's total of the event.
 */
#ifndef HARNESS_PROFILE_STACKS_H
#define HARNESS_PROFILE_STACKS_H

#include "harness/profile/callgrind.h"

typedef struct stacks_entry {
    char *frames; /* "main;workload;create": outermost first; ';' in names is written ':' */
    uint64_t cost;
} stacks_entry;

/* Stacks with a cost other than 0, each once, by name. event: index. Owner: the caller; the
 * array frees its elements (stacks_entry *). A profile without contexts gives stacks of one
 * frame. */
GPtrArray *stacks_from_callgrind(const callgrind_profile *profile, size_t event);

/* "main;workload;create 123\n" a line: the folded form that flame graph tools read. */
char *stacks_folded(const GPtrArray *stacks);

#endif
