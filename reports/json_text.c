#include "reports/json_text.h"

#include "reports/text.h"

/* Digits that every decimal of a double keeps (DBL_DIG): 97.35 is written 97.35. */
enum { REAL_DIGITS = 15 };

json_t *json_text(const char *text)
{
    g_autofree char *safe = text_for_terminal(text);
    return json_string(safe);
}

json_t *json_text_lines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *safe = text_for_terminal(*line);
        g_free(*line);
        *line = safe;
    }
    g_autofree char *joined = g_strjoinv("\n", lines);
    return json_string(joined);
}

static int append_chunk(const char *chunk, size_t n_bytes, void *text)
{
    g_string_append_len(text, chunk, (gssize)n_bytes);
    return 0;
}

char *json_text_render(json_t *root)
{
    GString *text = g_string_new(NULL);
    /* Fails only for what the writers never make: a root that is NULL, or a circle. */
    (void)json_dump_callback(root, append_chunk, text,
                             JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_DIGITS));
    json_decref(root);
    g_string_append_c(text, '\n');
    return g_string_free(text, FALSE);
}
