/* objlab top -- what a program and its children use: live, recorded, replayed. */
#include "harness/cli/commands.h"
#include "harness/cli/show_profile.h"
#include "harness/profile/monitor.h"
#include "harness/profile/plain_text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MIN_INTERVAL  0.01
#define CLEAR_SCREEN  "\033[H\033[2J"
#define ALTERNATE_ON  "\033[?1049h"
#define ALTERNATE_OFF "\033[?1049l"

typedef struct top_options {
    gboolean accumulated, threads, devices, json;
    double interval_s;
    char *record, *replay, *begin;
    int pid;
} top_options;

/* A run that is watched. */
typedef struct watch {
    int root;     /* process watched */
    bool is_ours; /* started here */
    bool has_ended, is_quit;
    int status;     /* as waitpid() gives it, once it has ended */
    bool is_screen; /* redraw in place; else block after block */
    struct termios terminal;
    FILE *record;             /* NULL: none */
    char *output_file;        /* of the program, while the screen is ours */
    monitor_sample *previous; /* the last one with processes */
    uint64_t peak_resident;
} watch;

/* ---- the program ---- */

typedef struct child_setup {
    const char *output_file;
} child_setup;

static void set_up_child(gpointer data)
{
    const child_setup *setup = data;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* if we are killed, it does not go on alone */
    (void)signal(SIGINT, SIG_DFL);          /* which we ignore */
    if (setup->output_file != NULL && (freopen(setup->output_file, "w", stdout) == NULL ||
                                       dup2(STDOUT_FILENO, STDERR_FILENO) < 0))
        _exit(EXIT_FAILURE);
    if (setup->output_file == NULL && dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        _exit(EXIT_FAILURE);
}

static bool start_program(watch *w, char **program, GError **error)
{
    if (w->is_screen) {
        int fd = g_file_open_tmp("objlab-top-XXXXXX", &w->output_file, error);
        if (fd < 0)
            return false;
        (void)close(fd); /* the child opens it again */
    }
    child_setup setup = {w->output_file};
    w->is_ours = true;
    return g_spawn_async(NULL, program, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH,
                         set_up_child, &setup, &w->root, error);
}

static void check_ended(watch *w, const monitor_sample *sample)
{
    if (w->is_ours)
        w->has_ended = waitpid(w->root, &w->status, WNOHANG) == w->root;
    else
        w->has_ended = sample->processes->len == 0;
}

/* ---- the screen ---- */

static void screen_begin(watch *w)
{
    struct termios raw;
    if (!w->is_screen || tcgetattr(STDIN_FILENO, &w->terminal) != 0) {
        w->is_screen = false;
        return;
    }
    raw = w->terminal;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw); /* without, q wants a return */
    (void)fputs(ALTERNATE_ON, stdout);
}

static void screen_end(const watch *w)
{
    if (!w->is_screen)
        return;
    (void)fputs(ALTERNATE_OFF, stdout);
    (void)fflush(stdout); /* the terminal may have gone */
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &w->terminal);
}

