#include "harness/profile/monitor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR_BYTES  512
#define MAX_PROCESSES 4096

monitor_sample *monitor_sample_new(void)
{
    monitor_sample *sample = g_new0(monitor_sample, 1);
    sample->processes = g_array_new(FALSE, TRUE, sizeof(monitor_process));
    sample->threads = g_array_new(FALSE, TRUE, sizeof(monitor_thread));
    sample->devices = g_array_new(FALSE, TRUE, sizeof(monitor_device));
    return sample;
}

void monitor_sample_free(monitor_sample *sample)
{
    if (sample == NULL)
        return;
    g_array_unref(sample->processes);
    g_array_unref(sample->threads);
    g_array_unref(sample->devices);
    g_free(sample);
}

/* The file's text in buffer, terminated; false if there is none (the process has gone). */
static bool read_text(const char *path, char *buffer, size_t n_buffer)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, buffer, n_buffer - 1);
    (void)close(fd); /* read only */
    buffer[MAX(n, 0)] = '\0';
    return n > 0;
}

static void copy_name(char *name, const char *text, size_t n_bytes)
{
    size_t n = MIN(n_bytes, (size_t)MONITOR_NAME_BYTES - 1);
    for (size_t i = 0; i < n; i++)
        name[i] = (char)(g_ascii_isgraph(text[i]) ? text[i] : '_');
    name[n] = '\0';
}

/* The number behind "key:" in a text of such lines; 0: no such line. */
static uint64_t value_of(const char *text, const char *key)
{
    const char *found = strstr(text, key);
    return found == NULL ? 0 : g_ascii_strtoull(found + strlen(key), NULL, 10);
}

/* Fields of /proc/.../stat from the third on, behind the name in parentheses. */
typedef struct stat_fields {
    char state;
    uint64_t minor_faults, major_faults, user_ticks, system_ticks, n_threads, virtual_bytes;
} stat_fields;

static bool parse_stat(const char *text, stat_fields *ret_fields, char *ret_name)
{
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (open == NULL || close == NULL || close < open || close[1] != ' ')
        return false;
    copy_name(ret_name, open + 1, (size_t)(close - open - 1));
    g_auto(GStrv) words = g_strsplit(close + 2, " ", -1);
    if (g_strv_length(words) < 21)
        return false;
    *ret_fields = (stat_fields){
        .state = words[0][0],
        .minor_faults = g_ascii_strtoull(words[7], NULL, 10),
        .major_faults = g_ascii_strtoull(words[9], NULL, 10),
        .user_ticks = g_ascii_strtoull(words[11], NULL, 10),
        .system_ticks = g_ascii_strtoull(words[12], NULL, 10),
        .n_threads = g_ascii_strtoull(words[17], NULL, 10),
        .virtual_bytes = g_ascii_strtoull(words[20], NULL, 10),
    };
    return true;
}

/* Processor time; the scheduler's own count in ns if it is there, else ticks of 10 ms. */
static uint64_t cpu_time_us(const char *folder, const stat_fields *fields)
{
    char path[128], text[128];
    (void)g_snprintf(path, sizeof path, "%s/schedstat", folder);
    if (fields->n_threads <= 1 && read_text(path, text, sizeof text))
        return g_ascii_strtoull(text, NULL, 10) / 1000;
    long ticks = sysconf(_SC_CLK_TCK);
    return (fields->user_ticks + fields->system_ticks) * G_USEC_PER_SEC / (uint64_t)MAX(ticks, 1);
}

