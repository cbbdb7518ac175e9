/*
 * worker.h -- the process in which a subject is measured, seen from inside.
 *
 *   objlab bench (remote.h)  --"run 7"-->   worker (this)
 *                            <--windows--   step 7, timed with the session's clock
 *
 * A worker holds one subject (an allocator, a runtime with its layouts) and a table of steps. All
 * workers of a session take the same steps side by side, so that what drifts meets all alike.
 *
 * Protocol, text, a line each, on descriptors 0 and 1:
 *   steps        every step: "<figure> <layout or -> <unit> <fresh>", then "end"
 *   run INDEX    "ok N" and N windows: "value ticks n_ops n_chunks switched migrated faulted stolen
 *                below faults switches", value in the step's unit an operation; or "fail <why>"
 *   end of file  the worker exits
 *
 * Invariants: a step makes what it needs itself (objects to destroy, memory to reuse), untimed.
 *             A step with "fresh" means something only as the first of a process.
 * Needs:      libc and harness_clock only: it may run under a foreign malloc.
 */
#ifndef HARNESS_BENCH_WORKER_H
#define HARNESS_BENCH_WORKER_H

#include "harness/measure/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WORKER_MAX_WINDOWS = 256, /* values of one step */
    WORKER_CHUNK = 4096,      /* operations a chunk of a pass: about 0.1 ms */
};

typedef struct worker worker;

/* Takes the step: fills the windows by the functions below. False: w->why says why not. */
typedef bool worker_step_fn(worker *w);

typedef struct worker_step {
    const char *figure; /* name as in the records: "create" */
    const char *layout; /* "dict", "slots", "weakref", "" */
    const char *unit;   /* "ns" or "bytes" */
    bool fresh;
    worker_step_fn *run;
    int which; /* for run: the layout, ... */
} worker_step;

struct worker {
    size_t n;         /* objects or blocks of a pass */
    size_t n_windows; /* windows of a short step, <= WORKER_MAX_WINDOWS */
    uint64_t seed;
    clock_source clock;
    window_timer timer;
    const worker_step *step; /* the running one */
    window windows[WORKER_MAX_WINDOWS];
    double bytes; /* the value of a step in bytes */
    size_t n_filled;
    bool has_passes; /* the step's windows ask for steal time themselves */
    const char *why;
    void **pointers; /* [n], touched: objects */
    void **blocks;   /* [n], touched: blocks */
    uint32_t *order; /* [n], a permutation of 0 .. n - 1, touched */
};

/*
 * Runs the protocol until its end. argv: CLOCK NS_PER_TICK N N_WINDOWS SEED CPU.
 * Returns the exit status of the process.
 */
int worker_main(int argc, char **argv, const worker_step *steps, size_t n_steps);

/* ---- for steps ---- */

/* One long pass over 0 .. n - 1 in chunks: for (worker_pass p = ...; worker_pass_next(&p);) with
 * the work on p.first .. p.last - 1 in the body. */
typedef struct worker_pass {
    worker *w;
    window_rule rule;
    size_t first, last;
    bool in_chunk;
} worker_pass;

worker_pass worker_pass_start(worker *w, window_rule rule);
bool worker_pass_next(worker_pass *p);

/* One short window: begin, the work, end with its number of operations. */
void worker_short_begin(worker *w, window_rule rule);
void worker_short_end(worker *w, uint64_t n_ops);

/* The value of a step in bytes. */
void worker_put_bytes(worker *w, double bytes);

/* Touched memory for the harness's own tables, from mmap, never from the allocator under test.
 * NULL if the kernel refuses; it lasts until the process ends. */
void *worker_map(size_t n_bytes);

/* Resident anonymous memory of this process in bytes (/proc/self/smaps_rollup would walk all
 * pages; statm's resident less shared is exact on Linux >= 6.2 and within 256 KiB before). */
uint64_t worker_resident_bytes(void);

/* The part of it that the kernel may not take: not what was offered to it by MADV_FREE, which stays
 * resident until memory is short. Cost: a look at every page (smaps_rollup). 0: cannot be read. */
uint64_t worker_kept_bytes(void);

/* False with the reason: `return worker_fail(w, "no memory")`. why: static text. */
bool worker_fail(worker *w, const char *why);

#endif
