/*
 * fuzz_runtime.c -- libFuzzer drives the operations of the differential test (operations.h), the
 * collector among them, by a tape of bytes; CPython is not asked, but every invariant is.
 */
#include "objects/tests/differential/operations.h"
#include "objects/tests/tape.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

static void expect(const char *why)
{
    if (why == NULL)
        return;
    (void)fprintf(stderr, "%s\n", why);
    abort();
}

/* libFuzzer calls with a byte of any value: each is made an argument of its kind. */
static int64_t argument_of(char kind, unsigned byte)
{
    switch (kind) {
    case 'n':
        return byte % WORLD_NAMES;
    case 'o':
        return (int64_t)(byte % (WORLD_SLOTS + 1)) - 1;
    case 'c':
        return byte % N_CLASSES;
    case 'g':
        return byte % COLLECTOR_GENERATIONS;
    case 'b':
        return byte % 2;
    case 'i':
        return (int64_t)byte - 8;
    default:
        return byte % WORLD_SLOTS;
    }
}

static void run_one(world *w, tape *t)
{
    static size_t n_operations;
    while (operations[n_operations].name != NULL)
        n_operations++;
    const operation *o = &operations[tape_byte(t) % n_operations];
    operation_arguments a = {.n = 0};
    const char *kind = o->signature;
    for (; *kind != '\0' && *kind != '*'; kind++)
        a.at[a.n++] = argument_of(*kind, tape_byte(t));
    unsigned n_more = *kind == '*' ? tape_byte(t) % (OPERATION_MAX_ARGUMENTS - 1) : 0;
    for (; n_more > 0; n_more--)
        a.at[a.n++] = argument_of('s', tape_byte(t));
    operation_run(w, o, &a);
    expect(w->why);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    tape t = {bytes, n_bytes, 0};
    unsigned how = tape_byte(&t);
    const heap_options heaps = {.debug = (how & 1) != 0};
    const world_options options = {
        .heaps = &heaps, .is_listed = (how & 2) != 0, .is_wide = (how & 4) != 0};
    world *w = world_new(NULL, &options);
    if (w == NULL)
        return 0;
    while (tape_has_more(&t))
        run_one(w, &t);
    expect(world_end(w));
    world_delete(w);
    return 0;
}
