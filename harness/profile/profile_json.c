#include "harness/profile/profile_json.h"

static json_t *text_value(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}

static json_t *count_value(uint64_t count)
{
    return count <= INT64_MAX ? json_integer((json_int_t)count) : json_real((double)count);
}

/* jansson fails only without memory, as GLib aborts on; then the key is left out. */
static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value);
}

static void append(json_t *array, json_t *value)
{
    (void)json_array_append_new(array, value);
}

static json_t *warnings_value(const GPtrArray *warnings)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < warnings->len; i++)
        append(array, text_value(g_ptr_array_index(warnings, i)));
    return array;
}

/* ---- callgrind ---- */

static json_t *costs_value(const callgrind_profile *profile, const uint64_t *costs)
{
    if (costs == NULL)
        return json_null();
    json_t *object = json_object();
    for (size_t e = 0; e < profile->n_events; e++)
        set(object, profile->events[e], count_value(costs[e]));
    return object;
}

static json_t *function_value(const callgrind_profile *profile, const callgrind_function *f)
{
    json_t *object = json_object();
    set(object, "name", text_value(f->name));
    set(object, "file", text_value(f->file));
    set(object, "object", text_value(f->object));
    set(object, "line", json_integer(f->line));
    set(object, "calls", count_value(f->calls));
    set(object, "primitive_calls", count_value(f->primitive_calls));
    set(object, "self", costs_value(profile, f->self));
    set(object, "inclusive", costs_value(profile, f->inclusive));
    return object;
}

static json_t *jump_value(const callgrind_jump *j)
{
    json_t *object = json_object();
    set(object, "function", json_integer(j->function));
    set(object, "file", text_value(j->file));
    set(object, "line", json_integer(j->line));
    set(object, "target_file", text_value(j->target_file));
    set(object, "target_line", json_integer(j->target_line));
    if (j->address != 0) {
        set(object, "address", count_value(j->address));
        set(object, "target_address", count_value(j->target_address));
    }
    set(object, "taken", count_value(j->taken));
    set(object, "executed", count_value(j->executed));
    set(object, "conditional", json_boolean(j->is_conditional));
    return object;
}

json_t *profile_json_callgrind(const callgrind_profile *profile)
{
    json_t *root = json_object();
    set(root, "format", json_string("callgrind"));
    set(root, "complete", json_boolean(profile->complete));
    set(root, "command", text_value(profile->command));
    set(root, "creator", text_value(profile->creator));
    json_t *events = json_array();
    for (size_t e = 0; e < profile->n_events; e++)
        append(events, text_value(profile->events[e]));
    set(root, "events", events);
    set(root, "totals", costs_value(profile, profile->totals));
    set(root, "summary", costs_value(profile, profile->summary));
    json_t *functions = json_array();
    for (size_t i = 0; i < profile->n_functions; i++)
        append(functions, function_value(profile, &profile->functions[i]));
    set(root, "functions", functions);
    if (profile->n_jumps > 0) { /* function: its index above */
        json_t *jumps = json_array();
        for (size_t i = 0; i < profile->n_jumps; i++)
            append(jumps, jump_value(&profile->jumps[i]));
        set(root, "jumps", jumps);
    }
    set(root, "warnings", warnings_value(profile->warnings));
    return root;
}

/* ---- massif ---- */

static json_t *node_value(const massif_node *node)
{
    json_t *object = json_object();
    set(object, "bytes", count_value(node->bytes));
    set(object, "address", count_value(node->place->address));
    set(object, "function", text_value(node->place->function));
    set(object, "file", text_value(node->place->file));
    set(object, "object", text_value(node->place->object));
    set(object, "line", json_integer(node->place->line));
    set(object, "children", json_array());
    return object;
}

typedef struct open_node {
    const massif_node *node;
    json_t *value;
    size_t next_child;
} open_node;

/* With a stack of its own: trees come as deep as the file says. */
static json_t *tree_value(const massif_node *root)
{
    if (root == NULL)
        return json_null();
    g_autoptr(GArray) path = g_array_new(FALSE, FALSE, sizeof(open_node));
    json_t *result = node_value(root);
    open_node first = {root, result, 0};
    g_array_append_val(path, first);
    while (path->len > 0) {
        open_node *last = &g_array_index(path, open_node, path->len - 1);
        if (last->next_child == last->node->n_children) {
            g_array_set_size(path, path->len - 1);
            continue;
        }
        const massif_node *child = &last->node->children[last->next_child++];
        json_t *value = node_value(child);
        append(json_object_get(last->value, "children"), value);
        open_node next = {child, value, 0};
        g_array_append_val(path, next);
    }
    return result;
}

