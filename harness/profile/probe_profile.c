#include "harness/profile/probe_profile.h"

#include "harness/profile/scan.h"
#include "harness/profile/symbols.h"

#include <stdlib.h>
#include <string.h>

/* Time at a line: of a node itself, or of what it called from there. */
typedef struct line_time {
    const char *file; /* of a symbols_place */
    uint32_t line;
    uint64_t ns;
} line_time;

/* A calling context. Parents come before their children. */
typedef struct tree_node {
    guint parent;               /* index; 0, the root, has itself */
    const symbols_place *place; /* of one of its addresses; NULL: the root */
    uint64_t calls;             /* unknown to a sampler: 0 */
    GArray *own;                /* of line_time */
    GArray *calls_from;         /* of line_time: lines of the parent, and the time of node and all
                                 * below it */
    uint64_t inclusive_ns;      /* see set_calls_from() */
} tree_node;

typedef struct reader {
    symbols *symbols;
    bool is_sample;
    GArray *nodes;     /* of tree_node */
    GHashTable *index; /* "parent function file" -> node */
    GHashTable *by_id; /* instrument: id -> node + 1 */
} reader;

G_DEFINE_QUARK(probe - profile - error - quark, probe_profile_error)

static tree_node *node_at(const reader *r, guint index)
{
    return &g_array_index(r->nodes, tree_node, index);
}

static void clear_node(gpointer data)
{
    tree_node *node = data;
    g_array_unref(node->own);
    g_array_unref(node->calls_from);
}

static guint append_node(const reader *r, guint parent, const symbols_place *place)
{
    tree_node node = {.parent = parent,
                      .place = place,
                      .own = g_array_new(FALSE, FALSE, sizeof(line_time)),
                      .calls_from = g_array_new(FALSE, FALSE, sizeof(line_time))};
    g_array_append_val(r->nodes, node);
    return r->nodes->len - 1;
}

/* The child of a node for that function. */
static guint child_of(reader *r, guint parent, const symbols_place *place)
{
    g_autofree char *key = g_strdup_printf("%u\n%s\n%s\n%s", parent, place->function,
                                           place->function_file, place->object);
    gpointer found = g_hash_table_lookup(r->index, key);
    if (found != NULL)
        return GPOINTER_TO_UINT(found);
    guint child = append_node(r, parent, place);
    g_hash_table_insert(r->index, g_steal_pointer(&key), GUINT_TO_POINTER(child));
    return child;
}

static void add_time(GArray *lines, const char *file, uint32_t line, uint64_t ns)
{
    for (guint i = 0; i < lines->len; i++) {
        line_time *one = &g_array_index(lines, line_time, i);
        if (one->file == file && one->line == line) {
            one->ns += ns;
            return;
        }
    }
    line_time one = {file, line, ns};
    g_array_append_val(lines, one);
}

/* "s ns pc return return ...": what called is before its return address. */
static void read_sample(reader *r, char **words)
{
    guint n = g_strv_length(words), at = 0;
    const symbols_place *place = NULL;
    uint64_t ns = g_ascii_strtoull(words[0], NULL, 10);
    for (guint i = n; i-- > 1;) {
        uint64_t address = g_ascii_strtoull(words[i], NULL, 16);
        const symbols_place *caller = place;
        place = symbols_find(r->symbols, i == 1 ? address : address - 1);
        at = child_of(r, at, place);
        if (caller != NULL)
            add_time(node_at(r, at)->calls_from, caller->file, caller->line, ns);
    }
    if (place != NULL)
        add_time(node_at(r, at)->own, place->file, place->line, ns);
}

/* "n id parent function calls ns" */
static void read_tree_node(reader *r, char **words)
{
    if (g_strv_length(words) != 5)
        return; /* the last line of a program that was killed */
    guint64 id = g_ascii_strtoull(words[0], NULL, 10),
            parent = g_ascii_strtoull(words[1], NULL, 10);
    gpointer known = g_hash_table_lookup(r->by_id, &parent);
    const symbols_place *place = symbols_find(r->symbols, g_ascii_strtoull(words[2], NULL, 16));
    guint child = child_of(r, known != NULL ? GPOINTER_TO_UINT(known) : 0, place);
    tree_node *node = node_at(r, child);
    node->calls += g_ascii_strtoull(words[3], NULL, 10);
    add_time(node->own, place->function_file, place->function_line,
             g_ascii_strtoull(words[4], NULL, 10));
    g_hash_table_insert(r->by_id, g_memdup2(&id, sizeof id), GUINT_TO_POINTER(child));
}

