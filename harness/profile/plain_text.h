/*
 * plain_text.h -- text out of files that nobody vouches for, made fit for a terminal or for JSON.
 */
#ifndef HARNESS_PROFILE_PLAIN_TEXT_H
#define HARNESS_PROFILE_PLAIN_TEXT_H

#include <glib.h>
#include <stdint.h>

/* Valid UTF-8 in which control characters other than newline are shown as \xNN, and those that
 * turn the direction of writing as \u{NNNN}. Owner: the caller. */
char *plain_text(const char *text);

/* "1,234,567" in a buffer of its own. Owner: the caller. */
char *plain_text_number(uint64_t value);

#endif
