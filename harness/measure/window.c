#include "harness/measure/window.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    SETTLE_EVERY_NS = 2000000,
    STEAL_COLUMN = 8 /* cpu user nice system idle iowait irq softirq steal */
};

uint64_t window_steal(int stat_fd)
{
    char text[256];
    ssize_t n = stat_fd < 0 ? -1 : pread(stat_fd, text, sizeof text - 1, 0);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    char *at = strchr(text, ' ');
    uint64_t value = 0;
    for (int column = 1; at != NULL && column <= STEAL_COLUMN; column++)
        value = strtoull(at, &at, 10);
    return value;
}

/* Nanoseconds that this thread has waited for a processor; 0 if unknown. */
static uint64_t read_waited(int schedstat_fd)
{
    char text[128];
    ssize_t n = schedstat_fd < 0 ? -1 : pread(schedstat_fd, text, sizeof text - 1, 0);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    char *at = text;
    (void)strtoull(at, &at, 10); /* time on a processor */
    return strtoull(at, NULL, 10);
}

void window_timer_open(window_timer *timer, const clock_source *clock)
{
    *timer = (window_timer){.clock = clock};
    timer->stat_fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
    timer->schedstat_fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    timer->steal = window_steal(timer->stat_fd);
}

void window_timer_close(window_timer *timer)
{
    if (timer->stat_fd >= 0)
        (void)close(timer->stat_fd);
    if (timer->schedstat_fd >= 0)
        (void)close(timer->schedstat_fd);
    timer->stat_fd = -1;
    timer->schedstat_fd = -1;
}

void window_begin(window_timer *timer, window *ret_window, window_rule rule)
{
    timer->rule = rule;
    timer->pending = (window){0};
    *ret_window = (window){0};
}

static void read_usage(uint64_t *ret_faults, uint64_t *ret_preempted, uint64_t *ret_voluntary)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_THREAD, &usage); /* cannot fail: both arguments are right */
    *ret_faults = (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
    *ret_preempted = (uint64_t)usage.ru_nivcsw;
    *ret_voluntary = (uint64_t)usage.ru_nvcsw;
}

void window_chunk_begin(window_timer *timer)
{
    timer->waited_ns = timer->rule == WINDOW_LONG ? read_waited(timer->schedstat_fd) : 0;
    read_usage(&timer->n_faults, &timer->n_preempted, &timer->n_voluntary);
    timer->cpu = (uint32_t)sched_getcpu();
    timer->start_ns = timer->clock->kind == CLOCK_PERF ? clock_now_ns() : 0;
    timer->start_ticks = clock_start(timer->clock);
}

/* Adds a chunk that nothing spoilt to the pending ones. */
static void keep_chunk(window_timer *timer, uint64_t stop_ticks, uint64_t stop_ns, uint64_t n_ops)
{
    const clock_source *clock = timer->clock;
    window *p = &timer->pending;
    bool below = false;
    uint64_t waited_ns =
        timer->rule == WINDOW_LONG ? read_waited(timer->schedstat_fd) - timer->waited_ns : 0;
    /* core cycles of this thread do not pass while it waits */
    uint64_t waited_ticks =
        clock->kind == CLOCK_PERF ? 0 : (uint64_t)((double)waited_ns / clock->ns_per_tick);
    uint64_t ticks = clock_elapsed(clock, timer->start_ticks + waited_ticks, stop_ticks, &below);
    p->ticks += ticks;
    p->ns += clock->kind == CLOCK_PERF ? (double)(stop_ns - timer->start_ns - waited_ns)
                                       : (double)ticks * clock->ns_per_tick;
    p->n_below_overhead += below ? 1 : 0;
    p->n_ops += n_ops;
    p->n_chunks++;
}

void window_chunk_end(window_timer *timer, window *w, uint64_t n_ops)
{
    uint32_t cpu = UINT32_MAX;
    uint64_t stop_ticks = clock_stop(timer->clock, &cpu);
    uint64_t stop_ns = timer->clock->kind == CLOCK_PERF ? clock_now_ns() : 0;
    if (cpu == UINT32_MAX)
        cpu = (uint32_t)sched_getcpu();
    uint64_t n_faults = 0;
    uint64_t n_preempted = 0;
    uint64_t n_voluntary = 0;
    read_usage(&n_faults, &n_preempted, &n_voluntary);
    n_faults -= timer->n_faults;
    n_preempted -= timer->n_preempted;
    window *p = &timer->pending;
    p->n_faults += n_faults;
    p->n_switches += n_preempted + (n_voluntary - timer->n_voluntary);
    bool waits_are_known = timer->rule == WINDOW_LONG && timer->schedstat_fd >= 0;
    if (n_preempted > 0 && !waits_are_known)
        p->n_dropped_switched++;
    else if (cpu != timer->cpu)
        p->n_dropped_migrated++;
    else if (timer->rule == WINDOW_NO_FAULTS && n_faults > 0)
        p->n_dropped_faulted++;
    else
        keep_chunk(timer, stop_ticks, stop_ns, n_ops);
    if (p->ns > SETTLE_EVERY_NS)
        window_end(timer, w, true);
}

void window_add(window *sum, const window *w)
{
    sum->ticks += w->ticks;
    sum->ns += w->ns;
    sum->n_ops += w->n_ops;
    sum->n_chunks += w->n_chunks;
    sum->n_dropped_switched += w->n_dropped_switched;
    sum->n_dropped_migrated += w->n_dropped_migrated;
    sum->n_dropped_faulted += w->n_dropped_faulted;
    sum->n_dropped_stolen += w->n_dropped_stolen;
    sum->n_below_overhead += w->n_below_overhead;
    sum->n_faults += w->n_faults;
    sum->n_switches += w->n_switches;
}

bool window_was_stolen(window_timer *timer)
{
    uint64_t before = timer->steal;
    timer->steal = window_steal(timer->stat_fd);
    return timer->steal != before;
}

void window_drop_stolen(window *w)
{
    w->n_dropped_stolen += w->n_chunks;
    w->n_chunks = 0;
    w->n_ops = 0;
    w->ticks = 0;
    w->ns = 0;
    w->n_below_overhead = 0;
}

void window_end(window_timer *timer, window *w, bool check_steal)
{
    if (check_steal && window_was_stolen(timer))
        window_drop_stolen(&timer->pending);
    window_add(w, &timer->pending);
    timer->pending = (window){0};
}

uint64_t window_n_dropped(const window *w)
{
    return w->n_dropped_switched + w->n_dropped_migrated + w->n_dropped_faulted +
           w->n_dropped_stolen;
}
