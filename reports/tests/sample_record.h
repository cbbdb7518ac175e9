/*
 * sample_record.h -- a record with realistic figures in every field, for tests and screenshots.
 */
#ifndef REPORTS_TESTS_SAMPLE_RECORD_H
#define REPORTS_TESTS_SAMPLE_RECORD_H

#include "reports/record.h"

/* data_dir: the folder "data" beside this file, for the sources. Owner: the caller. */
record *sample_record_new(const char *data_dir);

/* A record whose every text is an attack on the reader: markup, escapes, control characters,
 * characters that turn the reading direction. Owner: the caller. */
record *hostile_record_new(void);

/* What the texts of the hostile record hold. */
extern const char hostile_text[];

#endif
