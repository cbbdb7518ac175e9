#include "harness/sandbox/sandbox_seccomp.h"

#include "harness/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* arch_prctl(2), asm/prctl.h */
enum { ARCH_CALL_SET_CPUID = 0x1012 };

/* seccomp_api_get(3): SCMP_ACT_NOTIFY */
enum { API_WITH_NOTIFY = 5 };

static const char *const allowed[] = {
    /* files */
    "access", "alarm", "chdir", "close", "close_range", "copy_file_range", "dup", "dup2", "dup3",
    "faccessat", "faccessat2", "fadvise64", "fallocate", "fchdir", "fcntl", "fdatasync", "flock",
    "fstat", "fstatfs", "fsync", "ftruncate", "futimesat", "getcwd", "ioctl", "getdents",
    "getdents64", "lseek", "lstat", "mkdir", "mkdirat", "newfstatat", "pipe", "pipe2", "pread64",
    "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readlink",
    "readlinkat", "readv", "rename", "renameat", "renameat2", "rmdir", "sendfile", "splice", "stat",
    "statfs", "statx", "sync_file_range", "tee", "truncate", "umask", "unlink", "unlinkat", "utime",
    "utimensat", "utimes", "vmsplice", "write", "writev", "fgetxattr", "getxattr", "lgetxattr",
    "flistxattr", "listxattr", "llistxattr",
    /* waiting */
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
    "eventfd", "eventfd2", "poll", "ppoll", "pselect6", "select", "pause", "signalfd", "signalfd4",
    "timerfd_create", "timerfd_gettime", "timerfd_settime", "inotify_add_watch", "inotify_init",
    "inotify_init1", "inotify_rm_watch",
    /* memory */
    "brk", "madvise", "membarrier", "mincore", "mlock", "mlock2", "mlockall", "mmap", "mprotect",
    "mremap", "msync", "munlock", "munlockall", "munmap", "pkey_alloc", "pkey_free",
    "pkey_mprotect", "remap_file_pages",
    /* the process itself */
    "capget", "execve", "execveat", "exit", "exit_group", "futex", "futex_waitv", "get_robust_list",
    "get_thread_area", "getcpu", "getegid", "geteuid", "getgid", "getgroups", "getpgid", "getpgrp",
    "getpid", "getppid", "getpriority", "getrandom", "getresgid", "getresuid", "getrlimit",
    "getrusage", "getsid", "gettid", "getuid", "restart_syscall", "rseq", "sched_get_priority_max",
    "sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam",
    "sched_getscheduler", "sched_rr_get_interval", "sched_yield", "set_robust_list",
    "set_thread_area", "set_tid_address", "setpgid", "setrlimit", "setsid", "sysinfo", "times",
    "uname", "wait4", "waitid",
    /* signals to itself and, in its own pid namespace, to its children */
    "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn",
    "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sigaltstack", "tgkill", "tkill",
    /* clocks */
    "clock_getres", "clock_gettime", "clock_nanosleep", "getitimer", "gettimeofday", "nanosleep",
    "setitimer", "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime",
    "timer_settime",
    /* on a socket that cannot exist; the launcher's own start-up needs the first */
    "sendmsg", "recvmsg"};

static const char *const refused[] = {
    "chown",         "fchown",        "fchownat",           "lchown",
    "ioprio_set",    "sched_setattr", "sched_setaffinity",  "sched_setparam",
    "setpriority",   "setxattr",      "sched_setscheduler", "fsetxattr",
    "lsetxattr",     "removexattr",   "fremovexattr",       "lremovexattr",
    "set_mempolicy", "mbind",         "migrate_pages",      "move_pages",
};

static const char *const deadly[] = {
    /* row 55: other identities, namespaces, mounts */
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid",
    "setfsgid", "capset", "unshare", "setns", "mount", "umount2", "pivot_root", "chroot",
    "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
    "open_by_handle_at", "name_to_handle_at", "fanotify_init",
    /* the kernel's own workings */
    "bpf", "perf_event_open", "keyctl", "add_key", "request_key", "userfaultfd", "seccomp",
    "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "init_module", "finit_module",
    "delete_module", "iopl", "ioperm", "modify_ldt", "acct", "quotactl", "quotactl_fd", "syslog",
    "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname",
    "vhangup", "lookup_dcookie", "nfsservctl",
    /* row 44 */
    "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup", "io_submit"};

static const char *const network[] = {"socket", "socketpair", "connect", "bind",    "listen",
                                      "accept", "accept4",    "sendto",  "recvfrom"};

/* Rows 11, 30: nothing but an attack on the judge or on the clocks. */
static const char *const tampering[] = {"ptrace", "process_vm_readv", "process_vm_writev",
                                        "pidfd_getfd", "process_madvise"};

/* Row 41: a judged program makes plain files and folders; tools may make links. */
static const char *const special_files[] = {"symlink", "symlinkat", "link",
                                            "linkat",  "mknod",     "mknodat"};

