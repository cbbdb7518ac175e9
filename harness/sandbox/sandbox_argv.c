#include "harness/sandbox/sandbox_argv.h"

#include "harness/sandbox/launch.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
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

static const char *const fixed_environment[] = {"PATH=/usr/bin:/bin", "HOME=/tmp", "TMPDIR=/tmp",
                                                "LC_ALL=C", "TZ=UTC"};

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

/* The launcher beside this program: installed, or in the build folder. NULL: nowhere. */
static char *find_launcher(GError **error)
{
    static const char *const places[] = {"../libexec/objlab/objlab-launch", "objlab-launch",
                                         "../sandbox/objlab-launch"};
    g_autofree char *self = g_file_read_link("/proc/self/exe", error);
    if (self == NULL)
        return NULL;
    g_autofree char *folder = g_path_get_dirname(self);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path = g_build_filename(folder, places[i], NULL);
        char *real = g_canonicalize_filename(path, NULL);
        if (g_file_test(real, G_FILE_TEST_IS_EXECUTABLE))
            return real;
        g_free(real);
    }
    g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_TOOL,
                "objlab-launch is not beside %s: build or install objlab again", self);
    return NULL;
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

static void add_bwrap(GPtrArray *argv, const char *bwrap, const char *launcher,
                      const sandbox_job *job)
{
    add(argv, bwrap);
    add3(argv, "--unshare-user", "--unshare-pid", "--unshare-net");
    add3(argv, "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try");
    add2(argv, "--uid", USER_INSIDE);
    add2(argv, "--gid", USER_INSIDE);
    add2(argv, "--hostname", "objlab");
    add2(argv, "--die-with-parent", "--as-pid-1"); /* the launcher makes the new session */
    add2(argv, "--cap-drop", "ALL");
    add(argv, "--clearenv");
    add_system(argv);
    add2(argv, "--proc", "/proc");
    add_devices(argv);
    add_tmpfs(argv, TMP_BYTES, "/tmp");
    add3(argv, "--ro-bind", launcher, LAUNCHER_INSIDE);
    for (size_t i = 0; i < job->n_mounts; i++)
        add3(argv, job->mounts[i].writable ? "--bind" : "--ro-bind", job->mounts[i].host,
             job->mounts[i].inside);
    add2(argv, "--remount-ro", "/"); /* else it is a file system without a limit */
    add2(argv, "--chdir", job->cwd != NULL ? job->cwd : "/tmp");
    add2(argv, "--", LAUNCHER_INSIDE);
}

/* True if `character` may stand before or after a path without being part of it. */
static bool is_boundary(char character)
{
    return character == '\0' || strchr("=:,;\"' @", character) != NULL;
}

/* A path starts at text[at]: at the beginning, after a boundary, or after an option's letter. */
static bool starts_path(const char *text, size_t at)
{
    if (text[at] != '/')
        return false;
    return at == 0 || is_boundary(text[at - 1]) ||
           (at == 2 && text[0] == '-' && g_ascii_isalpha(text[1]));
}

/* The mount with the longest inside path that text starts with, as whole components. */
static const sandbox_mount *match(const char *text, const sandbox_mount *mounts, size_t n_mounts)
{
    const sandbox_mount *best = NULL;
    for (size_t i = 0; i < n_mounts; i++) {
        size_t length = strlen(mounts[i].inside);
        if (strncmp(text, mounts[i].inside, length) == 0 &&
            (text[length] == '/' || is_boundary(text[length])) &&
            (best == NULL || length > strlen(best->inside)))
            best = &mounts[i];
    }
    return best;
}

char *sandbox_translate(const char *text, const sandbox_mount *mounts, size_t n_mounts)
{
    GString *out = g_string_new(NULL);
    for (size_t at = 0; text[at] != '\0';) {
        const sandbox_mount *m = starts_path(text, at) ? match(text + at, mounts, n_mounts) : NULL;
        if (m != NULL) {
            g_string_append(out, m->host);
            at += strlen(m->inside);
        } else {
            g_string_append_c(out, text[at++]);
        }
    }
    return g_string_free(out, FALSE);
}

/* The job's variables, then those fixed ones that it does not set. Elements are borrowed. */
static GPtrArray *environment(const sandbox_job *job)
{
    GPtrArray *env = g_ptr_array_new();
    for (size_t i = 0; job->env != NULL && job->env[i] != NULL; i++)
        g_ptr_array_add(env, (gpointer)(uintptr_t)job->env[i]);
    guint n_own = env->len;
    for (size_t i = 0; i < G_N_ELEMENTS(fixed_environment); i++) {
        size_t name = strcspn(fixed_environment[i], "=") + 1;
        bool own = false;
        for (guint k = 0; k < n_own; k++)
            own = own || strncmp(env->pdata[k], fixed_environment[i], name) == 0;
        if (!own)
            g_ptr_array_add(env, (gpointer)(uintptr_t)fixed_environment[i]);
    }
    return env;
}

