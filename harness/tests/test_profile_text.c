/* Call tables, contexts, stacks, memcheck's XML, lcov's tracefiles, JSON, formats: on text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/profile/context.h"
#include "harness/profile/lcov_info.h"
#include "harness/profile/line_print.h"
#include "harness/profile/memcheck_xml.h"
#include "harness/profile/plain_text.h"
#include "harness/profile/profile_diff.h"
#include "harness/profile/profile_format.h"
#include "harness/profile/profile_json.h"
#include "harness/profile/pstats.h"
#include "harness/profile/stacks.h"

#include <string.h>

/* As callgrind writes fib(3) called from main, and a library without debug information. */
static const char fib_text[] =
    "creator: callgrind-3.19.0\nevents: Ir\nob=(1) /bin/prog\nfl=(1) /src/m.c\nfn=(1) main\n"
    "6 30\ncfn=(2) fib\ncalls=1 2\n7 72\ncob=(2) /lib/x.so\ncfi=(2) ???\ncfn=(3) 0x12\n"
    "calls=2 0\n8 10\nfn=(2)\n2 20\ncfn=(4) fib'2\ncalls=2 2\n2 52\nfn=(4)\n2 52\n"
    "cfn=(4)\ncalls=2 2\n2 26\nob=(2)\nfl=(2)\nfn=(3)\n0 10\ntotals: 112\n";

static const char fib_table[] =
    "         7 function calls (3 primitive calls) in 112 instructions (Ir)\n"
    "\n"
    "   Ordered by: cumulative\n"
    "\n"
    "   ncalls  tottime  percall  cumtime  percall filename:lineno(function)\n"
    "        0       30               112          m.c:6(main)\n"
    "      5/1       72     14.4       72     72.0 m.c:2(fib)\n"
    "        2       10      5.0       10      5.0 {0x12 in x.so}\n";

static callgrind_profile *parse(const char *text)
{
    GError *error = NULL;
    callgrind_profile *profile = callgrind_parse(text, strlen(text), "test", &error);
    if (profile == NULL)
        fail_msg("%s", error->message);
    return profile;
}

static void call_table(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p = parse(fib_text);
    assert_true(p->complete);
    g_autoptr(pstats_table) table = pstats_new(p, 0);
    pstats_options options = {.strip_dirs = true};
    g_autofree char *text = pstats_print(table, &options, NULL);
    assert_string_equal(text, fib_table);
    options.filter = "fib|0x";
    options.limit = 1;
    options.sort = PSTATS_NCALLS;
    g_autofree char *filtered = pstats_print(table, &options, NULL);
    assert_non_null(strstr(filtered, "Ordered by: ncalls\n"));
    assert_non_null(strstr(filtered, "reduced from 3 to 2 due to restriction <'fib|0x'>"));
    assert_non_null(strstr(filtered, "reduced from 2 to 1 due to restriction <1>"));
    assert_non_null(strstr(filtered, "(fib)"));
    assert_null(strstr(filtered, "0x12 in"));
    g_autoptr(GError) error = NULL;
    options.filter = "(";
    assert_null(pstats_print(table, &options, &error));
    assert_non_null(error);
}

static void callers_and_callees(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p = parse(fib_text);
    g_autoptr(pstats_table) table = pstats_new(p, 0);
    pstats_options options = {.strip_dirs = true, .filter = "fib"};
    g_autofree char *callers = pstats_print_callers(table, &options, NULL);
    assert_non_null(strstr(callers, "m.c:2(fib) <-         1           72  m.c:6(main)\n"));
    assert_non_null(strstr(callers, "                      4            0  m.c:2(fib)\n"));
    options.filter = "main";
    g_autofree char *callees = pstats_print_callees(table, &options, NULL);
    assert_non_null(strstr(callees, "m.c:6(main) ->         1           72  m.c:2(fib)\n"));
    assert_non_null(strstr(callees, "                       2           10  {0x12 in x.so}\n"));
}

