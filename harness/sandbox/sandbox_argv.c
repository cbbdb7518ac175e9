#include "harness/sandbox/sandbox_argv.h"

#include "harness/sandbox/launch.h"
#include "harness/sandbox/sandbox_bwrap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char *const fixed_environment[] = {"PATH=/usr/bin:/bin", "HOME=/tmp", "TMPDIR=/tmp",
                                                "LC_ALL=C", "TZ=UTC"};

static void add(GPtrArray *argv, const char *text)
{
    g_ptr_array_add(argv, g_strdup(text));
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

/* "N path..." of the mounts that are writable, or that are not, launch.h. */
static void add_paths(GPtrArray *argv, const sandbox_job *job, bool writable, bool on_host)
{
    guint at = argv->len;
    for (size_t i = 0; i < job->n_mounts; i++) {
        if (job->mounts[i].writable == writable)
            add(argv, on_host ? job->mounts[i].host : job->mounts[i].inside);
    }
    g_ptr_array_insert(argv, (gint)at, g_strdup_printf("%u", argv->len - at));
}

/* What follows the launcher's name, launch.h. temp_dir: "" unless paths are the host's. */
static void add_program(GPtrArray *argv, const char *temp_dir, const sandbox_job *job)
{
    bool on_host = temp_dir[0] != '\0';
    size_t n_translated = on_host ? job->n_mounts : 0;
    g_autoptr(GPtrArray) env = environment(job);
    add(argv, temp_dir);
    g_ptr_array_add(argv, g_strdup_printf("%u", env->len));
    for (guint i = 0; i < env->len; i++)
        g_ptr_array_add(argv, sandbox_translate(env->pdata[i], job->mounts, n_translated));
    add_paths(argv, job, true, on_host);
    add_paths(argv, job, false, on_host);
    for (size_t i = 0; job->argv[i] != NULL; i++)
        g_ptr_array_add(argv, sandbox_translate(job->argv[i], job->mounts, n_translated));
    g_ptr_array_add(argv, NULL);
}

/* The job with host paths that hold in any folder, and one mount more: the private /tmp. */
static sandbox_job limits_job(const sandbox_job *job, const char *temp_dir, GPtrArray *strings)
{
    sandbox_job copy = *job;
    sandbox_mount *mounts = g_new(sandbox_mount, job->n_mounts + 1);
    g_ptr_array_add(strings, mounts);
    mounts[0] = (sandbox_mount){.host = temp_dir, .inside = "/tmp", .writable = true};
    for (size_t i = 0; i < job->n_mounts; i++) {
        char *host = g_canonicalize_filename(job->mounts[i].host, NULL);
        g_ptr_array_add(strings, host);
        mounts[i + 1] = job->mounts[i];
        mounts[i + 1].host = host;
    }
    copy.mounts = mounts;
    copy.n_mounts = job->n_mounts + 1;
    return copy;
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
    g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
    sandbox_job copy = limits_job(job, c->temp_dir, strings);
    c->cwd = sandbox_translate(job->cwd != NULL ? job->cwd : "/tmp", copy.mounts, copy.n_mounts);
    add(c->argv, launcher);
    add_program(c->argv, c->temp_dir, &copy);
    if (g_file_test(c->cwd, G_FILE_TEST_IS_DIR))
        return true;
    g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_JOB, "no such folder: %s", c->cwd);
    return false;
}

/* A mount that is not there is told by name; bwrap would say less. */
static bool check_mounts(const sandbox_mount *mounts, size_t n_mounts, GError **error)
{
    for (size_t i = 0; i < n_mounts; i++) {
        const sandbox_mount *m = &mounts[i];
        if (m->inside[0] == '/' && g_file_test(m->host, G_FILE_TEST_EXISTS))
            continue;
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_JOB,
                    "cannot show %s as %s: it does not exist, or the latter is not absolute",
                    m->host, m->inside);
        return false;
    }
    return true;
}

static bool fill(sandbox_command *c, const sandbox_job *job, sandbox_tier tier, GError **error)
{
    g_autofree char *launcher = find_launcher(error);
    if (launcher == NULL)
        return false;
    if (tier == SANDBOX_LIMITS)
        return add_limits(c, launcher, job, error);
    if (!sandbox_bwrap_add(c->argv, launcher, job, error))
        return false;
    add_program(c->argv, "", job);
    return true;
}

sandbox_command *sandbox_command_new(const sandbox_job *job, sandbox_tier tier, GError **error)
{
    sandbox_command *c = g_new0(sandbox_command, 1);
    c->argv = g_ptr_array_new_with_free_func(g_free);
    if (check_mounts(job->mounts, job->n_mounts, error) && fill(c, job, tier, error))
        return c;
    sandbox_command_free(c);
    return NULL;
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
