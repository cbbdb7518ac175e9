/*
 * plan_tests.c -- the student's tests on every correct implementation, on every seeded bug, and
 * on the solution with coverage counters.
 *
 * Every program has the same name and place, and nothing of the bug is in its files: a test
 * cannot see which one it is linked with other than by testing it.
 */
#include "harness/judge/build.h"
#include "harness/judge/mutants.h"
#include "harness/judge/plan_steps.h"

#include <string.h>

#define TESTS_DRIVER "driver-drive_tests"

/* The driver makes allocations fail; symbols would tell which implementation this is. */
static const char *const link_flags[] = {"-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc", "-s",
                                         NULL};

static bool has_tests(const session *s)
{
    return s->e->parts[SUBMISSION_TESTS].state == EVIDENCE_BUILT;
}

/* No debug information: it would be stripped. */
static const char *const compile_flags[] = {"-g0", NULL};

/* Compiles a changed pool.c or layouts.c as unit "mutant-NAME". */
static bool compile_mutant(session *s, GPtrArray *jobs, const mutant *m, GError **error)
{
    g_autofree char *unit = g_strdup_printf("mutant-%s", m->name);
    g_autofree char *solution = session_data_path(s, "homework/solution");
    g_autofree char *patches = session_data_path(s, "homework/mutants");
    const build_unit what = {unit, solution, "/solution", m->file, compile_flags};
    jobs_item *j = build_compile_job(s, &what, error);
    if (j == NULL)
        return false;
    jobs_item_mount(j, patches, "/mutants", false);
    g_autofree char *script = g_strdup_printf(
        "cp /solution/%s /out && cd /out && patch -s -p1 < /mutants/%s.patch && exec \"$@\"",
        m->file, m->name);
    g_ptr_array_insert(j->outcome->argv, 0, g_strdup("/usr/bin/sh"));
    g_ptr_array_insert(j->outcome->argv, 1, g_strdup("-c"));
    g_ptr_array_insert(j->outcome->argv, 2, g_steal_pointer(&script));
    g_ptr_array_insert(j->outcome->argv, 3, g_strdup("sh"));
    g_ptr_array_add(jobs, j);
    return true;
}

static bool compile_variant(session *s, GPtrArray *jobs, const mutant *m, GError **error)
{
    g_autofree char *relative = g_strdup_printf("homework/correct/%s", m->name);
    g_autofree char *folder = session_data_path(s, relative);
    static const char *const files[] = {"pool", "layouts"};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *unit = g_strdup_printf("variant-%s-%s", m->name, files[i]);
        g_autofree char *file = g_strconcat(files[i], ".c", NULL);
        g_autofree char *path = g_build_filename(folder, file, NULL);
        const build_unit what = {unit, folder, "/variant", file, compile_flags};
        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            continue;
        if (!jobs_add(jobs, build_compile_job(s, &what, error)))
            return false;
    }
    return true;
}

bool plan_tests_compile(session *s, GPtrArray *jobs, GError **error)
{
    g_autoptr(mutants) all = mutants_read(s->data, error);
    if (all == NULL)
        return false;
    if (s->s->files[SUBMISSION_TESTS].bytes == NULL)
        return true;
    for (guint i = 1; i < all->correct->len; i++) {
        if (!compile_variant(s, jobs, g_ptr_array_index(all->correct, i), error))
            return false;
    }
    for (guint i = 0; i < all->seeded->len; i++) {
        if (!compile_mutant(s, jobs, g_ptr_array_index(all->seeded, i), error))
            return false;
    }
    return true;
}

/* The unit that takes a part's place in the program of one implementation. */
static char *unit_of(session *s, const mutant *m, submission_part part)
{
    const char *name = submission_part_name(part);
    if (m->file != NULL && strcmp(m->file, submission_part_file(part)) == 0)
        return g_strdup_printf("mutant-%s", m->name);
    g_autofree char *variant = g_strdup_printf("variant-%s-%s", m->name, name);
    if (m->file == NULL && build_compiled(s, variant))
        return g_steal_pointer(&variant);
    return build_solution_unit(part);
}

static bool link_tests(session *s, GPtrArray *jobs, const mutant *m, GError **error)
{
    g_autofree char *program = g_strdup_printf("tests-%s", m->name);
    g_autofree char *pool = unit_of(s, m, SUBMISSION_POOL);
    g_autofree char *layouts = unit_of(s, m, SUBMISSION_LAYOUTS);
    const char *units[] = {TESTS_DRIVER, "submission-tests", pool, layouts, NULL};
    return jobs_add(jobs, build_link_job(s, program, units, link_flags, error));
}

