/* The record: strict reading, writing, and that nothing is lost between them. */
#include "reports/record.h"
#include "reports/tests/sample_record.h"

#include <glib/gstdio.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *fixture(const char *name)
{
    g_autofree char *path = g_strdup_printf("%s/tests/data/%s", TEST_DIR, name);
    char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static record *parse(const char *text)
{
    GError *error = NULL;
    record *r = record_parse(text, strlen(text), &error);
    if (error != NULL)
        fail_msg("unexpected: %s", error->message);
    return r;
}

static char *replaced(const char *text, const char *old, const char *new)
{
    assert_non_null(strstr(text, old));
    g_auto(GStrv) pieces = g_strsplit(text, old, 2);
    return g_strjoinv(new, pieces);
}

/* The text is refused with that kind of error, and the message holds what. */
static void assert_refused(const char *text, record_error kind, const char *what)
{
    GError *error = NULL;
    assert_null(record_parse(text, strlen(text), &error));
    assert_true(g_error_matches(error, RECORD_ERROR, (gint)kind));
    if (strstr(error->message, what) == NULL)
        fail_msg("\"%s\" does not name \"%s\"", error->message, what);
    assert_null(strchr(error->message, '\n'));
    g_error_free(error);
}

/* The hand-written fixture has every key: what a reader or a writer forgets is missing here. */
static void every_field_survives(void **state)
{
    (void)state;
    g_autofree char *text = fixture("full.json");
    g_autoptr(record) r = parse(text);
    g_autofree char *again = record_to_json(r);
    assert_string_equal(again, text);
}

static void fields_have_their_values(void **state)
{
    (void)state;
    g_autofree char *text = fixture("full.json");
    g_autoptr(record) r = parse(text);
    assert_string_equal(r->submission_parts->pdata[1], "tests");
    assert_true(r->verdict == RECORD_GRADED);
    const record_part *part = r->parts->pdata[0];
    const record_feedback *f = part->feedback->pdata[0];
    assert_true(part->verdict == RECORD_PARTIAL && f->line == 12 && f->points_lost == 2.75);
    assert_null(((const record_feedback *)part->feedback->pdata[1])->file);
    const record_figure *figure = r->figures->pdata[0];
    assert_true(figure->low == 30.1 && figure->high == 32.7 && figure->ratio_high == 1.66);
    assert_true(figure->n == 41);
    assert_null(((const record_figure *)r->figures->pdata[1])->ratio_to);
    const record_function *function = r->calls->functions->pdata[0];
    assert_true(function->calls == 9982 && function->primitive_calls == 8005);
    assert_true(function->inclusive_ir == INT64_MAX);
    assert_true(r->calls->total_ir == UINT64_C(9007199254740993)); /* more than a double holds */
    const record_line *line = r->calls->lines->pdata[0];
    assert_true(line->hits == -1 &&
                line->costs[RECORD_PEAK_BYTES] == -1); /* as it was written once */
    line = r->calls->lines->pdata[1];
    assert_true(line->hits == 2 && line->costs[RECORD_CACHE_MISSES] == 6);
    assert_true(line->costs[RECORD_PEAK_BYTES] == 9 && line->costs[RECORD_LEAKED_BLOCKS] == 0);
    const record_heap *heap = r->heaps->pdata[0];
    assert_true(heap->peak == 1 && heap->peak_tree->children->len == 1);
    const record_finding *finding = r->findings->pdata[0];
    assert_true(finding->suppressed && finding->column == 4);
}

static void optional_keys_may_be_left_out(void **state)
{
    (void)state;
    g_autofree char *text = fixture("minimal.json");
    g_autoptr(record) r = parse(text);
    assert_null(r->calls);
    assert_int_equal(r->tests->len, 0);
    assert_string_equal(r->note, "");
}

static void unknown_keys_are_ignored(void **state)
{
    (void)state;
    g_autofree char *text = fixture("minimal.json");
    g_autofree char *more = replaced(text, "{\"schema\"", "{\"later\": [1], \"schema\"");
    g_autoptr(record) r = parse(more);
    assert_non_null(r);
}

typedef struct refusal {
    const char *old, *new; /* what to replace in full.json */
    record_error kind;
    const char *message;
} refusal;

static const refusal refusals[] = {
    {"\"version\": 1", "\"version\": 2", RECORD_ERROR_SCHEMA, "version 2 is unknown"},
    {"\"version\": 1", "\"version\": \"1\"", RECORD_ERROR_SCHEMA,
     "version: expected an integer, found a string"},
    {"objlab/result", "objlab/bench", RECORD_ERROR_SCHEMA, "the schema is \"objlab/bench\""},
    {"\"rubric\"", "\"score\": 1, \"rubric\"", RECORD_ERROR_SYNTAX, "duplicate"},
    {"12.25", "NaN", RECORD_ERROR_SYNTAX, "line "},
    {"12.25", "Infinity", RECORD_ERROR_SYNTAX, "column"},
    {"12.25", "1e999", RECORD_ERROR_SYNTAX, "line"},
    {"12.25", "20.5", RECORD_ERROR_SCHEMA, "score: 20.5 is above max_score 20"},
    {"20.0", "10000", RECORD_ERROR_SCHEMA, "score, max_score: points are between 0 and 9999"},
    {"12.25", "-1", RECORD_ERROR_SCHEMA, "score"},
    {"12.25", "\"12.25\"", RECORD_ERROR_SCHEMA, "score: expected a number, found a string"},
    {"\"graded\"", "\"perfect\"", RECORD_ERROR_SCHEMA, "verdict: \"perfect\" is not a verdict"},
    {"\"graded\"", "\"timed out\"", RECORD_ERROR_SCHEMA, "verdict"},
    {"\"partial\"", "\"graded\"", RECORD_ERROR_SCHEMA, "parts[0].verdict"},
    {"\"line\": 12", "\"line\": 1.5", RECORD_ERROR_SCHEMA, "parts[0].feedback[0].line"},
    {"\"line\": 12", "\"line\": -1", RECORD_ERROR_SCHEMA, "-1 is outside 0..4294967295"},
    {"\"line\": 12", "\"line\": 4294967296", RECORD_ERROR_SCHEMA, "outside"},
    {"\"low\": 30.1", "\"low\": 31.5", RECORD_ERROR_SCHEMA, "measurements[0]"},
    {"\"unit\": \"ns\",", "", RECORD_ERROR_SCHEMA, "measurements[0]: the key \"unit\" is missing"},
    {"\"primitive_calls\": 8005", "\"primitive_calls\": 9983", RECORD_ERROR_SCHEMA,
     "calls.functions[0]"},
    {"9223372036854775807", "9223372036854775808", RECORD_ERROR_SYNTAX, "big"},
    {"\"hits\": -1", "\"hits\": -2", RECORD_ERROR_SCHEMA, "calls.lines[0].hits"},
    {"\"peak_bytes\": 9", "\"peak_bytes\": -9", RECORD_ERROR_SCHEMA, "calls.lines[1].peak_bytes"},
    {"\"peak_bytes\": 9", "\"peak_bytes\": 0.5", RECORD_ERROR_SCHEMA, "calls.lines[1].peak_bytes"},
    {"\"peak\": 1", "\"peak\": 2", RECORD_ERROR_SCHEMA, "heap[0].peak"},
    {"\"mutant\"", "\"mutation\"", RECORD_ERROR_SCHEMA, "tests[0].kind"},
    {"\"suppressed\": true", "\"suppressed\": 1", RECORD_ERROR_SCHEMA,
     "findings[0].suppressed: expected true or false, found an integer"},
    {"\"children\": []", "\"children\": {}", RECORD_ERROR_SCHEMA,
     "heap[0].peak_tree.children[0].children: expected an array, found an object"},
    {"\"LC_ALL=C\"", "7", RECORD_ERROR_SCHEMA, "fingerprint.environment[0]: expected a string"},
    {"int x;", "int\\u0000x;", RECORD_ERROR_SYNTAX, "NUL"},
};

static void damage_is_refused_with_its_place(void **state)
{
    (void)state;
    g_autofree char *text = fixture("full.json");
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        const refusal *t = &refusals[i];
        g_autofree char *broken = replaced(text, t->old, t->new);
        assert_refused(broken, t->kind, t->message);
    }
}

