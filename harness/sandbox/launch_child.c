#include "harness/sandbox/launch_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    SYNC_FD = 6, /* where the child keeps its socket while it closes all others */
    MAX_FILES = 1024,
    STACK_BYTES = 8 << 20,
    STACK_TOOL_BYTES = 64 << 20, /* compilers raise their own to this */
    NS_PER_S = 1000000000
};

static _Noreturn void fail(int sync, launch_step step)
{
    launch_child_message m = {.step = (int32_t)step, .error = errno};
    /* Not send: the filter may be in force already. If it fails, the exit status is what is seen.
     */
    (void)!write(sync, &m, sizeof m);
    _exit(127);
}

static int limit(int resource, uint64_t soft, uint64_t hard)
{
    struct rlimit r = {.rlim_cur = soft, .rlim_max = hard};
    return setrlimit((__rlimit_resource_t)resource, &r);
}

static int set_limits(const launch_config *c)
{
    int bad = limit(RLIMIT_CORE, 0, 0);
    bad |= limit(RLIMIT_NOFILE, MAX_FILES, MAX_FILES);
    bad |= limit(RLIMIT_MSGQUEUE, 0, 0);
    bad |= limit(RLIMIT_STACK, STACK_BYTES, c->may_fork ? STACK_TOOL_BYTES : STACK_BYTES);
    if (c->output_bytes > 0)
        bad |= limit(RLIMIT_FSIZE, c->output_bytes, c->output_bytes);
    if (c->cpu_ns > 0) { /* the watcher is exact; this holds should it be late */
        uint64_t seconds = (c->cpu_ns + NS_PER_S - 1) / NS_PER_S + 1;
        bad |= limit(RLIMIT_CPU, seconds, seconds + 1);
    }
    return bad;
}

static int pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

/* Without a user namespace root must lose its powers here, for good: an exec gives none back. */
static int drop_capabilities(void)
{
    if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                     SECBIT_NO_SETUID_FIXUP_LOCKED) != 0 &&
        errno != EPERM) /* EPERM: there were none to lose */
        return -1;
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
        if (prctl(PR_CAPBSET_DROP, cap) != 0 && errno != EPERM)
            return -1;
    }
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    return (int)syscall(SYS_capset, &header, none);
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int s = 1; s < NSIG; s++) {
        if (s != SIGKILL && s != SIGSTOP)
            (void)signal(s, SIG_DFL); /* fails for the two that libc keeps to itself */
    }
    (void)sigprocmask(SIG_SETMASK, &none, NULL); /* cannot fail with these arguments */
}

/* A program that may not fork has only itself to signal; nothing else of the user's is its own. */
static int install_signal_filter(uint32_t pid)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 5, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tkill, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigqueueinfo, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_tgsigqueueinfo, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)), /* low half */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, pid, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0),          /* its own process group */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 1, 0), /* the main filter knows it */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                        &program);
}

/* Installs the judge's filter. Returns the listener's descriptor, or -1 with errno. */
static int install_filter(int filter)
{
    static struct sock_filter code[BPF_MAXINSNS];
    ssize_t n = pread(filter, code, sizeof code, 0);
    if (n <= 0 || (size_t)n % sizeof code[0] != 0)
        return -1;
    struct sock_fprog program = {.len = (unsigned short)((size_t)n / sizeof code[0]),
                                 .filter = code};
    /* SPEC_ALLOW: a filter must not slow down the code that is measured */
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                        SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                        &program);
}

static bool send_listener(int sync, int listener)
{
    launch_child_message m = {.step = LAUNCH_STEP_NONE, .error = 0};
    struct iovec part = {.iov_base = &m, .iov_len = sizeof m};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &listener, sizeof listener);
    return sendmsg(sync, &message, MSG_NOSIGNAL) == (ssize_t)sizeof m;
}

/* Leaves 0, 1, 2, the answers if there are any, and SYNC_FD, which exec closes. */
static int close_others(const launch_config *c, int *sync)
{
    if (dup3(*sync, SYNC_FD, O_CLOEXEC) != SYNC_FD)
        return -1;
    *sync = SYNC_FD;
    unsigned first = c->answers ? LAUNCH_ANSWERS_FD + 1 : LAUNCH_ANSWERS_FD;
    if (close_range(first, LAUNCH_FILTER_FD - 1, 0) != 0)
        return -1;
    return close_range(SYNC_FD + 1, ~0U, 0);
}

_Noreturn void launch_child_run(const launch_config *config, int sync, int filter,
                                const launch_program *program)
{
    (void)setsid(); /* fails only for a group leader, which a new child is not */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || set_limits(config) != 0)
        fail(sync, LAUNCH_STEP_LIMITS);
    if (config->cpu >= 0 && pin(config->cpu) != 0)
        fail(sync, LAUNCH_STEP_PIN);
    if (geteuid() == 0 && drop_capabilities() != 0)
        fail(sync, LAUNCH_STEP_LIMITS);
    (void)personality(ADDR_NO_RANDOMIZE); /* where it is refused, costs repeat a little less well */
    (void)umask(S_IWGRP | S_IWOTH);       /* cannot fail */
    if (close_others(config, &sync) != 0)
        fail(sync, LAUNCH_STEP_LIMITS);
    reset_signals();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        (!config->namespaces && launch_landlock(&program->paths) != 0))
        fail(sync, LAUNCH_STEP_LIMITS);
    if ((!config->may_fork && install_signal_filter((uint32_t)getpid()) != 0))
        fail(sync, LAUNCH_STEP_FILTER);
    int listener = install_filter(filter);
    if (listener < 0 || !send_listener(sync, listener))
        fail(sync, LAUNCH_STEP_FILTER);
    (void)close(
        filter); /* all that is left open but for sync and the listener, which exec closes */
    (void)execve(program->argv[0], program->argv, program->env); /* returns only on error */
    fail(sync, LAUNCH_STEP_EXEC);
}
