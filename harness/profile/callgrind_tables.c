#include "harness/profile/callgrind_tables.h"

#include <glib.h>
#include <string.h>

#define SECTION_BITS 10
#define FILE_BITS    6
#define INDEX_BITS   10

/* ---- lines of a section ---- */

void callgrind_section_init(callgrind_section *t)
{
    *t = (callgrind_section){.slots = g_new0(callgrind_slot, (size_t)1 << SECTION_BITS),
                             .bits = SECTION_BITS,
                             .first_number = 1,
                             .next_number = 1,
                             .files = g_new0(callgrind_file_slot, (size_t)1 << FILE_BITS),
                             .file_bits = FILE_BITS};
}

void callgrind_section_clear(callgrind_section *t)
{
    g_free(t->slots);
    g_free(t->files);
    *t = (callgrind_section){0};
}

void callgrind_section_begin(callgrind_section *t)
{
    if (t->next_number > UINT32_MAX / 2) { /* long before they are too large for a place */
        memset(t->slots, 0, sizeof(callgrind_slot) << t->bits);
        memset(t->files, 0, sizeof(callgrind_file_slot) << t->file_bits);
        t->next_number = 1;
    }
    t->first_number = t->next_number;
    t->n_used = 0;
}

/* The file's slot, or the free one for it. */
static callgrind_file_slot *find_file(const callgrind_section *t, const char *file)
{
    size_t mask = ((size_t)1 << t->file_bits) - 1;
    size_t at = (uintptr_t)file * CALLGRIND_GOLDEN >> (64 - t->file_bits);
    while (t->files[at].file != file && t->files[at].number >= t->first_number)
        at = (at + 1) & mask;
    return &t->files[at];
}

static void grow_files(callgrind_section *t)
{
    callgrind_file_slot *old = t->files;
    size_t n_old = (size_t)1 << t->file_bits;
    t->files = g_new0(callgrind_file_slot, n_old * 2);
    t->file_bits++;
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].number >= t->first_number)
            *find_file(t, old[i].file) = old[i];
    }
    g_free(old);
}

uint64_t callgrind_section_file(callgrind_section *t, const char *file)
{
    callgrind_file_slot *slot = find_file(t, file);
    if (slot->file != file || slot->number < t->first_number) {
        *slot = (callgrind_file_slot){file, t->next_number++};
        if ((t->next_number - t->first_number) * 2 > (size_t)1 << t->file_bits) {
            grow_files(t);
            slot = find_file(t, file);
        }
    }
    return slot->number << 32;
}

uint64_t *callgrind_section_find(const callgrind_section *t, uint64_t place, uint64_t address,
                                 size_t *ret_at)
{
    size_t mask = ((size_t)1 << t->bits) - 1;
    size_t at = callgrind_section_start(t, place, address);
    for (; t->slots[at].place >= t->first_number << 32; at = (at + 1) & mask) {
        if (t->slots[at].place == place && t->slots[at].address == address)
            break;
    }
    *ret_at = at;
    return t->slots[at].place >= t->first_number << 32 ? t->slots[at].costs : NULL;
}

static void grow_section(callgrind_section *t)
{
    callgrind_slot *old = t->slots;
    size_t n_old = (size_t)1 << t->bits;
    t->slots = g_new0(callgrind_slot, n_old * 2);
    t->bits++;
    for (size_t i = 0; i < n_old; i++) {
        size_t at;
        if (old[i].place >= t->first_number << 32 &&
            callgrind_section_find(t, old[i].place, old[i].address, &at) == NULL)
            t->slots[at] = old[i];
    }
    g_free(old);
}

void callgrind_section_put(callgrind_section *t, size_t at, callgrind_slot line)
{
    t->slots[at] = line;
    if (++t->n_used * 2 >= (size_t)1 << t->bits)
        grow_section(t);
}

/* ---- indices of items ---- */

static callgrind_index_slot *new_slots(unsigned bits)
{
    size_t n_bytes = sizeof(callgrind_index_slot) << bits;
    return memset(g_malloc(n_bytes), 0xff, n_bytes); /* an index that no item has */
}

void callgrind_index_init(callgrind_index *t)
{
    *t = (callgrind_index){.slots = new_slots(INDEX_BITS), .bits = INDEX_BITS};
}

void callgrind_index_clear(callgrind_index *t)
{
    g_free(t->slots);
    *t = (callgrind_index){0};
}

void callgrind_index_begin(callgrind_index *t, size_t first)
{
    t->first = first;
    t->n_used = 0;
}

static void grow_index(callgrind_index *t, size_t n_items)
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
        grow_index(t, n_items);
}
