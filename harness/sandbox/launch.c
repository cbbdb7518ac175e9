/*
 * objlab-launch -- starts one judged program under limits and watches it to its end.
 *
 * Under bubblewrap it is process 1 of the pid namespace: what it does not see does not exist, and
 * when it ends, all is gone. Without namespaces it is a subreaper, so that orphans come to it.
 * The program cannot reach it: it is not dumpable, takes no signal, and shares no descriptor.
 */
#include "harness/sandbox/launch.h"
#include "harness/sandbox/launch_child.h"
#include "harness/sandbox/launch_watch.h"
#include "harness/sandbox/sandbox_clean.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)

enum {
    TICK_MIN_MS = 1, /* a memory bomb is caught early; a long run is disturbed little */
    TICK_MAX_MS = 10,
    STORAGE_EVERY_MS = 100,
    GRACE_MS = 200,              /* children of a program that has ended, to end too */
    MAX_FIRST_ENTRIES = 1000000, /* files that its folders may hold at the start */
    MAX_NEW_ENTRIES = 10000,     /* files that a program may add to them */
    USAGE_FACTOR = 8             /* their bytes, in units of the output limit */
};

typedef struct run {
    launch_config config;
    const char *temp_dir; /* "" or to be removed at the end */
    launch_program program;
    pid_t child;
    int signals, listener; /* -1: none */
    uint64_t start_ns;
    uint64_t next_storage_ns;
    launch_usage usage_at_start;
    bool ended; /* report.end stands */
    launch_report report;
} run;

static uint64_t now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void end_run(run *r, launch_end end)
{
    if (r->ended)
        return;
    r->ended = true;
    r->report.end = end;
    r->report.wall_ns = r->start_ns > 0 ? now_ns() - r->start_ns : 0;
}

static void fault(run *r, launch_step step, int error)
{
    if (r->ended)
        return; /* the first one is the cause */
    end_run(r, LAUNCH_FAULT);
    r->report.step = step;
    r->report.error = error;
}

/* "N word..." at argv[*at]: the words, and *at moved behind them. -1 if there are fewer. */
static long read_list(int argc, char **argv, int *at, char ***ret_words)
{
    if (*at >= argc)
        return -1;
    long n = strtol(argv[(*at)++], NULL, 10);
    if (n < 0 || n > argc - *at)
        return -1;
    *ret_words = &argv[*at];
    *at += (int)n;
    return n;
}

/* See launch.h. */
static bool read_arguments(int argc, char **argv, run *r)
{
    int at = 2;
    char **env = NULL, **writable = NULL, **readable = NULL;
    if (argc < 2)
        return false;
    r->temp_dir = argv[1];
    long n_env = read_list(argc, argv, &at, &env);
    long n_writable = n_env < 0 ? -1 : read_list(argc, argv, &at, &writable);
    long n_readable = n_writable < 0 ? -1 : read_list(argc, argv, &at, &readable);
    if (n_readable < 0 || at >= argc)
        return false;
    char **ended = calloc((size_t)n_env + 1, sizeof *ended); /* lives as long as the process */
    if (ended == NULL)
        return false;
    memcpy(ended, env, (size_t)n_env * sizeof *ended);
    r->program = (launch_program){.argv = &argv[at],
                                  .env = ended,
                                  .paths = {.readable = (const char *const *)readable,
                                            .writable = (const char *const *)writable,
                                            .n_readable = (unsigned)n_readable,
                                            .n_writable = (unsigned)n_writable}};
    return true;
}

static bool read_config(run *r)
{
    ssize_t n = recv(LAUNCH_CONTROL_FD, &r->config, sizeof r->config, 0);
    return n == (ssize_t)sizeof r->config && r->config.magic == LAUNCH_CONFIG_MAGIC;
}

/* One message of the child; *ret_listener is set if a descriptor came with it. 0: end of file. */
static ssize_t receive(int sync, launch_child_message *m, int *ret_listener)
{
    struct iovec part = {.iov_base = m, .iov_len = sizeof *m};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t n = recvmsg(sync, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(ret_listener, CMSG_DATA(c), sizeof *ret_listener);
    return n;
}

/* Waits until the child runs the program: the socket is closed by its exec. */
static void wait_for_exec(run *r, int sync)
{
    launch_child_message m;
    ssize_t n = 1;
    while (n > 0) {
        n = receive(sync, &m, &r->listener);
        if (n == (ssize_t)sizeof m && m.step != LAUNCH_STEP_NONE)
            fault(r, (launch_step)m.step, m.error);
    }
    if (r->listener < 0)
        fault(r, LAUNCH_STEP_FILTER, ECHILD);
}

/* Leaves the program's processor to it, if there is another one. */
static void move_away(int cpu)
{
    cpu_set_t set;
    if (cpu < 0 || cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof set, &set) != 0)
        return;
    CPU_CLR((size_t)cpu, &set);
    if (CPU_COUNT(&set) > 0)
        (void)sched_setaffinity(0, sizeof set, &set); /* only a courtesy */
}

