#include "harness/tests/attacks/attack.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

/* Ordinary ends, to tell them from the others: exit ARGUMENT, die by signal ARGUMENT. */
static int leave(const char *argument)
{
    return (int)strtol(argument, NULL, 10);
}

static int die(const char *argument)
{
    return raise((int)strtol(argument, NULL, 10));
}

/* What a program can see of its surroundings, one "name=value" a line. */
static int look(const char *argument)
{
    char cwd[4096];
    (void)argument;
    for (char **e = environ; *e != NULL; e++)
        (void)printf("env %s\n", *e);
    (void)printf("cwd %s\n", getcwd(cwd, sizeof cwd) != NULL ? cwd : "?");
    (void)printf("ids %u %u\n", (unsigned)getuid(), (unsigned)geteuid());
    (void)printf("stack %p\n", (void *)&argument);
    for (int fd = 0; fd < 4096; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            (void)printf("fd %d\n", fd);
    }
    return 0;
}

/* Copies standard input to standard output, standard error and, if it is open, descriptor 3. */
static int copy(const char *argument)
{
    char bytes[4096];
    (void)argument;
    for (ssize_t n = read(0, bytes, sizeof bytes); n > 0; n = read(0, bytes, sizeof bytes)) {
        for (int fd = 1; fd <= 3; fd++) {
            if (write(fd, bytes, (size_t)n) != n && !(fd == 3 && errno == EBADF))
                return 1;
        }
    }
    return 0;
}

static int spin(const char *argument)
{
    (void)signal(SIGXCPU, SIG_IGN);
    for (volatile unsigned long i = 0; argument != NULL; i++)
        continue;
    return ATTACK_SUCCEEDED;
}

static int wait_forever(const char *argument)
{
    while (argument != NULL)
        (void)pause();
    return ATTACK_SUCCEEDED;
}

static int stop_itself(const char *argument)
{
    (void)argument;
    (void)raise(SIGSTOP);
    return ATTACK_SUCCEEDED;
}

/* argument: bytes to touch; without one, all there is. */
static int eat_memory(const char *argument)
{
    const size_t step = (size_t)1 << 20;
    size_t limit = argument[0] != '\0' ? strtoull(argument, NULL, 10) : SIZE_MAX;
    for (size_t done = 0; done < limit; done += step) {
        void *block = mmap(NULL, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED)
            return ATTACK_SUCCEEDED;
        memset(block, 1, step);
    }
    return 0;
}

static int eat_memory_at_once(const char *argument)
{
    (void)argument;
    const size_t n_bytes = (size_t)4 << 30;
    void *block = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (block != MAP_FAILED)
        (void)munmap(block, n_bytes);
    return ATTACK_SUCCEEDED;
}

/* Endless output to descriptor ARGUMENT. */
static int flood(const char *argument)
{
    char bytes[4096];
    int fd = (int)strtol(argument, NULL, 10);
    memset(bytes, 'x', sizeof bytes);
    while (write(fd, bytes, sizeof bytes) > 0)
        continue;
    return ATTACK_SUCCEEDED;
}

/* Exactly ARGUMENT bytes to standard output. */
static int print_bytes(const char *argument)
{
    for (long left = strtol(argument, NULL, 10); left > 0; left--)
        (void)putchar('x');
    return 0;
}

static int big_file(const char *argument)
{
    char bytes[1 << 16];
    int fd = open(argument, O_CREAT | O_WRONLY, 0600);
    memset(bytes, 'x', sizeof bytes);
    while (write(fd, bytes, sizeof bytes) > 0)
        continue;
    return ATTACK_SUCCEEDED;
}

/* Files without end in folder ARGUMENT, bytes each: as many as allow. */
static int make_files(const char *folder, size_t n_bytes)
{
    static char bytes[1 << 20];
    for (unsigned long i = 0; folder != NULL; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%lu", folder, i);
        int fd = open(path, O_CREAT | O_WRONLY, 0600);
        if (fd >= 0) {
            (void)!write(fd, bytes, n_bytes);
            (void)close(fd);
        }
    }
    return ATTACK_SUCCEEDED;
}

static int many_files(const char *argument)
{
    return make_files(argument, 0);
}

static int many_large_files(const char *argument)
{
    return make_files(argument, 1 << 20);
}

static int deep_folders(const char *argument)
{
    if (chdir(argument) != 0)
        return ATTACK_UNKNOWN;
    for (int i = 0; i < 5000; i++) {
        if (mkdir("d", 0700) != 0 || chdir("d") != 0)
            return ATTACK_REFUSED;
    }
    return ATTACK_SUCCEEDED;
}

static int locked_tree(const char *argument)
{
    if (chdir(argument) != 0 || mkdir("locked", 0700) != 0 || mkdir("locked/in", 0700) != 0)
        return ATTACK_UNKNOWN;
    int fd = creat("locked/in/file", 0000);
    if (fd < 0 || close(fd) != 0 || chmod("locked/in", 0000) != 0 || chmod("locked", 0000) != 0)
        return ATTACK_UNKNOWN;
    return 0;
}

static int fork_once(const char *argument)
{
    (void)argument;
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid > 0 ? ATTACK_SUCCEEDED : ATTACK_REFUSED;
}

static int thread_run(void *argument)
{
    (void)argument;
    return 0;
}

static int start_thread(const char *argument)
{
    static char stack[1 << 16];
    const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
    (void)argument;
    return clone(thread_run, stack + sizeof stack, flags, NULL) > 0 ? ATTACK_SUCCEEDED
                                                                    : ATTACK_REFUSED;
}

static int fork_bomb(const char *argument)
{
    while (argument != NULL)
        (void)!fork(); /* never gives up, parent or child */
    return ATTACK_SUCCEEDED;
}

/* A grandchild in a session of its own that goes on when the program has ended. */
static int leave_daemon(const char *argument)
{
    (void)argument;
    pid_t pid = fork();
    if (pid != 0)
        return pid > 0 ? 0 : ATTACK_REFUSED;
    (void)setsid();
    if (fork() == 0) {
        for (int fd = 0; fd < 16; fd++)
            (void)close(fd);
        for (;;)
            (void)pause();
    }
    _exit(0);
}

static int close_everything(const char *argument)
{
    (void)argument;
    for (int fd = 0; fd < 1024; fd++)
        (void)close(fd);
    return 0;
}

/* Leaves a mark where a later run might find it; finding one is success. */
static int leave_mark(const char *argument)
{
    const char *const places[] = {"/tmp/mark", "/dev/shm/mark"};
    (void)argument;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (access(places[i], F_OK) == 0)
            return ATTACK_SUCCEEDED;
        int fd = creat(places[i], 0600);
        if (fd < 0 || close(fd) != 0)
            return ATTACK_UNKNOWN;
    }
    return 0;
}

const attack attack_resources[] = {
    {"leave", leave},
    {"die", die},
    {"look", look},
    {"copy", copy},
    {"spin", spin},
    {"wait_forever", wait_forever},
    {"stop_itself", stop_itself},
    {"eat_memory", eat_memory},
    {"eat_memory_at_once", eat_memory_at_once},
    {"flood", flood},
    {"print_bytes", print_bytes},
    {"big_file", big_file},
    {"many_files", many_files},
    {"many_large_files", many_large_files},
    {"deep_folders", deep_folders},
    {"locked_tree", locked_tree},
    {"fork_once", fork_once},
    {"start_thread", start_thread},
    {"fork_bomb", fork_bomb},
    {"leave_daemon", leave_daemon},
    {"close_everything", close_everything},
    {"leave_mark", leave_mark},
    {NULL, NULL},
};
