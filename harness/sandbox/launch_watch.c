#include "harness/sandbox/launch_watch.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_PROCESSES = 4096, /* of the machine, as far as they are looked at */
    MAX_DEPTH = 64,       /* folders in folders */
    MAX_INODES = 20000,   /* in a private file system */
    WALK_FDS = 16,
    KILL_PAUSE_NS = 1000000
};

typedef struct process {
    pid_t pid, parent;
    bool is_mine;
    unsigned n_threads;
    uint64_t rss_bytes, cpu_ns;
} process;

/* One process from the line of its stat file, proc(5). False: a zombie, or not such a line. */
static bool parse_stat(const char *line, process *ret)
{
    const char *p = strrchr(line, ')'); /* the name before it may hold anything */
    if (p == NULL || p[1] != ' ')
        return false;
    char state = p[2];
    unsigned long long field[25] = {0};
    p += 3;
    for (int i = 4; i <= 24; i++) {
        char *end = NULL;
        field[i] = strtoull(p, &end, 10); /* negative ones (5..8) are not used */
        if (end == p)
            return false;
        p = end;
    }
    uint64_t ns_per_tick = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
    ret->parent = (pid_t)field[4];
    ret->cpu_ns = (field[14] + field[15] + field[16] + field[17]) * ns_per_tick;
    ret->n_threads = (unsigned)field[20];
    ret->rss_bytes = field[24] * (uint64_t)sysconf(_SC_PAGESIZE);
    return state != 'Z' && state != 'X';
}

static bool read_process(pid_t pid, process *ret)
{
    char path[32];
    char line[1024];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, line, sizeof line - 1);
    (void)close(fd); /* opened for reading: nothing to lose */
    if (n <= 0)
        return false;
    line[n] = '\0';
    memset(ret, 0, sizeof *ret);
    ret->pid = pid;
    return parse_stat(line, ret);
}

/* Marks the descendants of the caller among n processes. */
static void mark_mine(process *all, size_t n)
{
    pid_t self = getpid();
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < n; i++) {
            bool is_child = all[i].parent == self;
            for (size_t k = 0; k < n && !is_child && !all[i].is_mine; k++)
                is_child = all[k].is_mine && all[k].pid == all[i].parent;
            if (is_child && !all[i].is_mine) {
                all[i].is_mine = true;
                changed = true;
            }
        }
    }
}

/* Every living process that can be seen, with is_mine set. Returns their number; 0: no /proc. */
static size_t read_all(process *all)
{
    size_t n = 0;
    DIR *dir = opendir("/proc");
    if (dir == NULL)
        return 0;
    for (struct dirent *e = readdir(dir); e != NULL && n < MAX_PROCESSES; e = readdir(dir)) {
        if (isdigit((unsigned char)e->d_name[0]) &&
            read_process((pid_t)strtol(e->d_name, NULL, 10), &all[n]))
            n++;
    }
    (void)closedir(dir); /* opened for reading: nothing to lose */
    mark_mine(all, n);
    return n;
}

static void add_process(launch_tree *t, const process *p)
{
    t->n_tasks += p->n_threads;
    t->rss_bytes += p->rss_bytes;
    t->cpu_ns += p->cpu_ns;
}

bool launch_tree_read(pid_t only, launch_tree *ret_tree)
{
    static process all[MAX_PROCESSES];
    launch_tree t = {0};
    if (only != 0) {
        if (read_process(only, &all[0]))
            add_process(&t, &all[0]);
        *ret_tree = t;
        return true;
    }
    size_t n = read_all(all);
    for (size_t i = 0; i < n; i++) {
        if (all[i].is_mine)
            add_process(&t, &all[i]);
    }
    *ret_tree = t;
    return n > 0;
}

/* Reaps what has ended; true if a child is left. */
static bool reap(void)
{
    pid_t pid = 1;
    while (pid > 0)
        pid = waitpid(-1, NULL, WNOHANG);
    return pid == 0;
}

void launch_tree_kill(bool namespaces)
{
    static process all[MAX_PROCESSES];
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = KILL_PAUSE_NS};
    if (namespaces) {
        (void)kill(-1, SIGKILL); /* all but process 1; ESRCH if there is no other */
        while (waitpid(-1, NULL, 0) > 0)
            continue;
        return;
    }
    while (reap()) { /* orphans come to the caller: no child means no descendant */
        size_t n = read_all(all);
        for (size_t i = 0; i < n; i++) {
            if (all[i].is_mine)
                (void)kill(all[i].pid, SIGKILL); /* ESRCH: gone by itself */
        }
        (void)nanosleep(&pause, NULL); /* cut short: only a sooner look */
    }
}

/* nftw has no argument for its callback. */
static launch_usage walk_usage;
static uint64_t walk_max_entries;

static int walk_entry(const char *path, const struct stat *st, int type, struct FTW *place)
{
    walk_usage.n_entries++;
    if (type != FTW_NS)
        walk_usage.n_bytes += (uint64_t)st->st_blocks * 512; /* stat(2): units of 512 */
    if (type == FTW_DNR)
        (void)chmod(path, S_IRWXU); /* seen at the next reading */
    if (place->level > MAX_DEPTH)
        walk_usage.too_deep = true;
    return walk_usage.too_deep || walk_usage.n_entries > walk_max_entries;
}

launch_usage launch_usage_read(const char *const *folders, unsigned n_folders, uint64_t max_entries)
{
    walk_max_entries = max_entries;
    memset(&walk_usage, 0, sizeof walk_usage);
    for (unsigned i = 0; i < n_folders; i++)
        (void)nftw(folders[i], walk_entry, WALK_FDS, FTW_PHYS | FTW_MOUNT); /* partial is fine */
    return walk_usage;
}

bool launch_storage_full(const char *folder)
{
    struct statvfs fs;
    if (statvfs(folder, &fs) != 0)
        return false;
    return fs.f_bfree == 0 || fs.f_files - fs.f_ffree > MAX_INODES;
}
