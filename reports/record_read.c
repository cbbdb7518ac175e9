/* record_read.c -- JSON text as a record, strictly; the schema is the order of the calls here. */
#include "reports/json_reader.h"
#include "reports/record.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static record_verdict read_verdict(json_reader *in, const json_t *object)
{
    record_verdict verdict = RECORD_VOID;
    g_autofree char *name = NULL;
    json_reader_text(in, object, "verdict", &name);
    if (name != NULL && !record_verdict_from_name(name, &verdict)) {
        gsize length = json_reader_enter(in, "verdict");
        json_reader_fail(in, "\"%.40s\" is not a verdict", name);
        json_reader_leave(in, length);
    }
    return verdict;
}

static void read_feedback(json_reader *in, const json_t *o, void *into)
{
    record_feedback *f = record_part_say(into, 0, NULL, 0, "%s", "");
    json_reader_text(in, o, "text", &f->text);
    if (json_reader_has(o, "file"))
        json_reader_text(in, o, "file", &f->file);
    if (json_reader_has(o, "line"))
        f->line = json_reader_u32(in, o, "line");
    if (json_reader_has(o, "points_lost"))
        f->points_lost = json_reader_real(in, o, "points_lost");
}

static void read_part(json_reader *in, const json_t *o, void *into)
{
    record_part *part = record_add_part(into, "", "", 0);
    json_reader_text(in, o, "name", &part->name);
    record_set_text(&part->title, part->name);
    json_reader_text_if_any(in, o, "title", &part->title);
    part->score = json_reader_real(in, o, "score");
    part->max_score = json_reader_real(in, o, "max_score");
    part->verdict = read_verdict(in, o);
    json_reader_array(in, o, "feedback", read_feedback, part);
    json_reader_strings(in, o, "evidence", part->evidence);
}

static void read_figure(json_reader *in, const json_t *o, void *into)
{
    record_figure *f = record_add_figure(into, "", "", "", "", 0);
    json_reader_text(in, o, "name", &f->name);
    json_reader_text(in, o, "layout", &f->layout);
    json_reader_text(in, o, "subject", &f->subject);
    json_reader_text(in, o, "unit", &f->unit);
    f->median = json_reader_real(in, o, "median");
    f->low = json_reader_real(in, o, "low");
    f->high = json_reader_real(in, o, "high");
    f->n = json_reader_count(in, o, "n");
    if (!json_reader_has(o, "ratio"))
        return;
    const json_t *ratio = json_reader_object(in, o, "ratio");
    gsize length = json_reader_enter(in, "ratio");
    json_reader_text(in, ratio, "to", &f->ratio_to);
    f->ratio_median = json_reader_real(in, ratio, "median");
    f->ratio_low = json_reader_real(in, ratio, "low");
    f->ratio_high = json_reader_real(in, ratio, "high");
    json_reader_leave(in, length);
}

static void read_function(json_reader *in, const json_t *o, void *into)
{
    record_function *f = record_calls_add_function(into, "", "", "");
    json_reader_text(in, o, "name", &f->name);
    json_reader_text(in, o, "file", &f->file);
    json_reader_text(in, o, "object", &f->object);
    f->line = json_reader_u32(in, o, "line");
    f->calls = json_reader_count(in, o, "calls");
    f->primitive_calls = json_reader_count(in, o, "primitive_calls");
    f->self_ir = json_reader_count(in, o, "self_ir");
    f->inclusive_ir = json_reader_count(in, o, "inclusive_ir");
}

static void read_line(json_reader *in, const json_t *o, void *into)
{
    record_line *line = record_calls_add_line(into, "", 0);
    json_reader_text(in, o, "file", &line->file);
    line->line = json_reader_u32(in, o, "line");
    line->self_ir = json_reader_count(in, o, "self_ir");
    line->inclusive_ir = json_reader_count(in, o, "inclusive_ir");
    line->hits = json_reader_integer(in, o, "hits", -1, INT64_MAX);
    for (int i = 0; i < RECORD_N_LINE_COSTS; i++) {
        const char *key = record_line_cost_key((record_line_cost)i);
        if (json_reader_has(o, key)) /* records of older versions have none */
            line->costs[i] = json_reader_integer(in, o, key, 0, INT64_MAX);
    }
}

static void read_stack(json_reader *in, const json_t *o, void *into)
{
    g_autofree char *frames = NULL;
    json_reader_text(in, o, "frames", &frames);
    record_calls_add_stack(into, frames, json_reader_count(in, o, "self_ir"));
}

