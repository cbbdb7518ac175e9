#include "harness/profile/callgrind_functions.h"

#include "harness/profile/big_array.h"

static void reserve(callgrind_functions *f, size_t capacity)
{
    f->items =
        big_array_resize(f->items, f->capacity * sizeof *f->items, capacity * sizeof *f->items);
    f->states =
        big_array_resize(f->states, f->capacity * sizeof *f->states, capacity * sizeof *f->states);
    f->capacity = capacity;
}

void callgrind_functions_init(callgrind_functions *f, store *s, size_t n_events, size_t capacity)
{
    *f = (callgrind_functions){.store = s, .n_events = n_events};
    while ((size_t)1 << f->bits < 2 * capacity)
        f->bits++;
    f->slots = g_new0(uint32_t, (size_t)1 << f->bits);
    reserve(f, capacity);
}

void callgrind_functions_clear(callgrind_functions *f)
{
    big_array_free(f->items, f->capacity * sizeof *f->items);
    big_array_free(f->states, f->capacity * sizeof *f->states);
    g_free(f->slots);
    *f = (callgrind_functions){0};
}

callgrind_function *callgrind_functions_steal(callgrind_functions *f)
{
    f->n = 0;
    return g_steal_pointer(&f->items);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t product = (a ^ (b * CALLGRIND_GOLDEN)) * 0x9FB21C651E98DF25U;
    return product ^ (product >> 32);
}

static uint64_t hash_of(const char *object, const char *file, const char *name)
{
    return mix(mix((uintptr_t)object, (uintptr_t)file), (uintptr_t)name);
}

static void grow_slots(callgrind_functions *f)
{
    g_free(f->slots);
    f->bits++;
    f->slots = g_new0(uint32_t, (size_t)1 << f->bits);
    size_t mask = ((size_t)1 << f->bits) - 1;
    for (size_t i = 0; i < f->n; i++) {
        const callgrind_function *one = &f->items[i];
        size_t at = hash_of(one->object, one->file, one->name) & mask;
        while (f->slots[at] != 0)
            at = (at + 1) & mask;
        f->slots[at] = (uint32_t)i + 1;
    }
}

static uint32_t append(callgrind_functions *f, const char *object, callgrind_file file,
                       const char *name)
{
    if (f->n == f->capacity)
        reserve(f, 2 * f->capacity);
    uint64_t *costs = store_alloc(f->store, 2 * f->n_events * sizeof(uint64_t));
    f->items[f->n] = (callgrind_function){
        .name = name,
        .file = file.name,
        .object = object,
        .self = costs,
        .inclusive = costs + f->n_events,
    };
    f->states[f->n] = (callgrind_function_state){file.index, false};
    return (uint32_t)f->n++;
}

uint32_t callgrind_functions_find(callgrind_functions *f, const char *object, callgrind_file file,
                                  const char *name)
{
    if (2 * f->n >= (size_t)1 << f->bits)
        grow_slots(f);
    size_t mask = ((size_t)1 << f->bits) - 1;
    size_t at = hash_of(object, file.name, name) & mask;
    while (f->slots[at] != 0) {
        const callgrind_function *one = &f->items[f->slots[at] - 1];
        if (one->name == name && one->file == file.name && one->object == object)
            return f->slots[at] - 1;
        at = (at + 1) & mask;
    }
    uint32_t index = append(f, object, file, name);
    f->slots[at] = index + 1;
    return index;
}
