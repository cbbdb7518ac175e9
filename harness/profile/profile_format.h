/*
 * profile_format.h -- tells the formats apart by their content.
 */
#ifndef HARNESS_PROFILE_PROFILE_FORMAT_H
#define HARNESS_PROFILE_PROFILE_FORMAT_H

#include <glib.h>
#include <stddef.h>

typedef enum profile_format {
    PROFILE_UNKNOWN,
    PROFILE_CALLGRIND, /* cachegrind's and xtree's files too: they have the same form */
    PROFILE_MASSIF,
    PROFILE_MEMCHECK,
    PROFILE_LCOV,
    PROFILE_DHAT
} profile_format;

/* Looks at the first lines. */
profile_format profile_format_detect(const char *text, size_t n_bytes);
const char *profile_format_name(profile_format format);

#endif
