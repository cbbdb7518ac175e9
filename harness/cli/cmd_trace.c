/* objlab trace: collections and the occupancy of the pools, step by step. */
#include "harness/cli/commands.h"
#include "harness/cli/trace.h"
#include "harness/measure/machine.h"
#include "objects/heap.h"

#include <stdio.h>

enum { DEFAULT_OBJECTS = 30000, BYTES_AN_OBJECT = 150, MAX_ROWS = 12, MAX_COLLECTIONS = 24 };

static const char *level(const trace_pool *pool)
{
    static const char *const levels[] = {"_", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    if (pool->block_bytes == 0)
        return "·";
    unsigned n = (unsigned)G_N_ELEMENTS(levels) - 1;
    return levels[(pool->n_used * n + pool->capacity - 1) / pool->capacity];
}

static void draw_step(const trace_log *log, guint number)
{
    const trace_step *step = log->steps->pdata[number];
    (void)printf("\n%2u  %s: %zu blocks live, %zu arenas, %zu KiB\n", number, step->after,
                 step->n_live, step->n_arenas, step->n_arenas * HEAP_ARENA_BYTES / 1024);
    for (size_t a = 0; a < step->n_arenas && a < MAX_ROWS; a++) {
        (void)fputs("    ", stdout);
        for (size_t i = 0; i < log->n_pools; i++)
            (void)fputs(level(&g_array_index(step->pools, trace_pool, a * log->n_pools + i)),
                        stdout);
        (void)putchar('\n');
    }
    if (step->n_arenas > MAX_ROWS)
        (void)printf("    and %zu arenas more\n", step->n_arenas - MAX_ROWS);
}

static void print_collections(const trace_log *log)
{
    const GArray *all = log->collections;
    (void)printf("%6s %10s %-9s %9s %9s %9s %9s %9s %11s\n", "number", "generation", "why",
                 "objects", "roots", "marked", "freed", "ms", "live after");
    guint first = all->len > MAX_COLLECTIONS ? all->len - MAX_COLLECTIONS : 0;
    if (first > 0)
        (void)printf("   ... %u before, all because of the threshold of generation 0\n", first);
    for (guint i = first; i < all->len; i++) {
        const trace_collection *c = &g_array_index(all, trace_collection, i);
        const collector_trace *t = &c->trace;
        (void)printf("%6" G_GUINT64_FORMAT " %10d %-9s %9zu %9zu %9zu %9zu %9.3f %11zu\n",
                     t->number, t->generation, c->is_asked ? "asked" : "threshold", t->n_objects,
                     t->n_roots, t->n_marked, t->n_unreachable - t->n_resurrected,
                     (double)t->ns * 1e-6, c->live_after);
    }
}

static void print_text(const trace_log *log)
{
    (void)printf("%zu objects, a third of each layout; collections:\n\n", log->n_objects);
    print_collections(log);
    (void)printf("\nPools after each step, an arena a row: · free, _ empty but kept, ▁..█ how "
                 "full.\n");
    for (guint i = 0; i < log->steps->len; i++)
        draw_step(log, i);
}

static int check(gint64 n, gint64 seed)
{
    if (n < 1 || n > TRACE_MAX_OBJECTS)
        return cli_fail(CLI_USAGE, "trace: --objects: expected 1 to %d, not %" G_GINT64_FORMAT,
                        TRACE_MAX_OBJECTS, n);
    if (seed < 0 || seed > UINT32_MAX)
        return cli_fail(CLI_USAGE, "trace: --seed: expected 0 to %u, not %" G_GINT64_FORMAT,
                        UINT32_MAX, seed);
    uint64_t available = machine_available_bytes();
    if (available != 0 && (uint64_t)n * BYTES_AN_OBJECT > available)
        return cli_fail(CLI_USAGE,
                        "trace: --objects: %" G_GINT64_FORMAT
                        " objects need %.1f GB, but %.1f GB are free",
                        n, (double)n * BYTES_AN_OBJECT * 1e-9, (double)available * 1e-9);
    return CLI_OK;
}

static int run(gint64 n, gint64 seed, bool json)
{
    trace_log *log = trace_run((size_t)n, (unsigned)seed);
    if (log == NULL)
        return cli_fail(CLI_HARNESS, "trace: no memory for %" G_GINT64_FORMAT " objects", n);
    if (json) {
        json_t *root = trace_to_json(log);
        (void)json_dumpf(root, stdout, JSON_COMPACT);
        (void)putchar('\n');
        json_decref(root);
    } else {
        print_text(log);
    }
    trace_log_free(log);
    return fflush(stdout) == 0 && ferror(stdout) == 0
               ? CLI_OK
               : cli_fail(CLI_HARNESS, "standard output cannot be written");
}

int cmd_trace(int argc, char **argv)
{
    gint64 n = DEFAULT_OBJECTS;
    gint64 seed = 1;
    gboolean json = FALSE;
    const GOptionEntry entries[] = {
        {"objects", 'n', 0, G_OPTION_ARG_INT64, &n, "objects to make (30000)", "N"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &seed, "of what is dropped (1)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &json,
         "the record objlab/trace, also for objlab report "
         "--with",
         NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_set_summary(
        context, "Makes objects, links, refers weakly, drops and collects, on the runtime of this\n"
                 "project, and shows every collection and how full each pool is after each step.");
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        return cli_fail_error(CLI_USAGE, &error);
    if (argc > 1)
        return cli_fail(CLI_USAGE, "trace: unexpected argument '%s'", argv[1]);
    int code = check(n, seed);
    return code == CLI_OK ? run(n, seed, json) : code;
}
