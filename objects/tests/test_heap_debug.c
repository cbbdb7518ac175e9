/* test_heap_debug.c -- a debug heap finds misuse, tells where, and ends the program. */
#include "objects/tests/check.h"

#include "objects/announce.h"
#include "objects/heap.h"

#ifdef COUNTED_BY_GCOV
#include <gcov.h>
#endif
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- misuse of a debug heap ends the program, and names what was misused ---- */

/* Written by the child, read by its parent: the address that it misuses. */
static const void **misused;

static void overrun(heap *h, size_t n_bytes, size_t at)
{
    char *block = mem_alloc(h, n_bytes);
    *misused = block;
    *(volatile char *)(block + at) = 1;
    mem_free(h, block);
}

static void overrun_tiny(heap *h)
{
    overrun(h, 3, 3);
}

static void overrun_odd(heap *h)
{
    overrun(h, 40, 41);
}

static void overrun_whole_class(heap *h)
{
    overrun(h, 48, 48);
}

static void overrun_largest(heap *h)
{
    overrun(h, 512, 514);
}

static void overrun_from_malloc(heap *h)
{
    overrun(h, 600, 601);
}

/* Written over the place where the heap notes the size itself. */
static void overrun_far(heap *h)
{
    overrun(h, 32, 46);
}

static void overrun_then_realloc(heap *h)
{
    char *block = mem_realloc(h, NULL, 100);
    *misused = block;
    *(volatile char *)(block + 100) = 1;
    (void)mem_realloc(h, block, 200);
}

static void overrun_freed_as_small(heap *h)
{
    char *block = heap_alloc_class(h, 3);
    *misused = block;
    *(volatile char *)(block + 64) = 1;
    mem_free_small(block);
}

static void free_twice(heap *h)
{
    char *a = mem_alloc(h, 40);
    char *b = mem_alloc(h, 40);
    char *other = mem_alloc(h, 40);
    *misused = a;
    mem_free(h, a);
    mem_free(h, b);
    mem_free(h, a);
    mem_free(h, other);
}

static void free_inside(heap *h)
{
    char *block = mem_alloc(h, 64);
    *misused = block + 16;
    mem_free(h, block + 16);
}

static void free_in_dropped_pool(heap *h)
{
    char *block = mem_alloc(h, 64);
    *misused = block;
    mem_free(h, block);
    mem_free(h, block);
}

static void free_in_headers(heap *h)
{
    const char *block = mem_alloc(h, 64);
    uintptr_t arena = (uintptr_t)block / HEAP_ARENA_BYTES * HEAP_ARENA_BYTES;
    *misused = (const void *)(arena + 100);
    mem_free(h, (void *)(arena + 100));
}

static void free_of_another_heap(heap *h)
{
    const heap_options options = {.debug = 1};
    char *block = mem_alloc(heap_new(&options), 64);
    *misused = block;
    mem_free(h, block);
}

static void free_foreign(heap *h)
{
    static char in_bss[64];
    *misused = in_bss;
    mem_free(h, in_bss);
}

static void free_from_plain_malloc(heap *h)
{
    void *block = malloc(600);
    *misused = block;
    mem_free(h, block);
}

static void realloc_foreign(heap *h)
{
    void *block = malloc(600);
    *misused = block;
    (void)mem_realloc(h, block, 700);
}

static void write_after_free(heap *h)
{
    char *block = mem_alloc(h, 40);
    char *other = mem_alloc(h, 40); /* keeps the pool */
    *misused = block;
    mem_free(h, block);
    *(volatile char *)(block + 20) = 1;
    (void)mem_alloc(h, 40);
    mem_free(h, other);
}

static void *alloc_in_thread(void *argument)
{
    return mem_alloc(argument, 8);
}

static void use_in_thread(heap *h)
{
    pthread_t thread;
    *misused = h;
    if (pthread_create(&thread, NULL, alloc_in_thread, h) == 0)
        (void)pthread_join(thread, NULL);
}

typedef struct misuse {
    void (*commit)(heap *h);
    const char *text;
    bool in_pool;    /* the pool is named, too */
    bool asan_tells; /* in a build with it, it is faster, and has words of its own */
} misuse;

static const misuse misuses[] = {
    {overrun_tiny, "behind the end of a block of 3 bytes, at byte 3:", true, false},
    {overrun_odd, "behind the end of a block of 40 bytes, at byte 41:", true, false},
    {overrun_whole_class, "behind the end of a block of 48 bytes, at byte 48:", true, false},
    {overrun_largest, "behind the end of a block of 512 bytes, at byte 514:", true, false},
    {overrun_from_malloc, "behind the end of a block of 600 bytes, at byte 601:", false, false},
    {overrun_far, "behind the end of a block", true, false},
    {overrun_then_realloc, "behind the end of a block of 100 bytes, at byte 100:", true, false},
    {overrun_freed_as_small, "behind the end of a block of 64 bytes, at byte 64:", true, false},
    {free_twice, "freed twice", true, false},
    {free_inside, "no block starts here", true, false},
    {free_in_dropped_pool, "no block starts here", true, false},
    {free_in_headers, "in the headers of arena", false, false},
    {free_of_another_heap, "a block of another heap", true, false},
    {free_foreign, "no block of this heap", false, false},
    {free_from_plain_malloc, "no block of this heap", false, false},
    {realloc_foreign, "no block of this heap", false, false},
    {write_after_free, "written to after it was freed", true, true},
    {use_in_thread, "used by a thread that did not make it", false, false},
};

