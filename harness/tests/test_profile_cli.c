/* objlab show, diff and profile as programs: output, exit codes, one clear line for bad input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>
#include <sys/wait.h>

typedef struct run_result {
    char *out, *err;
    int code;
} run_result;

static void run_clear(run_result *r)
{
    g_free(r->out);
    g_free(r->err);
}

/* objlab with these arguments, the last of which is NULL. */
#define RUN(...) run_objlab((const char *const[]){OBJLAB, __VA_ARGS__})

static run_result run_objlab(const char *const *argv)
{
    run_result r = {0};
    int status;
    assert_true(g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL,
                             &r.out, &r.err, &status, NULL));
    assert_true(WIFEXITED(status));
    r.code = WEXITSTATUS(status);
    return r;
}

static void assert_holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* One line of error, and no more than that. */
static void assert_refused(run_result r, int code, const char *part)
{
    assert_int_equal(r.code, code);
    assert_string_equal(r.out, "");
    assert_holds(r.err, part);
    assert_true(g_str_has_prefix(r.err, "objlab: "));
    assert_ptr_equal(strchr(r.err, '\n'), r.err + strlen(r.err) - 1);
    run_clear(&r);
}

typedef struct scratch {
    char *folder, *calls, *more_calls, *unnamed, *heap, *binary;
} scratch;

static char *write_file(const char *folder, const char *name, const char *text, size_t n_bytes)
{
    char *path = g_build_filename(folder, name, NULL);
    assert_true(g_file_set_contents(path, text, (gssize)n_bytes, NULL));
    return path;
}

static int set_up(void **state)
{
    static const char calls[] = "# callgrind format\nevents: Ir Dr\nfl=a.c\nfn=main\n1 10 1\n"
                                "cfn=work\ncalls=2 5\n2 90 9\nfn=work\n5 90 9\n";
    static const char more[] = "# callgrind format\nevents: Ir Dr\nfl=a.c\nfn=main\n1 10 1\n"
                               "cfn=work\ncalls=2 5\n2 95 9\nfn=work\n5 95 9\n";
    static const char unnamed[] = "# callgrind format\nevents: Ir\nfl=???\nfn=main\n0 10\n";
    static const char heap[] = "desc: x\ncmd: ./x\ntime_unit: i\n#-----------\nsnapshot=0\n"
                               "time=5\nmem_heap_B=77\nmem_heap_extra_B=3\nmem_stacks_B=0\n"
                               "heap_tree=peak\nn1: 77 all\n n0: 77 0x1: make\033[2J (a.c:3)\n";
    scratch *s = g_new0(scratch, 1);
    s->folder = g_dir_make_tmp("objlab-test-XXXXXX", NULL);
    s->calls = write_file(s->folder, "calls", calls, strlen(calls));
    s->more_calls = write_file(s->folder, "more", more, strlen(more));
    s->unnamed = write_file(s->folder, "unnamed", unnamed, strlen(unnamed));
    s->heap = write_file(s->folder, "heap", heap, strlen(heap));
    s->binary = write_file(s->folder, "binary", "\177ELF\0\1\2\3\n\0\n", 11);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    scratch *s = *state;
    char *files[] = {s->calls, s->more_calls, s->unnamed, s->heap, s->binary};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        (void)g_remove(files[i]);
        g_free(files[i]);
    }
    (void)g_rmdir(s->folder);
    g_free(s->folder);
    g_free(s);
    return 0;
}

static void show_prints_tables(void **state)
{
    const scratch *s = *state;
    run_result r = RUN("show", s->calls, NULL);
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "2 function calls in 100 instructions (Ir)");
    assert_holds(r.out, "        2       90     45.0       90     45.0 a.c:5(work)\n");
    run_clear(&r);
    r = RUN("show", s->calls, "--event=Dr", "--sort=name", "--callees", NULL);
    assert_holds(r.out, "in 10 data reads (Dr)");
    assert_holds(r.out, "a.c:1(main) ->         2            9  a.c:5(work)\n");
    run_clear(&r);
    r = RUN("show", s->calls, "--lines", "--filter=a[.]c", NULL);
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "Filename: a.c");
    assert_holds(r.out, "     2             .            90             2   "); /* a call only */
    run_clear(&r);
    r = RUN("show", s->calls, "--lines", NULL); /* the source is elsewhere: lines without text */
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "Filename: a.c");
    assert_holds(r.out, "     5            90 ");
    run_clear(&r);
    r = RUN("show", s->heap, NULL);
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "make\\x1b[2J (a.c:3)"); /* nothing moves the terminal's cursor */
    run_clear(&r);
    r = RUN("show", s->calls, "--export=folded", NULL);
    assert_string_equal(r.out, "main 10\nwork 90\n");
    run_clear(&r);
}

static void show_prints_json(void **state)
{
    const scratch *s = *state;
    run_result r = RUN("show", "--json", s->calls, NULL);
    json_t *value = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(value);
    assert_string_equal(json_string_value(json_object_get(value, "format")), "callgrind");
    json_decref(value);
    run_clear(&r);
    r = RUN("show", "--json", s->calls, s->heap, NULL);
    value = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_array_size(value), 2);
    json_decref(value);
    run_clear(&r);
}

