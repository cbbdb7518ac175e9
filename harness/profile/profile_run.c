#include "harness/profile/profile_run.h"

#include "harness/profile/probe/probe.h"
#include "harness/profile/valgrind.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROBE_INSTALLED "../" PROBE_LIBRARY_FOLDER /* from bin/ */
#define POLL_US         5000
#define KILL_AFTER_US   ((gint64)10 * G_USEC_PER_SEC)

G_DEFINE_QUARK(profile - run - error - quark, profile_run_error)

/* In the child, before exec: we ignore what the keyboard sends, the program does not; its output
 * may have to make way for ours. */
static void set_up_child(gpointer data)
{
    const profile_run_options *options = data;
    int nowhere = options->is_quiet ? open("/dev/null", O_WRONLY) : -1;
    if (options->is_quiet && (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0))
        _exit(EXIT_FAILURE);
    if (options->stdout_to_stderr && dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        _exit(EXIT_FAILURE);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGQUIT, SIG_DFL);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* if we are killed, it does not go on alone */
}

static char **pinned_environment(void)
{
    static const char *const names[] = {"GLIBC_TUNABLES", "LD_BIND_NOW"};
    char **environment = g_get_environ();
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        environment =
            g_environ_setenv(environment, names[i], valgrind_pinned_value(names[i]), TRUE);
    return environment;
}

/* Waits until the child ends; sends signals once the time is up. False: cannot wait. */
static bool wait_for(pid_t pid, const profile_run_options *options, int *ret_status,
                     bool *ret_timed_out)
{
    gint64 begin = g_get_monotonic_time();
    gint64 limit = (gint64)(options->time_limit_s * G_USEC_PER_SEC);
    *ret_timed_out = false;
    for (;;) {
        pid_t ended = waitpid(pid, ret_status, limit > 0 ? WNOHANG : 0);
        if (ended == pid)
            return true;
        if (ended < 0 && errno != EINTR)
            return false;
        gint64 elapsed = g_get_monotonic_time() - begin;
        if (limit > 0 && elapsed > limit + KILL_AFTER_US) {
            (void)kill(pid, SIGKILL); /* it may have ended by itself just now */
        } else if (limit > 0 && elapsed > limit && !*ret_timed_out) {
            *ret_timed_out = true;
            (void)kill(pid, SIGTERM); /* as above */
        }
        if (ended == 0)
            g_usleep(POLL_US);
    }
}

static char **probe_environment(const profile_run_options *options)
{
    char **environment = g_get_environ();
    const char *others = g_environ_getenv(environment, "LD_PRELOAD");
    g_autofree char *preload = others != NULL && others[0] != '\0'
                                   ? g_strdup_printf("%s:%s", options->probe, others)
                                   : g_strdup(options->probe);
    environment = g_environ_setenv(environment, "LD_PRELOAD", preload, TRUE);
    environment = g_environ_setenv(environment, PROBE_FILE_VARIABLE, options->probe_file, TRUE);
    if (options->probe_hz > 0) {
        g_autofree char *hz = g_strdup_printf("%u", options->probe_hz);
        environment = g_environ_setenv(environment, PROBE_HZ_VARIABLE, hz, TRUE);
    }
    return environment;
}

char *profile_run_find_probe(const char *name)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    if (self == NULL)
        return NULL;
    g_autofree char *folder = g_path_get_dirname(self);
    g_autofree char *file = g_strdup_printf("libobjlab_%s.so", name);
    static const char *const places[] = {PROBE_INSTALLED, "../profile", "."};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *path = g_build_filename(folder, places[i], file, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return g_canonicalize_filename(path, NULL);
    }
    return NULL;
}

static char **make_argv(const GPtrArray *valgrind_argv, const char *log_file, const char *path,
                        char **program)
{
    GPtrArray *argv = g_ptr_array_new();
    for (unsigned i = 0; valgrind_argv != NULL && i < valgrind_argv->len; i++)
        g_ptr_array_add(argv, g_strdup(g_ptr_array_index(valgrind_argv, i)));
    if (valgrind_argv != NULL)
        g_ptr_array_add(argv, g_strdup_printf("--log-file=%s", log_file));
    g_ptr_array_add(argv, g_strdup(path));
    for (char **argument = program + 1; *argument != NULL; argument++)
        g_ptr_array_add(argv, g_strdup(*argument));
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

static bool spawn(char **argv, const profile_run_options *options, pid_t *ret_pid, GError **error)
{
    g_auto(GStrv) environment =
        options->probe != NULL ? probe_environment(options) : pinned_environment();
    GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CHILD_INHERITS_STDIN;
    gpointer data = (gpointer)(uintptr_t)options; /* only read there */
    return g_spawn_async(NULL, argv, environment, flags, set_up_child, data, ret_pid, error);
}

bool profile_run(const GPtrArray *valgrind_argv, const char *log_file, char **program,
                 const profile_run_options *options, profile_run_result *ret_result, GError **error)
{
    g_autofree char *path = g_find_program_in_path(program[0]);
    if (path == NULL) {
        g_set_error(error, PROFILE_RUN_ERROR, PROFILE_RUN_ERROR_NO_PROGRAM, "no program '%s'",
                    program[0]);
        return false;
    }
    g_auto(GStrv) argv = make_argv(valgrind_argv, log_file, path, program);
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old_int, old_quit;
    (void)sigaction(SIGINT, &ignore, &old_int); /* cannot fail for these signals */
    (void)sigaction(SIGQUIT, &ignore, &old_quit);
    pid_t pid;
    int status = 0;
    profile_run_result result = {0};
    bool is_run = spawn(argv, options, &pid, error);
    if (is_run && !wait_for(pid, options, &status, &result.is_timed_out)) {
        g_set_error(error, PROFILE_RUN_ERROR, PROFILE_RUN_ERROR_FAILED, "cannot wait for %s: %s",
                    program[0], g_strerror(errno));
        is_run = false;
    }
    (void)sigaction(SIGINT, &old_int, NULL);
    (void)sigaction(SIGQUIT, &old_quit, NULL);
    if (!is_run)
        return false;
    result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    *ret_result = result;
    return true;
}
