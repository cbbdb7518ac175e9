#include "harness/profile/profile_run.h"

#include "harness/profile/valgrind.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_US       5000
#define KILL_AFTER_US ((gint64)10 * G_USEC_PER_SEC)

G_DEFINE_QUARK(profile - run - error - quark, profile_run_error)

/* In the child, before exec: we ignore what the keyboard sends, the program does not. */
static void restore_signals(gpointer data)
{
    (void)data; /* GLib's signature */
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGQUIT, SIG_DFL);
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

static char **make_argv(const GPtrArray *valgrind_argv, const char *log_file, const char *path,
                        char **program)
{
    GPtrArray *argv = g_ptr_array_new();
    for (unsigned i = 0; i < valgrind_argv->len; i++)
        g_ptr_array_add(argv, g_strdup(g_ptr_array_index(valgrind_argv, i)));
    g_ptr_array_add(argv, g_strdup_printf("--log-file=%s", log_file));
    g_ptr_array_add(argv, g_strdup(path));
    for (char **argument = program + 1; *argument != NULL; argument++)
        g_ptr_array_add(argv, g_strdup(*argument));
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

static bool spawn(char **argv, const profile_run_options *options, pid_t *ret_pid, GError **error)
{
    g_auto(GStrv) environment = pinned_environment();
    int stdout_fd = options->stdout_to_stderr ? STDERR_FILENO : STDOUT_FILENO;
    GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD;
    return g_spawn_async_with_fds(NULL, argv, environment, flags, restore_signals, NULL, ret_pid,
                                  STDIN_FILENO, stdout_fd, STDERR_FILENO, error);
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
