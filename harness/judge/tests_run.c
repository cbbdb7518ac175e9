#include "harness/judge/tests_run.h"

#include <jansson.h>
#include <string.h>

#define MAX_TESTS 10000

static void result_free(void *data)
{
    tests_result *result = data;
    g_free(result->name);
    g_free(result->file);
    g_free(result->text);
    g_free(result);
}

void tests_run_free(tests_run *run)
{
    if (run == NULL)
        return;
    g_ptr_array_unref(run->results);
    g_free(run);
}

const tests_result *tests_run_find(const tests_run *run, const char *name)
{
    for (guint i = 0; i < run->results->len; i++) {
        const tests_result *result = g_ptr_array_index(run->results, i);
        if (strcmp(result->name, name) == 0)
            return result;
    }
    return NULL;
}

bool tests_result_passed(const tests_result *result)
{
    return result != NULL && result->ended && result->n_checks > 0 && result->n_failed == 0;
}

static bool is_number(const char *text, uint64_t *ret_number)
{
    return text != NULL &&
           g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, ret_number, NULL) != FALSE;
}

/* "t INDEX NAME" */
static bool begin_test(tests_run *run, const char *rest)
{
    const char *name = strchr(rest, ' ');
    if (name == NULL || name[1] == '\0' || run->results->len >= MAX_TESTS ||
        tests_run_find(run, name + 1) != NULL)
        return false;
    tests_result *result = g_new0(tests_result, 1);
    result->name = g_utf8_make_valid(name + 1, -1);
    g_ptr_array_add(run->results, result);
    return true;
}

/* "f FILE:LINE TEXT" of the running test */
static bool add_failure(tests_result *result, const char *rest)
{
    g_autofree char *place = g_strndup(rest, strcspn(rest, " "));
    char *colon = strrchr(place, ':');
    uint64_t line = 0;
    if (colon == NULL || !is_number(colon + 1, &line) || line > G_MAXUINT32)
        return false;
    if (result->text != NULL)
        return true;
    *colon = '\0';
    const char *text = rest + strcspn(rest, " ");
    result->line = (uint32_t)line;
    result->file = g_utf8_make_valid(place, -1);
    result->text = g_utf8_make_valid(*text == ' ' ? text + 1 : text, -1);
    return true;
}

/* "d CHECKS FAILED" of the running test */
static bool end_test(tests_result *result, const char *rest)
{
    g_auto(GStrv) words = g_strsplit(rest, " ", -1);
    result->ended = g_strv_length(words) == 2 && is_number(words[0], &result->n_checks) &&
                    is_number(words[1], &result->n_failed);
    return result->ended;
}

/* n_lines: lines before this one. False: the run is read no further. */
static bool read_line(tests_run *run, const char *line, uint64_t n_lines)
{
    tests_result *running =
        run->results->len > 0 ? g_ptr_array_index(run->results, run->results->len - 1) : NULL;
    bool is_open = running != NULL && !running->ended;
    if (g_str_has_prefix(line, "t ") && !is_open)
        return begin_test(run, line + 2);
    if (g_str_has_prefix(line, "f ") && is_open)
        return add_failure(running, line + 2);
    if (g_str_has_prefix(line, "d ") && is_open)
        return end_test(running, line + 2);
    uint64_t n_told = 0;
    if (g_str_has_prefix(line, "end ") && !is_open && is_number(line + 4, &n_told))
        run->complete = n_told == n_lines;
    return false;
}

tests_run *tests_run_parse(const char *text, size_t n_bytes)
{
    tests_run *run = g_new0(tests_run, 1);
    run->results = g_ptr_array_new_with_free_func(result_free);
    g_autofree char *copy = g_strndup(text != NULL ? text : "", n_bytes);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    /* the last piece has no newline: it was cut */
    for (uint64_t i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++) {
        if (!read_line(run, lines[i], i))
            break;
    }
    return run;
}

/* Visits the lines of one document; false if it is no JSON. */
static bool walk_document(const char *text, size_t n_bytes, tests_visit_line *visit, void *argument)
{
    json_t *root = json_loadb(text, n_bytes, JSON_REJECT_DUPLICATES, NULL);
    size_t i = 0;
    const json_t *file = NULL;
    json_array_foreach(json_object_get(root, "files"), i, file)
    {
        const char *name = json_string_value(json_object_get(file, "file"));
        size_t j = 0;
        const json_t *item = NULL;
        json_array_foreach(json_object_get(file, "lines"), j, item)
        {
            json_int_t number = json_integer_value(json_object_get(item, "line_number"));
            json_int_t count = json_integer_value(json_object_get(item, "count"));
            visit(name != NULL ? name : "", (uint32_t)CLAMP(number, 0, UINT32_MAX),
                  (uint64_t)MAX(count, 0), argument);
        }
    }
    bool ok = root != NULL;
    json_decref(root);
    return ok;
}

bool tests_walk_coverage(const char *text, size_t n_bytes, tests_visit_line *visit, void *argument)
{
    size_t at = 0;
    while (at < n_bytes) {
        const char *end = memchr(text + at, '\n', n_bytes - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : n_bytes - at;
        if (length > 0 && !walk_document(text + at, length, visit, argument))
            return false;
        at += length + 1;
    }
    return true;
}

typedef struct reached {
    uint64_t executed, executable;
} reached;

static void count_line(const char *file, uint32_t line, uint64_t count, void *argument)
{
    (void)file, (void)line; /* all lines count alike */
    reached *r = argument;
    r->executable++;
    r->executed += count > 0;
}

bool tests_read_coverage(const char *text, size_t n_bytes, uint64_t *ret_executed,
                         uint64_t *ret_executable)
{
    reached r = {0, 0};
    if (!tests_walk_coverage(text, n_bytes, count_line, &r) || r.executable == 0)
        return false;
    *ret_executed = r.executed;
    *ret_executable = r.executable;
    return true;
}
