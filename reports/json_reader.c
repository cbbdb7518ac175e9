#include "reports/json_reader.h"
#include "reports/record.h"

#include <stdarg.h>

void json_reader_start(json_reader *in)
{
    in->path = g_string_new(NULL);
    in->error = NULL;
}

bool json_reader_finish(json_reader *in, GError **error)
{
    g_string_free(in->path, TRUE);
    in->path = NULL;
    if (in->error == NULL)
        return true;
    g_propagate_error(error, in->error);
    in->error = NULL;
    return false;
}

void json_reader_fail(json_reader *in, const char *format, ...)
{
    if (in->error != NULL)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    in->error = g_error_new(RECORD_ERROR, RECORD_ERROR_SCHEMA, "%s: %s",
                            in->path->len != 0 ? in->path->str : "the record", what);
}

static const char *type_name(const json_t *value)
{
    static const char *const names[] = {
        [JSON_OBJECT] = "an object",   [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "an integer", [JSON_REAL] = "a number",  [JSON_TRUE] = "a boolean",
        [JSON_FALSE] = "a boolean",    [JSON_NULL] = "null",
    };
    return names[json_typeof(value)];
}

gsize json_reader_enter(json_reader *in, const char *key)
{
    gsize length = in->path->len;
    if (length != 0)
        g_string_append_c(in->path, '.');
    g_string_append(in->path, key);
    return length;
}

void json_reader_leave(json_reader *in, gsize length)
{
    g_string_truncate(in->path, length);
}

bool json_reader_is_type(json_reader *in, const json_t *value, json_type type, const char *expected)
{
    if (json_typeof(value) == type)
        return true;
    json_reader_fail(in, "expected %s, found %s", expected, type_name(value));
    return false;
}

/* A member that must be there; NULL after an error. */
static const json_t *member(json_reader *in, const json_t *object, const char *key)
{
    if (in->error != NULL)
        return NULL;
    const json_t *value = json_object_get(object, key);
    if (value == NULL)
        json_reader_fail(in, "the key \"%s\" is missing", key);
    return value;
}

void json_reader_text(json_reader *in, const json_t *object, const char *key, char **ret_text)
{
    const json_t *value = member(in, object, key);
    if (value == NULL)
        return;
    gsize length = json_reader_enter(in, key);
    if (json_reader_is_type(in, value, JSON_STRING, "a string"))
        record_set_text(ret_text, json_string_value(value));
    json_reader_leave(in, length);
}

void json_reader_text_if_any(json_reader *in, const json_t *object, const char *key,
                             char **ret_text)
{
    if (json_object_get(object, key) != NULL)
        json_reader_text(in, object, key, ret_text);
}

int64_t json_reader_integer(json_reader *in, const json_t *object, const char *key, int64_t low,
                            int64_t high)
{
    const json_t *value = member(in, object, key);
    if (value == NULL)
        return 0;
    int64_t n = 0;
    gsize length = json_reader_enter(in, key);
    if (json_reader_is_type(in, value, JSON_INTEGER, "an integer")) {
        n = json_integer_value(value);
        if (n < low || n > high) {
            json_reader_fail(
                in, "%" G_GINT64_FORMAT " is outside %" G_GINT64_FORMAT "..%" G_GINT64_FORMAT, n,
                low, high);
            n = 0;
        }
    }
    json_reader_leave(in, length);
    return n;
}

uint64_t json_reader_count(json_reader *in, const json_t *object, const char *key)
{
    return (uint64_t)json_reader_integer(in, object, key, 0, INT64_MAX);
}

uint32_t json_reader_u32(json_reader *in, const json_t *object, const char *key)
{
    return (uint32_t)json_reader_integer(in, object, key, 0, UINT32_MAX);
}

double json_reader_real(json_reader *in, const json_t *object, const char *key)
{
    const json_t *value = member(in, object, key);
    if (value == NULL)
        return 0;
    if (json_is_number(value))
        return json_number_value(value);
    gsize length = json_reader_enter(in, key);
    json_reader_fail(in, "expected a number, found %s", type_name(value));
    json_reader_leave(in, length);
    return 0;
}

bool json_reader_bool(json_reader *in, const json_t *object, const char *key)
{
    const json_t *value = member(in, object, key);
    if (value == NULL || json_is_boolean(value))
        return value != NULL && json_is_true(value);
    gsize length = json_reader_enter(in, key);
    json_reader_fail(in, "expected true or false, found %s", type_name(value));
    json_reader_leave(in, length);
    return false;
}

static void each_element(json_reader *in, const json_t *object, const char *key,
                         json_type element_type, json_reader_element *read, void *into)
{
    const json_t *array = member(in, object, key);
    if (array == NULL)
        return;
    gsize length = json_reader_enter(in, key);
    if (json_reader_is_type(in, array, JSON_ARRAY, "an array")) {
        gsize inner = in->path->len;
        for (size_t i = 0; in->error == NULL && i < json_array_size(array); i++) {
            g_string_append_printf(in->path, "[%zu]", i);
            const json_t *value = json_array_get(array, i);
            if (json_reader_is_type(in, value, element_type,
                                    element_type == JSON_STRING ? "a string" : "an object"))
                read(in, value, into);
            json_reader_leave(in, inner);
        }
    }
    json_reader_leave(in, length);
}

void json_reader_array(json_reader *in, const json_t *object, const char *key,
                       json_reader_element *read, void *into)
{
    each_element(in, object, key, JSON_OBJECT, read, into);
}

void json_reader_array_if_any(json_reader *in, const json_t *object, const char *key,
                              json_reader_element *read, void *into)
{
    if (json_object_get(object, key) != NULL)
        json_reader_array(in, object, key, read, into);
}

const json_t *json_reader_object(json_reader *in, const json_t *object, const char *key)
{
    const json_t *value = member(in, object, key);
    if (value == NULL)
        return NULL;
    gsize length = json_reader_enter(in, key);
    bool ok = json_reader_is_type(in, value, JSON_OBJECT, "an object");
    json_reader_leave(in, length);
    return ok ? value : NULL;
}

bool json_reader_has(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return value != NULL && !json_is_null(value);
}

static void read_string(json_reader *in, const json_t *value, void *into)
{
    (void)in; /* nothing left that could fail */
    g_ptr_array_add(into, g_strdup(json_string_value(value)));
}

void json_reader_strings(json_reader *in, const json_t *object, const char *key, GPtrArray *strings)
{
    each_element(in, object, key, JSON_STRING, read_string, strings);
}
