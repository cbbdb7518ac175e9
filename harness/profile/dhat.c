#include "harness/profile/dhat.h"

#include "harness/profile/plain_text.h"

#include <string.h>

#define FILE_VERSION 2

G_DEFINE_QUARK(dhat - error - quark, dhat_error)

static void point_free(gpointer data)
{
    dhat_point *point = data;
    g_ptr_array_unref(point->frames);
    g_free(point);
}

void dhat_free(dhat_profile *profile)
{
    if (profile == NULL)
        return;
    g_free(profile->command);
    g_free(profile->time_unit);
    g_ptr_array_unref(profile->points);
    g_ptr_array_unref(profile->names);
    g_ptr_array_unref(profile->warnings);
    g_free(profile);
}

/* Counts below zero are none. */
static uint64_t count_of(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

static char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return g_strdup(text != NULL ? text : "");
}

static void add_point(dhat_profile *profile, const json_t *value, size_t index)
{
    dhat_point *point = g_new0(dhat_point, 1);
    *point = (dhat_point){
        .total_bytes = count_of(value, "tb"),
        .total_blocks = count_of(value, "tbk"),
        .max_bytes = count_of(value, "mb"),
        .max_blocks = count_of(value, "mbk"),
        .peak_bytes = count_of(value, "gb"),
        .peak_blocks = count_of(value, "gbk"),
        .end_bytes = count_of(value, "eb"),
        .end_blocks = count_of(value, "ebk"),
        .read_bytes = count_of(value, "rb"),
        .written_bytes = count_of(value, "wb"),
        .lifetime = count_of(value, "tl"),
        .frames = g_ptr_array_new(),
    };
    const json_t *frames = json_object_get(value, "fs");
    for (size_t i = 0; i < json_array_size(frames); i++) {
        json_int_t frame = json_integer_value(json_array_get(frames, i));
        if (frame > 0 && (size_t)frame < profile->names->len)
            g_ptr_array_add(point->frames, g_ptr_array_index(profile->names, frame));
    }
    bool has_table = profile->names->len > 0; /* where a file is cut, that is said once */
    if (has_table && (point->frames->len == 0 || point->frames->len != json_array_size(frames))) {
        profile->complete = false;
        g_ptr_array_add(profile->warnings,
                        g_strdup_printf("place %zu: expected frames of the frame table", index));
    }
    profile->total_bytes += point->total_bytes;
    profile->total_blocks += point->total_blocks;
    profile->peak_bytes += point->peak_bytes;
    g_ptr_array_add(profile->points, point);
}

static gint compare_points(gconstpointer a, gconstpointer b)
{
    const dhat_point *x = *(const dhat_point *const *)a, *y = *(const dhat_point *const *)b;
    if (x->total_bytes != y->total_bytes)
        return x->total_bytes < y->total_bytes ? 1 : -1;
    return (x->total_blocks < y->total_blocks) - (x->total_blocks > y->total_blocks);
}

static dhat_profile *read_root(const json_t *root)
{
    dhat_profile *profile = g_new0(dhat_profile, 1);
    profile->points = g_ptr_array_new_with_free_func(point_free);
    profile->names = g_ptr_array_new_with_free_func(g_free);
    profile->warnings = g_ptr_array_new_with_free_func(g_free);
    profile->complete = true;
    profile->command = text_of(root, "cmd");
    profile->time_unit = text_of(root, "tu");
    const json_t *names = json_object_get(root, "ftbl");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        g_ptr_array_add(profile->names, g_strdup(name != NULL ? name : "???"));
    }
    const json_t *points = json_object_get(root, "pps");
    for (size_t i = 0; i < json_array_size(points); i++)
        add_point(profile, json_array_get(points, i), i);
    g_ptr_array_sort(profile->points, compare_points);
    return profile;
}

/* ---- files that end too early ---- */

enum { OUTER_DEPTH = 2 }; /* of the places and of the frame table */

/* Where the text can be cut so that all values before are whole, and what it then lacks. */
typedef struct whole_part {
    size_t n_bytes; /* 0: nowhere */
    char closing[OUTER_DEPTH + 1];
} whole_part;

static void note_whole(whole_part *part, size_t n_bytes, const GString *open)
{
    if (open->len == 0 || open->len > OUTER_DEPTH)
        return;
    part->n_bytes = n_bytes;
    for (gsize i = 0; i < open->len; i++)
        part->closing[i] = open->str[open->len - 1 - i] == '{' ? '}' : ']';
    part->closing[open->len] = '\0';
}

/* The longest beginning of the text that is whole but for its last brackets. */
static whole_part find_whole_part(const char *text, size_t n_bytes)
{
    whole_part part = {0};
    g_autoptr(GString) open = g_string_new(NULL);
    bool in_string = false;
    for (size_t i = 0; i < n_bytes; i++) {
        char c = text[i];
        if (in_string && c == '\\') {
            i++;
        } else if (c == '"') {
            in_string = !in_string;
            if (!in_string && open->len > 0 && open->str[open->len - 1] == '[')
                note_whole(&part, i + 1, open);
        } else if (!in_string && (c == '{' || c == '[')) {
            g_string_append_c(open, c);
        } else if (!in_string && (c == '}' || c == ']') && open->len > 0) {
            g_string_truncate(open, open->len - 1);
            note_whole(&part, i + 1, open);
        }
    }
    return part;
}

/* What can be read of a damaged text; NULL: nothing. */
static json_t *load_beginning(const char *text, size_t n_bytes)
{
    whole_part part = find_whole_part(text, n_bytes);
    if (part.n_bytes == 0)
        return NULL;
    g_autoptr(GString) closed = g_string_new_len(text, (gssize)part.n_bytes);
    g_string_append(closed, part.closing);
    return json_loadb(closed->str, closed->len, 0, NULL);
}

