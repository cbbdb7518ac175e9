/* operations_read.c -- a line of a tape is read. */
#include "objects/tests/differential/operations.h"

#include <stdlib.h>
#include <string.h>

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
    case '*':
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
            !read_argument(*kind, text, &ret_arguments->at[n++]))
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

bool operation_read(char *line, const operation **ret_operation, operation_arguments *ret_arguments)
{
    char *at = NULL;
    const char *text = strtok_r(line, " \n", &at);
    *ret_operation = NULL;
    if (text == NULL || text[0] == '#')
        return true;
    const operation *o = find_operation(text);
    if (o == NULL || !read_arguments(o->signature, &at, ret_arguments))
        return false;
    *ret_operation = o;
    return true;
}
