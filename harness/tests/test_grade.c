/*
 * test_grade.c -- whole gradings: the solution, the starter, every known-wrong submission against
 * the verdicts written beside it, repeated and recomputed gradings, and an interrupted one.
 */
#include "harness/judge/class.h"
#include "harness/judge/grade.h"
#include "harness/judge/ini.h"
#include "harness/sandbox/sandbox.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define OBJLAB BUILD_DIR "/harness/cli/objlab"

/* A grading is the same whatever the judge was built with, and takes longest of all tests: a build
 * with sanitizers or counters of lines does those that take another path. The other builds do all.
 */
#ifdef GRADE_FEW
enum { GRADES_FEW = 1 };
#else
enum { GRADES_FEW = 0 };
#endif

static int make_folder(void **state)
{
    *state = g_dir_make_tmp("objlab-test-XXXXXX", NULL);
    return *state == NULL;
}

static int remove_folder(void **state)
{
    bool ok = sandbox_remove_tree(*state);
    g_free(*state);
    return !ok;
}

static record *grade_folder(const char *folder, const char *out)
{
    GError *error = NULL;
    const grade_options options = {.folder = folder, .out = out, .quick = true};
    record *r = grade_run(&options, &error);
    if (r == NULL)
        fail_msg("%s: %s", folder, error->message);
    return r;
}

static const record_part *part_of(const record *r, const char *name)
{
    for (guint i = 0; i < r->parts->len; i++) {
        const record_part *part = g_ptr_array_index(r->parts, i);
        if (strcmp(part->name, name) == 0)
            return part;
    }
    fail_msg("no part %s", name);
    return NULL;
}

/* Instruction counts and bytes, one a line: what must repeat exactly. */
static char *counts_of(const record *r)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < r->figures->len; i++) {
        const record_figure *f = g_ptr_array_index(r->figures, i);
        if (strcmp(f->unit, "ns") != 0)
            g_string_append_printf(text, "%s %s %s %.17g\n", f->name, f->layout, f->subject,
                                   f->median);
    }
    if (r->calls != NULL)
        g_string_append_printf(text, "total %" G_GUINT64_FORMAT "\n", r->calls->total_ir);
    return g_string_free(text, FALSE);
}

static bool exists(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS) != FALSE;
}

/* The number of the first line of a source that holds text. */
static uint32_t line_with(const record *r, const char *file, const char *text)
{
    for (guint i = 0; i < r->sources->len; i++) {
        const record_source *source = g_ptr_array_index(r->sources, i);
        const char *found = strcmp(source->file, file) == 0 ? strstr(source->text, text) : NULL;
        uint32_t line = 1;
        for (const char *p = source->text; found != NULL && p < found; p++)
            line += *p == '\n';
        if (found != NULL)
            return line;
    }
    fail_msg("no \"%s\" in %s", text, file);
    return 0;
}

static const record_line *cost_of(const record *r, const char *file, const char *text)
{
    uint32_t number = line_with(r, file, text);
    for (guint i = 0; i < r->calls->lines->len; i++) {
        const record_line *line = g_ptr_array_index(r->calls->lines, i);
        if (line->line == number && strcmp(line->file, file) == 0)
            return line;
    }
    fail_msg("nothing is known of %s:%u", file, number);
    return NULL;
}

static uint64_t calls_of(const record *r, const char *function)
{
    for (guint i = 0; i < r->calls->functions->len; i++) {
        const record_function *f = g_ptr_array_index(r->calls->functions, i);
        if (strcmp(f->name, function) == 0)
            return f->calls;
    }
    fail_msg("no function %s", function);
    return 0;
}

