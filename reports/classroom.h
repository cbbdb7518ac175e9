/*
 * classroom.h -- a grading as the result of a GitHub Classroom test runner.
 *
 * A workflow step hands it on in Base64 as its output `result`; the reporter adds up the scores of
 * the tests, one a rubric part. duration is 0: the parts share their evidence, so none has a time
 * of its own.
 *
 * Source: the results that GitHub's autograding-grading-reporter reads, version 1.
 */
#ifndef REPORTS_CLASSROOM_H
#define REPORTS_CLASSROOM_H

#include "reports/record.h"

/* Owner: the caller. */
char *classroom_render(const record *r);

#endif
