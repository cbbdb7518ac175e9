/*
 * test_heap_seen.c -- what others see of a heap: AddressSanitizer, memcheck, the kernel, free().
 *
 * Run alone, in a build with AddressSanitizer, and under memcheck: what each of them knows of a
 * block is asked in the program itself.
 */
#include "objects/tests/check.h"

#include "objects/announce.h"
#include "objects/heap.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 48, N_BLOCKS = 10 };

typedef enum knowledge { UNWATCHED, FORBIDDEN, UNDEFINED, DEFINED } knowledge;

/* What a watching tool knows of the bytes, if one watches. AddressSanitizer: never UNDEFINED. */
static knowledge known_of(const char *bytes, size_t n_bytes)
{
#ifdef ANNOUNCE_ASAN
    size_t n_poisoned = 0;
    for (size_t i = 0; i < n_bytes; i++)
        n_poisoned += __asan_address_is_poisoned(bytes + i) != 0;
    assert_true(n_poisoned == 0 || n_poisoned == n_bytes); /* never a part of it */
    return n_poisoned == 0 ? DEFINED : FORBIDDEN;
#else
    unsigned char bits[HEAP_SMALL_MAX_BYTES];
    memset(bits, 0, sizeof(bits));
    unsigned answer = VALGRIND_GET_VBITS(bytes, bits, n_bytes);
    (void)VALGRIND_MAKE_MEM_DEFINED(bits, sizeof(bits));
    if (answer == 0)
        return UNWATCHED;
    if (answer != 1)
        return FORBIDDEN;
    size_t n_undefined = 0;
    for (size_t i = 0; i < n_bytes; i++)
        n_undefined += bits[i] != 0;
    return n_undefined == 0 ? DEFINED : UNDEFINED;
#endif
}

static bool is_under_asan(void)
{
    return ANNOUNCE_HAS_ASAN;
}

static void check_known(const char *bytes, size_t n_bytes, knowledge expected)
{
    if (is_under_asan() && expected == UNDEFINED)
        expected = DEFINED;
    assert_int_equal(known_of(bytes, n_bytes), announce_is_watched() ? expected : UNWATCHED);
}

/* Only what is handed out may be touched, and it has no contents before it is written. */
static void test_blocks_are_announced(void **state)
{
    (void)state;
    heap *h = heap_new(NULL);
    char *block = mem_alloc(h, BLOCK_BYTES);
    check_known(block, BLOCK_BYTES, UNDEFINED);
    check_known(block + BLOCK_BYTES, BLOCK_BYTES, FORBIDDEN); /* not handed out */
    memset(block, 1, BLOCK_BYTES);
    check_known(block, BLOCK_BYTES, DEFINED);
    char *other = mem_calloc(h, 1, BLOCK_BYTES);
    check_known(other, BLOCK_BYTES, DEFINED);
    mem_free(h, block);
    check_known(block, BLOCK_BYTES, FORBIDDEN);
    check_known(other, BLOCK_BYTES, DEFINED);
    assert_ptr_equal(mem_alloc(h, BLOCK_BYTES), block);
    check_known(block, BLOCK_BYTES, UNDEFINED); /* whatever was there */
    char *moved = mem_realloc(h, other, 200);
    check_known(other, BLOCK_BYTES, FORBIDDEN);
    check_known(moved, BLOCK_BYTES, DEFINED);
    mem_free_small(block);
    check_known(block, BLOCK_BYTES, FORBIDDEN);
    mem_free(h, moved);
    heap_delete(h);
}

#ifndef ANNOUNCE_ASAN
/* Bytes in blocks that somebody points to, as memcheck counts them; 0 without it. */
static unsigned long reachable_bytes(void)
{
    unsigned long leaked = 0;
    unsigned long dubious = 0;
    unsigned long reachable = 0;
    unsigned long suppressed = 0;
    VALGRIND_DO_QUICK_LEAK_CHECK;
    VALGRIND_COUNT_LEAKS(leaked, dubious, reachable, suppressed);
    return leaked + dubious + reachable + suppressed;
}

/* Each block is one for the leak check, and none after its free. */
static void test_blocks_are_counted(void **state)
{
    (void)state;
    static void *blocks[N_BLOCKS];
    heap *h = heap_new(NULL);
    unsigned long before = reachable_bytes();
    for (int i = 0; i < N_BLOCKS; i++)
        blocks[i] = mem_alloc(h, BLOCK_BYTES);
    size_t n_bytes = announce_is_watched() ? (size_t)N_BLOCKS * BLOCK_BYTES : 0;
    assert_int_equal(reachable_bytes() - before, n_bytes);
    for (int i = 0; i < N_BLOCKS; i++)
        mem_free(h, blocks[i]);
    assert_int_equal(reachable_bytes() - before, 0);
    heap_delete(h);
}
#endif

