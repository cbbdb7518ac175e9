#include "reports/html.h"

#include "reports/html_assets.h"
#include "reports/html_page.h"
#include "reports/losses.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum { N_ADVICE = 3 };

#define BUNDLE "charts.js"

/* A section of the page: what makes it worth showing, and what writes it. */
typedef struct section {
    const char *id, *title;
    bool (*is_there)(const record *r);
    void (*write)(html_page *page);
} section;

static bool has_parts(const record *r)
{
    return r->parts->len != 0;
}

static bool has_figures(const record *r)
{
    return r->figures->len != 0;
}

static bool has_heaps(const record *r)
{
    return r->heaps->len != 0;
}

static bool has_calls(const record *r)
{
    return r->calls != NULL && r->calls->functions->len != 0;
}

static bool has_stacks(const record *r)
{
    return r->calls != NULL && r->calls->stacks->len != 0;
}

static bool has_lines(const record *r)
{
    return r->calls != NULL && r->calls->lines->len != 0;
}

static bool has_findings(const record *r)
{
    return r->findings->len != 0;
}

static bool has_tests(const record *r)
{
    return r->tests->len != 0;
}

static bool has_sources(const record *r)
{
    return r->sources->len != 0;
}

static bool always(const record *r)
{
    (void)r; /* every record has a fingerprint */
    return true;
}

static const section sections[] = {
    {"points", "Points", has_parts, html_parts},
    {"layouts", "The layouts", has_figures, html_figures},
    {"heap", "Heap over time", has_heaps, html_heaps},
    {"calls", "Calls", has_calls, html_calls},
    {"flame", "Flame graph", has_stacks, html_flame},
    {"lines", "Hottest lines", has_lines, html_lines},
    {"tests", "Tests", has_tests, html_tests},
    {"lint", "Lint", has_findings, html_findings},
    {"source", "Source", has_sources, html_sources},
    {"origin", "Fingerprint", always, html_fingerprint},
};

/* "'sha256-...'" of an inline script or style, as a policy names it. */
static char *policy_hash(const char *text)
{
    enum { SHA256_BYTES = 32 };
    guint8 digest[SHA256_BYTES];
    gsize n_bytes = sizeof digest;
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, (const guchar *)text, (gssize)strlen(text));
    g_checksum_get_digest(sum, digest, &n_bytes);
    g_checksum_free(sum);
    g_autofree char *base64 = g_base64_encode(digest, n_bytes);
    return g_strdup_printf("'sha256-%s'", base64);
}

/* The bundle's text, or NULL if there is none that can stand inside <script>. */
static char *read_bundle(const char *web_dir)
{
    if (web_dir == NULL)
        return NULL;
    g_autofree char *path = g_build_filename(web_dir, BUNDLE, NULL);
    char *text = NULL;
    gsize n_bytes = 0;
    if (!g_file_get_contents(path, &text, &n_bytes, NULL))
        return NULL;
    g_autofree char *lower = g_ascii_strdown(text, (gssize)n_bytes);
    if (strlen(text) == n_bytes && g_utf8_validate(text, (gssize)n_bytes, NULL) &&
        strstr(lower, "</script") == NULL && strstr(lower, "<!--") == NULL)
        return text;
    g_free(text);
    return NULL;
}

static void put_head(html_page *page, const char *bundle)
{
    g_autofree char *style = policy_hash(html_style);
    g_autofree char *script = policy_hash(html_script);
    g_autofree char *charts = bundle != NULL ? policy_hash(bundle) : g_strdup("");
    html_put(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html_putf(page,
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
              "script-src %s %s; style-src %s; base-uri 'none'; form-action 'none'\">\n",
              script, charts, style);
    html_put(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" "
                   "content=\"light dark\">\n");
    g_autofree char *title = g_strdup_printf("%s \u2013 objlab", page->r->submission_name);
    html_element(page, "title", "", title);
    html_put(page, "\n<style>");
    html_put(page, html_style);
    html_put(page, "</style>\n</head>\n");
}

static void put_nav(html_page *page)
{
    html_put(page, "<nav aria-label=\"Sections\"><div class=\"nav-links\">");
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
        if (sections[i].is_there(page->r))
            html_putf(page, "<a href=\"#%s\">%s</a>", sections[i].id, sections[i].title);
    }
    for (unsigned i = 0; page->exhibits != NULL && i < page->exhibits->len; i++) {
        const exhibit *e = page->exhibits->pdata[i];
        html_putf(page, "<a href=\"#exhibit-%u\">", i);
        html_text(page, e->title);
        html_put(page, "</a>");
    }
    html_put(page, "</div><button type=\"button\" id=\"theme\" hidden>Dark</button></nav>\n");
}

static void put_notices(html_page *page, bool has_charts)
{
    if (page->r->note[0] != '\0')
        html_element(page, "p", "notice", page->r->note);
    if (!has_charts)
        html_put(page, "<p class=\"notice\" id=\"no-charts\">This report comes without charts: the "
                       "web tools (Node.js and npm) were not there when it was made. Every figure "
                       "is in the tables.</p>\n");
    else
        html_put(page, "<noscript><p class=\"notice\">Charts need JavaScript; every figure is in "
                       "the tables.</p></noscript>\n");
}

