#include "harness/profile/callgrind_model.h"

#include "harness/profile/big_array.h"

#include <string.h>

#define IS_CALL        ((uint32_t)1 << 31) /* of slot.index: a call, else a line */
#define MAX_ITEMS      (((size_t)1 << 31) - 1)
#define FIRST_BITS     10
#define FIRST_CAPACITY ((size_t)1 << 10)
#define COSTS_AT_ONCE  ((size_t)1 << 10)

typedef callgrind_slot slot;

typedef struct table {
    slot *slots;
    unsigned bits;
    uint32_t stamp;
    size_t n_used;
} table;

/* What a line or call is found by. */
typedef struct item_key {
    uint32_t function;
    uint32_t callee; /* CALLGRIND_NONE: a line */
    const char *file;
    uint32_t line;
    uint64_t address;
} item_key;

typedef struct function_state {
    bool was_opened;
    bool is_spread; /* opened more than once: its items are in the large table */
    size_t first_line, n_lines, first_call, n_calls; /* of the first section */
} function_state;

struct callgrind_model {
    store *store;
    size_t n_events;
    callgrind_function *functions;
    function_state *states;
    size_t n_functions, functions_capacity;
    uint32_t *function_slots; /* open addressing by (object, file, name); index + 1 */
    unsigned function_bits;
    callgrind_line *lines;
    size_t n_lines, lines_capacity;
    callgrind_call *calls;
    size_t n_calls, calls_capacity;
    table section, all;
    table *current;  /* &section or &all */
    uint64_t *costs; /* [n_events] arrays that are handed out next */
    size_t n_costs;
    uint32_t open; /* function index or CALLGRIND_NONE */
};

static void table_init(table *t)
{
    *t = (table){g_new0(slot, (size_t)1 << FIRST_BITS), FIRST_BITS, 1, 0};
}

static void table_empty(table *t)
{
    t->n_used = 0;
    if (++t->stamp == 0) { /* wrapped: old stamps could look current */
        memset(t->slots, 0, sizeof(slot) << t->bits);
        t->stamp = 1;
    }
}

callgrind_model *callgrind_model_new(store *s, size_t n_events)
{
    callgrind_model *m = g_new0(callgrind_model, 1);
    m->store = s;
    m->n_events = n_events;
    m->function_bits = FIRST_BITS;
    m->function_slots = g_new0(uint32_t, (size_t)1 << m->function_bits);
    table_init(&m->section);
    table_init(&m->all);
    m->current = &m->section;
    m->open = CALLGRIND_NONE;
    return m;
}

void callgrind_model_free(callgrind_model *m)
{
    if (m == NULL)
        return;
    g_free(m->functions);
    g_free(m->states);
    g_free(m->function_slots);
    big_array_free(m->lines, m->lines_capacity * sizeof *m->lines);
    big_array_free(m->calls, m->calls_capacity * sizeof *m->calls);
    g_free(m->section.slots);
    g_free(m->all.slots);
    g_free(m);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t product = (a ^ (b * 0x9E3779B97F4A7C15U)) * 0x9FB21C651E98DF25U;
    return product ^ (product >> 32);
}

/* ---- functions ---- */

static uint64_t function_hash(const char *object, const char *file, const char *name)
{
    return mix(mix((uintptr_t)object, (uintptr_t)file), (uintptr_t)name);
}

static void grow_function_slots(callgrind_model *m)
{
    g_free(m->function_slots);
    m->function_bits++;
    m->function_slots = g_new0(uint32_t, (size_t)1 << m->function_bits);
    size_t mask = ((size_t)1 << m->function_bits) - 1;
    for (size_t i = 0; i < m->n_functions; i++) {
        const callgrind_function *f = &m->functions[i];
        size_t at = function_hash(f->object, f->file, f->name) & mask;
        while (m->function_slots[at] != 0)
            at = (at + 1) & mask;
        m->function_slots[at] = (uint32_t)i + 1;
    }
}

static uint32_t append_function(callgrind_model *m, const char *object, const char *file,
                                const char *name)
{
    if (m->n_functions == m->functions_capacity) {
        m->functions_capacity = MAX(FIRST_CAPACITY, 2 * m->functions_capacity);
        m->functions = g_renew(callgrind_function, m->functions, m->functions_capacity);
        m->states = g_renew(function_state, m->states, m->functions_capacity);
    }
    size_t n_bytes = m->n_events * sizeof(uint64_t);
    m->functions[m->n_functions] = (callgrind_function){
        .name = name,
        .file = file,
        .object = object,
        .self = store_alloc(m->store, n_bytes),
        .inclusive = store_alloc(m->store, n_bytes),
    };
    m->states[m->n_functions] = (function_state){0};
    return (uint32_t)m->n_functions++;
}

