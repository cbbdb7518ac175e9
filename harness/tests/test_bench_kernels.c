/* The benchmark's kernels, in their machine code: what is timed was not optimised away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gio/gio.h>
#include <stdbool.h>
#include <string.h>

static char *run_tool(const char *const *argv, int *ret_status)
{
    g_autoptr(GSubprocess) process = g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL);
    char *out = NULL;
    if (process != NULL && g_subprocess_communicate_utf8(process, NULL, NULL, &out, NULL, NULL))
        *ret_status =
            g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1;
    return out;
}

/* The disassembly of one function of a program, or NULL if it has none of that name. */
static char *disassemble(const char *program, const char *function)
{
    g_autofree char *path = g_build_filename(BUILD_DIR, program, NULL);
    g_autofree char *only = g_strdup_printf("--disassemble=%s", function);
    const char *const argv[] = {"objdump", "--no-show-raw-insn", only, path, NULL};
    int status = -1;
    g_autofree char *text = run_tool(argv, &status);
    assert_int_equal(status, 0);
    g_autofree char *head = g_strdup_printf("<%s>:", function);
    return strstr(text, head) != NULL ? g_steal_pointer(&text) : NULL;
}

static unsigned count_calls(const char *text, const char *callee)
{
    g_autofree char *call = g_strdup_printf("call.*<%s(@plt)?>|bl.*<%s(@plt)?>", callee, callee);
    g_autoptr(GRegex) regex = g_regex_new(call, 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    unsigned n = 0;
    for (bool more = g_regex_match(regex, text, 0, &match); more;
         more = g_match_info_next(match, NULL))
        n++;
    return n;
}

/* True if the function is timed and calls the callee at n_least places at the least: as often as it
 * does outside of the timed loop, and once more. */
static bool times_a_call(const char *program, const char *function, const char *callee,
                         unsigned n_least)
{
    g_autofree char *text = disassemble(program, function);
    assert_non_null(text);
    static const char *const timers[] = {"rdtsc", "cntvct", "<worker_pass_next>",
                                         "<worker_short_begin>"};
    bool timed = false;
    for (size_t i = 0; i < G_N_ELEMENTS(timers); i++)
        timed |= strstr(text, timers[i]) != NULL;
    assert_true(timed);
    return count_calls(text, callee) >= n_least;
}

static void removed_work_is_detected(void **state)
{
    (void)state;
    const char *program = "harness/bench/dead_kernel";
    assert_true(times_a_call(program, "time_kept_pair", "malloc", 1));
    assert_false(times_a_call(program, "time_removed_pair", "malloc", 1));
}

typedef struct timed_call {
    const char *function, *callee;
    unsigned n_least;
} timed_call;

/* Built for coverage or with a sanitizer, the workers are not what is timed: nothing is removed
 * from them, and less is inlined. */
#ifndef WORKERS_ARE_INSTRUMENTED
static void allocator_kernels_do_their_work(void **state)
{
    (void)state;
    static const timed_call calls[] = {
        {"libc_pass", "malloc", 1},  {"libc_fifo", "free", 1},     {"libc_lifo", "free", 1},
        {"libc_random", "free", 1},  {"libc_pair", "malloc", 2},   {"libc_pair", "free", 2},
        {"libc_batch", "malloc", 1}, {"libc_batch", "free", 2},    {"libc_churn", "malloc", 2},
        {"libc_churn", "free", 3},   {"libc_shuffled", "free", 1}, {"libc_pair_worst", "malloc", 2},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
        assert_true(times_a_call("harness/bench/objlab-bench-alloc", calls[i].function,
                                 calls[i].callee, calls[i].n_least));
}

static void object_kernels_do_their_work(void **state)
{
    (void)state;
    static const timed_call calls[] = {
        {"objlab_pass", "heap_alloc_slow", 1},    {"objlab_fifo", "heap_free_slow", 1},
        {"objlab_pair", "heap_free_slow", 2},     {"timed_create", "heap_alloc_slow", 1},
        {"timed_fifo", "object_destroy", 2},      {"timed_get_by_name", "object_get_attr", 1},
        {"timed_delete", "object_unset_attr", 1}, {"timed_weakref_create", "weakref_new", 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
        assert_true(times_a_call("harness/bench/objlab-bench-objects", calls[i].function,
                                 calls[i].callee, calls[i].n_least));
    /* on malloc, and nowhere else */
    const char *on_malloc = "harness/bench/objlab-bench-objects-malloc";
    assert_true(times_a_call(on_malloc, "timed_create", "malloc", 1));
    assert_false(times_a_call(on_malloc, "timed_create", "heap_alloc_slow", 1));
}

static void cpython_kernels_do_their_work(void **state)
{
    (void)state;
    static const timed_call calls[] = {
        {"timed_get", "PyObject_GenericGetAttr", 1},
        {"timed_set", "PyObject_GenericSetAttr", 2},
        {"timed_fifo", "_Py_Dealloc", 2},
        {"timed_weakref_create", "PyWeakref_NewRef", 1},
        {"timed_collect_live", "PyGC_Collect", 2},
        {"obmalloc_pair", "PyObject_Malloc", 2},
        {"obmalloc_pair", "PyObject_Free", 3},
    };
    g_autofree char *worker =
        g_build_filename(BUILD_DIR, "harness/bench/objlab-bench-cpython", NULL);
    if (!g_file_test(worker, G_FILE_TEST_EXISTS))
        skip(); /* python3-dev is optional */
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
        assert_true(times_a_call("harness/bench/objlab-bench-cpython", calls[i].function,
                                 calls[i].callee, calls[i].n_least));
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removed_work_is_detected),
#ifndef WORKERS_ARE_INSTRUMENTED
        cmocka_unit_test(allocator_kernels_do_their_work),
        cmocka_unit_test(object_kernels_do_their_work),
        cmocka_unit_test(cpython_kernels_do_their_work),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
