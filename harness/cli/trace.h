/*
 * trace.h -- a program's life on the runtime of objects/, recorded: what each collection did, and
 * how full every pool was after each step.
 *
 *   create, link in pairs, refer weakly, drop half at random, collect 0 1 2, drop all but one an
 *   arena, trim, drop those, trim
 *
 * Owns:    a trace_log owns its rows; trace_log_free() releases them. The runtime is gone by then.
 * Errors:  NULL without memory.
 * Threads: none.
 */
#ifndef HARNESS_CLI_TRACE_H
#define HARNESS_CLI_TRACE_H

#include "objects/collector.h"

#include <glib.h>
#include <jansson.h>

enum { TRACE_LAYOUTS = 3, TRACE_MAX_OBJECTS = 10000000 };

typedef struct trace_collection {
    collector_trace trace;
    bool is_asked; /* by the program; else a threshold was reached */
    size_t live_before, live_after;
} trace_collection;

/* n_used of capacity blocks of block_bytes; block_bytes 0: the pool serves no class. */
typedef struct trace_pool {
    unsigned block_bytes, n_used, capacity;
} trace_pool;

/* The heap of objects after a step. Pools lie arena after arena, n_arenas times n_pools. */
typedef struct trace_step {
    char *after;
    size_t n_live, n_arenas;
    GArray *pools; /* of trace_pool */
} trace_step;

typedef struct trace_log {
    size_t n_objects, n_pools; /* pools an arena */
    GArray *collections;       /* of trace_collection */
    GPtrArray *steps;          /* of trace_step */
} trace_log;

/* Runs it with n objects, 1 <= n <= TRACE_MAX_OBJECTS. Cost: O(n); about 100 bytes an object. */
trace_log *trace_run(size_t n, unsigned seed);
void trace_log_free(trace_log *log);

/* {"schema": "objlab/trace", ...}. Owner: the caller. */
json_t *trace_to_json(const trace_log *log);

#endif