static bool link_coverage(session *s, GPtrArray *jobs, GError **error)
{
    const char *units[] = {TESTS_DRIVER, "submission-tests", NULL};
    jobs_item *j = build_link_job(s, "tests-coverage", units, link_flags, error);
    if (j == NULL)
        return false;
    g_autofree char *solution = session_data_path(s, "homework/solution");
    g_autofree char *contract = session_data_path(s, "homework/contract");
    jobs_item_mount(j, solution, "/solution", false);
    jobs_item_mount(j, contract, "/contract", false);
    jobs_item_arguments(
        j, JOBS_ARGUMENTS(PLAN_COVERAGE_FLAGS, "/solution/pool.c", "/solution/layouts.c"));
    g_ptr_array_add(jobs, j);
    return true;
}

bool plan_tests_link(session *s, GPtrArray *jobs, GError **error)
{
    if (!has_tests(s))
        return true;
    g_autoptr(mutants) all = mutants_read(s->data, error);
    bool ok = all != NULL && link_coverage(s, jobs, error);
    for (guint i = 0; ok && i < all->correct->len; i++)
        ok = link_tests(s, jobs, g_ptr_array_index(all->correct, i), error);
    for (guint i = 0; ok && i < all->seeded->len; i++)
        ok = link_tests(s, jobs, g_ptr_array_index(all->seeded, i), error);
    return ok;
}

/* Runs one program of the tests; what it says goes to tests/NAME.txt. */
static jobs_item *run_tests(session *s, const char *name)
{
    g_autofree char *job_name = g_strdup_printf("tests/%s", name);
    g_autofree char *answers = g_strconcat(job_name, ".txt", NULL);
    g_autofree char *program = g_strdup_printf("build/tests-%s", name);
    jobs_item *j = session_job(s, job_name, session_run_limits(s));
    g_autofree char *folder = evidence_path(s->e, program);
    bool counts = strcmp(name, "coverage") == 0;
    /* coverage counters are written where the compiler was told to put its output */
    jobs_item_mount(j, folder, counts ? "/out" : "/program", counts);
    jobs_item_arguments(j, JOBS_ARGUMENTS(counts ? "/out/program" : "/program/program"));
    j->answers_path = evidence_path(s->e, answers);
    return j;
}

/* tests/list.ini: what the tests are run against, for whoever computes the grade. */
static bool write_list(session *s, const mutants *all, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < all->correct->len; i++)
        g_string_append_printf(text, "[%s]\nkind = correct\n",
                               ((const mutant *)g_ptr_array_index(all->correct, i))->name);
    for (guint i = 0; i < all->seeded->len; i++) {
        const mutant *m = g_ptr_array_index(all->seeded, i);
        g_string_append_printf(text, "[%s]\nkind = mutant\ntitle = %s\n", m->name, m->title);
    }
    g_autofree char *path = evidence_path(s->e, "tests/list.ini");
    return g_file_set_contents(path, text->str, (gssize)text->len, error) != FALSE;
}

static void run_list(session *s, GPtrArray *jobs, const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++)
        g_ptr_array_add(jobs, run_tests(s, ((const mutant *)g_ptr_array_index(list, i))->name));
}

bool plan_tests(session *s, GPtrArray *jobs, GError **error)
{
    if (!has_tests(s))
        return true;
    g_autoptr(mutants) all = mutants_read(s->data, error);
    if (all == NULL || !session_folder(s, "tests", error) || !write_list(s, all, error))
        return false;
    g_ptr_array_add(jobs, run_tests(s, "coverage"));
    run_list(s, jobs, all->correct);
    return true;
}

/* Tests that do not come to their end on what is correct would only wait for the limits. */
static bool end_in_time(const session *s, const mutants *all)
{
    for (guint i = 0; i < all->correct->len; i++) {
        const mutant *m = g_ptr_array_index(all->correct, i);
        g_autofree char *name = g_strdup_printf("tests/%s", m->name);
        const evidence_job *job = evidence_find_job(s->e, name);
        if (job == NULL || job->result.outcome == SANDBOX_TIMED_OUT)
            return false;
    }
    return true;
}

bool plan_tests_seeded(session *s, GPtrArray *jobs, GError **error)
{
    if (!has_tests(s))
        return true;
    g_autoptr(mutants) all = mutants_read(s->data, error);
    if (all == NULL)
        return false;
    if (end_in_time(s, all))
        run_list(s, jobs, all->seeded);
    return true;
}

bool plan_tests_coverage(session *s, GPtrArray *jobs, GError **error)
{
    (void)error;
    if (!has_tests(s))
        return true;
    jobs_item *j = session_job(s, "tests/gcov", session_tool_limits(s));
    g_autofree char *folder = evidence_path(s->e, "build/tests-coverage");
    jobs_item_mount(j, folder, "/out", false);
    j->cwd = g_strdup("/out");
    jobs_item_arguments(j, JOBS_ARGUMENTS("/usr/bin/gcov", "--json-format", "--stdout",
                                          "program-pool.gcda", "program-layouts.gcda"));
    g_ptr_array_add(jobs, j);
    return true;
}