static void read_calls(json_reader *in, const json_t *o, record *r)
{
    if (o == NULL)
        return;
    gsize length = json_reader_enter(in, "calls");
    r->calls = record_calls_new();
    json_reader_text(in, o, "command", &r->calls->command);
    r->calls->total_ir = json_reader_count(in, o, "total_ir");
    r->calls->n_calls = json_reader_count(in, o, "n_calls");
    r->calls->n_primitive_calls = json_reader_count(in, o, "n_primitive_calls");
    json_reader_array(in, o, "functions", read_function, r->calls);
    json_reader_array(in, o, "lines", read_line, r->calls);
    json_reader_array(in, o, "stacks", read_stack, r->calls);
    json_reader_leave(in, length);
}

static void read_snapshot(json_reader *in, const json_t *o, void *into)
{
    record_snapshot s;
    s.time = json_reader_count(in, o, "time");
    s.heap_bytes = json_reader_count(in, o, "heap_bytes");
    s.extra_bytes = json_reader_count(in, o, "extra_bytes");
    s.stack_bytes = json_reader_count(in, o, "stack_bytes");
    record_heap_add_snapshot(into, &s);
}

static void read_child(json_reader *in, const json_t *o, void *into);

/* Recursion is bounded by jansson's own nesting limit; the record's is checked at the end. */
static record_heap_node *read_node(json_reader *in, const json_t *o)
{
    record_heap_node *node = record_heap_node_new("", 0);
    json_reader_text(in, o, "label", &node->label);
    node->bytes = json_reader_count(in, o, "bytes");
    json_reader_array(in, o, "children", read_child, node->children);
    return node;
}

static void read_child(json_reader *in, const json_t *o, void *into)
{
    g_ptr_array_add(into, read_node(in, o));
}

static void read_heap(json_reader *in, const json_t *o, void *into)
{
    record_heap *heap = record_add_heap(into, "", "");
    json_reader_text(in, o, "title", &heap->title);
    json_reader_text(in, o, "time_unit", &heap->time_unit);
    json_reader_array(in, o, "snapshots", read_snapshot, heap);
    heap->peak = json_reader_u32(in, o, "peak");
    if (!json_reader_has(o, "peak_tree"))
        return;
    const json_t *tree = json_reader_object(in, o, "peak_tree");
    if (tree == NULL)
        return;
    gsize length = json_reader_enter(in, "peak_tree");
    heap->peak_tree = read_node(in, tree);
    json_reader_leave(in, length);
}

static void read_finding(json_reader *in, const json_t *o, void *into)
{
    record_finding *f = record_add_finding(into, "", "", "", 0, "");
    json_reader_text(in, o, "tool", &f->tool);
    json_reader_text(in, o, "rule", &f->rule);
    json_reader_text(in, o, "text", &f->text);
    json_reader_text(in, o, "file", &f->file);
    f->line = json_reader_u32(in, o, "line");
    f->column = json_reader_u32(in, o, "column");
    f->suppressed = json_reader_bool(in, o, "suppressed");
}

static void read_test(json_reader *in, const json_t *o, void *into)
{
    record_test *t = record_add_test(into, "", "", false, "");
    json_reader_text(in, o, "kind", &t->kind);
    json_reader_text(in, o, "name", &t->name);
    t->passed = json_reader_bool(in, o, "passed");
    json_reader_text(in, o, "detail", &t->detail);
    json_reader_text(in, o, "file", &t->file);
    t->line = json_reader_u32(in, o, "line");
}

static void read_source(json_reader *in, const json_t *o, void *into)
{
    g_autofree char *file = NULL;
    g_autofree char *text = NULL;
    json_reader_text(in, o, "file", &file);
    json_reader_text(in, o, "text", &text);
    if (file != NULL && text != NULL)
        record_add_source(into, file, text, strlen(text));
}

static void read_submission(json_reader *in, const json_t *root, record *r)
{
    const json_t *o = json_reader_object(in, root, "submission");
    gsize length = json_reader_enter(in, "submission");
    json_reader_text(in, o, "name", &r->submission_name);
    json_reader_strings(in, o, "parts", r->submission_parts);
    json_reader_text(in, o, "sha256", &r->submission_sha256);
    json_reader_leave(in, length);
}

static void read_fingerprint(json_reader *in, const json_t *root, record_fingerprint *f)
{
    const json_t *o = json_reader_object(in, root, "fingerprint");
    gsize length = json_reader_enter(in, "fingerprint");
    json_reader_text(in, o, "cpu", &f->cpu);
    json_reader_text(in, o, "kernel", &f->kernel);
    json_reader_text(in, o, "sandbox", &f->sandbox);
    json_reader_strings(in, o, "tools", f->tools);
    json_reader_strings(in, o, "environment", f->environment);
    json_reader_leave(in, length);
}

