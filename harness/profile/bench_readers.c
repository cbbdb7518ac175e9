/*
 * bench_readers.c -- the readers beside callgrind_annotate and ms_print, on files made here.
 *
 *   bench_readers [MB ...]       default: 10 40 160; the others read files up to 40 MB only
 *   bench_readers --read FILE    reads one file, for the measurement of a process
 *
 * Every reading is a process of its own: its time is the processor time of the whole process (the
 * machine may be busy with other things), its memory the greatest resident size, mapped file
 * included.
 */
#include "harness/profile/callgrind.h"
#include "harness/profile/massif.h"
#include "harness/profile/profile_format.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEGA           (1e6)
#define OTHERS_MAX_MB  40
#define N_FILES        997
#define LINES_A_BODY   40
#define DISTINCT_LINES 14
#define NEIGHBOURS     3000 /* how far off callees are: programs call what is near */
#define N_REPEATS      3

/* ---- files ---- */

static unsigned file_of(unsigned function)
{
    return function % N_FILES;
}

static void write_file(FILE *out, const char *spec, unsigned file, bool is_first)
{
    (void)fprintf(out, is_first ? "%s=(%u) /usr/src/program/module%u/file.c\n" : "%s=(%u)\n", spec,
                  file, file);
}

static void write_call(FILE *out, GRand *rand, unsigned id, const char *more)
{
    gint32 nearest = (gint32)MAX(id, NEIGHBOURS) - NEIGHBOURS;
    unsigned callee = (unsigned)g_rand_int_range(rand, nearest, (gint32)id + 1);
    if (file_of(callee) != file_of(id))
        write_file(out, "cfi", file_of(callee), false);
    (void)fprintf(out, "cfn=(%u)\ncalls=%d %d\n* %d%s\n", callee, g_rand_int_range(rand, 1, 5000),
                  g_rand_int_range(rand, 1, 3000), 1 << g_rand_int_range(rand, 5, 25), more);
}

/* A function as callgrind writes one: the same lines again and again, since every basic block
 * has its own; relative positions, mostly small costs, some calls. */
static void write_function(FILE *out, GRand *rand, unsigned id, bool with_caches)
{
    const char *more = with_caches ? " 1 2 1 0 0 1 0 1" : "";
    int first = g_rand_int_range(rand, 10, 3000), now = first;
    write_file(out, "fl", file_of(id), id < N_FILES);
    (void)fprintf(out, "fn=(%u) function_number_%u\n%d 5%s\n", id, id, first, more);
    for (unsigned i = 0; i < LINES_A_BODY; i++) {
        int next = first + g_rand_int_range(rand, 0, DISTINCT_LINES);
        int cost = 1 << g_rand_int_range(rand, 0, 20);
        if (next == now)
            (void)fprintf(out, "* %d%s\n", cost, more);
        else
            (void)fprintf(out, "%+d %d%s\n", next - now, cost, more);
        now = next;
        if (i % 10 == 9)
            write_call(out, rand, id, more);
    }
    (void)fputc('\n', out);
}

static bool write_callgrind(const char *path, double megabytes, bool with_caches)
{
    FILE *out = fopen(path, "we");
    if (out == NULL)
        return false;
    GRand *rand = g_rand_new_with_seed(1);
    (void)fprintf(out,
                  "# callgrind format\nversion: 1\ncreator: bench\ncmd: bench\npart: 1\n"
                  "positions: line\nevents: Ir%s\n",
                  with_caches ? " Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw" : "");
    for (unsigned id = 0; (double)ftell(out) < megabytes * MEGA; id++)
        write_function(out, rand, id, with_caches);
    g_rand_free(rand);
    bool is_written = ferror(out) == 0;
    return fclose(out) == 0 && is_written;
}

/* Places repeat from snapshot to snapshot, as they do in a program. */
static void write_node(FILE *out, GRand *rand, unsigned depth, unsigned long bytes)
{
    unsigned n = depth < 14 ? (unsigned)g_rand_int_range(rand, 0, depth < 4 ? 5 : 3) : 0;
    int place = g_rand_int_range(rand, 0, 5000);
    (void)fprintf(out, "%*sn%u: %lu 0x%X: function_number_%d(int, char const*) (file%d.c:%d)\n",
                  (int)depth, "", n, bytes, 0x400000 + place * 24, place / 4, place % 100,
                  place % 3000 + 1);
    for (unsigned i = 0; i < n; i++)
        write_node(out, rand, depth + 1, bytes / n);
}