/* Each sort gives its own order; names of sorts as pstats has them. */
static void sorts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *first;
    } cases[] = {{"cumulative", "main"}, {"tottime", "fib"}, {"ncalls", "fib"}, {"name", "0x12"},
                 {"file", "0x12"},       {"line", "0x12"},   {"calls", "fib"},  {"pcalls", "0x12"}};
    g_autoptr(callgrind_profile) p = parse(fib_text);
    g_autoptr(pstats_table) table = pstats_new(p, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        pstats_options options = {0};
        assert_true(pstats_sort_from_name(cases[i].name, &options.sort));
        g_autoptr(GArray) rows = pstats_select(table, &options, NULL);
        const pstats_row *row =
            &g_array_index(table->rows, pstats_row, g_array_index(rows, guint, 0));
        assert_string_equal(row->name, cases[i].first);
    }
    pstats_sort sort;
    assert_false(pstats_sort_from_name("nonsense", &sort));
}

static void contexts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *first;
        unsigned n_parts, level;
        bool is_nested;
    } cases[] = {
        {"fib", "fib", 1, 1, false},
        {"fib'2", "fib", 1, 2, true},
        {"a'b'c", "a", 3, 1, false},
        {"a'2'b'c", "a", 3, 2, true},
        {"a'b'a", "a", 3, 1, true},
        {"f()::'lambda'(int)::operator()", "f()::'lambda'(int)::operator()", 1, 1, false},
        {"", "", 1, 1, false},
        {"'", "", 2, 1, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        context c;
        context_init(&c, cases[i].name);
        assert_int_equal(c.parts->len, cases[i].n_parts);
        assert_int_equal(c.level, cases[i].level);
        assert_int_equal(context_is_nested(&c), cases[i].is_nested);
        const context_part *part = &g_array_index(c.parts, context_part, 0);
        assert_int_equal(part->n_bytes, strlen(cases[i].first));
        assert_memory_equal(part->text, cases[i].first, part->n_bytes);
        context_clear(&c);
    }
}

static void stacks_add_up(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p =
        parse("events: Ir\nfl=a\nfn=main\n1 5\nfn=f;x'main\n1 7\nfn=g'2'f;x'main\n1 9\n"
              "fn=g'f;x'main\n2 1\nfn=g'f;x'main\n3 1\nfn=never'main\n1 0\n");
    g_autoptr(GPtrArray) stacks = stacks_from_callgrind(p, 0);
    g_autofree char *folded = stacks_folded(stacks);
    assert_string_equal(folded, "main 5\nmain;f:x 7\nmain;f:x;g 2\nmain;f:x;g;g 9\n");
    uint64_t sum = 0;
    for (unsigned i = 0; i < stacks->len; i++)
        sum += ((const stacks_entry *)g_ptr_array_index(stacks, i))->cost;
    assert_int_equal(sum, p->totals[0]);
}

/* ---- memcheck ---- */

static const char xml[] =
    "<?xml version=\"1.0\"?>\n<valgrindoutput>\n<protocolversion>4</protocolversion>\n"
    "<protocoltool>memcheck</protocoltool>\n<error>\n  <unique>0x0</unique>\n  <tid>1</tid>\n"
    "  <kind>InvalidRead</kind>\n  <what>Invalid read of size 4</what>\n  <stack>\n    <frame>\n"
    "      <ip>0x1091</ip>\n      <obj>/bin/prog</obj>\n      <fn>f&lt;int&gt;</fn>\n"
    "      <dir>/src</dir>\n      <file>pool.c</file>\n      <line>12</line>\n    </frame>\n"
    "    <frame>\n      <ip>0x2</ip>\n    </frame>\n  </stack>\n"
    "  <auxwhat>Address 0x4a is 0 bytes after a block</auxwhat>\n  <stack>\n    <frame>\n"
    "      <ip>0x3</ip>\n      <fn>malloc</fn>\n    </frame>\n  </stack>\n</error>\n"
    "<error>\n  <unique>0x1</unique>\n  <kind>Leak_DefinitelyLost</kind>\n  <xwhat>\n"
    "    <text>77 bytes are lost</text>\n    <leakedbytes>77</leakedbytes>\n"
    "    <leakedblocks>1</leakedblocks>\n  </xwhat>\n  <stack>\n  </stack>\n</error>\n"
    "<errorcounts>\n  <pair>\n    <count>3</count>\n    <unique>0x0</unique>\n  </pair>\n"
    "</errorcounts>\n<status>\n  <state>FINISHED</state>\n</status>\n</valgrindoutput>\n";

