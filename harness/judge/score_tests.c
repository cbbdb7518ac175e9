/*
 * score_tests.c -- the student's tests: points for seeded bugs exposed and for lines reached.
 *
 * A test is valid if it checks something and passes on every correct implementation. A seeded bug
 * is exposed by a valid test that fails there or during which the program crashes; a time-out is
 * not taken for a failed test.
 *   points = valid / all * (bugs' share * exposed / seeded + coverage's share * lines / wanted)
 */
#include "harness/judge/ini.h"
#include "harness/judge/score.h"
#include "harness/judge/tests_run.h"

#include <string.h>

#define MAX_ANSWERS  ((size_t)16 << 20)
#define MAX_COVERAGE ((size_t)64 << 20)
#define MAX_SAID     8 /* seeded bugs named as feedback; all are in the record */

typedef struct bugs {
    unsigned n_seeded, n_exposed;
} bugs;

static tests_run *read_run(const score *s, const char *name, const evidence_job **ret_job)
{
    g_autofree char *job = g_strdup_printf("tests/%s", name);
    g_autofree char *file = g_strconcat(job, ".txt", NULL);
    *ret_job = evidence_find_job(s->e, job);
    g_autoptr(GBytes) bytes = evidence_file(s->e, file, MAX_ANSWERS);
    gsize n_bytes = 0;
    const char *text = bytes != NULL ? g_bytes_get_data(bytes, &n_bytes) : NULL;
    return tests_run_parse(text, n_bytes);
}

static bool is_kind(const ini *list, const ini_entry *group, const char *kind)
{
    const ini_entry *entry = ini_find(list, group->group, "kind");
    return group->key == NULL && entry != NULL && strcmp(entry->value, kind) == 0;
}

/* Notes each test of one correct implementation; a test once invalid stays so. */
static void judge_correct(score *s, record_part *part, const char *name, const tests_run *run,
                          const evidence_job *job)
{
    for (guint i = 0; i < run->results->len; i++) {
        const tests_result *result = g_ptr_array_index(run->results, i);
        record_test *test = NULL;
        for (guint j = 0; j < s->record->tests->len && test == NULL; j++) {
            record_test *known = g_ptr_array_index(s->record->tests, j);
            if (strcmp(known->name, result->name) == 0)
                test = known;
        }
        if (test == NULL)
            test = record_add_test(s->record, "test", result->name, true, "");
        if (tests_result_passed(result) || !test->passed)
            continue;
        test->passed = false;
        g_autofree char *why = !result->ended ? correctness_describe(job)
                               : result->n_checks == 0
                                   ? g_strdup("it checks nothing")
                                   : g_strdup_printf("check failed: %s", result->text);
        g_autofree char *detail =
            g_strdup_printf("on the correct implementation '%s': %s", name, why);
        record_set_text(&test->detail, detail);
        record_set_text(&test->file, result->file);
        test->line = result->line;
        (void)record_part_say(part, 0, result->file != NULL ? result->file : "tests.c",
                              result->line, "%s is not valid: %s", result->name, detail);
    }
}

static bool is_valid_test(const score *s, const char *name)
{
    for (guint i = 0; i < s->record->tests->len; i++) {
        const record_test *test = g_ptr_array_index(s->record->tests, i);
        if (strcmp(test->kind, "test") == 0 && strcmp(test->name, name) == 0)
            return test->passed;
    }
    return false;
}

/* The valid test that exposes a bug, or NULL. */
static const char *exposing_test(const score *s, const tests_run *run, const evidence_job *job)
{
    record_verdict verdict = correctness_verdict(job);
    for (guint i = 0; i < run->results->len; i++) {
        const tests_result *result = g_ptr_array_index(run->results, i);
        bool crashed = !result->ended && verdict == RECORD_CRASHED;
        if ((result->n_failed > 0 || result->text != NULL || crashed) &&
            is_valid_test(s, result->name))
            return result->name;
    }
    return NULL;
}

static void judge_mutant(score *s, const ini *list, const char *name, bugs *count)
{
    const evidence_job *job = NULL;
    g_autoptr(tests_run) run = read_run(s, name, &job);
    const char *by = exposing_test(s, run, job);
    const ini_entry *title = ini_find(list, name, "title");
    g_autofree char *detail =
        by != NULL ? g_strdup_printf("%s (exposed by %s)", title != NULL ? title->value : "", by)
                   : g_strdup(title != NULL ? title->value : "");
    (void)record_add_test(s->record, "mutant", name, by != NULL, detail);
    count->n_seeded++;
    count->n_exposed += by != NULL;
}

static void say_missed(score *s, record_part *part, double points_a_bug)
{
    unsigned n_missed = 0;
    for (guint i = 0; i < s->record->tests->len; i++) {
        const record_test *test = g_ptr_array_index(s->record->tests, i);
        if (strcmp(test->kind, "mutant") != 0 || test->passed)
            continue;
        if (++n_missed <= MAX_SAID)
            (void)record_part_say(part, points_a_bug, "tests.c", 0, "no test notices: %s",
                                  test->detail);
    }
    if (n_missed > MAX_SAID)
        (void)record_part_say(part, points_a_bug * (n_missed - MAX_SAID), NULL, 0,
                              "and %u seeded bugs more go unnoticed", n_missed - MAX_SAID);
}

