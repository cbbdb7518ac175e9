#include "harness/bench/remote.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REMOTE_BUFFER = 1 << 16, START_LIMIT_S = 20, END_LIMIT_MS = 1000, N_FIELDS = 11 };

struct remote {
    GPid pid; /* 0: reaped */
    int to, from;
    double step_limit_s;
    bool virgin;
    char *why;
    GPtrArray *steps;
    GString *pending; /* read, but not yet a whole line */
};

static void step_free(void *data)
{
    remote_step *s = data;
    g_free(s->figure);
    g_free(s->layout);
    g_free(s->unit);
    g_free(s);
}

/* ---- life ---- */

static char *describe_end(int status)
{
    if (WIFSIGNALED(status))
        return g_strdup_printf("crashed (signal %d, %s)", WTERMSIG(status),
                               g_strsignal(WTERMSIG(status)));
    return g_strdup_printf("ended early (exit status %d)", WEXITSTATUS(status));
}

/* Waits so long for the child to end by itself. False: it still runs. */
static bool wait_for_end(const remote *r, int limit_ms, int *ret_status)
{
    for (int waited_ms = 0; waited_ms < limit_ms; waited_ms++) {
        pid_t ended = waitpid(r->pid, ret_status, WNOHANG);
        if (ended == r->pid)
            return true;
        (void)usleep(1000);
    }
    return false;
}

/* Ends and reaps the child; why NULL: by how it ended. */
static void end_worker(remote *r, const char *why)
{
    if (r->pid == 0)
        return;
    if (r->to >= 0)
        (void)close(r->to); /* the worker reads the end of the file and exits */
    if (r->from >= 0)
        (void)close(r->from);
    r->to = -1;
    r->from = -1;
    int status = 0;
    if (!wait_for_end(r, END_LIMIT_MS, &status)) {
        (void)kill(r->pid, SIGKILL);
        while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
    g_spawn_close_pid(r->pid);
    r->pid = 0;
    if (r->why == NULL)
        r->why = why != NULL ? g_strdup(why) : describe_end(status);
}

static GPtrArray *worker_argv(const char *program, const remote_settings *s)
{
    char rate[G_ASCII_DTOSTR_BUF_SIZE];
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(argv, g_strdup(program));
    g_ptr_array_add(argv, g_strdup(clock_kind_name(s->clock.kind)));
    g_ptr_array_add(argv, g_strdup(g_ascii_dtostr(rate, sizeof rate, s->clock.ns_per_tick)));
    g_ptr_array_add(argv, g_strdup_printf("%zu", s->n));
    g_ptr_array_add(argv, g_strdup_printf("%zu", s->n_windows));
    g_ptr_array_add(argv, g_strdup_printf("%" G_GUINT64_FORMAT, s->seed));
    g_ptr_array_add(argv, g_strdup_printf("%d", s->cpu));
    g_ptr_array_add(argv, NULL);
    return argv;
}

static bool read_line(remote *r, double limit_s, char **ret_line);

remote *remote_start(const char *program, const char *preload, const remote_settings *settings)
{
    remote *r = g_new0(remote, 1);
    r->to = -1;
    r->from = -1;
    r->virgin = true;
    r->step_limit_s = settings->step_limit_s;
    r->pending = g_string_new(NULL);
    g_autoptr(GPtrArray) argv = worker_argv(program, settings);
    g_auto(GStrv) env = g_environ_setenv(NULL, "PATH", "/usr/bin:/bin", TRUE);
    env = g_environ_setenv(env, "LC_ALL", "C", TRUE);
    if (preload != NULL)
        env = g_environ_setenv(env, "LD_PRELOAD", preload, TRUE);
    g_autoptr(GError) error = NULL;
    if (!g_spawn_async_with_pipes("/", (char **)argv->pdata, env,
                                  G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                                  NULL, &r->pid, &r->to, &r->from, NULL, &error)) {
        r->pid = 0;
        r->why = g_strdup_printf("cannot be started: %s", error->message);
        return r;
    }
    g_autofree char *line = NULL;
    if (!read_line(r, START_LIMIT_S, &line))
        return r;
    if (g_str_has_prefix(line, "fail ")) {
        r->why = g_strdup(line + strlen("fail "));
        end_worker(r, NULL);
    } else if (strcmp(line, "ready") != 0) {
        end_worker(r, "is no worker: its first line is not \"ready\"");
    }
    return r;
}

void remote_free(remote *r)
{
    if (r == NULL)
        return;
    end_worker(r, "ended by the session");
    if (r->steps != NULL)
        g_ptr_array_unref(r->steps);
    (void)g_string_free(r->pending, TRUE);
    g_free(r->why);
    g_free(r);
}

bool remote_is_alive(const remote *r)
{
    return r->pid != 0;
}

uint64_t remote_peak_bytes(const remote *r)
{
    static const char key[] = "\nVmHWM:";
    g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)r->pid);
    g_autofree char *text = NULL;
    if (r->pid == 0 || !g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    const char *found = strstr(text, key);
    return found == NULL ? 0 : g_ascii_strtoull(found + sizeof key - 1, NULL, 10) * 1024;
}

bool remote_is_virgin(const remote *r)
{
    return r->virgin;
}

