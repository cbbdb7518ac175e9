#include "harness/measure/machine.h"

#include <gio/gio.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum { TOOL_TIMEOUT_MS = 2000, MAX_VERSION_BYTES = 4096, MAX_CACHES = 16 };

/* First line of a file without its newline, or NULL. */
static char *read_line(const char *path)
{
    char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    text[strcspn(text, "\n")] = '\0';
    return g_strstrip(text);
}

/* The value of "key : value" or "key: value" in a file, or NULL. */
static char *read_field(const char *path, const char *key)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *colon = strchr(*line, ':');
        if (colon == NULL)
            continue;
        *colon = '\0';
        if (strcmp(g_strstrip(*line), key) == 0)
            return g_strdup(g_strstrip(colon + 1));
    }
    return NULL;
}

/* ---- tools ---- */

static gboolean stop_tool(void *subprocess)
{
    g_subprocess_force_exit(subprocess);
    return G_SOURCE_REMOVE;
}

static void tool_done(GObject *subprocess, GAsyncResult *result, void *data)
{
    (void)g_subprocess_wait_finish(G_SUBPROCESS(subprocess), result, NULL);
    g_main_loop_quit(data);
}

/* Waits for the program, TOOL_TIMEOUT_MS at most; then it is killed. */
static void wait_for_tool(GSubprocess *subprocess)
{
    GMainContext *context = g_main_context_new();
    g_main_context_push_thread_default(context);
    GMainLoop *loop = g_main_loop_new(context, FALSE);
    GSource *timeout = g_timeout_source_new(TOOL_TIMEOUT_MS);
    g_source_set_callback(timeout, stop_tool, subprocess, NULL);
    (void)g_source_attach(timeout, context);
    g_subprocess_wait_async(subprocess, NULL, tool_done, loop);
    g_main_loop_run(loop);
    g_source_destroy(timeout);
    g_source_unref(timeout);
    g_main_loop_unref(loop);
    g_main_context_pop_thread_default(context);
    g_main_context_unref(context);
}

/* First line with a digit in what the tool printed, so that a banner is passed over. */
static char *version_line(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", 8);
    for (char **line = lines; *line != NULL; line++) {
        if (strpbrk(*line, "0123456789") != NULL)
            return g_strdup(g_strstrip(*line));
    }
    return NULL;
}

static char *tool_version(const char *tool)
{
    g_autofree char *path = g_find_program_in_path(tool);
    if (path == NULL)
        return g_strdup_printf("%s absent", tool);
    /* To a file, not a pipe: a tool that floods its output or leaves a child holding the pipe
     * open must not block us. */
    g_autofree char *out = NULL;
    int fd = g_file_open_tmp("objlab-version-XXXXXX", &out, NULL);
    if (fd < 0)
        return g_strdup_printf("%s unknown", tool);
    (void)close(fd); /* nothing was written */
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDERR_MERGE);
    g_subprocess_launcher_set_stdout_file_path(launcher, out);
    g_subprocess_launcher_setenv(launcher, "LC_ALL", "C", TRUE);
    g_autoptr(GSubprocess) subprocess =
        g_subprocess_launcher_spawn(launcher, NULL, path, "--version", NULL);
    g_autofree char *version = NULL;
    if (subprocess != NULL) {
        wait_for_tool(subprocess);
        char text[MAX_VERSION_BYTES + 1] = "";
        FILE *file = fopen(out, "re");
        if (file != NULL) {
            text[fread(text, 1, MAX_VERSION_BYTES, file)] = '\0';
            (void)fclose(file); /* only read */
        }
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        version = version_line(valid);
    }
    (void)remove(out); /* a file left in /tmp does no harm */
    if (version == NULL)
        return g_strdup_printf("%s unknown", tool);
    return strstr(version, tool) != NULL ? g_steal_pointer(&version)
                                         : g_strdup_printf("%s: %s", tool, version);
}

/* ---- fingerprint ---- */

static char *cpu_name(void)
{
    char *name = read_field("/proc/cpuinfo", "model name");
    if (name == NULL)
        name = read_field("/proc/cpuinfo", "CPU part"); /* aarch64 */
    return name != NULL ? name : g_strdup("unknown");
}

