#include "reports/record.h"

#include <stdarg.h>
#include <string.h>

G_DEFINE_QUARK(objlab - record - error - quark, record_error)

static const char *const verdict_names[RECORD_N_VERDICTS] = {
    [RECORD_RIGHT] = "right",
    [RECORD_PARTIAL] = "partial",
    [RECORD_WRONG] = "wrong",
    [RECORD_CRASHED] = "crashed",
    [RECORD_TIMED_OUT] = "timed out",
    [RECORD_OUT_OF_MEMORY] = "out of memory",
    [RECORD_OUTPUT_LIMIT] = "output limit",
    [RECORD_MISSING] = "missing",
    [RECORD_TAMPERING] = "tampering",
    [RECORD_REJECTED] = "rejected",
    [RECORD_VOID] = "void",
    [RECORD_HARNESS_FAULT] = "harness fault",
    [RECORD_GRADED] = "graded",
};

const char *record_verdict_name(record_verdict v)
{
    return (unsigned)v < RECORD_N_VERDICTS ? verdict_names[v] : "unknown";
}

bool record_verdict_from_name(const char *name, record_verdict *ret_verdict)
{
    for (unsigned v = 0; v < RECORD_N_VERDICTS; v++) {
        if (strcmp(name, verdict_names[v]) == 0) {
            *ret_verdict = (record_verdict)v;
            return true;
        }
    }
    return false;
}

static char *copy_text(const char *text)
{
    return g_utf8_make_valid(text != NULL ? text : "", -1);
}

static char *copy_text_or_null(const char *text)
{
    return text != NULL ? copy_text(text) : NULL;
}

void record_set_text(char **field, const char *text)
{
    char *copy = copy_text(text);
    g_free(*field);
    *field = copy;
}

static void feedback_free(void *p)
{
    record_feedback *f = p;
    g_free(f->text);
    g_free(f->file);
    g_free(f);
}

static void part_free(void *p)
{
    record_part *part = p;
    g_free(part->name);
    g_free(part->title);
    g_ptr_array_unref(part->feedback);
    g_ptr_array_unref(part->evidence);
    g_free(part);
}

static void figure_free(void *p)
{
    record_figure *f = p;
    g_free(f->name);
    g_free(f->layout);
    g_free(f->subject);
    g_free(f->unit);
    g_free(f->ratio_to);
    g_free(f);
}

static void function_free(void *p)
{
    record_function *f = p;
    g_free(f->name);
    g_free(f->file);
    g_free(f->object);
    g_free(f);
}

static void line_free(void *p)
{
    record_line *line = p;
    g_free(line->file);
    g_free(line);
}

static void stack_free(void *p)
{
    record_stack *stack = p;
    g_free(stack->frames);
    g_free(stack);
}

static void finding_free(void *p)
{
    record_finding *f = p;
    g_free(f->tool);
    g_free(f->rule);
    g_free(f->text);
    g_free(f->file);
    g_free(f);
}

static void test_free(void *p)
{
    record_test *t = p;
    g_free(t->kind);
    g_free(t->name);
    g_free(t->detail);
    g_free(t->file);
    g_free(t);
}

static void source_free(void *p)
{
    record_source *s = p;
    g_free(s->file);
    g_free(s->text);
    g_free(s);
}

static void heap_node_free(void *p)
{
    record_heap_node_free(p);
}

static void heap_free(void *p)
{
    record_heap *heap = p;
    g_free(heap->title);
    g_free(heap->time_unit);
    g_array_unref(heap->snapshots);
    record_heap_node_free(heap->peak_tree);
    g_free(heap);
}

record *record_new(void)
{
    record *r = g_new0(record, 1);
    r->submission_name = g_strdup("");
    r->submission_sha256 = g_strdup("");
    r->submission_parts = g_ptr_array_new_with_free_func(g_free);
    r->rubric = g_strdup("");
    r->created = g_strdup("");
    r->note = g_strdup("");
    r->verdict = RECORD_GRADED;
    r->parts = g_ptr_array_new_with_free_func(part_free);
    r->figures = g_ptr_array_new_with_free_func(figure_free);
    r->heaps = g_ptr_array_new_with_free_func(heap_free);
    r->findings = g_ptr_array_new_with_free_func(finding_free);
    r->tests = g_ptr_array_new_with_free_func(test_free);
    r->sources = g_ptr_array_new_with_free_func(source_free);
    r->fingerprint.cpu = g_strdup("");
    r->fingerprint.kernel = g_strdup("");
    r->fingerprint.sandbox = g_strdup("");
    r->fingerprint.tools = g_ptr_array_new_with_free_func(g_free);
    r->fingerprint.environment = g_ptr_array_new_with_free_func(g_free);
    return r;
}

void record_free(record *r)
{
    if (r == NULL)
        return;
    g_free(r->submission_name);
    g_free(r->submission_sha256);
    g_ptr_array_unref(r->submission_parts);
    g_free(r->rubric);
    g_free(r->created);
    g_free(r->note);
    g_ptr_array_unref(r->parts);
    g_ptr_array_unref(r->figures);
    record_calls_free(r->calls);
    g_ptr_array_unref(r->heaps);
    g_ptr_array_unref(r->findings);
    g_ptr_array_unref(r->tests);
    g_ptr_array_unref(r->sources);
    g_free(r->fingerprint.cpu);
    g_free(r->fingerprint.kernel);
    g_free(r->fingerprint.sandbox);
    g_ptr_array_unref(r->fingerprint.tools);
    g_ptr_array_unref(r->fingerprint.environment);
    g_free(r);
}