static launch_usage read_usage(const run *r, uint64_t max_entries)
{
    return launch_usage_read(r->program.paths.writable, r->program.paths.n_writable, max_entries);
}

static void start(run *r)
{
    int sync[2];
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    (void)sigprocmask(SIG_SETMASK, &mask, NULL); /* cannot fail with these arguments */
    r->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    /* Above the descriptors that the child has a use for. */
    if (r->signals < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sync) != 0) {
        fault(r, LAUNCH_STEP_FORK, errno);
        return;
    }
    r->usage_at_start = read_usage(r, MAX_FIRST_ENTRIES);
    r->child = fork();
    if (r->child == 0)
        launch_child_run(&r->config, sync[1], LAUNCH_FILTER_FD, &r->program);
    if (r->child < 0) {
        fault(r, LAUNCH_STEP_FORK, errno);
        return;
    }
    (void)close(sync[1]); /* the child's end */
    /* Only the program holds the pipes now: they end with it. */
    (void)close_range(0, LAUNCH_ANSWERS_FD, 0);
    move_away(r->config.cpu);
    (void)prctl(PR_SET_DUMPABLE, 0); /* cannot fail with this argument */
    wait_for_exec(r, sync[0]);
    (void)close(sync[0]);
    r->start_ns = now_ns();
    r->next_storage_ns = r->start_ns + STORAGE_EVERY_MS * NS_PER_MS;
}

static void check_tree(run *r)
{
    launch_tree t;
    struct rusage reaped;
    const launch_config *c = &r->config;
    if (!launch_tree_read(c->may_fork ? 0 : r->child, &t)) {
        fault(r, LAUNCH_STEP_WATCH, ENOENT);
        return;
    }
    (void)getrusage(RUSAGE_CHILDREN, &reaped); /* cannot fail with these arguments */
    uint64_t cpu_ns = t.cpu_ns +
                      (uint64_t)(reaped.ru_utime.tv_sec + reaped.ru_stime.tv_sec) * NS_PER_S +
                      (uint64_t)(reaped.ru_utime.tv_usec + reaped.ru_stime.tv_usec) * 1000;
    if (t.rss_bytes > r->report.peak_rss_bytes)
        r->report.peak_rss_bytes = t.rss_bytes;
    if (c->memory_bytes > 0 && t.rss_bytes > c->memory_bytes)
        end_run(r, LAUNCH_MEMORY);
    if (c->cpu_ns > 0 && cpu_ns > c->cpu_ns)
        end_run(r, LAUNCH_CPU_TIME);
    if (t.n_tasks > LAUNCH_MAX_TASKS)
        end_run(r, LAUNCH_TASKS);
}

static void check_storage(run *r)
{
    if (r->config.namespaces && (launch_storage_full("/tmp") || launch_storage_full("/dev/shm"))) {
        end_run(r, LAUNCH_STORAGE);
        return;
    }
    const launch_usage *first = &r->usage_at_start;
    const uint64_t max_entries = first->n_entries + MAX_NEW_ENTRIES;
    launch_usage u = read_usage(r, max_entries);
    if ((u.too_deep && !first->too_deep) || u.n_entries > max_entries ||
        (r->config.output_bytes > 0 &&
         u.n_bytes > first->n_bytes + USAGE_FACTOR * r->config.output_bytes))
        end_run(r, LAUNCH_STORAGE);
}

