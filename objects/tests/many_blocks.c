/*
 * many_blocks -- N blocks of 16 bytes alive at once: made, counted, checked one by one, freed.
 *
 * usage: many_blocks [N]      10^6 of them, or as many as memory holds: 16.3 bytes each
 *
 * The blocks are a list through themselves, so that nothing else takes memory. Exit code 1: a block
 * was lost or changed, the heap's statistics count others, or memory was not given back.
 */
#include "objects/heap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef struct node {
    struct node *previous;
    uint64_t number;
} node;

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t resident_bytes(void)
{
    char text[128] = "";
    FILE *f = fopen("/proc/self/statm", "r");
    char *at = f == NULL ? NULL : fgets(text, sizeof(text), f);
    if (f != NULL)
        (void)fclose(f);
    if (at == NULL)
        return 0;
    (void)strtoull(at, &at, 10); /* the whole address space */
    return strtoull(at, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A line for each tenth. */
static void show(const char *what, uint64_t i, uint64_t n, double start)
{
    if (n >= 10 && (i + 1) % (n / 10) == 0)
        (void)printf("%-8s %11" PRIu64 " blocks, %6.2f s, %5" PRIu64 " MiB resident\n", what, i + 1,
                     seconds() - start, resident_bytes() >> 20);
    (void)fflush(stdout);
}

static node *make_all(heap *h, uint64_t n)
{
    double start = seconds();
    node *last = NULL;
    for (uint64_t i = 0; i < n; i++) {
        node *made = mem_alloc(h, sizeof(*made));
        if (made == NULL) {
            (void)fprintf(stderr, "many_blocks: no memory after %" PRIu64 " blocks\n", i);
            return NULL;
        }
        *made = (node){last, i};
        last = made;
        if ((i + 1) % 1000 == 0)
            show("made", i, n, start);
    }
    return last;
}

/* Frees as it checks. Returns how many were found whole. */
static uint64_t check_all(heap *h, node *last, uint64_t n)
{
    double start = seconds();
    uint64_t n_whole = 0;
    while (last != NULL && last->number == n - 1 - n_whole) {
        node *previous = last->previous;
        mem_free(h, last);
        last = previous;
        if (++n_whole % 1000 == 0)
            show("freed", n_whole - 1, n, start);
    }
    return n_whole;
}

static bool fails(const char *what, uint64_t is, uint64_t expected)
{
    if (is == expected)
        return false;
    (void)fprintf(stderr, "many_blocks: %s: %" PRIu64 ", expected %" PRIu64 "\n", what, is,
                  expected);
    return true;
}

static int run(heap *h, uint64_t n)
{
    node *last = make_all(h, n);
    if (last == NULL)
        return 1;
    heap_stats stats;
    heap_get_stats(h, &stats);
    (void)printf("arenas   %11zu of %zu KiB\n", stats.n_arenas, HEAP_ARENA_BYTES >> 10);
    bool failed = fails("live blocks", stats.n_blocks_live, n);
    failed |= fails("blocks found whole", check_all(h, last, n), n);
    heap_trim(h);
    heap_get_stats(h, &stats);
    failed |= fails("live blocks at the end", stats.n_blocks_live, 0);
    failed |= fails("arenas at the end", stats.n_arenas, 0);
    (void)printf("at last  %11u blocks, %22" PRIu64 " MiB resident\n", 0U, resident_bytes() >> 20);
    return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    errno = 0;
    uint64_t n = argc > 1 ? strtoull(argv[1], &end, 10) : 1000000;
    if (argc > 2 || n == 0 || errno != 0 || (end != NULL && *end != '\0')) {
        (void)fprintf(stderr, "many_blocks: usage: many_blocks [N]\n");
        return 2;
    }
    heap *h = heap_new(NULL);
    if (h == NULL)
        return 1;
    int status = run(h, n);
    heap_delete(h);
    return status;
}
