/* score_lines.c -- what each line of the submission costs, joined from the runs of its workload. */
#include "harness/judge/score.h"
#include "harness/judge/tests_run.h"
#include "harness/profile/line_table.h"

#include <string.h>

#define MAX_LINES 2000

const char *score_own_file(const char *path)
{
    static const char folder[] = "/submission";
    size_t n = sizeof(folder) - 1;
    const char *base = strrchr(path, '/');
    if (base == NULL)
        return NULL;
    size_t length = (size_t)(base - path);
    return length >= n && strncmp(base - n, folder, n) == 0 ? base + 1 : NULL;
}

static void add_memory(const score *s, line_table *table)
{
    static const char xtree_file[] = "valgrind/memory/xtree.kcg";
    static const char massif_file[] = "valgrind/memory/massif.out";
    const char *tree_text = NULL;
    const char *heap_text = NULL;
    gsize tree_size = 0;
    gsize heap_size = 0;
    g_autoptr(GBytes) tree_bytes =
        score_left_by(s, "valgrind/memory", xtree_file, &tree_text, &tree_size);
    g_autoptr(GBytes) heap_bytes =
        score_left_by(s, "valgrind/memory", massif_file, &heap_text, &heap_size);
    if (tree_bytes == NULL || heap_bytes == NULL)
        return;
    g_autoptr(callgrind_profile) tree = callgrind_parse(tree_text, tree_size, xtree_file, NULL);
    if (tree != NULL)
        line_table_add_xtree(table, tree);
    g_autoptr(massif_profile) heap = massif_parse(heap_text, heap_size, massif_file, NULL);
    if (heap != NULL)
        line_table_add_massif(table, heap);
}

/* What memcheck found on the judge's tapes: there each block of the pool is seen by itself. */
static void add_leaks(const score *s, line_table *table)
{
    for (int part = 0; part < SUBMISSION_TESTS; part++) {
        g_autoptr(memcheck_report) report = score_read_memcheck(s, part);
        if (report != NULL)
            line_table_add_memcheck(table, report);
    }
}

static void add_hits(const char *file, uint32_t line, uint64_t count, void *table)
{
    line_table_add_hits(table, file, line, count);
}

static void add_coverage(const score *s, line_table *table)
{
    const char *text = NULL;
    gsize n_bytes = 0;
    g_autoptr(GBytes) bytes = score_left_by(s, "lines/gcov", "lines/gcov.out", &text, &n_bytes);
    if (bytes == NULL)
        return;
    (void)tests_walk_coverage(text, n_bytes, add_hits, table); /* what can be read informs */
}

static int64_t known(bool is_measured, uint64_t value)
{
    return is_measured ? (int64_t)MIN(value, (uint64_t)INT64_MAX) : -1;
}

/* has_run: the line's file was part of the workload's program; else another's stood in. */
static void fill(record_line *to, const line_row *row, const line_table *table, bool has_run)
{
    to->self_ir = row->self;
    to->inclusive_ir = row->inclusive;
    to->hits = row->hits;
    to->costs[RECORD_CACHE_MISSES] = known(has_run && table->has_misses, row->cache_misses);
    to->costs[RECORD_MEMORY_MISSES] = known(has_run && table->has_misses, row->memory_misses);
    to->costs[RECORD_MISPREDICTIONS] = known(has_run && table->has_branches, row->mispredictions);
    to->costs[RECORD_ALLOCATED_BYTES] = known(has_run && table->has_memory, row->allocated_bytes);
    to->costs[RECORD_PEAK_BYTES] = known(has_run && table->has_peak, row->peak_bytes);
    to->costs[RECORD_LEAKED_BLOCKS] = known(table->has_leaks, row->leaked_blocks);
}

/* The files that ran. Borrowed names. */
static GHashTable *files_run(const line_table *table)
{
    GHashTable *files = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < table->rows->len; i++) {
        const line_row *row = g_ptr_array_index(table->rows, i);
        if (row->self > 0 || row->hits > 0)
            g_hash_table_add(files, row->file);
    }
    return files;
}

void score_lines(const score *s, record_calls *calls, const callgrind_profile *calls_profile)
{
    g_autoptr(line_table) table = line_table_new();
    line_table_add_callgrind(table, calls_profile, 0);
    add_memory(s, table);
    add_leaks(s, table);
    add_coverage(s, table);
    line_table_sort(table);
    g_autoptr(GHashTable) run = files_run(table);
    for (guint i = 0; i < table->rows->len && calls->lines->len < MAX_LINES; i++) {
        const line_row *row = g_ptr_array_index(table->rows, i);
        const char *file = score_own_file(row->file);
        if (file != NULL)
            fill(record_calls_add_line(calls, file, row->line), row, table,
                 g_hash_table_contains(run, row->file));
    }
}