/* Percent of the solution's lines that the tests reach; negative if it could not be measured. */
static double coverage_of(const score *s)
{
    g_autoptr(GBytes) bytes = evidence_file(s->e, "tests/gcov.out", MAX_COVERAGE);
    gsize n_bytes = 0;
    const char *text = bytes != NULL ? g_bytes_get_data(bytes, &n_bytes) : NULL;
    uint64_t executed = 0;
    uint64_t executable = 0;
    if (text == NULL || !evidence_job_succeeded(evidence_find_job(s->e, "tests/gcov")) ||
        !tests_read_coverage(text, n_bytes, &executed, &executable))
        return -1;
    return 100.0 * (double)executed / (double)executable;
}

static double score_coverage(score *s, record_part *part, double weight)
{
    double percent = coverage_of(s);
    if (percent < 0) {
        (void)record_part_say(part, weight, "tests.c", 0,
                              "coverage could not be read: the tests did not run to their end");
        return 0;
    }
    (void)record_add_figure(s->record, "coverage", "", "submission", "%", percent);
    double reached = MIN(percent / s->r->tests_full_coverage, 1);
    if (reached < 1)
        (void)record_part_say(part, weight * (1 - reached), "tests.c", 0,
                              "the tests reach %.0f %% of the lines of pool.c and layouts.c: "
                              "%.0f %% are asked for",
                              percent, s->r->tests_full_coverage);
    return weight * reached;
}

/* False if the harness could not run them. */
static bool judge_all_correct(score *s, record_part *part, const ini *list, record_verdict *worst)
{
    for (guint i = 0; i < list->entries->len; i++) {
        const ini_entry *group = g_ptr_array_index(list->entries, i);
        if (!is_kind(list, group, "correct"))
            continue;
        const evidence_job *job = NULL;
        g_autoptr(tests_run) run = read_run(s, group->group, &job);
        record_verdict verdict = correctness_verdict(job);
        if (verdict == RECORD_HARNESS_FAULT)
            return false;
        if (verdict == RECORD_RIGHT && !run->complete)
            verdict = RECORD_CRASHED; /* it ended before it had answered everything */
        judge_correct(s, part, group->group, run, job);
        if (verdict == RECORD_RIGHT || *worst == RECORD_TAMPERING)
            continue;
        *worst = verdict;
        g_autofree char *what = correctness_describe(job);
        (void)record_part_say(part, 0, "tests.c", 0, "on the correct implementation '%s': %s",
                              group->group, what);
    }
    return true;
}

static double score_valid(score *s, record_part *part, const ini *list, unsigned n_tests,
                          unsigned n_valid)
{
    bugs count = {0};
    for (guint i = 0; i < list->entries->len; i++) {
        const ini_entry *group = g_ptr_array_index(list->entries, i);
        if (is_kind(list, group, "mutant"))
            judge_mutant(s, list, group->group, &count);
    }
    if (n_valid == 0) {
        (void)record_part_say(part, part->max_score, "tests.c", 0,
                              "no valid test: one that checks something and passes on every "
                              "correct implementation");
        return 0;
    }
    double validity = (double)n_valid / n_tests;
    double coverage = part->max_score * s->r->tests_coverage_share;
    double seeded = part->max_score - coverage;
    double points = score_coverage(s, part, coverage);
    if (count.n_seeded > 0) {
        say_missed(s, part, seeded / count.n_seeded);
        points += seeded * count.n_exposed / count.n_seeded;
    }
    if (validity < 1)
        (void)record_part_say(part, points * (1 - validity), "tests.c", 0,
                              "%u of %u tests are not valid", n_tests - n_valid, n_tests);
    return points * validity;
}

void score_tests(score *s)
{
    if (!s->r->graded[RUBRIC_TESTS])
        return;
    record_part *part = score_add_part(s, RUBRIC_TESTS);
    part->verdict = correctness_part_verdict(s->e, SUBMISSION_TESTS);
    bool absent = part->verdict == RECORD_MISSING || part->verdict == RECORD_REJECTED;
    g_autofree char *path = evidence_path(s->e, "tests/list.ini");
    g_autoptr(ini) list = absent ? NULL : ini_read(path, NULL);
    if (absent) {
        score_say_build(s, part, SUBMISSION_TESTS, part->max_score);
        score_close(part, 0);
        return;
    }
    score_add_evidence(part, "tests/list", ".ini");
    record_verdict worst = RECORD_RIGHT;
    if (part->verdict != RECORD_RIGHT || list == NULL ||
        !judge_all_correct(s, part, list, &worst)) {
        part->verdict = RECORD_HARNESS_FAULT;
        (void)record_part_say(part, 0, NULL, 0, "the tests could not be run by the harness");
        score_close(part, part->max_score);
        return;
    }
    unsigned n_tests = s->record->tests->len;
    unsigned n_valid = 0;
    for (guint i = 0; i < n_tests; i++)
        n_valid += ((const record_test *)g_ptr_array_index(s->record->tests, i))->passed;
    double points = score_valid(s, part, list, n_tests, n_valid);
    part->verdict = worst;
    score_close(part, worst == RECORD_TAMPERING ? 0 : points);
}
