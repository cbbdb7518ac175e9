#include "objects/dict.h"

#include <string.h>

#define DICT_EMPTY UINT32_MAX
enum { MIN_CAPACITY = 8 };

static uint32_t *index_of(const dict *d)
{
    return (uint32_t *)(uintptr_t)(d->entries + d->capacity);
}

static uint32_t n_cells(const dict *d)
{
    return 2 * d->capacity;
}

dict *dict_new(heap *h, size_t n)
{
    size_t capacity = MIN_CAPACITY;
    while (capacity < n)
        capacity *= 2;
    if (capacity > UINT32_MAX / 4)
        return NULL;
    size_t index_bytes = 2 * capacity * sizeof(uint32_t);
    dict *d = mem_alloc(h, sizeof(*d) + capacity * sizeof(dict_entry) + index_bytes);
    if (d == NULL)
        return NULL;
    *d = (dict){.capacity = (uint32_t)capacity};
    memset(index_of(d), 0xff, index_bytes);
    return d;
}

void dict_free(heap *h, dict *d)
{
    mem_free(h, d);
}

/* The cell that leads to the name, or the empty one where it belongs. Deleted entries keep their
 * cells, so that those behind them are still found. */
static uint32_t *find_cell(const dict *d, const name *n)
{
    uint32_t *index = index_of(d);
    uint32_t i = n->hash & (n_cells(d) - 1);
    while (index[i] != DICT_EMPTY && d->entries[index[i]].name != n)
        i = (i + 1) & (n_cells(d) - 1);
    return &index[i];
}

dict_entry *dict_find(const dict *d, const name *n)
{
    uint32_t at = *find_cell(d, n);
    return at == DICT_EMPTY ? NULL : (dict_entry *)(uintptr_t)&d->entries[at];
}

static void append(dict *d, const name *n, value v)
{
    *find_cell(d, n) = d->n_entries;
    d->entries[d->n_entries++] = (dict_entry){n, v};
    d->n_set++;
}

bool dict_add(heap *h, dict **d, const name *n, value v)
{
    dict *old = *d;
    if (old->n_entries == old->capacity) {
        dict *larger = dict_new(h, 2 * ((size_t)old->n_set + 1)); /* the deleted ones stay behind */
        if (larger == NULL)
            return false;
        for (uint32_t i = 0; i < old->n_entries; i++) {
            if (old->entries[i].name != NULL)
                append(larger, old->entries[i].name, old->entries[i].value);
        }
        dict_free(h, old);
        *d = larger;
    }
    append(*d, n, v);
    return true;
}

void dict_remove(dict *d, dict_entry *entry)
{
    *entry = (dict_entry){NULL, VALUE_NONE};
    d->n_set--;
}

const dict_entry *dict_at(const dict *d, size_t i)
{
    if (d->n_set == d->n_entries)
        return &d->entries[i];
    const dict_entry *entry = d->entries;
    while (entry->name == NULL || i-- > 0)
        entry++;
    return entry;
}

bool dict_is_valid(const dict *d)
{
    uint32_t n_set = 0;
    for (uint32_t i = 0; i < d->n_entries; i++) {
        const dict_entry *entry = &d->entries[i];
        if (entry->name == NULL)
            continue;
        n_set++;
        if (entry->value == VALUE_NONE || dict_find(d, entry->name) != entry)
            return false;
    }
    return n_set == d->n_set && d->n_entries <= d->capacity;
}
