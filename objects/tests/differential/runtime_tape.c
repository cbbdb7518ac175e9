#include "objects/tests/differential/runtime_tape.h"

#include "objects/tests/differential/operations.h"
#include "objects/tests/tape.h"

/* A byte of any value is made an argument of its kind. */
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

static size_t count_operations(void)
{
    size_t n = 1; /* there is one at least */
    while (operations[n].name != NULL)
        n++;
    return n;
}

static void run_one(world *w, tape *t, size_t n_operations, size_t *counts)
{
    size_t which = tape_byte(t) % n_operations;
    operation_arguments a = {.n = 0};
    const char *kind = operations[which].signature;
    for (; *kind != '\0' && *kind != '*'; kind++)
        a.at[a.n++] = argument_of(*kind, tape_byte(t));
    unsigned n_more = *kind == '*' ? tape_byte(t) % (OPERATION_MAX_ARGUMENTS - 1) : 0;
    for (; n_more > 0; n_more--)
        a.at[a.n++] = argument_of('s', tape_byte(t));
    operation_run(w, &operations[which], &a);
    if (counts != NULL)
        counts[which]++;
}

const char *runtime_tape_run(const uint8_t *bytes, size_t n_bytes, size_t *ret_counts)
{
    const size_t n_operations = count_operations();
    tape t = {bytes, n_bytes, 0};
    unsigned how = tape_byte(&t);
    const heap_options heaps = {.debug = (how & 1) != 0};
    const world_options options = {
        .heaps = &heaps, .is_listed = (how & 2) != 0, .is_wide = (how & 4) != 0};
    world *w = world_new(NULL, &options);
    if (w == NULL)
        return "no memory for a world";
    while (tape_has_more(&t) && w->why == NULL)
        run_one(w, &t, n_operations, ret_counts);
    const char *why = w->why != NULL ? w->why : world_end(w);
    if (why == NULL)
        world_delete(w);
    return why;
}
