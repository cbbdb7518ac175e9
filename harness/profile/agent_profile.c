#include "harness/profile/agent_profile.h"

#include "harness/profile/scan.h"
#include "harness/profile/symbols.h"

#include <stdlib.h>
#include <string.h>

/* A calling context. Parents come before their children. */
typedef struct tree_node {
    guint parent; /* index; 0, the root, has itself */
    const symbols_place *place;
    guint line;      /* of the function's first sample or its own line */
    guint call_line; /* where the parent was when it was called; 0: unknown */
    uint64_t calls, own_ns, inclusive_ns;
} tree_node;

typedef struct reader {
    symbols *symbols;
    bool is_sample;
    GArray *nodes;     /* of tree_node */
    GHashTable *index; /* "parent function file" -> node */
    GHashTable *by_id; /* instrument: id -> node + 1 */
} reader;

G_DEFINE_QUARK(agent - profile - error - quark, agent_profile_error)

static tree_node *node_at(const reader *r, guint index)
{
    return &g_array_index(r->nodes, tree_node, index);
}

/* The child of a node for that function. */
static guint child_of(reader *r, guint parent, const symbols_place *place)
{
    g_autofree char *key =
        g_strdup_printf("%u\n%s\n%s\n%s", parent, place->function, place->file, place->object);
    gpointer found = g_hash_table_lookup(r->index, key);
    if (found != NULL)
        return GPOINTER_TO_UINT(found);
    tree_node node = {.parent = parent, .place = place, .line = place->line};
    g_array_append_val(r->nodes, node);
    g_hash_table_insert(r->index, g_steal_pointer(&key), GUINT_TO_POINTER(r->nodes->len - 1));
    return r->nodes->len - 1;
}

/* "s ns pc return return ...": what called is before its return address. */
static void read_sample(reader *r, char **words)
{
    guint n = g_strv_length(words), at = 0, line = 0;
    for (guint i = n; i-- > 1;) {
        uint64_t address = g_ascii_strtoull(words[i], NULL, 16);
        const symbols_place *place = symbols_find(r->symbols, i == 1 ? address : address - 1);
        guint child = child_of(r, at, place);
        if (node_at(r, child)->call_line == 0)
            node_at(r, child)->call_line = line;
        line = place->line;
        at = child;
    }
    if (n > 1)
        node_at(r, at)->own_ns += g_ascii_strtoull(words[0], NULL, 10);
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
    node->own_ns += g_ascii_strtoull(words[4], NULL, 10);
    g_hash_table_insert(r->by_id, g_memdup2(&id, sizeof id), GUINT_TO_POINTER(child));
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

/* "f'caller'main" */
static void append_context(GString *text, const reader *r, guint index)
{
    for (guint i = index; i != 0; i = node_at(r, i)->parent) {
        if (i != index)
            g_string_append_c(text, '\'');
        append_name(text, node_at(r, i)->place->function);
    }
}

static void append_place(GString *text, const reader *r, guint index, const char *prefix)
{
    const symbols_place *place = node_at(r, index)->place;
    g_string_append_printf(
        text, "%sob=%s\n%s=%s\n%sfn=", prefix, place->object[0] != '\0' ? place->object : "???",
        prefix[0] == 'c' ? "cfi" : "fl", place->file[0] != '\0' ? place->file : "???", prefix);
    append_context(text, r, index);
    g_string_append_c(text, '\n');
}

static void append_function(GString *text, const reader *r, guint index, const GArray *children)
{
    const tree_node *node = node_at(r, index);
    append_place(text, r, index, "");
    g_string_append_printf(text, "%u %" G_GUINT64_FORMAT "\n", node->line, node->own_ns);
    for (guint i = 0; i < children->len; i++) {
        guint child = g_array_index(children, guint, i);
        append_place(text, r, child, "c");
        g_string_append_printf(text, "calls=%" G_GUINT64_FORMAT " %u\n%u %" G_GUINT64_FORMAT "\n",
                               node_at(r, child)->calls, node_at(r, child)->line,
                               node_at(r, child)->call_line, node_at(r, child)->inclusive_ns);
    }
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
    for (guint i = r->nodes->len; i-- > 1;) {
        tree_node *node = node_at(r, i);
        node->inclusive_ns += node->own_ns;
        if (node->parent != 0)
            node_at(r, node->parent)->inclusive_ns += node->inclusive_ns;
        g_array_append_val((GArray *)g_ptr_array_index(children, node->parent), i);
    }
    uint64_t total = 0;
    for (guint i = 1; i < r->nodes->len; i++) {
        append_function(text, r, i, g_ptr_array_index(children, i));
        total += node_at(r, i)->own_ns;
    }
    g_string_append_printf(text, "totals: %" G_GUINT64_FORMAT "\n", total);
    return g_string_free(text, FALSE);
}

char *agent_profile_convert(const char *text, size_t n_bytes, const char *command, GError **error)
{
    g_autofree char *copy = g_strndup(text != NULL ? text : "", n_bytes);
    reader r = {.is_sample = g_str_has_prefix(copy, "objlab-agent 1 sample\n")};
    size_t n_maps;
    const char *maps = find_maps(copy, &n_maps);
    if (maps == NULL || !g_str_has_prefix(copy, "objlab-agent 1 ")) {
        g_set_error(error, AGENT_PROFILE_ERROR, AGENT_PROFILE_ERROR_FORMAT,
                    "the profile ends before the program's memory map");
        return NULL;
    }
    r.symbols = symbols_new(maps, n_maps);
    if (r.symbols == NULL) {
        g_set_error(error, AGENT_PROFILE_ERROR, AGENT_PROFILE_ERROR_FORMAT,
                    "libdwfl cannot read the program's memory map");
        return NULL;
    }
    r.nodes = g_array_new(FALSE, TRUE, sizeof(tree_node));
    g_array_set_size(r.nodes, 1); /* the root */
    r.index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    r.by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    read_lines(&r, copy);
    char *result = NULL;
    if (r.nodes->len > 1)
        result = write_callgrind(&r, command);
    else
        g_set_error(error, AGENT_PROFILE_ERROR, AGENT_PROFILE_ERROR_FORMAT,
                    r.is_sample ? "no sample: the program ended too soon"
                                : "no call: the program must be built with -finstrument-functions");
    g_array_unref(r.nodes);
    g_hash_table_unref(r.index);
    g_hash_table_unref(r.by_id);
    symbols_free(r.symbols);
    return result;
}
