/*
 * build.h -- compiles and links inside the sandbox, and judges objects before they are linked.
 *
 *   source --gcc in the sandbox--> build/UNIT/unit.o, compile.err; of a submission unit.s too
 *   objects --gcc in the sandbox--> build/PROGRAM/program
 *
 * The judge itself only looks at bytes: messages, object, assembly (objscan.h).
 */
#ifndef HARNESS_JUDGE_BUILD_H
#define HARNESS_JUDGE_BUILD_H

#include "harness/judge/session.h"
#include "harness/judge/submission.h"

#include <glib.h>
#include <stdbool.h>

/* One translation unit. */
typedef struct build_unit {
    const char *name;         /* "submission-pool": evidence/build/NAME holds what comes of it */
    const char *folder;       /* of the source, on the host */
    const char *inside;       /* where that is seen: "/submission"; debug information names it */
    const char *file;         /* "pool.c" */
    const char *const *flags; /* beyond the fixed ones, NULL-ended, or NULL */
} build_unit;

/* A compiler job "build/NAME/compile". NULL with an error if its folder cannot be made. */
jobs_item *build_compile_job(session *s, const build_unit *unit, GError **error);

/* The same for a part of the submission, of the copy in the evidence: its assembly is kept too. */
jobs_item *build_submission_job(session *s, submission_part part, GError **error);

/* A linker job "build/NAME/link" that makes build/NAME/program of the units' objects.
 * units: names of build_unit, NULL-ended. flags: as there. */
jobs_item *build_link_job(session *s, const char *name, const char *const *units,
                          const char *const *flags, GError **error);

/* True if the unit's compiler job succeeded. */
bool build_compiled(const session *s, const char *unit);

/*
 * Judges the compiled parts of the submission: state BUILT, or REJECTED with the compiler's first
 * errors or what objscan.h found. A unit that should be there (homework's own) and did not
 * compile is an error of the harness, told by build_check_own().
 */
void build_judge_parts(session *s);
bool build_check_own(const session *s, GError **error);

/* "submission-pool", "solution-pool". Owner: the caller. */
char *build_submission_unit(submission_part part);
char *build_solution_unit(submission_part part);

/* Adds the first n_max errors that a compiler printed about file to a part. Returns how many. */
unsigned build_collect_errors(evidence *e, submission_part part, const char *output, size_t n_bytes,
                              unsigned n_max);

#endif
