/*
 * sarif.h -- lint findings, and feedback that names a place in the code, as SARIF 2.1.0.
 *
 *   finding    ruleId "clang-tidy/bugprone-...", level warning
 *   feedback   ruleId "objlab/pool": error if it cost points, else note
 *
 * A finding that the student silenced carries a suppression in the source, status "rejected": it
 * counts all the same. Paths are relative to the submission's folder, %SRCROOT%.
 *
 * Source: OASIS, Static Analysis Results Interchange Format 2.1.0.
 */
#ifndef REPORTS_SARIF_H
#define REPORTS_SARIF_H

#include "reports/record.h"

/* Owner: the caller. */
char *sarif_render(const record *r);

#endif
