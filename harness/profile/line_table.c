#include "harness/profile/line_table.h"

#include "harness/profile/jump_targets.h"

#include <string.h>

static guint row_hash(gconstpointer data)
{
    const line_row *row = data;
    return g_str_hash(row->file) ^ (row->line * 0x9E3779B1U);
}

static gboolean row_equal(gconstpointer a, gconstpointer b)
{
    const line_row *x = a, *y = b;
    return x->line == y->line && strcmp(x->file, y->file) == 0;
}

static void row_free(gpointer data)
{
    line_row *row = data;
    if (row->jumps != NULL)
        g_array_unref(row->jumps);
    g_free(row->file);
    g_free(row);
}

line_table *line_table_new(void)
{
    line_table *table = g_new0(line_table, 1);
    table->rows = g_ptr_array_new_with_free_func(row_free);
    table->index = g_hash_table_new(row_hash, row_equal);
    table->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return table;
}

void line_table_free(line_table *table)
{
    if (table == NULL)
        return;
    g_hash_table_unref(table->index);
    g_hash_table_unref(table->paths);
    g_ptr_array_unref(table->rows);
    g_free(table);
}

static void note_path(line_table *table, const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    const char *known = g_hash_table_lookup(table->paths, base);
    if (known == NULL)
        g_hash_table_insert(table->paths, g_steal_pointer(&base), g_strdup(path));
    else if (strcmp(known, path) != 0 && known[0] != '\0')
        g_hash_table_insert(table->paths, g_steal_pointer(&base), g_strdup(""));
}

/* The path that a name without folders stands for; the name itself if that is not clear. */
static const char *path_of(const line_table *table, const char *file)
{
    if (strchr(file, '/') != NULL)
        return file;
    const char *path = g_hash_table_lookup(table->paths, file);
    return path != NULL && path[0] != '\0' ? path : file;
}

/* NULL where the place is not known. */
static line_row *find_row(line_table *table, const char *file, uint32_t line)
{
    if (file[0] == '\0' || line == 0)
        return NULL;
    line_row key = {.file = (char *)(uintptr_t)file, .line = line}; /* only compared */
    line_row *row = g_hash_table_lookup(table->index, &key);
    if (row != NULL)
        return row;
    note_path(table, file);
    row = g_new0(line_row, 1);
    row->file = g_strdup(file);
    row->line = line;
    row->hits = -1;
    g_ptr_array_add(table->rows, row);
    g_hash_table_add(table->index, row);
    return row;
}

/* ---- callgrind ---- */

typedef struct event_group {
    int index[4]; /* -1: not measured */
} event_group;

static event_group find_events(const callgrind_profile *profile, const char *const names[4])
{
    event_group group;
    for (int i = 0; i < 4; i++)
        group.index[i] = names[i] == NULL ? -1 : callgrind_event(profile, names[i]);
    return group;
}

static uint64_t sum_of(const event_group *group, const uint64_t *costs)
{
    uint64_t sum = 0;
    for (int i = 0; i < 4; i++)
        sum += group->index[i] < 0 ? 0 : costs[group->index[i]];
    return sum;
}

static void add_jumps(line_table *table, const callgrind_profile *profile)
{
    for (size_t i = 0; i < profile->n_jumps; i++) {
        const callgrind_jump *jump = &profile->jumps[i];
        line_row *row = find_row(table, jump->file, jump->line);
        if (row == NULL)
            continue;
        if (row->jumps == NULL)
            row->jumps = jump_targets_new();
        jump_targets_add(row->jumps, jump, JUMP_TO_LINE);
    }
}

void line_table_add_callgrind(line_table *table, const callgrind_profile *profile, size_t event)
{
    static const char *const cache_events[4] = {"I1mr", "D1mr", "D1mw", NULL};
    static const char *const memory_events[4] = {"ILmr", "DLmr", "DLmw", NULL};
    static const char *const branch_events[4] = {"Bcm", "Bim", NULL, NULL};
    event_group cache = find_events(profile, cache_events);
    event_group memory = find_events(profile, memory_events);
    event_group branches = find_events(profile, branch_events);
    table->has_calls = true;
    table->unit = g_intern_string(callgrind_event_unit(profile->events[event]));
    table->has_misses = cache.index[1] >= 0;
    table->has_branches = branches.index[0] >= 0;
    for (size_t i = 0; i < profile->n_lines; i++) {
        const callgrind_line *line = &profile->lines[i];
        const uint64_t *self = callgrind_line_self(profile, line);
        line_row *row = find_row(table, profile->files[line->file], line->line);
        if (row == NULL)
            continue;
        row->self += self[event];
        row->inclusive += self[event];
        row->cache_misses += sum_of(&cache, self);
        row->memory_misses += sum_of(&memory, self);
        row->mispredictions += sum_of(&branches, self);
    }
    for (size_t i = 0; i < profile->n_calls; i++) {
        const callgrind_call *call = &profile->calls[i];
        line_row *row = find_row(table, profile->files[call->file], call->line);
        if (row == NULL)
            continue;
        row->calls += call->calls;
        if (call->caller != call->callee)
            row->inclusive += callgrind_call_inclusive(profile, call)[event];
    }
    add_jumps(table, profile);
}