static bool write_massif(const char *path, double megabytes)
{
    FILE *out = fopen(path, "we");
    if (out == NULL)
        return false;
    GRand *rand = g_rand_new_with_seed(2);
    (void)fprintf(out, "desc: bench\ncmd: bench\ntime_unit: i\n");
    for (unsigned i = 0; (double)ftell(out) < megabytes * MEGA; i++) {
        (void)fprintf(out,
                      "#-----------\nsnapshot=%u\n#-----------\ntime=%u\nmem_heap_B=%u\n"
                      "mem_heap_extra_B=8\nmem_stacks_B=0\nheap_tree=detailed\n"
                      "n40: %u (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n",
                      i, i * 1000, i * 40000, i * 40000);
        for (unsigned k = 0; k < 40; k++)
            write_node(out, rand, 1, i * 1000UL);
    }
    g_rand_free(rand);
    bool is_written = ferror(out) == 0;
    return fclose(out) == 0 && is_written;
}

/* ---- measuring ---- */

typedef struct reading {
    double seconds, peak_mb;
} reading;

/* Runs argv with its output thrown away. False if it fails. */
static bool measure_once(char *const *argv, reading *ret_reading)
{
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0)
            execv(argv[0], argv);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
        return false;
    ret_reading->seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / MEGA;
    ret_reading->peak_mb = (double)usage.ru_maxrss * 1024 / MEGA;
    return true;
}

/* The fastest of several: what is in the way of it is others' work. */
static void measure(const char *name, char *const *argv, const char *file, int n_repeats)
{
    reading best = {1e9, 0}, one;
    GStatBuf status;
    if (g_stat(file, &status) != 0)
        return;
    for (int i = 0; i < n_repeats; i++) {
        if (!measure_once(argv, &one)) {
            (void)printf("%-34s failed\n", name);
            return;
        }
        if (one.seconds < best.seconds)
            best = one;
    }
    double megabytes = (double)status.st_size / MEGA;
    (void)printf("%-34s %8.1f MB %9.3f s %9.1f MB/s %9.1f MB of memory\n", name, megabytes,
                 best.seconds, megabytes / best.seconds, best.peak_mb);
    (void)fflush(stdout); /* shows each line as it comes; nothing to do if it cannot */
}

static void measure_file(const char *self, const char *name, const char *other, char *file,
                         double megabytes)
{
    char *ours[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "--read", file, NULL};
    char *theirs[] = {(char *)(uintptr_t)other, file, NULL}; /* execv() changes none of them */
    measure(name, ours, file, N_REPEATS);
    if (megabytes <= OTHERS_MAX_MB)
        measure(other, theirs, file, 1);
}

static int read_file(const char *path)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    if (file == NULL)
        return 1;
    profile_format format =
        profile_format_detect(g_mapped_file_get_contents(file), g_mapped_file_get_length(file));
    if (format == PROFILE_CALLGRIND) {
        g_autoptr(callgrind_profile) calls = callgrind_read(path, NULL);
        return calls != NULL && calls->complete ? 0 : 1;
    }
    g_autoptr(massif_profile) heap = massif_read(path, NULL);
    return heap != NULL ? 0 : 1;
}

static void bench(const char *self, const char *folder, double megabytes)
{
    g_autofree char *file = g_build_filename(folder, "profile", NULL);
    if (write_callgrind(file, megabytes, false))
        measure_file(self, "callgrind, Ir only", "/usr/bin/callgrind_annotate", file, megabytes);
    if (write_callgrind(file, megabytes, true))
        measure_file(self, "callgrind, 9 events", "/usr/bin/callgrind_annotate", file, megabytes);
    if (write_massif(file, megabytes))
        measure_file(self, "massif", "/usr/bin/ms_print", file, megabytes);
    (void)g_remove(file); /* in our own temporary folder */
}

int main(int argc, char **argv)
{
    static const double defaults[] = {10, 40, 160};
    if (argc == 3 && strcmp(argv[1], "--read") == 0)
        return read_file(argv[2]);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_dir_make_tmp("bench-readers-XXXXXX", NULL);
    if (self == NULL || folder == NULL)
        return 1;
    for (size_t i = 0; argc < 2 && i < G_N_ELEMENTS(defaults); i++)
        bench(self, folder, defaults[i]);
    for (int i = 1; i < argc; i++)
        bench(self, folder, g_ascii_strtod(argv[i], NULL));
    return g_rmdir(folder) == 0 ? 0 : 1;
}
