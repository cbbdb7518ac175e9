/*
 * sample_probe.c -- a sampling profiler inside the program: each thread has a timer of its own
 * processor time; its signal writes down where the thread is, unwound by libunwind, so that
 * programs need not be rebuilt.
 *
 * A sample is one write() of one line: nothing is lost when the program is killed or leaves by
 * _exit(). A program that uses SIGPROF itself is not profiled beyond that point.
 */
#define UNW_LOCAL_ONLY

#include "harness/profile/probe/probe.h"

#include <dlfcn.h>
#include <errno.h>
#include <libunwind.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_HZ 997 /* a prime: not in step with what the program does at round times */
#define MAX_HZ     10000
#define MAX_FRAMES 120
#define MAX_YIELDS 1000 /* a writer that is stuck is not waited for */
#define SECOND_NS  1000000000U

static int output = -1;
static long interval_ns;

/* The timer fires at the kernel's ticks only: each sample stands for the processor time that the
 * thread really took since the one before. */
static __thread uint64_t last_ns;

static uint64_t since_last_sample(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* cannot fail */
    uint64_t now_ns = (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
    uint64_t elapsed = now_ns - last_ns;
    last_ns = now_ns;
    return elapsed;
}

/* The last memory map must not be mixed with samples: none is written once the end has begun. */
static atomic_bool is_ending;
static atomic_int n_writing;

static void write_sample(void *context)
{
    unw_cursor_t cursor;
    char line[MAX_FRAMES * 17 + 32] = "s ";
    char *p = probe_append(line + 2, since_last_sample(), 10);
    if (unw_init_local2(&cursor, context, UNW_INIT_SIGNAL_FRAME) == 0) {
        for (int i = 0; i < MAX_FRAMES; i++) {
            unw_word_t address;
            if (unw_get_reg(&cursor, UNW_REG_IP, &address) != 0 || address == 0)
                break;
            *p++ = ' ';
            p = probe_append(p, address, 16);
            if (unw_step(&cursor) <= 0)
                break;
        }
    }
    *p++ = '\n';
    probe_write(output, line, (size_t)(p - line));
}

static void on_timer(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info; /* the kernel's signature */
    int saved_errno = errno;
    atomic_fetch_add(&n_writing, 1);
    if (!atomic_load(&is_ending))
        write_sample(context);
    atomic_fetch_sub(&n_writing, 1);
    errno = saved_errno;
}

/* A timer for the calling thread; it ends with the thread. */
static void start_timer(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGPROF};
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid); /* glibc has no name for it yet */
    timer_t timer;
    struct itimerspec times = {.it_interval = {.tv_nsec = interval_ns},
                               .it_value = {.tv_nsec = interval_ns}};
    if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) == 0)
        (void)timer_settime(timer, 0, &times, NULL); /* without, there are no samples */
}

/* ---- threads ---- */

typedef struct thread_start {
    void *(*run)(void *);
    void *argument;
} thread_start;

static void *run_thread(void *data)
{
    thread_start start = *(thread_start *)data;
    free(data);
    start_timer();
    return start.run(start.argument);
}

typedef int create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    static create_fn *real;
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    thread_start *start = output < 0 ? NULL : malloc(sizeof *start);
    if (start == NULL)
        return real(thread, attributes, run, argument);
    *start = (thread_start){run, argument};
    int result = real(thread, attributes, run_thread, start);
    if (result != 0)
        free(start);
    return result;
}

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv(PROBE_HZ_VARIABLE);
    long hz = text != NULL ? strtol(text, NULL, 10) : DEFAULT_HZ;
    if (hz < 1 || hz > MAX_HZ)
        hz = DEFAULT_HZ;
    interval_ns = (long)SECOND_NS / hz;
    int fd = probe_open("sample");
    if (fd < 0)
        return;
    probe_write_maps(fd);
    output = fd;
    struct sigaction action = {.sa_sigaction = on_timer, .sa_flags = SA_SIGINFO | SA_RESTART};
    if (sigaction(SIGPROF, &action, NULL) == 0)
        start_timer();
}

__attribute__((destructor)) static void end(void)
{
    if (output < 0)
        return;
    atomic_store(&is_ending, true);
    for (int i = 0; i < MAX_YIELDS && atomic_load(&n_writing) > 0; i++)
        (void)sched_yield();  /* a sample of another thread is being written */
    probe_write_maps(output); /* with what was loaded meanwhile */
}