/* The score as a ring; decorative, the figure stands in it. */
static void put_ring(html_page *page)
{
    const record *r = page->r;
    const double circumference = 2 * G_PI * 54;
    double share = r->max_score > 0 ? r->score / r->max_score : 0;
    g_autofree char *filled = text_number(share * circumference, 2);
    g_autofree char *score = text_number(r->score, 2);
    g_autofree char *max = text_number(r->max_score, 2);
    html_putf(page,
              "<div class=\"ring\"><svg viewBox=\"0 0 120 120\" aria-hidden=\"true\">"
              "<circle class=\"track\" cx=\"60\" cy=\"60\" r=\"54\"/>"
              "<circle class=\"fill\" cx=\"60\" cy=\"60\" r=\"54\" stroke-dasharray=\"%s 340\" "
              "transform=\"rotate(-90 60 60)\"/></svg>"
              "<p class=\"score\"><b>%s</b><span>of %s points</span></p></div>\n",
              filled, score, max);
}

static void put_meta(html_page *page)
{
    const record *r = page->r;
    html_put(page, "<p class=\"meta\">");
    html_verdict(page, r->verdict);
    if (r->rubric[0] != '\0') {
        html_put(page, " <span>rubric ");
        html_text(page, r->rubric);
        html_put(page, "</span>");
    }
    if (r->created[0] != '\0') {
        html_put(page, " <time");
        html_attribute(page, "datetime", r->created);
        html_put(page, ">");
        html_text(page, r->created);
        html_put(page, "</time>");
    }
    if (r->fingerprint.sandbox[0] != '\0') {
        html_put(page, " <span>sandbox: ");
        html_text(page, r->fingerprint.sandbox);
        html_put(page, "</span>");
    }
    html_put(page, "</p>\n");
}

static void put_advice(html_page *page)
{
    GPtrArray *advice = losses_advice(page->r, N_ADVICE);
    html_put(page, "<div class=\"advice\"><h2>What to do next</h2><ol>\n");
    for (unsigned i = 0; i < advice->len; i++)
        html_element(page, "li", "", advice->pdata[i]);
    html_put(page, "</ol></div>\n");
    g_ptr_array_unref(advice);
}

static void put_exhibits(html_page *page)
{
    for (unsigned i = 0; page->exhibits != NULL && i < page->exhibits->len; i++) {
        const exhibit *e = page->exhibits->pdata[i];
        html_putf(page, "<section id=\"exhibit-%u\" aria-labelledby=\"h-exhibit-%u\">", i, i);
        html_putf(page, "<h2 id=\"h-exhibit-%u\">", i);
        html_text(page, e->title);
        html_put(page, "</h2>\n");
        html_exhibit(page, e, i);
        html_put(page, "</section>\n");
    }
}

static void put_body(html_page *page, const char *bundle)
{
    html_put(page, "<body>\n<a class=\"skip\" href=\"#points\">Skip to the points</a>\n");
    put_nav(page);
    html_put(page, "<header>\n");
    put_notices(page, bundle != NULL);
    html_put(page, "<div class=\"hero\">\n");
    put_ring(page);
    html_put(page, "<div class=\"who\"><p class=\"kicker\">objlab \u00b7 grading</p>");
    html_element(page, "h1", "", page->r->submission_name);
    put_meta(page);
    put_advice(page);
    html_put(page, "</div></div>\n</header>\n<main>\n");
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
        const section *s = &sections[i];
        if (!s->is_there(page->r))
            continue;
        html_putf(page, "<section id=\"%s\" aria-labelledby=\"h-%s\"><h2 id=\"h-%s\">%s</h2>\n",
                  s->id, s->id, s->id, s->title);
        s->write(page);
        html_put(page, "</section>\n");
    }
    put_exhibits(page);
    html_put(page, "</main>\n");
}

static void put_scripts(html_page *page, const char *bundle)
{
    if (bundle != NULL) {
        g_autofree char *json = html_data_json(page);
        html_put(page, "<script type=\"application/json\" id=\"data\">");
        html_put(page, json);
        html_put(page, "</script>\n");
    }
    html_put(page, "<script>");
    html_put(page, html_script);
    html_put(page, "</script>\n");
    if (bundle != NULL) {
        html_put(page, "<script>");
        html_put(page, bundle);
        html_put(page, "</script>\n");
    }
    html_put(page, "</body>\n</html>\n");
}

char *html_render(const record *r, const char *web_dir)
{
    return html_render_with(r, NULL, web_dir);
}

char *html_render_with(const record *r, const GPtrArray *exhibits, const char *web_dir)
{
    html_page page = {.r = r,
                      .exhibits = exhibits,
                      .out = g_string_new(NULL),
                      .sources = g_hash_table_new(g_str_hash, g_str_equal)};
    for (unsigned i = 0; i < r->sources->len; i++) {
        const record_source *source = r->sources->pdata[i];
        g_hash_table_insert(page.sources, source->file, GUINT_TO_POINTER(i + 1));
    }
    g_autofree char *bundle = read_bundle(web_dir);
    put_head(&page, bundle);
    put_body(&page, bundle);
    put_scripts(&page, bundle);
    g_hash_table_unref(page.sources);
    return g_string_free(page.out, FALSE);
}

char *html_find_web(const char *program)
{
    /* build/PRESET/harness/cli/objlab -> build/web; BUILD/harness/cli/objlab -> BUILD/web;
     * PREFIX/bin/objlab -> PREFIX/share/objlab/web */
    static const char *const places[] = {"../../../web", "../../web", "../share/objlab/web"};
    char *real = realpath(program, NULL);
    if (real == NULL)
        return NULL;
    g_autofree char *folder = g_path_get_dirname(real);
    free(real);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *web = g_build_filename(folder, places[i], NULL);
        g_autofree char *bundle = g_build_filename(web, BUNDLE, NULL);
        if (g_file_test(bundle, G_FILE_TEST_IS_REGULAR))
            return g_steal_pointer(&web);
    }
    return NULL;
}
