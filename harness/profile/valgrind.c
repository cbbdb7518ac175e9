#include "harness/profile/valgrind.h"

#include <stdarg.h>
#include <string.h>

/* The baseline of x86-64 for the C library's dispatch: what every processor has. Which string
 * routines run, and where they switch to "rep movsb" or to stores around the caches, no
 * longer depends on the machine.
 * The list of hwcaps comes last and ends with a comma: glibc 2.36 reads on behind the end of a list
 * without one, into the random bytes that the kernel puts behind the environment, and so runs
 * a few instructions more or less from time to time. */
#define TUNABLES                                                                                   \
    "glibc.cpu.x86_data_cache_size=32768"                                                          \
    ":glibc.cpu.x86_shared_cache_size=1048576"                                                     \
    ":glibc.cpu.x86_non_temporal_threshold=786432"                                                 \
    ":glibc.cpu.x86_rep_movsb_threshold=2048"                                                      \
    ":glibc.cpu.x86_rep_stosb_threshold=2048"                                                      \
    ":glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD,-AVX2,-AVX,-FMA,-FMA4,"    \
    "-BMI1,-BMI2,-LZCNT,-MOVBE,-RTM,-ERMS,-FSRM,-SSE4_2,-SSE4_1,-SSSE3,"                           \
    "-AVX_Fast_Unaligned_Load,-Fast_Unaligned_Copy,"

/* A fixed geometry in place of the host's: size, associativity, bytes a line. */
#define CACHE_I1 "--I1=32768,8,64"
#define CACHE_D1 "--D1=32768,8,64"
#define CACHE_LL "--LL=8388608,16,64"

static const char *const environment[] = {
    "PATH=/usr/bin:/bin",       "LANG=C", "LC_ALL=C", "TZ=UTC", "LD_BIND_NOW=1",
    "GLIBC_TUNABLES=" TUNABLES, NULL,
};

const char *const *valgrind_environment(void)
{
    return environment;
}

const char *valgrind_pinned_value(const char *name)
{
    size_t n = strlen(name);
    for (const char *const *e = environment; *e != NULL; e++) {
        if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
            return *e + n + 1;
    }
    return NULL;
}

static void append(GPtrArray *argv, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void append(GPtrArray *argv, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(argv, g_strdup_vprintf(format, args));
    va_end(args);
}

/* "%" and more in valgrind's own file names is a format: "%p" is the process. */
static char *escape_percent(const char *file)
{
    g_autoptr(GString) name = g_string_new(file);
    g_string_replace(name, "%", "%%", 0);
    return g_string_free(g_steal_pointer(&name), FALSE);
}

static GPtrArray *common_argv(const char *tool)
{
    GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
    append(argv, "/usr/bin/valgrind");
    append(argv, "--command-line-only=yes");
    append(argv, "--tool=%s", tool);
    append(argv, "--vgdb=no");
    append(argv, "--trace-children=no");
    append(argv, "--child-silent-after-fork=yes");
    append(argv, "-q");
    return argv;
}

static void append_cache_geometry(GPtrArray *argv)
{
    append(argv, CACHE_I1);
    append(argv, CACHE_D1);
    append(argv, CACHE_LL);
}

GPtrArray *valgrind_callgrind_argv(const char *out_file, const valgrind_callgrind_options *options)
{
    const valgrind_callgrind_options plain = {0};
    if (options == NULL)
        options = &plain;
    g_autofree char *file = escape_percent(out_file);
    GPtrArray *argv = common_argv("callgrind");
    append(argv, "--callgrind-out-file=%s", file);
    append(argv, "--dump-line=yes");
    append(argv, "--dump-instr=%s", options->by_instruction ? "yes" : "no");
    append(argv, "--compress-strings=yes");
    append(argv, "--compress-pos=yes");
    append(argv, "--collect-jumps=%s", options->collect_jumps ? "yes" : "no");
    append(argv, "--cache-sim=%s", options->simulate_caches ? "yes" : "no");
    append(argv, "--branch-sim=%s", options->simulate_branches ? "yes" : "no");
    if (options->simulate_caches) /* a geometry alone would turn the simulation on */
        append_cache_geometry(argv);
    if (options->separate_callers > 0) {
        append(argv, "--separate-callers=%u", options->separate_callers);
        append(argv, "--compress-mangled=yes"); /* ids in names: no doubt where a part ends */
    }
    if (options->toggle_collect != NULL)
        append(argv, "--toggle-collect=%s", options->toggle_collect);
    return argv;
}

GPtrArray *valgrind_massif_argv(const char *out_file, gboolean pages_as_heap)
{
    g_autofree char *file = escape_percent(out_file);
    GPtrArray *argv = common_argv("massif");
    append(argv, "--massif-out-file=%s", file);
    append(argv, "--time-unit=i");
    append(argv, "--heap=yes");
    append(argv, "--stacks=no");
    append(argv, "--depth=30");
    append(argv, "--threshold=0.1");
    append(argv, "--peak-inaccuracy=0.0");
    append(argv, "--max-snapshots=100");
    append(argv, "--detailed-freq=10");
    if (pages_as_heap)
        append(argv, "--pages-as-heap=yes");
    return argv;
}

void valgrind_add_xtree(GPtrArray *argv, const char *xtree_file)
{
    g_autofree char *file = escape_percent(xtree_file);
    append(argv, "--xtree-memory=full");
    append(argv, "--xtree-memory-file=%s", file);
}

GPtrArray *valgrind_memcheck_argv(const char *xml_file)
{
    g_autofree char *file = escape_percent(xml_file);
    GPtrArray *argv = common_argv("memcheck");
    append(argv, "--xml=yes");
    append(argv, "--xml-file=%s", file);
    append(argv, "--leak-check=full");
    append(argv, "--show-leak-kinds=definite,indirect,possible");
    append(argv, "--errors-for-leak-kinds=definite,indirect,possible");
    append(argv, "--track-origins=yes");
    append(argv, "--num-callers=30");
    append(argv, "--error-exitcode=0");
    return argv;
}

GPtrArray *valgrind_cachegrind_argv(const char *out_file)
{
    g_autofree char *file = escape_percent(out_file);
    GPtrArray *argv = common_argv("cachegrind");
    append(argv, "--cachegrind-out-file=%s", file);
    append(argv, "--cache-sim=yes");
    append(argv, "--branch-sim=yes");
    append_cache_geometry(argv);
    return argv;
}

GPtrArray *valgrind_dhat_argv(const char *out_file)
{
    g_autofree char *file = escape_percent(out_file);
    GPtrArray *argv = common_argv("dhat");
    append(argv, "--dhat-out-file=%s", file);
    return argv;
}
