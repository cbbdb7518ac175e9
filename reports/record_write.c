/* record_write.c -- a record as JSON text; key order is the order of the calls here. */
#include "reports/record.h"

#include <jansson.h>
#include <string.h>

/* Digits that every decimal of a double keeps (DBL_DIG): 97.35 is written 97.35. */
enum { REAL_DIGITS = 15 };

/* Turns one element of an array into JSON. */
typedef json_t *element_to_json(const void *element);

static json_t *text_to_json(const void *p)
{
    g_autofree char *valid = g_utf8_make_valid(p, -1);
    return json_string(valid);
}

static void set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, text != NULL ? text_to_json(text) : json_null());
}

static void set_count(json_t *object, const char *key, uint64_t n)
{
    json_object_set_new(object, key, json_integer((json_int_t)n));
}

static void set_real(json_t *object, const char *key, double x)
{
    json_object_set_new(object, key, json_real(x));
}

static void set_array(json_t *object, const char *key, const GPtrArray *a, element_to_json *convert)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < a->len; i++)
        json_array_append_new(array, convert(a->pdata[i]));
    json_object_set_new(object, key, array);
}

static json_t *feedback_to_json(const void *p)
{
    const record_feedback *f = p;
    json_t *o = json_object();
    set_text(o, "text", f->text);
    set_text(o, "file", f->file);
    set_count(o, "line", f->line);
    set_real(o, "points_lost", f->points_lost);
    return o;
}

static json_t *part_to_json(const void *p)
{
    const record_part *part = p;
    json_t *o = json_object();
    set_text(o, "name", part->name);
    set_text(o, "title", part->title);
    set_real(o, "score", part->score);
    set_real(o, "max_score", part->max_score);
    set_text(o, "verdict", record_verdict_name(part->verdict));
    set_array(o, "feedback", part->feedback, feedback_to_json);
    set_array(o, "evidence", part->evidence, text_to_json);
    return o;
}

static json_t *figure_to_json(const void *p)
{
    const record_figure *f = p;
    json_t *o = json_object();
    set_text(o, "name", f->name);
    set_text(o, "layout", f->layout);
    set_text(o, "subject", f->subject);
    set_text(o, "unit", f->unit);
    set_real(o, "median", f->median);
    set_real(o, "low", f->low);
    set_real(o, "high", f->high);
    set_count(o, "n", f->n);
    json_t *ratio = json_null();
    if (f->ratio_to != NULL) {
        ratio = json_object();
        set_text(ratio, "to", f->ratio_to);
        set_real(ratio, "median", f->ratio_median);
        set_real(ratio, "low", f->ratio_low);
        set_real(ratio, "high", f->ratio_high);
    }
    json_object_set_new(o, "ratio", ratio);
    return o;
}

static json_t *function_to_json(const void *p)
{
    const record_function *f = p;
    json_t *o = json_object();
    set_text(o, "name", f->name);
    set_text(o, "file", f->file);
    set_text(o, "object", f->object);
    set_count(o, "line", f->line);
    set_count(o, "calls", f->calls);
    set_count(o, "primitive_calls", f->primitive_calls);
    set_count(o, "self_ir", f->self_ir);
    set_count(o, "inclusive_ir", f->inclusive_ir);
    return o;
}

static json_t *line_to_json(const void *p)
{
    const record_line *line = p;
    json_t *o = json_object();
    set_text(o, "file", line->file);
    set_count(o, "line", line->line);
    set_count(o, "self_ir", line->self_ir);
    set_count(o, "inclusive_ir", line->inclusive_ir);
    json_object_set_new(o, "hits", json_integer(line->hits));
    for (int i = 0; i < RECORD_N_LINE_COSTS; i++) {
        if (line->costs[i] >= 0)
            set_count(o, record_line_cost_key((record_line_cost)i), (uint64_t)line->costs[i]);
    }
    return o;
}

static json_t *stack_to_json(const void *p)
{
    const record_stack *stack = p;
    json_t *o = json_object();
    set_text(o, "frames", stack->frames);
    set_count(o, "self_ir", stack->self_ir);
    return o;
}

static json_t *calls_to_json(const record_calls *calls)
{
    if (calls == NULL)
        return json_null();
    json_t *o = json_object();
    set_text(o, "command", calls->command);
    set_count(o, "total_ir", calls->total_ir);
    set_count(o, "n_calls", calls->n_calls);
    set_count(o, "n_primitive_calls", calls->n_primitive_calls);
    set_array(o, "functions", calls->functions, function_to_json);
    set_array(o, "lines", calls->lines, line_to_json);
    set_array(o, "stacks", calls->stacks, stack_to_json);
    return o;
}

static json_t *heap_node_to_json(const void *p)
{
    const record_heap_node *node = p;
    if (node == NULL)
        return json_null();
    json_t *o = json_object();
    set_text(o, "label", node->label);
    set_count(o, "bytes", node->bytes);
    set_array(o, "children", node->children, heap_node_to_json);
    return o;
}

