/*
 * stats.h -- robust statistics of samples, each with its source.
 *
 * Threads:  pure functions; the only state is the seed that is passed in, so that the same
 *           samples always give the same interval.
 * Values:   finite doubles; n as said at each function. Input arrays are never changed.
 * Library:  GSL where it has the method (quantile, MAD, line fit, distributions, generator).
 */
#ifndef HARNESS_MEASURE_STATS_H
#define HARNESS_MEASURE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An estimate with a confidence interval; low <= value <= high. */
typedef struct stats_interval {
    double value, low, high;
} stats_interval;

/* Median. n >= 1. */
double stats_median(const double *x, size_t n);

/* Quantile, 0 <= p <= 1, by linear interpolation: type 7 of R. J. Hyndman and Y. Fan, "Sample
 * Quantiles in Statistical Packages", The American Statistician 50 (1996). n >= 1. */
double stats_quantile(const double *x, size_t n, double p);

/* Median absolute deviation from the median, not scaled: F. R. Hampel, "The Influence Curve and
 * Its Role in Robust Estimation", JASA 69 (1974). n >= 1. */
double stats_mad(const double *x, size_t n);

/*
 * Median with its percentile-bootstrap interval: B. Efron, "Bootstrap Methods: Another Look at the
 * Jackknife", Annals of Statistics 7 (1979). confidence: 0.95 is usual. n >= 1 (n == 1 gives a
 * point). Cost: 2000 resamples.
 */
stats_interval stats_bootstrap_median(const double *x, size_t n, double confidence, uint64_t seed);

/* The same for median(x) / median(y), resampled independently. All y > 0. */
stats_interval stats_bootstrap_ratio(const double *x, size_t n_x, const double *y, size_t n_y,
                                     double confidence, uint64_t seed);

/*
 * The same for the median of x[i] / y[i], where x[i] and y[i] were measured side by side: what
 * drifts from pair to pair falls out. All y > 0.
 */
stats_interval stats_bootstrap_paired_ratio(const double *x, const double *y, size_t n,
                                            double confidence, uint64_t seed);

/*
 * Two-sided p-value that x and y come from one distribution: H. B. Mann and D. R. Whitney, "On a
 * Test of Whether one of Two Random Variables is Stochastically Larger than the Other", Annals of
 * Mathematical Statistics 18 (1947). Exact without ties while n_x * n_y <= 2500, else the normal
 * approximation with tie and continuity corrections. *ret_u: U of x (may be NULL). n >= 1 each.
 */
double stats_mann_whitney(const double *x, size_t n_x, const double *y, size_t n_y, double *ret_u);

/*
 * How far from 0 the median of n values may fall by chance where 0 is what they scatter about: half
 * the width of that median's interval, from the spread alone. t * sqrt(pi / 2) * S / sqrt(n), with
 * S = 1.4826 median|x|: the median's standard error, its standard deviation from the MAD (above),
 * so that fewer than half of the values, however wild, cannot widen it. t has 0.7 (n - 1) degrees
 * of freedom, since S is less certain than a standard deviation: F. Mosteller and J. W. Tukey, Data
 * Analysis and Regression (1977), on robust intervals. n >= 2.
 */
double stats_null_median(const double *x, size_t n, double confidence);

/*
 * Marks outliers: |0.6745 (x - median) / MAD| > 3.5. B. Iglewicz and D. C. Hoaglin, "How to Detect
 * and Handle Outliers" (1993). With MAD 0, the mean absolute deviation takes its place (same
 * source: x over 1.253314 MeanAD). ret_outlier may be NULL. Returns their number.
 */
size_t stats_outliers(const double *x, size_t n, bool *ret_outlier);

/* Straight line y = intercept + slope x by least squares. */
typedef struct stats_line {
    stats_interval slope, intercept; /* 95 % intervals by Student's t with n - 2 degrees */
    double r_squared;
} stats_line;

/*
 * Least squares (GSL's gsl_fit_linear). n >= 3 and not all x equal; false otherwise.
 * On log(x), log(y) the slope is the exponent of growth.
 */
bool stats_fit_line(const double *x, const double *y, size_t n, stats_line *ret_line);

/*
 * Wilson's interval for a proportion k of n, 95 %: E. B. Wilson, "Probable Inference, the Law of
 * Succession, and Statistical Inference", JASA 22 (1927). n >= 1, k <= n.
 */
stats_interval stats_proportion(size_t k, size_t n);

/*
 * Small seeded generator for orders and permutations: splitmix64, G. L. Steele, D. Lea and
 * C. H. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
 */
uint64_t stats_random(uint64_t *state);
/* Uniform in 0 .. n - 1, n >= 1, without bias (rejection). */
uint64_t stats_random_below(uint64_t *state, uint64_t n);

#endif