static void other_documents_are_refused(void **state)
{
    (void)state;
    assert_refused("", RECORD_ERROR_SYNTAX, "line 1");
    assert_refused("[]", RECORD_ERROR_SCHEMA, "the record: expected an object, found an array");
    assert_refused("{}", RECORD_ERROR_SCHEMA, "the key \"schema\" is missing");
    assert_refused("{\"schema\"", RECORD_ERROR_SYNTAX, "line 1, column 9");
    assert_refused("\xff\xfe", RECORD_ERROR_SYNTAX, "line 1");
    g_autofree char *nested = g_strnfill(100000, '[');
    assert_refused(nested, RECORD_ERROR_SYNTAX, "depth");
}

/* Every prefix of a record is refused, and none crashes. */
static void truncation_is_refused(void **state)
{
    (void)state;
    g_autofree char *text = fixture("full.json");
    for (size_t n = 0; n + 2 < strlen(text); n++) {
        GError *error = NULL;
        assert_null(record_parse(text, n, &error));
        assert_true(g_error_matches(error, RECORD_ERROR, RECORD_ERROR_SYNTAX));
        g_error_free(error);
    }
}

static void deep_heap_trees_are_refused(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    record_heap *heap = record_add_heap(r, "dict", "i");
    record_heap_node *node = heap->peak_tree = record_heap_node_new("n", 1);
    for (int depth = 2; depth <= RECORD_MAX_DEPTH; depth++) {
        record_heap_node *child = record_heap_node_new("n", 1);
        g_ptr_array_add(node->children, child);
        node = child;
    }
    assert_true(record_is_valid(r, NULL));
    g_autofree char *text = record_to_json(r);
    record_free(parse(text));
    g_ptr_array_add(node->children, record_heap_node_new("n", 1));
    g_autofree char *why = NULL;
    assert_false(record_is_valid(r, &why));
    assert_non_null(strstr(why, "heap[0].peak_tree"));
    assert_null(record_to_json(r));
}

