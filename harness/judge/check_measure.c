#include "harness/judge/check_measure.h"

#include "harness/judge/check_run.h"

#include <string.h>

enum { N_NAMES = 4 };

/* The driver's sequence (Knuth, MMIX): of object i, attribute k, values[i + k]. */
static uint64_t *make_values(uint64_t seed, unsigned n_objects)
{
    uint64_t *values = g_new(uint64_t, (gsize)n_objects + N_NAMES);
    for (gsize i = 0; i < (gsize)n_objects + N_NAMES; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        values[i] = seed >> 8;
    }
    return values;
}

static uint64_t add(uint64_t digest, uint64_t value)
{
    return (digest ^ value) * CHECK_DIGEST_PRIME;
}

/* Attributes in their order, as created or, reversed, as set. */
static uint64_t digest_of_objects(const uint64_t *values, unsigned n_objects, bool reversed)
{
    uint64_t digest = CHECK_DIGEST_START;
    for (gsize i = 0; i < n_objects; i++) {
        for (gsize k = 0; k < N_NAMES; k++)
            digest = add(digest, values[i + (reversed ? N_NAMES - 1 - k : k)]);
    }
    return digest;
}

static uint64_t digest_of_blocks(const uint64_t *values, unsigned n_objects)
{
    uint64_t digest = CHECK_DIGEST_START;
    for (gsize i = 0; i < n_objects; i++)
        digest = add(digest, values[i]);
    return digest;
}

char *check_measure_line(const char *subject, uint64_t seed, unsigned n_objects)
{
    g_autofree uint64_t *values = make_values(seed, n_objects);
    if (strcmp(subject, "pool") == 0) {
        uint64_t read = digest_of_blocks(values, n_objects);
        return g_strdup_printf("pool %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x", read, read);
    }
    unsigned n_followed = strcmp(subject, "slots") == 0 ? 0 : n_objects;
    return g_strdup_printf("%s %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x %u", subject,
                           digest_of_objects(values, n_objects, false),
                           digest_of_objects(values, n_objects, true), n_followed);
}

char *check_measure_read(uint64_t seed, unsigned n_objects)
{
    g_autofree uint64_t *values = make_values(seed, n_objects);
    return g_strdup_printf("%" G_GINT64_MODIFIER "x", digest_of_objects(values, n_objects, false));
}

bool check_measure_has(const char *text, size_t n_bytes, const char *line)
{
    size_t n_line = strlen(line);
    const char *end = text + n_bytes;
    for (const char *p = text; p < end;) {
        const char *next = memchr(p, '\n', (size_t)(end - p));
        if (next == NULL)
            return false;
        if ((size_t)(next - p) == n_line && memcmp(p, line, n_line) == 0)
            return true;
        p = next + 1;
    }
    return false;
}
