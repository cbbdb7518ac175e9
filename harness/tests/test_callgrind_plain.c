/* Whatever way the callgrind reader takes a line, quick or slow, from one piece of text or from
 * several: the same costs arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/profile/scan_block.h"
#include "harness/tests/callgrind_testing.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* One random section: what each function, file and line costs is noted in sums. */
static void write_section(GString *text, GRand *rand, int *last_line, GHashTable *sums)
{
    static const int spreads[] = {20, 3000, 99999999};
    int function = g_rand_int_range(rand, 0, 40), file = function % 3, line = *last_line;
    int spread = spreads[g_rand_int_range(rand, 0, (gint32)G_N_ELEMENTS(spreads))];
    g_string_append_printf(text, "fl=(%d)\nfn=(%d)\n", file, function);
    for (int i = g_rand_int_range(rand, 0, 10) == 0 ? 3000 : 30; i > 0; i--) {
        int next = g_rand_int_range(rand, 0, spread), kind = g_rand_int_range(rand, 0, 20);
        guint32 cost = g_rand_int(rand) >> g_rand_int_range(rand, 0, 32);
        if (kind == 0)
            g_string_append_printf(text, "f%c=(%d)\n", "ie"[i % 2], file = i % 8);
        if (kind == 1)
            g_string_append_printf(text, "cob=(1)\ncfi=(%d)\ncfn=(%d)\ncalls=%d +3\n%+d %u\n",
                                   i % 8, i % 40, i, next - line, cost);
        if (kind == 2)
            next = line;
        if (kind == 2)
            g_string_append_printf(text, "* %u\n", cost);
        else if (kind < 12)
            g_string_append_printf(text, "%d %u\n", next, cost);
        else
            g_string_append_printf(text, "%+d %u\n", next - line, cost);
        line = next;
        char *key = g_strdup_printf("f%d %d.c %d", function, file, line);
        guint64 *sum = g_hash_table_lookup(sums, key);
        guint64 total = cost + (sum != NULL ? *sum : 0);
        g_hash_table_replace(sums, key, g_memdup2(&total, sizeof total));
    }
    *last_line = line;
}

/* Whatever way a line is read, its cost arrives: lines as valgrind writes them go through a loop of
 * their own, and none of the same text with carriage returns does. */
static void plain_lines_and_others(void **state)
{
    (void)state;
    g_autoptr(GHashTable) sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GRand *rand = g_rand_new_with_seed(11);
    GString *text = g_string_new("events: Ir\nob=(1) object\n");
    for (int i = 0; i < 40; i++)
        g_string_append_printf(text, "fl=(%d) %d.c\nfn=(%d) f%d\n", i % 8, i % 8, i, i);
    int last_line = 0;
    for (int i = 0; i < 200; i++)
        write_section(text, rand, &last_line, sums);
    g_rand_free(rand);
    g_autoptr(callgrind_profile) plain = testing_parse(text->str);
    g_autoptr(GString) returned = g_string_new(NULL);
    for (const char *c = text->str; *c != '\0'; c++)
        g_string_append(returned, *c == '\n' ? "\r\n" : (char[]){*c, '\0'});
    g_autoptr(callgrind_profile) other = testing_parse(returned->str);
    g_string_free(text, TRUE);
    assert_clean(plain);
    assert_clean(other);
    assert_int_equal(plain->n_lines, g_hash_table_size(sums));
    assert_int_equal(other->n_lines, plain->n_lines);
    for (size_t i = 0; i < plain->n_lines; i++) {
        const callgrind_line *line = &plain->lines[i];
        g_autofree char *key = g_strdup_printf("%s %s %u", plain->functions[line->function].name,
                                               plain->files[line->file], line->line);
        const guint64 *sum = g_hash_table_lookup(sums, key);
        assert_non_null(sum);
        assert_true(callgrind_line_self(plain, line)[0] == *sum);
        assert_true(callgrind_line_self(other, &other->lines[i])[0] == *sum);
    }
    assert_int_equal(plain->n_functions, other->n_functions);
    for (size_t i = 0; i < plain->n_functions; i++) {
        assert_int_equal(plain->functions[i].line, other->functions[i].line);
        assert_true(plain->functions[i].inclusive[0] == other->functions[i].inclusive[0]);
    }
    assert_int_equal(plain->n_calls, other->n_calls);
    for (size_t i = 0; i < plain->n_calls; i++) {
        const callgrind_call *a = &plain->calls[i], *b = &other->calls[i];
        assert_true(a->caller == b->caller && a->callee == b->callee && a->line == b->line);
        assert_string_equal(plain->files[a->file], other->files[b->file]);
        assert_true(a->calls == b->calls);
        assert_true(callgrind_call_inclusive(plain, a)[0] == callgrind_call_inclusive(other, b)[0]);
    }
}

