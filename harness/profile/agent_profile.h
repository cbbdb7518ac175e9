/*
 * agent_profile.h -- turns what the sampling or the instrumenting agent wrote into a callgrind
 * file.
 *
 * So one reader, one table and one flame graph serve all three methods, and KCachegrind opens what
 * our own profilers found. Each calling context is a function, named as callgrind names contexts.
 *   sample        event "ns": processor time; calls are not known and stay 0
 *   instrument    event "ns": elapsed time; calls are exact
 */
#ifndef HARNESS_PROFILE_AGENT_PROFILE_H
#define HARNESS_PROFILE_AGENT_PROFILE_H

#include <glib.h>
#include <stdbool.h>

typedef enum agent_profile_error {
    AGENT_PROFILE_ERROR_FORMAT /* not an agent's file, or nothing in it */
} agent_profile_error;
#define AGENT_PROFILE_ERROR agent_profile_error_quark()
GQuark agent_profile_error_quark(void);

/* text: n_bytes of an agent's file. command: for "cmd:". Owner of the result: the caller. */
char *agent_profile_convert(const char *text, size_t n_bytes, const char *command, GError **error);

#endif
