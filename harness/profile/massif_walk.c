/* massif_walk.c -- the one walk over a heap tree, for those who add up its nodes. */
#include "harness/profile/massif.h"

typedef struct tree_step {
    const massif_node *node;
    guint depth;
} tree_step;

void massif_walk_peak(const massif_profile *profile, massif_visit *visit, void *argument)
{
    if (profile->n_snapshots == 0 || profile->snapshots[profile->peak].tree == NULL)
        return;
    g_autoptr(GArray) pending = g_array_new(FALSE, FALSE, sizeof(tree_step));
    g_autoptr(GPtrArray) path = g_ptr_array_new();
    tree_step first = {profile->snapshots[profile->peak].tree, 0};
    g_array_append_val(pending, first);
    while (pending->len > 0) {
        tree_step step = g_array_index(pending, tree_step, pending->len - 1);
        g_array_set_size(pending, (guint)(pending->len - 1));
        g_ptr_array_set_size(path, (gint)step.depth);
        visit(step.node, path, argument);
        g_ptr_array_add(path, (gpointer)(uintptr_t)step.node); /* read only */
        for (size_t i = 0; i < step.node->n_children; i++) {
            tree_step child = {&step.node->children[i], step.depth + 1};
            g_array_append_val(pending, child);
        }
    }
}