/* What follows the launcher's name, launch.h. The mounts translate; n_mounts 0: nothing does. */
static void add_program(GPtrArray *argv, const char *temp_dir, const sandbox_job *job,
                        const sandbox_mount *mounts, size_t n_mounts)
{
    g_autoptr(GPtrArray) env = environment(job);
    add(argv, temp_dir);
    g_ptr_array_add(argv, g_strdup_printf("%u", env->len));
    for (guint i = 0; i < env->len; i++)
        g_ptr_array_add(argv, sandbox_translate(env->pdata[i], mounts, n_mounts));
    guint at = argv->len;
    guint n_watched = 0;
    for (size_t i = 0; i < job->n_mounts; i++) {
        if (!job->mounts[i].writable)
            continue;
        add(argv, n_mounts > 0 ? job->mounts[i].host : job->mounts[i].inside);
        n_watched++;
    }
    if (temp_dir[0] != '\0') {
        add(argv, temp_dir);
        n_watched++;
    }
    g_ptr_array_insert(argv, (gint)at, g_strdup_printf("%u", n_watched));
    for (size_t i = 0; job->argv[i] != NULL; i++)
        g_ptr_array_add(argv, sandbox_translate(job->argv[i], mounts, n_mounts));
    g_ptr_array_add(argv, NULL);
}

/* LIMITS: no mounts, so the job's paths become host paths. */
static bool add_limits(sandbox_command *c, const char *launcher, const sandbox_job *job,
                       GError **error)
{
    c->temp_dir = g_build_filename(g_get_tmp_dir(), "objlab-run-XXXXXX", NULL);
    if (g_mkdtemp(c->temp_dir) == NULL) {
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_IO, "cannot make a folder in %s: %s",
                    g_get_tmp_dir(), g_strerror(errno));
        g_clear_pointer(&c->temp_dir, g_free);
        return false;
    }
    size_t n_mounts = job->n_mounts + 1;
    g_autofree sandbox_mount *mounts = g_new(sandbox_mount, n_mounts);
    for (size_t i = 0; i < job->n_mounts; i++)
        mounts[i] = job->mounts[i];
    mounts[job->n_mounts] = (sandbox_mount){.host = c->temp_dir, .inside = "/tmp"};
    c->cwd = sandbox_translate(job->cwd != NULL ? job->cwd : "/tmp", mounts, n_mounts);
    if (!g_file_test(c->cwd, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_JOB, "no such folder: %s", c->cwd);
        return false;
    }
    add(c->argv, launcher);
    add_program(c->argv, c->temp_dir, job, mounts, n_mounts);
    return true;
}

/* A mount that is not there is told by name; bwrap would say less. */
static bool check_mounts(const sandbox_job *job, GError **error)
{
    for (size_t i = 0; i < job->n_mounts; i++) {
        const sandbox_mount *m = &job->mounts[i];
        if (m->inside[0] == '/' && g_file_test(m->host, G_FILE_TEST_EXISTS))
            continue;
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_JOB,
                    "cannot show %s as %s: it does not exist, or the latter is not absolute",
                    m->host, m->inside);
        return false;
    }
    return true;
}

sandbox_command *sandbox_command_new(const sandbox_job *job, sandbox_tier tier, GError **error)
{
    g_autofree char *launcher = find_launcher(error);
    if (launcher == NULL || !check_mounts(job, error))
        return NULL;
    g_autoptr(sandbox_command) c = g_new0(sandbox_command, 1);
    c->argv = g_ptr_array_new_with_free_func(g_free);
    if (tier == SANDBOX_LIMITS)
        return add_limits(c, launcher, job, error) ? g_steal_pointer(&c) : NULL;
    g_autofree char *bwrap = find_bwrap(error);
    if (bwrap == NULL)
        return NULL;
    add_bwrap(c->argv, bwrap, launcher, job);
    add_program(c->argv, "", job, NULL, 0);
    return g_steal_pointer(&c);
}

void sandbox_command_free(sandbox_command *command)
{
    if (command == NULL)
        return;
    if (command->temp_dir != NULL)
        (void)sandbox_remove_tree(command->temp_dir); /* the launcher has done it, as a rule */
    g_ptr_array_unref(command->argv);
    g_free(command->temp_dir);
    g_free(command->cwd);
    g_free(command);
}