static unsigned screen_lines(const watch *w)
{
    struct winsize size;
    if (!w->is_screen || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_row > 1 ? size.ws_row - 1U : 1U;
}

static bool draw(const watch *w, const monitor_sample *sample, const top_options *o)
{
    monitor_print_options options = {.is_accumulated = o->accumulated,
                                     .with_devices = o->devices,
                                     .with_threads = o->threads,
                                     .n_lines = screen_lines(w)};
    g_autofree char *text = monitor_print(w->previous, sample, &options);
    if (w->is_screen && fputs(CLEAR_SCREEN, stdout) < 0)
        return false;
    return show_print(text) && (w->is_screen || show_print("\n"));
}

/* Waits for the next sample; q ends it. A change of the terminal's size wakes it up. */
static void wait_interval(watch *w, double interval_s)
{
    struct pollfd input = {.fd = w->is_screen ? STDIN_FILENO : -1, .events = POLLIN};
    if (poll(&input, 1, (int)(interval_s * 1000)) <= 0 || (input.revents & POLLIN) == 0)
        return;
    char key;
    if (read(STDIN_FILENO, &key, 1) == 1 && (key == 'q' || key == 'Q'))
        w->is_quit = true;
}

/* ---- live ---- */

static bool record_sample(const watch *w, const monitor_sample *sample)
{
    if (w->record == NULL)
        return true;
    g_autoptr(GString) text = g_string_new(NULL);
    monitor_write(text, sample);
    return fputs(text->str, w->record) >= 0 && fflush(w->record) == 0;
}

static int watch_loop(watch *w, const top_options *o)
{
    while (!w->has_ended && !w->is_quit) {
        monitor_sample *sample = monitor_take(w->root);
        for (guint i = 0; i < sample->processes->len; i++)
            w->peak_resident =
                MAX(w->peak_resident,
                    g_array_index(sample->processes, monitor_process, i).resident_bytes);
        bool is_written =
            sample->processes->len == 0 || (record_sample(w, sample) && draw(w, sample, o));
        check_ended(w, sample);
        if (sample->processes->len > 0) {
            monitor_sample_free(w->previous);
            w->previous = sample;
        } else {
            monitor_sample_free(sample);
        }
        if (!is_written)
            return CLI_HARNESS;
        if (!w->has_ended)
            wait_interval(w, o->interval_s);
    }
    return CLI_OK;
}

/* What the screen showed last, in totals. */
static void print_totals(const watch *w)
{
    const monitor_print_options options = {.is_accumulated = true};
    if (w->previous == NULL)
        return;
    g_autofree char *text = monitor_print(NULL, w->previous, &options);
    g_autofree char *peak = plain_text_number(w->peak_resident);
    g_autofree char *line = g_strdup_printf("greatest RES of a process: %s bytes\n", peak);
    (void)(show_print(text) && show_print(line)); /* only for people: the record has it all */
}

/* What the program had printed meanwhile, and how it ended. */
static int report_end(watch *w)
{
    g_autofree char *output = NULL;
    if (w->is_screen)
        print_totals(w);
    if (w->output_file != NULL && g_file_get_contents(w->output_file, &output, NULL, NULL))
        (void)show_print(output); /* nothing is lost that matters */
    if (w->is_quit && w->is_ours) {
        (void)kill(w->root, SIGTERM); /* it may just have ended */
        (void)waitpid(w->root, &w->status, 0);
        return CLI_OK;
    }
    if (!w->is_ours)
        return CLI_OK;
    if (WIFSIGNALED(w->status))
        return cli_fail(CLI_SHORT, "warning: the program was ended by signal %d",
                        WTERMSIG(w->status));
    if (WEXITSTATUS(w->status) != 0)
        return cli_fail(CLI_SHORT, "warning: the program exited with status %d",
                        WEXITSTATUS(w->status));
    return CLI_OK;
}

static int watch_program(char **program, const top_options *o)
{
    g_autoptr(GError) error = NULL;
    watch w = {.root = o->pid,
               .is_screen = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1};
    if (o->record != NULL) {
        w.record = fopen(o->record, "we");
        if (w.record == NULL || fputs("# objlab top 1\n", w.record) < 0)
            return cli_fail(CLI_USAGE, "top: cannot write %s: %s", o->record, g_strerror(errno));
    }
    int code = CLI_OK;
    (void)signal(SIGINT, SIG_IGN); /* it reaches the program, whose end ends us */
    if (program != NULL && !start_program(&w, program, &error)) {
        code = cli_fail_error(CLI_USAGE, &error);
    } else {
        screen_begin(&w);
        code = watch_loop(&w, o);
        screen_end(&w);
        int end_code = report_end(&w);
        code = code == CLI_OK ? end_code : cli_fail(CLI_HARNESS, "cannot write the output");
    }
    (void)signal(SIGINT, SIG_DFL);
    if (w.record != NULL && fclose(w.record) != 0)
        code = cli_fail(CLI_HARNESS, "top: cannot write %s", o->record);
    if (w.output_file != NULL)
        (void)unlink(w.output_file); /* a temporary file */
    g_free(w.output_file);
    monitor_sample_free(w.previous);
    return code;
}

/* ---- replay ---- */

/* "hh:mm" or "hh:mm:ss" of the day on which the recording began; -1: it is neither. */
static int64_t moment(const char *text, int64_t first_us)
{
    static const uint64_t most[] = {23, 59, 59};
    uint64_t parts[3] = {0};
    g_auto(GStrv) words = g_strsplit(text, ":", -1);
    guint n = g_strv_length(words);
    if (n < 2 || n > G_N_ELEMENTS(parts))
        return -1;
    for (guint i = 0; i < n; i++) {
        if (!g_ascii_string_to_unsigned(words[i], 10, 0, most[i], &parts[i], NULL))
            return -1;
    }
    g_autoptr(GDateTime) first = g_date_time_new_from_unix_local(first_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) begin = g_date_time_new_local(
        g_date_time_get_year(first), g_date_time_get_month(first),
        g_date_time_get_day_of_month(first), (gint)parts[0], (gint)parts[1], (double)parts[2]);
    return g_date_time_to_unix(begin) * G_USEC_PER_SEC;
}

static json_t *process_json(const monitor_process *p)
{
    return json_pack(
        "{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "pid", p->pid, "name",
        p->name, "virtual_bytes", (json_int_t)p->virtual_bytes, "resident_bytes",
        (json_int_t)p->resident_bytes, "shared_bytes", (json_int_t)p->shared_bytes, "cpu_us",
        (json_int_t)p->cpu_us, "minor_faults", (json_int_t)p->minor_faults, "major_faults",
        (json_int_t)p->major_faults, "read_bytes", (json_int_t)p->read_bytes, "write_bytes",
        (json_int_t)p->write_bytes, "voluntary_switches", (json_int_t)p->voluntary_switches,
        "involuntary_switches", (json_int_t)p->involuntary_switches);
}

static json_t *samples_json(const GPtrArray *samples, guint first)
{
    json_t *array = json_array();
    for (guint i = first; i < samples->len; i++) {
        const monitor_sample *sample = g_ptr_array_index(samples, i);
        json_t *processes = json_array();
        for (guint k = 0; k < sample->processes->len; k++)
            (void)json_array_append_new(
                processes, process_json(&g_array_index(sample->processes, monitor_process, k)));
        (void)json_array_append_new(array, json_pack("{s:I, s:o}", "time_us",
                                                     (json_int_t)sample->time_us, "processes",
                                                     processes)); /* fail only without memory */
    }
    return json_pack("{s:s, s:i, s:s, s:o}", "schema", "objlab/top", "version", 1, "format", "top",
                     "samples", array);
}

static int show_samples(const GPtrArray *samples, guint first, const top_options *o)
{
    bool is_written = true;
    if (o->json) {
        json_t *value = samples_json(samples, first);
        is_written = show_print_json(value);
        json_decref(value);
    }
    monitor_print_options options = {
        .is_accumulated = o->accumulated, .with_devices = o->devices, .with_threads = o->threads};
    for (guint i = first; i < samples->len && is_written && !o->json; i++) {
        const monitor_sample *previous = i > 0 ? g_ptr_array_index(samples, i - 1) : NULL;
        g_autofree char *text = monitor_print(previous, g_ptr_array_index(samples, i), &options);
        is_written = show_print(text) && show_print("\n");
    }
    return is_written ? CLI_OK : cli_fail(CLI_HARNESS, "cannot write the output");
}

static int replay(const top_options *o)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize n_bytes;
    if (!g_file_get_contents(o->replay, &text, &n_bytes, &error))
        return cli_fail_error(CLI_USAGE, &error);
    g_autoptr(GPtrArray) samples = monitor_parse(text, n_bytes, o->replay, &error);
    if (samples == NULL)
        return cli_fail_error(CLI_USAGE, &error);
    guint first = 0;
    if (o->begin != NULL) {
        const monitor_sample *start = g_ptr_array_index(samples, 0);
        int64_t begin = moment(o->begin, start->time_us);
        if (begin < 0)
            return cli_fail(CLI_USAGE, "top: -b %s: expected hh:mm or hh:mm:ss", o->begin);
        while (first < samples->len &&
               ((const monitor_sample *)g_ptr_array_index(samples, first))->time_us < begin)
            first++;
        if (first == samples->len)
            return cli_fail(CLI_USAGE, "top: the recording ends before %s", o->begin);
    }
    return show_samples(samples, first, o);
}

