#include "harness/profile/store.h"

#include "harness/profile/big_array.h"

#include <stdbool.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)1 << 18) /* of the first chunks; of later ones BIG_ARRAY_BYTES */
#define ALIGNMENT   8U

typedef struct interned {
    uint64_t hash;
    const char *string; /* NULL: free */
    size_t n_bytes;
} interned;

typedef struct chunk {
    void *memory;
    size_t n_bytes;
} chunk;

struct store {
    GArray *chunks; /* of chunk */
    char *next;     /* free bytes of the last chunk */
    size_t n_left;
    size_t n_bytes;
    interned *table; /* open addressing, 2^bits entries */
    unsigned bits;
    size_t n_interned;
};

store *store_new(void)
{
    store *s = g_new0(store, 1);
    s->chunks = g_array_new(FALSE, FALSE, sizeof(chunk));
    s->bits = 8;
    s->table = big_array_resize(NULL, 0, sizeof(interned) << s->bits);
    return s;
}

void store_free(store *s)
{
    if (s == NULL)
        return;
    for (unsigned i = 0; i < s->chunks->len; i++) {
        const chunk *c = &g_array_index(s->chunks, chunk, i);
        big_array_free(c->memory, c->n_bytes);
    }
    g_array_unref(s->chunks);
    big_array_free(s->table, sizeof(interned) << s->bits);
    g_free(s);
}

static void *own_chunk(store *s, size_t n_bytes)
{
    chunk c = {big_array_resize(NULL, 0, n_bytes), n_bytes};
    s->n_bytes += n_bytes;
    g_array_append_val(s->chunks, c);
    return c.memory;
}

void *store_alloc(store *s, size_t n_bytes)
{
    n_bytes = (n_bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (n_bytes > s->n_left) {
        if (n_bytes > CHUNK_BYTES / 4)
            return own_chunk(s, n_bytes);
        s->n_left = s->n_bytes < BIG_ARRAY_BYTES ? CHUNK_BYTES : BIG_ARRAY_BYTES;
        s->next = own_chunk(s, s->n_left);
    }
    void *result = s->next;
    s->next += n_bytes;
    s->n_left -= n_bytes;
    return result;
}

/* Eight bytes a step, multiplied and folded: names are long and there are many. */
uint64_t store_hash(const char *bytes, size_t n_bytes)
{
    uint64_t hash = n_bytes * 0x9E3779B97F4A7C15U;
    while (n_bytes >= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * 0x9FB21C651E98DF25U;
        hash ^= hash >> 32;
        bytes += sizeof word;
        n_bytes -= sizeof word;
    }
    uint64_t tail = 0;
    memcpy(&tail, bytes, n_bytes);
    hash = (hash ^ tail) * 0x9FB21C651E98DF25U;
    return hash ^ (hash >> 29);
}

static void grow_table(store *s, unsigned bits)
{
    size_t n_old = (size_t)1 << s->bits;
    interned *old = s->table;
    s->bits = bits;
    s->table = big_array_resize(NULL, 0, sizeof(interned) << s->bits);
    size_t mask = ((size_t)1 << s->bits) - 1;
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].string == NULL)
            continue;
        size_t at = old[i].hash & mask;
        while (s->table[at].string != NULL)
            at = (at + 1) & mask;
        s->table[at] = old[i];
    }
    big_array_free(old, n_old * sizeof(interned));
}

/* True if a table of 2^bits entries has no room for n strings more. */
static bool is_full(const store *s, unsigned bits, size_t n)
{
    return (s->n_interned + n) * 4 > ((size_t)3 << bits);
}

void store_reserve(store *s, size_t n)
{
    unsigned bits = s->bits;
    while (is_full(s, bits, n))
        bits++;
    if (bits > s->bits)
        grow_table(s, bits);
}

static char *copy_bytes(store *s, const char *bytes, size_t n_bytes)
{
    char *copy = store_alloc(s, n_bytes + 1);
    memcpy(copy, bytes, n_bytes);
    return copy;
}

static const char *intern_without_zeros(store *s, const char *bytes, size_t n_bytes)
{
    char *clean = g_malloc(n_bytes);
    for (size_t i = 0; i < n_bytes; i++)
        clean[i] = (char)(bytes[i] == '\0' ? '?' : bytes[i]);
    const char *interned_clean = store_intern(s, clean, n_bytes);
    g_free(clean);
    return interned_clean;
}

const char *store_intern(store *s, const char *bytes, size_t n_bytes)
{
    if (memchr(bytes, '\0', n_bytes) != NULL)
        return intern_without_zeros(s, bytes, n_bytes);
    if (is_full(s, s->bits, 1))
        grow_table(s, s->bits + 1);
    uint64_t hash = store_hash(bytes, n_bytes);
    size_t mask = ((size_t)1 << s->bits) - 1;
    size_t at = hash & mask;
    while (s->table[at].string != NULL) {
        const interned *entry = &s->table[at];
        if (entry->hash == hash && entry->n_bytes == n_bytes &&
            memcmp(entry->string, bytes, n_bytes) == 0)
            return entry->string;
        at = (at + 1) & mask;
    }
    s->table[at] = (interned){hash, copy_bytes(s, bytes, n_bytes), n_bytes};
    s->n_interned++;
    return s->table[at].string;
}