/* One section whose addresses ascend but for some: costs by function, address and line in sums. */
static void write_addresses(GString *text, GRand *rand, uint64_t *address, unsigned n_events,
                            GHashTable *sums)
{
    int function = g_rand_int_range(rand, 0, 5), line = 1000;
    *address = 0x400000 + (uint64_t)g_rand_int_range(rand, 0, 300);
    g_string_append_printf(text, "fn=(%d)\n0x%" G_GINT64_MODIFIER "x 1000", function, *address);
    for (int i = g_rand_int_range(rand, 1, 60); i > 0; i--) {
        for (unsigned e = 0; e < n_events; e++) {
            guint32 cost = g_rand_int(rand) >> g_rand_int_range(rand, 0, 32);
            g_string_append_printf(text, " %u", cost);
            char *key =
                g_strdup_printf("f%d %" G_GINT64_MODIFIER "x %d %u", function, *address, line, e);
            guint64 *sum = g_hash_table_lookup(sums, key);
            guint64 total = cost + (sum != NULL ? *sum : 0);
            g_hash_table_replace(sums, key, g_memdup2(&total, sizeof total));
        }
        int kind = g_rand_int_range(rand, 0, 12), step = g_rand_int_range(rand, 1, 9);
        if (kind == 0)
            g_string_append_printf(text, "\ncfn=(%d)\ncalls=3 0x400000 7 \n+%d * 12345678901",
                                   function, step);
        if (i == 1)
            break;
        bool is_back = kind == 1, is_same = kind == 2;
        *address += is_back ? (uint64_t)-step : is_same ? 0 : (uint64_t)step;
        line += kind < 6 ? 0 : step;
        g_string_append_printf(text, is_same ? "\n*" : is_back ? "\n-%d" : "\n+%d", step);
        g_string_append_printf(text, kind < 6 ? " *" : " +%d", step);
    }
    g_string_append_c(text, '\n');
}

static void check_addresses(const callgrind_profile *p, GHashTable *sums)
{
    assert_clean(p);
    assert_int_equal(p->n_lines * p->n_events, g_hash_table_size(sums));
    for (size_t i = 0; i < p->n_lines; i++) {
        const callgrind_line *line = &p->lines[i];
        for (size_t e = 0; e < p->n_events; e++) {
            g_autofree char *key = g_strdup_printf("%s %" G_GINT64_MODIFIER "x %u %zu",
                                                   p->functions[line->function].name,
                                                   callgrind_line_address(p, line), line->line, e);
            const guint64 *sum = g_hash_table_lookup(sums, key);
            assert_non_null(sum);
            assert_true(callgrind_line_self(p, line)[e] == *sum);
        }
    }
}

/* Lines with addresses, by the loop for plain ones and by the other: with one event and with more,
 * in ascending order and not, in functions that come again. */