/* The byte, although nobody may read it. */
static __attribute__((no_sanitize("address"))) unsigned char peek(const char *at)
{
    VALGRIND_DISABLE_ERROR_REPORTING;
    unsigned char byte = *(const volatile unsigned char *)at;
    (void)VALGRIND_MAKE_MEM_DEFINED(&byte, sizeof(byte));
    VALGRIND_ENABLE_ERROR_REPORTING;
    return byte;
}

/* In a debug heap a new block, a freed one and the guard behind a block each have a pattern. */
static void test_patterns(void **state)
{
    (void)state;
    enum { N_ASKED = 40, FREED_FROM = sizeof(heap_block) }; /* the link is in front */
    const heap_options options = {.debug = 1};
    heap *h = heap_new(&options);
    char *kept = mem_alloc(h, N_ASKED); /* and with it the pool */
    char *block = mem_calloc(h, 1, N_ASKED);
    mem_free(h, block);
    assert_ptr_equal(mem_alloc(h, N_ASKED), block);
    unsigned char fresh = peek(block);
    for (int i = 0; i < N_ASKED; i++)
        assert_int_equal(peek(block + i), fresh);
    unsigned char guard = peek(block + N_ASKED);
    for (int i = 0; i < 8; i++)
        assert_int_equal(peek(block + N_ASKED + i), guard);
    memset(block, 1, N_ASKED);
    mem_free(h, block);
    unsigned char freed = peek(block + FREED_FROM);
    for (int i = FREED_FROM; i < N_ASKED; i++)
        assert_int_equal(peek(block + i), freed);
    assert_true(fresh != 0 && guard != 0 && freed != 0 && freed != 1);
    assert_true(fresh != guard && fresh != freed && guard != freed);
    mem_free(h, kept);
    heap_delete(h);
}

/* ---- the kernel: /proc/self/smaps ---- */

typedef struct mapping {
    uintptr_t from, to;
    size_t resident_bytes;
    size_t offered_bytes; /* the kernel may take them */
    bool asks_for_huge_pages;
} mapping;

static size_t kilobytes(const char *line)
{
    return 1024 * strtoull(strchr(line, ':') + 1, NULL, 10);
}

/* Calls visit for each mapping of this process. */
static void for_mappings(void (*visit)(const mapping *m, void *argument), void *argument)
{
    FILE *f = fopen("/proc/self/smaps", "r");
    assert_non_null(f);
    mapping m = {0};
    char line[512];
    while (fgets(line, sizeof(line), f) != NULL) {
        char *end = NULL;
        uintptr_t from = strtoull(line, &end, 16);
        if (*end == '-') {
            m = (mapping){.from = from, .to = strtoull(end + 1, NULL, 16)};
        } else if (strncmp(line, "Rss:", 4) == 0) {
            m.resident_bytes = kilobytes(line);
        } else if (strncmp(line, "LazyFree:", 9) == 0) {
            m.offered_bytes = kilobytes(line);
        } else if (strncmp(line, "VmFlags:", 8) == 0) { /* the last line of each */
            m.asks_for_huge_pages = strstr(line, " hg") != NULL;
            visit(&m, argument);
        }
    }
    assert_int_equal(fclose(f), 0);
}

typedef struct search {
    uintptr_t address;
    mapping found;
} search;

static void find(const mapping *m, void *argument)
{
    search *s = argument;
    if (s->address >= m->from && s->address < m->to)
        s->found = *m;
}

/* The mapping that the address lies in. */
static mapping mapping_of(const void *address)
{
    search s = {.address = (uintptr_t)address};
    for_mappings(find, &s);
    assert_true(s.found.to != 0);
    return s.found;
}

static mapping mapping_with(const heap_options *options)
{
    heap *h = heap_new(options);
    void *block = mem_alloc(h, BLOCK_BYTES);
    mapping m = mapping_of(block);
    mem_free(h, block);
    heap_delete(h);
    return m;
}

static void test_kernel_is_asked(void **state)
{
    (void)state;
    const heap_options huge = {.huge_pages = HEAP_HUGE_PAGES_ALWAYS};
    const heap_options populated = {.populate = true};
    bool knows_huge_pages = access("/sys/kernel/mm/transparent_hugepage/enabled", F_OK) == 0;
    if (!knows_huge_pages)
        print_message("this kernel has no transparent huge pages: only that it works is tested\n");
    assert_int_equal(mapping_with(&huge).asks_for_huge_pages, knows_huge_pages);
    assert_false(mapping_with(NULL).asks_for_huge_pages);
    assert_true(mapping_with(&populated).resident_bytes >= HEAP_ARENA_BYTES);
}

