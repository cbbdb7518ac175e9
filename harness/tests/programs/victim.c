/* A program to be profiled: recursion of both kinds, inlined code of its own, allocations of
 * known sizes, and with an argument the errors that memcheck must find. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

static NOINLINE unsigned fib(unsigned n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static NOINLINE int is_odd(unsigned n);

static NOINLINE int is_even(unsigned n)
{
    return n == 0 ? 1 : is_odd(n - 1);
}

static NOINLINE int is_odd(unsigned n)
{
    return n == 0 ? 0 : is_even(n - 1);
}

static inline __attribute__((always_inline)) unsigned sum_of(const unsigned char *bytes, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += bytes[i];
    return sum;
}

static NOINLINE unsigned char *fill(size_t n)
{
    unsigned char *bytes = malloc(n);
    if (bytes != NULL)
        memset(bytes, 3, n);
    return bytes;
}

static void *volatile last_block;

/* Loses a block: what it is for. */
static NOINLINE void leak_block(void)
{
    last_block = malloc(77);
    last_block = NULL;
}

static NOINLINE int read_behind(const int *values, int n)
{
    return values[n]; /* one behind the end */
}

static NOINLINE void misbehave(void)
{
    int *values = calloc(4, sizeof(int));
    if (values == NULL)
        return;
    printf("%d\n", read_behind(values, 4) > 0);
    free(values);
    leak_block();
}

/* Named as C++ names victim::step(unsigned int). */
static NOINLINE unsigned step(unsigned n) __asm__("_ZN6victim4stepEj");

static NOINLINE unsigned step(unsigned n)
{
    for (unsigned i = 1; i < 100000; i++)
        n = n * 69069 + i;
    return n;
}

/* A quarter of a second of processor time. */
static NOINLINE unsigned spin(void)
{
    unsigned n = 1;
    while (clock() < CLOCKS_PER_SEC / 4) {
        for (unsigned i = 1; i < 100000; i++)
            n = n * 1103515245 + i;
        n = step(n);
    }
    return n;
}

unsigned another_name_of_spin(void) __attribute__((alias("spin")));

int main(int argc, char **argv)
{
    unsigned total = 0;
    for (size_t i = 1; i <= 20; i++) {
        unsigned char *bytes = fill(i * 1000);
        if (bytes == NULL)
            return 1;
        total += sum_of(bytes, i * 1000);
        free(bytes);
    }
    total += fib(12) + (unsigned)is_even(9);
    printf("%u\n", total);
    if (argc > 1 && strcmp(argv[1], "wrong") == 0)
        misbehave();
    if (argc > 1 && strcmp(argv[1], "spin") == 0)
        printf("%u\n", spin());
    if (argc > 1 && strcmp(argv[1], "sleep") == 0)
        (void)sleep(60);
    if (argc > 1 && strcmp(argv[1], "abort") == 0)
        abort();
    if (argc > 1 && strcmp(argv[1], "seven") == 0)
        return 7;
    return 0;
}