static void memcheck_errors(void **state)
{
    (void)state;
    g_autoptr(memcheck_report) report = memcheck_parse(xml, strlen(xml), "test", NULL);
    assert_non_null(report);
    assert_true(report->complete);
    assert_int_equal(report->warnings->len, 0);
    assert_int_equal(report->errors->len, 2);
    const memcheck_error *e = g_ptr_array_index(report->errors, 0);
    assert_string_equal(e->kind, "InvalidRead");
    assert_string_equal(e->text, "Invalid read of size 4");
    assert_int_equal(e->count, 3);
    assert_false(memcheck_is_leak(e));
    assert_int_equal(e->stacks->len, 2);
    const memcheck_frame *frame = memcheck_frame_in(e, "pool.c");
    assert_string_equal(frame->function, "f<int>");
    assert_string_equal(frame->file, "/src/pool.c");
    assert_int_equal(frame->line, 12);
    assert_int_equal(frame->address, 0x1091);
    assert_null(memcheck_frame_in(e, "ool.c"));
    const memcheck_stack *second = g_ptr_array_index(e->stacks, 1);
    assert_string_equal(second->title, "Address 0x4a is 0 bytes after a block");
    e = g_ptr_array_index(report->errors, 1);
    assert_true(memcheck_is_leak(e));
    assert_int_equal(e->leaked_bytes, 77);
    assert_int_equal(e->leaked_blocks, 1);
    assert_int_equal(e->count, 1);
    assert_string_equal(e->text, "77 bytes are lost");
}

static void memcheck_cut_off(void **state)
{
    (void)state;
    unsigned most = 0;
    for (size_t n = 0; n < strlen(xml); n++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(memcheck_report) report = memcheck_parse(xml, n, "test", &error);
        assert_true((report == NULL) == (error != NULL));
        if (report == NULL)
            continue;
        assert_true(report->errors->len >= most);
        most = report->errors->len;
        assert_true(!report->complete || n > strlen(xml) - 30);
        assert_true(report->warnings->len > 0 || report->complete);
    }
    assert_int_equal(most, 2);
    assert_null(memcheck_parse("<valgrindoutput/>", 17, "test", NULL));
}

/* ---- lcov ---- */

static void lcov_records(void **state)
{
    (void)state;
    static const char text[] =
        "TN:one\nSF:/src/pool.c\nFN:3,alloc\nFN:9,12,release\nFNDA:2,alloc\nFNDA:0,release\n"
        "FNF:2\nFNH:1\nBRDA:4,0,0,1\nBRDA:4,0,1,-\nDA:4,2\nDA:3,2,checksum\nDA:9,0\nLF:3\nLH:2\n"
        "end_of_record\nTN:two\nSF:/src/pool.c\nFN:3,alloc\nFNDA:5,alloc\nDA:9,1\nDA:4,-7\r\n"
        "end_of_record\nSF:/src/other.c\nDA:1,1\nend_of_record\n";
    g_autoptr(lcov_info) info = lcov_info_parse(text, strlen(text), "test", NULL);
    assert_non_null(info);
    assert_true(info->complete);
    assert_int_equal(info->files->len, 2);
    const lcov_file *file = lcov_info_find(info, "pool.c");
    assert_non_null(file);
    assert_int_equal(file->lines->len, 3);
    assert_int_equal(file->n_lines_hit, 3);
    assert_int_equal(lcov_file_hits(file, 3), 2);
    assert_int_equal(lcov_file_hits(file, 4), 2);
    assert_int_equal(lcov_file_hits(file, 9), 1);
    assert_int_equal(lcov_file_hits(file, 5), -1);
    assert_int_equal(file->functions->len, 2);
    assert_int_equal(file->n_functions_hit, 1);
    const lcov_function *alloc = g_ptr_array_index(file->functions, 0);
    assert_int_equal(alloc->hits, 7);
    const lcov_function *release = g_ptr_array_index(file->functions, 1);
    assert_string_equal(release->name, "release");
    assert_int_equal(file->n_branches, 2);
    assert_int_equal(file->n_branches_hit, 1);
    assert_null(lcov_info_find(info, "none.c"));
}

