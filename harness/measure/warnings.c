/* machine_warnings(): what of this machine disturbs timing, each with its remedy. */
#include "harness/measure/machine.h"

#include <string.h>

enum { STEAL_COLUMN = 8 };

static const double busy_load = 0.5; /* runnable processes beside ourselves */

static void warning_free(void *data)
{
    machine_warning *w = data;
    g_free(w->what);
    g_free(w->remedy);
    g_free(w);
}

static void warn(GPtrArray *warnings, const char *remedy, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static void warn(GPtrArray *warnings, const char *remedy, const char *format, ...)
{
    machine_warning *w = g_new(machine_warning, 1);
    va_list args;
    va_start(args, format);
    *w = (machine_warning){g_strdup_vprintf(format, args), g_strdup(remedy)};
    va_end(args);
    g_ptr_array_add(warnings, w);
}

/* First line of root/path, or NULL. */
static char *read_under(const char *root, const char *path)
{
    g_autofree char *full = g_strconcat(root, "/", path, NULL);
    char *text = NULL;
    if (!g_file_get_contents(full, &text, NULL, NULL))
        return NULL;
    text[strcspn(text, "\n")] = '\0';
    return g_strstrip(text);
}

static void check_frequency(const char *root, GPtrArray *warnings)
{
    g_autofree char *governor =
        read_under(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    if (governor != NULL && strcmp(governor, "performance") != 0)
        warn(warnings, "cpupower frequency-set -g performance", "the frequency governor is \"%s\"",
             governor);
    g_autofree char *no_turbo = read_under(root, "sys/devices/system/cpu/intel_pstate/no_turbo");
    g_autofree char *boost = read_under(root, "sys/devices/system/cpu/cpufreq/boost");
    if (g_strcmp0(no_turbo, "0") == 0)
        warn(warnings, "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo",
             "turbo is on: the core's speed depends on heat and neighbours");
    else if (g_strcmp0(boost, "1") == 0)
        warn(warnings, "echo 0 > /sys/devices/system/cpu/cpufreq/boost",
             "boost is on: the core's speed depends on heat and neighbours");
}

static void check_kernel(const char *root, GPtrArray *warnings)
{
    g_autofree char *smt = read_under(root, "sys/devices/system/cpu/smt/active");
    if (g_strcmp0(smt, "1") == 0)
        warn(warnings, "echo off > /sys/devices/system/cpu/smt/control",
             "SMT is on: a sibling thread shares the core");
    g_autofree char *aslr = read_under(root, "proc/sys/kernel/randomize_va_space");
    if (aslr != NULL && strcmp(aslr, "0") != 0)
        warn(warnings,
             "setarch -R objlab bench ...; or trust the intervals, which span several processes",
             "addresses are randomised (ASLR): cache conflicts vary by run");
    g_autofree char *huge = read_under(root, "sys/kernel/mm/transparent_hugepage/enabled");
    if (huge != NULL && strstr(huge, "[always]") != NULL)
        warn(warnings, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
             "transparent huge pages are on: first touches vary up to 8x");
}

static void check_load(const char *root, GPtrArray *warnings)
{
    g_autofree char *text = read_under(root, "proc/loadavg");
    double load = text == NULL ? 0 : g_ascii_strtod(text, NULL);
    if (load > busy_load)
        warn(warnings, "stop them, or wait; what is measured stays correct, but intervals widen",
             "other programs run: load %.1f", load);
}

static void check_steal(const char *root, uint64_t steal_before, GPtrArray *warnings)
{
    g_autofree char *text = read_under(root, "proc/stat");
    const char *at = text == NULL ? NULL : strchr(text, ' ');
    guint64 value[STEAL_COLUMN + 1] = {0};
    guint64 total = 0;
    for (int i = 1; at != NULL && i <= STEAL_COLUMN; i++) {
        char *end = NULL;
        value[i] = g_ascii_strtoull(at, &end, 10);
        total += value[i];
        at = end;
    }
    guint64 steal = value[STEAL_COLUMN];
    if (steal_before > 0 && steal > steal_before)
        warn(warnings, "windows it struck were dropped; a dedicated host has no steal time",
             "the hypervisor took the processor for %" G_GUINT64_FORMAT " ticks of 10 ms meanwhile",
             steal - steal_before);
    else if (steal_before == 0 && total > 0 && steal * 1000 > total)
        warn(warnings, "use a host that is not oversubscribed",
             "the hypervisor took %.1f %% of the time since boot",
             100.0 * (double)steal / (double)total);
}

GPtrArray *machine_warnings(const char *root, uint64_t steal_before)
{
    GPtrArray *warnings = g_ptr_array_new_with_free_func(warning_free);
    check_frequency(root, warnings);
    check_kernel(root, warnings);
    check_load(root, warnings);
    check_steal(root, steal_before, warnings);
    return warnings;
}