record_part *record_add_part(record *r, const char *name, const char *title, double max_score)
{
    record_part *part = g_new0(record_part, 1);
    part->name = copy_text(name);
    part->title = copy_text(title);
    part->max_score = max_score;
    part->verdict = RECORD_MISSING;
    part->feedback = g_ptr_array_new_with_free_func(feedback_free);
    part->evidence = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(r->parts, part);
    return part;
}

record_feedback *record_part_say(record_part *part, double points_lost, const char *file,
                                 uint32_t line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    record_feedback *f = g_new0(record_feedback, 1);
    f->text = copy_text(text);
    f->file = copy_text_or_null(file);
    f->line = line;
    f->points_lost = points_lost;
    g_ptr_array_add(part->feedback, f);
    return f;
}

void record_part_add_evidence(record_part *part, const char *path)
{
    g_ptr_array_add(part->evidence, copy_text(path));
}

record_figure *record_add_figure(record *r, const char *name, const char *layout,
                                 const char *subject, const char *unit, double median)
{
    record_figure *f = g_new0(record_figure, 1);
    f->name = copy_text(name);
    f->layout = copy_text(layout);
    f->subject = copy_text(subject);
    f->unit = copy_text(unit);
    f->median = f->low = f->high = median;
    f->n = 1;
    g_ptr_array_add(r->figures, f);
    return f;
}

record_finding *record_add_finding(record *r, const char *tool, const char *rule, const char *file,
                                   uint32_t line, const char *text)
{
    record_finding *f = g_new0(record_finding, 1);
    f->tool = copy_text(tool);
    f->rule = copy_text(rule);
    f->text = copy_text(text);
    f->file = copy_text(file);
    f->line = line;
    g_ptr_array_add(r->findings, f);
    return f;
}

record_test *record_add_test(record *r, const char *kind, const char *name, bool passed,
                             const char *detail)
{
    record_test *t = g_new0(record_test, 1);
    t->kind = copy_text(kind);
    t->name = copy_text(name);
    t->passed = passed;
    t->detail = copy_text(detail);
    t->file = g_strdup("");
    g_ptr_array_add(r->tests, t);
    return t;
}

void record_add_source(record *r, const char *file, const char *text, size_t n_bytes)
{
    record_source *s = g_new0(record_source, 1);
    s->file = copy_text(file);
    s->text = g_utf8_make_valid(text, (gssize)n_bytes);
    g_ptr_array_add(r->sources, s);
}

record_calls *record_calls_new(void)
{
    record_calls *calls = g_new0(record_calls, 1);
    calls->command = g_strdup("");
    calls->functions = g_ptr_array_new_with_free_func(function_free);
    calls->lines = g_ptr_array_new_with_free_func(line_free);
    calls->stacks = g_ptr_array_new_with_free_func(stack_free);
    return calls;
}

void record_calls_free(record_calls *calls)
{
    if (calls == NULL)
        return;
    g_free(calls->command);
    g_ptr_array_unref(calls->functions);
    g_ptr_array_unref(calls->lines);
    g_ptr_array_unref(calls->stacks);
    g_free(calls);
}

record_function *record_calls_add_function(record_calls *calls, const char *name, const char *file,
                                           const char *object)
{
    record_function *f = g_new0(record_function, 1);
    f->name = copy_text(name);
    f->file = copy_text(file);
    f->object = copy_text(object);
    g_ptr_array_add(calls->functions, f);
    return f;
}

const char *record_line_cost_key(record_line_cost cost)
{
    static const char *const keys[RECORD_N_LINE_COSTS] = {
        [RECORD_CACHE_MISSES] = "cache_misses",     [RECORD_MEMORY_MISSES] = "memory_misses",
        [RECORD_MISPREDICTIONS] = "mispredictions", [RECORD_ALLOCATED_BYTES] = "allocated_bytes",
        [RECORD_PEAK_BYTES] = "peak_bytes",         [RECORD_LEAKED_BLOCKS] = "leaked_blocks",
    };
    return keys[cost];
}

record_line *record_calls_add_line(record_calls *calls, const char *file, uint32_t line)
{
    record_line *l = g_new0(record_line, 1);
    l->file = copy_text(file);
    l->line = line;
    l->hits = -1;
    for (int i = 0; i < RECORD_N_LINE_COSTS; i++)
        l->costs[i] = -1;
    g_ptr_array_add(calls->lines, l);
    return l;
}

void record_calls_add_stack(record_calls *calls, const char *frames, uint64_t self_ir)
{
    record_stack *stack = g_new(record_stack, 1);
    stack->frames = copy_text(frames);
    stack->self_ir = self_ir;
    g_ptr_array_add(calls->stacks, stack);
}

record_heap *record_add_heap(record *r, const char *title, const char *time_unit)
{
    record_heap *heap = g_new0(record_heap, 1);
    heap->title = copy_text(title);
    heap->time_unit = copy_text(time_unit);
    heap->snapshots = g_array_new(FALSE, FALSE, sizeof(record_snapshot));
    g_ptr_array_add(r->heaps, heap);
    return heap;
}

void record_heap_add_snapshot(record_heap *heap, const record_snapshot *snapshot)
{
    g_array_append_vals(heap->snapshots, snapshot, 1);
}

record_heap_node *record_heap_node_new(const char *label, uint64_t bytes)
{
    record_heap_node *node = g_new0(record_heap_node, 1);
    node->label = copy_text(label);
    node->bytes = bytes;
    node->children = g_ptr_array_new_with_free_func(heap_node_free);
    return node;
}

void record_heap_node_free(record_heap_node *node)
{
    if (node == NULL)
        return;
    g_free(node->label);
    g_ptr_array_unref(node->children);
    g_free(node);
}
