#include "harness/profile/massif_print.h"

#include "harness/profile/plain_text.h"

#include <string.h>

#define DEFAULT_WIDTH  72
#define DEFAULT_HEIGHT 20
#define EIGHTHS        8

/* "12.3 KiB" */
static char *bytes_text(uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    double value = (double)bytes;
    while (value >= 1024 && unit + 1 < G_N_ELEMENTS(units)) {
        value /= 1024;
        unit++;
    }
    return g_strdup_printf(unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

/* "1.2 Mi" for 1.2 million instructions, "12.0 ms", "4.0 KiB" */
static char *time_text(uint64_t time, const char *unit)
{
    static const char *const powers[] = {"", "k", "M", "G", "T", "P"};
    if (strcmp(unit, "B") == 0)
        return bytes_text(time);
    size_t power = 0;
    double value = (double)time;
    while (value >= 1000 && power + 1 < G_N_ELEMENTS(powers)) {
        value /= 1000;
        power++;
    }
    return g_strdup_printf(power == 0 ? "%.0f %s%s" : "%.1f %s%s", value, powers[power], unit);
}

/* The greatest total within each column; between snapshots the last one lasts. */
static uint64_t *column_totals(const massif_profile *profile, unsigned width)
{
    uint64_t *columns = g_new0(uint64_t, width);
    uint64_t first = profile->snapshots[0].time;
    uint64_t last = profile->snapshots[profile->n_snapshots - 1].time;
    double span = last > first ? (double)(last - first) : 1;
    unsigned filled = 0;
    uint64_t current = 0;
    for (size_t i = 0; i < profile->n_snapshots; i++) {
        const massif_snapshot *s = &profile->snapshots[i];
        uint64_t since = s->time > first ? s->time - first : 0;
        double place = (double)since / span * (width - 1);
        unsigned at = (unsigned)CLAMP(place, 0, width - 1);
        while (filled < at)
            columns[++filled] = current;
        current = massif_total(s);
        columns[at] = MAX(columns[at], current);
        filled = MAX(filled, at);
    }
    return columns;
}

static void append_cell(GString *text, uint64_t eighths, uint64_t below, bool is_unicode)
{
    static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    uint64_t filled = eighths > below ? MIN(eighths - below, EIGHTHS) : 0;
    if (is_unicode)
        g_string_append(text, blocks[filled]);
    else
        g_string_append_c(text, (gchar)(filled >= EIGHTHS / 2 ? '#' : ' '));
}

char *massif_print_chart(const massif_profile *profile, const massif_print_options *options)
{
    unsigned width = options->width > 0 ? options->width : DEFAULT_WIDTH;
    unsigned height = options->height > 0 ? options->height : DEFAULT_HEIGHT;
    GString *text = g_string_new(NULL);
    if (profile->n_snapshots == 0)
        return g_string_free(text, FALSE);
    uint64_t top = MAX(massif_total(&profile->snapshots[profile->peak]), 1);
    uint64_t *columns = column_totals(profile, width);
    g_autofree char *top_text = bytes_text(top);
    g_autofree char *middle_text = bytes_text(top / 2);
    for (unsigned row = height; row-- > 0;) {
        const char *label = row + 1 == height ? top_text : row == height / 2 ? middle_text : "";
        g_string_append_printf(text, "%10s |", label);
        for (unsigned x = 0; x < width; x++) {
            double eighths = (double)columns[x] / (double)top * height * EIGHTHS;
            append_cell(text, (uint64_t)(eighths + 0.5), (uint64_t)row * EIGHTHS,
                        options->is_unicode);
        }
        g_string_append_c(text, '\n');
    }
    g_free(columns);
    g_string_append_printf(text, "%10s +", "0 B");
    for (unsigned x = 0; x < width; x++)
        g_string_append_c(text, '-');
    g_autofree char *from = time_text(profile->snapshots[0].time, profile->time_unit);
    g_autofree char *to =
        time_text(profile->snapshots[profile->n_snapshots - 1].time, profile->time_unit);
    g_string_append_printf(text, "\n%11s %-12s%*s\n", "", from, (int)width - 12, to);
    return g_string_free(text, FALSE);
}

char *massif_print_snapshots(const massif_profile *profile)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%5s %18s %16s %16s %14s %14s\n", "n", profile->time_unit,
                           "total (B)", "heap (B)", "extra (B)", "stacks (B)");
    for (size_t i = 0; i < profile->n_snapshots; i++) {
        const massif_snapshot *s = &profile->snapshots[i];
        g_autofree char *time = plain_text_number(s->time);
        g_autofree char *total = plain_text_number(massif_total(s));
        g_autofree char *heap = plain_text_number(s->heap_bytes);
        g_autofree char *extra = plain_text_number(s->extra_bytes);
        g_autofree char *stacks = plain_text_number(s->stack_bytes);
        g_string_append_printf(text, "%5u %18s %16s %16s %14s %14s%s\n", s->index, time, total,
                               heap, extra, stacks, i == profile->peak ? "  peak" : "");
    }
    return g_string_free(text, FALSE);
}

/* ---- the tree ---- */

typedef struct pending_node {
    const massif_node *node;
    unsigned depth;
} pending_node;

static void append_node(GString *text, const pending_node *p, uint64_t whole, bool strip_dirs)
{
    const massif_node *node = p->node;
    g_autofree char *bytes = plain_text_number(node->bytes);
    double share = whole > 0 ? 100.0 * (double)node->bytes / (double)whole : 0;
    g_string_append_printf(text, "%16s %5.1f%%  %*s%s", bytes, share, (int)MIN(p->depth, 60) * 2,
                           "", node->place->function);
    const char *place = node->place->file[0] != '\0' ? node->place->file : node->place->object;
    const char *slash = strrchr(place, '/');
    if (strip_dirs && slash != NULL)
        place = slash + 1;
    if (node->place->file[0] != '\0' && node->place->line > 0)
        g_string_append_printf(text, " (%s:%u)", place, node->place->line);
    else if (place[0] != '\0')
        g_string_append_printf(text, " (%s%s)", node->place->file[0] != '\0' ? "" : "in ", place);
    g_string_append_c(text, '\n');
}

char *massif_print_tree(const massif_profile *profile, const massif_print_options *options)
{
    GString *text = g_string_new(NULL);
    if (profile->n_snapshots == 0)
        return g_string_free(text, FALSE);
    const massif_snapshot *peak = &profile->snapshots[profile->peak];
    if (peak->tree == NULL) {
        g_string_append_printf(text, "the file holds no tree for the peak, snapshot %u\n",
                               peak->index);
        return g_string_free(text, FALSE);
    }
    g_autoptr(GArray) pending = g_array_new(FALSE, FALSE, sizeof(pending_node));
    pending_node root = {peak->tree, 0};
    g_array_append_val(pending, root);
    size_t n_lines = 0;
    while (pending->len > 0 && (options->limit == 0 || n_lines < options->limit)) {
        pending_node last = g_array_index(pending, pending_node, pending->len - 1);
        g_array_set_size(pending, pending->len - 1);
        append_node(text, &last, peak->tree->bytes, options->strip_dirs);
        n_lines++;
        for (size_t i = last.node->n_children; i-- > 0;) {
            pending_node child = {&last.node->children[i], last.depth + 1};
            g_array_append_val(pending, child);
        }
    }
    if (pending->len > 0)
        g_string_append_printf(text, "%25s... (more with --limit=0)\n", "");
    return g_string_free(text, FALSE);
}
