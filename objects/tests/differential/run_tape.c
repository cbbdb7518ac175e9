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

#include <stdlib.h>
#include <string.h>

enum { TAPE_LINE_BYTES = 200 };

static int index_in(const char *const *table, int n, const char *text)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(table[i], text) == 0)
            return i;
    }
    return -1;
}

/* Reads one argument. False if it is none of its kind. */
static bool read_argument(char kind, const char *text, int64_t *ret_number)
{
    char *end = NULL;
    long long number = strtoll(text, &end, 10);
    bool is_number = end != text && *end == '\0';
    switch (kind) {
    case 'n':
        *ret_number = index_in(world_attribute_names, WORLD_NAMES, text);
        return *ret_number >= 0;
    case 'c':
        *ret_number = index_in(world_class_names, N_CLASSES, text);
        return *ret_number >= 0;
    case 's':
        is_number = is_number && number >= 0 && number < WORLD_SLOTS;
        break;
    case 'o':
        is_number = is_number && number >= -1 && number < WORLD_SLOTS;
        break;
    case 'g':
        is_number = is_number && number >= 0 && number <= COLLECTOR_OLDEST;
        break;
    case 'b':
        is_number = is_number && (number == 0 || number == 1);
        break;
    default:
        break;
    }
    *ret_number = number;
    return is_number;
}

static bool read_arguments(const char *signature, char **at, operation_arguments *ret_arguments)
{
    size_t n = 0;
    const char *kind = signature;
    for (char *text = strtok_r(NULL, " \n", at); text != NULL; text = strtok_r(NULL, " \n", at)) {
        if (*kind == '\0' || n == OPERATION_MAX_ARGUMENTS ||
            !read_argument(*kind == '*' ? 's' : *kind, text, &ret_arguments->at[n++]))
            return false;
        if (*kind != '*')
            kind++;
    }
    ret_arguments->n = n;
    return *kind == '\0' || *kind == '*';
}

static const operation *find_operation(const char *text)
{
    const operation *o = operations;
    while (o->name != NULL && strcmp(o->name, text) != 0)
        o++;
    return o->name == NULL ? NULL : o;
}

/* False for a line that is no operation. */
static bool run_line(world *w, char *line)
{
    char *at = NULL;
    const char *text = strtok_r(line, " \n", &at);
    if (text == NULL || text[0] == '#')
        return true;
    const operation *o = find_operation(text);
    operation_arguments a = {.n = 0};
    if (o == NULL || !read_arguments(o->signature, &at, &a))
        return false;
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
