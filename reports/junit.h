/*
 * junit.h -- a grading as JUnit XML, for CI servers.
 *
 * One suite a rubric part with a test case of its own (fails below full marks) and one a check of
 * it (each feedback that cost points), one suite for the student's tests and seeded bugs, one for
 * lint findings.
 *
 * Source: the schema that CI servers read (testsuites / testsuite / testcase / failure).
 */
#ifndef REPORTS_JUNIT_H
#define REPORTS_JUNIT_H

#include "reports/record.h"

/* Well-formed XML 1.0 in UTF-8, whatever the record's texts hold. Owner: the caller. */
char *junit_render(const record *r);

#endif