static uint64_t sum_of(const GArray *lines)
{
    uint64_t sum = 0;
    for (guint i = 0; i < lines->len; i++)
        sum += g_array_index(lines, line_time, i).ns;
    return sum;
}

/* Of an instrumented program: it does not say from which lines it called. */
static void set_calls_from(const reader *r)
{
    for (guint i = r->nodes->len; i-- > 1;) {
        tree_node *node = node_at(r, i), *caller = node_at(r, node->parent);
        node->inclusive_ns += sum_of(node->own);
        caller->inclusive_ns += node->inclusive_ns;
        add_time(node->calls_from, caller->place != NULL ? caller->place->function_file : "", 0,
                 node->inclusive_ns);
    }
}

static void read_line(reader *r, char *line)
{
    if (line[0] == '\0' || line[1] != ' ')
        return;
    g_auto(GStrv) words = g_strsplit(line + 2, " ", -1);
    if (line[0] == 's')
        read_sample(r, words);
    else if (line[0] == 'n')
        read_tree_node(r, words);
}

/* The last memory map of the file; *ret_n is 0 if there is none. */
static const char *find_maps(const char *text, size_t *ret_n)
{
    const char *maps = g_strrstr(text, "\nmaps\n");
    const char *end = maps == NULL ? NULL : strstr(maps, "\nend\n");
    while (maps != NULL && end == NULL) { /* the last one was cut off */
        g_autofree char *before = g_strndup(text, (gsize)(maps - text));
        const char *earlier = g_strrstr(before, "\nmaps\n");
        maps = earlier == NULL ? NULL : text + (earlier - before);
        end = maps == NULL ? NULL : strstr(maps, "\nend\n");
    }
    if (maps == NULL) {
        *ret_n = 0;
        return NULL;
    }
    maps += strlen("\nmaps\n");
    *ret_n = (size_t)(end + 1 - maps);
    return maps;
}

/* Lines outside of the memory maps. */
static void read_lines(reader *r, char *text)
{
    bool is_in_maps = false;
    for (char *line = text; line != NULL;) {
        char *newline = strchr(line, '\n');
        if (newline != NULL)
            *newline = '\0';
        if (strcmp(line, "maps") == 0)
            is_in_maps = true;
        else if (strcmp(line, "end") == 0)
            is_in_maps = false;
        else if (!is_in_maps && newline != NULL)
            read_line(r, line);
        line = newline != NULL ? newline + 1 : NULL;
    }
}

/* ---- writing ---- */

static void append_name(GString *text, const char *name)
{
    for (; *name != '\0'; name++)
        g_string_append_c(text, (gchar)(*name == '\'' ? '`' : *name == '\n' ? '?' : *name));
}

/* An instrumented program's main() is called once, by what callgrind names so. */
static const char *name_of(const reader *r, guint index)
{
    return index == 0 ? "(below main)" : node_at(r, index)->place->function;
}

/* "f'caller'main" */
static void append_context(GString *text, const reader *r, guint index)
{
    guint outermost = r->is_sample ? 1 : 0;
    append_name(text, name_of(r, index));
    while (index > 0 && node_at(r, index)->parent >= outermost) {
        index = node_at(r, index)->parent;
        g_string_append_c(text, '\'');
        append_name(text, name_of(r, index));
    }
    g_string_append_c(text, '\n');
}

static const char *or_unknown(const char *name)
{
    return name[0] != '\0' ? name : "???";
}

/* "ob=", "fl=" and "fn=", or those of a callee. */
static void append_place(GString *text, const reader *r, guint index, bool is_callee)
{
    const symbols_place *place = node_at(r, index)->place;
    g_string_append_printf(text, is_callee ? "cob=%s\ncfi=%s\ncfn=" : "ob=%s\nfl=%s\nfn=",
                           or_unknown(place != NULL ? place->object : ""),
                           or_unknown(place != NULL ? place->function_file : ""));
    append_context(text, r, index);
}

/* "fi=" where lines of another file than *file come. */
static void append_file(GString *text, const char *file, const char **current)
{
    if (strcmp(file, *current) != 0)
        g_string_append_printf(text, "fi=%s\n", or_unknown(file));
    *current = file;
}

