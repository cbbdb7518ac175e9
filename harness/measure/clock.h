/*
 * clock.h -- one narrow cycle timer with four back ends.
 *
 *   start (lfence; read)  | the measured work |  stop (read; lfence)   -> ticks, overhead taken off
 *
 *   CLOCK_TSC     time stamp counter of x86-64, only where CPUID says it is invariant
 *   CLOCK_CNTVCT  virtual counter of aarch64
 *   CLOCK_PERF    core cycles: perf_event with user-space rdpmc, where the kernel grants it
 *   CLOCK_OS      clock_gettime(CLOCK_MONOTONIC_RAW); one tick is one nanosecond
 *
 * A tick is whatever the back end counts. Only CLOCK_PERF counts core cycles: an invariant TSC
 * runs at a fixed rate whatever the core does, so its ticks are never called cycles.
 *
 * Owns:       CLOCK_PERF holds one descriptor and one mapping; clock_close() releases them.
 * Invariants: ns_per_tick > 0 except for CLOCK_PERF (no fixed rate: 0)   (clock_is_valid)
 * Threads:    a source is used by the thread that opened it.
 * Needs:      libc only, so that a worker under a foreign malloc carries nothing else.
 * Source:     lfence/rdtscp as in G. Paoloni, "How to Benchmark Code Execution Times on Intel
 *             IA-32 and IA-64" (2010), without its CPUID, which traps in a virtual machine;
 *             rdpmc protocol: perf_event_open(2), "cap_user_rdpmc".
 */
#ifndef HARNESS_MEASURE_CLOCK_H
#define HARNESS_MEASURE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

typedef enum clock_kind {
    CLOCK_AUTO, /* only as a wish: TSC, else CNTVCT, else OS */
    CLOCK_TSC,
    CLOCK_CNTVCT,
    CLOCK_PERF,
    CLOCK_OS,
    CLOCK_N_KINDS
} clock_kind;

typedef struct clock_source {
    clock_kind kind;           /* never CLOCK_AUTO once open */
    double ns_per_tick;        /* by calibration; 0: the rate is not fixed (CLOCK_PERF) */
    double calibration_error;  /* relative: uncertainty of the two reference readings */
    uint64_t overhead_ticks;   /* median cost of an empty start/stop pair, subtracted */
    uint64_t resolution_ticks; /* step of the counter: greatest common divisor of readings */
    uint64_t origin_ticks;     /* reading at calibration, with its reference time: for the drift */
    uint64_t origin_ns;
    int perf_fd;     /* -1 unless CLOCK_PERF */
    void *perf_page; /* struct perf_event_mmap_page */
    size_t perf_page_bytes;
} clock_source;

/* "auto", "tsc", "cntvct", "perf", "os". */
const char *clock_kind_name(clock_kind kind);
bool clock_kind_from_name(const char *name, clock_kind *ret_kind);

/* What a tick is, for people and records: "TSC ticks", "core cycles", ... */
const char *clock_tick_name(clock_kind kind);

/*
 * Opens and calibrates a source (takes about 25 ms).
 * False: this machine or kernel refuses it; *ret_why (static text) says what and why.
 */
bool clock_open(clock_kind wish, clock_source *ret_source, const char **ret_why);

/*
 * Takes the rate from elsewhere (a calibration of the same machine and boot), so that a
 * short-lived process need not calibrate again. Only the overhead is measured anew.
 */
bool clock_open_with_rate(clock_kind kind, double ns_per_tick, clock_source *ret_source,
                          const char **ret_why);
void clock_close(clock_source *source);
bool clock_is_valid(const clock_source *source);

/* Rate since clock_open() against the calibrated one, in parts per million. 0 for CLOCK_PERF and
 * CLOCK_OS. More than 100 means that the figures in ns cannot be trusted. */
double clock_drift_ppm(const clock_source *source);

/* Now, by the reference clock CLOCK_MONOTONIC_RAW. */
uint64_t clock_now_ns(void);

/* Slow paths of the readings below. */
uint64_t clock_read_perf(const clock_source *source);

static inline uint64_t clock_read_os(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC_RAW, &now); /* cannot fail: the clock exists on Linux */
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* Reading before the work: nothing earlier is still under way, nothing later has begun. */
static inline uint64_t clock_start(const clock_source *source)
{
#if defined(__x86_64__)
    if (__builtin_expect(source->kind == CLOCK_TSC, 1)) {
        _mm_lfence();
        uint64_t now = __rdtsc();
        _mm_lfence();
        return now;
    }
#elif defined(__aarch64__)
    if (__builtin_expect(source->kind == CLOCK_CNTVCT, 1)) {
        uint64_t now;
        __asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(now)::"memory");
        return now;
    }
#endif
    return source->kind == CLOCK_PERF ? clock_read_perf(source) : clock_read_os();
}

/* Reading after the work. *ret_cpu: the processor it ran on (TSC only, else left alone). */
static inline uint64_t clock_stop(const clock_source *source, uint32_t *ret_cpu)
{
#if defined(__x86_64__)
    if (__builtin_expect(source->kind == CLOCK_TSC, 1)) {
        uint32_t aux;
        uint64_t now = __rdtscp(&aux);
        _mm_lfence();
        *ret_cpu = aux & 0xfff; /* Linux keeps the node above bit 12 */
        return now;
    }
#elif defined(__aarch64__)
    if (__builtin_expect(source->kind == CLOCK_CNTVCT, 1)) {
        uint64_t now;
        __asm__ volatile("isb\n\tmrs %0, cntvct_el0\n\tisb" : "=r"(now)::"memory");
        return now;
    }
#endif
    (void)ret_cpu;
    return source->kind == CLOCK_PERF ? clock_read_perf(source) : clock_read_os();
}

/*
 * Ticks between two readings without the timer's own overhead. Where the overhead is the larger,
 * the answer is 0 and *ret_below is set: such a window is too short to mean anything.
 */
static inline uint64_t clock_elapsed(const clock_source *source, uint64_t start, uint64_t stop,
                                     bool *ret_below)
{
    uint64_t raw = stop - start;
    if (stop < start || raw < source->overhead_ticks) {
        *ret_below = true;
        return 0;
    }
    return raw - source->overhead_ticks;
}

/* The compiler must believe that value is used, resp. that all memory is read and written. */
#define CLOCK_KEEP(value) __asm__ volatile("" : : "r,m"(value) : "memory")
#define CLOCK_CLOBBER()   __asm__ volatile("" : : : "memory")

#endif