static void lcov_damage(void **state)
{
    (void)state;
    static const char text[] = "DA:1,1\nSF:a.c\nDA:x\nDA:1\nFNDA:,f\nFN:7\nDA:2,3\nhello\n";
    g_autoptr(lcov_info) info = lcov_info_parse(text, strlen(text), "test", NULL);
    assert_false(info->complete);
    assert_int_equal(info->warnings->len, 7);
    assert_string_equal(g_ptr_array_index(info->warnings, 1), "test:3:1: expected 'DA:line,hits'");
    assert_int_equal(lcov_file_hits(lcov_info_find(info, "a.c"), 2), 3);
    g_autoptr(GError) error = NULL;
    assert_null(lcov_info_parse("junk", 4, "test", &error));
    assert_non_null(strstr(error->message, "expected an 'SF:' line"));
}

/* ---- formats, JSON, text ---- */

static void formats(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        profile_format format;
    } cases[] = {
        {"# callgrind format\nversion: 1\n", PROFILE_CALLGRIND},
        {"desc: I1 cache: 32768 B\ncmd: x\nevents: Ir\n", PROFILE_CALLGRIND},
        {"desc: --depth=5\ncmd: x\ntime_unit: i\n", PROFILE_MASSIF},
        {xml, PROFILE_MEMCHECK},
        {"TN:\nSF:/a.c\n", PROFILE_LCOV},
        {"{\"dhatFileVersion\":2\n", PROFILE_DHAT},
        {"hello\n", PROFILE_UNKNOWN},
        {"", PROFILE_UNKNOWN},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_int_equal(profile_format_detect(cases[i].text, strlen(cases[i].text)),
                         cases[i].format);
}

static json_int_t integer_at(const json_t *value, const char *key, const char *inner)
{
    const json_t *found = json_object_get(value, key);
    return json_integer_value(inner == NULL ? found : json_object_get(found, inner));
}

static void json_form(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) p = parse(fib_text);
    json_t *root = profile_json_callgrind(p);
    assert_string_equal(json_string_value(json_object_get(root, "format")), "callgrind");
    assert_true(json_is_true(json_object_get(root, "complete")));
    assert_int_equal(integer_at(root, "totals", "Ir"), 112);
    assert_true(json_is_null(json_object_get(root, "summary")));
    const json_t *functions = json_object_get(root, "functions");
    assert_int_equal(json_array_size(functions), 4);
    const json_t *main_function = json_array_get(functions, 0);
    assert_string_equal(json_string_value(json_object_get(main_function, "name")), "main");
    assert_int_equal(integer_at(main_function, "inclusive", "Ir"), 112);
    json_decref(root);

    static const char massif[] = "desc: \xff\ncmd: x\ntime_unit: B\nsnapshot=0\ntime=1\n"
                                 "mem_heap_B=9\nheap_tree=peak\nn1: 9 all\n n0: 9 0x5: f (a.c:3)\n";
    g_autoptr(massif_profile) heap = massif_parse(massif, strlen(massif), "test", NULL);
    root = profile_json_massif(heap);
    const json_t *snapshot = json_array_get(json_object_get(root, "snapshots"), 0);
    assert_int_equal(integer_at(snapshot, "heap_bytes", NULL), 9);
    const json_t *child =
        json_array_get(json_object_get(json_object_get(snapshot, "tree"), "children"), 0);
    assert_int_equal(integer_at(child, "line", NULL), 3);
    assert_int_equal(integer_at(child, "address", NULL), 5);
    json_decref(root);
}

static void text_for_terminals(void **state)
{
    (void)state;
    g_autofree char *plain = plain_text("a\033[31m\xff\n\302\233\342\200\256z\177");
    assert_string_equal(plain, "a\\x1b[31m\357\277\275\n\\x9b\\u{202e}z\\x7f");
    g_autofree char *million = plain_text_number(1234567);
    assert_string_equal(million, "1,234,567");
    g_autofree char *small = plain_text_number(999);
    assert_string_equal(small, "999");
}

/* ---- differences ---- */

static const profile_diff_row *find_diff(const profile_diff *diff, const char *name,
                                         const char *file)
{
    const profile_diff_row *found = NULL;
    for (unsigned i = 0; i < diff->rows->len; i++) {
        const profile_diff_row *row = g_ptr_array_index(diff->rows, i);
        if (strcmp(row->name, name) == 0 && strcmp(row->file, file) == 0) {
            assert_null(found);
            found = row;
        }
    }
    if (found == NULL)
        fail_msg("no row %s in %s", name, file);
    return found;
}

