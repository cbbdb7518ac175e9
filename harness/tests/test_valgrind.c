/* The readers on what valgrind writes here and now, against valgrind's own readers: every
 * function's self cost by callgrind_annotate, every snapshot by ms_print. Also: the pinned
 * command lines count the same thing twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/profile/callgrind.h"
#include "harness/profile/dhat.h"
#include "harness/profile/jump_targets.h"
#include "harness/profile/line_print.h"
#include "harness/profile/machine_code.h"
#include "harness/profile/massif.h"
#include "harness/profile/memcheck_xml.h"
#include "harness/profile/plain_text.h"
#include "harness/profile/stacks.h"
#include "harness/profile/valgrind.h"

#include <glib/gstdio.h>
#include <string.h>

/* Runs argv with the pinned environment; its stdout, or to a file if the caller does not want it.
 */
static char *run(const GPtrArray *argv, const char *folder)
{
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    int status;
    bool is_run =
        g_spawn_sync(folder, (char **)argv->pdata, (char **)(uintptr_t)valgrind_environment(),
                     G_SPAWN_DEFAULT, NULL, NULL, &output, NULL, &status, &error);
    if (!is_run)
        fail_msg("%s", error->message);
    if (!g_spawn_check_wait_status(status, &error))
        fail_msg("%s: %s", (const char *)argv->pdata[0], error->message);
    return output;
}

static void add(GPtrArray *argv, const char *text)
{
    g_ptr_array_add(argv, g_strdup(text));
}

/* Appends the program and runs the whole. */
static void run_program(GPtrArray *argv, const char *const *program, const char *folder)
{
    add(argv, "--log-file=/dev/null"); /* remarks on the host's caches */
    for (; *program != NULL; program++)
        add(argv, *program);
    g_ptr_array_add(argv, NULL);
    g_free(run(argv, folder));
    g_ptr_array_unref(argv);
}

typedef struct scratch {
    char *folder, *file;
} scratch;

static int set_up(void **state)
{
    scratch *s = g_new0(scratch, 1);
    s->folder = g_dir_make_tmp("objlab-test-XXXXXX", NULL);
    s->file = g_build_filename(s->folder, "out", NULL);
    *state = s;
    return s->folder == NULL;
}

static int tear_down(void **state)
{
    scratch *s = *state;
    (void)g_remove(s->file); /* may not exist */
    (void)g_rmdir(s->folder);
    g_free(s->folder);
    g_free(s->file);
    g_free(s);
    return 0;
}

#define BEHIND_LINE 55 /* of victim.c */

static const char *const victim[] = {VICTIM, NULL};
static const char *const wrong_victim[] = {VICTIM, "wrong", NULL};
static const char *const foreign[] = {"/usr/bin/sort", "--version", NULL};

static callgrind_profile *read_callgrind(const char *file)
{
    g_autoptr(GError) error = NULL;
    callgrind_profile *p = callgrind_read(file, &error);
    if (p == NULL)
        fail_msg("%s", error->message);
    else
        assert_true(p->complete);
    return p;
}

/* ---- callgrind_annotate ---- */

/* "file:function" -> sum of the first event, from the lines. */
static GHashTable *sums_by_place(const callgrind_profile *p)
{
    GHashTable *sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (size_t i = 0; i < p->n_lines; i++) {
        const char *file = p->files[p->lines[i].file];
        char *key = g_strdup_printf("%s:%s", file[0] != '\0' ? file : "???",
                                    p->functions[p->lines[i].function].name);
        uint64_t *sum = g_hash_table_lookup(sums, key);
        if (sum == NULL) {
            sum = g_new0(uint64_t, 1);
            g_hash_table_insert(sums, key, sum);
        } else {
            g_free(key);
        }
        *sum += callgrind_line_self(p, &p->lines[i])[0];
    }
    return sums;
}

static uint64_t number_with_commas(const char *p, const char **ret_end)
{
    uint64_t value = 0;
    for (; g_ascii_isdigit(*p) || *p == ','; p++) {
        if (*p != ',')
            value = value * 10 + (uint64_t)(*p - '0');
    }
    *ret_end = p;
    return value;
}