static bool read_process(int pid, monitor_process *p)
{
    char folder[64], path[96], text[4096];
    stat_fields fields;
    struct stat status;
    (void)g_snprintf(folder, sizeof folder, "/proc/%d", pid);
    (void)g_snprintf(path, sizeof path, "%s/stat", folder);
    if (stat(folder, &status) != 0 || !read_text(path, text, sizeof text) ||
        !parse_stat(text, &fields, p->name))
        return false;
    p->pid = pid;
    p->uid = status.st_uid;
    p->state = fields.state;
    p->minor_faults = fields.minor_faults;
    p->major_faults = fields.major_faults;
    p->n_threads = (unsigned)fields.n_threads;
    p->virtual_bytes = fields.virtual_bytes;
    p->cpu_us = cpu_time_us(folder, &fields);
    (void)g_snprintf(path, sizeof path, "%s/statm", folder);
    if (read_text(path, text, sizeof text)) {
        char *rest = text;
        uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
        (void)g_ascii_strtoull(rest, &rest, 10); /* the size: it is in stat */
        p->resident_bytes = g_ascii_strtoull(rest, &rest, 10) * page;
        p->shared_bytes = g_ascii_strtoull(rest, &rest, 10) * page;
    }
    (void)g_snprintf(path, sizeof path, "%s/status", folder);
    if (read_text(path, text, sizeof text)) {
        p->voluntary_switches = value_of(text, "\nvoluntary_ctxt_switches:\t");
        p->involuntary_switches = value_of(text, "\nnonvoluntary_ctxt_switches:\t");
    }
    (void)g_snprintf(path, sizeof path, "%s/io", folder);
    if (read_text(path, text, sizeof text)) {
        p->read_calls = value_of(text, "syscr: ");
        p->write_calls = value_of(text, "syscw: ");
        p->read_bytes = value_of(text, "\nread_bytes: ");
        p->write_bytes = value_of(text, "\nwrite_bytes: ");
    }
    return true;
}

/* Threads of a process, and its children, which the kernel lists by thread. */
static void read_threads(monitor_sample *sample, const monitor_process *p, GArray *pending)
{
    char path[128], text[4096];
    (void)g_snprintf(path, sizeof path, "/proc/%d/task", p->pid);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    if (folder == NULL)
        return;
    for (const char *name; (name = g_dir_read_name(folder)) != NULL;) {
        (void)g_snprintf(path, sizeof path, "/proc/%d/task/%s/children", p->pid, name);
        if (read_text(path, text, sizeof text)) {
            char *rest = text;
            for (int child; (child = (int)g_ascii_strtoull(rest, &rest, 10)) > 0;)
                g_array_append_val(pending, child);
        }
        stat_fields fields;
        monitor_thread thread = {.pid = p->pid, .tid = (int)g_ascii_strtoull(name, NULL, 10)};
        (void)g_snprintf(path, sizeof path, "/proc/%d/task/%s/stat", p->pid, name);
        if (p->n_threads < 2 || !read_text(path, text, sizeof text) ||
            !parse_stat(text, &fields, thread.name))
            continue;
        (void)g_snprintf(path, sizeof path, "/proc/%d/task/%s", p->pid, name);
        fields.n_threads = 1;
        thread.cpu_us = cpu_time_us(path, &fields);
        g_array_append_val(sample->threads, thread);
    }
}

static void read_devices(monitor_sample *sample)
{
    char text[16384];
    if (!read_text("/proc/diskstats", text, sizeof text))
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) words = g_strsplit_set(g_strchug(*line), " ", -1);
        GPtrArray *fields = g_ptr_array_new();
        for (char **word = words; *word != NULL; word++) {
            if ((*word)[0] != '\0')
                g_ptr_array_add(fields, *word);
        }
        if (fields->len >= 13) {
            uint64_t n[10];
            for (unsigned i = 0; i < G_N_ELEMENTS(n); i++)
                n[i] = g_ascii_strtoull(g_ptr_array_index(fields, i + 3), NULL, 10);
            monitor_device device = {.reads = n[0],
                                     .read_bytes = n[2] * SECTOR_BYTES,
                                     .read_ms = n[3],
                                     .writes = n[4],
                                     .write_bytes = n[6] * SECTOR_BYTES,
                                     .write_ms = n[7],
                                     .busy_ms = n[9]};
            const char *name = g_ptr_array_index(fields, 2);
            copy_name(device.name, name, strlen(name));
            if (device.reads + device.writes > 0)
                g_array_append_val(sample->devices, device);
        }
        g_ptr_array_unref(fields);
    }
}

monitor_sample *monitor_take(int root)
{
    monitor_sample *sample = monitor_sample_new();
    sample->time_us = g_get_real_time();
    g_autoptr(GArray) pending = g_array_new(FALSE, FALSE, sizeof(int));
    g_array_append_val(pending, root);
    for (guint i = 0; i < pending->len && i < MAX_PROCESSES; i++) {
        monitor_process p = {0};
        if (!read_process(g_array_index(pending, int, i), &p) || p.state == 'Z')
            continue;
        read_threads(sample, &p, pending);
        g_array_append_val(sample->processes, p);
    }
    read_devices(sample);
    return sample;
}
