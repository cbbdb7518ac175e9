/*
 * monitor.h -- what a process and its children use, from /proc: as top, iotop and iostat show it.
 *
 * A sample holds counters since the start of each process; rates come from two samples.
 * Owns: monitor_sample_free() releases a whole sample.
 */
#ifndef HARNESS_PROFILE_MONITOR_H
#define HARNESS_PROFILE_MONITOR_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define MONITOR_NAME_BYTES 32

typedef struct monitor_thread {
    int pid, tid;
    uint64_t cpu_us;
    char name[MONITOR_NAME_BYTES];
} monitor_thread;

typedef struct monitor_process {
    int pid;
    unsigned uid;
    char state; /* as ps: R, S, D, Z, T */
    uint64_t virtual_bytes, resident_bytes, shared_bytes;
    uint64_t cpu_us;
    uint64_t minor_faults, major_faults;
    uint64_t voluntary_switches, involuntary_switches;
    uint64_t read_bytes, write_bytes; /* of storage; 0 where the kernel does not tell */
    uint64_t read_calls, write_calls;
    unsigned n_threads;
    char name[MONITOR_NAME_BYTES]; /* blanks and control characters replaced by '_' */
} monitor_process;

typedef struct monitor_device {
    char name[MONITOR_NAME_BYTES];
    uint64_t reads, read_bytes, read_ms;
    uint64_t writes, write_bytes, write_ms;
    uint64_t busy_ms;
} monitor_device;

typedef struct monitor_sample {
    int64_t time_us;   /* since 1970 */
    GArray *processes; /* of monitor_process, parents first */
    GArray *threads;   /* of monitor_thread; of processes with several */
    GArray *devices;   /* of monitor_device; those with any traffic since boot */
} monitor_sample;

/* root: the process whose tree it is. A sample without processes: it has ended. */
monitor_sample *monitor_take(int root);
monitor_sample *monitor_sample_new(void);
void monitor_sample_free(monitor_sample *sample);

/* ---- recordings: text, one line a thing; see monitor_file.c ---- */

/* Appends the sample in its written form. */
void monitor_write(GString *text, const monitor_sample *sample);

/* Samples of a recording, as they were taken (a clock that was set back shows); a line that is cut
 * off at the end is left out. Errors: no sample in it, or a damaged line. Owner of the result: the
 * caller (of monitor_sample *). */
GPtrArray *monitor_parse(const char *text, size_t n_bytes, const char *name, GError **error);

typedef enum monitor_error {
    MONITOR_ERROR_FORMAT /* not a recording; message has the line */
} monitor_error;
#define MONITOR_ERROR monitor_error_quark()
GQuark monitor_error_quark(void);

/* ---- tables ---- */

typedef struct monitor_print_options {
    bool is_accumulated; /* counters since the start in place of rates */
    bool with_devices, with_threads;
    unsigned n_lines; /* at most so many; 0: all */
} monitor_print_options;

/* previous: NULL for the first sample, whose rates are those since each process began, unknown.
 * Owner of the text: the caller. */
char *monitor_print(const monitor_sample *previous, const monitor_sample *sample,
                    const monitor_print_options *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(monitor_sample, monitor_sample_free)

#endif