uint32_t callgrind_model_function(callgrind_model *m, const char *object, const char *file,
                                  const char *name)
{
    if (2 * m->n_functions >= (size_t)1 << m->function_bits)
        grow_function_slots(m);
    size_t mask = ((size_t)1 << m->function_bits) - 1;
    size_t at = function_hash(object, file, name) & mask;
    while (m->function_slots[at] != 0) {
        const callgrind_function *f = &m->functions[m->function_slots[at] - 1];
        if (f->name == name && f->file == file && f->object == object)
            return m->function_slots[at] - 1;
        at = (at + 1) & mask;
    }
    uint32_t index = append_function(m, object, file, name);
    m->function_slots[at] = index + 1;
    return index;
}

/* ---- lines and calls ---- */

static uint64_t key_hash(const item_key *key)
{
    return callgrind_model_hash(key->function, key->callee, key->file, key->line, key->address);
}

static item_key key_of(const callgrind_model *m, uint32_t index)
{
    if ((index & IS_CALL) == 0) {
        const callgrind_line *l = &m->lines[index];
        return (item_key){l->function, CALLGRIND_NONE, l->file, l->line, l->address};
    }
    const callgrind_call *c = &m->calls[index & ~IS_CALL];
    return (item_key){c->caller, c->callee, c->file, c->line, 0};
}

static bool key_equal(const callgrind_model *m, uint32_t index, const item_key *key)
{
    if ((index & IS_CALL) == 0) {
        const callgrind_line *l = &m->lines[index];
        return l->line == key->line && l->file == key->file && l->address == key->address &&
               l->function == key->function && key->callee == CALLGRIND_NONE;
    }
    const callgrind_call *c = &m->calls[index & ~IS_CALL];
    return c->callee == key->callee && c->line == key->line && c->file == key->file &&
           c->caller == key->function;
}

static void table_put(const callgrind_model *m, table *t, uint32_t index)
{
    item_key key = key_of(m, index);
    size_t mask = ((size_t)1 << t->bits) - 1;
    size_t at = key_hash(&key) & mask;
    while (t->slots[at].stamp == t->stamp)
        at = (at + 1) & mask;
    t->slots[at] = (slot){t->stamp, index};
    t->n_used++;
}

static void table_grow(const callgrind_model *m, table *t)
{
    slot *old = t->slots;
    size_t n_old = (size_t)1 << t->bits;
    uint32_t old_stamp = t->stamp;
    *t = (table){g_new0(slot, n_old * 2), t->bits + 1, 1, 0};
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].stamp == old_stamp)
            table_put(m, t, old[i].index);
    }
    g_free(old);
}

/* The slot of the key: in use if it is known, else the one to fill. */
static inline slot *table_find(const callgrind_model *m, table *t, const item_key *key)
{
    size_t mask = ((size_t)1 << t->bits) - 1;
    size_t at = key_hash(key) & mask;
    while (t->slots[at].stamp == t->stamp && !key_equal(m, t->slots[at].index, key))
        at = (at + 1) & mask;
    return &t->slots[at];
}

static void fill_slot(callgrind_model *m, slot *free_slot, uint32_t index)
{
    table *t = m->current;
    *free_slot = (slot){t->stamp, index};
    if (++t->n_used * 2 > (size_t)1 << t->bits)
        table_grow(m, t);
}

static void leave_section(callgrind_model *m)
{
    if (m->open == CALLGRIND_NONE)
        return;
    function_state *state = &m->states[m->open];
    if (!state->is_spread) {
        state->n_lines = m->n_lines - state->first_line;
        state->n_calls = m->n_calls - state->first_call;
    }
    m->open = CALLGRIND_NONE;
}

/* Puts the items of the function's first section into the large table. */
static void spread(callgrind_model *m, function_state *state)
{
    for (size_t i = 0; i < state->n_lines + state->n_calls; i++) {
        if ((m->all.n_used + 1) * 2 > (size_t)1 << m->all.bits)
            table_grow(m, &m->all);
        uint32_t index =
            (uint32_t)(i < state->n_lines ? state->first_line + i
                                          : (state->first_call + i - state->n_lines) | IS_CALL);
        table_put(m, &m->all, index);
    }
    state->is_spread = true;
}

void callgrind_model_open(callgrind_model *m, uint32_t function)
{
    leave_section(m);
    function_state *state = &m->states[function];
    if (!state->was_opened) {
        state->was_opened = true;
        state->first_line = m->n_lines;
        state->first_call = m->n_calls;
        table_empty(&m->section);
        m->current = &m->section;
    } else {
        if (!state->is_spread)
            spread(m, state);
        m->current = &m->all;
    }
    m->open = function;
}

