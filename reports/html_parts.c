/* html_parts.c -- the points by part, with what cost them; what the measurements ran on. */
#include "reports/html_page.h"
#include "reports/text.h"

#include <string.h>

static void put_feedback(html_page *page, const record_feedback *f)
{
    html_put(page, "<li>");
    if (f->points_lost > 0) {
        g_autofree char *lost = text_number(f->points_lost, 2);
        html_putf(page, "<span class=\"lost\">\u2212%s</span>", lost);
    } else {
        html_put(page, "<span class=\"lost note\">note</span>");
    }
    html_put(page, "<span class=\"what\">");
    html_text(page, f->text);
    if (f->file != NULL) {
        html_put(page, " ");
        html_place(page, f->file, f->line);
    }
    html_put(page, "</span></li>\n");
}

/* A link that stays below the folder of the report; anything else is shown as text. */
static void put_evidence_link(html_page *page, const char *path)
{
    if (path[0] == '/' || strstr(path, "..") != NULL) {
        html_element(page, "span", "", path);
        return;
    }
    g_autofree char *escaped = g_uri_escape_string(path, "/", FALSE);
    g_autofree char *relative = g_strconcat("./", escaped, NULL); /* never a scheme */
    html_put(page, "<a");
    html_attribute(page, "href", relative);
    html_put(page, ">");
    html_text(page, path);
    html_put(page, "</a>");
}

static void put_evidence(html_page *page, const record_part *part)
{
    if (part->evidence->len == 0)
        return;
    html_put(page, "<p class=\"evidence\">Evidence: ");
    for (unsigned i = 0; i < part->evidence->len; i++) {
        html_put(page, i != 0 ? ", " : "");
        put_evidence_link(page, part->evidence->pdata[i]);
    }
    html_put(page, "</p>");
}

static void put_part(html_page *page, const record_part *part)
{
    g_autofree char *score = text_number(part->score, 2);
    g_autofree char *max = text_number(part->max_score, 2);
    html_put(page, "<li class=\"part\"><div class=\"part-head\">");
    html_element(page, "h3", "", part->title);
    html_bar(page, part->max_score > 0 ? part->score / part->max_score : 0,
             part->score >= part->max_score ? "full" : "");
    html_putf(page, "<span class=\"points\"><b>%s</b> / %s</span>", score, max);
    html_verdict(page, part->verdict);
    html_put(page, "</div>\n");
    if (part->feedback->len != 0) {
        html_put(page, "<ul class=\"feedback\">\n");
        for (unsigned i = 0; i < part->feedback->len; i++)
            put_feedback(page, part->feedback->pdata[i]);
        html_put(page, "</ul>\n");
    }
    put_evidence(page, part);
    html_put(page, "</li>\n");
}

void html_parts(html_page *page)
{
    html_put(page, "<ol class=\"parts\">\n");
    for (unsigned i = 0; i < page->r->parts->len; i++)
        put_part(page, page->r->parts->pdata[i]);
    html_put(page, "</ol>\n");
}

static void put_fact(html_page *page, const char *name, const char *text)
{
    if (text[0] == '\0')
        return;
    html_element(page, "dt", "", name);
    html_element(page, "dd", "", text);
}

static void put_facts(html_page *page, const char *name, const GPtrArray *texts)
{
    if (texts->len == 0)
        return;
    html_element(page, "dt", "", name);
    for (unsigned i = 0; i < texts->len; i++)
        html_element(page, "dd", "", texts->pdata[i]);
}

void html_fingerprint(html_page *page)
{
    const record *r = page->r;
    html_put(page, "<p class=\"lead\">Figures are compared only with figures of the same "
                   "fingerprint.</p>\n<dl class=\"facts\">");
    put_fact(page, "Submission", r->submission_name);
    put_fact(page, "SHA-256", r->submission_sha256);
    put_fact(page, "Rubric", r->rubric);
    put_fact(page, "Graded", r->created);
    put_fact(page, "Processor", r->fingerprint.cpu);
    put_fact(page, "Kernel", r->fingerprint.kernel);
    put_fact(page, "Sandbox", r->fingerprint.sandbox);
    put_facts(page, "Tools", r->fingerprint.tools);
    put_facts(page, "Environment", r->fingerprint.environment);
    html_put(page, "</dl>\n");
}
