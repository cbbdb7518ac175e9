#include "harness/profile/callgrind_index.h"

#include <glib.h>
#include <string.h>

#define FIRST_BITS 10

static callgrind_index_slot *new_slots(unsigned bits)
{
    size_t n_bytes = sizeof(callgrind_index_slot) << bits;
    return memset(g_malloc(n_bytes), 0xff, n_bytes); /* an index that no item has */
}

void callgrind_index_init(callgrind_index *t)
{
    *t = (callgrind_index){.slots = new_slots(FIRST_BITS), .bits = FIRST_BITS};
}

void callgrind_index_clear(callgrind_index *t)
{
    g_free(t->slots);
    *t = (callgrind_index){0};
}

void callgrind_index_begin(callgrind_index *t, size_t first)
{
    if (t->bits > FIRST_BITS) { /* few sections are large: the next one shall be quick again */
        callgrind_index_clear(t);
        callgrind_index_init(t);
    }
    t->first = first;
    t->n_used = 0;
}

static void grow(callgrind_index *t, size_t n_items)
{
    callgrind_index old = *t;
    t->bits++;
    t->slots = new_slots(t->bits);
    size_t mask = ((size_t)1 << t->bits) - 1;
    for (size_t i = 0; i < (size_t)1 << old.bits; i++) {
        if (old.slots[i].index - t->first >= n_items - t->first)
            continue;
        size_t at = callgrind_index_start(t, old.slots[i].hash);
        while (t->slots[at].index != UINT32_MAX)
            at = (at + 1) & mask;
        t->slots[at] = old.slots[i];
    }
    g_free(old.slots);
}

void callgrind_index_put(callgrind_index *t, size_t at, uint32_t hash, size_t item, size_t n_items)
{
    size_t mask = ((size_t)1 << t->bits) - 1;
    t->slots[at & mask] = (callgrind_index_slot){hash, (uint32_t)item};
    if (++t->n_used * 2 >= (size_t)1 << t->bits)
        grow(t, n_items);
}