/* Cost arrays come by the thousand: they are small and many. */
static inline uint64_t *new_costs(callgrind_model *m)
{
    if (m->n_costs == 0) {
        m->n_costs = COSTS_AT_ONCE;
        m->costs = store_alloc(m->store, COSTS_AT_ONCE * m->n_events * sizeof(uint64_t));
    }
    uint64_t *costs = m->costs;
    m->costs += m->n_events;
    m->n_costs--;
    return costs;
}

static uint64_t *append_line(callgrind_model *m, const item_key *key)
{
    if (m->n_lines == m->lines_capacity) {
        size_t capacity = MAX(FIRST_CAPACITY, 2 * m->lines_capacity);
        m->lines = big_array_resize(m->lines, m->lines_capacity * sizeof *m->lines,
                                    capacity * sizeof *m->lines);
        m->lines_capacity = capacity;
    }
    callgrind_function *f = &m->functions[key->function];
    if (key->file == f->file && key->line != 0 && (f->line == 0 || key->line < f->line))
        f->line = key->line;
    uint64_t *costs = new_costs(m);
    m->lines[m->n_lines++] =
        (callgrind_line){key->function, key->line, key->file, key->address, costs};
    return costs;
}

uint64_t *callgrind_model_line(callgrind_model *m, const char *file, uint32_t line,
                               uint64_t address)
{
    item_key key = {m->open, CALLGRIND_NONE, file, line, address};
    slot *found = table_find(m, m->current, &key);
    if (found->stamp == m->current->stamp)
        return (uint64_t *)(uintptr_t)m->lines[found->index].self; /* it is ours: not const here */
    if (m->n_lines >= MAX_ITEMS)
        return NULL;
    uint64_t *costs = append_line(m, &key);
    fill_slot(m, found, (uint32_t)(m->n_lines - 1));
    return costs;
}

static callgrind_call *append_call(callgrind_model *m, const item_key *key)
{
    if (m->n_calls == m->calls_capacity) {
        size_t capacity = MAX(FIRST_CAPACITY, 2 * m->calls_capacity);
        m->calls = big_array_resize(m->calls, m->calls_capacity * sizeof *m->calls,
                                    capacity * sizeof *m->calls);
        m->calls_capacity = capacity;
    }
    m->calls[m->n_calls] = (callgrind_call){
        .caller = key->function,
        .callee = key->callee,
        .file = key->file,
        .line = key->line,
        .inclusive = new_costs(m),
    };
    return &m->calls[m->n_calls++];
}

uint64_t *callgrind_model_call(callgrind_model *m, uint32_t callee, const char *file, uint32_t line,
                               uint64_t calls)
{
    item_key key = {m->open, callee, file, line, 0};
    slot *found = table_find(m, m->current, &key);
    callgrind_call *call;
    if (found->stamp == m->current->stamp) {
        call = &m->calls[found->index & ~IS_CALL];
    } else {
        if (m->n_calls >= MAX_ITEMS)
            return NULL;
        call = append_call(m, &key);
        fill_slot(m, found, (uint32_t)(m->n_calls - 1) | IS_CALL);
    }
    call->calls += calls;
    return (uint64_t *)(uintptr_t)call->inclusive; /* it is ours: not const here */
}

bool callgrind_model_finder(const callgrind_model *m, callgrind_line_finder *ret_finder)
{
    if (m->current != &m->section)
        return false;
    *ret_finder = (callgrind_line_finder){m->section.slots, m->lines,
                                          ((size_t)1 << m->section.bits) - 1, m->section.stamp};
    return true;
}

void callgrind_model_add_self(callgrind_model *m, const uint64_t *costs)
{
    uint64_t *self = (uint64_t *)(uintptr_t)m->functions[m->open].self;
    for (size_t e = 0; e < m->n_events; e++)
        self[e] += costs[e];
}

void callgrind_model_finish(callgrind_model *m, callgrind_profile *p, size_t *ret_lines_bytes,
                            size_t *ret_calls_bytes)
{
    leave_section(m);
    uint64_t *totals = store_alloc(m->store, m->n_events * sizeof(uint64_t));
    for (size_t i = 0; i < m->n_functions; i++) {
        for (size_t e = 0; e < m->n_events; e++)
            totals[e] += m->functions[i].self[e];
    }
    callgrind_inclusive_compute(m->functions, m->n_functions, m->calls, m->n_calls, m->n_events);
    p->functions = g_steal_pointer(&m->functions);
    p->n_functions = m->n_functions;
    p->lines = g_steal_pointer(&m->lines);
    p->n_lines = m->n_lines;
    p->calls = g_steal_pointer(&m->calls);
    p->n_calls = m->n_calls;
    p->totals = totals;
    *ret_lines_bytes = m->lines_capacity * sizeof *m->lines;
    *ret_calls_bytes = m->calls_capacity * sizeof *m->calls;
    m->n_functions = m->n_lines = m->n_calls = 0;
    m->functions_capacity = m->lines_capacity = m->calls_capacity = 0;
}