static const char *const new_tasks[] = {"fork", "vfork"};

/* prctl(2): what programs, libc and valgrind ask for. */
static const int allowed_prctls[] = {
    PR_GET_DUMPABLE,     PR_SET_DUMPABLE, PR_GET_NAME,         PR_SET_NAME,     PR_GET_PDEATHSIG,
    PR_SET_PDEATHSIG,    PR_GET_TSC,      PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP,  PR_GET_TIMERSLACK,
    PR_SET_NO_NEW_PRIVS, PR_CAPBSET_READ, PR_SET_PTRACER,      PR_GET_KEEPCAPS, PR_SET_VMA};

typedef struct builder {
    scmp_filter_ctx ctx;
    int error; /* 0, or the first -errno */
} builder;

/* Adds a rule for a call by name; a call that this machine does not have is no error. */
static void add(builder *b, uint32_t action, const char *name, unsigned n_args,
                const struct scmp_arg_cmp *args)
{
    int nr = seccomp_syscall_resolve_name(name);
    if (nr == __NR_SCMP_ERROR || b->error != 0)
        return;
    int error = seccomp_rule_add_array(b->ctx, action, nr, n_args, args);
    if (error < 0 && error != -EDOM) /* EDOM: not on this architecture */
        b->error = error;
}

static void add_all(builder *b, uint32_t action, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(b, action, names[i], 0, NULL);
}
#define ADD_ALL(b, action, names) add_all(b, action, names, G_N_ELEMENTS(names))

static void add_if(builder *b, uint32_t action, const char *name, struct scmp_arg_cmp condition)
{
    add(b, action, name, 1, &condition);
}

static struct scmp_arg_cmp equals(unsigned argument, uint64_t value)
{
    return (struct scmp_arg_cmp){
        .arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

/*
 * prctl and arch_prctl take an int: the kernel drops the upper half of the register, a filter does
 * not. So what is allowed is compared whole, and what is reported, by its lower half.
 */
static void add_process_control(builder *b)
{
    const uint64_t low_half = UINT32_MAX;
    add_if(b, SCMP_ACT_NOTIFY, "prctl", SCMP_A0(SCMP_CMP_MASKED_EQ, low_half, PR_SET_TSC));
    for (size_t i = 0; i < G_N_ELEMENTS(allowed_prctls); i++)
        add_if(b, SCMP_ACT_ALLOW, "prctl", equals(0, (uint64_t)allowed_prctls[i]));
    add_if(b, SCMP_ACT_NOTIFY, "arch_prctl",
           SCMP_A0(SCMP_CMP_MASKED_EQ, low_half, ARCH_CALL_SET_CPUID));
    for (uint64_t code = 0x1001; code <= 0x1004; code++) /* ARCH_SET_GS .. ARCH_GET_GS */
        add_if(b, SCMP_ACT_ALLOW, "arch_prctl", equals(0, code));
    /* Limits of its own only: the launcher's belong to the same user. */
    add_if(b, SCMP_ACT_ALLOW, "prlimit64", equals(0, 0));
    /* kill(-1): row 31 */
    add_if(b, SCMP_ACT_KILL_PROCESS, "kill", SCMP_A0(SCMP_CMP_MASKED_EQ, low_half, low_half));
    for (unsigned bit = 0; bit < 32; bit++) /* every pid but -1 has a zero bit */
        add_if(b, SCMP_ACT_ALLOW, "kill", SCMP_A0(SCMP_CMP_MASKED_EQ, UINT64_C(1) << bit, 0));
}

/* Files with the set-user-ID or set-group-ID bit must not come to be in a mount of the host. */
static void add_modes(builder *b)
{
    const uint64_t bits[] = {S_ISUID, S_ISGID};
    const uint64_t both = S_ISUID | S_ISGID;
    for (size_t i = 0; i < G_N_ELEMENTS(bits); i++) {
        add_if(b, SCMP_ACT_KILL_PROCESS, "chmod", SCMP_A1(SCMP_CMP_MASKED_EQ, bits[i], bits[i]));
        add_if(b, SCMP_ACT_KILL_PROCESS, "fchmod", SCMP_A1(SCMP_CMP_MASKED_EQ, bits[i], bits[i]));
        add_if(b, SCMP_ACT_KILL_PROCESS, "fchmodat", SCMP_A2(SCMP_CMP_MASKED_EQ, bits[i], bits[i]));
        add_if(b, SCMP_ACT_KILL_PROCESS, "creat", SCMP_A1(SCMP_CMP_MASKED_EQ, bits[i], bits[i]));
        struct scmp_arg_cmp open_create[] = {SCMP_A1(SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT),
                                             SCMP_A2(SCMP_CMP_MASKED_EQ, bits[i], bits[i])};
        add(b, SCMP_ACT_KILL_PROCESS, "open", 2, open_create);
        struct scmp_arg_cmp openat_create[] = {SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT),
                                               SCMP_A3(SCMP_CMP_MASKED_EQ, bits[i], bits[i])};
        add(b, SCMP_ACT_KILL_PROCESS, "openat", 2, openat_create);
    }
    add_if(b, SCMP_ACT_ALLOW, "chmod", SCMP_A1(SCMP_CMP_MASKED_EQ, both, 0));
    add_if(b, SCMP_ACT_ALLOW, "fchmod", SCMP_A1(SCMP_CMP_MASKED_EQ, both, 0));
    add_if(b, SCMP_ACT_ALLOW, "fchmodat", SCMP_A2(SCMP_CMP_MASKED_EQ, both, 0));
    add_if(b, SCMP_ACT_ALLOW, "creat", SCMP_A1(SCMP_CMP_MASKED_EQ, both, 0));
    add_if(b, SCMP_ACT_ALLOW, "open", SCMP_A1(SCMP_CMP_MASKED_EQ, O_CREAT, 0));
    add_if(b, SCMP_ACT_ALLOW, "open", SCMP_A2(SCMP_CMP_MASKED_EQ, both, 0));
    add_if(b, SCMP_ACT_ALLOW, "openat", SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT, 0));
    add_if(b, SCMP_ACT_ALLOW, "openat", SCMP_A3(SCMP_CMP_MASKED_EQ, both, 0));
}

