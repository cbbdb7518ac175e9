/*
 * html_page.h -- what the sections of the HTML report share; used by html*.c only.
 */
#ifndef REPORTS_HTML_PAGE_H
#define REPORTS_HTML_PAGE_H

#include "reports/exhibit.h"
#include "reports/record.h"

#include <jansson.h>

/* Between the digits' groups: a narrow blank that does not break. */
#define HTML_THIN_SPACE "\u202f"

typedef struct html_page {
    const record *r;
    const GPtrArray *exhibits; /* of exhibit; NULL: none */
    GString *out;
    GHashTable *sources; /* file name -> its index in the record + 1, for links */
} html_page;

/* Markup of ours, as it is. */
void html_put(html_page *page, const char *markup);
void html_putf(html_page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Text of the record, escaped. */
void html_text(html_page *page, const char *text);

/* " name="value"", escaped. */
void html_attribute(html_page *page, const char *name, const char *value);

/* <tag class="classes">text</tag> */
void html_element(html_page *page, const char *tag, const char *classes, const char *text);

/* The index of a file among the record's sources, or -1. */
int html_source_index(const html_page *page, const char *file);

/* "pool.c:45", a link to the line where its source is in the report. */
void html_place(html_page *page, const char *file, uint32_t line);

/* <td class="n"> with a value to sort by and a text to read. */
void html_number_cell(html_page *page, double value, const char *text);
void html_count_cell(html_page *page, uint64_t n);
/* The same, shaded by n's share of highest. */
void html_hot_cell(html_page *page, uint64_t n, uint64_t highest);

/* The class of one of four shades by the square root of the share, so that more than one line
 * shows; a pale one for 0. */
const char *html_heat_class(uint64_t n, uint64_t highest);

/* A table in a box that scrolls by itself; html_table_close() ends it. label: for readers that
 * do not see it. classes: of the table. */
void html_table_open(html_page *page, const char *label, const char *classes);
void html_table_close(html_page *page);

/* A badge with the verdict. */
void html_verdict(html_page *page, record_verdict verdict);

/* A bar, filled to share (0..1); decorative: the figure stands beside it. */
void html_bar(html_page *page, double share, const char *classes);

/* The sections, in the order of the page. */
void html_parts(html_page *page);
void html_figures(html_page *page);
void html_heaps(html_page *page);
void html_calls(html_page *page);
void html_flame(html_page *page);
void html_lines(html_page *page);
void html_findings(html_page *page);
void html_tests(html_page *page);
void html_sources(html_page *page);
void html_fingerprint(html_page *page);

/* The section of an exhibit; index: among all, for its charts' data. */
void html_exhibit(html_page *page, const exhibit *e, unsigned index);
json_t *html_exhibits_to_json(const GPtrArray *exhibits);

/* The data of the charts as JSON that may stand in a <script>. Owner: the caller. */
char *html_data_json(const html_page *page);

#endif
