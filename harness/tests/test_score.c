/*
 * test_score.c -- evidence -> points, on evidence made by hand: what each verdict and figure earns.
 *
 * The oracle is arithmetic done here: a rubric of round numbers and counts that can be added up.
 */
#include "harness/judge/check_measure.h"
#include "harness/judge/cost.h"
#include "harness/judge/score.h"
#include "harness/judge/tests_run.h"
#include "harness/sandbox/sandbox.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char rubric_text[] = "[rubric]\n"
                                  "[memory]\npoints = 10\nper_error = 2\n"
                                  "[space]\npoints = 9\nfull_ratio = 1.25\nzero_ratio = 5\n"
                                  "[speed]\npoints = 8\nfull_ratio = 1.5\nzero_ratio = 6\n"
                                  "[tests]\npoints = 10\ncoverage_share = 0.4\nfull_coverage = 80\n"
                                  "[findings]\npoints = 6\ntolerance = 0.1\n"
                                  "[lint]\npoints = 5\nper_finding = 1\n";

typedef struct bench {
    char *folder;
    rubric *r;
    evidence *e;
    score s;
} bench;

static correctness *found(submission_part part, bool eligible, record_verdict verdict)
{
    correctness *c = g_new0(correctness, 1);
    c->part = part;
    c->eligible = eligible;
    c->verdict = verdict;
    c->groups = g_ptr_array_new();
    return c;
}

static int set_up(void **state)
{
    bench *b = g_new0(bench, 1);
    b->folder = g_dir_make_tmp("objlab-test-XXXXXX", NULL);
    b->r = rubric_parse(rubric_text, strlen(rubric_text), "test", NULL);
    b->e = evidence_new(b->folder);
    b->e->name = g_strdup("somebody");
    b->e->sha256 = g_strdup("00");
    b->e->created = g_strdup("2026-01-01T00:00:00Z");
    b->e->sandbox = g_strdup("full");
    b->e->cpu = g_strdup("a processor");
    b->e->kernel = g_strdup("a kernel");
    b->e->n_seeds = 1;
    b->e->n_objects = 100;
    for (int i = 0; i < SUBMISSION_N_PARTS; i++) {
        b->e->parts[i].state = EVIDENCE_BUILT;
        b->e->parts[i].build = EVIDENCE_DONE;
    }
    b->s = (score){.e = b->e, .r = b->r, .record = record_new()};
    b->s.found[CHECK_POOL] = found(SUBMISSION_POOL, true, RECORD_RIGHT);
    b->s.found[CHECK_LAYOUTS] = found(SUBMISSION_LAYOUTS, true, RECORD_RIGHT);
    b->s.found[CHECK_WORKLOAD] = found(SUBMISSION_WORKLOAD, false, RECORD_MISSING);
    *state = b;
    return b->folder == NULL || b->r == NULL;
}

static int tear_down(void **state)
{
    bench *b = *state;
    bool ok = sandbox_remove_tree(b->folder);
    for (int i = 0; i < SCORE_N_KINDS; i++)
        correctness_free(b->s.found[i]);
    record_free(b->s.record);
    evidence_free(b->e);
    rubric_free(b->r);
    g_free(b->folder);
    g_free(b);
    return !ok;
}

