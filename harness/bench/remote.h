/*
 * remote.h -- a worker process seen from the session: started, asked, lost.
 *
 * Owns:       a child process and two pipes; remote_free() ends the process and reaps it.
 * Invariants: after a failed call the remote is dead and remote_why() says how it ended
 *             ("crashed (signal 11)", "hung", "exited with status 2: ..."); every later call fails.
 * Threads:    none.
 */
#ifndef HARNESS_BENCH_REMOTE_H
#define HARNESS_BENCH_REMOTE_H

#include "harness/measure/window.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* How workers are started and what they are told. */
typedef struct remote_settings {
    clock_source clock; /* the session's: workers take over kind and rate */
    size_t n;           /* objects or blocks of a pass */
    size_t n_windows;   /* windows of a short step */
    uint64_t seed;
    int cpu;             /* -1: any */
    double step_limit_s; /* a step that takes longer has hung */
} remote_settings;

/* A step as the worker announces it. */
typedef struct remote_step {
    char *figure, *layout, *unit;
    bool fresh;
} remote_step;

/* One window of a step. */
typedef struct remote_value {
    double value;  /* in the step's unit, an operation */
    double ticks;  /* the same in ticks; 0 for bytes */
    window counts; /* n_ops, n_chunks and what was dropped why; ticks and ns are not filled */
} remote_value;

typedef struct remote remote;

/*
 * Starts program with the settings. preload: path of a library for LD_PRELOAD, or NULL.
 * Always gives a remote; whether it lives shows at the first call. The environment is pinned:
 * PATH, LC_ALL=C and nothing else. Owner: the caller.
 */
remote *remote_start(const char *program, const char *preload, const remote_settings *settings);
void remote_free(remote *r);

/* Steps of the worker (of remote_step), borrowed; NULL if it is dead. */
const GPtrArray *remote_steps(remote *r);

/* Runs a step and appends its windows (of remote_value) to values. False: the step failed
 * (remote_why() says why) - the worker may live on, unless remote_is_alive() says otherwise. */
bool remote_run(remote *r, size_t step, GArray *values);

bool remote_is_alive(const remote *r);

/* The most memory that its process had resident so far; 0 if it is gone. */
uint64_t remote_peak_bytes(const remote *r);

/* True as long as no step was run. */
bool remote_is_virgin(const remote *r);

/* Borrowed; NULL while nothing went wrong. */
const char *remote_why(const remote *r);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(remote, remote_free)

#endif
