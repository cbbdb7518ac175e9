/*
 * exhibit_profilers.h -- the document objlab/profilers as an exhibit: one program under three
 * profilers.
 *
 *   dots   times as slow as the program by itself, with intervals
 *   bars   share of its own cost that each profiler gives a function
 */
#ifndef REPORTS_EXHIBIT_PROFILERS_H
#define REPORTS_EXHIBIT_PROFILERS_H

#include "reports/exhibit.h"
#include "reports/json_reader.h"

/* Fills e. root: an object of that schema, version 1. Errors: kept in the reader. */
void exhibit_read_profilers(json_reader *in, const json_t *root, exhibit *e);

#endif