/* One line of the annotator: "  1,234 (12.3%)  file:function [object]". False: another one. */
static bool read_annotated(const char *line, uint64_t *ret_cost, char **ret_place)
{
    while (*line == ' ')
        line++;
    if (!g_ascii_isdigit(*line))
        return false;
    const char *p;
    *ret_cost = number_with_commas(line, &p);
    while (*p == ' ')
        p++;
    if (*p == '(' && g_ascii_isspace(p[1]) + g_ascii_isdigit(p[1]) > 0) {
        p = strchr(p, ')');
        if (p == NULL)
            return false;
        p++;
    }
    while (*p == ' ')
        p++;
    const char *object = g_strrstr(p, " [");
    *ret_place = object != NULL && g_str_has_suffix(p, "]") ? g_strndup(p, (gsize)(object - p))
                                                            : g_strdup(p);
    return strchr(*ret_place, ':') != NULL;
}

static void check_with_annotate(const scratch *s)
{
    g_autoptr(callgrind_profile) p = read_callgrind(s->file);
    g_autoptr(GHashTable) sums = sums_by_place(p);
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    add(argv, "/usr/bin/callgrind_annotate");
    add(argv, "--threshold=100");
    add(argv, "--auto=no");
    add(argv, "--show=Ir");
    add(argv, s->file);
    g_ptr_array_add(argv, NULL);
    g_autofree char *output = run(argv, "/");
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    unsigned n_checked = 0;
    uint64_t checked = 0;
    for (char **line = lines; *line != NULL; line++) {
        uint64_t cost;
        g_autofree char *place = NULL;
        if (!read_annotated(*line, &cost, &place))
            continue;
        const uint64_t *sum = g_hash_table_lookup(sums, place);
        if (sum == NULL)
            fail_msg("callgrind_annotate knows '%s'", place);
        else if (*sum != cost)
            fail_msg("%s: %" G_GUINT64_FORMAT ", by callgrind_annotate %" G_GUINT64_FORMAT, place,
                     *sum, cost);
        n_checked++;
        checked += cost;
    }
    assert_true(n_checked > 50);
    assert_true(checked <= p->totals[0] && checked >= p->totals[0] / 1000 * 999);
}

static void self_costs_as_annotated(void **state)
{
    const scratch *s = *state;
    run_program(valgrind_callgrind_argv(s->file, NULL), victim, s->folder);
    check_with_annotate(s);
    valgrind_callgrind_options all = {.simulate_caches = TRUE, .simulate_branches = TRUE};
    run_program(valgrind_callgrind_argv(s->file, &all), foreign, s->folder);
    check_with_annotate(s);
}

/* The same program in every form that callgrind can write: the same totals. */
static void every_form_has_the_same_costs(void **state)
{
    const scratch *s = *state;
    static const char *const forms[][4] = {
        {"--compress-strings=no"},
        {"--compress-pos=no"},
        {"--compress-strings=no", "--compress-pos=no", "--dump-instr=yes"},
        {"--dump-instr=yes", "--collect-jumps=yes"},
        {"--dump-instr=yes", "--dump-line=no"},
        {"--dump-bbs=yes", "--dump-bb=yes"},
        {"--separate-recs=10"},
        {"--combine-dumps=yes", "--dump-before=fib"},
        {"--separate-callers=20", "--compress-mangled=yes"},
    };
    run_program(valgrind_callgrind_argv(s->file, NULL), victim, s->folder);
    g_autoptr(callgrind_profile) plain = read_callgrind(s->file);
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        GPtrArray *argv = valgrind_callgrind_argv(s->file, NULL);
        for (size_t k = 0; k < G_N_ELEMENTS(forms[i]) && forms[i][k] != NULL; k++)
            add(argv, forms[i][k]);
        run_program(argv, victim, s->folder);
        g_autoptr(callgrind_profile) p = read_callgrind(s->file);
        if (p->totals[0] != plain->totals[0])
            fail_msg("%s: %" G_GUINT64_FORMAT " instead of %" G_GUINT64_FORMAT, forms[i][0],
                     p->totals[0], plain->totals[0]);
        uint64_t lines = 0;
        for (size_t k = 0; k < p->n_lines; k++)
            lines += callgrind_line_self(p, &p->lines[k])[0];
        assert_true(lines == p->totals[0]);
        (void)g_remove(s->file); /* combined dumps are appended */
    }
}

/* ---- jumps: callgrind_annotate skips them, so the file's own lines are the oracle ---- */

/* Taken and executed of the jumps from one place to another, as the file has them. */
typedef struct jump_sum {
    uint64_t taken, executed;
    bool is_conditional;
} jump_sum;

