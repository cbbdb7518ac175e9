#include "harness/profile/context.h"

#include <string.h>

static bool is_number(const context_part *part)
{
    if (part->n_bytes == 0 || part->n_bytes > 9)
        return false;
    for (size_t i = 0; i < part->n_bytes; i++) {
        if (!g_ascii_isdigit(part->text[i]))
            return false;
    }
    return true;
}

/* The end of the part that begins at p: the next quote that separates. */
static const char *part_end(const char *name, const char *p)
{
    for (;; p++) {
        p = strchr(p, '\'');
        if (p == NULL)
            return name + strlen(name);
        if (p == name || p[-1] != ':')
            return p;
        const char *closing = strchr(p + 1, '\'');
        if (closing == NULL)
            return p;
        p = closing;
    }
}

void context_init(context *c, const char *name)
{
    c->parts = g_array_new(FALSE, FALSE, sizeof(context_part));
    c->level = 1;
    for (const char *p = name;;) {
        const char *end = part_end(name, p);
        context_part part = {p, (size_t)(end - p)};
        if (c->parts->len == 1 && c->level == 1 && is_number(&part))
            c->level = (unsigned)g_ascii_strtoull(p, NULL, 10);
        else
            g_array_append_val(c->parts, part);
        if (*end == '\0')
            return;
        p = end + 1;
    }
}

void context_clear(context *c)
{
    g_clear_pointer(&c->parts, g_array_unref);
}

unsigned context_n_occurrences(const context *c)
{
    const context_part *first = &g_array_index(c->parts, context_part, 0);
    unsigned n = 0;
    for (unsigned i = 0; i < c->parts->len; i++) {
        const context_part *part = &g_array_index(c->parts, context_part, i);
        n += part->n_bytes == first->n_bytes && memcmp(part->text, first->text, part->n_bytes) == 0;
    }
    return n;
}

bool context_is_nested(const context *c)
{
    return c->level > 1 || context_n_occurrences(c) > 1;
}
