#include "harness/sandbox/sandbox.h"

#include "harness/sandbox/launch.h"
#include "harness/sandbox/sandbox_argv.h"
#include "harness/sandbox/sandbox_run.h"
#include "harness/sandbox/sandbox_seccomp.h"
#include "harness/sandbox/sandbox_verdict.h"
#include "harness/sandbox/sandbox_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

G_DEFINE_QUARK(objlab - sandbox - error, sandbox_error)

enum {
    MAX_RUNS = 64,
    LATE_S = 20, /* after the wall limit the launcher must have reported */
    HIGH_FD = 64 /* where a child keeps descriptors while it sorts them */
};

static atomic_int tier_in_force = SANDBOX_FULL;
static atomic_bool cancelled;
static atomic_int runs[MAX_RUNS]; /* control descriptor + 1 of each run; 0: free slot */

void sandbox_set_tier(sandbox_tier tier)
{
    atomic_store(&tier_in_force, (int)tier);
}

sandbox_tier sandbox_get_tier(void)
{
    return (sandbox_tier)atomic_load(&tier_in_force);
}

/* A launcher that loses the judge kills its tree: hanging up is all that it takes. */
void sandbox_kill_all(void)
{
    atomic_store(&cancelled, true);
    for (int i = 0; i < MAX_RUNS; i++) {
        int taken = atomic_exchange(&runs[i], 0); /* now ours: nobody else closes it */
        if (taken > 0)
            (void)shutdown(taken - 1, SHUT_RDWR); /* ENOTCONN: it has ended meanwhile */
    }
}

static bool set_error(GError **error, sandbox_error code, const char *what)
{
    g_set_error(error, SANDBOX_ERROR, (int)code, "%s: %s", what, g_strerror(errno));
    return false;
}

static int claim_slot(int control, GError **error)
{
    for (int i = 0; i < MAX_RUNS; i++) {
        int empty = 0;
        if (atomic_compare_exchange_strong(&runs[i], &empty, control + 1))
            return i;
    }
    g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_JOB, "more than %d runs at a time", MAX_RUNS);
    return -1;
}

