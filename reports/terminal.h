/*
 * terminal.h -- the summary of a grading for a terminal or a log.
 *
 * Owns:       nothing; the library never prints: the caller writes the text out.
 * Invariants: no control character but the line end and our own colours leaves here; no line is
 *             wider than the style's width (down to TERMINAL_MIN_WIDTH).
 */
#ifndef REPORTS_TERMINAL_H
#define REPORTS_TERMINAL_H

#include "reports/record.h"

#define TERMINAL_MIN_WIDTH 48

typedef struct terminal_style {
    unsigned width; /* columns */
    bool colours;
    bool utf8; /* bars of block characters, else of ASCII */
} terminal_style;

/* What suits the file descriptor: colours only on a terminal, not under NO_COLOR (any value but
 * the empty one, as no-color.org has it) nor TERM=dumb; width of the terminal, else 80 or COLUMNS.
 */
terminal_style terminal_style_for(int fd);

/* The summary. Owner of the text: the caller. */
char *terminal_render(const record *r, const terminal_style *style);

#endif
