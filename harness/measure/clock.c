#include "harness/measure/clock.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum {
    CALIBRATION_NS = 20000000,
    N_OVERHEAD_PAIRS = 1001,
    N_RESOLUTION_READS = 512,
    N_REFERENCE_TRIES = 32,
};

const char *clock_kind_name(clock_kind kind)
{
    static const char *const names[CLOCK_N_KINDS] = {"auto", "tsc", "cntvct", "perf", "os"};
    return names[kind];
}

bool clock_kind_from_name(const char *name, clock_kind *ret_kind)
{
    for (int kind = 0; kind < CLOCK_N_KINDS; kind++) {
        if (strcmp(name, clock_kind_name((clock_kind)kind)) == 0) {
            *ret_kind = (clock_kind)kind;
            return true;
        }
    }
    return false;
}

const char *clock_tick_name(clock_kind kind)
{
    static const char *const names[CLOCK_N_KINDS] = {"ticks", "TSC ticks", "counter ticks",
                                                     "core cycles", "nanoseconds"};
    return names[kind];
}

uint64_t clock_now_ns(void)
{
    return clock_read_os();
}

/* ---- what the machine offers ---- */

#if defined(__x86_64__)
/* CPUID 8000_0007H:EDX[8], invariant TSC; 8000_0001H:EDX[27], rdtscp. */
static bool tsc_usable(const char **ret_why)
{
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    if (__get_cpuid(0x80000001U, &eax, &ebx, &ecx, &edx) == 0 || (edx & (1U << 27)) == 0) {
        *ret_why = "clock tsc: this processor has no rdtscp";
        return false;
    }
    if (__get_cpuid(0x80000007U, &eax, &ebx, &ecx, &edx) == 0 || (edx & (1U << 8)) == 0) {
        *ret_why = "clock tsc: the time stamp counter of this machine is not invariant";
        return false;
    }
    return true;
}
#else
static bool tsc_usable(const char **ret_why)
{
    *ret_why = "clock tsc: only x86-64 has a time stamp counter";
    return false;
}
#endif

static bool cntvct_usable(const char **ret_why)
{
#if defined(__aarch64__)
    (void)ret_why;
    return true;
#else
    *ret_why = "clock cntvct: only aarch64 has this counter";
    return false;
#endif
}

static const char *perf_refusal(int error)
{
    switch (error) {
    case ENOENT:
    case EOPNOTSUPP:
    case ENODEV:
        return "clock perf: this machine (a virtual one?) offers no core-cycle counter";
    case EACCES:
    case EPERM:
        return "clock perf: no permission; sysctl kernel.perf_event_paranoid=2 or lower allows it";
    case ENOSYS:
        return "clock perf: this kernel has no perf_event_open";
    default:
        return "clock perf: the kernel refuses the counter";
    }
}

static bool perf_open(clock_source *source, const char **ret_why)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof attr,
        .config = PERF_COUNT_HW_CPU_CYCLES,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    source->perf_fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (source->perf_fd < 0) {
        *ret_why = perf_refusal(errno);
        return false;
    }
    source->perf_page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    source->perf_page =
        mmap(NULL, source->perf_page_bytes, PROT_READ, MAP_SHARED, source->perf_fd, 0);
    if (source->perf_page == MAP_FAILED) {
        source->perf_page = NULL;
        clock_close(source);
        *ret_why = "clock perf: the counter's page cannot be mapped";
        return false;
    }
    const struct perf_event_mmap_page *page = source->perf_page;
    if (!page->cap_user_rdpmc) {
        clock_close(source);
        *ret_why = "clock perf: rdpmc is off (/sys/bus/event_source/devices/cpu/rdpmc)";
        return false;
    }
    return true;
}

uint64_t clock_read_perf(const clock_source *source)
{
#if defined(__x86_64__)
    const volatile struct perf_event_mmap_page *page = source->perf_page;
    uint32_t sequence;
    uint64_t count;
    do { /* the page's sequence lock: an odd or changed number means that the kernel wrote */
        sequence = page->lock;
        CLOCK_CLOBBER();
        uint32_t index = page->index;
        count = (uint64_t)page->offset;
        if (index != 0) {
            unsigned shift = 64U - page->pmc_width;
            _mm_lfence();
            int64_t raw = (int64_t)((uint64_t)__rdpmc((int)index - 1) << shift);
            _mm_lfence();
            count += (uint64_t)(raw >> shift);
        }
        CLOCK_CLOBBER();
    } while (page->lock != sequence);
    return count;
#else
    (void)source;
    return 0;
#endif
}

/* ---- calibration ---- */

static uint64_t read_now(const clock_source *source)
{
    uint32_t cpu;
    return clock_stop(source, &cpu);
}

/* Reads the source and the reference as nearly at once as can be: of several tries the one where
 * the source moved least around the reference. Returns the width of that gap in ticks. */
