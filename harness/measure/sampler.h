/*
 * sampler.h -- many short windows of several subjects, interleaved, until enough is known.
 *
 *   round 1:  B A C A'      each round every subject once, in random order; the next round runs
 *   round 2:  A' C A B      that order backwards, so that each stands early as often as late
 *
 * A' is the A/A control: subject 0 a second time. Whatever difference it shows to A is noise, so
 * that noise is the smallest difference the session can see; a claim below it is "no difference".
 *
 * Owns:       sampler_result_free() releases the whole.
 * Invariants: a series has one value a round it ran in; kept + dropped == values (sampler_is_valid)
 * Source:     interleaving as "randomized complete block design" (R. A. Fisher, The Design of
 *             Experiments, 1935).
 */
#ifndef HARNESS_MEASURE_SAMPLER_H
#define HARNESS_MEASURE_SAMPLER_H

#include "harness/measure/stats.h"
#include "harness/measure/window.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- order ---- */

/* A balanced random order of n subjects. */
typedef struct sampler_order {
    size_t n;
    size_t *at;    /* the order of this round */
    bool backward; /* the next round is this one backwards */
    uint64_t state;
} sampler_order;

void sampler_order_init(sampler_order *order, size_t n, uint64_t seed);
void sampler_order_clear(sampler_order *order);
/* Moves to the next round; order->at then holds it. */
void sampler_order_next(sampler_order *order);

/* ---- one session over in-process subjects ---- */

/* Runs one window of the subject. False: the subject failed for good (a reason in *ret_why, owned
 * by the sampler). A window with n_ops == 0 counts as dropped. */
typedef bool sampler_fn(void *data, window *ret_window, char **ret_why);

typedef struct sampler_subject {
    const char *name;
    sampler_fn *run;
    void *data;
} sampler_subject;

typedef struct sampler_plan {
    size_t n_warm_up;     /* rounds thrown away first */
    size_t min_rounds;    /* >= 5 */
    size_t max_rounds;    /* >= min_rounds */
    double target_width;  /* stop once every 95 % interval is this narrow: (high-low)/median */
    double budget_s;      /* stop after so much time (after min_rounds); 0: none */
    bool without_control; /* leave the A/A control out */
    uint64_t seed;        /* of orders and intervals */
} sampler_plan;

typedef struct sampler_series {
    const char *name; /* of the subject */
    GArray *values;   /* of double: ticks an operation, one a round; NAN: dropped */
    uint64_t n_kept, n_dropped;
    window total;        /* what was dropped why, faults, switches */
    char *why;           /* NULL, or why the subject failed */
    stats_interval cost; /* ticks an operation; if n_kept >= 5 */
    double ns_per_op;    /* median */
    size_t n_outliers;   /* by modified z-score; they stay in: medians do not mind */
} sampler_series;

typedef struct sampler_result {
    size_t n_series; /* n_subjects, and one more with the control */
    sampler_series *series;
    bool has_control; /* the last series is the control of series 0 */
    size_t n_rounds;
    bool narrow;            /* ended because all intervals were narrow enough */
    GArray *control_ratios; /* of double: control over subject 0; empty without a control */
    double elapsed_s;       /* of the whole session */
    double resolution; /* smallest relative difference visible, from the control; NAN without */
} sampler_result;

/* Owner: the caller. */
sampler_result *sampler_run(const sampler_subject *subjects, size_t n_subjects,
                            const sampler_plan *plan);
void sampler_result_free(sampler_result *result);
bool sampler_is_valid(const sampler_result *result);

/* ---- comparing ---- */

typedef enum sampler_verdict {
    SAMPLER_NO_DIFFERENCE,    /* the ratio's whole interval lies within SAMPLER_EQUIVALENCE of 1 */
    SAMPLER_BELOW_RESOLUTION, /* neither shown nor excluded: this session cannot tell */
    SAMPLER_FASTER,           /* the first costs less */
    SAMPLER_SLOWER
} sampler_verdict;

/* A difference of less than 1 % either way is what "no difference" means. */
#define SAMPLER_EQUIVALENCE 0.01

const char *sampler_verdict_name(sampler_verdict verdict);

/*
 * x over y where both have a value: one ratio a round, so that what drifts from round to round
 * falls out. x and y: arrays of double of equal length, NAN where a round gave no value; all other
 * values > 0. Owner of the array (of double): the caller.
 */
GArray *sampler_ratios(const GArray *x, const GArray *y);

/* Smallest relative difference that an A/A control shows to be visible: what 99 % of comparisons of
 * a subject with itself, of so many rounds, stay within (stats_null_median() of the logarithms of
 * control over subject; 0.1: ratios of 1.1 and of 1/1.1). A disturbed round does not move it. NAN
 * with fewer than 5 ratios. */
double sampler_resolution(const GArray *control_ratios);

/*
 * What may be claimed of x over y? Different only if all three hold: the 99 % interval of the
 * median ratio excludes 1, the ratio lies further from 1 than the resolution (either way alike),
 * and the ratios lie apart from those of the A/A control (Mann-Whitney, p < 0.01). *ret_ratio: the
 * median ratio with its 95 % interval (may be NULL).
 */
sampler_verdict sampler_compare(const GArray *ratios, const GArray *control_ratios,
                                stats_interval *ret_ratio);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(sampler_result, sampler_result_free)

#endif
