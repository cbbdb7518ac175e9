/* html_page.c -- the pieces that every section of the HTML report is made of. */
#include "reports/html_page.h"

#include "reports/text.h"

#include <stdarg.h>
#include <string.h>

void html_put(html_page *page, const char *markup)
{
    g_string_append(page->out, markup);
}

void html_putf(html_page *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(page->out, format, args);
    va_end(args);
}

void html_text(html_page *page, const char *text)
{
    text_append_markup(page->out, text);
}

void html_attribute(html_page *page, const char *name, const char *value)
{
    g_string_append_printf(page->out, " %s=\"", name);
    text_append_markup(page->out, value);
    g_string_append_c(page->out, '"');
}

void html_element(html_page *page, const char *tag, const char *classes, const char *text)
{
    html_putf(page, "<%s", tag);
    if (classes[0] != '\0')
        html_attribute(page, "class", classes);
    html_put(page, ">");
    html_text(page, text);
    html_putf(page, "</%s>", tag);
}

int html_source_index(const html_page *page, const char *file)
{
    return (int)GPOINTER_TO_UINT(g_hash_table_lookup(page->sources, file)) - 1;
}

void html_place(html_page *page, const char *file, uint32_t line)
{
    int index = html_source_index(page, file);
    bool known = index >= 0;
    if (known && line != 0)
        html_putf(page, "<a class=\"place\" href=\"#s%d-%u\">", index, line);
    else if (known)
        html_putf(page, "<a class=\"place\" href=\"#s%d\">", index);
    else
        html_put(page, "<span class=\"place\">");
    html_text(page, file);
    if (line != 0)
        html_putf(page, ":%u", line);
    html_put(page, known ? "</a>" : "</span>");
}

static void put_number(html_page *page, const char *classes, double value, const char *text)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_dtostr(number, (gint)sizeof number, value);
    html_putf(page, "<td class=\"n%s\" data-v=\"%s\">", classes, number);
    html_text(page, text);
    html_put(page, "</td>");
}

void html_number_cell(html_page *page, double value, const char *text)
{
    put_number(page, "", value, text);
}

const char *html_heat_class(uint64_t n, uint64_t highest)
{
    static const char *const classes[] = {" h0", " h1", " h2", " h3", " h4"};
    if (n == 0 || highest == 0)
        return classes[0];
    double share = (double)n / (double)highest;
    return classes[1 + (share > 0.04) + (share > 0.25) + (share > 0.6)];
}

void html_hot_cell(html_page *page, uint64_t n, uint64_t highest)
{
    g_autofree char *text = text_figure((double)n, HTML_THIN_SPACE);
    put_number(page, html_heat_class(n, highest), (double)n, text);
}

void html_count_cell(html_page *page, uint64_t n)
{
    g_autofree char *text = text_figure((double)n, HTML_THIN_SPACE);
    html_number_cell(page, (double)n, text);
}

void html_table_open(html_page *page, const char *label, const char *classes)
{
    html_put(page, "<div class=\"table-box\" role=\"region\" tabindex=\"0\"");
    html_attribute(page, "aria-label", label);
    html_put(page, "><table");
    if (classes[0] != '\0')
        html_attribute(page, "class", classes);
    html_put(page, ">\n");
}

void html_table_close(html_page *page)
{
    html_put(page, "</table></div>\n");
}

void html_verdict(html_page *page, record_verdict verdict)
{
    const char *kind = "bad";
    if (verdict == RECORD_RIGHT || verdict == RECORD_GRADED)
        kind = "good";
    else if (verdict == RECORD_PARTIAL || verdict == RECORD_VOID || verdict == RECORD_HARNESS_FAULT)
        kind = "fair";
    html_putf(page, "<span class=\"verdict %s\">%s</span>", kind, record_verdict_name(verdict));
}

void html_bar(html_page *page, double share, const char *classes)
{
    g_autofree char *width = text_number(100 * CLAMP(share, 0, 1), 2);
    html_put(page, "<svg");
    g_autofree char *all = g_strconcat("bar ", classes, NULL);
    html_attribute(page, "class", all);
    html_putf(page,
              " viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
              "<rect class=\"track\" width=\"100\" height=\"6\"/>"
              "<rect class=\"fill\" width=\"%s\" height=\"6\"/></svg>",
              width);
}