static void differences_of_calls(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) before =
        parse("events: Ir\nob=prog\nfl=a.c\nfn=f\n1 100\nfn=g\n5 50\nfn=gone\n9 7\n"
              "ob=one.so\nfl=x.c\nfn=same\n1 1\nob=two.so\nfn=same\n1 2\n");
    g_autoptr(callgrind_profile) after =
        parse("events: Dr Ir\nob=prog2\nfl=b.c\nfn=f\n11 0 130\ncfn=g\ncalls=1 1\n12 0 50\n"
              "fn=g\n15 0 50\nfn=fresh\n19 0 3\nob=two.so\nfl=x.c\nfn=same\n1 0 2\n"
              "ob=one.so\nfn=same\n1 0 1\n");
    g_autoptr(profile_diff) diff =
        profile_diff_callgrind(before, after, NULL, PROFILE_DIFF_FUNCTIONS, NULL);
    assert_int_equal(diff->old_total, 160);
    assert_int_equal(diff->new_total, 186);
    assert_true(profile_diff_growth(diff) > 16.24 && profile_diff_growth(diff) < 16.26);
    const profile_diff_row *f = find_diff(diff, "f", "b.c"); /* the file has a new name */
    assert_true(f->in_old && f->in_new);
    assert_int_equal(f->old_self, 100);
    assert_int_equal(f->new_self, 130);
    assert_int_equal(f->new_inclusive, 180);
    assert_false(find_diff(diff, "gone", "a.c")->in_new);
    assert_false(find_diff(diff, "fresh", "b.c")->in_old);
    int64_t sum = 0;
    for (unsigned i = 0; i < diff->rows->len; i++) {
        const profile_diff_row *row = g_ptr_array_index(diff->rows, i);
        sum += (int64_t)(row->new_self - row->old_self);
        if (strcmp(row->name, "same") == 0)
            assert_true(row->old_self == row->new_self); /* each with its own object's */
    }
    assert_int_equal(sum, 26);
    assert_ptr_equal(f, g_ptr_array_index(diff->rows, 0)); /* the greatest change comes first */
    g_autoptr(GError) error = NULL;
    assert_null(profile_diff_callgrind(before, after, "Dr", PROFILE_DIFF_FUNCTIONS, &error));
    assert_non_null(strstr(error->message, "the old profile has no event 'Dr'"));
    g_autofree char *text = profile_diff_print(diff, 1);
    assert_non_null(strstr(text, "Ir: 160 -> 186 (+26, +16.25%)"));
    assert_non_null(strstr(text, "... and 2 more"));
}

static massif_profile *parse_heap(const char *tree, unsigned bytes)
{
    g_autofree char *text = g_strdup_printf("desc: x\ncmd: x\ntime_unit: i\nsnapshot=0\ntime=1\n"
                                            "mem_heap_B=%u\nheap_tree=peak\n%s",
                                            bytes, tree);
    return massif_parse(text, strlen(text), "test", NULL);
}

static void differences_of_heaps(void **state)
{
    (void)state;
    g_autoptr(massif_profile) before =
        parse_heap("n2: 90 all\n n1: 50 0x1: make (a.c:3)\n  n0: 50 0x2: main (a.c:9)\n"
                   " n0: 40 0x3: main (a.c:10)\n",
                   90);
    g_autoptr(massif_profile) after =
        parse_heap("n1: 70 all\n n1: 70 0x1: make (a.c:5)\n  n1: 70 0x4: make (a.c:6)\n"
                   "   n0: 70 0x2: main (a.c:9)\n",
                   70);
    g_autoptr(profile_diff) diff = profile_diff_massif(before, after, PROFILE_DIFF_FUNCTIONS);
    assert_int_equal(diff->old_total, 90);
    assert_int_equal(diff->new_total, 70);
    assert_true(profile_diff_growth(diff) < 0);
    const profile_diff_row *make = find_diff(diff, "make", "a.c");
    assert_int_equal(make->old_self, 50);
    assert_int_equal(make->new_self, 70);
    assert_int_equal(make->new_inclusive, 70); /* within itself: once */
    const profile_diff_row *outer = find_diff(diff, "main", "a.c");
    assert_int_equal(outer->old_self, 40);
    assert_int_equal(outer->old_inclusive, 90);
    assert_int_equal(outer->new_inclusive, 70);
    json_t *json = profile_diff_json(diff);
    assert_int_equal(integer_at(json, "new_total", NULL), 70);
    json_decref(json);
}

