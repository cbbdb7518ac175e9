/* class_tables.c -- the gradebook and the page of a class. */
#include "harness/judge/class.h"

#include <string.h>

enum { N_BINS = 10 };

/* A CSV field: quoted, and no spreadsheet takes it for a formula. */
static void append_field(GString *csv, const char *text)
{
    g_string_append_c(csv, '"');
    if (strchr("=+-@\t\r", *text) != NULL && *text != '\0')
        g_string_append_c(csv, '\'');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"')
            g_string_append_c(csv, '"');
        g_string_append_c(csv, *p);
    }
    g_string_append_c(csv, '"');
}

/* The record whose parts are the columns: all results of a class are by one rubric. */
static const record *pattern(const class_result *result)
{
    for (guint i = 0; i < result->entries->len; i++) {
        const class_entry *entry = g_ptr_array_index(result->entries, i);
        if (entry->result != NULL)
            return entry->result;
    }
    return NULL;
}

static const record_part *part_named(const record *r, const char *name)
{
    for (guint i = 0; i < r->parts->len; i++) {
        const record_part *part = g_ptr_array_index(r->parts, i);
        if (strcmp(part->name, name) == 0)
            return part;
    }
    return NULL;
}

char *class_gradebook(const class_result *result)
{
    GString *csv = g_string_new("name,score,max_score,verdict");
    const record *columns = pattern(result);
    for (guint i = 0; columns != NULL && i < columns->parts->len; i++) {
        const record_part *part = g_ptr_array_index(columns->parts, i);
        g_string_append_printf(csv, ",%s", part->name);
    }
    g_string_append(csv, ",remark\n");
    for (guint i = 0; i < result->entries->len; i++) {
        const class_entry *entry = g_ptr_array_index(result->entries, i);
        append_field(csv, entry->name);
        if (entry->result != NULL)
            g_string_append_printf(csv, ",%g,%g,%s", entry->result->score, entry->result->max_score,
                                   record_verdict_name(entry->result->verdict));
        else
            g_string_append(csv, ",,,not graded");
        for (guint j = 0; columns != NULL && j < columns->parts->len; j++) {
            const record_part *column = g_ptr_array_index(columns->parts, j);
            const record_part *part =
                entry->result != NULL ? part_named(entry->result, column->name) : NULL;
            g_string_append_c(csv, ',');
            if (part != NULL)
                g_string_append_printf(csv, "%g", part->score);
        }
        g_string_append_c(csv, ',');
        append_field(csv, entry->why != NULL ? entry->why : "");
        g_string_append_c(csv, '\n');
    }
    return g_string_free(csv, FALSE);
}

/* How many scores fall into each tenth of the maximum, as bars. */
static void append_distribution(GString *html, const class_result *result)
{
    unsigned bins[N_BINS] = {0};
    unsigned highest = 1;
    for (guint i = 0; i < result->entries->len; i++) {
        const class_entry *entry = g_ptr_array_index(result->entries, i);
        if (entry->result == NULL || entry->result->max_score <= 0)
            continue;
        int bin = (int)(entry->result->score / entry->result->max_score * N_BINS);
        bin = CLAMP(bin, 0, N_BINS - 1);
        bins[bin]++;
        highest = MAX(highest, bins[bin]);
    }
    g_string_append(html, "<h2>Distribution</h2><table><tr><th>percent<th>submissions<th>\n");
    for (int i = 0; i < N_BINS; i++)
        g_string_append_printf(html,
                               "<tr><td>%d-%d<td>%u<td><meter max=\"%u\" value=\"%u\"></meter>\n",
                               i * 100 / N_BINS, (i + 1) * 100 / N_BINS, bins[i], highest, bins[i]);
    g_string_append(html, "</table>\n");
}

static void append_row(GString *html, const class_entry *entry, const record *columns)
{
    g_autofree char *name = g_markup_escape_text(entry->name, -1);
    g_autofree char *link = g_uri_escape_string(entry->name, NULL, FALSE);
    if (entry->result == NULL) {
        g_autofree char *why = g_markup_escape_text(entry->why != NULL ? entry->why : "", -1);
        g_string_append_printf(html, "<tr><td>%s<td>-<td>not graded<td colspan=\"%u\">%s\n", name,
                               columns != NULL ? columns->parts->len : 1, why);
        return;
    }
    g_string_append_printf(html, "<tr><td><a href=\"./%s/report.html\">%s</a><td>%g<td>%s", link,
                           name, entry->result->score, record_verdict_name(entry->result->verdict));
    for (guint i = 0; i < columns->parts->len; i++) {
        const record_part *column = g_ptr_array_index(columns->parts, i);
        const record_part *part = part_named(entry->result, column->name);
        if (part != NULL)
            g_string_append_printf(html, "<td title=\"%s\">%g", record_verdict_name(part->verdict),
                                   part->score);
        else
            g_string_append(html, "<td>");
    }
    g_string_append_c(html, '\n');
}

char *class_html(const class_result *result)
{
    GString *html = g_string_new(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\"><title>Class</title><style>"
        ":root{color-scheme:light dark}body{font:16px system-ui,sans-serif;margin:2rem}"
        "table{border-collapse:collapse}td,th{padding:.2rem .7rem;border-bottom:1px solid #8888;"
        "text-align:left;font-variant-numeric:tabular-nums}</style>\n<h1>Class</h1>\n");
    const record *columns = pattern(result);
    g_string_append_printf(html, "<p>%u submissions, %u not graded.</p>\n", result->entries->len,
                           result->n_failed);
    append_distribution(html, result);
    g_string_append(html, "<h2>Submissions</h2><table><tr><th>name<th>score<th>verdict");
    for (guint i = 0; columns != NULL && i < columns->parts->len; i++) {
        const record_part *part = g_ptr_array_index(columns->parts, i);
        g_string_append_printf(html, "<th>%s /%g", part->name, part->max_score);
    }
    g_string_append_c(html, '\n');
    for (guint i = 0; i < result->entries->len; i++)
        append_row(html, g_ptr_array_index(result->entries, i), columns);
    g_string_append(html, "</table></html>\n");
    return g_string_free(html, FALSE);
}
