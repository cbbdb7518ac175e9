/*
 * bench_session.h -- one benchmark session: all subjects, all figures, side by side, in rounds.
 *
 *   round:  for each figure   (create dict, bytes dict, get dict, ...)
 *             for each subject, in balanced random order   (objlab, cpython, ..., objlab again)
 *               the step in that subject's worker process -> windows -> one value
 *
 * Each round starts new processes, so a figure's interval spans the chance of memory placement
 * too, which no number of windows in one process shows. "objlab again" is the A/A control.
 *
 * Owns:       the result owns its series; bench_session_free() releases the whole.
 * Invariants: values[i] of all series that did not fail belong to the same round i; NAN where the
 *             subject gave none or did not take part.
 * Errors:     a subject that fails keeps its place: its series say why, the rest stands.
 */
#ifndef HARNESS_BENCH_BENCH_SESSION_H
#define HARNESS_BENCH_BENCH_SESSION_H

#include "harness/bench/remote.h"
#include "harness/bench/subjects.h"
#include "harness/measure/sampler.h"

#include <glib.h>
#include <signal.h>
#include <stdbool.h>

/* Who is told how far it is. text: what is being measured. remaining_s: < 0 while unknown. */
typedef void bench_progress(void *user, double done, double remaining_s, const char *text);

typedef struct bench_plan {
    remote_settings settings;
    const GPtrArray *subjects;  /* of subject; absent ones are passed over */
    bool allocators;            /* take steps without a layout */
    bool objects;               /* take steps with a layout ... */
    const char *layout;         /* ... this one only; NULL: all */
    const char *const *figures; /* only these, NULL-ended; NULL: all */
    size_t min_rounds, max_rounds;
    double target_width; /* stop once all intervals are so narrow (relative) */
    double budget_s;     /* no round starts that would end after it; min_rounds are made */
    double limit_s;      /* no step starts after it, whatever is missing then; 0: none */
    const char *rival;   /* whom the first is compared with: the others, but for the control, take
                            part in every second round only; NULL: all in all rounds */
    bool without_control;
    bench_progress *progress; /* or NULL */
    void *user;
    const volatile sig_atomic_t *stop; /* set from a signal handler: ends the session; or NULL */
} bench_plan;

typedef struct bench_series {
    char *figure, *layout, *unit;
    char *subject;   /* its name */
    bool is_control; /* the first subject measured a second time */
    bool is_rival;   /* the subject is not ours */
    GArray *values;  /* of double: one a round, in the unit */
    GArray *ticks;   /* of double: the same in ticks (0 for bytes) */
    guint n_rounds;  /* rounds that gave a value */
    uint64_t n_windows;
    window counts; /* of all windows: operations, chunks, what was dropped why */
    char *why;     /* NULL, or why it failed */
    stats_interval value, value_ticks; /* median and 95 % interval, if n_rounds >= 1 */
} bench_series;

/* What a subject took of the machine, its control apart. */
typedef struct bench_load {
    const char *subject; /* borrowed from the plan's subjects */
    double busy_s;       /* in steps, with the start of its processes */
    uint64_t peak_bytes; /* resident, of the largest of its processes */
} bench_load;

typedef struct bench_session {
    GPtrArray *series; /* of bench_series, in the order of measuring */
    GArray *loads;     /* of bench_load */
    size_t n_rounds;
    double elapsed_s;
    bool stopped; /* by *stop */
    bool narrow;
} bench_session;

/* NULL with *error only if no subject of the plan can be started at all. Owner: the caller.
 * SIGPIPE is ignored from then on: a worker may die while it is written to. */
bench_session *bench_session_run(const bench_plan *plan, GError **error);
void bench_session_free(bench_session *session);

/* The series of a figure, or NULL. control: the A/A control's. */
const bench_series *bench_session_find(const bench_session *session, const char *figure,
                                       const char *layout, const char *subject, bool control);

/* Smallest relative difference that the A/A control shows to be visible in this figure; NAN
 * without a control or with fewer than 5 rounds. */
double bench_session_resolution(const bench_session *session, const char *figure,
                                const char *layout);

/*
 * Compares two subjects in one figure. False if one of them has no values there; else the ratio
 * (with a 95 % interval) and what may be claimed.
 */
bool bench_session_compare(const bench_session *session, const bench_series *x,
                           const bench_series *y, stats_interval *ret_ratio,
                           sampler_verdict *ret_verdict);

#define BENCH_ERROR bench_error_quark()
GQuark bench_error_quark(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(bench_session, bench_session_free)

#endif