static void append_calls(GString *text, const reader *r, guint callee, const char **file)
{
    const tree_node *node = node_at(r, callee);
    for (guint i = 0; i < node->calls_from->len; i++) {
        const line_time *from = &g_array_index(node->calls_from, line_time, i);
        append_file(text, from->file, file);
        append_place(text, r, callee, true);
        g_string_append_printf(text, "calls=%" G_GUINT64_FORMAT " %u\n%u %" G_GUINT64_FORMAT "\n",
                               node->calls, node->place->function_line, from->line, from->ns);
    }
}

static void append_function(GString *text, const reader *r, guint index, const GArray *children)
{
    const tree_node *node = node_at(r, index);
    const char *file = node->place != NULL ? node->place->function_file : "";
    append_place(text, r, index, false);
    /* it begins here, wherever it was seen */
    g_string_append_printf(text, "%u 0\n", node->place != NULL ? node->place->function_line : 0);
    for (guint i = 0; i < node->own->len; i++) {
        const line_time *own = &g_array_index(node->own, line_time, i);
        append_file(text, own->file, &file);
        g_string_append_printf(text, "%u %" G_GUINT64_FORMAT "\n", own->line, own->ns);
    }
    for (guint i = 0; i < children->len; i++)
        append_calls(text, r, g_array_index(children, guint, i), &file);
    g_string_append_c(text, '\n');
}

static void free_array(gpointer array)
{
    g_array_unref(array);
}

static char *write_callgrind(const reader *r, const char *command)
{
    GString *text = g_string_new("# callgrind format\nversion: 1\n");
    g_string_append_printf(text, "creator: objlab-%s\ncmd: %s\npositions: line\n",
                           r->is_sample ? "sample" : "instrument", command);
    g_string_append_printf(text, "event: ns : %s\nevents: ns\n\n",
                           r->is_sample ? "processor time, sampled" : "elapsed time");
    g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func(free_array);
    for (guint i = 0; i < r->nodes->len; i++)
        g_ptr_array_add(children, g_array_new(FALSE, FALSE, sizeof(guint)));
    for (guint i = 1; i < r->nodes->len; i++)
        g_array_append_val((GArray *)g_ptr_array_index(children, node_at(r, i)->parent), i);
    uint64_t total = 0;
    for (guint i = r->is_sample ? 1 : 0; i < r->nodes->len; i++) {
        append_function(text, r, i, g_ptr_array_index(children, i));
        total += sum_of(node_at(r, i)->own);
    }
    g_string_append_printf(text, "totals: %" G_GUINT64_FORMAT "\n", total);
    return g_string_free(text, FALSE);
}

char *probe_profile_convert(const char *text, size_t n_bytes, const char *command, GError **error)
{
    g_autofree char *copy = g_strndup(text != NULL ? text : "", n_bytes);
    reader r = {.is_sample = g_str_has_prefix(copy, "objlab-probe 1 sample\n")};
    size_t n_maps;
    const char *maps = find_maps(copy, &n_maps);
    if (maps == NULL || !g_str_has_prefix(copy, "objlab-probe 1 ")) {
        g_set_error(error, PROBE_PROFILE_ERROR, PROBE_PROFILE_ERROR_FORMAT,
                    "the profile ends before the program's memory map");
        return NULL;
    }
    r.symbols = symbols_new(maps, n_maps);
    if (r.symbols == NULL) {
        g_set_error(error, PROBE_PROFILE_ERROR, PROBE_PROFILE_ERROR_FORMAT,
                    "libdwfl cannot read the program's memory map");
        return NULL;
    }
    r.nodes = g_array_new(FALSE, TRUE, sizeof(tree_node));
    g_array_set_clear_func(r.nodes, clear_node);
    (void)append_node(&r, 0, NULL); /* the root is 0 */
    r.index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    r.by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    read_lines(&r, copy);
    char *result = NULL;
    if (!r.is_sample)
        set_calls_from(&r);
    if (r.nodes->len > 1)
        result = write_callgrind(&r, command);
    else
        g_set_error(error, PROBE_PROFILE_ERROR, PROBE_PROFILE_ERROR_FORMAT,
                    r.is_sample ? "no sample: the program ended too soon"
                                : "no call: the program must be built with -finstrument-functions");
    g_array_unref(r.nodes);
    g_hash_table_unref(r.index);
    g_hash_table_unref(r.by_id);
    symbols_free(r.symbols);
    return result;
}