/* Null with the error if the root is none of DHAT's. A cut file has no frame table. */
static dhat_profile *check_root(const json_t *root, const char *name, bool is_cut, GError **error)
{
    const json_t *frames = json_object_get(root, "ftbl");
    if (json_integer_value(json_object_get(root, "dhatFileVersion")) != FILE_VERSION)
        g_set_error(error, DHAT_ERROR, DHAT_ERROR_FORMAT,
                    "%s:1:1: expected \"dhatFileVersion\": %d", name, FILE_VERSION);
    else if (!json_is_array(json_object_get(root, "pps")) || (!is_cut && !json_is_array(frames)))
        g_set_error(error, DHAT_ERROR, DHAT_ERROR_FORMAT,
                    "%s:1:1: expected the arrays \"pps\" and \"ftbl\"", name);
    else
        return read_root(root);
    return NULL;
}

dhat_profile *dhat_parse(const char *text, size_t n_bytes, const char *name, GError **error)
{
    json_error_t failure;
    json_t *root = json_loadb(text != NULL ? text : "", n_bytes, 0, &failure);
    bool is_cut = root == NULL;
    g_autofree char *why = is_cut ? g_strdup_printf("%s:%d:%d: %s", name, MAX(failure.line, 1),
                                                    MAX(failure.column, 1), failure.text)
                                  : NULL;
    if (is_cut && text != NULL)
        root = load_beginning(text, n_bytes);
    dhat_profile *profile = NULL;
    GError *refused = NULL;
    if (root != NULL)
        profile = check_root(root, name, is_cut, &refused);
    json_decref(root);
    if (profile == NULL && is_cut) { /* the damage is what there is to say */
        g_clear_error(&refused);
        g_set_error_literal(error, DHAT_ERROR, DHAT_ERROR_FORMAT, why);
    } else if (profile == NULL) {
        g_propagate_error(error, refused);
    } else if (is_cut) {
        profile->complete = false;
        g_ptr_array_insert(
            profile->warnings, 0,
            g_strdup_printf("%s; %u places before that are whole", why, profile->points->len));
    }
    return profile;
}

dhat_profile *dhat_read(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize n_bytes;
    if (!g_file_get_contents(path, &text, &n_bytes, error))
        return NULL;
    return dhat_parse(text, n_bytes, path, error);
}

/* ---- output ---- */

static void append_point(GString *text, const dhat_point *point)
{
    const uint64_t numbers[] = {point->total_bytes, point->total_blocks, point->peak_bytes,
                                point->end_bytes,   point->read_bytes,   point->written_bytes};
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *number = plain_text_number(numbers[i]);
        g_string_append_printf(text, " %14s", number);
    }
    double blocks = (double)MAX(point->total_blocks, 1);
    g_string_append_printf(text, " %12.0f\n", (double)point->lifetime / blocks);
    for (guint i = 0; i < point->frames->len; i++) {
        const char *frame = g_ptr_array_index(point->frames, i);
        const char *colon = strstr(frame, ": ");
        g_string_append_printf(text, "   %s %s\n", i == 0 ? "at" : "by",
                               colon != NULL ? colon + 2 : frame);
    }
}

char *dhat_print(const dhat_profile *profile, size_t limit)
{
    GString *text = g_string_new(NULL);
    g_autofree char *bytes = plain_text_number(profile->total_bytes);
    g_autofree char *blocks = plain_text_number(profile->total_blocks);
    g_autofree char *peak = plain_text_number(profile->peak_bytes);
    g_string_append_printf(text, "%s\n\n%s bytes in %s blocks, %s bytes at the peak\n\n",
                           profile->command, bytes, blocks, peak);
    g_string_append_printf(text, " %14s %14s %14s %14s %14s %14s %12s\n", "bytes", "blocks",
                           "at the peak", "at the end", "read", "written", "mean life");
    size_t n = limit > 0 ? MIN(limit, profile->points->len) : profile->points->len;
    for (size_t i = 0; i < n; i++)
        append_point(text, g_ptr_array_index(profile->points, i));
    if (n < profile->points->len)
        g_string_append_printf(text, " ... and %zu places more\n", profile->points->len - n);
    return g_string_free(text, FALSE);
}

static json_t *point_json(const dhat_point *point)
{
    json_t *frames = json_array();
    for (guint i = 0; i < point->frames->len; i++)
        (void)json_array_append_new(
            frames, json_string(g_ptr_array_index(point->frames, i))); /* fails without memory */
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "total_bytes", (json_int_t)point->total_bytes,
        "total_blocks", (json_int_t)point->total_blocks, "peak_bytes",
        (json_int_t)point->peak_bytes, "end_bytes", (json_int_t)point->end_bytes, "read_bytes",
        (json_int_t)point->read_bytes, "written_bytes", (json_int_t)point->written_bytes,
        "lifetime", (json_int_t)point->lifetime, "frames", frames);
}

json_t *dhat_json(const dhat_profile *profile)
{
    json_t *points = json_array(), *warnings = json_array();
    for (guint i = 0; i < profile->points->len; i++)
        (void)json_array_append_new(points, point_json(g_ptr_array_index(profile->points, i)));
    for (guint i = 0; i < profile->warnings->len; i++)
        (void)json_array_append_new(warnings, json_string(g_ptr_array_index(profile->warnings, i)));
    return json_pack("{s:s, s:b, s:s, s:I, s:I, s:I, s:o, s:o}", "format", "dhat", "complete",
                     (int)profile->complete, "command", profile->command, "total_bytes",
                     (json_int_t)profile->total_bytes, "total_blocks",
                     (json_int_t)profile->total_blocks, "peak_bytes",
                     (json_int_t)profile->peak_bytes, "points", points, "warnings", warnings);
}