static const profile_diff_row *find_moved(const profile_diff *diff, uint32_t old_line,
                                          uint32_t new_line)
{
    for (unsigned i = 0; i < diff->rows->len; i++) {
        const profile_diff_row *row = g_ptr_array_index(diff->rows, i);
        if (row->old_line == old_line && row->new_line == new_line)
            return row;
    }
    fail_msg("no line %u -> %u", old_line, new_line);
    return NULL;
}

/* The file has a new name, four lines were written above the function, one between its lines, one
 * was taken out; what was inlined stays where it was. */
static void differences_of_lines(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) before =
        parse("events: Ir\nfl=a.c\nfn=f\n10 500\n11 20\n12 900\n13 5\nfi=inline.h\n3 60\n"
              "fe=a.c\nfl=c.c\nfn=g\n5 50\ncfi=a.c\ncfn=f\ncalls=1 10\n6 1485\n");
    g_autoptr(callgrind_profile) after =
        parse("events: Ir\nfl=b.c\nfn=f\n14 500\n15 25\n16 70\n17 900\nfi=inline.h\n3 61\n"
              "fe=b.c\nfl=c.c\nfn=g\n5 50\ncfi=b.c\ncfn=f\ncalls=1 14\n6 1556\n");
    g_autoptr(profile_diff) diff =
        profile_diff_callgrind(before, after, NULL, PROFILE_DIFF_LINES, NULL);
    assert_int_equal(diff->rows->len, 8);
    assert_true(find_moved(diff, 10, 14)->new_self == 500);
    assert_true(find_moved(diff, 11, 15)->old_self == 20);
    assert_true(find_moved(diff, 12, 17)->new_self == 900);
    assert_true(find_moved(diff, 3, 3)->new_self == 61);
    assert_int_equal(find_moved(diff, 6, 6)->new_inclusive, 1556);
    assert_false(find_moved(diff, 0, 16)->in_old);
    assert_false(find_moved(diff, 13, 0)->in_new);
    assert_ptr_equal(find_moved(diff, 0, 16), g_ptr_array_index(diff->rows, 0));
    int64_t sum = 0;
    for (unsigned i = 0; i < diff->rows->len; i++) {
        const profile_diff_row *row = g_ptr_array_index(diff->rows, i);
        sum += (int64_t)(row->new_self - row->old_self);
    }
    assert_int_equal(sum, (int64_t)(diff->new_total - diff->old_total));
    g_autofree char *text = profile_diff_print(diff, 0);
    assert_non_null(strstr(text, "f (b.c:11 -> 15)"));
    json_t *json = profile_diff_json(diff);
    assert_string_equal(json_string_value(json_object_get(json, "by")), "line");
    json_decref(json);
}

/* Functions too long for the table of all pairs are matched by distance from their first line. */
static void long_functions_are_aligned(void **state)
{
    (void)state;
    GString *texts[2] = {g_string_new("events: Ir\nfl=a.c\nfn=f\n"),
                         g_string_new("events: Ir\nfl=a.c\nfn=f\n")};
    for (unsigned i = 0; i < 3000; i++) {
        g_string_append_printf(texts[0], "%u 7\n", 100 + i);
        g_string_append_printf(texts[1], "%u 7\n", 200 + i);
    }
    g_autoptr(callgrind_profile) before = parse(texts[0]->str);
    g_autoptr(callgrind_profile) after = parse(texts[1]->str);
    g_autoptr(profile_diff) diff =
        profile_diff_callgrind(before, after, NULL, PROFILE_DIFF_LINES, NULL);
    assert_int_equal(diff->rows->len, 3000);
    assert_true(find_moved(diff, 3099, 3199)->in_old);
    (void)g_string_free(texts[0], TRUE);
    (void)g_string_free(texts[1], TRUE);
}

