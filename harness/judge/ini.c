#include "harness/judge/ini.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

G_DEFINE_QUARK(objlab - ini - error, ini_error)

static void entry_free(void *data)
{
    ini_entry *entry = data;
    g_free(entry->group);
    g_free(entry->key);
    g_free(entry->value);
    g_free(entry);
}

void ini_free(ini *file)
{
    if (file == NULL)
        return;
    g_free(file->name);
    g_ptr_array_unref(file->entries);
    g_free(file);
}

void ini_complain(const ini *file, uint32_t line, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    if (line != 0)
        g_set_error(error, INI_ERROR, 0, "%s:%u: %s", file->name, line, message);
    else
        g_set_error(error, INI_ERROR, 0, "%s: %s", file->name, message);
}

const ini_entry *ini_find(const ini *file, const char *group, const char *key)
{
    for (guint i = 0; i < file->entries->len; i++) {
        const ini_entry *entry = g_ptr_array_index(file->entries, i);
        if (strcmp(entry->group, group) == 0 && g_strcmp0(entry->key, key) == 0)
            return entry;
    }
    return NULL;
}

static bool is_name(const char *text)
{
    if (*text == '\0')
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && strchr("_-.", *p) == NULL)
            return false;
    }
    return true;
}

static void add(ini *file, const char *group, const char *key, const char *value, uint32_t line)
{
    ini_entry *entry = g_new0(ini_entry, 1);
    entry->group = g_strdup(group);
    entry->key = g_strdup(key);
    entry->value = g_strdup(value);
    entry->line = line;
    g_ptr_array_add(file->entries, entry);
}

static bool add_group(ini *file, char *text, uint32_t line, GError **error)
{
    size_t length = strlen(text);
    if (text[length - 1] != ']') {
        ini_complain(file, line, error, "the group has no closing ']'");
        return false;
    }
    text[length - 1] = '\0';
    const char *group = g_strstrip(text + 1);
    if (!is_name(group)) {
        ini_complain(file, line, error, "a group is letters, digits, '_', '-' or '.' in [ ]");
        return false;
    }
    const ini_entry *before = ini_find(file, group, NULL);
    if (before != NULL) {
        ini_complain(file, line, error, "group [%s] again, first at line %u", group, before->line);
        return false;
    }
    add(file, group, NULL, NULL, line);
    return true;
}

static bool add_key(ini *file, char *text, uint32_t line, GError **error)
{
    char *equals = strchr(text, '=');
    if (equals == NULL) {
        ini_complain(file, line, error, "expected [group], key = value or # comment");
        return false;
    }
    *equals = '\0';
    const char *key = g_strchomp(text);
    const char *value = g_strchug(equals + 1);
    if (!is_name(key)) {
        ini_complain(file, line, error, "a key is letters, digits, '_', '-' or '.' before '='");
        return false;
    }
    if (file->entries->len == 0) {
        ini_complain(file, line, error, "key '%s' stands before any [group]", key);
        return false;
    }
    const ini_entry *last = g_ptr_array_index(file->entries, file->entries->len - 1);
    const ini_entry *before = ini_find(file, last->group, key);
    if (before != NULL) {
        ini_complain(file, line, error, "key '%s' again, first at line %u", key, before->line);
        return false;
    }
    add(file, last->group, key, value, line);
    return true;
}

static bool add_line(ini *file, char *text, uint32_t line, GError **error)
{
    g_strstrip(text);
    if (*text == '\0' || *text == '#' || *text == ';')
        return true;
    if (*text == '[')
        return add_group(file, text, line, error);
    return add_key(file, text, line, error);
}

static bool add_lines(ini *file, const char *text, size_t n_bytes, GError **error)
{
    if (n_bytes > INI_MAX_BYTES) {
        ini_complain(file, 0, error, "larger than %zu bytes", INI_MAX_BYTES);
        return false;
    }
    uint32_t line = 1;
    for (size_t at = 0; at < n_bytes; line++) {
        const char *end = memchr(text + at, '\n', n_bytes - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : n_bytes - at;
        if (!g_utf8_validate_len(text + at, length, NULL)) {
            ini_complain(file, line, error, "not text in UTF-8");
            return false;
        }
        g_autofree char *copy = g_strndup(text + at, length);
        if (!add_line(file, copy, line, error))
            return false;
        at += length + 1;
    }
    return true;
}

ini *ini_parse(const char *text, size_t n_bytes, const char *name, GError **error)
{
    ini *file = g_new0(ini, 1);
    file->name = g_strdup(name);
    file->entries = g_ptr_array_new_with_free_func(entry_free);
    if (add_lines(file, text, n_bytes, error))
        return file;
    ini_free(file);
    return NULL;
}

ini *ini_read(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize n_bytes = 0;
    g_autoptr(GError) why = NULL;
    if (!g_file_get_contents(path, &text, &n_bytes, &why)) {
        g_set_error(error, INI_ERROR, 0, "%s", why->message);
        return NULL;
    }
    return ini_parse(text, n_bytes, path, error);
}

bool ini_number(const ini *file, const ini_entry *entry, double low, double high,
                double *ret_number, GError **error)
{
    char *end = NULL;
    errno = 0;
    double number = g_ascii_strtod(entry->value, &end);
    bool decimal =
        *entry->value != '\0' && strspn(entry->value, "+-.0123456789eE") == strlen(entry->value);
    if (!decimal || end == entry->value || *end != '\0' || errno == ERANGE || !isfinite(number)) {
        ini_complain(file, entry->line, error, "%s = %s: expected a number from %g to %g",
                     entry->key, entry->value, low, high);
        return false;
    }
    if (number < low || number > high) {
        ini_complain(file, entry->line, error, "%s = %s is out of range: expected %g to %g",
                     entry->key, entry->value, low, high);
        return false;
    }
    *ret_number = number;
    return true;
}