static const char *const nasty[] = {"",
                                    "plain",
                                    "</script><script>alert(1)</script>",
                                    "\"\\\n\t\r\b\f",
                                    "\x01\x1b[31mred\x7f",
                                    "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae",
                                    "\xf0\x9f\x98\x80",
                                    "\xff\xc3\x28\xed\xa0\x80",
                                    "]]>&amp;'"};

static const char *any_text(GRand *rand)
{
    return nasty[g_rand_int_range(rand, 0, G_N_ELEMENTS(nasty))];
}

/* A number of at most 15 digits, which is what a record keeps. */
static double any_real(GRand *rand)
{
    return (double)g_rand_int(rand) / 1000;
}

static double any_points(GRand *rand)
{
    return (double)g_rand_int_range(rand, 0, RECORD_MAX_POINTS * 100) / 100;
}

static void add_random_pieces(GRand *rand, record *r)
{
    record_part *part = record_add_part(r, any_text(rand), any_text(rand), RECORD_MAX_POINTS);
    part->score = any_points(rand);
    part->verdict = (record_verdict)g_rand_int_range(rand, 0, RECORD_GRADED);
    record_part_say(part, any_points(rand), any_text(rand), g_rand_int(rand), "%s", any_text(rand));
    record_figure *f = record_add_figure(r, any_text(rand), any_text(rand), any_text(rand),
                                         any_text(rand), -any_real(rand));
    f->high = any_real(rand);
    record_add_finding(r, any_text(rand), any_text(rand), any_text(rand), g_rand_int(rand),
                       any_text(rand));
    record_add_test(r, "test", any_text(rand), g_rand_boolean(rand), any_text(rand));
    const char *text = any_text(rand);
    record_add_source(r, any_text(rand), text, strlen(text) + 1); /* with a NUL byte */
}

static void whatever_is_written_is_read_back(void **state)
{
    (void)state;
    GRand *rand = g_rand_new_with_seed(20250314);
    for (int round = 0; round < 200; round++) {
        g_autoptr(record) r = record_new();
        record_set_text(&r->submission_name, any_text(rand));
        for (int n = g_rand_int_range(rand, 0, 5); n > 0; n--)
            add_random_pieces(rand, r);
        g_autofree char *text = record_to_json(r);
        assert_non_null(text);
        assert_true(g_utf8_validate(text, -1, NULL));
        g_autoptr(record) back = parse(text);
        g_autofree char *again = record_to_json(back);
        assert_string_equal(again, text);
        assert_string_equal(back->submission_name, r->submission_name);
        for (unsigned i = 0; i < r->figures->len; i++) {
            const record_figure *a = r->figures->pdata[i];
            const record_figure *b = back->figures->pdata[i];
            assert_true(a->median == b->median && a->high == b->high);
        }
    }
    g_rand_free(rand);
}