static void add_jump_line(GHashTable *sums, const char *file, const char *target_file,
                          const char *jump, const char *place)
{
    bool is_conditional = g_str_has_prefix(jump, "jcnd=");
    char *end = NULL;
    jump_sum sum = {g_ascii_strtoull(jump + 5, &end, 10), 0, is_conditional};
    sum.executed = is_conditional ? g_ascii_strtoull(end + 1, &end, 10) : sum.taken;
    g_autofree char *from = g_strstrip(g_strdup(place));
    g_autofree char *to = g_strstrip(g_strdup(end));
    char *key = g_strdup_printf("%s:%s>%s:%s %d", file, from, target_file, to, (int)is_conditional);
    jump_sum *known = g_hash_table_lookup(sums, key);
    if (known == NULL) {
        g_hash_table_insert(sums, key, g_memdup2(&sum, sizeof sum));
        return;
    }
    known->taken += sum.taken;
    known->executed += sum.executed;
    g_free(key);
}

/* "fib'2" is fib. */
static bool is_level_of(const char *name, const char *function)
{
    size_t n = strcspn(name, "'");
    return strlen(function) == n && strncmp(name, function, n) == 0;
}

/* "file:FROM>file:TO conditional" -> sum, of a file without compression; of that function only, at
 * any level of recursion, if one is given. */
static GHashTable *jumps_in_file(const char *path, const char *function)
{
    g_autofree char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GHashTable *sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const char *file = "", *target = NULL, *name = "";
    for (char **line = lines; *line != NULL; line++) {
        if (g_str_has_prefix(*line, "fl=") || g_str_has_prefix(*line, "fi=") ||
            g_str_has_prefix(*line, "fe="))
            file = *line + 3;
        else if (g_str_has_prefix(*line, "fn="))
            name = *line + 3;
        else if (g_str_has_prefix(*line, "jfi="))
            target = *line + 4;
        else if (g_str_has_prefix(*line, "jump=") || g_str_has_prefix(*line, "jcnd=")) {
            if (function == NULL || is_level_of(name, function))
                add_jump_line(sums, file, target != NULL ? target : file, *line, line[1]);
            target = NULL;
        }
    }
    return sums;
}

static char *jump_text(const jump_sum *sum)
{
    g_autofree char *taken = plain_text_number(sum->taken);
    g_autofree char *executed = plain_text_number(sum->executed);
    return sum->is_conditional
               ? g_strdup_printf(": taken %s of %s times\n", taken, executed)
               : g_strdup_printf(": %s time%s\n", taken, sum->taken == 1 ? "" : "s");
}

/* The rows below one line of the table, up to the next line's. Owner: the caller. */
static char *below(const char *table, const char *number)
{
    g_autofree char *head = g_strdup_printf("\n%6s ", number);
    const char *start = strstr(table, head);
    if (start == NULL) {
        fail_msg("no line %s in the table", number);
        return NULL; /* for the analyzer */
    }
    const char *end = strchr(start + 1, '\n') + 1;
    while (g_str_has_prefix(end, "         jump"))
        end = strchr(end, '\n') + 1;
    return g_strndup(start, (gsize)(end - start));
}

/* A line of the table for each of the file's jumps within victim.c; returns how many. */
static unsigned check_printed_jumps(GHashTable *sums, const char *table)
{
    unsigned n = 0;
    GHashTableIter each;
    gpointer key = NULL, value = NULL;
    g_hash_table_iter_init(&each, sums);
    while (g_hash_table_iter_next(&each, &key, &value)) {
        g_auto(GStrv) sides = g_strsplit(key, ">", 2);
        char *from = strrchr(sides[0], ':'), *to = strrchr(sides[1], ':');
        *from = *to = '\0';
        to[1 + strspn(to + 1, "0123456789")] = '\0';
        if (!g_str_has_suffix(sides[0], "victim.c") || strcmp(sides[0], sides[1]) != 0 ||
            strcmp(from + 1, "0") == 0)
            continue;
        g_autofree char *rows = below(table, from + 1);
        g_autofree char *count = jump_text(value);
        g_autofree char *want = g_strdup_printf("jump to line %s%s", to + 1, count);
        if (strstr(rows, want) == NULL)
            fail_msg("\"%s\" is not among \"%s\"", want, rows);
        n++;
    }
    return n;
}

