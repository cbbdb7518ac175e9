/*
 * drive_tests.c -- runs the student's tests on a pool.c and a layouts.c.
 *
 * Linked with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc, so that hw_fail_allocation() reaches
 * the allocations of the implementation under test.
 *
 * arguments: --list | [INDEX...]     no INDEX: every test
 * answers, for each test
 *   t index name      it starts (with --list: this line only)
 *   f file:line text  a check failed; at most 20 of a test are told
 *   d checks failed   it is done
 */
#include "drive.h"

#include "hw_tests.h"

/* NOLINTBEGIN(readability-identifier-naming): the linker makes these names. */
void *__real_malloc(size_t n_bytes);
void *__real_calloc(size_t n, size_t n_bytes);
void *__real_realloc(void *block, size_t n_bytes);
void *__wrap_malloc(size_t n_bytes);
void *__wrap_calloc(size_t n, size_t n_bytes);
void *__wrap_realloc(void *block, size_t n_bytes);

static unsigned long n_checks, n_failed;
static size_t fail_in; /* 0: no allocation fails */

static bool must_fail(void)
{
    return fail_in > 0 && --fail_in == 0;
}

void *__wrap_malloc(size_t n_bytes)
{
    return must_fail() ? NULL : __real_malloc(n_bytes);
}

void *__wrap_calloc(size_t n, size_t n_bytes)
{
    return must_fail() ? NULL : __real_calloc(n, n_bytes);
}

void *__wrap_realloc(void *block, size_t n_bytes)
{
    return must_fail() ? NULL : __real_realloc(block, n_bytes);
}

/* NOLINTEND(readability-identifier-naming) */

void *hw_arena_map(void)
{
    return must_fail() ? NULL : drive_map_arena();
}

void hw_arena_unmap(void *arena)
{
    (void)munmap(arena, HW_ARENA_BYTES); /* tests look at the statistics, not at the system */
}

void hw_fail_allocation(size_t n_th)
{
    fail_in = n_th;
}

void hw_check(bool condition, const char *text, const char *file, int line)
{
    enum { MOST_TOLD = 20 };
    n_checks++;
    if (condition)
        return;
    if (++n_failed <= MOST_TOLD) {
        const char *slash = strrchr(file, '/');
        drive_answer("f %.60s:%d %.300s", slash == NULL ? file : slash + 1, line, text);
    }
}

static void run_test(size_t index)
{
    drive_answer("t %zu %.100s", index, hw_tests[index].name);
    n_checks = 0;
    n_failed = 0;
    hw_tests[index].run();
    fail_in = 0;
    drive_answer("d %lu %lu", n_checks, n_failed);
}

int main(int argc, char **argv)
{
    size_t n_tests = 0;
    while (hw_tests[n_tests].name != NULL)
        n_tests++;
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        for (size_t i = 0; i < n_tests; i++)
            drive_answer("t %zu %.100s", i, hw_tests[i].name);
    } else if (argc == 1) {
        for (size_t i = 0; i < n_tests; i++)
            run_test(i);
    }
    for (int i = 1; i < argc && argv[1][0] != '-'; i++) {
        size_t index = strtoull(argv[i], NULL, 10);
        if (index < n_tests)
            run_test(index);
    }
    drive_end();
    return 0;
}
