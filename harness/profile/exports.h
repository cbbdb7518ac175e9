/*
 * exports.h -- call stacks in the forms of other tools.
 *
 *   folded       "main;f 12" a line: flame graph scripts, inferno
 *   speedscope   its JSON file format, one "sampled" profile
 *   pprof        profile.proto, gzipped: pprof, Grafana
 *   flame, icicle, reversed   pictures, SVG: flame.h
 *
 * From profiles whose names are contexts (callgrind's --separate-callers) the stacks are exact;
 * from others each function is a stack of its own.
 */
#ifndef HARNESS_PROFILE_EXPORTS_H
#define HARNESS_PROFILE_EXPORTS_H

#include "harness/profile/callgrind.h"

typedef enum exports_format {
    EXPORTS_FOLDED,
    EXPORTS_SPEEDSCOPE,
    EXPORTS_PPROF,
    EXPORTS_FLAME,
    EXPORTS_ICICLE,
    EXPORTS_REVERSED,
    EXPORTS_N_FORMATS
} exports_format;

/* "folded, speedscope, ...": for messages. */
extern const char exports_format_names[];

bool exports_format_from_name(const char *name, exports_format *ret_format);

/* The file's content, by the event with that index. Owner: the caller. */
GBytes *exports_write(const callgrind_profile *profile, size_t event, exports_format format);

#endif