static void put(const bench *b, const char *relative, const char *text)
{
    g_autofree char *path = evidence_path(b->e, relative);
    g_autofree char *folder = g_path_get_dirname(path);
    assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static evidence_job *ran(bench *b, const char *name)
{
    evidence_job *job = evidence_add_job(b->e, name);
    job->state = EVIDENCE_DONE;
    return job;
}

static const record_part *only_part(const bench *b)
{
    assert_int_equal(b->s.record->parts->len, 1);
    g_autofree char *why = NULL;
    if (!record_is_valid(b->s.record, &why))
        fail_msg("invalid record: %s", why);
    return g_ptr_array_index(b->s.record->parts, 0);
}

static void assert_score(const record_part *part, double points, record_verdict verdict)
{
    if (fabs(part->score - points) > 0.006)
        fail_msg("%s: %g points, expected %g", part->name, part->score, points);
    assert_string_equal(record_verdict_name(part->verdict), record_verdict_name(verdict));
    double lost = 0;
    for (guint i = 0; i < part->feedback->len; i++)
        lost += ((const record_feedback *)g_ptr_array_index(part->feedback, i))->points_lost;
    if (part->verdict != RECORD_HARNESS_FAULT && fabs(part->max_score - part->score - lost) > 0.02)
        fail_msg("%s: %g points lost, %g explained", part->name, part->max_score - part->score,
                 lost);
}

static void ratios(void **state)
{
    (void)state;
    assert_true(score_of_ratio(1, 1.5, 6) == 1);
    assert_true(score_of_ratio(1.5, 1.5, 6) == 1);
    assert_true(fabs(score_of_ratio(3, 1.5, 6) - 0.5) < 1e-12); /* the geometric middle */
    assert_true(score_of_ratio(6, 1.5, 6) == 0);
    assert_true(score_of_ratio(1e9, 1.5, 6) == 0);
    assert_true(score_of_ratio(NAN, 1.5, 6) == 0);
    assert_true(score_of_ratio(-1, 1.5, 6) == 0);
    for (int i = 14; i < 70; i++)
        assert_true(score_of_ratio(i / 10.0, 1.5, 6) >= score_of_ratio((i + 1) / 10.0, 1.5, 6));
}

/* ---- tests ---- */

static void a_run_is_read(void **state)
{
    (void)state;
    static const char text[] = "t 0 first one\nd 3 0\nt 1 second\nf tests.c:17 a != b\nf x:1 y\n"
                               "d 2 2\nt 2 third\nd 0 0\nend 8\n";
    g_autoptr(tests_run) run = tests_run_parse(text, strlen(text));
    assert_true(run->complete);
    assert_int_equal(run->results->len, 3);
    assert_true(tests_result_passed(tests_run_find(run, "first one")));
    const tests_result *second = tests_run_find(run, "second");
    assert_false(tests_result_passed(second));
    assert_string_equal(second->file, "tests.c");
    assert_int_equal(second->line, 17);
    assert_string_equal(second->text, "a != b");
    assert_false(tests_result_passed(tests_run_find(run, "third"))); /* checks nothing */
    for (size_t n = 0; n + 1 < sizeof(text); n++) {
        g_autoptr(tests_run) cut = tests_run_parse(text, n);
        assert_false(cut->complete);
    }
}

static void forged_runs_are_cut(void **state)
{
    (void)state;
    static const char *const texts[] = {"t 0 a\nd 1 0\nend 7\n",
                                        "t 0 a\nt 1 b\nd 1 0\nend 3\n",
                                        "d 1 0\nend 1\n",
                                        "t 0 a\nd 1 0\nt 0 a\nd 1 0\nend 4\n",
                                        "t 0 a\nd x 0\nend 2\n",
                                        "PASS\nend 1\n",
                                        "t 0 a\nf nonsense\nd 1 0\nend 3\n"};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(tests_run) run = tests_run_parse(texts[i], strlen(texts[i]));
        assert_false(run->complete);
    }
}

static void coverage_is_added_up(void **state)
{
    (void)state;
    static const char text[] =
        "{\"files\":[{\"file\":\"pool.c\",\"lines\":[{\"line_number\":1,\"count\":3},"
        "{\"line_number\":2,\"count\":0}]}]}\n"
        "{\"files\":[{\"file\":\"layouts.c\",\"lines\":[{\"line_number\":9,\"count\":1}]}]}\n";
    uint64_t executed = 0;
    uint64_t executable = 0;
    assert_true(tests_read_coverage(text, strlen(text), &executed, &executable));
    assert_int_equal(executed, 2);
    assert_int_equal(executable, 3);
    assert_false(tests_read_coverage(text, strlen(text) - 10, &executed, &executable));
    assert_false(tests_read_coverage("", 0, &executed, &executable));
    assert_false(tests_read_coverage("{}\n", 3, &executed, &executable));
}

