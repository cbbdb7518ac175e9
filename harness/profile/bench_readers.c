/*
 * bench_readers.c -- the readers beside callgrind_annotate and ms_print, on files made here.
 *
 *   bench_readers [MB ...]       default: 10 40 160 500
 *   bench_readers --read FILE    reads one file, for the measurement of a process
 *
 * The others read files up to 40 MB only, and once.
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

#define MEGA                (1e6)
#define OTHERS_MAX_MB       40
#define N_FILES             997
#define LINES_A_BODY        40
#define DISTINCT_LINES      14
#define INSTRUCTIONS_A_BODY 100
#define NEIGHBOURS          3000 /* how far off callees are: programs call what is near */
#define N_REPEATS           9

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

/* The same with --dump-instr=yes: instructions in ascending order, few of them on another line than
 * the one before, as often executed as their neighbours. */
static void write_function_of_instructions(FILE *out, GRand *rand, unsigned id)
{
    write_file(out, "fl", file_of(id), id < N_FILES);
    (void)fprintf(out, "fn=(%u) function_number_%u\n0x%x %d 5\n", id, id, 0x401000 + id * 1024,
                  g_rand_int_range(rand, 10, 3000));
    int cost = 5;
    for (unsigned i = 0; i < INSTRUCTIONS_A_BODY; i++) {
        if (i % 8 == 7)
            cost = 1 << g_rand_int_range(rand, 0, 20);
        if (g_rand_int_range(rand, 0, 3) == 0)
            (void)fprintf(out, "+%d %+d %d\n", g_rand_int_range(rand, 1, 9),
                          g_rand_int_range(rand, 1, DISTINCT_LINES), cost);
        else
            (void)fprintf(out, "+%d * %d\n", g_rand_int_range(rand, 1, 9), cost);
    }
    (void)fputc('\n', out);
}

typedef enum bench_form {
    BENCH_IR,
    BENCH_NINE_EVENTS,
    BENCH_INSTRUCTIONS,
    BENCH_RANDOM_TREES,
    BENCH_ONE_TREE
} bench_form;

static void write_callgrind(FILE *out, bench_form form, double megabytes)
{
    GRand *rand = g_rand_new_with_seed(1);
    (void)fprintf(out,
                  "# callgrind format\nversion: 1\ncreator: bench\ncmd: bench\npart: 1\n"
                  "positions:%s line\nevents: Ir%s\n",
                  form == BENCH_INSTRUCTIONS ? " instr" : "",
                  form == BENCH_NINE_EVENTS ? " Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw" : "");
    for (unsigned id = 0; (double)ftell(out) < megabytes * MEGA; id++) {
        if (form == BENCH_INSTRUCTIONS)
            write_function_of_instructions(out, rand, id);
        else
            write_function(out, rand, id, form == BENCH_NINE_EVENTS);
    }
    g_rand_free(rand);
}

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

/* The tree of a program is the same from snapshot to snapshot, but for its bytes; random ones, of
 * the same places, are the hardest that there are. */
static void write_massif(FILE *out, bench_form form, double megabytes)
{
    GRand *rand = g_rand_new_with_seed(2);
    (void)fprintf(out, "desc: bench\ncmd: bench\ntime_unit: i\n");
    for (unsigned i = 0; (double)ftell(out) < megabytes * MEGA; i++) {
        (void)fprintf(out,
                      "#-----------\nsnapshot=%u\n#-----------\ntime=%u\nmem_heap_B=%u\n"
                      "mem_heap_extra_B=8\nmem_stacks_B=0\nheap_tree=detailed\n"
                      "n40: %u (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n",
                      i, i * 1000, i * 40000, i * 40000);
        if (form == BENCH_ONE_TREE)
            g_rand_set_seed(rand, 2);
        for (unsigned k = 0; k < 40; k++)
            write_node(out, rand, 1, i * 1000UL);
    }
    g_rand_free(rand);
}

