/* score_profiles.c -- what only informs: call table, stacks, heaps, time, sources.
 */
#include "harness/judge/score.h"
#include "harness/profile/callgrind.h"
#include "harness/profile/massif.h"

#include <string.h>

#define MAX_FUNCTIONS  200 /* rows of the call table; the rest is start-up of the C library */
#define MAX_STACKS     1000
#define MAX_HEAP_DEPTH 12

static const char *const heap_titles[] = {"dict", "slots", "weakref"};

/* A file as the report shows it: the submission's by name, others by their last two folders. */
static const char *shown_file(const char *path)
{
    const char *own = score_own_file(path);
    if (own != NULL)
        return own;
    const char *base = strrchr(path, '/');
    return base != NULL ? base + 1 : path;
}

static callgrind_profile *read_calls(const score *s, const char *name)
{
    g_autofree char *file = g_strdup_printf("%s/callgrind.out", name);
    const char *text = NULL;
    gsize n_bytes = 0;
    g_autoptr(GBytes) bytes = score_left_by(s, name, file, &text, &n_bytes);
    if (bytes == NULL)
        return NULL;
    callgrind_profile *profile = callgrind_parse(text, n_bytes, file, NULL);
    if (profile != NULL && callgrind_event(profile, "Ir") < 0)
        g_clear_pointer(&profile, callgrind_free);
    return profile;
}

static int by_inclusive(gconstpointer a, gconstpointer b, gpointer event)
{
    const callgrind_function *x = *(const callgrind_function *const *)a;
    const callgrind_function *y = *(const callgrind_function *const *)b;
    int ir = GPOINTER_TO_INT(event);
    if (x->inclusive[ir] != y->inclusive[ir])
        return x->inclusive[ir] < y->inclusive[ir] ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void add_functions(record_calls *calls, const callgrind_profile *profile, int ir)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (size_t i = 0; i < profile->n_functions; i++) {
        g_ptr_array_add(sorted, (void *)(gsize)&profile->functions[i]);
        calls->n_calls += profile->functions[i].calls;
        calls->n_primitive_calls += profile->functions[i].primitive_calls;
    }
    g_ptr_array_sort_with_data(sorted, by_inclusive, GINT_TO_POINTER(ir));
    for (guint i = 0; i < sorted->len && i < MAX_FUNCTIONS; i++) {
        const callgrind_function *f = g_ptr_array_index(sorted, i);
        record_function *row =
            record_calls_add_function(calls, f->name, shown_file(f->file), shown_file(f->object));
        row->line = f->line;
        row->calls = f->calls;
        row->primitive_calls = f->primitive_calls;
        row->self_ir = f->self[ir];
        row->inclusive_ir = f->inclusive[ir];
    }
}

/* "create'run'main'(below main)" -> "main;run;create"; NULL for what is not below main. */
static char *frames_of(const char *name)
{
    g_auto(GStrv) pieces = g_strsplit(name, "'", -1);
    g_autoptr(GString) frames = g_string_new(NULL);
    bool below_main = false;
    for (guint i = g_strv_length(pieces); i-- > 0;) {
        const char *piece = pieces[i];
        if (*piece == '\0' || strspn(piece, "0123456789") == strlen(piece))
            continue; /* depth of recursion */
        below_main = below_main || strcmp(piece, "main") == 0;
        if (below_main)
            g_string_append_printf(frames, "%s%s", frames->len > 0 ? ";" : "", piece);
    }
    return below_main ? g_string_free(g_steal_pointer(&frames), FALSE) : NULL;
}

