#include "harness/measure/stats.h"

#include <glib.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

enum { N_RESAMPLES = 2000, EXACT_LIMIT = 2500 };

static const double mad_of_normal =
    1.4826; /* 1 / Phi^-1(0.75): the standard deviation over the MAD */
static const double outlier_limit = 3.5;
static const double normal_975 = 1.959963984540054; /* Phi^-1(0.975) */

static double *sorted_copy(const double *x, size_t n)
{
    g_assert(n >= 1);
    double *copy = g_new(double, n);
    memcpy(copy, x, n * sizeof *x);
    gsl_sort(copy, 1, n);
    return copy;
}

double stats_quantile(const double *x, size_t n, double p)
{
    double *sorted = sorted_copy(x, n);
    double result = gsl_stats_quantile_from_sorted_data(sorted, 1, n, p);
    g_free(sorted);
    return result;
}

double stats_median(const double *x, size_t n)
{
    return stats_quantile(x, n, 0.5);
}

double stats_mad(const double *x, size_t n)
{
    double *work = g_new(double, n);
    double result = gsl_stats_mad0(x, 1, n, work);
    g_free(work);
    return result;
}

/* ---- bootstrap ---- */

typedef struct resampler {
    gsl_rng *rng;
    double *draw; /* as long as the longest sample */
} resampler;

static double resampled_median(resampler *r, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        r->draw[i] = x[gsl_rng_uniform_int(r->rng, n)];
    return gsl_stats_median(r->draw, 1, n);
}

static stats_interval percentile_interval(double value, double *medians, double confidence)
{
    gsl_sort(medians, 1, N_RESAMPLES);
    double tail = (1.0 - confidence) / 2;
    stats_interval result = {
        .value = value,
        .low = gsl_stats_quantile_from_sorted_data(medians, 1, N_RESAMPLES, tail),
        .high = gsl_stats_quantile_from_sorted_data(medians, 1, N_RESAMPLES, 1 - tail),
    };
    result.low = MIN(result.low, value);
    result.high = MAX(result.high, value);
    return result;
}

/* y NULL: the median of x alone. */
static stats_interval bootstrap(const double *x, size_t n_x, const double *y, size_t n_y,
                                double confidence, uint64_t seed)
{
    g_assert(confidence > 0 && confidence < 1);
    resampler r = {.rng = gsl_rng_alloc(gsl_rng_mt19937), .draw = g_new(double, MAX(n_x, n_y))};
    gsl_rng_set(r.rng, (unsigned long)seed);
    double *medians = g_new(double, N_RESAMPLES);
    for (size_t i = 0; i < N_RESAMPLES; i++) {
        medians[i] = resampled_median(&r, x, n_x);
        if (y != NULL)
            medians[i] /= resampled_median(&r, y, n_y);
    }
    gsl_rng_free(r.rng);
    g_free(r.draw);
    double value = stats_median(x, n_x);
    if (y != NULL)
        value /= stats_median(y, n_y);
    stats_interval result = percentile_interval(value, medians, confidence);
    g_free(medians);
    return result;
}

stats_interval stats_bootstrap_median(const double *x, size_t n, double confidence, uint64_t seed)
{
    return bootstrap(x, n, NULL, 0, confidence, seed);
}

stats_interval stats_bootstrap_ratio(const double *x, size_t n_x, const double *y, size_t n_y,
                                     double confidence, uint64_t seed)
{
    return bootstrap(x, n_x, y, n_y, confidence, seed);
}

stats_interval stats_bootstrap_paired_ratio(const double *x, const double *y, size_t n,
                                            double confidence, uint64_t seed)
{
    double *ratios = g_new(double, n);
    for (size_t i = 0; i < n; i++)
        ratios[i] = x[i] / y[i];
    stats_interval result = bootstrap(ratios, n, NULL, 0, confidence, seed);
    g_free(ratios);
    return result;
}

/* ---- Mann-Whitney ---- */

typedef struct ranked {
    double value;
    bool of_x;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    double x = ((const ranked *)a)->value;
    double y = ((const ranked *)b)->value;
    return (x > y) - (x < y);
}

/* Sum of mid-ranks of x; *ret_tie_sum: sum of t^3 - t over groups of t equal values. */
static double rank_sum(const double *x, size_t n_x, const double *y, size_t n_y,
                       double *ret_tie_sum)
{
    size_t n = n_x + n_y;
    ranked *all = g_new(ranked, n);
    for (size_t i = 0; i < n; i++)
        all[i] = i < n_x ? (ranked){x[i], true} : (ranked){y[i - n_x], false};
    qsort(all, n, sizeof *all, compare_ranked);
    double sum = 0;
    *ret_tie_sum = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && all[end].value == all[i].value)
            end++;
        double mid_rank = (double)(i + 1 + end) / 2;
        double t = (double)(end - i);
        *ret_tie_sum += t * t * t - t;
        for (; i < end; i++)
            sum += all[i].of_x ? mid_rank : 0;
    }
    g_free(all);
    return sum;
}

/*
 * P(U <= u) without ties, by the recurrence of the 1947 paper over the number of arrangements:
 * the largest value is an x (which beats all n_y) or a y. count[j][u] after i rounds holds the
 * share of arrangements of i x's and j y's with that U.
 */
