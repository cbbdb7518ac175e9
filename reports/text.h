/*
 * text.h -- how a student's text and measured figures become text for people.
 *
 * What a submission says may hold anything: terminal escapes, markup, characters that turn the
 * reading direction. These functions make it visible instead of effective.
 *
 * Owns: nothing; results belong to the caller.
 */
#ifndef REPORTS_TEXT_H
#define REPORTS_TEXT_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* One line for a terminal: line ends become spaces, control characters "\x1b", characters that
 * turn or hide text "<U+202E>". */
char *text_for_terminal(const char *text);

/* Appends text for XML and HTML content or quoted attributes: & < > " ' escaped; characters that
 * XML 1.0 cannot hold become U+FFFD; characters that turn or hide text become "[U+202E]". */
void text_append_markup(GString *out, const char *text);

/* Columns that text takes on a terminal. */
size_t text_width(const char *text);

/* Appends text in lines of at most width columns, each but the first after indent blanks; column
 * is where the first line starts. Ends without a line end. */
void text_append_wrapped(GString *out, const char *text, size_t column, size_t indent,
                         size_t width);

/* "12", "12.5", "6.25": at most n_decimals, no trailing zeros. */
char *text_number(double x, int n_decimals);

/* "1.93", "38.2", "201", "7 223 016": three significant digits, or all of a whole number's with
 * separator between thousands. */
char *text_figure(double x, const char *separator);

/* "96 B", "1.92 MB": decimal units, as the profiles' axes. */
char *text_bytes(double n_bytes);

/* A figure's unit as a heading: "ns" -> "time, ns"; "Ir" -> "instructions". */
char *text_unit_label(const char *unit);

/* A figure's name for people: "destroy_fifo" -> "destroy, in order". */
char *text_figure_label(const char *name);

#endif
