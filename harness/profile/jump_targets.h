/*
 * jump_targets.h -- where the jumps of one place lead to, each target once.
 *
 * A file has the jumps of several parts, contexts and, for a line of source, addresses apart;
 * here they are added up. Conditional jumps and others to the same target stay apart.
 */
#ifndef HARNESS_PROFILE_JUMP_TARGETS_H
#define HARNESS_PROFILE_JUMP_TARGETS_H

#include "harness/profile/callgrind.h"

#include <jansson.h>

typedef enum jump_place { JUMP_TO_LINE, JUMP_TO_ADDRESS } jump_place;

typedef struct jump_target {
    char *file;
    uint32_t line;
    uint64_t address; /* 0 with JUMP_TO_LINE */
    uint64_t taken, executed;
    bool is_conditional;
} jump_target;

/* Of jump_target. Owner: the caller; g_array_unref(). */
GArray *jump_targets_new(void);
void jump_targets_add(GArray *targets, const callgrind_jump *jump, jump_place place);

/* A line of text for each, behind indent:
 *   jump to line 14: taken 4 of 9 times      conditional
 *   jump to b.c:14: 3 times                  of another file than from_file
 *   jump to 401150 (line 14): 3 times        by address */
void jump_targets_append(GString *text, const GArray *targets, const char *from_file,
                         const char *indent);

/* [{"file", "line", "taken", "executed", "conditional"}] */
json_t *jump_targets_json(const GArray *targets);

#endif