static dhat_profile *parse_places(unsigned make_bytes, unsigned line)
{
    g_autofree char *text = g_strdup_printf(
        "{\"dhatFileVersion\":2,\"cmd\":\"x\",\"tu\":\"instrs\",\"pps\":["
        "{\"tb\":%u,\"tbk\":3,\"gb\":10,\"gbk\":1,\"eb\":5,\"ebk\":1,\"fs\":[1,2,3,4]},"
        "{\"tb\":40,\"tbk\":1,\"gb\":40,\"gbk\":1,\"fs\":[1,3,4]}],\"ftbl\":[\"[root]\","
        "\"0x1: malloc (vg_replace_malloc.c:431)\",\"0x2: make (a.c:%u)\","
        "\"0x3: make (a.c:30)\",\"0x4: main (a.c:9)\"]}",
        make_bytes, line);
    g_autoptr(GError) error = NULL;
    dhat_profile *p = dhat_parse(text, strlen(text), "test", &error);
    if (p == NULL)
        fail_msg("%s", error->message);
    return p;
}

static void differences_of_places(void **state)
{
    (void)state;
    g_autoptr(dhat_profile) before = parse_places(100, 3);
    g_autoptr(dhat_profile) after = parse_places(130, 5);
    g_autoptr(profile_diff) diff =
        profile_diff_dhat(before, after, NULL, PROFILE_DIFF_FUNCTIONS, NULL);
    assert_string_equal(diff->unit, "bytes allocated");
    assert_int_equal(diff->old_total, 140);
    assert_int_equal(diff->new_total, 170);
    const profile_diff_row *make = find_diff(diff, "make", "a.c");
    assert_int_equal(make->old_self, 140); /* malloc itself is nobody's place */
    assert_int_equal(make->new_inclusive, 170);
    assert_int_equal(find_diff(diff, "main", "a.c")->new_inclusive, 170);
    g_autoptr(profile_diff) lines =
        profile_diff_dhat(before, after, "peak", PROFILE_DIFF_LINES, NULL);
    assert_int_equal(lines->new_total, 50);
    assert_int_equal(find_moved(lines, 3, 5)->new_self, 10);
    assert_int_equal(find_moved(lines, 30, 30)->new_self, 40);
    g_autoptr(profile_diff) blocks =
        profile_diff_dhat(before, after, "blocks", PROFILE_DIFF_FUNCTIONS, NULL);
    assert_int_equal(blocks->new_total, 4);
    g_autoptr(GError) error = NULL;
    assert_null(profile_diff_dhat(before, after, "Ir", PROFILE_DIFF_FUNCTIONS, &error));
    assert_non_null(strstr(error->message, "expected bytes, blocks, peak or end"));
}

/* ---- lines ---- */

static const line_row *find_line(const line_table *table, uint32_t line)
{
    for (unsigned i = 0; i < table->rows->len; i++) {
        const line_row *row = g_ptr_array_index(table->rows, i);
        if (row->line == line && strcmp(row->file, "/src/m.c") == 0)
            return row;
    }
    fail_msg("no line %u", line);
    return NULL;
}

/* Own and inclusive cost by another event than the first, named in the title. */
static void lines_by_event(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) calls =
        parse("events: Ir Dw other\nfl=/src/m.c\nfn=main\n7 10 1 2\n"
              "cfn=f\ncalls=3 12\n7 60 20 4\nfn=f\n12 60 20 4\n");
    static const char *const titles[] = {"instructions", "data writes", "other"};
    static const uint64_t self[] = {10, 1, 2}, inclusive[] = {70, 21, 6};
    for (size_t event = 0; event < G_N_ELEMENTS(titles); event++) {
        g_autoptr(line_table) table = line_table_new();
        line_table_add_callgrind(table, calls, event);
        line_table_sort(table);
        const line_row *row = find_line(table, 7);
        assert_int_equal(row->self, self[event]);
        assert_int_equal(row->inclusive, inclusive[event]);
        line_print_options options = {.filter = "m[.]c"};
        g_autofree char *text = line_print_joined(table, &options, NULL);
        g_autofree char *title = g_strdup_printf("Line # %13s     inclusive", titles[event]);
        assert_non_null(strstr(text, title));
    }
}

