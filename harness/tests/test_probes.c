/* Our own profilers on a program that was and one that was not built for them: calls against
 * callgrind's count, time where it must be spent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/profile/exports.h"
#include "harness/profile/probe_profile.h"
#include "harness/profile/profile_run.h"
#include "harness/profile/pstats.h"
#include "harness/profile/valgrind.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

typedef struct scratch {
    char *folder, *file, *log;
} scratch;

static int set_up(void **state)
{
    scratch *s = g_new0(scratch, 1);
    s->folder = g_dir_make_tmp("objlab-test-XXXXXX", NULL);
    s->file = g_build_filename(s->folder, "out", NULL);
    s->log = g_build_filename(s->folder, "log", NULL);
    *state = s;
    return s->folder == NULL;
}

static int tear_down(void **state)
{
    scratch *s = *state;
    (void)g_remove(s->file); /* either may not exist */
    (void)g_remove(s->log);
    (void)g_rmdir(s->folder);
    g_free(s->folder);
    g_free(s->file);
    g_free(s->log);
    g_free(s);
    return 0;
}

static profile_run_result run(const GPtrArray *valgrind_argv, const scratch *s,
                              const char *const *program, const profile_run_options *options)
{
    g_autoptr(GError) error = NULL;
    profile_run_result result = {0};
    g_auto(GStrv) argv = g_strdupv((char **)(uintptr_t)program); /* only read */
    if (!profile_run(valgrind_argv, s->log, argv, options, &result, &error))
        fail_msg("%s", error->message);
    return result;
}

static callgrind_profile *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    callgrind_profile *p = callgrind_parse(text, strlen(text), "probe", &error);
    if (p == NULL)
        fail_msg("%s", error->message);
    return p;
}

/* Runs the program with a probe in it and converts what that wrote. */
static char *profile_with(const char *probe, const scratch *s, const char *const *program)
{
    profile_run_options options = {.stdout_to_stderr = true, .probe = probe, .probe_file = s->file};
    profile_run_result result = run(NULL, s, program, &options);
    assert_int_equal(result.exit_status, 0);
    g_autofree char *text = NULL;
    gsize n_bytes;
    g_autoptr(GError) error = NULL;
    assert_true(g_file_get_contents(s->file, &text, &n_bytes, NULL));
    char *calls = probe_profile_convert(text, n_bytes, "victim", &error);
    if (calls == NULL)
        fail_msg("%s", error->message);
    return calls;
}

static const pstats_row *find_row(const pstats_table *table, const char *name)
{
    for (unsigned i = 0; i < table->rows->len; i++) {
        const pstats_row *row = &g_array_index(table->rows, pstats_row, i);
        if (strcmp(row->name, name) == 0)
            return row;
    }
    fail_msg("no function %s", name);
    return NULL;
}

/* Every function of the program: as many calls, and as many primitive ones, as callgrind saw. */
static void instrumented_calls_are_callgrinds(void **state)
{
    const scratch *s = *state;
    static const char *const program[] = {INSTRUMENTED_VICTIM, NULL};
    static const char *const functions[] = {"fib", "is_even", "is_odd", "fill"};
    g_autofree char *text = profile_with(INSTRUMENT_PROBE, s, program);
    g_autoptr(callgrind_profile) ours = parse(text);
    assert_true(ours->complete);
    g_autoptr(pstats_table) our_table = pstats_new(ours, 0);

    (void)g_remove(s->file);
    g_autoptr(GPtrArray) argv = valgrind_callgrind_argv(s->file, NULL);
    profile_run_options options = {.stdout_to_stderr = true};
    (void)run(argv, s, program, &options);
    g_autoptr(callgrind_profile) theirs = callgrind_read(s->file, NULL);
    assert_non_null(theirs);
    g_autoptr(pstats_table) their_table = pstats_new(theirs, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        const pstats_row *our_row = find_row(our_table, functions[i]);
        const pstats_row *their_row = find_row(their_table, functions[i]);
        assert_int_equal(our_row->calls, their_row->calls);
        assert_int_equal(our_row->primitive_calls, their_row->primitive_calls);
        assert_string_equal(our_row->file, their_row->file);
    }
    const pstats_row *main_row = find_row(our_table, "main");
    assert_true(main_row->inclusive == our_table->total); /* all is within main */
    assert_int_equal(main_row->calls, 1);
    uint64_t n_calls = 0;
    for (guint i = 0; i < our_table->rows->len; i++)
        n_calls += g_array_index(our_table->rows, pstats_row, i).calls;
    assert_int_equal(our_table->n_calls, n_calls);
}

