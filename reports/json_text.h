/*
 * json_text.h -- texts and documents of the reports that are JSON.
 *
 * What a submission says becomes visible instead of effective, as text_for_terminal() writes it
 * ("\x1b", "<U+202E>"), so that no reader down the line has to be careful.
 *
 * Owns: nothing; results belong to the caller.
 */
#ifndef REPORTS_JSON_TEXT_H
#define REPORTS_JSON_TEXT_H

#include <jansson.h>

/* A string of one line. */
json_t *json_text(const char *text);

/* A string in which line ends stay. */
json_t *json_text_lines(const char *text);

/* A document, indented, with a line end behind it. Takes root. */
char *json_text_render(json_t *root);

#endif