static void jumps_as_the_file_has_them(void **state)
{
    const scratch *s = *state;
    valgrind_callgrind_options options = {.collect_jumps = TRUE};
    GPtrArray *argv = valgrind_callgrind_argv(s->file, &options);
    add(argv, "--compress-pos=no");
    add(argv, "--compress-strings=no");
    run_program(argv, victim, s->folder);
    g_autoptr(callgrind_profile) p = read_callgrind(s->file);
    g_autoptr(GHashTable) sums = jumps_in_file(s->file, NULL);
    g_autoptr(line_table) table = line_table_new();
    line_table_add_callgrind(table, p, 0);
    line_table_sort(table);
    unsigned n_known = 0;
    for (guint i = 0; i < table->rows->len; i++) {
        const line_row *row = g_ptr_array_index(table->rows, i);
        for (guint k = 0; row->jumps != NULL && k < row->jumps->len; k++) {
            const jump_target *t = &g_array_index(row->jumps, jump_target, k);
            g_autofree char *key = g_strdup_printf("%s:%u>%s:%u %d", row->file, row->line, t->file,
                                                   t->line, (int)t->is_conditional);
            const jump_sum *sum = g_hash_table_lookup(sums, key);
            if (strcmp(row->file, "???") == 0 || t->line == 0 || t->file[0] == '\0')
                continue;
            if (sum == NULL)
                fail_msg("the file has no jump %s", key);
            else
                assert_true(sum->taken == t->taken && sum->executed == t->executed);
            n_known++;
        }
    }
    assert_true(n_known > 100);
    const line_print_options print = {.filter = "victim[.]c"};
    g_autofree char *text = line_print_joined(table, &print, NULL);
    assert_true(check_printed_jumps(sums, text) >= 5);
}

/* Below each instruction of a function where its jumps lead to, at the addresses of the file. */
static void jumps_of_machine_code(void **state)
{
    const scratch *s = *state;
    valgrind_callgrind_options options = {.collect_jumps = TRUE, .by_instruction = TRUE};
    GPtrArray *argv = valgrind_callgrind_argv(s->file, &options);
    add(argv, "--compress-pos=no");
    add(argv, "--compress-strings=no");
    run_program(argv, victim, s->folder);
    g_autoptr(callgrind_profile) p = read_callgrind(s->file);
    g_autofree char *text = machine_code_print(p, 0, "fib", NULL);
    assert_non_null(text);
    g_autoptr(GHashTable) sums = jumps_in_file(s->file, "fib");
    unsigned n_jumps = 0;
    for (const char *at = text; (at = strstr(at, "jump to ")) != NULL; at++)
        n_jumps++;
    assert_true(n_jumps > 0);
    assert_int_equal(n_jumps, g_hash_table_size(sums));
    GHashTableIter each;
    gpointer key = NULL, value = NULL;
    g_hash_table_iter_init(&each, sums);
    while (g_hash_table_iter_next(&each, &key, &value)) {
        /* "/src/victim.c:0x1155 12>/src/victim.c:0x1180 13 1" */
        g_auto(GStrv) sides = g_strsplit(key, ">", 2);
        const char *to = strrchr(sides[1], ':') + strlen(":0x");
        g_autofree char *target = g_strndup(to, strspn(to, "0123456789abcdef"));
        g_autofree char *count = jump_text(value);
        g_autofree char *pattern = g_strdup_printf("jump to %s [^\n]*%s", target, count);
        if (!g_regex_match_simple(pattern, text, 0, 0))
            fail_msg("\"%s\" is not in %s", pattern, text);
    }
}

static void counts_repeat_exactly(void **state)
{
    const scratch *s = *state;
    valgrind_callgrind_options all = {.simulate_caches = TRUE, .simulate_branches = TRUE};
    run_program(valgrind_callgrind_argv(s->file, &all), victim, s->folder);
    g_autoptr(callgrind_profile) first = read_callgrind(s->file);
    run_program(valgrind_callgrind_argv(s->file, &all), victim, s->folder);
    g_autoptr(callgrind_profile) second = read_callgrind(s->file);
    assert_int_equal(first->n_events, second->n_events);
    assert_true(first->totals[0] == second->totals[0]); /* Ir */
    assert_int_equal(first->n_functions, second->n_functions);
    for (size_t i = 0; i < first->n_functions; i++)
        assert_true(first->functions[i].self[0] == second->functions[i].self[0]);
    /* the C library's routines are the baseline ones */
    for (size_t i = 0; i < first->n_functions; i++)
        assert_null(strstr(first->functions[i].name, "_avx"));
    const callgrind_function *fib = callgrind_find(first, "fib");
    assert_non_null(fib);
    assert_int_equal(fib->primitive_calls, 1);
    assert_int_equal(callgrind_find(first, "fill")->calls, 20);
}

