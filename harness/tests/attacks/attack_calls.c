#include "harness/tests/attacks/attack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/vm_sockets.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int succeeded_if(int yes)
{
    return yes ? ATTACK_SUCCEEDED : ATTACK_REFUSED;
}

/* True if it can be opened, or made. */
static bool can_open(const char *path, int flags, mode_t mode)
{
    int fd = open(path, flags | O_CLOEXEC, mode);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

static bool can_connect(int family)
{
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

static int inet_socket(const char *argument)
{
    (void)argument;
    return succeeded_if(can_connect(AF_INET));
}

static int vsock_socket(const char *argument)
{
    (void)argument;
    return succeeded_if(can_connect(AF_VSOCK));
}

static int io_uring(const char *argument)
{
    char parameters[256] = {0};
    (void)argument;
    return succeeded_if(syscall(SYS_io_uring_setup, 4, parameters) >= 0);
}

/* getpid by the 32-bit entry: its numbers mean other calls to a filter made for 64 bits. */
static int call_32_bit(const char *argument)
{
    long result = 20;
    (void)argument;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return succeeded_if(result > 0);
}

static int call_x32(const char *argument)
{
    (void)argument;
    return succeeded_if(syscall(0x40000000 | SYS_getpid) > 0);
}

static int trace(const char *argument)
{
    (void)argument;
    return succeeded_if(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0);
}

static int write_memory(const char *argument)
{
    char byte = 0;
    struct iovec here = {.iov_base = &byte, .iov_len = 1};
    struct iovec there = {.iov_base = (void *)(uintptr_t)0x400000, .iov_len = 1};
    (void)argument;
    return succeeded_if(process_vm_writev(getppid(), &here, 1, &there, 1, 0) == 1);
}

static int no_tsc(const char *argument)
{
    (void)argument;
    return succeeded_if(prctl(PR_SET_TSC, PR_TSC_SIGSEGV) == 0);
}

/* The kernel looks at the lower half of the register only. */
static int no_tsc_high_bits(const char *argument)
{
    (void)argument;
    return succeeded_if(syscall(SYS_prctl, UINT64_C(0x100000000) | PR_SET_TSC, PR_TSC_SIGSEGV) ==
                        0);
}

static int become_root(const char *argument)
{
    (void)argument;
    return succeeded_if(setuid(0) == 0);
}

static int user_namespace(const char *argument)
{
    (void)argument;
    return succeeded_if(unshare(CLONE_NEWUSER) == 0);
}

static int clone_namespace(const char *argument)
{
    (void)argument;
    return succeeded_if(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) >= 0);
}

static int mount_folder(const char *argument)
{
    (void)argument;
    return succeeded_if(mount("none", "/tmp", "tmpfs", 0, "") == 0);
}

static int load_bpf(const char *argument)
{
    union bpf_attr attributes;
    (void)argument;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = attributes.value_size = 4;
    attributes.max_entries = 1;
    return succeeded_if(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes) >= 0);
}

static int count_events(const char *argument)
{
    struct perf_event_attr event = {
        .type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_CPU_CLOCK};
    (void)argument;
    return succeeded_if(syscall(SYS_perf_event_open, &event, 0, -1, -1, 0) >= 0);
}

static int key_ring(const char *argument)
{
    (void)argument;
    return succeeded_if(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1) >= 0);
}

static int fault_handler(const char *argument)
{
    (void)argument;
    return succeeded_if(syscall(SYS_userfaultfd, 0) >= 0);
}

static int own_filter(const char *argument)
{
    (void)argument;
    return succeeded_if(syscall(SYS_seccomp, 2, 0, NULL) >= 0);
}

static int choose_processor(const char *argument)
{
    cpu_set_t all;
    (void)argument;
    memset(&all, 0xff, sizeof all);
    return succeeded_if(sched_setaffinity(0, sizeof all, &all) == 0 || errno != EPERM);
}

static int be_nice(const char *argument)
{
    (void)argument;
    errno = 0;
    return succeeded_if(nice(5) != -1 || errno != EPERM);
}

static int kill_everyone(const char *argument)
{
    (void)argument;
    return succeeded_if(kill(-1, SIGKILL) == 0);
}

/* The launcher is the parent. Getting away with it would end the run without a report. */
static int kill_parent(const char *argument)
{
    const int signals[] = {SIGKILL, SIGTERM, SIGSTOP, SIGCHLD, SIGSEGV};
    (void)argument;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        (void)kill(getppid(), signals[i]);
    return ATTACK_REFUSED;
}

/* Zero files for the launcher: it could not look at the process table any more. */
static int limit_parent(const char *argument)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    (void)argument;
    return succeeded_if(prlimit(getppid(), RLIMIT_NOFILE, &none, NULL) == 0);
}

static int read_parent(const char *argument)
{
    const char *const files[] = {"mem", "environ", "maps", "fd/4"};
    int n_opened = 0;
    (void)argument;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)getppid(), files[i]);
        n_opened += can_open(path, O_RDONLY, 0);
        n_opened += can_open(path, O_RDWR, 0);
    }
    return succeeded_if(n_opened > 0);
}

