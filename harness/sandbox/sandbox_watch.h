/*
 * sandbox_watch.h -- the judge's end of a run: takes the output out of the pipes, cuts it at the
 * limit, and waits for the launcher's report.
 */
#ifndef HARNESS_SANDBOX_SANDBOX_WATCH_H
#define HARNESS_SANDBOX_SANDBOX_WATCH_H

#include "harness/sandbox/launch.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { SANDBOX_N_STREAMS = 3 }; /* stdout, stderr, answers */

typedef struct sandbox_stream {
    int pipe; /* read end, owned; -1: ended or none */
    int file; /* host file, owned; -1: thrown away */
    uint64_t n_bytes;
    bool exceeded;
} sandbox_stream;

typedef struct sandbox_watched {
    int control; /* the launcher's other end, borrowed */
    sandbox_stream streams[SANDBOX_N_STREAMS];
    uint64_t output_bytes; /* limit of each stream; 0: none */
    double deadline_s;     /* from now; 0: none. The launcher holds the wall limit before that */
    launch_report report;
    bool reported;
    char complaint[256]; /* first bytes of stderr: what bwrap says when it fails */
} sandbox_watched;

/* Until all streams have ended and the launcher has reported or is gone, or the deadline has
 * passed. False: a host file cannot be written, or poll failed. */
bool sandbox_watch(sandbox_watched *w, GError **error);

#endif