/* Two correct implementations, four seeded bugs, coverage 60 of 80 percent. */
static void put_tests(bench *b)
{
    put(b, "tests/list.ini",
        "[solution]\nkind = correct\n[simple]\nkind = correct\n"
        "[bug1]\nkind = mutant\ntitle = The first\n[bug2]\nkind = mutant\ntitle = The second\n"
        "[bug3]\nkind = mutant\ntitle = The third\n[bug4]\nkind = mutant\ntitle = The fourth\n");
    put(b, "tests/solution.txt", "t 0 good\nd 5 0\nt 1 picky\nd 5 0\nend 4\n");
    put(b, "tests/simple.txt", "t 0 good\nd 5 0\nt 1 picky\nf tests.c:9 x\nd 5 1\nend 5\n");
    put(b, "tests/bug1.txt", "t 0 good\nf tests.c:3 x\nd 5 1\nt 1 picky\nd 5 0\nend 5\n");
    put(b, "tests/bug2.txt", "t 0 good\nd 5 0\nt 1 picky\nf tests.c:9 x\nd 5 1\nend 5\n");
    put(b, "tests/bug3.txt", "t 0 good\n");
    put(b, "tests/bug4.txt", "t 0 good\n");
    put(b, "tests/gcov.out",
        "{\"files\":[{\"file\":\"pool.c\",\"lines\":[{\"count\":1},"
        "{\"count\":1},{\"count\":1},{\"count\":0},{\"count\":0}]}]}\n");
    static const char *const jobs[] = {"tests/solution", "tests/simple", "tests/bug1", "tests/bug2",
                                       "tests/gcov"};
    for (size_t i = 0; i < G_N_ELEMENTS(jobs); i++)
        (void)ran(b, jobs[i]);
    ran(b, "tests/bug3")->result.outcome = SANDBOX_SIGNALLED;
    ran(b, "tests/bug4")->result.outcome = SANDBOX_TIMED_OUT;
}

static void tests_earn_by_bugs_and_lines(void **state)
{
    bench *b = *state;
    put_tests(b);
    score_tests(&b->s);
    /* bug1 by a failed check, bug3 by a crash; bug2 only by an invalid test; bug4 timed out.
     * half of the tests are valid: 0.5 * (6 * 2/4 + 4 * 60/80) */
    assert_score(only_part(b), 3, RECORD_PARTIAL);
    assert_int_equal(b->s.record->tests->len, 6);
}

static void tests_that_always_fail_earn_nothing(void **state)
{
    bench *b = *state;
    put_tests(b);
    put(b, "tests/simple.txt",
        "t 0 good\nf tests.c:1 x\nd 5 1\nt 1 picky\nf tests.c:9 x\nd 5 1\n"
        "end 6\n");
    score_tests(&b->s);
    assert_score(only_part(b), 0, RECORD_WRONG);
}

static void a_lost_tests_run_is_our_fault(void **state)
{
    bench *b = *state;
    put_tests(b);
    evidence_job *lost = g_ptr_array_index(b->e->jobs, 0);
    lost->state = EVIDENCE_FAULT;
    lost->fault = g_strdup("no descriptors");
    score_tests(&b->s);
    assert_score(only_part(b), 10, RECORD_HARNESS_FAULT);
}

static void no_tests_no_points(void **state)
{
    bench *b = *state;
    b->e->parts[SUBMISSION_TESTS].state = EVIDENCE_ABSENT;
    score_tests(&b->s);
    assert_score(only_part(b), 0, RECORD_MISSING);
}

/* ---- memory ---- */

#define HEAD                                                                                       \
    "<?xml version=\"1.0\"?><valgrindoutput><protocolversion>4</protocolversion>"                  \
    "<protocoltool>memcheck</protocoltool><status><state>RUNNING</state></status>"
/* As memcheck writes when the program has come to its end. */
#define TAIL "<status><state>FINISHED</state></status></valgrindoutput>"

#define ERROR_AT(file, line)                                                                       \
    "<error><kind>InvalidRead</kind><what>Invalid read</what><stack><frame><fn>f</fn>"             \
    "<dir>/submission</dir><file>" file "</file><line>" line "</line></frame></stack></error>"