static void lines_with_addresses(void **state)
{
    (void)state;
    static const char *const events[] = {"Ir", "Ir Dr Dw I1mr D1mr"};
    GRand *rand = g_rand_new_with_seed(17);
    for (unsigned k = 0; k < G_N_ELEMENTS(events); k++) {
        g_autoptr(GHashTable) sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autoptr(GString) text = g_string_new(NULL);
        g_string_append_printf(text, "positions: instr line\nevents: %s\nfl=a\n", events[k]);
        for (int i = 0; i < 5; i++)
            g_string_append_printf(text, "fn=(%d) f%d\n", i, i);
        uint64_t address = 0;
        for (int i = 0; i < 300; i++)
            write_addresses(text, rand, &address, k == 0 ? 1 : 5, sums);
        g_autoptr(callgrind_profile) plain = testing_parse(text->str);
        check_addresses(plain, sums);
        g_auto(GStrv) rows = g_strsplit(text->str, "\n", -1);
        g_autofree char *returned = g_strjoinv("\r\n", rows);
        g_autoptr(callgrind_profile) other = testing_parse(returned);
        check_addresses(other, sums);
        assert_int_equal(plain->n_calls, other->n_calls);
        for (size_t i = 0; i < plain->n_calls; i++)
            assert_true(callgrind_call_inclusive(plain, &plain->calls[i])[0] ==
                        callgrind_call_inclusive(other, &other->calls[i])[0]);
    }
    g_rand_free(rand);
}

/* Two functions of the same addresses, each come to again: what was found in one is not the
 * other's. */
static void same_addresses_in_two_functions(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p = testing_parse(
        "positions: instr line\nevents: Ir\nfl=a\nfn=f\n0x10 1 1\n+1 +1 10\n-1 -1 100\n"
        "fn=g\n0x10 1 1000\n+1 +1 10000\n-1 -1 100000\n");
    assert_clean(p);
    assert_int_equal(p->n_lines, 4);
    assert_int_equal(testing_function(p, "f")->self[0], 111);
    assert_int_equal(testing_function(p, "g")->self[0], 111000);
    static const uint64_t costs[] = {101, 10, 101000, 10000};
    for (size_t i = 0; i < p->n_lines; i++)
        assert_int_equal(callgrind_line_self(p, &p->lines[i])[0], costs[i]);
}

/* Many costs to a line, mostly of one digit, some missing, in the order of the events or not: their
 * sums against an array. */
static void costs_of_many_events(void **state)
{
    (void)state;
    enum { N_EVENTS = 13, N_LINES = 50 };
    static uint64_t sums[N_LINES][N_EVENTS];
    memset(sums, 0, sizeof sums);
    GRand *rand = g_rand_new_with_seed(5);
    GString *text = g_string_new("events: e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 e10 e11 e12\nfl=a\nfn=f\n");
    for (int i = 0; i < 4000; i++) {
        bool is_reversed = i >= 3000;
        if (i == 3000)
            g_string_append(text, "events: e12 e11 e10 e9 e8 e7 e6 e5 e4 e3 e2 e1 e0\n");
        int line = g_rand_int_range(rand, 0, N_LINES), n = g_rand_int_range(rand, 0, N_EVENTS + 1);
        g_string_append_printf(text, "%d", line);
        for (int e = 0; e < n; e++) {
            guint32 cost = g_rand_int_range(rand, 0, 4) == 0 ? g_rand_int(rand) >> (i % 32)
                                                             : g_rand_int(rand) % 10;
            g_string_append_printf(text, "%s%u", i % 50 == 0 ? "  " : " ", cost);
            sums[line][is_reversed ? N_EVENTS - 1 - e : e] += cost;
        }
        g_string_append(text, i % 40 == 0 ? " \n" : i % 30 == 0 ? "\r\n" : "\n");
    }
    g_rand_free(rand);
    g_autoptr(callgrind_profile) p = testing_parse(text->str);
    g_string_free(text, TRUE);
    assert_clean(p);
    assert_int_equal(p->n_lines, N_LINES);
    for (size_t i = 0; i < p->n_lines; i++)
        assert_memory_equal(callgrind_line_self(p, &p->lines[i]), sums[p->lines[i].line],
                            sizeof sums[0]);
}

/* Where a character is in sixteen bytes, by both ways of finding it, against a look at each byte.
 */
