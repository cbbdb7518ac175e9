#include "harness/profile/stacks.h"

#include "harness/profile/context.h"

#include <string.h>

static void entry_free(gpointer data)
{
    stacks_entry *entry = data;
    g_free(entry->frames);
    g_free(entry);
}

static void append_frame(GString *frames, const context_part *part)
{
    if (frames->len > 0)
        g_string_append_c(frames, ';');
    for (size_t i = 0; i < part->n_bytes; i++)
        g_string_append_c(frames, (gchar)(part->text[i] == ';' ? ':' : part->text[i]));
}

/* The frames of a context, outermost first, with the hidden ones of direct recursion. */
static char *frames_of(const char *name)
{
    context c;
    context_init(&c, name);
    GString *frames = g_string_new(NULL);
    for (unsigned i = c.parts->len; i-- > 0;)
        append_frame(frames, &g_array_index(c.parts, context_part, i));
    unsigned n_hidden = c.level - MIN(c.level, context_n_occurrences(&c));
    for (unsigned i = 0; i < MIN(n_hidden, 1000); i++)
        append_frame(frames, &g_array_index(c.parts, context_part, 0));
    context_clear(&c);
    return g_string_free(frames, FALSE);
}

static gint compare_entries(gconstpointer a, gconstpointer b)
{
    const stacks_entry *x = *(const stacks_entry *const *)a;
    const stacks_entry *y = *(const stacks_entry *const *)b;
    return strcmp(x->frames, y->frames);
}

GPtrArray *stacks_from_callgrind(const callgrind_profile *profile, size_t event)
{
    GPtrArray *stacks = g_ptr_array_new_with_free_func(entry_free);
    g_autoptr(GHashTable) by_frames = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t i = 0; i < profile->n_functions; i++) {
        uint64_t cost = profile->functions[i].self[event];
        if (cost == 0)
            continue;
        g_autofree char *frames = frames_of(profile->functions[i].name);
        stacks_entry *entry = g_hash_table_lookup(by_frames, frames);
        if (entry == NULL) {
            entry = g_new0(stacks_entry, 1);
            entry->frames = g_steal_pointer(&frames);
            g_ptr_array_add(stacks, entry);
            g_hash_table_insert(by_frames, entry->frames, entry);
        }
        entry->cost += cost;
    }
    g_ptr_array_sort(stacks, compare_entries);
    return stacks;
}

char *stacks_folded(const GPtrArray *stacks)
{
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < stacks->len; i++) {
        const stacks_entry *entry = g_ptr_array_index(stacks, i);
        g_string_append_printf(text, "%s %" G_GUINT64_FORMAT "\n", entry->frames, entry->cost);
    }
    return g_string_free(text, FALSE);
}