/* What memcheck saw in the pool's run; nothing in the layouts'. */
static void put_memcheck(bench *b, const char *pool)
{
    put(b, "valgrind/memcheck-pool/memcheck.xml", pool);
    put(b, "valgrind/memcheck-layouts/memcheck.xml", HEAD TAIL);
    (void)ran(b, "valgrind/memcheck-pool");
    (void)ran(b, "valgrind/memcheck-layouts");
}

static void memory_loses_by_error(void **state)
{
    bench *b = *state;
    put_memcheck(b, HEAD ERROR_AT("pool.c", "3") ERROR_AT("pool.c", "9") ERROR_AT("pool.c", "3")
                        ERROR_AT("drive_pool.c", "1") TAIL);
    score_memory(&b->s);
    const record_part *part = only_part(b);
    assert_score(part, 6, RECORD_PARTIAL); /* two places */
    const record_feedback *first = g_ptr_array_index(part->feedback, 0);
    assert_string_equal(first->file, "pool.c");
    assert_int_equal(first->line, 3);
}

static void memory_of_a_wrong_part_earns_nothing(void **state)
{
    bench *b = *state;
    b->s.found[CHECK_POOL]->eligible = false;
    put_memcheck(b, HEAD TAIL);
    score_memory(&b->s);
    assert_score(only_part(b), 5, RECORD_PARTIAL);
}

static void a_cut_memcheck_report_earns_nothing(void **state)
{
    bench *b = *state;
    put_memcheck(b, HEAD);
    score_memory(&b->s);
    assert_score(only_part(b), 5, RECORD_PARTIAL);
}

/* ---- costs ---- */

/* What a run of the driver answers that did its work, but for the lines of that layout. */
static void put_answers(bench *b, const char *job_name, unsigned factor, const char *wrong)
{
    static const char *const subjects[] = {"pool", "dict", "slots", "weakref"};
    g_autofree char *file = g_strconcat(job_name, ".txt", NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
        bool right = wrong == NULL || strcmp(wrong, subjects[i]) != 0;
        g_autofree char *line =
            check_measure_line(subjects[i], b->e->seed + !right, factor * b->e->n_objects);
        g_string_append_printf(text, "%s\nleft %s 0\n", line, subjects[i]);
    }
    g_string_append(text, "end 8\n");
    put(b, file, text->str);
    if (evidence_find_job(b->e, job_name) == NULL)
        (void)ran(b, job_name);
}

/* A profile in which one object costs that much in creating and in the pool's alloc. */
static void put_profile(bench *b, const char *subject, unsigned factor, unsigned create,
                        unsigned alloc)
{
    unsigned n = factor * b->e->n_objects;
    unsigned fixed = 777; /* falls out of the slope */
    g_autofree char *name = cost_job_name(subject, factor);
    g_autofree char *file = g_strconcat(name, "/callgrind.out", NULL);
    g_autofree char *text = g_strdup_printf(
        "# callgrind format\nversion: 1\npositions: line\nevents: Ir\n\n"
        "fl=drive_measure.c\nfn=measure_create_dict\n1 %u\n\nfn=measure_alloc_pool\n1 %u\n\n"
        "fn=main\n5 10\ncfn=measure_create_dict\ncalls=3 1\n6 %u\ncfn=measure_alloc_pool\n"
        "calls=1 1\n7 %u\n\ntotals: %u\n",
        3 * (fixed + create * n), fixed + alloc * n, 3 * (fixed + create * n), fixed + alloc * n,
        10 + 3 * (fixed + create * n) + fixed + alloc * n);
    put(b, file, text);
    (void)ran(b, name);
    g_autofree char *plain = cost_plain_job_name(subject, factor);
    put_answers(b, name, factor, NULL);
    put_answers(b, plain, factor, NULL);
}

/* A part's evidence: n files, all of them there, of runs whose names begin so. */
static void assert_evidence(const bench *b, const record_part *part, guint n, const char *runs)
{
    assert_int_equal(part->evidence->len, n);
    for (guint i = 0; i < n; i++) {
        const char *path = g_ptr_array_index(part->evidence, i);
        g_autofree char *begin = g_strdup_printf("evidence/%s", runs);
        assert_true(g_str_has_prefix(path, begin));
        g_autofree char *file = evidence_path(b->e, path + strlen("evidence/"));
        assert_true(g_file_test(file, G_FILE_TEST_IS_REGULAR));
    }
}