static void blocks_of_text(void **state)
{
    (void)state;
    static const char bytes[] = " \n!\x0b\t\x8a\xa0\x7f\x80\xff";
    GRand *rand = g_rand_new_with_seed(3);
    for (int k = 0; k < 20000; k++) {
        char text[SCAN_BLOCK_BYTES], character = bytes[k % (int)sizeof bytes]; /* with its zero */
        uint32_t expected = 0;
        for (unsigned i = 0; i < sizeof text; i++) {
            text[i] = bytes[g_rand_int_range(rand, 0, (gint32)sizeof bytes)];
            expected |= (uint32_t)(text[i] == character) << i;
        }
        assert_int_equal(scan_find_by_words(text, character), expected);
        assert_int_equal(scan_find(text, character), expected);
    }
    g_rand_free(rand);
}

/* Numbers of every length, two at once and one, against printf(); with any other character among
 * their digits they are none. */
static void pairs_of_numbers(void **state)
{
    (void)state;
    GRand *rand = g_rand_new_with_seed(4);
    for (unsigned k = 0; k < 40000; k++) {
        unsigned n[2] = {k % 8 + 1, k / 8 % 8 + 1};
        uint64_t words[2];
        uint32_t expected[2], value, other;
        unsigned spoilt = k % 3; /* 2: none is */
        for (unsigned i = 0; i < 2; i++) {
            char text[24];
            guint32 limit = 1;
            for (unsigned digit = 0; digit < n[i]; digit++)
                limit *= 10;
            expected[i] = g_rand_int(rand) % limit;
            (void)snprintf(text, sizeof text, "%0*u", (int)n[i], (unsigned)expected[i]);
            memset(text + n[i], "3 \n\xff"[k % 4], sizeof text - n[i]); /* what is behind it */
            if (spoilt == i)
                text[g_rand_int_range(rand, 0, (gint32)n[i])] = "/:+ \x80\xb5\xff\n"[k / 64 % 9];
            memcpy(&words[i], text, sizeof words[i]);
            words[i] = scan_align(words[i] ^ SCAN_ZEROS, n[i]);
            assert_int_equal(scan_eight(words[i], &value), spoilt != i);
            if (spoilt != i)
                assert_int_equal(value, expected[i]);
        }
        assert_int_equal(scan_two(words[0], words[1], &value, &other), spoilt == 2);
        if (spoilt == 2) {
            assert_int_equal(value, expected[0]);
            assert_int_equal(other, expected[1]);
        }
    }
    g_rand_free(rand);
}

/* What the quick way of reading a line must leave to the other one, among lines that it reads. */
static void lines_that_are_nearly_plain(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line; /* where it is */
        uint64_t cost;
        bool is_damaged;
    } lines[] = {
        {"+1 7", 101, 7, false},
        {"-1 7", 99, 7, false},
        {"* 7", 100, 7, false},
        {"*5 7", 105, 7, false},
        {"77 7", 77, 7, false},
        {"+ 7", 0, 0, true},
        {"- 7", 0, 0, true},
        {", 7", 0, 0, true},
        {"+-1 7", 0, 0, true},
        {"1* 7", 0, 0, true},
        {"12345678 12345678", 12345678, 12345678, false},
        {"+1234567 1", 1234667, 1, false},
        {"+12345678 1", 12345778, 1, false},
        {"123456789 123456789", 123456789, 123456789, false},
        {"+1  7", 101, 7, false},
        {"+1\t7", 101, 7, false},
        {"+1 7 ", 101, 7, false},
        {"+1 7\r", 101, 7, false},
        {"+1 0x7", 101, 7, false},
        {"0x7 7", 7, 7, false},
        {"+1", 101, 0, false},
        {"+1 ", 101, 0, false},
        {"+1:+2 7", 101, 7, false},
        {"+1 7 8", 101, 7, true},
        {"+1 7x", 101, 7, true},
        {"-101 7", 0, 7, true},
        {"4294967295 7", 4294967295, 7, false},
        {"4294967296 7", 0, 7, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        for (int has_addresses = 0; has_addresses < 2; has_addresses++) {
            g_autofree char *text =
                has_addresses != 0
                    ? g_strdup_printf(
                          "positions: instr line\nevents: Ir\nfn=f\n0x10 50 3\n+1 100 3\n"
                          "+1 %s\n+1 200 3\n",
                          lines[i].text)
                    : g_strdup_printf("positions: line\nevents: Ir\nfn=f\n50 3\n100 3\n%s\n200 3\n",
                                      lines[i].text);
            g_autoptr(callgrind_profile) p = testing_parse(text);
            assert_int_equal(p->complete, !lines[i].is_damaged);
            uint64_t cost = 0;
            for (size_t k = 0; k < p->n_lines; k++) {
                if (p->lines[k].line == lines[i].line)
                    cost += callgrind_line_self(p, &p->lines[k])[0];
            }
            assert_int_equal(cost, lines[i].cost + (lines[i].line == 100 ? 3 : 0));
            assert_int_equal(p->lines[p->n_lines - 1].line, 200);
        }
    }
}

