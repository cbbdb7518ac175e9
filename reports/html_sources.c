/* html_sources.c -- lint findings, tests and seeded bugs, and the sources with all of it beside
 * their lines. */
#include "reports/html_page.h"
#include "reports/text.h"

#include <string.h>

enum { MAX_FINDINGS = 500, MAX_TESTS = 500, MAX_SOURCE_LINES = 6000, MAX_LINE_CHARS = 2000 };

void html_findings(html_page *page)
{
    const GPtrArray *findings = page->r->findings;
    html_table_open(page, "Lint findings", "sortable");
    html_put(page, "<thead><tr><th>line</th><th>tool</th><th>finding</th><th>rule</th></tr>"
                   "</thead><tbody>\n");
    for (unsigned i = 0; i < findings->len && i < MAX_FINDINGS; i++) {
        const record_finding *f = findings->pdata[i];
        html_put(page, "<tr><td>");
        html_place(page, f->file, f->line);
        html_put(page, "</td>");
        html_element(page, "td", "", f->tool);
        html_put(page, "<td class=\"prose\">");
        html_text(page, f->text);
        if (f->suppressed)
            html_put(page, " <span class=\"verdict fair\">silenced</span>");
        html_put(page, "</td><td>");
        html_element(page, "code", "", f->rule);
        html_put(page, "</td></tr>\n");
    }
    html_put(page, "</tbody>");
    html_table_close(page);
    if (findings->len > MAX_FINDINGS)
        html_putf(page, "<p class=\"lead\">%u more are in the record.</p>",
                  findings->len - MAX_FINDINGS);
}

static bool is_mutant(const record_test *t)
{
    return strcmp(t->kind, "mutant") == 0;
}

static void put_test(html_page *page, const record_test *t)
{
    static const char *const words[2][2] = {{"fails", "holds"}, {"missed", "exposed"}};
    html_put(page, "<tr><td>");
    html_putf(page, "<span class=\"verdict %s\">%s</span></td><td>", t->passed ? "good" : "bad",
              words[is_mutant(t)][t->passed]);
    html_element(page, "code", "", t->name);
    html_put(page, "</td><td class=\"prose\">");
    html_text(page, t->detail);
    if (t->file[0] != '\0') {
        html_put(page, " ");
        html_place(page, t->file, t->line);
    }
    html_put(page, "</td></tr>\n");
}

static void put_tests_of_kind(html_page *page, bool mutants)
{
    const GPtrArray *tests = page->r->tests;
    unsigned n = 0;
    unsigned n_passed = 0;
    for (unsigned i = 0; i < tests->len; i++) {
        const record_test *t = tests->pdata[i];
        n += is_mutant(t) == mutants;
        n_passed += is_mutant(t) == mutants && t->passed;
    }
    if (n == 0)
        return;
    html_putf(page, "<h3>%s: %u of %u %s</h3>\n", mutants ? "Seeded bugs" : "Your tests", n_passed,
              n, mutants ? "exposed" : "hold on every correct implementation");
    html_table_open(page, mutants ? "Seeded bugs" : "Your tests", "sortable");
    html_putf(page, "<thead><tr><th>result</th><th>%s</th><th>%s</th></tr></thead><tbody>\n",
              mutants ? "bug" : "test", mutants ? "what it does" : "where");
    for (unsigned i = 0; i < tests->len && i < MAX_TESTS; i++) {
        const record_test *t = tests->pdata[i];
        if (is_mutant(t) == mutants)
            put_test(page, t);
    }
    html_put(page, "</tbody>");
    html_table_close(page);
}

void html_tests(html_page *page)
{
    put_tests_of_kind(page, true);
    put_tests_of_kind(page, false);
}

/* What there is to say of one line of one file. */
typedef struct line_notes {
    uint64_t self_ir;
    int64_t hits;
    GString *messages; /* markup of list items; NULL: none */
} line_notes;

static void notes_free(void *p)
{
    line_notes *notes = p;
    if (notes->messages != NULL)
        g_string_free(notes->messages, TRUE);
    g_free(notes);
}

/* The source view of one file while it is written. */
typedef struct source_view {
    html_page *page;
    const record_source *source;
    unsigned index;
    GHashTable *notes; /* line number -> line_notes */
    uint64_t highest_ir;
    unsigned n_messages;
    bool has_costs;
} source_view;

static line_notes *notes_of(source_view *view, uint32_t line)
{
    line_notes *notes = g_hash_table_lookup(view->notes, GUINT_TO_POINTER(line));
    if (notes == NULL) {
        notes = g_new0(line_notes, 1);
        notes->hits = -1;
        g_hash_table_insert(view->notes, GUINT_TO_POINTER(line), notes);
    }
    return notes;
}

static void add_message(source_view *view, uint32_t line, const char *kind, const char *head,
                        const char *text)
{
    line_notes *notes = notes_of(view, line);
    if (notes->messages == NULL)
        notes->messages = g_string_new(NULL);
    g_string_append_printf(notes->messages, "<li class=\"%s\"><b>", kind);
    text_append_markup(notes->messages, head);
    g_string_append(notes->messages, "</b> ");
    text_append_markup(notes->messages, text);
    g_string_append(notes->messages, "</li>");
    view->n_messages++;
}