static uint64_t read_pair(const clock_source *source, uint64_t *ret_ticks, uint64_t *ret_ns)
{
    uint64_t best_gap = UINT64_MAX;
    for (int i = 0; i < N_REFERENCE_TRIES; i++) {
        uint64_t before = read_now(source);
        uint64_t ns = clock_now_ns();
        uint64_t gap = read_now(source) - before;
        if (gap < best_gap) {
            best_gap = gap;
            *ret_ticks = before + gap / 2;
            *ret_ns = ns;
        }
    }
    return best_gap;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void measure_overhead(clock_source *source)
{
    static _Thread_local uint64_t pairs[N_OVERHEAD_PAIRS];
    for (int i = 0; i < N_OVERHEAD_PAIRS; i++) {
        uint32_t cpu;
        uint64_t start = clock_start(source);
        uint64_t stop = clock_stop(source, &cpu);
        pairs[i] = stop - start;
    }
    qsort(pairs, N_OVERHEAD_PAIRS, sizeof pairs[0], compare_u64);
    source->overhead_ticks = pairs[N_OVERHEAD_PAIRS / 2];
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static void measure_resolution(clock_source *source)
{
    uint64_t step = 0;
    uint64_t last = read_now(source);
    for (int i = 0; i < N_RESOLUTION_READS; i++) {
        uint64_t now = read_now(source);
        step = greatest_common_divisor(step, now - last);
        last = now;
    }
    source->resolution_ticks = step == 0 ? 1 : step;
}

static void calibrate(clock_source *source)
{
    uint64_t first_ticks = 0;
    uint64_t first_ns = 0;
    uint64_t gap = read_pair(source, &first_ticks, &first_ns);
    uint64_t last_ticks = 0;
    uint64_t last_ns = 0;
    while (clock_now_ns() - first_ns < CALIBRATION_NS) {
    }
    gap += read_pair(source, &last_ticks, &last_ns);
    source->ns_per_tick = (double)(last_ns - first_ns) / (double)(last_ticks - first_ticks);
    source->calibration_error = (double)gap / 2 / (double)(last_ticks - first_ticks);
    source->origin_ticks = first_ticks;
    source->origin_ns = first_ns;
}

/* Settles kind and resources; false with the reason. */
static bool acquire(clock_kind wish, clock_source *source, const char **ret_why)
{
    *source = (clock_source){.kind = wish, .perf_fd = -1};
    const char *ignored;
    switch (wish) {
    case CLOCK_TSC:
        return tsc_usable(ret_why);
    case CLOCK_CNTVCT:
        return cntvct_usable(ret_why);
    case CLOCK_PERF:
        return perf_open(source, ret_why);
    case CLOCK_OS:
        return true;
    default:
        source->kind = tsc_usable(&ignored)      ? CLOCK_TSC
                       : cntvct_usable(&ignored) ? CLOCK_CNTVCT
                                                 : CLOCK_OS;
        return true;
    }
}

static void find_rate(clock_source *source, double known_ns_per_tick)
{
    if (source->kind == CLOCK_OS)
        source->ns_per_tick = 1.0;
    else if (source->kind == CLOCK_PERF)
        source->ns_per_tick = 0.0;
    else if (known_ns_per_tick > 0)
        source->ns_per_tick = known_ns_per_tick;
    else
        calibrate(source);
}

bool clock_open_with_rate(clock_kind kind, double ns_per_tick, clock_source *ret_source,
                          const char **ret_why)
{
    clock_source source;
    if (!acquire(kind, &source, ret_why))
        return false;
    find_rate(&source, ns_per_tick);
    measure_overhead(&source);
    measure_resolution(&source);
    *ret_source = source;
    return true;
}

bool clock_open(clock_kind wish, clock_source *ret_source, const char **ret_why)
{
    return clock_open_with_rate(wish, 0.0, ret_source, ret_why);
}

void clock_close(clock_source *source)
{
    if (source->perf_page != NULL)
        (void)munmap(source->perf_page, source->perf_page_bytes);
    if (source->perf_fd >= 0)
        (void)close(source->perf_fd);
    source->perf_page = NULL;
    source->perf_fd = -1;
}

bool clock_is_valid(const clock_source *source)
{
    bool has_rate = source->ns_per_tick > 0;
    return source->kind > CLOCK_AUTO && source->kind < CLOCK_N_KINDS &&
           has_rate == (source->kind != CLOCK_PERF) &&
           (source->perf_fd >= 0) == (source->kind == CLOCK_PERF) && source->resolution_ticks > 0;
}

double clock_drift_ppm(const clock_source *source)
{
    if (source->origin_ns == 0)
        return 0.0;
    uint64_t ticks = 0;
    uint64_t ns = 0;
    (void)read_pair(source, &ticks, &ns);
    double now_rate = (double)(ns - source->origin_ns) / (double)(ticks - source->origin_ticks);
    return (now_rate / source->ns_per_tick - 1.0) * 1e6;
}