static void stacks_are_exact(void **state)
{
    const scratch *s = *state;
    valgrind_callgrind_options options = {.separate_callers = 40};
    run_program(valgrind_callgrind_argv(s->file, &options), victim, s->folder);
    g_autoptr(callgrind_profile) p = read_callgrind(s->file);
    g_autoptr(GPtrArray) stacks = stacks_from_callgrind(p, 0);
    uint64_t sum = 0;
    bool has_fib = false;
    for (unsigned i = 0; i < stacks->len; i++) {
        const stacks_entry *entry = g_ptr_array_index(stacks, i);
        sum += entry->cost;
        has_fib = has_fib || g_str_has_suffix(entry->frames, ";main;fib;fib");
    }
    assert_true(has_fib);
    assert_true(sum == p->totals[0]);
}

/* Memory as a call tree: bytes allocated by the victim's own line. */
static void memory_as_calls(void **state)
{
    const scratch *s = *state;
    g_autofree char *tree = g_build_filename(s->folder, "xtree.kcg", NULL);
    g_autofree char *option = g_strdup_printf("--xtree-memory-file=%s", tree);
    GPtrArray *argv = valgrind_massif_argv(s->file, FALSE);
    add(argv, "--xtree-memory=full");
    add(argv, option);
    run_program(argv, victim, s->folder);
    g_autoptr(callgrind_profile) p = read_callgrind(tree);
    (void)g_remove(tree);
    int event = callgrind_event(p, "totB");
    assert_true(event >= 0);
    const callgrind_function *fill = callgrind_find(p, "fill");
    assert_non_null(fill);
    assert_int_equal(fill->inclusive[event], 210000);
}

/* ---- ms_print ---- */

/* A row of ms_print: "  5  1,700  96  80  16  0", six numbers and nothing more. */
static bool read_row(const char *line, uint64_t numbers[6])
{
    for (int i = 0; i < 6; i++) {
        while (*line == ' ')
            line++;
        if (!g_ascii_isdigit(*line))
            return false;
        numbers[i] = number_with_commas(line, &line);
    }
    return *line == '\0';
}

static void snapshots_as_printed(void **state)
{
    const scratch *s = *state;
    run_program(valgrind_massif_argv(s->file, FALSE), victim, s->folder);
    g_autoptr(massif_profile) p = massif_read(s->file, NULL);
    assert_non_null(p);
    assert_true(p->complete);
    assert_int_equal(p->warnings->len, 0);
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    add(argv, "/usr/bin/ms_print");
    add(argv, s->file);
    g_ptr_array_add(argv, NULL);
    g_autofree char *output = run(argv, s->folder);
    g_auto(GStrv) lines = g_strsplit(output, "\n", -1);
    size_t n_checked = 0;
    for (char **line = lines; *line != NULL; line++) {
        uint64_t numbers[6];
        if (!read_row(*line, numbers))
            continue;
        assert_true(n_checked < p->n_snapshots);
        const massif_snapshot *snapshot = &p->snapshots[n_checked++];
        assert_int_equal(snapshot->index, numbers[0]);
        assert_true(snapshot->time == numbers[1]);
        assert_true(massif_total(snapshot) == numbers[2]);
        assert_true(snapshot->heap_bytes == numbers[3]);
        assert_true(snapshot->extra_bytes == numbers[4]);
        assert_true(snapshot->stack_bytes == numbers[5]);
    }
    assert_int_equal(n_checked, p->n_snapshots);
    const massif_snapshot *peak = &p->snapshots[p->peak];
    assert_non_null(peak->tree);
    assert_true(peak->tree->bytes == peak->heap_bytes);
    assert_true(peak->heap_bytes >= 20000 && peak->heap_bytes < 30000);
}

/* ---- memcheck ---- */

static const memcheck_error *find_kind(const memcheck_report *report, const char *kind)
{
    for (unsigned i = 0; i < report->errors->len; i++) {
        const memcheck_error *e = g_ptr_array_index(report->errors, i);
        if (strcmp(e->kind, kind) == 0)
            return e;
    }
    fail_msg("no %s", kind);
    return NULL;
}