static void speed_is_a_ratio_of_slopes(void **state)
{
    bench *b = *state;
    for (unsigned factor = 1; factor <= 2; factor++) {
        put_profile(b, "solution", factor, 100, 50);
        put_profile(b, "submission", factor, 300, 50);
    }
    score_speed(&b->s);
    /* create is 3 times the solution's: half of its share; alloc is equal */
    assert_score(only_part(b), 8 * (0.5 + 1) / 2, RECORD_PARTIAL);
    assert_evidence(b, only_part(b), 2, "valgrind/cost-submission-");
    bool seen = false;
    for (guint i = 0; i < b->s.record->figures->len; i++) {
        const record_figure *f = g_ptr_array_index(b->s.record->figures, i);
        if (strcmp(f->name, "create") != 0 || strcmp(f->subject, "submission") != 0)
            continue;
        seen = true;
        assert_string_equal(f->layout, "dict");
        assert_true(f->median == 300 && f->ratio_median == 3);
    }
    assert_true(seen);
}

/* Answers of the layout dict that are wrong under the profiler, and without it. */
static void put_wrong_answers(bench *b, bool watched, bool plain)
{
    for (unsigned factor = 1; factor <= 2; factor++) {
        put_profile(b, "solution", factor, 100, 50);
        put_profile(b, "submission", factor, 1, 50);
        g_autofree char *name = cost_job_name("submission", factor);
        g_autofree char *plain_name = cost_plain_job_name("submission", factor);
        put_answers(b, name, factor, watched ? "dict" : NULL);
        put_answers(b, plain_name, factor, plain ? "dict" : NULL);
    }
}

static void work_that_is_not_done_has_no_speed(void **state)
{
    bench *b = *state;
    put_wrong_answers(b, true, true);
    put_memcheck(b, HEAD TAIL);
    score_speed(&b->s);
    assert_score(only_part(b), 4, RECORD_PARTIAL); /* alloc counts, create does not */
    for (guint i = 0; i < b->s.record->figures->len; i++) {
        const record_figure *f = g_ptr_array_index(b->s.record->figures, i);
        assert_false(strcmp(f->name, "create") == 0 && strcmp(f->subject, "submission") == 0);
    }
}

static void work_that_is_done_only_unwatched_is_tampering(void **state)
{
    bench *b = *state;
    put_wrong_answers(b, true, false);
    put_memcheck(b, HEAD TAIL);
    score_speed(&b->s);
    assert_score(only_part(b), 0, RECORD_TAMPERING);
}

static void undefined_memory_explains_it(void **state)
{
    bench *b = *state;
    put_wrong_answers(b, true, false);
    put_memcheck(b, HEAD TAIL);
    put(b, "valgrind/memcheck-layouts/memcheck.xml", HEAD ERROR_AT("layouts.c", "3") TAIL);
    score_speed(&b->s);
    assert_score(only_part(b), 4, RECORD_PARTIAL);
}

static void speed_of_a_wrong_part_earns_nothing(void **state)
{
    bench *b = *state;
    for (unsigned factor = 1; factor <= 2; factor++) {
        put_profile(b, "solution", factor, 100, 50);
        put_profile(b, "submission", factor, 1, 50);
    }
    b->s.found[CHECK_LAYOUTS]->eligible = false;
    b->s.found[CHECK_LAYOUTS]->verdict = RECORD_WRONG;
    score_speed(&b->s);
    assert_score(only_part(b), 4, RECORD_PARTIAL);
}

static unsigned count_figures(const bench *b, const char *subject)
{
    unsigned n = 0;
    for (guint i = 0; i < b->s.record->figures->len; i++) {
        const record_figure *figure = g_ptr_array_index(b->s.record->figures, i);
        n += strcmp(figure->subject, subject) == 0;
    }
    return n;
}