static void samples_find_the_time(void **state)
{
    const scratch *s = *state;
    static const char *const program[] = {VICTIM, "spin", NULL};
    g_autofree char *text = profile_with(SAMPLE_PROBE, s, program);
    g_autoptr(callgrind_profile) p = parse(text);
    assert_true(p->complete);
    g_autoptr(pstats_table) table = pstats_new(p, 0);
    const pstats_row *spin = find_row(table, "spin");
    assert_true(spin->inclusive > table->total / 2);
    assert_true(find_row(table, "main")->inclusive >= spin->inclusive);
    assert_non_null(strstr(spin->file, "victim.c"));
    assert_int_equal(spin->calls, 0); /* a sampler does not know */
}

/* The text of a line of a file. Owner: the caller. */
static char *source_line(const char *path, uint32_t line)
{
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    assert_in_range(line, 1, g_strv_length(lines));
    return g_strdup(lines[line - 1]);
}

static bool is_function(const callgrind_profile *p, uint32_t index, const char *name)
{
    size_t n = strlen(name);
    const char *own = p->functions[index].name;
    return strncmp(own, name, n) == 0 && (own[n] == '\0' || own[n] == '\'');
}

/* Time is at the lines that take it, calls at those that make them, each function is one. */
static void samples_are_of_lines(void **state)
{
    const scratch *s = *state;
    static const char *const program[] = {VICTIM, "spin", NULL};
    g_autofree char *text = profile_with(SAMPLE_PROBE, s, program);
    g_autoptr(callgrind_profile) p = parse(text);
    uint64_t all = 0, loop = 0;
    for (size_t i = 0; i < p->n_lines; i++) {
        const callgrind_line *line = &p->lines[i];
        uint64_t self = callgrind_line_self(p, line)[0];
        if (!is_function(p, line->function, "spin") || self == 0)
            continue;
        g_autofree char *source = source_line(p->files[line->file], line->line);
        all += self;
        if (strstr(source, "i++)") != NULL || strstr(source, "1103515245") != NULL)
            loop += self;
    }
    assert_true(loop > all / 2);
    unsigned n_calls = 0;
    for (size_t i = 0; i < p->n_calls; i++) {
        const callgrind_call *call = &p->calls[i];
        if (!is_function(p, call->callee, "spin"))
            continue;
        g_autofree char *source = source_line(p->files[call->file], call->line);
        assert_non_null(strstr(source, "spin()"));
        assert_true(is_function(p, call->caller, "main"));
        n_calls++;
    }
    assert_int_equal(n_calls, 1);
    g_autoptr(pstats_table) table = pstats_new(p, 0);
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < table->rows->len; i++) {
        const pstats_row *row = &g_array_index(table->rows, pstats_row, i);
        if (strcmp(row->object, VICTIM) == 0)
            assert_true(g_hash_table_add(names, row->name));
    }
    assert_true(g_hash_table_contains(names, "main"));
    assert_false(g_hash_table_contains(names, "another_name_of_spin"));
    assert_true(find_row(table, "victim::step(unsigned int)")->self > table->total / 10);
}

static char *output_of(const char *command)
{
    g_autoptr(GError) error = NULL;
    char *out = NULL;
    int status;
    if (!g_spawn_command_line_sync(command, &out, NULL, &status, &error) || status != 0)
        fail_msg("%s: %s", command, error != NULL ? error->message : "failed");
    return out;
}

/* A program without symbols has functions all the same: named by the address that nm gives. */
static void stripped_functions_are_whole(void **state)
{
    const scratch *s = *state;
    g_autofree char *stripped = g_build_filename(s->folder, "stripped", NULL);
    g_autofree char *strip = g_strdup_printf("strip -s -o %s %s", stripped, VICTIM);
    g_free(output_of(strip));
    g_autofree char *symbols = output_of("nm " VICTIM);
    g_autoptr(GRegex) line = g_regex_new("^([0-9a-f]+) t spin$", G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    assert_true(g_regex_match(line, symbols, 0, &match));
    g_autofree char *address = g_match_info_fetch(match, 1);
    g_autofree char *name = g_strdup_printf("0x%s", address);
    const char *const program[] = {stripped, "spin", NULL};
    g_autofree char *text = profile_with(SAMPLE_PROBE, s, program);
    (void)g_remove(stripped);
    g_autoptr(callgrind_profile) p = parse(text);
    g_autoptr(pstats_table) table = pstats_new(p, 0);
    const pstats_row *spin = find_row(table, name);
    assert_true(spin->inclusive > table->total / 2);
    assert_string_equal(spin->object, stripped);
}

static void outcomes_are_told_apart(void **state)
{
    const scratch *s = *state;
    static const char *const seven[] = {VICTIM, "seven", NULL};
    static const char *const aborting[] = {VICTIM, "abort", NULL};
    static const char *const sleeping[] = {VICTIM, "sleep", NULL};
    profile_run_options options = {
        .stdout_to_stderr = true, .probe = SAMPLE_PROBE, .probe_file = s->file};
    assert_int_equal(run(NULL, s, seven, &options).exit_status, 7);
    assert_int_equal(run(NULL, s, aborting, &options).signal, SIGABRT);
    options.time_limit_s = 0.2;
    assert_true(run(NULL, s, sleeping, &options).is_timed_out);
    char *none[] = {(char *)(uintptr_t) "/nonexistent/program", NULL}; /* only read */
    profile_run_result result;
    g_autoptr(GError) error = NULL;
    assert_false(profile_run(NULL, s->log, none, &options, &result, &error));
    assert_true(g_error_matches(error, PROFILE_RUN_ERROR, PROFILE_RUN_ERROR_NO_PROGRAM));
}

/* What a probe writes may be cut off anywhere. */
static void cut_off_files(void **state)
{
    const scratch *s = *state;
    static const char *const program[] = {INSTRUMENTED_VICTIM, NULL};
    g_autofree char *calls = profile_with(INSTRUMENT_PROBE, s, program);
    g_autofree char *text = NULL;
    gsize n_bytes;
    assert_true(g_file_get_contents(s->file, &text, &n_bytes, NULL));
    for (gsize n = 0; n < n_bytes; n += 97) {
        g_autoptr(GError) error = NULL;
        g_autofree char *converted = probe_profile_convert(text, n, "victim", &error);
        assert_true((converted == NULL) == (error != NULL));
        if (converted != NULL) {
            g_autoptr(callgrind_profile) p = parse(converted);
            assert_true(p->complete);
        }
    }
    g_autoptr(GError) error = NULL;
    assert_null(probe_profile_convert("hello\n", 6, "x", &error));
    assert_non_null(error);
}

/* ---- exports ---- */

static uint64_t varint(const guint8 **p)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        guint8 byte = *(*p)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return value;
    }
}