static void show_refuses(void **state)
{
    const scratch *s = *state;
    assert_refused(RUN("show", s->unnamed, "--lines", NULL), 2, "no cost in it is of a line");
    assert_refused(RUN("show", s->binary, NULL), 2, "binary:1:1: expected a callgrind,");
    assert_refused(RUN("show", "/nonexistent", NULL), 2, "No such file");
    assert_refused(RUN("show", s->folder, NULL), 2, "objlab: ");
    assert_refused(RUN("show", NULL), 2, "no file given");
    assert_refused(RUN("show", s->calls, "--sort=x", NULL), 2, "--sort=x: expected cumulative");
    assert_refused(RUN("show", s->calls, "--event=Bc", NULL), 2, "the file has Ir Dr");
    assert_refused(RUN("show", s->calls, "--filter=(", NULL), 2, "regular expression");
    assert_refused(RUN("show", s->calls, "--limit=-1", NULL), 2, "below 0");
    assert_refused(RUN("show", s->calls, "--bogus", NULL), 2, "--bogus");
    assert_refused(RUN("show", s->calls, "--asm", "--function=x", NULL), 2, "no function 'x'");
    assert_refused(RUN("show", s->calls, "--asm", "--function=main", NULL), 2, "no instruction");
    assert_refused(RUN("show", s->calls, "--export=x", NULL), 2, "expected folded");
    assert_refused(RUN("show", s->calls, "--callers", "--callees", NULL), 2, "either");
    assert_refused(RUN("show", s->calls, "--asm", "--json", NULL), 2, "either");
    assert_refused(RUN("show", s->calls, "--lines", "--event=x", NULL), 2, "no event 'x'");
}

static void diff_has_a_threshold(void **state)
{
    const scratch *s = *state;
    run_result r = RUN("diff", s->calls, s->more_calls, NULL);
    assert_int_equal(r.code, 1);
    assert_holds(r.out, "Ir: 100 -> 105 (+5, +5.00%)");
    assert_holds(r.err, "Ir grew by 5.00 %, more than 1.00 %");
    run_clear(&r);
    r = RUN("diff", "--threshold=5", s->calls, s->more_calls, NULL);
    assert_int_equal(r.code, 0);
    run_clear(&r);
    r = RUN("diff", "--lines", s->calls, s->more_calls, NULL);
    assert_int_equal(r.code, 1);
    assert_holds(r.out, "  line\n");
    run_clear(&r);
    r = RUN("diff", s->more_calls, s->calls, "--json", NULL);
    assert_int_equal(r.code, 0);
    json_t *value = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_integer_value(json_object_get(value, "new_total")), 100);
    json_decref(value);
    run_clear(&r);
    assert_refused(RUN("diff", s->calls, s->heap, NULL), 2, "is of callgrind");
    assert_refused(RUN("diff", s->calls, NULL), 2, "two files");
    assert_refused(RUN("diff", s->calls, s->binary, NULL), 2,
                   "expected a callgrind, massif or DHAT");
    assert_refused(RUN("diff", "--lines", "--event=Nothing", s->calls, s->more_calls, NULL), 2,
                   "no event 'Nothing'");
}

static void profile_runs_programs(void **state)
{
    const scratch *s = *state;
    g_autofree char *kept = g_build_filename(s->folder, "kept", NULL);
    run_result r = RUN("profile", "calls", "--strip-dirs", "--out", kept, "--", VICTIM, NULL);
    assert_int_equal(r.code, 0);
    assert_true(g_str_has_prefix(r.out, "630144\n")); /* the program's own output */
    assert_holds(r.out, "  465/1");
    assert_holds(r.out, "victim.c:");
    run_clear(&r);
    r = RUN("show", kept, "--filter", "fib", NULL);
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "(fib)");
    (void)g_remove(kept);
    run_clear(&r);
    r = RUN("profile", "memory", "--filter=victim", "--", VICTIM, NULL);
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "Line #      Mem usage      Increment  Occurrences   Line Contents");
    run_clear(&r);
    r = RUN("profile", "lines", "--json", "--filter=victim", "--", VICTIM, NULL);
    assert_int_equal(r.code, 0);
    json_t *value = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
    assert_string_equal(json_string_value(json_object_get(value, "format")), "lines");
    json_decref(value);
    run_clear(&r);
    r = RUN("profile", "calls", "--asm", "--function=fib", "--", VICTIM, NULL);
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "fib in ");
    assert_holds(r.out, "465 "); /* fib's first instruction, once a call */
    assert_holds(r.out, "victim.c:");
    assert_holds(r.out, "push ");
    assert_null(strstr(r.out, "jump to "));
    run_clear(&r);
    r = RUN("profile", "calls", "--asm", "--jumps", "--function=fib", "--", VICTIM, NULL);
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "jump to "); /* test_valgrind checks them all */
    run_clear(&r);
    r = RUN("profile", "calls", "--lines", "--jumps", "--filter=victim", "--json", "--", VICTIM,
            NULL);
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "\"conditional\": true");
    run_clear(&r);
    r = RUN("profile", "calls", "--limit=1", "--", VICTIM, "seven", NULL);
    assert_int_equal(r.code, 1);
    assert_holds(r.err, "exited with status 7");
    assert_holds(r.out, "function calls");
    run_clear(&r);
}