/* With the solution's pool and layouts in it the program that was measured is the solution. */
static void figures_of_the_solution_are_not_the_submissions(void **state)
{
    bench *b = *state;
    for (unsigned factor = 1; factor <= 2; factor++) {
        put_profile(b, "solution", factor, 100, 50);
        put_profile(b, "submission", factor, 100, 50);
    }
    b->s.found[CHECK_LAYOUTS]->eligible = false;
    score_speed(&b->s);
    unsigned n = count_figures(b, "solution");
    assert_true(n > 0);
    assert_int_equal(count_figures(b, "submission"), n);
    b->s.found[CHECK_POOL]->eligible = false;
    score_speed(&b->s);
    assert_int_equal(count_figures(b, "solution"), 2 * n);
    assert_int_equal(count_figures(b, "submission"), n);
}

/* Nor is its heap. */
static void heaps_of_the_solution_are_not_the_submissions(void **state)
{
    bench *b = *state;
    put(b, "valgrind/massif-dict/massif.out",
        "desc: x\ncmd: x\ntime_unit: i\n#-----------\nsnapshot=0\n#-----------\ntime=5\n"
        "mem_heap_B=90\nmem_heap_extra_B=6\nmem_stacks_B=0\nheap_tree=empty\n");
    (void)ran(b, "valgrind/massif-dict");
    score_profiles(&b->s);
    assert_int_equal(b->s.record->heaps->len, 1);
    b->s.found[CHECK_POOL]->eligible = b->s.found[CHECK_LAYOUTS]->eligible = false;
    score_profiles(&b->s);
    assert_int_equal(b->s.record->heaps->len, 1);
}

static void a_lost_profile_of_the_solution_is_our_fault(void **state)
{
    bench *b = *state;
    put_profile(b, "submission", 1, 300, 50);
    put_profile(b, "submission", 2, 300, 50);
    score_speed(&b->s);
    assert_score(only_part(b), 8, RECORD_HARNESS_FAULT);
}

static void a_lost_profile_of_the_submission_is_not(void **state)
{
    bench *b = *state;
    put_profile(b, "solution", 1, 300, 50);
    put_profile(b, "solution", 2, 300, 50);
    score_speed(&b->s);
    assert_score(only_part(b), 0, RECORD_WRONG);
}

/* What a tool printed is evidence if there is a finding in it. */
static void findings_are_evidence(void **state)
{
    bench *b = *state;
    static const char *const tools[] = {"clang-tidy", "clang-format", "cppcheck"};
    for (int i = 0; i < SUBMISSION_FINDINGS; i++) {
        const char *name = submission_part_name((submission_part)i);
        for (size_t k = 0; k < G_N_ELEMENTS(tools); k++) {
            g_autofree char *job = g_strdup_printf("lint/%s-%s", tools[k], name);
            (void)ran(b, job);
        }
    }
    put(b, "lint/clang-tidy-pool.out", "pool.c:7:5: warning: do not do that [bugprone-x]\n");
    put(b, "lint/clang-tidy-layouts.out", "1 warning suppressed\n");
    score_lint(&b->s);
    assert_score(only_part(b), 4, RECORD_PARTIAL);
    assert_evidence(b, only_part(b), 1, "lint/clang-tidy-pool.out");
}

/* Arenas and large bytes of both runs of every layout; resident: of an object. */
static void put_space(bench *b, const char *subject, unsigned arenas, double resident)
{
    for (const char *const *layout = cost_layouts; *layout != NULL; layout++) {
        for (unsigned factor = 1; factor <= 2; factor++) {
            g_autofree char *name = cost_space_job_name(*layout, subject, factor);
            g_autofree char *file = g_strconcat(name, ".txt", NULL);
            g_autofree char *read = check_measure_read(b->e->seed, factor * COST_SPACE_OBJECTS);
            g_autofree char *text =
                g_strdup_printf("h %u 0 9 %s\nend 1\n", 3 + arenas * factor, read);
            put(b, file, text);
            ran(b, name)->result.peak_rss_bytes =
                (uint64_t)((40 + resident) * factor * COST_SPACE_OBJECTS);
        }
    }
}

static void space_is_what_the_arenas_hold(void **state)
{
    bench *b = *state;
    put_space(b, "solution", 20, 52);
    put_space(b, "submission", 50, 131);
    score_space(&b->s);
    /* 2.5 times: log(5/2.5) / log(5/1.25) = half */
    assert_score(only_part(b), 4.5, RECORD_PARTIAL);
    assert_evidence(b, only_part(b), 6, "space/");
}

