#include "harness/profile/monitor.h"

#include <pwd.h>
#include <string.h>

/* "123", "1.2M": at most six characters. */
static void append_size(GString *text, double value)
{
    static const char units[] = " KMGTP";
    size_t unit = 0;
    while (value >= 1000 && unit + 2 < sizeof units) {
        value /= 1024;
        unit++;
    }
    if (unit == 0)
        g_string_append_printf(text, " %7.0f", value);
    else
        g_string_append_printf(text, " %6.1f%c", value, units[unit]);
}

static char *user_name(unsigned uid)
{
    const struct passwd *user = getpwuid(uid);
    return user != NULL ? g_strndup(user->pw_name, 8) : g_strdup_printf("%u", uid);
}

static const monitor_process *find_process(const monitor_sample *sample, int pid)
{
    for (guint i = 0; sample != NULL && i < sample->processes->len; i++) {
        const monitor_process *p = &g_array_index(sample->processes, monitor_process, i);
        if (p->pid == pid)
            return p;
    }
    return NULL;
}

static const monitor_thread *find_thread(const monitor_sample *sample, int tid)
{
    for (guint i = 0; sample != NULL && i < sample->threads->len; i++) {
        const monitor_thread *t = &g_array_index(sample->threads, monitor_thread, i);
        if (t->tid == tid)
            return t;
    }
    return NULL;
}

/* What a counter gained a second; the whole counter if the print is accumulated. */
typedef struct scale {
    double seconds; /* between the samples; 0: there is no earlier one */
    bool is_accumulated;
} scale;

static double rate(const scale *s, uint64_t before, uint64_t now)
{
    if (s->is_accumulated)
        return (double)now;
    return s->seconds > 0 && now >= before ? (double)(now - before) / s->seconds : 0;
}

static double cpu_percent(const scale *s, uint64_t before, uint64_t now)
{
    if (s->seconds <= 0 || now < before)
        return 0;
    return 100.0 * (double)(now - before) / 1e6 / s->seconds;
}

static void append_process(GString *text, const monitor_process *old, const monitor_process *p,
                           const scale *s)
{
    static const monitor_process zero;
    const monitor_process *before = old != NULL ? old : &zero;
    g_autofree char *user = user_name(p->uid);
    g_string_append_printf(text, "%7d %-8s %c", p->pid, user, p->state);
    append_size(text, (double)p->virtual_bytes);
    append_size(text, (double)p->resident_bytes);
    append_size(text, (double)p->shared_bytes);
    g_string_append_printf(text, " %6.1f",
                           old != NULL ? cpu_percent(s, old->cpu_us, p->cpu_us) : 0);
    append_size(text, rate(s, before->minor_faults, p->minor_faults));
    append_size(text, rate(s, before->major_faults, p->major_faults));
    append_size(text, rate(s, before->voluntary_switches + before->involuntary_switches,
                           p->voluntary_switches + p->involuntary_switches));
    append_size(text, rate(s, before->read_bytes, p->read_bytes));
    append_size(text, rate(s, before->write_bytes, p->write_bytes));
    append_size(text,
                rate(s, before->read_calls + before->write_calls, p->read_calls + p->write_calls));
    g_string_append_printf(text, " %4u %s\n", p->n_threads, p->name);
}

static void append_threads(GString *text, const monitor_sample *previous,
                           const monitor_sample *sample, int pid, const scale *s)
{
    for (guint i = 0; i < sample->threads->len; i++) {
        const monitor_thread *t = &g_array_index(sample->threads, monitor_thread, i);
        const monitor_thread *old = find_thread(previous, t->tid);
        if (t->pid == pid)
            g_string_append_printf(text, "%7d %-8s %*s %6.1f  |- %s\n", t->tid, "", 25, "",
                                   old != NULL ? cpu_percent(s, old->cpu_us, t->cpu_us) : 0,
                                   t->name);
    }
}

static const monitor_device *find_device(const monitor_sample *sample, const char *name)
{
    for (guint i = 0; sample != NULL && i < sample->devices->len; i++) {
        const monitor_device *d = &g_array_index(sample->devices, monitor_device, i);
        if (strcmp(d->name, name) == 0)
            return d;
    }
    return NULL;
}

/* As iostat -x: operations and bytes a second, milliseconds an operation took, share of time in
 * which the device was busy. */
static void append_device(GString *text, const monitor_device *old, const monitor_device *d,
                          const scale *s)
{
    static const monitor_device zero;
    const monitor_device *before = old != NULL ? old : &zero;
    uint64_t operations = d->reads + d->writes - before->reads - before->writes;
    uint64_t waited = d->read_ms + d->write_ms - before->read_ms - before->write_ms;
    g_string_append_printf(text, "%-12s", d->name);
    append_size(text, rate(s, before->reads, d->reads));
    append_size(text, rate(s, before->writes, d->writes));
    append_size(text, rate(s, before->read_bytes, d->read_bytes));
    append_size(text, rate(s, before->write_bytes, d->write_bytes));
    double busy = old != NULL && s->seconds > 0
                      ? (double)(d->busy_ms - before->busy_ms) / 10.0 / s->seconds
                      : 0;
    g_string_append_printf(text, " %9.2f %6.1f\n",
                           operations > 0 ? (double)waited / (double)operations : 0,
                           MIN(busy, 100.0));
}

static void append_devices(GString *text, const monitor_sample *previous,
                           const monitor_sample *sample, const scale *s)
{
    g_string_append_printf(text, "\n%-12s %7s %7s %7s %7s %9s %6s\n", "device", "rd", "wr", "rd B",
                           "wr B", "ms an op", "%busy");
    for (guint i = 0; i < sample->devices->len; i++) {
        const monitor_device *d = &g_array_index(sample->devices, monitor_device, i);
        append_device(text, find_device(previous, d->name), d, s);
    }
}

/* Cuts the text behind so many lines. */
static void keep_lines(GString *text, unsigned n_lines)
{
    unsigned n = 0;
    for (gsize i = 0; i < text->len; i++) {
        if (text->str[i] == '\n' && ++n == n_lines) {
            g_string_truncate(text, i + 1);
            return;
        }
    }
}

char *monitor_print(const monitor_sample *previous, const monitor_sample *sample,
                    const monitor_print_options *options)
{
    scale s = {.is_accumulated = options->is_accumulated};
    if (previous != NULL)
        s.seconds = (double)(sample->time_us - previous->time_us) / 1e6;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(sample->time_us / G_USEC_PER_SEC);
    g_autofree char *clock =
        time != NULL ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S") : g_strdup("?");
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "objlab top  %s  %u process%s%s\n", clock, sample->processes->len,
                           sample->processes->len == 1 ? "" : "es",
                           options->is_accumulated ? "  accumulated" : "  a second");
    g_string_append_printf(text, "%7s %-8s %c %7s %7s %7s %6s %7s %7s %7s %7s %7s %7s %4s %s\n",
                           "PID", "USER", 'S', "VIRT", "RES", "SHR", "%CPU", "MINFLT", "MAJFLT",
                           "SWITCH", "READ", "WRITE", "IO OPS", "THR", "COMMAND");
    for (guint i = 0; i < sample->processes->len; i++) {
        const monitor_process *p = &g_array_index(sample->processes, monitor_process, i);
        append_process(text, find_process(previous, p->pid), p, &s);
        if (options->with_threads)
            append_threads(text, previous, sample, p->pid, &s);
    }
    if (options->with_devices && sample->devices->len > 0)
        append_devices(text, previous, sample, &s);
    if (options->n_lines > 0)
        keep_lines(text, options->n_lines);
    return g_string_free(text, FALSE);
}