/* Every method gives the program's own costs; who sees what is as it must be. */
static void profile_compares_methods(void **state)
{
    (void)state;
    run_result r = RUN("profile", "compare", "--rounds=3", "--json", "--instrumented",
                       INSTRUMENTED_VICTIM, "--", VICTIM, NULL);
    assert_int_equal(r.code, 0);
    json_t *root = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL); /* nothing of the program's */
    assert_non_null(root);
    const json_t *methods = json_object_get(root, "methods");
    assert_int_equal(json_array_size(methods), 3);
    double shares[2] = {0, 0};
    json_int_t calls[2] = {0, 0};
    size_t i;
    const json_t *function;
    json_array_foreach(json_object_get(root, "functions"), i, function)
    {
        const json_t *views[2] = {json_object_get(function, "callgrind"),
                                  json_object_get(function, "instrument")};
        bool is_fib = strcmp(json_string_value(json_object_get(function, "name")), "fib") == 0;
        for (size_t k = 0; k < 2; k++) {
            shares[k] += json_real_value(json_object_get(views[k], "self"));
            if (is_fib)
                calls[k] = json_integer_value(json_object_get(views[k], "calls"));
        }
    }
    assert_true(shares[0] > 0.999 && shares[0] < 1.001);
    assert_true(shares[1] > 0.999 && shares[1] < 1.001);
    assert_int_equal(calls[0], 465); /* as the call table has it */
    assert_int_equal(calls[1], 465);
    json_decref(root);
    run_clear(&r);
    r = RUN("profile", "compare", "--rounds=3", "--limit=3", "--", VICTIM, NULL);
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "absent: nothing was seen: build with -finstrument-functions");
    run_clear(&r);
    assert_refused(RUN("profile", "compare", "--rounds=2", "--", VICTIM, NULL), 2, "3 to 100");
    assert_refused(RUN("profile", "compare", "--", "/nonexistent/program", NULL), 2, "no program");
}

static void profile_refuses(void **state)
{
    (void)state;
    assert_refused(RUN("profile", NULL), 2, "expected calls, memory, lines or compare");
    assert_refused(RUN("profile", "time", "--", VICTIM, NULL), 2, "'time': expected calls");
    assert_refused(RUN("profile", "calls", NULL), 2, "no program given");
    assert_refused(RUN("profile", "calls", "--", "/nonexistent/x", NULL), 2, "no program");
    assert_refused(RUN("profile", "calls", "--method=x", "--", VICTIM, NULL), 2, "--method=x");
    assert_refused(RUN("profile", "calls", "--hz=-3", "--", VICTIM, NULL), 2, "--hz=-3");
    assert_refused(RUN("profile", "calls", "--time-limit=-1", "--", VICTIM, NULL), 2, "below 0");
}

static void top_records_and_replays(void **state)
{
    const scratch *s = *state;
    g_autofree char *recording = g_build_filename(s->folder, "recording", NULL);
    run_result r = RUN("top", "--interval=0.05", "--record", recording, "--", VICTIM, "spin", NULL);
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "VIRT     RES     SHR   %CPU");
    assert_holds(r.out, " profile_victim\n");
    assert_holds(r.err, "630144\n"); /* the program's own output makes way */
    run_clear(&r);
    r = RUN("top", "--replay", recording, "-b", "00:00", "-a", NULL);
    assert_int_equal(r.code, 0);
    assert_holds(r.out, "accumulated");
    assert_holds(r.out, " profile_victim\n");
    run_clear(&r);
    r = RUN("top", "--replay", recording, "--json", NULL);
    json_t *value = json_loads(r.out, JSON_REJECT_DUPLICATES, NULL);
    assert_true(json_array_size(json_object_get(value, "samples")) >= 2);
    json_decref(value);
    run_clear(&r);
    assert_refused(RUN("top", "--replay", recording, "-b", "25:00", NULL), 2, "expected hh:mm");
    (void)g_remove(recording);
    r = RUN("top", "--interval=0.05", "--", VICTIM, "seven", NULL);
    assert_int_equal(r.code, 1);
    assert_holds(r.err, "exited with status 7");
    run_clear(&r);
    assert_refused(RUN("top", "--replay", s->calls, NULL), 2, "not a recording");
    assert_refused(RUN("top", NULL), 2, "expected a program");
    assert_refused(RUN("top", "--interval=0", "--", VICTIM, NULL), 2, "--interval=0");
    assert_refused(RUN("top", "--", "/nonexistent/x", NULL), 2, "/nonexistent/x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(show_prints_tables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(show_prints_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(show_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(diff_has_a_threshold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(profile_runs_programs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(profile_compares_methods, set_up, tear_down),
        cmocka_unit_test_setup_teardown(profile_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(top_records_and_replays, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