/* Shared memory and message queues outlive a process. */
static int shared_memory(const char *argument)
{
    (void)argument;
    return succeeded_if(syscall(SYS_shmget, 4711, 4096, 01600) >= 0 ||
                        syscall(SYS_msgget, 4711, 01600) >= 0 ||
                        syscall(SYS_mq_open, "objlab", O_CREAT | O_RDWR, 0600, NULL) >= 0 ||
                        syscall(SYS_memfd_create, "objlab", 0) >= 0);
}

static int read_host(const char *argument)
{
    const char *const paths[] = {"/root",        "/home", "/etc/shadow", "/etc/passwd", "/sys",
                                 "/proc/1/root", "/var",  "/dev/tty",    "/dev/sda",    "/dev/mem",
                                 "/proc/kcore",  "/boot", "/usr/src/x"};
    (void)argument;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char byte = 0;
        int fd = open(paths[i], O_RDONLY);
        if (fd >= 0 && (read(fd, &byte, 1) > 0 || errno == EISDIR)) {
            (void)fprintf(stderr, "%s can be read\n", paths[i]);
            return ATTACK_SUCCEEDED;
        }
    }
    return succeeded_if(argument[0] != '\0' && can_open(argument, O_RDONLY, 0));
}

static int write_system(const char *argument)
{
    const char *const paths[] = {"/proc/sys/kernel/core_pattern",
                                 "/proc/sys/vm/drop_caches",
                                 "/proc/sysrq-trigger",
                                 "/proc/irq/default_smp_affinity",
                                 "/proc/1/oom_score_adj",
                                 "/proc/self/uid_map",
                                 "/usr/bin/env",
                                 "/etc/ld.so.cache",
                                 "/run/objlab-launch"};
    (void)argument;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (can_open(paths[i], O_WRONLY, 0)) {
            (void)fprintf(stderr, "%s can be written\n", paths[i]);
            return ATTACK_SUCCEEDED;
        }
    }
    return succeeded_if(can_open("/usr/bin/x", O_CREAT | O_WRONLY, 0755) ||
                        can_open("/x", O_CREAT | O_WRONLY, 0600) ||
                        can_open("/dev/x", O_CREAT | O_WRONLY, 0600) ||
                        can_open("/etc/x", O_CREAT | O_WRONLY, 0600));
}

/* argument: a file that is mounted read-only. */
static int write_mount(const char *argument)
{
    return succeeded_if(can_open(argument, O_WRONLY, 0) || truncate(argument, 0) == 0 ||
                        unlink(argument) == 0 || rename(argument, "/tmp/x") == 0);
}

static int change_mode(const char *argument)
{
    return succeeded_if(chmod(argument, 0777) == 0);
}

/* The judge's input file, opened once more through its descriptor. */
static int write_input(const char *argument)
{
    (void)argument;
    int fd = open("/proc/self/fd/0", O_RDWR);
    return succeeded_if((fd >= 0 && write(fd, "forged", 6) == 6) || ftruncate(0, 0) == 0);
}

static int write_descriptors(const char *argument)
{
    long first = argument[0] != '\0' ? strtol(argument, NULL, 10) : 3;
    int n_written = 0;
    for (int fd = (int)first; fd < 4096; fd++)
        n_written += write(fd, "PASS\n", 5) == 5;
    return succeeded_if(n_written > 0);
}

static int set_user_id_chmod(const char *argument)
{
    (void)argument;
    int fd = creat("x", 0700);
    return succeeded_if(fd >= 0 && fchmod(fd, 04755) == 0);
}

static int set_user_id_open(const char *argument)
{
    (void)argument;
    return succeeded_if(can_open("x", O_CREAT | O_WRONLY, 04755));
}

static int make_link(const char *argument)
{
    (void)argument;
    return succeeded_if(symlink("/etc/passwd", "answers") == 0);
}

static int make_fifo(const char *argument)
{
    (void)argument;
    return succeeded_if(mkfifo("answers", 0600) == 0);
}

const attack attack_calls[] = {
    {"inet_socket", inet_socket},
    {"vsock_socket", vsock_socket},
    {"io_uring", io_uring},
    {"call_32_bit", call_32_bit},
    {"call_x32", call_x32},
    {"trace", trace},
    {"write_memory", write_memory},
    {"no_tsc", no_tsc},
    {"no_tsc_high_bits", no_tsc_high_bits},
    {"become_root", become_root},
    {"user_namespace", user_namespace},
    {"clone_namespace", clone_namespace},
    {"mount_folder", mount_folder},
    {"load_bpf", load_bpf},
    {"count_events", count_events},
    {"key_ring", key_ring},
    {"fault_handler", fault_handler},
    {"own_filter", own_filter},
    {"choose_processor", choose_processor},
    {"be_nice", be_nice},
    {"kill_everyone", kill_everyone},
    {"kill_parent", kill_parent},
    {"limit_parent", limit_parent},
    {"read_parent", read_parent},
    {"shared_memory", shared_memory},
    {"read_host", read_host},
    {"write_system", write_system},
    {"write_mount", write_mount},
    {"change_mode", change_mode},
    {"write_input", write_input},
    {"write_descriptors", write_descriptors},
    {"set_user_id_chmod", set_user_id_chmod},
    {"set_user_id_open", set_user_id_open},
    {"make_link", make_link},
    {"make_fifo", make_fifo},
    {NULL, NULL},
};
