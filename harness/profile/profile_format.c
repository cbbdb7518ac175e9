#include "harness/profile/profile_format.h"

#include <string.h>

#define MAX_HEAD ((size_t)64 * 1024)

static const struct mark {
    const char *begin; /* of a line */
    profile_format format;
} marks[] = {
    {"# callgrind format", PROFILE_CALLGRIND},
    {"events:", PROFILE_CALLGRIND},
    {"positions:", PROFILE_CALLGRIND},
    {"creator:", PROFILE_CALLGRIND},
    {"fn=", PROFILE_CALLGRIND},
    {"time_unit:", PROFILE_MASSIF},
    {"snapshot=", PROFILE_MASSIF},
    {"<valgrindoutput>", PROFILE_MEMCHECK},
    {"<protocolversion>", PROFILE_MEMCHECK},
    {"TN:", PROFILE_LCOV},
    {"SF:", PROFILE_LCOV},
    {"{\"dhatFileVersion\"", PROFILE_DHAT},
};

profile_format profile_format_detect(const char *text, size_t n_bytes)
{
    const char *end = text + MIN(n_bytes, MAX_HEAD);
    for (const char *p = text; p < end;) {
        for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
            size_t n = strlen(marks[i].begin);
            if ((size_t)(end - p) >= n && memcmp(p, marks[i].begin, n) == 0)
                return marks[i].format;
        }
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        p = newline == NULL ? end : newline + 1;
    }
    return PROFILE_UNKNOWN;
}

const char *profile_format_name(profile_format format)
{
    switch (format) {
    case PROFILE_CALLGRIND:
        return "callgrind";
    case PROFILE_MASSIF:
        return "massif";
    case PROFILE_MEMCHECK:
        return "memcheck";
    case PROFILE_LCOV:
        return "lcov";
    case PROFILE_DHAT:
        return "dhat";
    case PROFILE_UNKNOWN:
        break;
    }
    return "unknown";
}