static void the_sample_is_valid(void **state)
{
    (void)state;
    g_autoptr(record) r = sample_record_new(TEST_DIR "/tests/data");
    assert_true(record_is_valid(r, NULL));
    assert_int_equal(r->sources->len, 3);
    g_autofree char *text = record_to_json(r);
    g_autoptr(record) back = parse(text);
    g_autofree char *again = record_to_json(back);
    assert_string_equal(again, text);
    double sum = 0;
    for (unsigned i = 0; i < r->parts->len; i++)
        sum += ((const record_part *)r->parts->pdata[i])->score;
    assert_true(sum == r->score);
}

static void reals_are_written_short(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    r->score = 97.35;
    r->max_score = 100;
    g_autofree char *text = record_to_json(r);
    assert_non_null(strstr(text, "\"score\": 97.35,"));
}

static void invalid_records_are_not_written(void **state)
{
    (void)state;
    g_autoptr(record) r = record_new();
    r->score = NAN;
    GError *error = NULL;
    assert_false(record_write(r, "/nowhere/at/all.json", &error));
    assert_true(g_error_matches(error, RECORD_ERROR, RECORD_ERROR_SCHEMA));
    g_clear_error(&error);
    r->score = 0;
    assert_false(record_write(r, "/nowhere/at/all.json", &error));
    assert_true(g_error_matches(error, RECORD_ERROR, RECORD_ERROR_READ));
    assert_non_null(strstr(error->message, "/nowhere/at/all.json"));
    g_clear_error(&error);
}

static void files_are_written_whole(void **state)
{
    (void)state;
    g_autofree char *dir = g_dir_make_tmp("objlab-XXXXXX", NULL);
    assert_non_null(dir);
    g_autofree char *path = g_build_filename(dir, "result.json", NULL);
    g_autoptr(record) r = sample_record_new(TEST_DIR "/tests/data");
    assert_true(record_write(r, path, NULL));
    assert_true(record_write(r, path, NULL)); /* over an old one */
    g_autoptr(record) back = record_read(path, NULL);
    assert_non_null(back);
    assert_int_equal(back->parts->len, r->parts->len);
    /* nothing but the file is left */
    GDir *listing = g_dir_open(dir, 0, NULL);
    assert_string_equal(g_dir_read_name(listing), "result.json");
    assert_null(g_dir_read_name(listing));
    g_dir_close(listing);
    assert_int_equal(g_unlink(path), 0);
    assert_int_equal(g_rmdir(dir), 0);
}

static void unreadable_paths_are_errors(void **state)
{
    (void)state;
    g_autofree char *dir = g_dir_make_tmp("objlab-XXXXXX", NULL);
    g_autofree char *fifo = g_build_filename(dir, "fifo", NULL);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const char *const paths[] = {"/nowhere/at/all.json", dir, fifo};
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        GError *error = NULL;
        assert_null(record_read(paths[i], &error));
        assert_true(g_error_matches(error, RECORD_ERROR, RECORD_ERROR_READ));
        assert_non_null(strstr(error->message, paths[i]));
        g_error_free(error);
    }
    assert_int_equal(g_unlink(fifo), 0);
    assert_int_equal(g_rmdir(dir), 0);
}

static void verdicts_have_names(void **state)
{
    (void)state;
    for (unsigned v = 0; v < RECORD_N_VERDICTS; v++) {
        record_verdict back = RECORD_N_VERDICTS;
        assert_true(record_verdict_from_name(record_verdict_name((record_verdict)v), &back));
        assert_true((unsigned)back == v);
    }
    record_verdict untouched = RECORD_VOID;
    assert_false(record_verdict_from_name("nonsense", &untouched));
    assert_true(untouched == RECORD_VOID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_survives),
        cmocka_unit_test(fields_have_their_values),
        cmocka_unit_test(optional_keys_may_be_left_out),
        cmocka_unit_test(unknown_keys_are_ignored),
        cmocka_unit_test(damage_is_refused_with_its_place),
        cmocka_unit_test(other_documents_are_refused),
        cmocka_unit_test(truncation_is_refused),
        cmocka_unit_test(deep_heap_trees_are_refused),
        cmocka_unit_test(whatever_is_written_is_read_back),
        cmocka_unit_test(the_sample_is_valid),
        cmocka_unit_test(reals_are_written_short),
        cmocka_unit_test(invalid_records_are_not_written),
        cmocka_unit_test(files_are_written_whole),
        cmocka_unit_test(unreadable_paths_are_errors),
        cmocka_unit_test(verdicts_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
