/*
 * html.h -- a grading as one HTML file that opens offline.
 *
 *   <head>  CSP (nothing but our own scripts and style, by hash), style
 *   <body>  every table and text, written here: the page reads without JavaScript
 *           data for the charts, page script (sorting, theme), chart bundle if there is one
 *
 * The chart bundle (web/, made by esbuild) is read when a report is made; without it the page
 * says so and the tables stand alone.
 *
 * Owns:       nothing.
 * Invariants: nothing of the record becomes markup, script or style: all of it is escaped.
 */
#ifndef REPORTS_HTML_H
#define REPORTS_HTML_H

#include "reports/exhibit.h"
#include "reports/record.h"

/* The folder of the chart bundle, for a program at that path ("/proc/self/exe" will do):
 * beside it in the build tree, or ../share/objlab/web where it is installed. NULL if there is
 * none. Owner: the caller. */
char *html_find_web(const char *program);

/* web_dir: folder of the chart bundle, NULL or unreadable: none. Owner: the caller. */
char *html_render(const record *r, const char *web_dir);

/* The same with a section for each of the exhibits (of exhibit). */
char *html_render_with(const record *r, const GPtrArray *exhibits, const char *web_dir);

#endif
