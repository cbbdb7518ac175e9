/*
 * stats.h against independent values: SciPy 1.10 (mannwhitneyu, linregress, quantile, t,
 * median_abs_deviation, binomtest), F. J. Anscombe's first data set (The American Statistician 27,
 * 1973), and the exact bootstrap distribution of a median (a binomial sum).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/measure/stats.h"

#include <math.h>

#define LENGTH(an_array) (sizeof(an_array) / sizeof((an_array)[0]))

static void close_to(double a, double b)
{
    assert_true(fabs(a - b) <= 1e-9 * (1 + fabs(b)));
}

static void quantiles(void **state)
{
    (void)state;
    const double x[] = {3, 1, 4, 1, 5, 9, 2, 6};
    const double p[] = {0, .1, .25, .5, .9, 1};
    const double expected[] = {1, 1, 1.75, 3.5, 6.9, 9};
    for (size_t i = 0; i < LENGTH(p); i++)
        close_to(stats_quantile(x, LENGTH(x), p[i]), expected[i]);
    close_to(stats_median(x, LENGTH(x)), 3.5);
    close_to(stats_median(x, 1), 3);
    close_to(stats_mad(x, LENGTH(x)), 2.0);
    close_to(x[0], 3); /* the input stays as it was */
}

static void mann_whitney_exact(void **state)
{
    (void)state;
    const double a[] = {19, 22, 16, 29, 24.5};
    const double b[] = {20, 11, 17, 12};
    double u = 0;
    close_to(stats_mann_whitney(a, LENGTH(a), b, LENGTH(b), &u), 0.1111111111111111);
    close_to(u, 17);
    close_to(stats_mann_whitney(b, LENGTH(b), a, LENGTH(a), &u), 0.1111111111111111);
    close_to(u, 3);
    double e[12];
    double f[14];
    for (int i = 0; i < 12; i++)
        e[i] = (double)(i * 7 % 23) + .1;
    for (int i = 0; i < 14; i++)
        f[i] = (double)(i * 5 % 29) + 3.3;
    close_to(stats_mann_whitney(e, LENGTH(e), f, LENGTH(f), &u), 0.11792600722739369);
    close_to(u, 53);
}

