/*
 * window.h -- one timed stretch of work, and everything that may have spoilt it.
 *
 *   window_begin | chunk | chunk | ... | window_end
 *                  each chunk: clock_start .. clock_stop, about 0.1 ms
 *
 * A long pass (a million objects created) is a train of chunks: where the scheduler, the
 * hypervisor or a migration struck, only that chunk is thrown away, and it is counted. The
 * decision rests on outside evidence only, never on how long the chunk took.
 *
 * Steal time is counted by the kernel in steps of 10 ms and costs a system call of some
 * microseconds that empties caches: it is asked every 2 ms of work, and all chunks since the last
 * answer stand or fall together.
 *
 * Invariants: ticks covers n_ops operations in n_chunks chunks; the n_dropped_* others are in none
 *             of the three.
 * Threads:    the thread that began it.
 * Needs:      libc only (see clock.h).
 * Source:     evidence: getrusage(2) RUSAGE_THREAD (ru_nivcsw, ru_minflt, ru_majflt), rdtscp's
 *             processor number, proc(5) /proc/stat column 8 (steal).
 */
#ifndef HARNESS_MEASURE_WINDOW_H
#define HARNESS_MEASURE_WINDOW_H

#include "harness/measure/clock.h"

/* What a window may not contain. */
typedef enum window_rule {
    WINDOW_ANY_FAULTS = 0, /* page faults belong to the work: fresh memory */
    WINDOW_NO_FAULTS = 1,  /* memory was touched before: a fault spoils the chunk */
    WINDOW_LONG = 2        /* one stretch of many milliseconds that cannot be cut: on a busy machine
                              none would be undisturbed, so the time spent waiting for the processor
                              (proc(5), schedstat) is subtracted; dropped where it is not told */
} window_rule;

typedef struct window {
    uint64_t ticks; /* of the kept chunks, overhead subtracted */
    double ns;      /* the same in nanoseconds */
    uint64_t n_ops;
    uint64_t n_chunks;
    uint64_t n_dropped_switched; /* preempted (involuntary context switch) */
    uint64_t n_dropped_migrated; /* ended on another processor than it began on */
    uint64_t n_dropped_faulted;  /* page faults where none may be */
    uint64_t n_dropped_stolen;   /* the hypervisor took the processor */
    uint64_t n_below_overhead;   /* chunks shorter than the timer's own cost: counted as 0 ticks */
    uint64_t n_faults;           /* page faults in all chunks */
    uint64_t n_switches;         /* context switches, voluntary or not, in all chunks */
} window;

/* State between begin and end; a window_timer is opened once and used for many windows. */
typedef struct window_timer {
    const clock_source *clock;
    window_rule rule;
    int stat_fd;    /* /proc/stat, -1: unknown */
    uint64_t steal; /* as last asked */
    window pending; /* chunks since then */
    uint64_t start_ticks, start_ns;
    uint64_t n_faults, n_preempted, n_voluntary;
    int schedstat_fd;   /* -1: the kernel does not tell */
    uint64_t waited_ns; /* for the processor, at the chunk's start; WINDOW_LONG only */
    uint32_t cpu;
} window_timer;

void window_timer_open(window_timer *timer, const clock_source *clock);
void window_timer_close(window_timer *timer);

/* Empties the window; the rule holds for all its chunks. */
void window_begin(window_timer *timer, window *ret_window, window_rule rule);

/* Around each chunk. n_ops: operations done in it. */
void window_chunk_begin(window_timer *timer);
void window_chunk_end(window_timer *timer, window *w, uint64_t n_ops);

/* Completes the window. check_steal false: the caller asks himself, once for several windows. */
void window_end(window_timer *timer, window *w, bool check_steal);

/* True if the hypervisor took time since this was last asked (or the timer was opened). */
bool window_was_stolen(window_timer *timer);

/* Turns a complete window into one that was dropped as stolen. */
void window_drop_stolen(window *w);

/* Adds the counts of one window to another. */
void window_add(window *sum, const window *w);

/* Chunks thrown away, for whatever reason. */
uint64_t window_n_dropped(const window *w);

/* Steal time of all processors since boot, in USER_HZ units, from /proc/stat; 0 if unknown. */
uint64_t window_steal(int stat_fd);

#endif
