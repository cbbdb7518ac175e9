#include "harness/profile/flame.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 1200, MARGIN = 10, ROW = 18, HEAD = 54, FOOT = 10, FONT = 11 };

#define CHARACTER   6.7 /* width of a letter of the font */
#define LEAST_WIDTH 0.3 /* of a frame that is drawn */

typedef struct node {
    char *name;
    uint64_t cost, before;
    GPtrArray *children; /* of node * */
} node;

typedef struct drawing {
    GString *out;
    flame_shape shape;
    const node *root;
    bool compares;
    double largest_change; /* of any frame */
    unsigned n_rows;
} drawing;

/* ---- the tree ---- */

static void node_free(void *data)
{
    node *n = data;
    g_free(n->name);
    g_ptr_array_unref(n->children);
    g_free(n);
}

static node *node_new(const char *name)
{
    node *n = g_new0(node, 1);
    n->name = g_strdup(name);
    n->children = g_ptr_array_new_with_free_func(node_free);
    return n;
}

static node *child_of(node *parent, const char *name)
{
    for (guint i = parent->children->len; i-- > 0;) { /* stacks come sorted: most often the last */
        node *child = parent->children->pdata[i];
        if (strcmp(child->name, name) == 0)
            return child;
    }
    node *child = node_new(name);
    g_ptr_array_add(parent->children, child);
    return child;
}

static void add_cost(node *n, uint64_t cost, bool is_before)
{
    if (is_before)
        n->before += cost;
    else
        n->cost += cost;
}

static void add_stacks(node *root, const GPtrArray *stacks, flame_shape shape, bool is_before)
{
    for (guint i = 0; i < stacks->len; i++) {
        const stacks_entry *entry = stacks->pdata[i];
        g_auto(GStrv) frames = g_strsplit(entry->frames, ";", -1);
        guint n_frames = g_strv_length(frames);
        node *n = root;
        add_cost(root, entry->cost, is_before);
        for (guint f = 0; f < n_frames; f++) {
            n = child_of(n, frames[shape == FLAME_REVERSED ? n_frames - 1 - f : f]);
            add_cost(n, entry->cost, is_before);
        }
    }
}

static int by_cost(gconstpointer a, gconstpointer b)
{
    const node *left = *(const node *const *)a;
    const node *right = *(const node *const *)b;
    if (left->cost != right->cost)
        return left->cost > right->cost ? -1 : 1;
    return strcmp(left->name, right->name);
}

static double change_of(const node *n)
{
    return (double)n->cost - (double)n->before;
}

static double width_of(const drawing *d, const node *n)
{
    return (double)n->cost / (double)d->root->cost * (WIDTH - 2 * MARGIN);
}

/* Sorts the children, and finds how many rows are drawn and how much changed at the most. */
static void settle(drawing *d, const node *n, unsigned depth)
{
    if (width_of(d, n) < LEAST_WIDTH)
        return;
    g_ptr_array_sort(n->children, by_cost);
    d->n_rows = MAX(d->n_rows, depth + 1);
    d->largest_change = MAX(d->largest_change, fabs(change_of(n)));
    for (guint i = 0; i < n->children->len; i++) {
        settle(d, n->children->pdata[i], depth + 1);
    }
}

/* ---- the picture ---- */

/* Text for XML: valid, without control characters. Owner: the caller. */
static char *escaped(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    for (char *c = valid; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    }
    return g_markup_escape_text(valid, -1);
}

/* Warm and even, by name; in a comparison grey, to red for more and to blue for less. */
static char *colour_of(const drawing *d, const node *n)
{
    if (!d->compares) {
        unsigned hash = g_str_hash(n->name);
        return g_strdup_printf("hsl(%u %u%% %u%%)", 22 + hash % 20, 64 + (hash >> 5) % 18,
                               66 + (hash >> 10) % 12);
    }
    double share = d->largest_change > 0 ? change_of(n) / d->largest_change : 0;
    double strength = sqrt(fabs(share));
    return g_strdup_printf("hsl(%d %.0f%% %.0f%%)", share < 0 ? 215 : 5, 85 * strength,
                           92 - 32 * strength);
}

static double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