static void mann_whitney_normal(void **state)
{
    (void)state;
    const double x[] = {1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
    const double y[] = {0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
    double u = 0;
    close_to(stats_mann_whitney(x, LENGTH(x), y, LENGTH(y), &u), 0.13291945818531892); /* ties */
    close_to(u, 58);
    double c[60];
    double d[55];
    for (int i = 0; i < 60; i++)
        c[i] = (double)(i * 37 % 101) + 0.25;
    for (int i = 0; i < 55; i++)
        d[i] = (double)(i * 53 % 101) + 9.5;
    close_to(stats_mann_whitney(c, LENGTH(c), d, LENGTH(d), &u), 0.15744160749818148);
    close_to(u, 1397);
    const double same[] = {7, 7, 7};
    close_to(stats_mann_whitney(same, 3, same, 3, NULL), 1);
}

static void bootstrap_of_a_median(void **state)
{
    (void)state;
    const double x[] = {12.1, 11.8, 12.5, 13.0, 11.9, 12.2, 12.0, 12.7,
                        12.4, 11.7, 12.3, 14.9, 12.6, 12.8, 11.5};
    /* P(median* <= 11.8) = 0.0042, <= 12.0: 0.0882; <= 12.5: 0.9118, <= 12.7: 0.9958 */
    for (uint64_t seed = 1; seed <= 20; seed++) {
        stats_interval m = stats_bootstrap_median(x, LENGTH(x), 0.95, seed);
        close_to(m.value, 12.3);
        assert_true(m.low > 11.8 && m.low <= 12.0);
        assert_true(m.high > 12.5 && m.high <= 12.7);
        stats_interval again = stats_bootstrap_median(x, LENGTH(x), 0.95, seed);
        assert_true(again.low == m.low && again.high == m.high);
        stats_interval ratio = stats_bootstrap_ratio(x, LENGTH(x), x, LENGTH(x), 0.95, seed);
        assert_true(ratio.low < 1 && ratio.value == 1 && ratio.high > 1);
        stats_interval paired = stats_bootstrap_paired_ratio(x, x, LENGTH(x), 0.95, seed);
        assert_true(paired.low == 1 && paired.value == 1 && paired.high == 1);
    }
    stats_interval point = stats_bootstrap_median(x, 1, 0.95, 1);
    assert_true(point.low == 12.1 && point.value == 12.1 && point.high == 12.1);
}

/* A 95 % interval must hold the truth about 95 times in 100: of 400 seeded samples from a known
 * distribution, fewer than 90 % would be a broken interval (P < 1e-5), and 100 % a useless one. */
static void intervals_cover(void **state)
{
    (void)state;
    uint64_t random = 42;
    size_t n_covered = 0;
    for (int i = 0; i < 400; i++) {
        double x[31];
        for (size_t j = 0; j < LENGTH(x); j++) /* exponential: median ln 2 */
            x[j] = -log(((double)(stats_random(&random) >> 11) + 0.5) / 9007199254740992.0);
        stats_interval m = stats_bootstrap_median(x, LENGTH(x), 0.95, (uint64_t)i + 1);
        n_covered += m.low <= log(2) && log(2) <= m.high ? 1 : 0;
    }
    assert_in_range(n_covered, 360, 399);
}

/* Against SciPy's t.ppf; half of the values may be anything. */
static void spread_of_a_median_of_nothing(void **state)
{
    (void)state;
    const double x[] = {.02, -.01, .03, -.04, .9};
    close_to(stats_null_median(x, LENGTH(x), 0.99), 0.15641878645214247);
    close_to(stats_null_median(x, LENGTH(x), 0.95), 0.08264232010293317);
    const double wild[] = {.02, -.01, .03, -40, 900};
    close_to(stats_null_median(wild, LENGTH(wild), 0.99), 0.15641878645214247);
    const double same[] = {0, 0, 0};
    close_to(stats_null_median(same, LENGTH(same), 0.99), 0);
}

/* Of the medians of samples that scatter about 0, with one value in ten gross, 1.1 to 1.5 % lie
 * outside what another such sample allows (100000 tries with NumPy): of 2000, 50 were too many. */
static void nothing_stays_within_its_spread(void **state)
{
    (void)state;
    const size_t lengths[] = {5, 9, 15, 31};
    uint64_t random = 5;
    for (size_t k = 0; k < LENGTH(lengths); k++) {
        size_t n_outside = 0;
        for (int i = 0; i < 2000; i++) {
            double x[2][31];
            for (size_t j = 0; j < 2 * lengths[k]; j++) { /* logistic */
                double u = ((double)(stats_random(&random) >> 11) + 0.5) / 9007199254740992.0;
                double gross = stats_random_below(&random, 10) == 0 ? 20 : 1;
                x[j % 2][j / 2] = gross * log(u / (1 - u));
            }
            double bound = stats_null_median(x[0], lengths[k], 0.99);
            n_outside += fabs(stats_median(x[1], lengths[k])) > bound ? 1 : 0;
        }
        assert_in_range(n_outside, 1, 50);
    }
}

static void outliers_by_modified_z_score(void **state)
{
    (void)state;
    const double x[] = {2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3}; /* Iglewicz, Hoaglin */
    bool outlier[LENGTH(x)];
    assert_int_equal(stats_outliers(x, LENGTH(x), outlier), 2);
    for (size_t i = 0; i < LENGTH(x); i++)
        assert_true(outlier[i] == (i >= 8));
    const double flat[] = {1, 1, 1, 1, 1, 1, 1, 9}; /* MAD is 0 */
    assert_int_equal(stats_outliers(flat, LENGTH(flat), outlier), 1);
    assert_true(outlier[7]);
    assert_int_equal(stats_outliers(flat, 7, NULL), 0);
}

static void line_by_least_squares(void **state)
{
    (void)state;
    const double x[] = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
    const double y[] = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
    stats_line line;
    assert_true(stats_fit_line(x, y, LENGTH(x), &line));
    close_to(line.slope.value, 0.5000909090909091);
    close_to(line.slope.low, 0.23337013639193327);
    close_to(line.slope.high, 0.766811681789885);
    close_to(line.intercept.value, 3.0000909090909103);
    close_to(line.intercept.low, 0.4557368999931932);
    close_to(line.intercept.high, 5.544444918188628);
    close_to(line.r_squared, 0.666542459508775);
    assert_false(stats_fit_line(x, y, 2, &line));
    const double constant[] = {4, 4, 4};
    assert_false(stats_fit_line(constant, y, 3, &line));
}

static void proportions(void **state)
{
    (void)state;
    stats_interval p = stats_proportion(3, 100);
    close_to(p.value, 0.03);
    close_to(p.low, 0.010254524024038925);
    close_to(p.high, 0.08451936429052762);
    p = stats_proportion(0, 20);
    close_to(p.low, 0);
    close_to(p.high, 0.16112515805281935);
    p = stats_proportion(20, 20);
    close_to(p.high, 1);
}

/* Chi-squared of 60000 draws below 6: 99.9 % of fair generators stay under 20.52. */
static void the_generator_is_fair(void **state)
{
    (void)state;
    uint64_t random = 7;
    double count[6] = {0};
    for (int i = 0; i < 60000; i++)
        count[stats_random_below(&random, 6)]++;
    double chi_squared = 0;
    for (int i = 0; i < 6; i++)
        chi_squared += (count[i] - 10000) * (count[i] - 10000) / 10000;
    assert_true(chi_squared < 20.52);
    uint64_t reference = 1234567; /* first outputs of the authors' C code */
    assert_true(stats_random(&reference) == UINT64_C(6457827717110365317));
    assert_true(stats_random(&reference) == UINT64_C(3203168211198807973));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles),
        cmocka_unit_test(mann_whitney_exact),
        cmocka_unit_test(mann_whitney_normal),
        cmocka_unit_test(bootstrap_of_a_median),
        cmocka_unit_test(intervals_cover),
        cmocka_unit_test(spread_of_a_median_of_nothing),
        cmocka_unit_test(nothing_stays_within_its_spread),
        cmocka_unit_test(outliers_by_modified_z_score),
        cmocka_unit_test(line_by_least_squares),
        cmocka_unit_test(proportions),
        cmocka_unit_test(the_generator_is_fair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
