#include "harness/profile/callgrind_model.h"

#include "harness/profile/big_array.h"

#include <string.h>

#define MAX_ITEMS      (((size_t)1 << 31) - 1)
#define FIRST_BITS     10
#define FIRST_CAPACITY ((size_t)1 << 10)
#define COSTS_AT_ONCE  ((size_t)1 << 10)

/* Of the text, few enough for most files: what is reserved and not used costs nothing. */
#define BYTES_A_FUNCTION 256
#define BYTES_A_LINE     16
#define BYTES_A_CALL     64

typedef struct function_state {
    bool was_opened;
    bool is_spread; /* opened more than once: its items are in the large indices */
    size_t first_line, n_lines, first_call, n_calls; /* of the first section */
} function_state;

/* [n_events] arrays of costs that are handed out one after another. */
typedef struct cost_supply {
    uint64_t *next;
    size_t n;
} cost_supply;

struct callgrind_model {
    store *store;
    size_t n_events;
    callgrind_function *functions;
    function_state *states;
    size_t n_functions, functions_capacity, states_capacity;
    uint32_t *function_slots; /* open addressing by (object, file, name); index + 1 */
    unsigned function_bits;
    callgrind_line *lines;
    size_t n_lines, lines_capacity;
    callgrind_call *calls;
    size_t n_calls, calls_capacity;
    callgrind_section section;
    callgrind_index section_calls, all_lines, all_calls;
    bool is_all;               /* the open section is in the last two */
    callgrind_index *in_calls; /* where the calls of the open section are */
    const char *place_file;    /* what file_place is of; NULL: nothing */
    uint64_t file_place;
    cost_supply line_costs, call_costs;
    uint32_t open; /* function index or CALLGRIND_NONE */
};

static void reserve_functions(callgrind_model *m, size_t capacity)
{
    m->functions = big_array_resize(m->functions, m->functions_capacity * sizeof *m->functions,
                                    capacity * sizeof *m->functions);
    m->states = big_array_resize(m->states, m->states_capacity * sizeof *m->states,
                                 capacity * sizeof *m->states);
    m->functions_capacity = m->states_capacity = capacity;
}

static void reserve_lines(callgrind_model *m, size_t capacity)
{
    m->lines = big_array_resize(m->lines, m->lines_capacity * sizeof *m->lines,
                                capacity * sizeof *m->lines);
    m->lines_capacity = capacity;
}

static void reserve_calls(callgrind_model *m, size_t capacity)
{
    m->calls = big_array_resize(m->calls, m->calls_capacity * sizeof *m->calls,
                                capacity * sizeof *m->calls);
    m->calls_capacity = capacity;
}

callgrind_model *callgrind_model_new(store *s, size_t n_events, size_t n_bytes)
{
    callgrind_model *m = g_new0(callgrind_model, 1);
    m->store = s;
    m->n_events = n_events;
    m->function_bits = FIRST_BITS;
    m->function_slots = g_new0(uint32_t, (size_t)1 << m->function_bits);
    callgrind_section_init(&m->section);
    callgrind_index_init(&m->section_calls);
    callgrind_index_init(&m->all_lines);
    callgrind_index_init(&m->all_calls);
    m->open = CALLGRIND_NONE;
    reserve_functions(m, FIRST_CAPACITY + n_bytes / BYTES_A_FUNCTION);
    reserve_lines(m, FIRST_CAPACITY + n_bytes / BYTES_A_LINE);
    reserve_calls(m, FIRST_CAPACITY + n_bytes / BYTES_A_CALL);
    return m;
}