static void add_asking(const mapping *m, void *argument)
{
    if (m->asks_for_huge_pages)
        *(size_t *)argument += m->to - m->from;
}

/* Bytes of all mappings that ask for huge pages. */
static size_t asking_bytes(void)
{
    size_t total = 0;
    for_mappings(add_asking, &total);
    return total;
}

/* A small heap has small pages; what a large one takes from then on comes 2 MiB at a time, and
 * heap_trim() leaves nothing of it, nor does heap_delete(). */
static void test_large_heap_asks_for_huge_pages(void **state)
{
    (void)state;
    enum { PER_ARENA = 63 * 8, N_LATER = 9 };
    enum { N_SMALL = HEAP_SMALL_PAGED_ARENAS * PER_ARENA, N = N_SMALL + N_LATER * PER_ARENA };
    static void *blocks[N];
    const size_t region_bytes = (size_t)2 << 20;
    bool knows_huge_pages = access("/sys/kernel/mm/transparent_hugepage/enabled", F_OK) == 0;
    const heap_options never = {.huge_pages = HEAP_HUGE_PAGES_NEVER};
    const heap_options *const options[] = {NULL, &never};
    for (size_t o = 0; o < 2; o++) {
        size_t before = asking_bytes();
        heap *h = heap_new(options[o]);
        for (int i = 0; i < N; i++) {
            blocks[i] = mem_alloc(h, HEAP_SMALL_MAX_BYTES);
            if (i + 1 == N_SMALL)
                assert_int_equal(asking_bytes() - before, 0);
        }
        bool asks = knows_huge_pages && options[o] == NULL;
        assert_int_equal(asking_bytes() - before, asks ? 2 * region_bytes : 0);
        assert_int_equal(mapping_of(blocks[N - 1]).asks_for_huge_pages, asks);
        for (int i = 0; i < N; i++)
            mem_free(h, blocks[i]);
        heap_trim(h);
        assert_int_equal(asking_bytes() - before, 0);
        for (int i = 0; i < N; i++)
            blocks[i] = mem_alloc(h, HEAP_SMALL_MAX_BYTES);
        heap_delete(h);
        assert_int_equal(asking_bytes() - before, 0);
    }
}

static void add_offered(const mapping *m, void *argument)
{
    *(size_t *)argument += m->offered_bytes;
}

static size_t offered_bytes(void)
{
    size_t total = 0;
    for_mappings(add_offered, &total);
    return total;
}

/* When a large heap has become empty the kernel may take all but a little; when it is used again,
 * nothing of what is in use. */
static void test_empty_heap_is_offered(void **state)
{
    (void)state;
    enum { N = 24 << 11 }; /* 24 MiB */
    static void *blocks[N];
    size_t before = offered_bytes();
    heap *h = heap_new(NULL);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++) {
            blocks[i] = mem_alloc(h, HEAP_SMALL_MAX_BYTES);
            memset(blocks[i], i % 251, HEAP_SMALL_MAX_BYTES);
        }
        heap_stats stats;
        heap_get_stats(h, &stats);
        assert_true(offered_bytes() - before <= stats.n_arenas_offered * HEAP_ARENA_BYTES);
        for (int i = 0; i < N; i++)
            mem_free(h, blocks[i]);
        heap_get_stats(h, &stats);
        assert_true(stats.n_arenas_offered >= 56); /* 7 regions, or more */
        assert_true(offered_bytes() - before >= 54 * HEAP_ARENA_BYTES);
    }
    heap_delete(h);
    assert_int_equal(offered_bytes(), before);
}

/* ---- free() ---- */

/* A block that is not of this heap goes to free() in a release build, and is not counted. Where a
 * tool watches, it would find the leak; else malloc's own count of mappings tells. */
static void test_foreign_goes_to_free(void **state)
{
    (void)state;
    enum { N_BYTES = 4 << 20 }; /* so large that it is a mapping of its own */
    heap *h = heap_new(NULL);
    void *foreign = malloc(N_BYTES);
    assert_non_null(foreign);
    size_t before = mallinfo2().hblks;
    mem_free(h, foreign);
    assert_int_equal(before - mallinfo2().hblks, announce_is_watched() ? 0 : 1);
    heap_stats stats;
    heap_get_stats(h, &stats);
    assert_int_equal(stats.n_large, 0);
    heap_delete(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_are_announced),
#ifndef ANNOUNCE_ASAN
        cmocka_unit_test(test_blocks_are_counted),
#endif
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_kernel_is_asked),
        cmocka_unit_test(test_large_heap_asks_for_huge_pages),
        cmocka_unit_test(test_empty_heap_is_offered),
        cmocka_unit_test(test_foreign_goes_to_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