/* One line of source from five sources. */
static void lines_joined(void **state)
{
    (void)state;
    g_autoptr(callgrind_profile) calls =
        parse("events: Ir I1mr D1mr D1mw DLmr Bcm Bim\nfl=/src/m.c\nfn=main\n7 10 1 2 3 1 4 1\n"
              "cfn=f\ncalls=3 12\n7 60\nfn=f\n12 60\n");
    g_autoptr(callgrind_profile) tree =
        parse("creator: xtree-1\nevents: totB totBk\nfl=/src/m.c\nfn=f\n12 500 5\nfn=main\n"
              "7\ncfn=f\ncalls=0 12\n7 500 5\n");
    g_autoptr(massif_profile) heap = parse_heap(
        "n1: 90 all\n n1: 90 0x1: f (m.c:12)\n  n1: 90 0x2: main (m.c:7)\n   n1: 90 0x2: main "
        "(m.c:7)\n    n0: 90 0x2: inlined_here (m.c:30)\n",
        90);
    static const char info_text[] = "SF:/src/m.c\nDA:7,1\nDA:12,3\nDA:20,0\nend_of_record\n";
    g_autoptr(lcov_info) info = lcov_info_parse(info_text, strlen(info_text), "test", NULL);
    g_autoptr(GString) leaks = g_string_new(xml);
    g_string_replace(leaks, "<stack>\n  </stack>",
                     "<stack><frame><ip>0x1</ip><dir>/src</dir><file>m.c</file><line>12</line>"
                     "</frame><frame><ip>0x1</ip><dir>/src</dir><file>m.c</file><line>30</line>"
                     "</frame></stack>",
                     0);
    g_autoptr(memcheck_report) report = memcheck_parse(leaks->str, leaks->len, "test", NULL);
    g_autoptr(line_table) table = line_table_new();
    line_table_add_callgrind(table, calls, 0);
    line_table_add_xtree(table, tree);
    line_table_add_massif(table, heap);
    line_table_add_memcheck(table, report);
    line_table_add_lcov(table, info);
    line_table_sort(table);
    assert_int_equal(table->rows->len, 3); /* not line 30, where code was inlined */
    line_table_add_hits(table, "/src/m.c", 20, 2);
    line_table_add_hits(table, "/src/m.c", 20, 5);
    const line_row *row = find_line(table, 7);
    assert_int_equal(row->self, 10);
    assert_int_equal(row->inclusive, 70);
    assert_int_equal(row->calls, 3);
    assert_int_equal(row->cache_misses, 6);
    assert_int_equal(row->memory_misses, 1);
    assert_int_equal(row->mispredictions, 5);
    assert_int_equal(row->allocated_bytes, 500);
    assert_int_equal(row->peak_bytes, 90); /* twice on the path: once */
    assert_int_equal(row->leaked_blocks, 0);
    assert_int_equal(row->hits, 1);
    row = find_line(table, 12);
    assert_int_equal(row->allocated_blocks, 5);
    assert_int_equal(row->leaked_bytes, 77);
    assert_int_equal(row->hits, 3);
    assert_int_equal(find_line(table, 20)->hits, 7);
    line_print_options options = {.filter = "m[.]c"};
    g_autofree char *joined = line_print_joined(table, &options, NULL);
    assert_non_null(strstr(joined, "instructions"));
    assert_non_null(strstr(joined, "leaked blocks"));
    g_autofree char *memory = line_print_memory(table, &options, NULL);
    assert_non_null(
        strstr(memory, "Line #      Mem usage      Increment  Occurrences   Line Cont"));
    json_t *json = line_print_json(table, &options, NULL);
    const json_t *file = json_array_get(json_object_get(json, "files"), 0);
    assert_int_equal(json_array_size(json_object_get(file, "lines")), 3);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_table),
        cmocka_unit_test(callers_and_callees),
        cmocka_unit_test(sorts),
        cmocka_unit_test(contexts),
        cmocka_unit_test(stacks_add_up),
        cmocka_unit_test(memcheck_errors),
        cmocka_unit_test(memcheck_cut_off),
        cmocka_unit_test(lcov_records),
        cmocka_unit_test(lcov_damage),
        cmocka_unit_test(formats),
        cmocka_unit_test(json_form),
        cmocka_unit_test(text_for_terminals),
        cmocka_unit_test(differences_of_calls),
        cmocka_unit_test(differences_of_heaps),
        cmocka_unit_test(differences_of_lines),
        cmocka_unit_test(long_functions_are_aligned),
        cmocka_unit_test(differences_of_places),
        cmocka_unit_test(lines_by_event),
        cmocka_unit_test(lines_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