static bool write_profile(const char *path, bench_form form, double megabytes)
{
    FILE *out = fopen(path, "we");
    if (out == NULL)
        return false;
    if (form < BENCH_RANDOM_TREES)
        write_callgrind(out, form, megabytes);
    else
        write_massif(out, form, megabytes);
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

/* All readings of a file by one reader. */
typedef struct readings {
    double fastest, slowest; /* in seconds */
    double peak_mb;          /* of the fastest */
} readings;

/* The fastest is what counts: what is in the way of it is others' work. False if one fails. */
static bool measure(char *const *argv, int n_repeats, readings *ret_readings)
{
    *ret_readings = (readings){.fastest = G_MAXDOUBLE};
    for (int i = 0; i < n_repeats; i++) {
        reading one;
        if (!measure_once(argv, &one))
            return false;
        ret_readings->slowest = MAX(ret_readings->slowest, one.seconds);
        if (one.seconds < ret_readings->fastest) {
            ret_readings->fastest = one.seconds;
            ret_readings->peak_mb = one.peak_mb;
        }
    }
    return true;
}

static void print_readings(const char *reader, const readings *r, double megabytes)
{
    (void)printf("  %-20s %8.1f MB/s [%.1f, %.1f] %8.1f MB of memory", reader,
                 megabytes / r->fastest, megabytes / r->slowest, megabytes / r->fastest,
                 r->peak_mb);
}

static bool measure_file(const char *self, const char *name, const char *other, char *file)
{
    char *ours[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "--read", file, NULL};
    char *theirs[] = {(char *)(uintptr_t)other, file, NULL}; /* execv() changes none of them */
    readings our, their;
    GStatBuf status;
    if (g_stat(file, &status) != 0 || !measure(ours, N_REPEATS, &our))
        return false;
    double megabytes = (double)status.st_size / MEGA;
    (void)printf("%s, %.1f MB\n", name, megabytes);
    print_readings("objlab", &our, megabytes);
    if (megabytes <= OTHERS_MAX_MB + 1) {
        if (!measure(theirs, 1, &their))
            return false;
        (void)printf(", %.0f times as fast\n", their.fastest / our.fastest);
        g_autofree char *reader = g_path_get_basename(other);
        print_readings(reader, &their, megabytes);
    }
    (void)printf("\n");
    return fflush(stdout) == 0;
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

static bool bench(const char *self, const char *folder, double megabytes)
{
    static const struct {
        const char *name, *other;
    } forms[] = {
        [BENCH_IR] = {"callgrind, one event", "/usr/bin/callgrind_annotate"},
        [BENCH_NINE_EVENTS] = {"callgrind, nine events", "/usr/bin/callgrind_annotate"},
        [BENCH_INSTRUCTIONS] = {"callgrind, instructions", "/usr/bin/callgrind_annotate"},
        [BENCH_RANDOM_TREES] = {"massif, random trees", "/usr/bin/ms_print"},
        [BENCH_ONE_TREE] = {"massif, one tree that grows", "/usr/bin/ms_print"},
    };
    g_autofree char *file = g_build_filename(folder, "profile", NULL);
    bool is_measured = true;
    for (size_t i = 0; is_measured && i < G_N_ELEMENTS(forms); i++) {
        is_measured = write_profile(file, (bench_form)i, megabytes) &&
                      measure_file(self, forms[i].name, forms[i].other, file);
        if (!is_measured)
            (void)fprintf(stderr, "bench_readers: '%s' cannot be written or read\n", forms[i].name);
    }
    return g_remove(file) == 0 && is_measured;
}

int main(int argc, char **argv)
{
    static const double defaults[] = {10, 40, 160, 500};
    if (argc == 3 && strcmp(argv[1], "--read") == 0)
        return read_file(argv[2]);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_dir_make_tmp("bench-readers-XXXXXX", NULL);
    if (self == NULL || folder == NULL)
        return 1;
    bool is_measured = true;
    for (size_t i = 0; argc < 2 && is_measured && i < G_N_ELEMENTS(defaults); i++)
        is_measured = bench(self, folder, defaults[i]);
    for (int i = 1; is_measured && i < argc; i++) {
        double megabytes = g_ascii_strtod(argv[i], NULL);
        is_measured = megabytes > 0 && bench(self, folder, megabytes);
        if (megabytes <= 0)
            (void)fprintf(stderr, "bench_readers: '%s': expected a size in MB\n", argv[i]);
    }
    return g_rmdir(folder) == 0 && is_measured ? 0 : 2;
}