/* The runs that the line table joins are of one program: they agree where they see the same. */
static void assert_lines_agree(const record *r)
{
    enum { ARENA_BYTES = 256 << 10 };
    for (guint i = 0; i < r->calls->lines->len; i++) {
        const record_line *line = g_ptr_array_index(r->calls->lines, i);
        for (int k = 0; k < RECORD_N_LINE_COSTS; k++)
            assert_true(line->costs[k] >= 0);
        assert_true(line->costs[RECORD_CACHE_MISSES] >= line->costs[RECORD_MEMORY_MISSES]);
        assert_true(line->costs[RECORD_ALLOCATED_BYTES] >= line->costs[RECORD_PEAK_BYTES]);
        assert_int_equal(line->costs[RECORD_LEAKED_BLOCKS], 0);
    }
    const record_line *entry = cost_of(r, "layouts.c", "hw_status hw_object_get(");
    assert_true(entry->hits > 0 && (uint64_t)entry->hits == calls_of(r, "hw_object_get"));
    const record_line *arenas = cost_of(r, "pool.c", "= hw_arena_map()");
    assert_true(arenas->hits > 0 && (uint64_t)arenas->hits == calls_of(r, "hw_arena_map"));
    assert_true(arenas->costs[RECORD_ALLOCATED_BYTES] == arenas->hits * ARENA_BYTES);
    assert_true(arenas->costs[RECORD_PEAK_BYTES] >= ARENA_BYTES);
}

static void assert_repeats(const record *first, const char *folder)
{
    g_autofree char *two = g_build_filename(folder, "two", NULL);
    g_autoptr(record) second = grade_folder(PROJECT_DIR "/homework/solution", two);
    assert_true(second->score == first->score);
    g_autofree char *x = counts_of(first);
    g_autofree char *y = counts_of(second);
    assert_string_equal(x, y);
}

static void the_solution_gets_everything(void **state)
{
    g_autofree char *one = g_build_filename(*state, "one", NULL);
    g_autoptr(record) first = grade_folder(PROJECT_DIR "/homework/solution", one);
    assert_true(first->score == first->max_score);
    assert_non_null(first->calls);
    assert_true(first->calls->stacks->len > 10);
    assert_true(first->calls->lines->len > 10);
    assert_lines_agree(first);
    assert_int_equal(first->heaps->len, 3);
    assert_true(exists(one, "result.json"));
    assert_true(exists(one, "report.html"));
    assert_true(exists(one, "report.junit.xml"));
    assert_false(exists(one, ".grading"));
    for (guint i = 0; i < first->parts->len; i++) {
        const record_part *part = g_ptr_array_index(first->parts, i);
        assert_true(part->evidence->len > 0 || strcmp(part->name, "lint") == 0);
        for (guint k = 0; k < part->evidence->len; k++)
            assert_true(exists(one, g_ptr_array_index(part->evidence, k)));
    }
    /* from the stored evidence, nothing run: the same record */
    const grade_options again = {.folder = one, .recompute = true};
    g_autoptr(record) recomputed = grade_run(&again, NULL);
    assert_non_null(recomputed);
    g_autofree char *a = record_to_json(first);
    g_autofree char *b = record_to_json(recomputed);
    assert_string_equal(a, b);
    if (!GRADES_FEW)
        assert_repeats(first, *state);
}

/* A leak shows at its line, whether or not the part was fit to run in the workload. */
static void assert_leak_has_a_line(const record *r)
{
    int64_t most = 0;
    for (guint i = 0; r->calls != NULL && i < r->calls->lines->len; i++) {
        const record_line *line = g_ptr_array_index(r->calls->lines, i);
        if (strcmp(line->file, "layouts.c") == 0)
            most = MAX(most, line->costs[RECORD_LEAKED_BLOCKS]);
    }
    assert_true(most > 0);
}

static void the_starter_gets_few_points(void **state)
{
    g_autoptr(record) r = grade_folder(PROJECT_DIR "/homework/starter", *state);
    assert_true(r->score < r->max_score / 2);
    assert_int_equal(r->verdict, RECORD_GRADED);
    for (guint i = 0; i < r->parts->len; i++) {
        const record_part *part = g_ptr_array_index(r->parts, i);
        assert_int_not_equal(part->verdict, RECORD_HARNESS_FAULT);
        assert_true(part->score == part->max_score || part->feedback->len > 0);
    }
}

/* The verdicts of expected.ini that do not come, as text; "" if all do. A submission is tampering
 * if a part is expected to be, and only then. */