static void objects_that_forget_take_no_space(void **state)
{
    bench *b = *state;
    put_space(b, "solution", 20, 52);
    put_space(b, "submission", 20, 52);
    put(b, "space/dict-submission-2.txt", "h 43 0 9 1234\nend 1\n");
    score_space(&b->s);
    assert_score(only_part(b), 6, RECORD_PARTIAL); /* two of three layouts */
}

static void hidden_memory_is_found(void **state)
{
    bench *b = *state;
    put_space(b, "solution", 20, 52);
    put_space(b, "submission", 0, 400); /* nothing in arenas, all of it resident */
    score_space(&b->s);
    assert_score(only_part(b), 0, RECORD_WRONG);
}

/* ---- the whole ---- */

static void an_empty_submission_is_all_missing(void **state)
{
    bench *b = *state;
    for (int i = 0; i < SUBMISSION_N_PARTS; i++)
        b->e->parts[i].state = EVIDENCE_ABSENT;
    g_autoptr(GError) error = NULL;
    assert_true(evidence_write(b->e, &error));
    g_autoptr(evidence) again = evidence_read(b->folder, &error);
    assert_non_null(again);
    g_autoptr(record) first = score_evidence(b->e, b->r);
    g_autoptr(record) second = score_evidence(again, b->r);
    g_autofree char *x = record_to_json(first);
    g_autofree char *y = record_to_json(second);
    assert_non_null(x);
    assert_string_equal(x, y);
    for (guint i = 0; i < first->parts->len; i++) {
        const record_part *part = g_ptr_array_index(first->parts, i);
        if (strcmp(part->name, "speed") != 0 && strcmp(part->name, "space") != 0)
            assert_string_equal(record_verdict_name(part->verdict), "missing");
    }
}

static void damaged_evidence_is_an_error(void **state)
{
    bench *b = *state;
    assert_true(evidence_write(b->e, NULL));
    g_autofree char *path = evidence_path(b->e, "evidence.json");
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    static const struct {
        const char *from, *to;
    } changes[] = {{"\"version\": 2", "\"version\": 1"},
                   {"\"state\": 1", "\"state\": 77"},
                   {"\"seed\": \"0\"", "\"seed\": \"many\""},
                   {"{", ""},
                   {"\"name\": \"pool\"", "\"name\": \"pond\""}};
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(GString) changed = g_string_new(text);
        assert_true(g_string_replace(changed, changes[i].from, changes[i].to, 1) == 1);
        put(b, "evidence.json", changed->str);
        g_autoptr(GError) error = NULL;
        g_autoptr(evidence) read = evidence_read(b->folder, &error);
        assert_null(read);
        assert_non_null(strstr(error->message, "evidence.json"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratios),
        cmocka_unit_test(a_run_is_read),
        cmocka_unit_test(forged_runs_are_cut),
        cmocka_unit_test(coverage_is_added_up),
        TEST(tests_earn_by_bugs_and_lines),
        TEST(tests_that_always_fail_earn_nothing),
        TEST(a_lost_tests_run_is_our_fault),
        TEST(no_tests_no_points),
        TEST(memory_loses_by_error),
        TEST(memory_of_a_wrong_part_earns_nothing),
        TEST(a_cut_memcheck_report_earns_nothing),
        TEST(speed_is_a_ratio_of_slopes),
        TEST(figures_of_the_solution_are_not_the_submissions),
        TEST(heaps_of_the_solution_are_not_the_submissions),
        TEST(work_that_is_not_done_has_no_speed),
        TEST(work_that_is_done_only_unwatched_is_tampering),
        TEST(undefined_memory_explains_it),
        TEST(speed_of_a_wrong_part_earns_nothing),
        TEST(a_lost_profile_of_the_solution_is_our_fault),
        TEST(a_lost_profile_of_the_submission_is_not),
        TEST(findings_are_evidence),
        TEST(space_is_what_the_arenas_hold),
        TEST(objects_that_forget_take_no_space),
        TEST(hidden_memory_is_found),
        TEST(an_empty_submission_is_all_missing),
        TEST(damaged_evidence_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