static void draw_label(const drawing *d, const node *n, double x, double y, double width)
{
    size_t room = width < 2 * CHARACTER ? 0 : (size_t)((width - CHARACTER) / CHARACTER);
    g_autofree char *valid = g_utf8_make_valid(n->name, -1);
    glong length = g_utf8_strlen(valid, -1);
    if (room < 3)
        return;
    g_autofree char *cut =
        (size_t)length <= room ? g_strdup(valid) : g_utf8_substring(valid, 0, (glong)room - 1);
    g_autofree char *text = escaped(cut);
    g_string_append_printf(d->out, "<text x=\"%.1f\" y=\"%.1f\">%s%s</text>", x + 3, y + ROW - 5,
                           text, (size_t)length <= room ? "" : "…");
}

static void draw_node(const drawing *d, const node *n, unsigned depth, double x)
{
    double width = width_of(d, n);
    if (width < LEAST_WIDTH)
        return;
    unsigned row = d->shape == FLAME_UP ? d->n_rows - 1 - depth : depth;
    double y = HEAD + (double)row * ROW;
    g_autofree char *name = escaped(n->name);
    g_autofree char *colour = colour_of(d, n);
    g_string_append_printf(d->out, "<g><title>%s: %" G_GUINT64_FORMAT " (%.2f %%)", name, n->cost,
                           percent((double)n->cost, (double)d->root->cost));
    if (d->compares)
        g_string_append_printf(d->out, ", %+.0f (%+.2f %% of the total before)", change_of(n),
                               percent(change_of(n), (double)d->root->before));
    g_string_append_printf(d->out,
                           "</title><rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\" "
                           "fill=\"%s\"/>",
                           x, y, width, ROW - 1, colour);
    draw_label(d, n, x, y, width);
    g_string_append(d->out, "</g>\n");
    for (guint i = 0; i < n->children->len; i++) {
        const node *child = n->children->pdata[i];
        draw_node(d, child, depth + 1, x);
        x += width_of(d, child);
    }
}

static void draw_head(const drawing *d, const char *title, const char *unit)
{
    unsigned height = HEAD + d->n_rows * ROW + FOOT;
    g_autofree char *what = escaped(title);
    g_autofree char *events = escaped(unit);
    g_string_append_printf(
        d->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" width=\"%d\" "
        "height=\"%u\" style=\"max-width:100%%;height:auto\">\n<style>svg{background:#fff}"
        "text{font:%dpx monospace;fill:#111;pointer-events:none}.head{font-size:14px}"
        "rect{stroke:none}g:hover rect{stroke:#333}"
        "@media(prefers-color-scheme:dark){svg{background:#16181d}.head,.foot{fill:#ddd}"
        "g:hover rect{stroke:#fff}}</style>\n<text class=\"head\" x=\"%d\" y=\"22\">%s</text>\n",
        WIDTH, height, WIDTH, height, FONT, MARGIN, what);
    g_string_append_printf(d->out,
                           "<text class=\"foot\" x=\"%d\" y=\"40\">%" G_GUINT64_FORMAT " %s",
                           MARGIN, d->root->cost, events);
    if (d->compares)
        g_string_append_printf(d->out,
                               ", %+.2f %% against before; red: costs more than before, blue: less",
                               percent(change_of(d->root), (double)d->root->before));
    else if (d->shape == FLAME_REVERSED)
        g_string_append(d->out, "; below each function, who called it");
    g_string_append(d->out, "</text>\n");
}

char *flame_svg(const GPtrArray *stacks, const GPtrArray *before, flame_shape shape,
                const char *title, const char *unit)
{
    node *root = node_new("all");
    add_stacks(root, stacks, shape, false);
    if (before != NULL)
        add_stacks(root, before, shape, true);
    drawing d = {
        .out = g_string_new(NULL), .shape = shape, .root = root, .compares = before != NULL};
    if (root->cost > 0)
        settle(&d, root, 0);
    draw_head(&d, title, unit);
    if (root->cost > 0)
        draw_node(&d, root, 0, MARGIN);
    g_string_append(d.out, "</svg>\n");
    node_free(root);
    return g_string_free(d.out, FALSE);
}