static json_t *heap_to_json(const void *p)
{
    const record_heap *heap = p;
    json_t *o = json_object();
    set_text(o, "title", heap->title);
    set_text(o, "time_unit", heap->time_unit);
    json_t *snapshots = json_array();
    for (unsigned i = 0; i < heap->snapshots->len; i++) {
        const record_snapshot *s = &g_array_index(heap->snapshots, record_snapshot, i);
        json_t *snapshot = json_object();
        set_count(snapshot, "time", s->time);
        set_count(snapshot, "heap_bytes", s->heap_bytes);
        set_count(snapshot, "extra_bytes", s->extra_bytes);
        set_count(snapshot, "stack_bytes", s->stack_bytes);
        json_array_append_new(snapshots, snapshot);
    }
    json_object_set_new(o, "snapshots", snapshots);
    set_count(o, "peak", heap->peak);
    json_object_set_new(o, "peak_tree", heap_node_to_json(heap->peak_tree));
    return o;
}

static json_t *finding_to_json(const void *p)
{
    const record_finding *f = p;
    json_t *o = json_object();
    set_text(o, "tool", f->tool);
    set_text(o, "rule", f->rule);
    set_text(o, "text", f->text);
    set_text(o, "file", f->file);
    set_count(o, "line", f->line);
    set_count(o, "column", f->column);
    json_object_set_new(o, "suppressed", json_boolean(f->suppressed));
    return o;
}

static json_t *test_to_json(const void *p)
{
    const record_test *t = p;
    json_t *o = json_object();
    set_text(o, "kind", t->kind);
    set_text(o, "name", t->name);
    json_object_set_new(o, "passed", json_boolean(t->passed));
    set_text(o, "detail", t->detail);
    set_text(o, "file", t->file);
    set_count(o, "line", t->line);
    return o;
}

static json_t *source_to_json(const void *p)
{
    const record_source *s = p;
    json_t *o = json_object();
    set_text(o, "file", s->file);
    set_text(o, "text", s->text);
    return o;
}

static json_t *fingerprint_to_json(const record_fingerprint *f)
{
    json_t *o = json_object();
    set_text(o, "cpu", f->cpu);
    set_text(o, "kernel", f->kernel);
    set_text(o, "sandbox", f->sandbox);
    set_array(o, "tools", f->tools, text_to_json);
    set_array(o, "environment", f->environment, text_to_json);
    return o;
}

static json_t *submission_to_json(const record *r)
{
    json_t *o = json_object();
    set_text(o, "name", r->submission_name);
    set_array(o, "parts", r->submission_parts, text_to_json);
    set_text(o, "sha256", r->submission_sha256);
    return o;
}

static json_t *record_as_json(const record *r)
{
    json_t *o = json_object();
    set_text(o, "schema", RECORD_SCHEMA);
    set_count(o, "version", RECORD_VERSION);
    json_object_set_new(o, "submission", submission_to_json(r));
    set_text(o, "rubric", r->rubric);
    set_text(o, "created", r->created);
    set_text(o, "note", r->note);
    set_real(o, "score", r->score);
    set_real(o, "max_score", r->max_score);
    set_text(o, "verdict", record_verdict_name(r->verdict));
    set_array(o, "parts", r->parts, part_to_json);
    set_array(o, "measurements", r->figures, figure_to_json);
    json_object_set_new(o, "calls", calls_to_json(r->calls));
    set_array(o, "heap", r->heaps, heap_to_json);
    set_array(o, "findings", r->findings, finding_to_json);
    set_array(o, "tests", r->tests, test_to_json);
    set_array(o, "sources", r->sources, source_to_json);
    json_object_set_new(o, "fingerprint", fingerprint_to_json(&r->fingerprint));
    return o;
}

static int append_chunk(const char *chunk, size_t n_bytes, void *text)
{
    g_string_append_len(text, chunk, (gssize)n_bytes);
    return 0;
}

char *record_to_json(const record *r)
{
    if (!record_is_valid(r, NULL))
        return NULL;
    json_t *root = record_as_json(r);
    GString *text = g_string_new(NULL);
    int failed = json_dump_callback(root, append_chunk, text,
                                    JSON_INDENT(1) | JSON_REAL_PRECISION(REAL_DIGITS));
    json_decref(root);
    g_string_append_c(text, '\n');
    return g_string_free(text, failed != 0);
}

bool record_write(const record *r, const char *path, GError **error)
{
    g_autofree char *why = NULL;
    if (!record_is_valid(r, &why)) {
        g_set_error(error, RECORD_ERROR, RECORD_ERROR_SCHEMA, "%s: not a valid record: %s", path,
                    why);
        return false;
    }
    g_autofree char *text = record_to_json(r);
    if (text == NULL) {
        g_set_error(error, RECORD_ERROR, RECORD_ERROR_SCHEMA, "%s: cannot be put in JSON", path);
        return false;
    }
    return record_write_file(path, text, strlen(text), error);
}

bool record_write_file(const char *path, const char *text, size_t n_bytes, GError **error)
{
    enum { MODE = 0644 };
    GError *cause = NULL;
    if (g_file_set_contents_full(path, text, (gssize)n_bytes,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, MODE,
                                 &cause))
        return true;
    g_set_error(error, RECORD_ERROR, RECORD_ERROR_READ, "cannot write %s: %s", path,
                cause->message);
    g_error_free(cause);
    return false;
}