void callgrind_model_free(callgrind_model *m)
{
    if (m == NULL)
        return;
    big_array_free(m->functions, m->functions_capacity * sizeof *m->functions);
    big_array_free(m->states, m->states_capacity * sizeof *m->states);
    g_free(m->function_slots);
    big_array_free(m->lines, m->lines_capacity * sizeof *m->lines);
    big_array_free(m->calls, m->calls_capacity * sizeof *m->calls);
    callgrind_section_clear(&m->section);
    callgrind_index_clear(&m->section_calls);
    callgrind_index_clear(&m->all_lines);
    callgrind_index_clear(&m->all_calls);
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
    if (m->n_functions == m->functions_capacity)
        reserve_functions(m, 2 * m->functions_capacity);
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

static uint32_t hash_of(uint32_t function, const char *file, uint64_t place)
{
    uint64_t sum = mix((uintptr_t)file, function) + place;
    return (uint32_t)((sum * CALLGRIND_GOLDEN) >> 32);
}

static uint32_t line_hash(const callgrind_line *l)
{
    return hash_of(l->function, l->file, l->line + l->address);
}

static uint32_t call_hash(const callgrind_call *c)
{
    return hash_of(c->caller, c->file, c->line + ((uint64_t)c->callee << 32));
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

/* Puts item, of which it is known that it is not there. */
static void put_new(callgrind_index *t, uint32_t hash, size_t item, size_t n_items)
{
    size_t at = callgrind_index_start(t, hash);
    while (callgrind_index_next(t, hash, n_items, &at) != CALLGRIND_NONE)
        at++;
    callgrind_index_put(t, at, hash, item, n_items);
}

/* Puts the items of the function's first section into the large indices. */
static void spread(callgrind_model *m, function_state *state)
{
    for (size_t i = state->first_line; i < state->first_line + state->n_lines; i++)
        put_new(&m->all_lines, line_hash(&m->lines[i]), i, m->n_lines);
    for (size_t i = state->first_call; i < state->first_call + state->n_calls; i++)
        put_new(&m->all_calls, call_hash(&m->calls[i]), i, m->n_calls);
    state->is_spread = true;
}

void callgrind_model_open(callgrind_model *m, uint32_t function)
{
    leave_section(m);
    function_state *state = &m->states[function];
    m->open = function;
    m->is_all = state->was_opened;
    m->in_calls = m->is_all ? &m->all_calls : &m->section_calls;
    if (m->is_all) {
        if (!state->is_spread)
            spread(m, state);
        return;
    }
    state->was_opened = true;
    state->first_line = m->n_lines;
    state->first_call = m->n_calls;
    callgrind_section_begin(&m->section);
    callgrind_index_begin(&m->section_calls, m->n_calls);
    m->place_file = NULL;
}

/* Cost arrays come by the thousand: they are small and many. */
static inline uint64_t *take_costs(callgrind_model *m, cost_supply *supply)
{
    if (supply->n == 0) {
        supply->n = COSTS_AT_ONCE;
        supply->next = store_alloc(m->store, COSTS_AT_ONCE * m->n_events * sizeof(uint64_t));
    }
    uint64_t *costs = supply->next;
    supply->next += m->n_events;
    supply->n--;
    return costs;
}

static void note_line(callgrind_model *m, const char *file, uint32_t line)
{
    callgrind_function *f = &m->functions[m->open];
    if (file == f->file && line != 0 && (f->line == 0 || line < f->line))
        f->line = line;
}

/* Costs of a new line; NULL if there are too many. */
static inline uint64_t *append_line(callgrind_model *m, const char *file, uint32_t line,
                                    uint64_t address)
{
    if (m->n_lines >= MAX_ITEMS)
        return NULL;
    if (m->n_lines == m->lines_capacity)
        reserve_lines(m, 2 * m->lines_capacity);
    uint64_t *costs = take_costs(m, &m->line_costs);
    m->lines[m->n_lines++] = (callgrind_line){m->open, line, file, address, costs};
    note_line(m, file, line);
    return costs;
}

static uint64_t *line_of_all(callgrind_model *m, const char *file, uint32_t line, uint64_t address)
{
    uint32_t hash = hash_of(m->open, file, line + address), index;
    size_t at = callgrind_index_start(&m->all_lines, hash);
    while ((index = callgrind_index_next(&m->all_lines, hash, m->n_lines, &at)) != CALLGRIND_NONE) {
        const callgrind_line *l = &m->lines[index];
        if (l->line == line && l->file == file && l->address == address && l->function == m->open)
            return (uint64_t *)(uintptr_t)l->self; /* it is ours: not const here */
        at++;
    }
    uint64_t *costs = append_line(m, file, line, address);
    if (costs != NULL)
        callgrind_index_put(&m->all_lines, at, hash, m->n_lines - 1, m->n_lines);
    return costs;
}

/* The place of line 0 of a file in the open section. */
static inline uint64_t file_place(callgrind_model *m, const char *file)
{
    if (file != m->place_file) {
        m->file_place = callgrind_section_file(&m->section, file);
        m->place_file = file;
    }
    return m->file_place;
}

uint64_t *callgrind_model_line(callgrind_model *m, const char *file, uint32_t line,
                               uint64_t address)
{
    if (m->is_all)
        return line_of_all(m, file, line, address);
    uint64_t place = file_place(m, file) + line;
    size_t at;
    uint64_t *costs = callgrind_section_find(&m->section, place, address, &at);
    if (costs != NULL)
        return costs;
    costs = append_line(m, file, line, address);
    if (costs != NULL)
        callgrind_section_put(&m->section, at, (callgrind_slot){place, address, costs});
    return costs;
}

static uint64_t *append_call(callgrind_model *m, uint32_t callee, const char *file, uint32_t line,
                             uint64_t calls)
{
    if (m->n_calls >= MAX_ITEMS)
        return NULL;
    if (m->n_calls == m->calls_capacity)
        reserve_calls(m, 2 * m->calls_capacity);
    uint64_t *costs = take_costs(m, &m->call_costs);
    m->calls[m->n_calls++] = (callgrind_call){m->open, callee, file, line, calls, costs};
    return costs;
}

uint64_t *callgrind_model_call(callgrind_model *m, uint32_t callee, const char *file, uint32_t line,
                               uint64_t calls)
{
    callgrind_index *t = m->in_calls;
    uint32_t hash = hash_of(m->open, file, line + ((uint64_t)callee << 32)), index;
    size_t at = callgrind_index_start(t, hash);
    while ((index = callgrind_index_next(t, hash, m->n_calls, &at)) != CALLGRIND_NONE) {
        callgrind_call *c = &m->calls[index];
        if (c->callee == callee && c->line == line && c->file == file && c->caller == m->open) {
            c->calls += calls;
            return (uint64_t *)(uintptr_t)c->inclusive; /* it is ours: not const here */
        }
        at++;
    }
    uint64_t *costs = append_call(m, callee, file, line, calls);
    if (costs != NULL)
        callgrind_index_put(t, at, hash, m->n_calls - 1, m->n_calls);
    return costs;
}

callgrind_lines callgrind_model_take_lines(callgrind_model *m, const char *file)
{
    callgrind_lines l = {.slots = m->section.slots,
                         .shift = 64 - m->section.bits,
                         .first_place = m->section.first_number << 32,
                         .next = m->lines + m->n_lines,
                         .limit = m->lines + m->n_lines,
                         .costs = m->line_costs.next,
                         .function = m->open,
                         .file = file};
    if (m->is_all)
        return l;
    size_t room = MIN(MIN(m->lines_capacity, MAX_ITEMS) - m->n_lines, m->line_costs.n);
    l.limit += MIN(room, callgrind_section_room(&m->section));
    l.file_place = file_place(m, file);
    return l;
}

void callgrind_model_give_lines(callgrind_model *m, callgrind_lines l)
{
    size_t n_new = (size_t)(l.next - (m->lines + m->n_lines));
    for (size_t i = m->n_lines; i < m->n_lines + n_new; i++)
        note_line(m, l.file, m->lines[i].line);
    m->n_lines += n_new;
    m->line_costs.next = l.costs;
    m->line_costs.n -= n_new;
    m->section.n_used += n_new;
}

void callgrind_model_add_self(callgrind_model *m, const uint64_t *costs)
{
    uint64_t *self = (uint64_t *)(uintptr_t)m->functions[m->open].self;
    for (size_t e = 0; e < m->n_events; e++)
        self[e] += costs[e];
}

void callgrind_model_finish(callgrind_model *m, callgrind_profile *p, callgrind_sizes *ret_sizes)
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
    *ret_sizes = (callgrind_sizes){.functions = m->functions_capacity * sizeof *m->functions,
                                   .lines = m->lines_capacity * sizeof *m->lines,
                                   .calls = m->calls_capacity * sizeof *m->calls};
    m->n_functions = m->n_lines = m->n_calls = 0;
    m->functions_capacity = m->lines_capacity = m->calls_capacity = 0; /* the states stay */
}