/* "AMD EPYC, family 25 model 17 stepping 1, 2 processors, L1d 32K L2 1024K L3 32768K" */
static char *describe_cpu(void)
{
    g_autofree char *name = cpu_name();
    g_autofree char *family = read_field("/proc/cpuinfo", "cpu family");
    g_autofree char *model = read_field("/proc/cpuinfo", "model");
    g_autofree char *stepping = read_field("/proc/cpuinfo", "stepping");
    g_autoptr(GString) text = g_string_new(name);
    if (family != NULL && model != NULL && stepping != NULL)
        g_string_append_printf(text, ", family %s model %s stepping %s", family, model, stepping);
    g_string_append_printf(text, ", %u processors", g_get_num_processors());
    g_autoptr(GArray) caches = machine_caches();
    for (guint i = 0; i < caches->len; i++) {
        const machine_cache *c = &g_array_index(caches, machine_cache, i);
        const char *kind = c->type == 'D' ? "d" : c->type == 'I' ? "i" : "";
        g_string_append_printf(text, "%s L%u%s %" G_GUINT64_FORMAT "K", i == 0 ? "," : "", c->level,
                               kind, c->bytes / 1024);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *describe_kernel(void)
{
    struct utsname name;
    if (uname(&name) != 0)
        return g_strdup("unknown");
    return g_strdup_printf("%s %s %s", name.sysname, name.release, name.machine);
}

void machine_fingerprint_clear(record_fingerprint *fingerprint)
{
    g_clear_pointer(&fingerprint->cpu, g_free);
    g_clear_pointer(&fingerprint->kernel, g_free);
    g_clear_pointer(&fingerprint->sandbox, g_free);
    g_clear_pointer(&fingerprint->tools, g_ptr_array_unref);
    g_clear_pointer(&fingerprint->environment, g_ptr_array_unref);
}

void machine_fingerprint(record_fingerprint *fingerprint, const char *const *tools,
                         const char *const *environment, const char *sandbox)
{
    machine_fingerprint_clear(fingerprint);
    fingerprint->cpu = describe_cpu();
    fingerprint->kernel = describe_kernel();
    fingerprint->sandbox = g_strdup(sandbox);
    fingerprint->tools = g_ptr_array_new_with_free_func(g_free);
    fingerprint->environment = g_ptr_array_new_with_free_func(g_free);
    for (; tools != NULL && *tools != NULL; tools++)
        g_ptr_array_add(fingerprint->tools, tool_version(*tools));
    for (; environment != NULL && *environment != NULL; environment++)
        g_ptr_array_add(fingerprint->environment, g_strdup(*environment));
}

static char *string_difference(const char *what, const char *a, const char *b)
{
    if (g_strcmp0(a, b) == 0)
        return NULL;
    return g_strdup_printf("%s differs: \"%s\" against \"%s\"", what, a == NULL ? "" : a,
                           b == NULL ? "" : b);
}

static char *array_difference(const char *what, const GPtrArray *a, const GPtrArray *b)
{
    guint n_a = a == NULL ? 0 : a->len;
    guint n_b = b == NULL ? 0 : b->len;
    for (guint i = 0; i < MAX(n_a, n_b); i++) {
        char *found = string_difference(what, i < n_a ? a->pdata[i] : "absent",
                                        i < n_b ? b->pdata[i] : "absent");
        if (found != NULL)
            return found;
    }
    return NULL;
}

char *machine_fingerprint_difference(const record_fingerprint *a, const record_fingerprint *b)
{
    char *found = string_difference("the processor", a->cpu, b->cpu);
    if (found == NULL)
        found = string_difference("the kernel", a->kernel, b->kernel);
    if (found == NULL)
        found = string_difference("the sandbox", a->sandbox, b->sandbox);
    if (found == NULL)
        found = array_difference("a tool", a->tools, b->tools);
    if (found == NULL)
        found = array_difference("the environment", a->environment, b->environment);
    return found;
}

/* ---- topology ---- */

/* "32K", "1024K", "32M", "48" -> bytes; 0 if not a size. */
static uint64_t parse_size(const char *text)
{
    char *end = NULL;
    uint64_t value = text == NULL ? 0 : g_ascii_strtoull(text, &end, 10);
    if (value == 0)
        return 0;
    return *end == 'K' ? value << 10 : *end == 'M' ? value << 20 : value;
}

static uint64_t cache_number(unsigned index, const char *file)
{
    g_autofree char *path =
        g_strdup_printf("/sys/devices/system/cpu/cpu0/cache/index%u/%s", index, file);
    g_autofree char *text = read_line(path);
    return parse_size(text);
}

/* Number of processors in a kernel list such as "0-3,8". */
static uint32_t count_list(const char *list)
{
    uint32_t n = 0;
    g_auto(GStrv) parts = g_strsplit(list, ",", -1);
    for (char **part = parts; *part != NULL; part++) {
        uint64_t first = g_ascii_strtoull(*part, NULL, 10);
        const char *dash = strchr(*part, '-');
        uint64_t last = dash == NULL ? first : g_ascii_strtoull(dash + 1, NULL, 10);
        n += (uint32_t)(last >= first ? last - first + 1 : 0);
    }
    return n;
}

GArray *machine_caches(void)
{
    GArray *caches = g_array_new(FALSE, TRUE, sizeof(machine_cache));
    for (unsigned i = 0; i < MAX_CACHES; i++) {
        machine_cache c = {.level = (uint32_t)cache_number(i, "level")};
        c.bytes = cache_number(i, "size");
        if (c.level == 0 || c.bytes == 0)
            break;
        g_autofree char *base = g_strdup_printf("/sys/devices/system/cpu/cpu0/cache/index%u/", i);
        g_autofree char *type_path = g_strconcat(base, "type", NULL);
        g_autofree char *list_path = g_strconcat(base, "shared_cpu_list", NULL);
        g_autofree char *type = read_line(type_path);
        g_autofree char *list = read_line(list_path);
        c.type = 'U';
        if (type != NULL && *type != '\0')
            c.type = *type;
        c.line_bytes = (uint32_t)cache_number(i, "coherency_line_size");
        c.ways = (uint32_t)cache_number(i, "ways_of_associativity");
        c.n_sharing = list == NULL ? 1 : count_list(list);
        g_array_append_val(caches, c);
    }
    return caches;
}

#if defined(__x86_64__)
/* Intel: CPUID leaf 0x18 lists translation caches; the largest data or unified one of 4 KiB pages
 * is the second level. */
static uint64_t intel_tlb_entries(void)
{
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    uint64_t most = 0;
    if (__get_cpuid_count(0x18, 0, &eax, &ebx, &ecx, &edx) == 0)
        return 0;
    unsigned n_leaves = MIN(eax, 32U);
    for (unsigned i = 0; i <= n_leaves; i++) {
        if (__get_cpuid_count(0x18, i, &eax, &ebx, &ecx, &edx) == 0)
            break;
        unsigned type = edx & 0x1f; /* 1 data, 3 unified */
        if ((type == 1 || type == 3) && (ebx & 1) != 0)
            most = MAX(most, (uint64_t)(ebx >> 16) * ecx);
    }
    return most;
}

uint64_t machine_tlb_reach_bytes(void)
{
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    uint64_t entries = 0;
    if (__get_cpuid(0x80000006U, &eax, &ebx, &ecx, &edx) != 0)
        entries = (ebx >> 16) & 0xfff; /* AMD: second-level data TLB, 4 KiB pages */
    if (entries == 0)
        entries = intel_tlb_entries();
    return entries * 4096;
}
#else
uint64_t machine_tlb_reach_bytes(void)
{
    return 0;
}
#endif

uint64_t machine_available_bytes(void)
{
    g_autofree char *text = read_field("/proc/meminfo", "MemAvailable");
    return text == NULL ? 0 : g_ascii_strtoull(text, NULL, 10) * 1024;
}

unsigned machine_n_cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

int machine_quiet_cpu(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 0;
    for (int cpu = CPU_SETSIZE - 1; cpu > 0; cpu--) {
        if (CPU_ISSET(cpu, &set))
            return cpu;
    }
    return 0;
}

bool machine_pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}