static char *unexpected(const record *r, const char *folder)
{
    bool tampering = false;
    g_autofree char *path = g_build_filename(folder, "expected.ini", NULL);
    g_autoptr(ini) expected = ini_read(path, NULL);
    assert_non_null(expected);
    GString *text = g_string_new(NULL);
    unsigned n_expected = 0;
    for (guint i = 0; i < expected->entries->len; i++) {
        const ini_entry *entry = g_ptr_array_index(expected->entries, i);
        if (entry->key == NULL || strcmp(entry->group, "expected") != 0)
            continue;
        n_expected++;
        const record_part *part = part_of(r, entry->key);
        tampering = tampering || strcmp(entry->value, "tampering") == 0;
        if (strcmp(record_verdict_name(part->verdict), entry->value) != 0)
            g_string_append_printf(text, "%s: %s is '%s', expected '%s'\n", folder, entry->key,
                                   record_verdict_name(part->verdict), entry->value);
    }
    assert_true(n_expected > 0);
    record_verdict whole = tampering ? RECORD_TAMPERING : RECORD_GRADED;
    if (r->verdict != whole && r->verdict != RECORD_REJECTED)
        g_string_append_printf(text, "%s: %s, expected %s\n", folder,
                               record_verdict_name(r->verdict), record_verdict_name(whole));
    return g_string_free(text, FALSE);
}

/* Of the known-wrong, few are one of every way in which a submission ends. */
static bool is_graded_here(const char *name)
{
    static const char *const few[] = {
        "crash", "defines-malloc", "endless-loop", "leak", "memory-bomb", "output-flood", NULL};
    return !GRADES_FEW || g_strv_contains(few, name);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Folders of the folder, sorted. */
static GPtrArray *folders_in(const char *folder)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(folder, 0, NULL);
    assert_non_null(dir);
    const char *name = NULL;
    while ((name = g_dir_read_name(dir)) != NULL) {
        char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            g_ptr_array_add(paths, path);
        else
            g_free(path);
    }
    g_dir_close(dir);
    g_ptr_array_sort(paths, by_name);
    return paths;
}

static void every_known_wrong_gets_its_verdict(void **state)
{
    g_autoptr(GString) wrong = g_string_new(NULL);
    g_autoptr(GPtrArray) folders = folders_in(PROJECT_DIR "/homework/known-wrong");
    assert_true(folders->len >= 8);
    unsigned n_leaks = 0;
    for (guint i = 0; i < folders->len; i++) {
        const char *folder = g_ptr_array_index(folders, i);
        g_autofree char *name = g_path_get_basename(folder);
        g_autofree char *out = g_build_filename(*state, name, NULL);
        if (!is_graded_here(name))
            continue;
        g_autoptr(record) r = grade_folder(folder, out);
        g_autofree char *text = unexpected(r, folder);
        g_string_append(wrong, text);
        if (strcmp(name, "leak") == 0) {
            assert_leak_has_a_line(r);
            n_leaks++;
        }
    }
    assert_int_equal(n_leaks, 1);
    if (wrong->len > 0)
        fail_msg("%s", wrong->str);
}