/* The sum of the values of all samples, field 2 of the profile, field 2 of each sample. */
static uint64_t pprof_sum(const guint8 *p, const guint8 *end)
{
    uint64_t sum = 0;
    while (p < end) {
        uint64_t tag = varint(&p);
        uint64_t n = varint(&p);
        if ((tag & 7) != 2)
            continue; /* a number: it has been read */
        for (const guint8 *q = p; tag == (2 << 3 | 2) && q < p + n;) {
            uint64_t field = varint(&q) >> 3, n_field = varint(&q);
            const guint8 *value = q;
            if (field == 2)
                sum += varint(&value);
            q += n_field;
        }
        p += n;
    }
    return sum;
}

static void exports_hold_the_total(void **state)
{
    const scratch *s = *state;
    static const char text[] = "events: Ir\ncmd: ./x\nfl=a\nfn=main\n1 5\nfn=f'main\n1 300\n"
                               "fn=g'f'main\n1 70000\n";
    g_autoptr(callgrind_profile) p = parse(text);
    g_autoptr(GBytes) folded = exports_write(p, 0, EXPORTS_FOLDED);
    assert_memory_equal(g_bytes_get_data(folded, NULL), "main 5\nmain;f 300\nmain;f;g 70000\n",
                        g_bytes_get_size(folded));
    g_autoptr(GBytes) scope = exports_write(p, 0, EXPORTS_SPEEDSCOPE);
    g_autofree char *json = g_strndup(g_bytes_get_data(scope, NULL), g_bytes_get_size(scope));
    assert_non_null(strstr(json, "\"weights\":[5,300,70000]"));
    assert_non_null(strstr(json, "\"samples\":[[0],[0,1],[0,1,2]]"));
    assert_non_null(strstr(json, "\"endValue\":70305"));
    g_autoptr(GBytes) pprof = exports_write(p, 0, EXPORTS_PPROF);
    assert_true(g_file_set_contents(s->file, g_bytes_get_data(pprof, NULL),
                                    (gssize)g_bytes_get_size(pprof), NULL));
    g_autofree char *name = g_strconcat(s->file, ".gz", NULL);
    assert_int_equal(g_rename(s->file, name), 0);
    char *gunzip[] = {(char *)(uintptr_t) "gzip", (char *)(uintptr_t) "-d", name, NULL};
    assert_true(
        g_spawn_sync(NULL, gunzip, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
    g_autofree char *plain = NULL;
    gsize n_bytes;
    assert_true(g_file_get_contents(s->file, &plain, &n_bytes, NULL));
    const guint8 *bytes = (const guint8 *)plain;
    assert_int_equal(pprof_sum(bytes, bytes + n_bytes), 70305);
    exports_format format;
    assert_true(exports_format_from_name("pprof", &format) && format == EXPORTS_PPROF);
    assert_false(exports_format_from_name("other", &format));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(instrumented_calls_are_callgrinds),
        TEST(samples_find_the_time),
        TEST(samples_are_of_lines),
        TEST(stripped_functions_are_whole),
        TEST(outcomes_are_told_apart),
        TEST(cut_off_files),
        TEST(exports_hold_the_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