/* A held system call: a new task is counted and let through, anything else ends the run. */
static void answer_call(run *r)
{
    struct seccomp_notif call;
    memset(&call, 0, sizeof call);
    if (ioctl(r->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
        return; /* ENOENT, EINTR: the caller has died meanwhile */
    int nr = call.data.nr;
    if (nr != SYS_clone && nr != SYS_fork && nr != SYS_vfork) {
        r->report.call_nr = nr;
        end_run(r, LAUNCH_CALL);
        return; /* the caller waits until it is killed */
    }
    launch_tree t;
    if (launch_tree_read(0, &t) && t.n_tasks >= LAUNCH_MAX_TASKS) {
        end_run(r, LAUNCH_TASKS);
        return;
    }
    struct seccomp_notif_resp reply;
    memset(&reply, 0, sizeof reply);
    reply.id = call.id;
    reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE; /* its flags were in registers: no race */
    (void)ioctl(r->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply); /* ENOENT: it has died meanwhile */
}

/* Reaps what has ended; the rusage of it all adds up in RUSAGE_CHILDREN. True if a child is left:
 * orphans come to the launcher, so if no child is, nothing of the tree is. */
static bool reap(run *r)
{
    struct signalfd_siginfo info;
    while (read(r->signals, &info, sizeof info) > 0)
        continue;
    int status = 0;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    for (; pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
        if (pid == r->child) {
            r->report.wait_status = status;
            end_run(r, LAUNCH_ENDED);
        }
    }
    return pid == 0;
}

static int tick_ms(const run *r, int previous_ms)
{
    int next = previous_ms < TICK_MAX_MS ? previous_ms + 1 : TICK_MAX_MS;
    if (r->config.wall_ns > 0) {
        uint64_t used = now_ns() - r->start_ns;
        uint64_t left_ms = used < r->config.wall_ns ? (r->config.wall_ns - used) / NS_PER_MS : 0;
        if (left_ms < (uint64_t)next)
            next = (int)left_ms + 1;
    }
    return next;
}

static void check_limits(run *r)
{
    uint64_t now = now_ns();
    if (r->config.wall_ns > 0 && now - r->start_ns >= r->config.wall_ns)
        end_run(r, LAUNCH_WALL_TIME);
    check_tree(r);
    if (now >= r->next_storage_ns) {
        r->next_storage_ns = now + STORAGE_EVERY_MS * NS_PER_MS;
        check_storage(r);
    }
}

/* Until the program has ended or must. */
static void watch(run *r)
{
    int timeout_ms = TICK_MIN_MS;
    uint64_t next_check_ns = r->start_ns;
    while (!r->ended) {
        struct pollfd fds[] = {{.fd = LAUNCH_CONTROL_FD, .events = POLLIN},
                               {.fd = r->signals, .events = POLLIN},
                               {.fd = r->listener, .events = POLLIN}};
        (void)poll(fds, sizeof fds / sizeof fds[0], timeout_ms); /* EINTR: only a sooner look */
        if (fds[1].revents != 0)
            (void)reap(r);
        if ((fds[2].revents & POLLIN) != 0)
            answer_call(r);
        else if (fds[2].revents != 0)
            r->listener = -1; /* nobody is under the filter any more */
        if (fds[0].revents != 0)
            end_run(r, LAUNCH_STOPPED);
        uint64_t now = now_ns();
        if (!r->ended && now >= next_check_ns) {
            timeout_ms = tick_ms(r, timeout_ms);
            next_check_ns = now + (uint64_t)timeout_ms * NS_PER_MS;
            check_limits(r);
        }
    }
}

/* Processes that the program has left behind get a moment to end by themselves. */
static void check_survivors(run *r)
{
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = (long)NS_PER_MS};
    for (int waited_ms = 0; waited_ms < GRACE_MS; waited_ms++) {
        if (!reap(r))
            return;
        (void)nanosleep(&pause, NULL); /* cut short: only a sooner look */
    }
    r->report.end = LAUNCH_SURVIVORS;
}

static void finish(run *r)
{
    struct rusage all;
    if (r->report.end == LAUNCH_ENDED && r->config.may_fork)
        check_survivors(r);
    if (r->report.end == LAUNCH_ENDED && WIFEXITED(r->report.wait_status)) {
        r->ended = false;
        check_storage(r); /* what was written since the last look */
    }
    launch_tree_kill(r->config.namespaces);
    (void)getrusage(RUSAGE_CHILDREN, &all); /* cannot fail with these arguments */
    r->report.cpu_ns = (uint64_t)(all.ru_utime.tv_sec + all.ru_stime.tv_sec) * NS_PER_S +
                       (uint64_t)(all.ru_utime.tv_usec + all.ru_stime.tv_usec) * 1000;
    uint64_t largest = (uint64_t)all.ru_maxrss * 1024; /* getrusage(2): KiB */
    if (largest > r->report.peak_rss_bytes)
        r->report.peak_rss_bytes = largest;
    if (r->temp_dir != NULL && r->temp_dir[0] != '\0')
        (void)sandbox_remove_tree(r->temp_dir); /* the judge looks again */
    r->report.magic = LAUNCH_REPORT_MAGIC;
    (void)send(LAUNCH_CONTROL_FD, &r->report, sizeof r->report, MSG_NOSIGNAL); /* or nobody waits */
}

int main(int argc, char **argv)
{
    static run r = {.signals = -1, .listener = -1};
    if (!read_arguments(argc, argv, &r) || !read_config(&r)) {
        fault(&r, LAUNCH_STEP_CONFIG, EINVAL);
    } else {
        if (!r.config.namespaces)
            (void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* cannot fail with this argument */
        start(&r);
    }
    if (!r.ended)
        watch(&r);
    finish(&r);
    return 0;
}
