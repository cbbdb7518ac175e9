#include "harness/judge/lint.h"

#include <stdlib.h>
#include <string.h>

/* Reads ":123" at *at; moves *at behind it. */
static bool take_number(char **at, uint32_t *ret_number)
{
    if (**at != ':' || !g_ascii_isdigit((*at)[1]))
        return false;
    char *end = NULL;
    guint64 number = g_ascii_strtoull(*at + 1, &end, 10);
    if (number > G_MAXUINT32)
        return false;
    *ret_number = (uint32_t)number;
    *at = end;
    return true;
}

/* Cuts a trailing "[rule]" off text; clang-tidy's ",-warnings-as-errors" is not part of it. */
static const char *cut_rule(char *text)
{
    size_t length = strlen(text);
    char *open = strrchr(text, '[');
    if (open == NULL || length == 0 || text[length - 1] != ']')
        return "";
    text[length - 1] = '\0';
    char *comma = strstr(open, ",-warnings-as-errors");
    if (comma != NULL)
        *comma = '\0';
    *open = '\0';
    g_strchomp(text);
    return open + 1;
}

bool lint_parse_line(char *line, lint_line *ret_line)
{
    char *colon = strchr(line, ':');
    if (colon == NULL || colon == line)
        return false;
    lint_line found = {.file = line};
    char *at = colon;
    if (!take_number(&at, &found.line) || !take_number(&at, &found.column) || *at != ':')
        return false;
    *colon = '\0';
    char *severity = g_strchug(at + 1);
    char *end = strstr(severity, ": ");
    if (end == NULL)
        return false;
    *end = '\0';
    found.severity = severity;
    char *text = g_strstrip(end + 2);
    found.rule = cut_rule(text);
    found.text = text;
    *ret_line = found;
    return true;
}

static bool counts(const lint_line *found, const char *file)
{
    static const char *const severities[] = {"error",       "fatal error", "warning", "style",
                                             "performance", "portability", NULL};
    const char *base = strrchr(found->file, '/');
    return strcmp(base != NULL ? base + 1 : found->file, file) == 0 &&
           g_strv_contains(severities, found->severity);
}

void lint_collect(record *r, const char *tool, const char *file, const char *output, size_t n_bytes)
{
    g_autofree char *copy = g_strndup(output != NULL ? output : "", n_bytes);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (char **line = lines; *line != NULL; line++) {
        g_autofree char *valid = g_utf8_make_valid(*line, -1);
        lint_line found;
        if (!lint_parse_line(valid, &found) || !counts(&found, file))
            continue;
        char *key = g_strdup_printf("%u %s", found.line, found.rule);
        if (!g_hash_table_add(seen, key))
            continue;
        record_finding *finding =
            record_add_finding(r, tool, found.rule, file, found.line, found.text);
        finding->column = found.column;
    }
}

/* The words that silence a tool, where they stand in a line of source. */
static const char *silencer(const char *line)
{
    static const char *const words[] = {"NOLINT",       "clang-format off", "cppcheck-suppress",
                                        "LCOV_EXCL",    "GCOVR_EXCL",       "_Pragma",
                                        "__extension__"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strstr(line, words[i]) != NULL)
            return words[i];
    }
    const char *at = line + strspn(line, " \t");
    if (*at != '#')
        return NULL;
    at += 1 + strspn(at + 1, " \t");
    return g_str_has_prefix(at, "pragma") ? "#pragma" : NULL;
}

void lint_suppressions(record *r, const char *file, const char *source, size_t n_bytes)
{
    g_autofree char *copy = g_strndup(source != NULL ? source : "", n_bytes);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *word = silencer(lines[i]);
        if (word == NULL)
            continue;
        g_autofree char *text =
            g_strdup_printf("'%s' silences a tool: mend what it complains of instead", word);
        record_finding *finding = record_add_finding(r, "suppression", word, file, i + 1, text);
        finding->suppressed = true;
    }
}
