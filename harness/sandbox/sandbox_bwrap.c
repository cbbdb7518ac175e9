#include "harness/sandbox/sandbox_bwrap.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAUNCHER_INSIDE "/run/objlab-launch"
#define TMP_BYTES       "268435456" /* 256 MiB; limits of memory do not see it */
#define SHM_BYTES       "16777216"  /* 16 MiB */
#define USER_INSIDE     "1000"

/* What a program sees of /etc: the loader's cache, and which of the alternatives is the tool. */
static const char *const etc_files[] = {"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
                                        "/etc/alternatives", "/etc/lcovrc"};

/* Folders of /usr where a solution to the homework may lie: emptied inside. */
static const char *const hidden_folders[] = {
    "/usr/share/objlab", "/usr/lib/objlab",           "/usr/libexec/objlab",
    "/usr/src",          "/usr/local/share/objlab",   "/usr/local/lib/objlab",
    "/usr/local/src",    "/usr/local/libexec/objlab",
};

static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                      "/dev/urandom"};

/* Files of /proc that tell of the whole machine's memory, or command it. */
static const char *const hidden_proc[] = {
    "/proc/kcore",         "/proc/kpagecount", "/proc/kpageflags",
    "/proc/kpagecgroup",   "/proc/slabinfo",   "/proc/timer_list",
    "/proc/sysrq-trigger", "/proc/keys",       "/proc/kmsg"};

static void add(GPtrArray *argv, const char *text)
{
    g_ptr_array_add(argv, g_strdup(text));
}

static void add2(GPtrArray *argv, const char *a, const char *b)
{
    add(argv, a);
    add(argv, b);
}

static void add3(GPtrArray *argv, const char *a, const char *b, const char *c)
{
    add2(argv, a, b);
    add(argv, c);
}

static char *find_bwrap(GError **error)
{
    static const char *const places[] = {"/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        if (access(places[i], X_OK) == 0)
            return g_strdup(places[i]);
    }
    g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_TOOL,
                "bwrap is not installed: apt-get install bubblewrap");
    return NULL;
}

/* /bin, /lib ... are links into /usr on a merged system, folders on others. */
static void add_system(GPtrArray *argv)
{
    static const char *const roots[] = {"/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32"};
    add3(argv, "--ro-bind", "/usr", "/usr");
    for (size_t i = 0; i < G_N_ELEMENTS(roots); i++) {
        g_autofree char *target = g_file_read_link(roots[i], NULL);
        if (target != NULL)
            add3(argv, "--symlink", target, roots[i]);
        else if (g_file_test(roots[i], G_FILE_TEST_IS_DIR))
            add3(argv, "--ro-bind", roots[i], roots[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(etc_files); i++)
        add3(argv, "--ro-bind-try", etc_files[i], etc_files[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(hidden_folders); i++) {
        if (!g_file_test(hidden_folders[i], G_FILE_TEST_IS_DIR))
            continue;
        add2(argv, "--tmpfs", hidden_folders[i]);
        add2(argv, "--remount-ro", hidden_folders[i]);
    }
}

static void add_tmpfs(GPtrArray *argv, const char *bytes, const char *folder)
{
    add2(argv, "--perms", "1777");
    add2(argv, "--size", bytes);
    add2(argv, "--tmpfs", folder);
}

/* No terminal: a judged program has none. */
static void add_devices(GPtrArray *argv)
{
    add2(argv, "--tmpfs", "/dev");
    for (size_t i = 0; i < G_N_ELEMENTS(devices); i++)
        add3(argv, "--dev-bind", devices[i], devices[i]);
    add3(argv, "--symlink", "/proc/self/fd", "/dev/fd");
    add3(argv, "--symlink", "/proc/self/fd/0", "/dev/stdin");
    add3(argv, "--symlink", "/proc/self/fd/1", "/dev/stdout");
    add3(argv, "--symlink", "/proc/self/fd/2", "/dev/stderr");
    add_tmpfs(argv, SHM_BYTES, "/dev/shm");
    add2(argv, "--remount-ro", "/dev");
}

/*
 * Read-only: if the judge is root, so is the program in the eyes of the kernel, without a single
 * capability, but files of root stay its own, such as /proc/sys/kernel/core_pattern.
 */
static void add_proc(GPtrArray *argv)
{
    add2(argv, "--proc", "/proc");
    for (size_t i = 0; i < G_N_ELEMENTS(hidden_proc); i++) {
        if (g_file_test(hidden_proc[i], G_FILE_TEST_EXISTS))
            add3(argv, "--ro-bind", "/dev/null", hidden_proc[i]);
    }
    add2(argv, "--remount-ro", "/proc");
}

/*
 * In a chroot the kernel makes no user namespace, not even for root, who can do without: bwrap
 * makes the other namespaces with root's own powers and then gives up all of them.
 */
static bool needs_user_namespace(void)
{
    static gsize known;
    static bool needed;
    if (g_once_init_enter(&known)) {
        int status = 0;
        pid_t pid = geteuid() == 0 ? fork() : -1;
        if (pid == 0)
            _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : 1);
        /* No root, or no answer: then bwrap tells what is wrong. */
        needed = pid < 0 || waitpid(pid, &status, 0) != pid || status == 0;
        g_once_init_leave(&known, 1);
    }
    return needed;
}

bool sandbox_bwrap_add(GPtrArray *argv, const char *launcher, const sandbox_job *job,
                       GError **error)
{
    char *bwrap = find_bwrap(error);
    if (bwrap == NULL)
        return false;
    g_ptr_array_add(argv, bwrap);
    add2(argv, "--unshare-pid", "--unshare-net");
    add3(argv, "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try");
    add2(argv, "--hostname", "objlab");
    add2(argv, "--die-with-parent", "--as-pid-1"); /* the launcher makes the new session */
    add2(argv, "--cap-drop", "ALL");
    if (needs_user_namespace()) {
        add(argv, "--unshare-user");
        add2(argv, "--uid", USER_INSIDE);
        add2(argv, "--gid", USER_INSIDE);
    } else {
        add2(argv, "--cap-add", "CAP_SETPCAP"); /* the launcher needs it to shut out the rest */
    }
    add(argv, "--clearenv");
    add_system(argv);
    add_proc(argv);
    add_devices(argv);
    add_tmpfs(argv, TMP_BYTES, "/tmp");
    add3(argv, "--ro-bind", launcher, LAUNCHER_INSIDE);
    for (size_t i = 0; i < job->n_mounts; i++)
        add3(argv, job->mounts[i].writable ? "--bind" : "--ro-bind", job->mounts[i].host,
             job->mounts[i].inside);
    add2(argv, "--remount-ro", "/"); /* else it is a file system without a limit */
    add2(argv, "--chdir", job->cwd != NULL ? job->cwd : "/tmp");
    add2(argv, "--", LAUNCHER_INSIDE);
    return true;
}