static void add_tasks(builder *b, bool may_fork)
{
    if (!may_fork) {
        ADD_ALL(b, SCMP_ACT_KILL_PROCESS, new_tasks);
        add(b, SCMP_ACT_KILL_PROCESS, "clone", 0, NULL);
        add(b, SCMP_ACT_KILL_PROCESS, "clone3", 0, NULL);
        return;
    }
    const uint64_t namespaces[] = {CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,    CLONE_NEWNS,
                                   CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP, CLONE_NEWTIME};
    uint64_t all = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(namespaces); i++) {
        if (namespaces[i] == CLONE_NEWTIME)
            continue; /* that bit is part of the exit signal here; clone3 only */
        all |= namespaces[i];
        add_if(b, SCMP_ACT_KILL_PROCESS, "clone",
               SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
    }
    add_if(b, SCMP_ACT_NOTIFY, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, all, 0));
    ADD_ALL(b, SCMP_ACT_NOTIFY, new_tasks);
    /* clone3 hides its flags in memory: it does not exist, and libc goes back to clone */
}

static int build(builder *b, bool may_fork)
{
    /* Not what libseccomp finds out about this process, which may run under valgrind: the filter is
     * for the launcher's child, and there the kernel's own answer counts. */
    int error = seccomp_api_set(API_WITH_NOTIFY);
    if (error != 0)
        return error;
    b->ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (b->ctx == NULL)
        return -ENOMEM;
    b->error = seccomp_attr_set(b->ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (b->error == 0)
        b->error = seccomp_attr_set(b->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    ADD_ALL(b, SCMP_ACT_ALLOW, allowed);
    ADD_ALL(b, SCMP_ACT_ERRNO(EPERM), refused);
    ADD_ALL(b, SCMP_ACT_KILL_PROCESS, deadly);
    ADD_ALL(b, SCMP_ACT_NOTIFY, tampering);
    /* libc asks the name service over a local socket before it reads the files: tools do that */
    ADD_ALL(b, may_fork ? SCMP_ACT_ERRNO(EAFNOSUPPORT) : SCMP_ACT_KILL_PROCESS, network);
    ADD_ALL(b, may_fork ? SCMP_ACT_ALLOW : SCMP_ACT_NOTIFY, special_files);
    add_process_control(b);
    add_modes(b);
    add_tasks(b, may_fork);
    return b->error;
}

static int export_filter(bool may_fork)
{
    builder b = {.ctx = NULL, .error = 0};
    int error = build(&b, may_fork);
    int fd = -1;
    if (error == 0) {
        fd = memfd_create("objlab-filter", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        error = fd < 0 ? -errno : seccomp_export_bpf(b.ctx, fd);
    }
    if (error == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        error = -errno;
    if (b.ctx != NULL)
        seccomp_release(b.ctx);
    if (error != 0 && fd >= 0) {
        (void)close(fd); /* the error to tell is the one before */
        fd = -1;
    }
    return error != 0 ? error : fd;
}

int sandbox_seccomp_fd(bool may_fork, GError **error)
{
    static gsize made[2];
    static int results[2]; /* a descriptor, or -errno */
    if (g_once_init_enter(&made[may_fork])) {
        results[may_fork] = export_filter(may_fork);
        g_once_init_leave(&made[may_fork], 1);
    }
    if (results[may_fork] >= 0)
        return results[may_fork];
    g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_REFUSED, "cannot make the seccomp filter: %s",
                g_strerror(-results[may_fork]));
    return -1;
}

char *sandbox_seccomp_name(int call_nr)
{
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call_nr);
    char *copy = name != NULL ? g_strdup(name) : g_strdup_printf("system call %d", call_nr);
    free(name); /* libc's memory */
    return copy;
}