static bool is_here(const source_view *view, const char *file)
{
    return file != NULL && strcmp(file, view->source->file) == 0;
}

static void collect_feedback(source_view *view)
{
    const GPtrArray *parts = view->page->r->parts;
    for (unsigned i = 0; i < parts->len; i++) {
        const record_part *part = parts->pdata[i];
        for (unsigned k = 0; k < part->feedback->len; k++) {
            const record_feedback *f = part->feedback->pdata[k];
            if (!is_here(view, f->file) || f->line == 0)
                continue;
            g_autofree char *lost = text_number(f->points_lost, 2);
            g_autofree char *head = f->points_lost > 0
                                        ? g_strdup_printf("%s \u2212%s", part->title, lost)
                                        : g_strdup(part->title);
            add_message(view, f->line, f->points_lost > 0 ? "bad" : "fair", head, f->text);
        }
    }
}

static void collect(source_view *view)
{
    const record *r = view->page->r;
    collect_feedback(view);
    for (unsigned i = 0; i < r->findings->len; i++) {
        const record_finding *f = r->findings->pdata[i];
        if (is_here(view, f->file) && f->line != 0)
            add_message(view, f->line, "fair", f->tool, f->text);
    }
    for (unsigned i = 0; i < r->tests->len; i++) {
        const record_test *t = r->tests->pdata[i];
        if (is_here(view, t->file) && t->line != 0 && !t->passed)
            add_message(view, t->line, "bad", t->name, t->detail);
    }
    for (unsigned i = 0; r->calls != NULL && i < r->calls->lines->len; i++) {
        const record_line *line = r->calls->lines->pdata[i];
        if (!is_here(view, line->file))
            continue;
        line_notes *notes = notes_of(view, line->line);
        notes->self_ir += line->self_ir;
        notes->hits = line->hits;
        view->highest_ir = MAX(view->highest_ir, notes->self_ir);
        view->has_costs = true;
    }
}

static void put_source_line(source_view *view, uint32_t number, const char *text)
{
    html_page *page = view->page;
    const line_notes *notes = g_hash_table_lookup(view->notes, GUINT_TO_POINTER(number));
    html_putf(page, "<tr id=\"s%u-%u\"><td class=\"no\">%u</td>", view->index, number, number);
    if (view->has_costs) {
        html_putf(page, "<td class=\"ir%s\">",
                  html_heat_class(notes != NULL ? notes->self_ir : 0, view->highest_ir));
        if (notes != NULL && notes->self_ir != 0) {
            g_autofree char *cost = text_figure((double)notes->self_ir, HTML_THIN_SPACE);
            html_put(page, cost);
        }
        html_put(page, "</td>");
    }
    html_put(page, "<td class=\"src\"><code>");
    html_text(page, text);
    html_put(page, "</code>");
    if (notes != NULL && notes->messages != NULL) {
        html_put(page, "<ul class=\"said\">");
        html_put(page, notes->messages->str);
        html_put(page, "</ul>");
    }
    html_put(page, "</td></tr>\n");
}

static void put_lines(source_view *view)
{
    const char *p = view->source->text;
    uint32_t number = 0;
    while (*p != '\0' && number < MAX_SOURCE_LINES) {
        const char *end = strchr(p, '\n');
        size_t n = end != NULL ? (size_t)(end - p) : strlen(p);
        size_t shown = MIN(n, (size_t)MAX_LINE_CHARS);
        while (shown < n && shown > 0 && ((unsigned char)p[shown] & 0xc0) == 0x80)
            shown--; /* not within a character */
        g_autofree char *line = g_strndup(p, shown);
        g_strchomp(line);
        number++;
        put_source_line(view, number, line);
        p += end != NULL ? n + 1 : n;
    }
    if (*p != '\0')
        html_putf(view->page,
                  "<tr><td class=\"no\"></td><td colspan=\"2\">The file goes on; the first %u "
                  "lines are shown.</td></tr>\n",
                  MAX_SOURCE_LINES);
}

static void put_source(html_page *page, unsigned index)
{
    source_view view = {.page = page,
                        .source = page->r->sources->pdata[index],
                        .index = index,
                        .notes = g_hash_table_new_full(NULL, NULL, NULL, notes_free)};
    collect(&view);
    html_putf(page, "<details class=\"source\" id=\"s%u\"%s><summary>", index,
              view.n_messages != 0 ? " open" : "");
    html_element(page, "code", "", view.source->file);
    if (view.n_messages != 0)
        html_putf(page, " <span class=\"count\">%u remark%s</span>", view.n_messages,
                  view.n_messages == 1 ? "" : "s");
    html_put(page, "</summary>\n");
    html_table_open(page, view.source->file, "source");
    html_putf(page,
              "<thead class=\"hidden\"><tr><th>line</th>%s<th>source</th></tr></thead><tbody>",
              view.has_costs ? "<th>instructions</th>" : "");
    put_lines(&view);
    html_put(page, "</tbody>");
    html_table_close(page);
    html_put(page, "</details>\n");
    g_hash_table_unref(view.notes);
}

void html_sources(html_page *page)
{
    for (unsigned i = 0; i < page->r->sources->len; i++)
        put_source(page, i);
}