static void read_version(json_reader *in, const json_t *root)
{
    g_autofree char *schema = NULL;
    if (!json_reader_is_type(in, root, JSON_OBJECT, "an object"))
        return;
    json_reader_text(in, root, "schema", &schema);
    if (schema != NULL && strcmp(schema, RECORD_SCHEMA) != 0)
        json_reader_fail(in, "the schema is \"%.40s\", not \"" RECORD_SCHEMA "\"", schema);
    int64_t version = json_reader_integer(in, root, "version", 0, INT64_MAX);
    if (version != RECORD_VERSION)
        json_reader_fail(in,
                         "version %" G_GINT64_FORMAT " is unknown; this program reads version %d",
                         version, RECORD_VERSION);
}

static void read_root(json_reader *in, const json_t *root, record *r)
{
    read_submission(in, root, r);
    json_reader_text_if_any(in, root, "rubric", &r->rubric);
    json_reader_text_if_any(in, root, "created", &r->created);
    json_reader_text_if_any(in, root, "note", &r->note);
    r->score = json_reader_real(in, root, "score");
    r->max_score = json_reader_real(in, root, "max_score");
    r->verdict = read_verdict(in, root);
    json_reader_array(in, root, "parts", read_part, r);
    json_reader_array(in, root, "measurements", read_figure, r);
    if (json_reader_has(root, "calls"))
        read_calls(in, json_reader_object(in, root, "calls"), r);
    json_reader_array_if_any(in, root, "heap", read_heap, r);
    json_reader_array_if_any(in, root, "findings", read_finding, r);
    json_reader_array_if_any(in, root, "tests", read_test, r);
    json_reader_array_if_any(in, root, "sources", read_source, r);
    read_fingerprint(in, root, &r->fingerprint);
}

static record *read_tree(const json_t *root, GError **error)
{
    json_reader in;
    json_reader_start(&in);
    record *r = record_new();
    read_version(&in, root);
    if (in.error == NULL)
        read_root(&in, root, r);
    g_autofree char *why = NULL;
    if (in.error == NULL && !record_is_valid(r, &why))
        json_reader_fail(&in, "%s", why);
    if (json_reader_finish(&in, error))
        return r;
    record_free(r);
    return NULL;
}

record *record_parse(const char *text, size_t n_bytes, GError **error)
{
    if (n_bytes > RECORD_MAX_BYTES) {
        g_set_error(error, RECORD_ERROR, RECORD_ERROR_SYNTAX, "larger than %zu MiB",
                    RECORD_MAX_BYTES >> 20);
        return NULL;
    }
    json_error_t at;
    json_t *root = json_loadb(text, n_bytes, JSON_REJECT_DUPLICATES, &at);
    if (root == NULL) {
        g_set_error(error, RECORD_ERROR, RECORD_ERROR_SYNTAX, "line %d, column %d: %s", at.line,
                    at.column, at.text);
        return NULL;
    }
    record *r = read_tree(root, error);
    json_decref(root);
    return r;
}

/* The whole of a regular file, bounded; NULL with errno. */
static char *slurp(int fd, size_t *ret_n_bytes)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return NULL;
    if (!S_ISREG(status.st_mode)) {
        errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
        return NULL;
    }
    if ((uint64_t)status.st_size > RECORD_MAX_BYTES) {
        errno = EFBIG;
        return NULL;
    }
    size_t size = (size_t)status.st_size;
    size_t n = 0;
    char *text = g_malloc(size + 1);
    while (n < size) {
        ssize_t got = read(fd, text + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            g_free(text);
            return NULL;
        }
        if (got == 0)
            break; /* it shrank meanwhile: what is there is judged by the parser */
        n += (size_t)got;
    }
    *ret_n_bytes = n;
    return text;
}

record *record_read(const char *path, GError **error)
{
    size_t n_bytes = 0;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold us */
    if (fd >= 0) {
        text = slurp(fd, &n_bytes);
        int cause = errno;
        close(fd); /* nothing was written: nothing can be lost */
        errno = cause;
    }
    if (text == NULL) {
        g_set_error(error, RECORD_ERROR, RECORD_ERROR_READ, "cannot read %s: %s", path,
                    g_strerror(errno));
        return NULL;
    }
    GError *cause = NULL;
    record *r = record_parse(text, n_bytes, &cause);
    g_free(text);
    if (r == NULL)
        g_propagate_prefixed_error(error, cause, "%s: ", path);
    return r;
}