static void write_counts(int signal_number)
{
    (void)signal_number;
#ifdef COUNTED_BY_GCOV /* it counts at the end of a process, and abort() is none */
    /* NOLINTNEXTLINE(bugprone-signal-handler): abort() was called, and nothing is under way */
    __gcov_dump();
#endif
}

/* Commits it in a child, whose last words go to text. Returns the child's status. */
static int status_of(const misuse *m, int debug, char *text, size_t n_bytes)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)signal(SIGABRT, write_counts);
        const heap_options options = {.debug = debug};
        heap *h = heap_new(&options);
        m->commit(h);
        _exit(0);
    }
    (void)close(ends[1]);
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n < n_bytes - 1; n += (size_t)got) {
        got = read(ends[0], text + n, n_bytes - 1 - n);
        assert_true(got >= 0);
    }
    text[n] = '\0';
    (void)close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void check_told(const misuse *m, const char *text)
{
    char address[64];
    (void)snprintf(address, sizeof(address), "address %p", *misused);
    char pool[64];
    (void)snprintf(pool, sizeof(pool), "pool %p",
                   (void *)((uintptr_t)*misused / HEAP_POOL_BYTES * HEAP_POOL_BYTES));
    if (strstr(text, m->text) == NULL || strstr(text, address) == NULL ||
        (strstr(text, pool) != NULL) != m->in_pool)
        fail_msg("expected '%s', %s and %s, got: %s", m->text, address,
                 m->in_pool ? pool : "no pool", text);
}

static void test_misuse_aborts(void **state)
{
    (void)state;
    misused = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true((void *)misused != MAP_FAILED);
    static char text[1 << 16];
    for (size_t i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++) {
        for (int debug = 1; debug <= 2; debug++) {
            int status = status_of(&misuses[i], debug, text, sizeof(text));
            if (misuses[i].asan_tells && ANNOUNCE_HAS_ASAN) {
                assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
                assert_non_null(strstr(text, "AddressSanitizer"));
                continue;
            }
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
            check_told(&misuses[i], text);
        }
    }
    assert_int_equal(munmap(misused, 4096), 0);
}

/* What is not damaged is not reported, and damage is found without a free, too. */
static void test_guards(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 8, 15, 16, 17, 48, 496, 497, 511, 512, 513, 5000};
    enum { N = sizeof(sizes) / sizeof(sizes[0]) };
    const heap_options options = {.debug = 1};
    heap *h = heap_new(&options);
    char *blocks[N];
    const char *why = NULL;
    for (int i = 0; i < N; i++) {
        blocks[i] = mem_alloc(h, sizes[i]);
        assert_non_null(blocks[i]);
        assert_int_equal(heap_owns(blocks[i]), sizes[i] <= HEAP_SMALL_MAX_BYTES);
        assert_int_equal((uintptr_t)blocks[i] % HEAP_ALIGNMENT, 0);
        memset(blocks[i], 0x55, sizes[i]);
        if (heap_owns(blocks[i]))
            assert_int_equal(mem_usable_bytes(blocks[i]), sizes[i]);
    }
    assert_true(heap_is_valid(h, &why));
    for (int i = 0; i < N; i++) {
        char kept = blocks[i][sizes[i]];
        blocks[i][sizes[i]] = 0;
        assert_false(heap_is_valid(h, &why));
        assert_non_null(why);
        blocks[i][sizes[i]] = kept;
        assert_true(heap_is_valid(h, &why));
    }
    for (int i = 0; i < N; i++) {
        char *moved = mem_realloc(h, blocks[i], sizes[N - 1 - i]);
        assert_non_null(moved);
        size_t n_kept = sizes[i] < sizes[N - 1 - i] ? sizes[i] : sizes[N - 1 - i];
        for (size_t k = 0; k < n_kept; k++)
            assert_int_equal(moved[k], 0x55);
        mem_free(h, moved);
    }
    heap_stats stats;
    heap_get_stats(h, &stats);
    assert_int_equal(stats.n_blocks_live, 0);
    assert_int_equal(stats.n_large, 0);
    assert_null(mem_alloc(h, SIZE_MAX));
    heap_delete(h);
}

/* A debug heap may be refused memory, too. */
static void *map_nothing(void *context)
{
    (void)context;
    return NULL;
}

static void unmap_nothing(void *context, void *arena)
{
    (void)context;
    (void)arena;
}

static void test_refused(void **state)
{
    (void)state;
    const heap_options options = {.debug = 2, .source = {map_nothing, unmap_nothing, NULL}};
    heap *h = heap_new(&options);
    assert_null(mem_alloc(h, 100));
    void *large = mem_alloc(h, 1000);
    assert_non_null(large);
    assert_null(mem_realloc(h, large, 100)); /* the block stays as it was */
    mem_free(h, large);
    heap_delete(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_aborts),
        cmocka_unit_test(test_guards),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