static double exact_lower_tail(size_t n_x, size_t n_y, size_t u)
{
    size_t width = n_x * n_y + 1;
    double *share = g_new0(double, (n_y + 1) * width);
    for (size_t j = 0; j <= n_y; j++)
        share[j * width] = 1; /* no x: U is 0 */
    for (size_t i = 1; i <= n_x; i++) {
        for (size_t j = 1; j <= n_y; j++) { /* j == 0: U stays 0 */
            double p_x = (double)i / (double)(i + j);
            double *row = share + j * width;
            const double *shorter = share + (j - 1) * width; /* i x's, one y fewer */
            for (size_t k = width; k-- > 0;) {
                double from_x = k >= j ? row[k - j] : 0; /* still of i - 1 x's: k falls */
                row[k] = p_x * from_x + (1 - p_x) * shorter[k];
            }
        }
    }
    double tail = 0;
    for (size_t k = 0; k <= u; k++)
        tail += share[n_y * width + k];
    g_free(share);
    return tail;
}

double stats_mann_whitney(const double *x, size_t n_x, const double *y, size_t n_y, double *ret_u)
{
    double tie_sum;
    double dn_x = (double)n_x;
    double dn_y = (double)n_y;
    double u = rank_sum(x, n_x, y, n_y, &tie_sum) - dn_x * (dn_x + 1) / 2;
    if (ret_u != NULL)
        *ret_u = u;
    double smaller = MIN(u, dn_x * dn_y - u);
    if (tie_sum == 0 && n_x * n_y <= EXACT_LIMIT)
        return MIN(1.0, 2 * exact_lower_tail(n_x, n_y, (size_t)smaller));
    double n = dn_x + dn_y;
    double variance = dn_x * dn_y / 12 * (n + 1 - tie_sum / (n * (n - 1)));
    if (!(variance > 0))
        return 1.0; /* all values equal */
    double z = MAX(0.0, dn_x * dn_y / 2 - smaller - 0.5) / sqrt(variance);
    return MIN(1.0, 2 * gsl_cdf_ugaussian_Q(z));
}

double stats_null_median(const double *x, size_t n, double confidence)
{
    g_assert(n >= 2 && confidence > 0 && confidence < 1);
    double *size = g_new(double, n);
    for (size_t i = 0; i < n; i++)
        size[i] = fabs(x[i]);
    double scale = mad_of_normal * stats_median(size, n);
    g_free(size);
    double t = gsl_cdf_tdist_Pinv((1 + confidence) / 2, 0.7 * (double)(n - 1));
    return t * sqrt(M_PI / 2) * scale / sqrt((double)n);
}

/* ---- outliers ---- */

static double mean_absolute_deviation(const double *x, size_t n, double median)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += fabs(x[i] - median);
    return sum / (double)n;
}

size_t stats_outliers(const double *x, size_t n, bool *ret_outlier)
{
    double median = stats_median(x, n);
    double scale = stats_mad(x, n) / 0.6745;
    if (scale == 0)
        scale = 1.253314 * mean_absolute_deviation(x, n, median);
    size_t n_outliers = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_outlier = scale > 0 && fabs(x[i] - median) / scale > outlier_limit;
        n_outliers += is_outlier ? 1 : 0;
        if (ret_outlier != NULL)
            ret_outlier[i] = is_outlier;
    }
    return n_outliers;
}

/* ---- line, proportion, generator ---- */

static stats_interval around(double value, double half_width)
{
    return (stats_interval){value, value - half_width, value + half_width};
}

bool stats_fit_line(const double *x, const double *y, size_t n, stats_line *ret_line)
{
    if (n < 3 || !(gsl_stats_max(x, 1, n) > gsl_stats_min(x, 1, n)))
        return false;
    double c0;
    double c1;
    double cov00;
    double cov01;
    double cov11;
    double rest;
    (void)gsl_fit_linear(x, 1, y, 1, n, &c0, &c1, &cov00, &cov01, &cov11, &rest);
    double t = gsl_cdf_tdist_Pinv(0.975, (double)(n - 2));
    double total = gsl_stats_tss(y, 1, n);
    *ret_line = (stats_line){
        .slope = around(c1, t * sqrt(cov11)),
        .intercept = around(c0, t * sqrt(cov00)),
        .r_squared = total > 0 ? 1 - rest / total : 1,
    };
    return true;
}

stats_interval stats_proportion(size_t k, size_t n)
{
    g_assert(n >= 1 && k <= n);
    double share = (double)k / (double)n;
    double z2 = normal_975 * normal_975 / (double)n;
    double middle = (share + z2 / 2) / (1 + z2);
    double half = normal_975 / (1 + z2) * sqrt((share * (1 - share) + z2 / 4) / (double)n);
    return (stats_interval){share, MAX(0.0, MIN(share, middle - half)),
                            MIN(1.0, MAX(share, middle + half))};
}

uint64_t stats_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

uint64_t stats_random_below(uint64_t *state, uint64_t n)
{
    uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    uint64_t value;
    do {
        value = stats_random(state);
    } while (value >= limit);
    return value % n;
}