static int top_checked(int argc, char **argv, const top_options *o)
{
    int first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
    if (o->replay != NULL)
        return first < argc ? cli_fail(CLI_USAGE, "top: either --replay or a program") : replay(o);
    if (o->json)
        return cli_fail(CLI_USAGE, "top: --json goes with --replay");
    if (!(o->interval_s >= MIN_INTERVAL))
        return cli_fail(CLI_USAGE, "top: --interval=%g is below %g", o->interval_s, MIN_INTERVAL);
    if ((first < argc) == (o->pid > 0))
        return cli_fail(CLI_USAGE, "top: expected a program or --pid: objlab top -- CMD");
    return watch_program(first < argc ? argv + first : NULL, o);
}

int cmd_top(int argc, char **argv)
{
    top_options o = {.interval_s = 1};
    const GOptionEntry entries[] = {
        {"interval", 'i', 0, G_OPTION_ARG_DOUBLE, &o.interval_s, "seconds between samples", "S"},
        {"record", 'w', 0, G_OPTION_ARG_FILENAME, &o.record, "write every sample", "FILE"},
        {"replay", 'r', 0, G_OPTION_ARG_FILENAME, &o.replay, "show a recording", "FILE"},
        {"begin", 'b', 0, G_OPTION_ARG_STRING, &o.begin, "replay from this time of day", "hh:mm"},
        {"accumulated", 'a', 0, G_OPTION_ARG_NONE, &o.accumulated,
         "totals since each process began, not rates", NULL},
        {"threads", 't', 0, G_OPTION_ARG_NONE, &o.threads, "%CPU of each thread", NULL},
        {"devices", 'x', 0, G_OPTION_ARG_NONE, &o.devices, "block devices, as iostat -x", NULL},
        {"pid", 'p', 0, G_OPTION_ARG_INT, &o.pid, "watch a process that runs already", "PID"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &o.json, "replay: print JSON", NULL},
        G_OPTION_ENTRY_NULL};
    GOptionContext *context = g_option_context_new("-- CMD [ARGS] - watch a program");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    int code = g_option_context_parse(context, &argc, &argv, &error)
                   ? top_checked(argc, argv, &o)
                   : cli_fail_error(CLI_USAGE, &error);
    g_option_context_free(context);
    g_free(o.record);
    g_free(o.replay);
    g_free(o.begin);
    return code;
}