/* A sealed copy: the program could reopen a file of the host for writing through /proc. */
static int open_stdin(const char *path, GError **error)
{
    if (path == NULL)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    g_autofree char *bytes = NULL;
    gsize n_bytes = 0;
    if (!g_file_get_contents(path, &bytes, &n_bytes, error)) {
        g_prefix_error(error, "standard input: ");
        return -1;
    }
    int fd = memfd_create("stdin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    bool fine = fd >= 0;
    for (gsize done = 0; fine && done < n_bytes;) {
        ssize_t n = write(fd, bytes + done, n_bytes - done);
        fine = n > 0 || (n < 0 && errno == EINTR);
        done += n > 0 ? (gsize)n : 0;
    }
    if (fine && lseek(fd, 0, SEEK_SET) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return fd;
    (void)set_error(error, SANDBOX_ERROR_IO, "cannot copy the standard input");
    if (fd >= 0)
        (void)close(fd); /* the error is told already */
    return -1;
}

/* Everything that a run holds open. */
typedef struct run {
    const sandbox_job *job;
    sandbox_command *command;
    sandbox_watched watched;
    int inner[LAUNCH_N_FDS]; /* what becomes 0 .. 5 of the launcher; -1: closed */
    int control;
    int slot;
    pid_t pid;
    int wait_status;
} run;

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* pipes, sockets and files whose writes have been checked */
    *fd = -1;
}

static bool open_stream(run *r, int index, const char *path, GError **error)
{
    sandbox_stream *s = &r->watched.streams[index];
    int *inner = &r->inner[index + 1];
    if (path == NULL && index + 1 == LAUNCH_ANSWERS_FD) {
        *inner =
            open("/dev/null", O_WRONLY | O_CLOEXEC); /* keeps the place; the program has none */
        return *inner >= 0 || set_error(error, SANDBOX_ERROR_IO, "/dev/null");
    }
    if (path != NULL) {
        s->file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (s->file < 0)
            return set_error(error, SANDBOX_ERROR_IO, path);
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return set_error(error, SANDBOX_ERROR_IO, "pipe");
    s->pipe = ends[0];
    *inner = ends[1];
    return true;
}

static bool open_all(run *r, GError **error)
{
    const sandbox_job *job = r->job;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return set_error(error, SANDBOX_ERROR_IO, "socketpair");
    r->control = pair[0];
    r->inner[LAUNCH_CONTROL_FD] = pair[1];
    int filter = sandbox_seccomp_fd(job->limits.may_fork, error);
    if (filter < 0)
        return false;
    r->inner[LAUNCH_FILTER_FD] = fcntl(filter, F_DUPFD_CLOEXEC, 0);
    if (r->inner[LAUNCH_FILTER_FD] < 0)
        return set_error(error, SANDBOX_ERROR_IO, "dup");
    r->inner[0] = open_stdin(job->stdin_path, error);
    return r->inner[0] >= 0 && open_stream(r, 0, job->stdout_path, error) &&
           open_stream(r, 1, job->stderr_path, error) &&
           open_stream(r, 2, job->answers_path, error);
}

static uint64_t nanoseconds(double seconds)
{
    return seconds > 0 ? (uint64_t)(seconds * 1e9) + 1 : 0;
}

static bool send_config(const run *r, GError **error)
{
    const sandbox_limits *l = &r->job->limits;
    launch_config c;
    memset(&c, 0, sizeof c);
    c.magic = LAUNCH_CONFIG_MAGIC;
    c.cpu_ns = nanoseconds(l->cpu_s);
    c.wall_ns = nanoseconds(l->wall_s);
    c.memory_bytes = l->memory_bytes;
    c.output_bytes = l->output_bytes;
    c.cpu = r->job->cpu;
    c.may_fork = l->may_fork;
    c.namespaces = r->command->temp_dir == NULL;
    c.answers = r->job->answers_path != NULL;
    return send(r->control, &c, sizeof c, MSG_NOSIGNAL) == (ssize_t)sizeof c ||
           set_error(error, SANDBOX_ERROR_IO, "send");
}

/* Between fork and exec, in a process that may have had threads: system calls only. */
static _Noreturn void become_launcher(const run *r, char *const *argv)
{
    static char *const env[] = {NULL};
    int high[LAUNCH_N_FDS];
    sigset_t none;
    (void)setsid(); /* Ctrl-C reaches the judge only, who then ends the run */
    sigemptyset(&none);
    (void)signal(SIGCHLD, SIG_DFL); /* a judge that ignores it must not hide the program's end */
    (void)sigprocmask(SIG_SETMASK, &none, NULL); /* cannot fail with these arguments */
    for (int i = 0; i < LAUNCH_N_FDS; i++)
        high[i] = fcntl(r->inner[i], F_DUPFD_CLOEXEC, HIGH_FD);
    for (int i = 0; i < LAUNCH_N_FDS; i++) {
        if (dup2(high[i], i) != i)
            _exit(126);
    }
    if (close_range(LAUNCH_N_FDS, ~0U, 0) != 0 ||
        (r->command->cwd != NULL && chdir(r->command->cwd) != 0))
        _exit(126);
    (void)execve(argv[0], argv, env); /* returns only on error, and then there is no report */
    _exit(127);
}

static bool spawn(run *r, GError **error)
{
    char *const *argv = (char *const *)r->command->argv->pdata;
    r->pid = fork();
    if (r->pid < 0)
        return set_error(error, SANDBOX_ERROR_IO, "fork");
    if (r->pid == 0)
        become_launcher(r, argv);
    for (int i = 0; i < LAUNCH_N_FDS; i++)
        close_fd(&r->inner[i]);
    return true;
}

/* Kills what may still be there and waits for it. */
static void end_process(run *r)
{
    if (r->pid <= 0)
        return;
    if (!r->watched.reported)
        (void)kill(r->pid, SIGKILL); /* our own child, not yet waited for */
    while (waitpid(r->pid, &r->wait_status, 0) < 0 && errno == EINTR)
        continue;
}

static void release(run *r)
{
    for (int i = 0; i < LAUNCH_N_FDS; i++)
        close_fd(&r->inner[i]);
    for (int i = 0; i < SANDBOX_N_STREAMS; i++) {
        close_fd(&r->watched.streams[i].pipe);
        close_fd(&r->watched.streams[i].file);
    }
    /* If sandbox_kill_all() has taken the slot, it may be using the descriptor just now. */
    if (r->slot < 0 || atomic_exchange(&runs[r->slot], 0) != 0)
        close_fd(&r->control);
    sandbox_command_free(r->command);
}

bool sandbox_run_in(const sandbox_job *job, sandbox_tier tier, sandbox_result *ret_result,
                    GError **error)
{
    run r = {.job = job, .control = -1, .slot = -1, .inner = {-1, -1, -1, -1, -1, -1}};
    for (int i = 0; i < SANDBOX_N_STREAMS; i++)
        r.watched.streams[i] = (sandbox_stream){.pipe = -1, .file = -1};
    r.command = sandbox_command_new(job, tier, error);
    bool fine = r.command != NULL && open_all(&r, error) && send_config(&r, error);
    if (fine)
        r.slot = claim_slot(r.control, error);
    fine = fine && r.slot >= 0 && spawn(&r, error);
    if (fine) {
        r.watched.control = r.control;
        r.watched.output_bytes = job->limits.output_bytes;
        r.watched.deadline_s = job->limits.wall_s > 0 ? job->limits.wall_s + LATE_S : 0;
        if (atomic_load(&cancelled)) /* between the last look and the slot */
            (void)shutdown(r.control, SHUT_RDWR);
        fine = sandbox_watch(&r.watched, error);
    }
    end_process(&r);
    if (fine && atomic_load(&cancelled)) {
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_CANCELLED, "the run was cancelled");
        fine = false;
    }
    fine = fine && sandbox_verdict(&r.watched, job->argv[0], ret_result, error);
    release(&r);
    return fine;
}

bool sandbox_run(const sandbox_job *job, sandbox_result *ret_result, GError **error)
{
    return sandbox_run_in(job, sandbox_get_tier(), ret_result, error);
}
