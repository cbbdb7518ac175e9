/*
 * test_no_memory.c -- every allocation of a tape with all kinds of objects is refused once. An
 * operation that lacks memory says so and changes nothing; asked again, it does its work, and in
 * the end everything is as if nothing had been refused.
 */
#include "objects/tests/check.h"

#include "objects/tests/differential/operations.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 200 };

typedef struct refusal {
    unsigned n_left; /* allocations until the one that is refused */
    bool is_done;
} refusal;

static bool refuses(void *context)
{
    refusal *r = context;
    if (r->is_done || r->n_left-- > 0)
        return false;
    r->is_done = true;
    return true;
}

enum { SEEN_BYTES = WORLD_LINE_BYTES + 64 }; /* a line, and three numbers */

/* What can be seen of a world: the slots, and how many blocks there are. */
static void look(world *w, char ret_text[SEEN_BYTES])
{
    heap_stats objects;
    heap_stats tables;
    heap_get_stats(w->rt->objects, &objects);
    heap_get_stats(w->rt->tables, &tables);
    for (int i = 0; i < WORLD_SLOTS; i++)
        world_show(w, w->slots[i]);
    (void)snprintf(ret_text, SEEN_BYTES, "%zu %zu %zu%s", objects.n_blocks_live,
                   tables.n_blocks_live, tables.n_large, w->line); /* fits */
    w->n_bytes = 0;
    w->line[0] = '\0';
}

/* A transcript that grows. */
typedef struct transcript {
    char *text;
    size_t n_bytes;
    FILE *file;
} transcript;

/* Runs an operation; one that was refused, again. */
static void run(world *w, transcript *t, const operation *o, const operation_arguments *a)
{
    char before[SEEN_BYTES];
    char after[SEEN_BYTES];
    look(w, before);
    assert_int_equal(fflush(t->file), 0);
    size_t n_bytes = t->n_bytes;
    operation_run(w, o, a);
    assert_int_equal(fflush(t->file), 0);
    if (strstr(t->text + n_bytes, "MemoryError") == NULL)
        return;
    look(w, after);
    assert_string_equal(before, after);
    const char *why = NULL;
    assert_true(collector_is_valid(w->rt, &why));
    assert_int_equal(fseek(t->file, (long)n_bytes, SEEK_SET), 0);
    operation_run(w, o, a);
}

static void run_tape(world *w, transcript *t)
{
    char line[LINE_BYTES];
    FILE *tape = fopen(TEST_DIR "/tests/differential/tapes/every-kind.tape", "r");
    assert_non_null(tape);
    assert_non_null(fgets(line, sizeof(line), tape));
    while (fgets(line, sizeof(line), tape) != NULL) {
        const operation *o = NULL;
        operation_arguments a = {.n = 0};
        assert_true(operation_read(line, &o, &a));
        if (o != NULL)
            run(w, t, o, &a);
    }
    assert_int_equal(fclose(tape), 0);
}

/* The transcript of the tape with one refusal: free() it. */
static char *transcript_with(refusal *r)
{
    transcript t = {0};
    t.file = open_memstream(&t.text, &t.n_bytes);
    assert_non_null(t.file);
    const heap_options heaps = {.debug = 1, .refuses = refuses, .refuses_context = r};
    const world_options options = {.heaps = &heaps, .is_listed = true};
    world *w = world_new(t.file, &options);
    assert_non_null(w);
    run_tape(w, &t);
    const char *why = world_end(w);
    if (why != NULL)
        fail_msg("%s", why);
    world_delete(w);
    assert_int_equal(fclose(t.file), 0);
    return t.text;
}

static void test_each_allocation_refused(void **state)
{
    (void)state;
    refusal none = {.is_done = true};
    char *expected = transcript_with(&none);
    assert_non_null(strstr(expected, "show:"));
    unsigned n = 0;
    for (bool was_refused = true; was_refused; n++) {
        refusal r = {.n_left = n};
        char *told = transcript_with(&r);
        was_refused = r.is_done;
        assert_string_equal(told, expected);
        free(told);
    }
    free(expected);
    assert_in_range(n, 30, 1000); /* the tape takes memory some thirty times */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
