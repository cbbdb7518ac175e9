#include "harness/bench/worker.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* ---- for steps ---- */

bool worker_fail(worker *w, const char *why)
{
    w->why = why;
    return false;
}

void worker_short_begin(worker *w, window_rule rule)
{
    window_begin(&w->timer, &w->windows[w->n_filled], rule);
    window_chunk_begin(&w->timer);
}

void worker_short_end(worker *w, uint64_t n_ops)
{
    window *filled = &w->windows[w->n_filled];
    window_chunk_end(&w->timer, filled, n_ops);
    window_end(&w->timer, filled, false); /* run_step() asks once for all */
    if (w->n_filled < WORKER_MAX_WINDOWS - 1)
        w->n_filled++;
}

worker_pass worker_pass_start(worker *w, window_rule rule)
{
    w->has_passes = true;
    window_begin(&w->timer, &w->windows[w->n_filled], rule);
    return (worker_pass){.w = w, .rule = rule};
}

bool worker_pass_next(worker_pass *p)
{
    worker *w = p->w;
    if (p->in_chunk)
        window_chunk_end(&w->timer, &w->windows[w->n_filled], p->last - p->first);
    p->in_chunk = p->last < w->n;
    if (!p->in_chunk) {
        window_end(&w->timer, &w->windows[w->n_filled], true);
        w->n_filled++;
        return false;
    }
    p->first = p->last;
    p->last = p->first + WORKER_CHUNK < w->n ? p->first + WORKER_CHUNK : w->n;
    window_chunk_begin(&w->timer);
    return true;
}

void worker_put_bytes(worker *w, double bytes)
{
    w->bytes = bytes;
    w->n_filled = 1;
}

uint64_t worker_resident_bytes(void)
{
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        (void)close(fd);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    char *at = NULL;
    (void)strtoull(text, &at, 10); /* size */
    uint64_t resident = strtoull(at, &at, 10);
    uint64_t shared = strtoull(at, &at, 10);
    return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t worker_kept_bytes(void)
{
    FILE *f = fopen("/proc/self/smaps_rollup", "re");
    if (f == NULL)
        return 0;
    uint64_t anonymous = 0;
    uint64_t offered = 0;
    char line[128];
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "Anonymous:", 10) == 0)
            anonymous = strtoull(line + 10, NULL, 10);
        else if (strncmp(line, "LazyFree:", 9) == 0)
            offered = strtoull(line + 9, NULL, 10);
    }
    (void)fclose(f); /* was read only */
    return (anonymous - offered) * 1024;
}

/* ---- set-up ---- */

void *worker_map(size_t n_bytes)
{
    void *at = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    return at;
}

static uint64_t next_random(uint64_t *state) /* splitmix64, see stats.h */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static void shuffle(uint32_t *order, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t i = n; i > 1; i--) {
        size_t j = next_random(&seed) % i; /* bias below 2^-32 */
        uint32_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

static bool set_up(worker *w, char **argv)
{
    clock_kind kind = CLOCK_AUTO;
    if (!clock_kind_from_name(argv[1], &kind))
        return worker_fail(w, "unknown clock");
    w->n = strtoull(argv[3], NULL, 10);
    w->n_windows = strtoull(argv[4], NULL, 10);
    w->seed = strtoull(argv[5], NULL, 10);
    if (w->n == 0 || w->n > UINT32_MAX || w->n_windows == 0 || w->n_windows >= WORKER_MAX_WINDOWS)
        return worker_fail(w, "N or the number of windows is out of range");
    int cpu = (int)strtol(argv[6], NULL, 10);
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu < 0 ? 0 : cpu, &set);
    if (cpu >= 0 && sched_setaffinity(0, sizeof set, &set) != 0)
        return worker_fail(w, "cannot be pinned to that processor");
    if (!clock_open_with_rate(kind, strtod(argv[2], NULL), &w->clock, &w->why))
        return false;
    window_timer_open(&w->timer, &w->clock);
    w->pointers = worker_map(w->n * sizeof *w->pointers);
    w->blocks = worker_map(w->n * sizeof *w->blocks);
    w->order = worker_map(w->n * sizeof *w->order);
    if (w->pointers == NULL || w->blocks == NULL || w->order == NULL)
        return worker_fail(w, "no memory for the harness's own tables");
    shuffle(w->order, w->n, w->seed);
    return true;
}

/* ---- protocol ---- */

static bool print_steps(const worker_step *steps, size_t n_steps)
{
    for (size_t i = 0; i < n_steps; i++) {
        const worker_step *s = &steps[i];
        if (printf("%s %s %s %d\n", s->figure, *s->layout == '\0' ? "-" : s->layout, s->unit,
                   s->fresh ? 1 : 0) < 0)
            return false;
    }
    return puts("end") >= 0;
}

static bool print_window(const worker *w, const window *v)
{
    bool in_bytes = strcmp(w->step->unit, "bytes") == 0;
    double value = in_bytes ? w->bytes : v->n_ops > 0 ? v->ns / (double)v->n_ops : 0;
    double ticks = !in_bytes && v->n_ops > 0 ? (double)v->ticks / (double)v->n_ops : 0;
    typedef unsigned long long ull;
    return printf("%.17g %.17g %llu %llu %llu %llu %llu %llu %llu %llu %llu\n", value, ticks,
                  in_bytes ? 1ULL : (ull)v->n_ops, (ull)v->n_chunks, (ull)v->n_dropped_switched,
                  (ull)v->n_dropped_migrated, (ull)v->n_dropped_faulted, (ull)v->n_dropped_stolen,
                  (ull)v->n_below_overhead, (ull)v->n_faults, (ull)v->n_switches) > 0;
}

static bool run_step(worker *w, const worker_step *step)
{
    w->step = step;
    w->n_filled = 0;
    w->why = NULL;
    memset(w->windows, 0, sizeof w->windows);
    (void)window_was_stolen(&w->timer); /* from now on */
    w->has_passes = false;
    bool done = step->run(w);
    bool stolen = !w->has_passes && window_was_stolen(&w->timer);
    for (size_t i = 0; stolen && i < w->n_filled; i++)
        window_drop_stolen(&w->windows[i]);
    if (!done)
        return printf("fail %s\n", w->why == NULL ? "no reason given" : w->why) > 0;
    bool ok = printf("ok %zu\n", w->n_filled) > 0;
    for (size_t i = 0; ok && i < w->n_filled; i++)
        ok = print_window(w, &w->windows[i]);
    return ok;
}

static bool answer(worker *w, const char *line, const worker_step *steps, size_t n_steps)
{
    if (strncmp(line, "steps", 5) == 0)
        return print_steps(steps, n_steps);
    if (strncmp(line, "run ", 4) == 0) {
        size_t index = strtoull(line + 4, NULL, 10);
        if (index < n_steps)
            return run_step(w, &steps[index]);
    }
    return puts("fail unknown request") >= 0;
}

int worker_main(int argc, char **argv, const worker_step *steps, size_t n_steps)
{
    static worker w;
    static char out[1 << 16];
    if (argc != 7) {
        (void)fputs("a worker of objlab bench: it is started by that command\n", stderr);
        return 2;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a lost parent leaves nothing behind */
    (void)setvbuf(stdout, out, _IOFBF, sizeof out);
    if (!set_up(&w, argv)) {
        (void)printf("fail %s\n", w.why);
        (void)fflush(stdout);
        return 2;
    }
    char line[128];
    if (puts("ready") < 0 || fflush(stdout) != 0)
        return 3;
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (!answer(&w, line, steps, n_steps) || fflush(stdout) != 0)
            return 3;
    }
    return 0;
}