static void unreadable_input_is_usage(void **state)
{
    static const char *const rubric = PROJECT_DIR "/homework/known-wrong/leak/expected.ini";
    const grade_options cases[] = {
        {.folder = "/nonexistent/folder", .out = *state},
        {.folder = PROJECT_DIR "/cmake", .out = *state},
        {.folder = PROJECT_DIR "/homework/solution", .rubric = rubric, .out = *state},
        {.folder = PROJECT_DIR "/homework/solution", .rubric = "/nonexistent.ini", .out = *state},
        {.folder = *state, .recompute = true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(record) r = grade_run(&cases[i], &error);
        assert_null(r);
        assert_true(g_error_matches(error, GRADE_ERROR, GRADE_ERROR_USAGE));
        assert_null(strchr(error->message, '\n'));
    }
    assert_false(exists(*state, "result.json"));
}

static void a_place_that_cannot_be_written_is_our_fault(void **state)
{
    g_autofree char *file = g_build_filename(*state, "file", NULL);
    assert_true(g_file_set_contents(file, "", -1, NULL));
    const grade_options options = {.folder = PROJECT_DIR "/homework/solution", .out = file};
    g_autoptr(GError) error = NULL;
    g_autoptr(record) r = grade_run(&options, &error);
    assert_null(r);
    assert_true(g_error_matches(error, GRADE_ERROR, GRADE_ERROR_HARNESS));
}

/* Number of entries of a folder; 0 if there is none. */
static unsigned n_entries(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    unsigned n = 0;
    while (dir != NULL && g_dir_read_name(dir) != NULL)
        n++;
    if (dir != NULL)
        g_dir_close(dir);
    return n;
}

/* True if a process has text among its arguments. */
static bool some_process_has(const char *text)
{
    GDir *dir = g_dir_open("/proc", 0, NULL);
    const char *name = NULL;
    bool found = false;
    while (!found && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename("/proc", name, "cmdline", NULL);
        g_autofree char *line = NULL;
        gsize n_bytes = 0;
        if (g_ascii_isdigit(*name) && g_file_get_contents(path, &line, &n_bytes, NULL))
            found = g_strstr_len(line, (gssize)n_bytes, text) != NULL ||
                    memmem(line, n_bytes, text, strlen(text)) != NULL;
    }
    g_dir_close(dir);
    return found;
}

static void an_interrupted_grading_leaves_nothing(void **state)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    static const double after_s[] = {0.3, 4.0};
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *out = g_strdup_printf("%s/killed-%zu", (const char *)*state, i);
        const char *argv[] = {OBJLAB, "grade", "--out", out, PROJECT_DIR "/homework/solution",
                              NULL};
        GPid pid = 0;
        assert_true(g_spawn_async(NULL, (char **)(gsize)argv, NULL,
                                  G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL |
                                      G_SPAWN_STDOUT_TO_DEV_NULL,
                                  NULL, NULL, &pid, NULL));
        g_usleep((gulong)(after_s[i] * G_USEC_PER_SEC));
        assert_int_equal(kill(pid, numbers[i]), 0);
        int status = 0;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 128 + numbers[i]);
        assert_int_equal(n_entries(out), 0);
        assert_false(some_process_has(out));
    }
}

static void a_class_survives_a_bad_submission(void **state)
{
    g_autofree char *class_folder = g_build_filename(*state, "class", NULL);
    g_autofree char *out = g_build_filename(*state, "out", NULL);
    static const struct {
        const char *name, *file, *text;
    } students[] = {{"ann", "pool.c", "int f(void) { return x; }\n"},
                    {"=bob,\"b\"", "notes.txt", "nothing here"},
                    {"<eve>", "findings.ini", "[calls]\n"}};
    for (size_t i = 0; i < G_N_ELEMENTS(students); i++) {
        g_autofree char *folder = g_build_filename(class_folder, students[i].name, NULL);
        g_autofree char *path = g_build_filename(folder, students[i].file, NULL);
        assert_int_equal(g_mkdir_with_parents(folder, 0755), 0);
        assert_true(g_file_set_contents(path, students[i].text, -1, NULL));
    }
    static const char *const argv[] = {OBJLAB, "grade", "--quick", NULL};
    class_options options = {.folder = class_folder, .out = out, .grade_argv = argv};
    g_autoptr(GError) error = NULL;
    g_autoptr(class_result) first = class_run(&options, &error);
    assert_non_null(first);
    assert_int_equal(first->entries->len, 3);
    assert_int_equal(first->n_failed, 1); /* the one without a part */
    options.resume = true;
    g_autoptr(class_result) second = class_run(&options, &error);
    assert_non_null(second);
    unsigned n_kept = 0;
    for (guint i = 0; i < 3; i++)
        n_kept += ((const class_entry *)g_ptr_array_index(second->entries, i))->kept;
    assert_int_equal(n_kept, 2);
    g_autofree char *book = class_gradebook(second);
    g_autofree char *page = class_html(second);
    assert_non_null(strstr(book, "\"'=bob,\"\"b\"\"\",,,not graded"));
    assert_non_null(strstr(page, "&lt;eve&gt;"));
    assert_null(strstr(page, "<eve>"));
    assert_true(exists(out, "gradebook.csv") && exists(out, "class.html"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(unreadable_input_is_usage),
        TEST(a_place_that_cannot_be_written_is_our_fault),
        TEST(an_interrupted_grading_leaves_nothing),
        TEST(the_solution_gets_everything),
        TEST(the_starter_gets_few_points),
        TEST(every_known_wrong_gets_its_verdict),
        TEST(a_class_survives_a_bad_submission),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