static int by_self(gconstpointer a, gconstpointer b, gpointer event)
{
    const callgrind_function *x = *(const callgrind_function *const *)a;
    const callgrind_function *y = *(const callgrind_function *const *)b;
    int ir = GPOINTER_TO_INT(event);
    if (x->self[ir] != y->self[ir])
        return x->self[ir] < y->self[ir] ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void add_stacks(const score *s, record_calls *calls)
{
    g_autoptr(callgrind_profile) profile = read_calls(s, "valgrind/stacks");
    if (profile == NULL)
        return;
    int ir = callgrind_event(profile, "Ir");
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (size_t i = 0; i < profile->n_functions; i++)
        g_ptr_array_add(sorted, (void *)(gsize)&profile->functions[i]);
    g_ptr_array_sort_with_data(sorted, by_self, GINT_TO_POINTER(ir));
    for (guint i = 0; i < sorted->len && calls->stacks->len < MAX_STACKS; i++) {
        const callgrind_function *f = g_ptr_array_index(sorted, i);
        g_autofree char *frames = f->self[ir] > 0 ? frames_of(f->name) : NULL;
        if (frames != NULL)
            record_calls_add_stack(calls, frames, f->self[ir]);
    }
}

static void add_calls(score *s)
{
    g_autoptr(callgrind_profile) profile = read_calls(s, "valgrind/calls");
    if (profile == NULL)
        return;
    int ir = callgrind_event(profile, "Ir");
    record_calls *calls = record_calls_new();
    record_set_text(&calls->command, "the workload, all three layouts");
    calls->total_ir = profile->totals[ir];
    add_functions(calls, profile, ir);
    score_lines(s, calls, profile);
    add_stacks(s, calls);
    s->record->calls = calls;
}

// The tree of a massif file is no deeper than the --depth it was made with.
static record_heap_node *heap_node(const massif_node *node, unsigned depth)
{
    g_autofree char *label = node->place->line > 0
                                 ? g_strdup_printf("%s (%s:%u)", node->place->function,
                                                   shown_file(node->place->file), node->place->line)
                                 : g_strdup(node->place->function);
    record_heap_node *copy = record_heap_node_new(label, node->bytes);
    for (size_t i = 0; i < node->n_children && depth < MAX_HEAP_DEPTH; i++)
        g_ptr_array_add(copy->children, heap_node(&node->children[i], depth + 1));
    return copy;
}

static void add_heap(score *s, const char *title)
{
    g_autofree char *name = g_strdup_printf("valgrind/massif-%s", title);
    g_autofree char *file = g_strdup_printf("%s/massif.out", name);
    const char *text = NULL;
    gsize n_bytes = 0;
    g_autoptr(GBytes) bytes = score_left_by(s, name, file, &text, &n_bytes);
    if (bytes == NULL)
        return;
    g_autoptr(massif_profile) profile = massif_parse(text, n_bytes, file, NULL);
    if (profile == NULL || profile->n_snapshots == 0)
        return;
    record_heap *heap = record_add_heap(s->record, title, profile->time_unit);
    for (size_t i = 0; i < profile->n_snapshots; i++) {
        const massif_snapshot *m = &profile->snapshots[i];
        record_snapshot snapshot = {m->time, m->heap_bytes, m->extra_bytes, m->stack_bytes};
        record_heap_add_snapshot(heap, &snapshot);
    }
    heap->peak = (uint32_t)profile->peak;
    const massif_node *tree = profile->snapshots[profile->peak].tree;
    heap->peak_tree = tree != NULL ? heap_node(tree, 0) : NULL;
}

static void add_times(score *s)
{
    for (guint i = 0; i < s->e->times->len; i++) {
        const evidence_time *t = g_ptr_array_index(s->e->times, i);
        if (strcmp(t->subject, "submission") == 0 && !score_is_measured(s))
            continue;
        record_figure *figure =
            record_add_figure(s->record, t->name, t->layout, t->subject, "ns", t->ns);
        figure->low = t->low;
        figure->high = t->high;
        figure->n = t->n;
        if (t->ratio <= 0)
            continue;
        record_set_text(&figure->ratio_to, "solution");
        figure->ratio_median = t->ratio;
        figure->ratio_low = t->ratio_low;
        figure->ratio_high = t->ratio_high;
    }
}

static void add_sources(score *s)
{
    for (int i = 0; i < SUBMISSION_N_PARTS; i++) {
        const char *file = submission_part_file((submission_part)i);
        g_autofree char *path = g_strdup_printf("submission/%s", file);
        g_autoptr(GBytes) bytes = evidence_file(s->e, path, SUBMISSION_MAX_FILE_BYTES);
        gsize n_bytes = 0;
        const char *text = bytes != NULL ? g_bytes_get_data(bytes, &n_bytes) : NULL;
        if (bytes != NULL)
            record_add_source(s->record, file, text != NULL ? text : "", n_bytes);
    }
}

void score_profiles(score *s)
{
    add_calls(s);
    for (size_t i = 0; i < G_N_ELEMENTS(heap_titles) && score_is_measured(s); i++)
        add_heap(s, heap_titles[i]);
    add_times(s);
    add_sources(s);
}