/* ---- memory ---- */

void line_table_add_xtree(line_table *table, const callgrind_profile *profile)
{
    int bytes = callgrind_event(profile, "totB"), blocks = callgrind_event(profile, "totBk");
    if (bytes < 0 || blocks < 0)
        return;
    table->has_memory = true;
    for (size_t i = 0; i < profile->n_lines; i++) {
        const callgrind_line *line = &profile->lines[i];
        const uint64_t *self = callgrind_line_self(profile, line);
        line_row *row = find_row(table, profile->files[line->file], line->line);
        if (row == NULL)
            continue;
        row->allocated_bytes += self[bytes];
        row->allocated_blocks += self[blocks];
    }
    for (size_t i = 0; i < profile->n_calls; i++) {
        const callgrind_call *call = &profile->calls[i];
        line_row *row = find_row(table, profile->files[call->file], call->line);
        if (row == NULL || call->caller == call->callee)
            continue;
        const uint64_t *inclusive = callgrind_call_inclusive(profile, call);
        row->allocated_bytes += inclusive[bytes];
        row->allocated_blocks += inclusive[blocks];
    }
}

/* True if a node further out on the path is at the same line: its bytes include these. */
static bool is_on_path(const GPtrArray *path, const massif_node *node)
{
    for (guint i = 0; i < path->len; i++) {
        const massif_node *other = g_ptr_array_index(path, i);
        if (other->place->line == node->place->line && other->place->file == node->place->file)
            return true;
    }
    return false;
}

/* True for the place where code was inlined: the same address as of the frame inside. */
static bool is_inlined_at(const GPtrArray *path, const massif_node *node)
{
    const massif_node *inner = path->len > 0 ? g_ptr_array_index(path, path->len - 1) : NULL;
    return inner != NULL && node->place->address != 0 &&
           node->place->address == inner->place->address;
}

static void add_peak_node(const massif_node *node, const GPtrArray *path, void *argument)
{
    line_table *table = argument;
    table->has_peak = true;
    if (node->place->line == 0 || is_inlined_at(path, node) || is_on_path(path, node))
        return;
    line_row *row = find_row(table, path_of(table, node->place->file), node->place->line);
    if (row != NULL)
        row->peak_bytes += node->bytes;
}

void line_table_add_massif(line_table *table, const massif_profile *profile)
{
    massif_walk_peak(profile, add_peak_node, table);
}

static void add_leak(line_table *table, const memcheck_error *e)
{
    if (!memcheck_is_leak(e) || e->stacks->len == 0)
        return;
    const memcheck_stack *stack = g_ptr_array_index(e->stacks, 0);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (unsigned i = 0; i < stack->frames->len; i++) {
        const memcheck_frame *frame = g_ptr_array_index(stack->frames, i);
        const memcheck_frame *inner =
            i > 0 ? g_ptr_array_index(stack->frames, i - 1) : NULL; /* of a stack: the callee */
        if (inner != NULL && frame->address != 0 && frame->address == inner->address)
            continue;
        line_row *row = find_row(table, frame->file, frame->line);
        if (row == NULL || !g_hash_table_add(seen, row))
            continue;
        row->leaked_bytes += e->leaked_bytes;
        row->leaked_blocks += e->leaked_blocks;
    }
}

void line_table_add_memcheck(line_table *table, const memcheck_report *report)
{
    table->has_leaks = true;
    for (unsigned i = 0; i < report->errors->len; i++)
        add_leak(table, g_ptr_array_index(report->errors, i));
}

void line_table_add_hits(line_table *table, const char *file, uint32_t line, uint64_t hits)
{
    table->has_coverage = true;
    line_row *row = find_row(table, file, line);
    if (row == NULL)
        return;
    uint64_t before = (uint64_t)MAX(row->hits, 0);
    row->hits = (int64_t)(before + MIN(hits, (uint64_t)INT64_MAX - before));
}

void line_table_add_lcov(line_table *table, const lcov_info *info)
{
    table->has_coverage = true;
    for (unsigned i = 0; i < info->files->len; i++) {
        const lcov_file *file = g_ptr_array_index(info->files, i);
        for (unsigned k = 0; k < file->lines->len; k++) {
            const lcov_line *line = &g_array_index(file->lines, lcov_line, k);
            line_row *row = find_row(table, file->path, line->line);
            if (row != NULL)
                row->hits = (int64_t)MIN(line->hits, (uint64_t)INT64_MAX);
        }
    }
}

static gint compare_rows(gconstpointer a, gconstpointer b)
{
    const line_row *x = *(const line_row *const *)a, *y = *(const line_row *const *)b;
    int order = strcmp(x->file, y->file);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

void line_table_sort(line_table *table)
{
    g_ptr_array_sort(table->rows, compare_rows);
}