const char *remote_why(const remote *r)
{
    return r->why;
}

/* ---- lines ---- */

static bool take_line(remote *r, char **ret_line)
{
    const char *newline = strchr(r->pending->str, '\n');
    if (newline == NULL)
        return false;
    gssize length = newline - r->pending->str;
    *ret_line = g_strndup(r->pending->str, (gsize)length);
    g_string_erase(r->pending, 0, length + 1);
    return true;
}

static bool read_line(remote *r, double limit_s, char **ret_line)
{
    uint64_t end_ns = clock_now_ns() + (uint64_t)(limit_s * 1e9);
    while (r->pid != 0 && !take_line(r, ret_line)) {
        uint64_t now_ns = clock_now_ns();
        if (now_ns >= end_ns || r->pending->len > REMOTE_BUFFER) {
            end_worker(r, now_ns >= end_ns ? "hung: no answer in time" : "floods its output");
            return false;
        }
        struct pollfd ready = {.fd = r->from, .events = POLLIN};
        int n = poll(&ready, 1, (int)((end_ns - now_ns) / 1000000) + 1);
        if (n <= 0)
            continue;
        char buffer[4096];
        ssize_t n_bytes = read(r->from, buffer, sizeof buffer);
        if (n_bytes > 0)
            g_string_append_len(r->pending, buffer, n_bytes);
        else if (n_bytes == 0 || errno != EINTR)
            end_worker(r, NULL);
    }
    return r->pid != 0;
}

static bool send_line(remote *r, const char *line)
{
    if (r->pid == 0)
        return false;
    size_t length = strlen(line);
    while (length > 0) {
        ssize_t n = write(r->to, line, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            end_worker(r, NULL);
            return false;
        }
        line += n;
        length -= (size_t)n;
    }
    return true;
}

/* ---- requests ---- */

static bool parse_step(const char *line, GPtrArray *steps)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    if (g_strv_length(words) != 4)
        return false;
    remote_step *s = g_new0(remote_step, 1);
    s->figure = g_strdup(words[0]);
    s->layout = g_strdup(strcmp(words[1], "-") == 0 ? "" : words[1]);
    s->unit = g_strdup(words[2]);
    s->fresh = strcmp(words[3], "1") == 0;
    g_ptr_array_add(steps, s);
    return true;
}

const GPtrArray *remote_steps(remote *r)
{
    if (r->steps != NULL || !send_line(r, "steps\n"))
        return r->steps;
    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(step_free);
    double limit_s = MAX(START_LIMIT_S, r->step_limit_s / 4); /* it makes its tables first */
    for (;;) {
        g_autofree char *line = NULL;
        if (!read_line(r, limit_s, &line))
            return NULL;
        if (strcmp(line, "end") == 0)
            break;
        if (!parse_step(line, steps)) {
            end_worker(r, "announces a step that cannot be read");
            return NULL;
        }
    }
    r->steps = g_steal_pointer(&steps);
    return r->steps;
}

static bool parse_value(const char *line, remote_value *ret_value)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    if (g_strv_length(words) != N_FIELDS)
        return false;
    guint64 count[N_FIELDS] = {0};
    for (int i = 2; i < N_FIELDS; i++) {
        if (!g_ascii_string_to_unsigned(words[i], 10, 0, G_MAXUINT64, &count[i], NULL))
            return false;
    }
    char *end[2];
    *ret_value = (remote_value){
        .value = g_ascii_strtod(words[0], &end[0]),
        .ticks = g_ascii_strtod(words[1], &end[1]),
        .counts = {.n_ops = count[2],
                   .n_chunks = count[3],
                   .n_dropped_switched = count[4],
                   .n_dropped_migrated = count[5],
                   .n_dropped_faulted = count[6],
                   .n_dropped_stolen = count[7],
                   .n_below_overhead = count[8],
                   .n_faults = count[9],
                   .n_switches = count[10]},
    };
    return *end[0] == '\0' && *end[1] == '\0' && ret_value->value - ret_value->value == 0 &&
           ret_value->ticks - ret_value->ticks == 0; /* finite */
}

bool remote_run(remote *r, size_t step, GArray *values)
{
    g_autofree char *request = g_strdup_printf("run %zu\n", step);
    g_autofree char *answer = NULL;
    r->virgin = false;
    if (!send_line(r, request) || !read_line(r, r->step_limit_s, &answer))
        return false;
    if (g_str_has_prefix(answer, "fail ")) {
        g_free(r->why);
        r->why = g_strdup(answer + strlen("fail "));
        return false;
    }
    guint64 n = 0;
    if (!g_str_has_prefix(answer, "ok ") ||
        !g_ascii_string_to_unsigned(answer + 3, 10, 0, 100000, &n, NULL)) {
        end_worker(r, "answers what cannot be read");
        return false;
    }
    for (guint64 i = 0; i < n; i++) {
        g_autofree char *line = NULL;
        remote_value value;
        if (!read_line(r, START_LIMIT_S, &line))
            return false;
        if (!parse_value(line, &value)) {
            end_worker(r, "answers what cannot be read");
            return false;
        }
        g_array_append_val(values, value);
    }
    return true;
}
