/*
 * The form of a recording:
 *
 *   # objlab top 1
 *   S time_us
 *   P pid uid state virtual resident shared cpu_us minor major voluntary involuntary
 *     read_bytes write_bytes read_calls write_calls threads name            (one line)
 *   T pid tid cpu_us name
 *   D name reads read_bytes read_ms writes write_bytes write_ms busy_ms
 *
 */
#include "harness/profile/monitor.h"

#include <inttypes.h>
#include <string.h>

G_DEFINE_QUARK(monitor - error - quark, monitor_error)

void monitor_write(GString *text, const monitor_sample *sample)
{
    g_string_append_printf(text, "S %" PRId64 "\n", sample->time_us);
    for (guint i = 0; i < sample->processes->len; i++) {
        const monitor_process *p = &g_array_index(sample->processes, monitor_process, i);
        g_string_append_printf(
            text,
            "P %d %u %c %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
            " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %u %s\n",
            p->pid, p->uid, p->state, p->virtual_bytes, p->resident_bytes, p->shared_bytes,
            p->cpu_us, p->minor_faults, p->major_faults, p->voluntary_switches,
            p->involuntary_switches, p->read_bytes, p->write_bytes, p->read_calls, p->write_calls,
            p->n_threads, p->name);
    }
    for (guint i = 0; i < sample->threads->len; i++) {
        const monitor_thread *t = &g_array_index(sample->threads, monitor_thread, i);
        g_string_append_printf(text, "T %d %d %" PRIu64 " %s\n", t->pid, t->tid, t->cpu_us,
                               t->name);
    }
    for (guint i = 0; i < sample->devices->len; i++) {
        const monitor_device *d = &g_array_index(sample->devices, monitor_device, i);
        g_string_append_printf(text,
                               "D %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
                               " %" PRIu64 " %" PRIu64 "\n",
                               d->name, d->reads, d->read_bytes, d->read_ms, d->writes,
                               d->write_bytes, d->write_ms, d->busy_ms);
    }
}

static void copy_name(char *name, const char *word)
{
    (void)g_strlcpy(name, word, MONITOR_NAME_BYTES); /* too long: cut */
}

static uint64_t number(const char *word)
{
    return g_ascii_strtoull(word, NULL, 10);
}

static void parse_process(monitor_sample *sample, char **w)
{
    monitor_process p = {
        .pid = (int)number(w[1]),
        .uid = (unsigned)number(w[2]),
        .state = w[3][0],
        .virtual_bytes = number(w[4]),
        .resident_bytes = number(w[5]),
        .shared_bytes = number(w[6]),
        .cpu_us = number(w[7]),
        .minor_faults = number(w[8]),
        .major_faults = number(w[9]),
        .voluntary_switches = number(w[10]),
        .involuntary_switches = number(w[11]),
        .read_bytes = number(w[12]),
        .write_bytes = number(w[13]),
        .read_calls = number(w[14]),
        .write_calls = number(w[15]),
        .n_threads = (unsigned)number(w[16]),
    };
    copy_name(p.name, w[17]);
    g_array_append_val(sample->processes, p);
}

static void parse_thread(monitor_sample *sample, char **w)
{
    monitor_thread t = {.pid = (int)number(w[1]), .tid = (int)number(w[2]), .cpu_us = number(w[3])};
    copy_name(t.name, w[4]);
    g_array_append_val(sample->threads, t);
}

static void parse_device(monitor_sample *sample, char **w)
{
    monitor_device d = {.reads = number(w[2]),
                        .read_bytes = number(w[3]),
                        .read_ms = number(w[4]),
                        .writes = number(w[5]),
                        .write_bytes = number(w[6]),
                        .write_ms = number(w[7]),
                        .busy_ms = number(w[8])};
    copy_name(d.name, w[1]);
    g_array_append_val(sample->devices, d);
}

/* The kinds of lines: how many words, and which of them is no number (0: none but the first). */
static const struct {
    const char *kind;
    guint n_words, name_at;
} forms[] = {{"S", 2, 0}, {"P", 18, 17}, {"T", 5, 4}, {"D", 9, 1}};

enum { STATE_AT = 3 }; /* of a process: one letter */

/* The largest number that fits where it goes. */
static guint64 largest(const char *kind, guint at)
{
    enum { UID_AT = 2, N_THREADS_AT = 16 };
    bool is_process = *kind == 'P';
    if (is_process && (at == UID_AT || at == N_THREADS_AT))
        return UINT32_MAX;
    bool is_id = (is_process && at == 1) || (*kind == 'T' && at <= 2);
    return is_id ? INT32_MAX : INT64_MAX;
}

static bool is_number(const char *word, guint64 most)
{
    return g_ascii_string_to_unsigned(word, 10, 0, most, NULL, NULL) != FALSE;
}

/* True if the words are those of a line of that form. */
static bool has_form(char **w, size_t form)
{
    if (g_strv_length(w) != forms[form].n_words || strcmp(w[0], forms[form].kind) != 0)
        return false;
    for (guint i = 1; i < forms[form].n_words; i++) {
        bool is_state = strcmp(w[0], "P") == 0 && i == STATE_AT;
        bool is_right = is_state                   ? strlen(w[i]) == 1
                        : i == forms[form].name_at ? w[i][0] != '\0'
                                                   : is_number(w[i], largest(w[0], i));
        if (!is_right)
            return false;
    }
    return true;
}

/* False: no line of a recording, or not at this place. */
static bool parse_line(GPtrArray *samples, char **w)
{
    size_t form = 0;
    while (form < G_N_ELEMENTS(forms) && !has_form(w, form))
        form++;
    if (form == G_N_ELEMENTS(forms) || (samples->len == 0 && form != 0))
        return false;
    if (form == 0) {
        monitor_sample *sample = monitor_sample_new();
        sample->time_us = (int64_t)number(w[1]);
        g_ptr_array_add(samples, sample);
        return true;
    }
    monitor_sample *last = g_ptr_array_index(samples, samples->len - 1);
    if (strcmp(w[0], "P") == 0)
        parse_process(last, w);
    else if (strcmp(w[0], "T") == 0)
        parse_thread(last, w);
    else
        parse_device(last, w);
    return true;
}

static void free_sample(gpointer sample)
{
    monitor_sample_free(sample);
}

GPtrArray *monitor_parse(const char *text, size_t n_bytes, const char *name, GError **error)
{
    GPtrArray *samples = g_ptr_array_new_with_free_func(free_sample);
    const char *end = text + n_bytes;
    unsigned n_lines = 0;
    for (const char *p = text; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        if (newline == NULL)
            break; /* cut off */
        n_lines++;
        g_autofree char *line = g_strndup(p, (gsize)(newline - p));
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        p = newline + 1;
        if (line[0] == '#' || parse_line(samples, words))
            continue;
        g_set_error(error, MONITOR_ERROR, MONITOR_ERROR_FORMAT,
                    "%s:%u:1: not a recording of objlab top: expected a line 'S time'%s", name,
                    n_lines, samples->len > 0 ? ", 'P ...', 'T ...' or 'D ...'" : "");
        g_ptr_array_unref(samples);
        return NULL;
    }
    if (samples->len > 0)
        return samples;
    g_ptr_array_unref(samples);
    g_set_error(error, MONITOR_ERROR, MONITOR_ERROR_FORMAT,
                "%s:1:1: not a recording of objlab top: expected a line 'S time'", name);
    return NULL;
}