static void known_errors_are_found(void **state)
{
    const scratch *s = *state;
    run_program(valgrind_memcheck_argv(s->file), wrong_victim, s->folder);
    g_autoptr(memcheck_report) report = memcheck_read(s->file, NULL);
    assert_non_null(report);
    assert_true(report->complete);
    const memcheck_error *read = find_kind(report, "InvalidRead");
    const memcheck_frame *frame = memcheck_frame_in(read, "victim.c");
    assert_string_equal(frame->function, "read_behind");
    assert_int_equal(frame->line, BEHIND_LINE);
    const memcheck_error *leak = find_kind(report, "Leak_DefinitelyLost");
    assert_true(memcheck_is_leak(leak));
    assert_int_equal(leak->leaked_bytes, 77);
    assert_int_equal(leak->leaked_blocks, 1);
    assert_string_equal(memcheck_frame_in(leak, "victim.c")->function, "leak_block");
    run_program(valgrind_memcheck_argv(s->file), victim, s->folder);
    g_autoptr(memcheck_report) clean = memcheck_read(s->file, NULL);
    assert_int_equal(clean->errors->len, 0);
}

/* DHAT's figures against massif's and against what the program does. */
static void dhat_files(void **state)
{
    const scratch *s = *state;
    run_program(valgrind_dhat_argv(s->file), victim, s->folder);
    g_autoptr(GError) error = NULL;
    g_autoptr(dhat_profile) p = dhat_read(s->file, &error);
    if (p == NULL) {
        fail_msg("%s", error->message);
        return;
    }
    assert_true(p->complete);
    const dhat_point *most = g_ptr_array_index(p->points, 0); /* fill(), called 20 times */
    assert_int_equal(most->total_bytes, 210000);
    assert_int_equal(most->total_blocks, 20);
    assert_int_equal(most->max_bytes, 20000);
    assert_int_equal(most->end_bytes, 0);
    assert_int_equal(most->written_bytes, 210000);
    assert_int_equal(most->read_bytes, 210000);
    bool has_fill = false;
    for (unsigned i = 0; i < most->frames->len; i++)
        has_fill = has_fill || strstr(g_ptr_array_index(most->frames, i), ": fill (") != NULL;
    assert_true(has_fill);
    g_autofree char *text = NULL;
    gsize n_bytes;
    assert_true(g_file_get_contents(s->file, &text, &n_bytes, NULL));
    /* cut anywhere: the places that are whole, more of them the more there is of the file */
    guint n_places = 0;
    for (gsize n = 0; n + 2 < n_bytes; n += 211) { /* 2: the last bracket, the newline */
        g_autoptr(GError) cut = NULL;
        g_autoptr(dhat_profile) part = dhat_parse(text, n, "cut", &cut);
        if (part == NULL) {
            assert_int_equal(n_places, 0);
            assert_non_null(strstr(cut->message, "cut:"));
            continue;
        }
        assert_false(part->complete);
        assert_non_null(strstr(g_ptr_array_index(part->warnings, 0), "cut:"));
        assert_true(part->points->len >= n_places && part->points->len <= p->points->len);
        n_places = part->points->len;
    }
    assert_int_equal(n_places, p->points->len); /* the frame table comes last */
}

/* cachegrind writes the same form without calls. */
static void cachegrind_files(void **state)
{
    const scratch *s = *state;
    run_program(valgrind_cachegrind_argv(s->file), victim, s->folder);
    g_autoptr(callgrind_profile) p = read_callgrind(s->file);
    assert_int_equal(p->n_calls, 0);
    assert_non_null(p->summary);
    for (size_t e = 0; e < p->n_events; e++)
        assert_true(p->summary[e] == p->totals[e]);
    assert_int_equal(p->n_events, 13);
    assert_non_null(callgrind_find(p, "fib"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(self_costs_as_annotated),
        TEST(jumps_as_the_file_has_them),
        TEST(jumps_of_machine_code),
        TEST(every_form_has_the_same_costs),
        TEST(counts_repeat_exactly),
        TEST(stacks_are_exact),
        TEST(memory_as_calls),
        TEST(snapshots_as_printed),
        TEST(known_errors_are_found),
        TEST(cachegrind_files),
        TEST(dhat_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
