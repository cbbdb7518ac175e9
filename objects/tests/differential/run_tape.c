/*
 * run_tape.c -- runs textual tapes on the C runtime and prints what happens: one line an operation,
 * indented ones before it for what ran meanwhile. run_tape.py does the same with CPython's objects.
 *
 * usage: run_tape TAPE...
 *
 * A tape is text: `# ...` is a comment; any other line an operation and its arguments, separated by
 * spaces (operations.h). The first line is `collector disabled`, or `collector listed`, which is on
 * but never runs by itself; ` wide` after it: there are more attributes than classes have keys for.
 */
#include "objects/tests/differential/operations.h"

#include <string.h>

enum { TAPE_LINE_BYTES = 200 };

/* False for a line that is no operation. */
static bool run_line(world *w, char *line)
{
    const operation *o = NULL;
    operation_arguments a = {.n = 0};
    if (!operation_read(line, &o, &a))
        return false;
    if (o != NULL)
        operation_run(w, o, &a);
    return true;
}

static int run_lines(world *w, FILE *tape, const char *path)
{
    char line[TAPE_LINE_BYTES];
    for (unsigned number = 2; fgets(line, sizeof(line), tape) != NULL; number++) {
        if (!run_line(w, line)) {
            (void)fprintf(stderr, "%s:%u: not an operation\n", path, number);
            return 2;
        }
    }
    (void)puts("the end");
    const char *why = world_end(w);
    (void)printf("left: %s\n", why == NULL ? "nothing" : why);
    return 0;
}

static int run_tape(const char *path)
{
    char first[TAPE_LINE_BYTES];
    FILE *tape = fopen(path, "r");
    if (tape == NULL || fgets(first, sizeof(first), tape) == NULL) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        if (tape != NULL)
            (void)fclose(tape); /* only read */
        return 2;
    }
    (void)printf("== %s\n", path);
    const world_options options = {.is_listed = strstr(first, "listed") != NULL,
                                   .is_wide = strstr(first, "wide") != NULL};
    world *w = world_new(stdout, &options);
    int failed = w == NULL ? 2 : run_lines(w, tape, path);
    world_delete(w);
    (void)fclose(tape); /* only read */
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc && failed == 0; i++)
        failed = run_tape(argv[i]);
    return fflush(stdout) != 0 ? 2 : failed;
}