/* A file is read in windows that are given back: that changes nothing, wherever their borders fall,
 * nor the places of what is wrong. */
static void files_of_many_windows(void **state)
{
    (void)state;
    enum { N_BYTES = 5 << 20 }; /* a window has 4 MiB */
    g_autofree char *folder = g_dir_make_tmp("test-callgrind-XXXXXX", NULL);
    assert_non_null(folder);
    g_autofree char *path = g_build_filename(folder, "callgrind.out.1", NULL);
    g_autoptr(GString) text = g_string_new("positions: line\nevents: Ir\n\n");
    for (unsigned i = 0; text->len < N_BYTES; i++) {
        g_string_append_printf(text, "fl=(%u) file%u.c\nfn=(%u) function%u\n", i % 50, i % 50, i,
                               i);
        for (unsigned line = 1; line < 200; line++)
            g_string_append_printf(text, "%u %u\n", line * (1 + i % 7), i + line);
        g_string_append_printf(text, "cfn=(%u)\ncalls=%u 5\n9 %u\n", i / 2, i + 1, i);
        if (i % 60 == 0)
            g_string_append(text, "12 what is this\n");
    }
    assert_true(g_file_set_contents(path, text->str, (gssize)text->len, NULL));
    g_autoptr(callgrind_profile) whole = callgrind_parse(text->str, text->len, path, NULL);
    g_autoptr(callgrind_profile) read = callgrind_read(path, NULL);
    assert_non_null(whole);
    assert_non_null(read);
    assert_true(whole->n_functions > 1500 && whole->warnings->len > 10);
    assert_int_equal(read->n_functions, whole->n_functions);
    assert_int_equal(read->n_lines, whole->n_lines);
    assert_int_equal(read->n_calls, whole->n_calls);
    assert_int_equal(read->warnings->len, whole->warnings->len);
    for (guint i = 0; i < whole->warnings->len; i++)
        assert_string_equal(read->warnings->pdata[i], whole->warnings->pdata[i]);
    for (size_t i = 0; i < whole->n_functions; i++) {
        assert_string_equal(read->functions[i].name, whole->functions[i].name);
        assert_int_equal(read->functions[i].self[0], whole->functions[i].self[0]);
        assert_int_equal(read->functions[i].inclusive[0], whole->functions[i].inclusive[0]);
    }
    for (size_t i = 0; i < whole->n_lines; i++) {
        assert_int_equal(read->lines[i].line, whole->lines[i].line);
        assert_int_equal(callgrind_line_self(read, &read->lines[i])[0],
                         callgrind_line_self(whole, &whole->lines[i])[0]);
    }
    assert_int_equal(g_unlink(path), 0);
    assert_int_equal(g_rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_lines_and_others),
        cmocka_unit_test(lines_with_addresses),
        cmocka_unit_test(same_addresses_in_two_functions),
        cmocka_unit_test(costs_of_many_events),
        cmocka_unit_test(blocks_of_text),
        cmocka_unit_test(pairs_of_numbers),
        cmocka_unit_test(lines_that_are_nearly_plain),
        cmocka_unit_test(files_of_many_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