static json_t *snapshot_value(const massif_snapshot *s)
{
    json_t *object = json_object();
    set(object, "index", json_integer(s->index));
    set(object, "time", count_value(s->time));
    set(object, "heap_bytes", count_value(s->heap_bytes));
    set(object, "extra_bytes", count_value(s->extra_bytes));
    set(object, "stack_bytes", count_value(s->stack_bytes));
    set(object, "is_peak", json_boolean(s->is_peak));
    set(object, "tree", tree_value(s->tree));
    return object;
}

json_t *profile_json_massif(const massif_profile *profile)
{
    json_t *root = json_object();
    set(root, "format", json_string("massif"));
    set(root, "complete", json_boolean(profile->complete));
    set(root, "command", text_value(profile->command));
    set(root, "description", text_value(profile->description));
    set(root, "time_unit", text_value(profile->time_unit));
    set(root, "peak", json_integer((json_int_t)profile->peak));
    json_t *snapshots = json_array();
    for (size_t i = 0; i < profile->n_snapshots; i++)
        append(snapshots, snapshot_value(&profile->snapshots[i]));
    set(root, "snapshots", snapshots);
    set(root, "warnings", warnings_value(profile->warnings));
    return root;
}

/* ---- memcheck ---- */

static json_t *stack_value(const memcheck_stack *stack)
{
    json_t *object = json_object();
    set(object, "title", text_value(stack->title));
    json_t *frames = json_array();
    for (unsigned i = 0; i < stack->frames->len; i++) {
        const memcheck_frame *frame = g_ptr_array_index(stack->frames, i);
        json_t *value = json_object();
        set(value, "function", text_value(frame->function));
        set(value, "file", text_value(frame->file));
        set(value, "line", json_integer(frame->line));
        set(value, "object", text_value(frame->object));
        append(frames, value);
    }
    set(object, "frames", frames);
    return object;
}

static json_t *error_value(const memcheck_error *e)
{
    json_t *object = json_object();
    set(object, "kind", text_value(e->kind));
    set(object, "text", text_value(e->text));
    set(object, "count", count_value(e->count));
    set(object, "leaked_bytes", count_value(e->leaked_bytes));
    set(object, "leaked_blocks", count_value(e->leaked_blocks));
    json_t *stacks = json_array();
    for (unsigned i = 0; i < e->stacks->len; i++)
        append(stacks, stack_value(g_ptr_array_index(e->stacks, i)));
    set(object, "stacks", stacks);
    return object;
}

json_t *profile_json_memcheck(const memcheck_report *report)
{
    json_t *root = json_object();
    set(root, "format", json_string("memcheck"));
    set(root, "complete", json_boolean(report->complete));
    set(root, "signal", text_value(report->signal));
    json_t *errors = json_array();
    for (unsigned i = 0; i < report->errors->len; i++)
        append(errors, error_value(g_ptr_array_index(report->errors, i)));
    set(root, "errors", errors);
    set(root, "warnings", warnings_value(report->warnings));
    return root;
}

/* ---- coverage ---- */

static json_t *file_value(const lcov_file *file)
{
    json_t *object = json_object();
    set(object, "path", text_value(file->path));
    set(object, "lines", json_integer(file->lines->len));
    set(object, "lines_hit", json_integer((json_int_t)file->n_lines_hit));
    set(object, "functions", json_integer(file->functions->len));
    set(object, "functions_hit", json_integer((json_int_t)file->n_functions_hit));
    json_t *hits = json_object();
    for (unsigned i = 0; i < file->lines->len; i++) {
        const lcov_line *line = &g_array_index(file->lines, lcov_line, i);
        g_autofree char *number = g_strdup_printf("%u", line->line);
        set(hits, number, count_value(line->hits));
    }
    set(object, "hits", hits);
    return object;
}

json_t *profile_json_lcov(const lcov_info *info)
{
    json_t *root = json_object();
    set(root, "format", json_string("lcov"));
    set(root, "complete", json_boolean(info->complete));
    json_t *files = json_array();
    for (unsigned i = 0; i < info->files->len; i++)
        append(files, file_value(g_ptr_array_index(info->files, i)));
    set(root, "files", files);
    set(root, "warnings", warnings_value(info->warnings));
    return root;
}
