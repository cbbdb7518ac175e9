/*
 * flame.h -- call stacks drawn as a flame graph: one self-contained SVG.
 *
 *   flame      callers below, callees on top of them
 *   icicle     the same upside down
 *   reversed   from the function that spends, down to its callers: who makes it cost
 *
 * The width of a frame is its share of the total. With the stacks of an earlier profile, colour
 * says what changed: red costs more than before, blue less, the stronger the more.
 *
 * Invariant: the root is the sum of all stacks; a frame is its own cost and that of those on it.
 * Source:    after B. Gregg's flame graphs (no code taken).
 */
#ifndef HARNESS_PROFILE_FLAME_H
#define HARNESS_PROFILE_FLAME_H

#include "harness/profile/stacks.h"

typedef enum flame_shape { FLAME_UP, FLAME_ICICLE, FLAME_REVERSED } flame_shape;

/* before: NULL, or the stacks to compare with. title: what was profiled; unit: the event. Frames
 * too narrow to be seen are left out. Owner of the text: the caller. */
char *flame_svg(const GPtrArray *stacks, const GPtrArray *before, flame_shape shape,
                const char *title, const char *unit);

#endif
