#include "harness/profile/big_array.h"
#include "harness/profile/callgrind_functions.h"
#include "harness/profile/callgrind_items.h"

#include <string.h>

#define MAX_ITEMS      (((size_t)1 << 31) - 1)
#define FIRST_CAPACITY ((size_t)1 << 10)

/* Of the text, few enough for most files: what is reserved and not used costs nothing. */
#define BYTES_A_FUNCTION 512
#define BYTES_A_LINE     16
#define BYTES_A_CALL     64
#define BYTES_AN_EVENT   2

/* Lines and calls of functions that came again, until they are merged: as many as a cache holds. */
#define MAX_REPEATED ((size_t)1 << 16)

struct callgrind_model {
    store *store;
    size_t n_events;
    callgrind_functions functions;
    callgrind_items all;
    callgrind_index line_index, call_index; /* of the open section */
    size_t n_indexed;                       /* lines before this one are in line_index */
    uint64_t max_address;                   /* of the open section's lines */
    size_t found;                           /* the line that was searched for last */
    bool has_repeats;                       /* a function has several sections */
    bool is_repeat;                         /* the open section is of such a one */
    size_t n_repeated;                      /* lines and calls of repeats, since the last merge */
    uint32_t open;                          /* function index or CALLGRIND_NONE */
};

/* ---- arrays ---- */

static void *grow(void *array, size_t old_capacity, size_t capacity, size_t item_bytes)
{
    return big_array_resize(array, old_capacity * item_bytes, capacity * item_bytes);
}

static void reserve_lines(callgrind_model *m, size_t capacity)
{
    callgrind_items *all = &m->all;
    size_t old = all->lines_capacity, n_cost_bytes = m->n_events * sizeof(uint64_t);
    all->lines = grow(all->lines, old, capacity, sizeof *all->lines);
    all->line_costs = grow(all->line_costs, old, capacity, n_cost_bytes);
    if (all->addresses != NULL)
        all->addresses = grow(all->addresses, old, capacity, sizeof *all->addresses);
    all->lines_capacity = capacity;
}

static void reserve_calls(callgrind_model *m, size_t capacity)
{
    callgrind_items *all = &m->all;
    size_t old = all->calls_capacity, n_cost_bytes = m->n_events * sizeof(uint64_t);
    all->calls = grow(all->calls, old, capacity, sizeof *all->calls);
    all->call_costs = grow(all->call_costs, old, capacity, n_cost_bytes);
    all->calls_capacity = capacity;
}

static void reserve_sections(callgrind_model *m, size_t capacity)
{
    callgrind_items *all = &m->all;
    all->sections = grow(all->sections, all->sections_capacity, capacity, sizeof *all->sections);
    all->sections_capacity = capacity;
}

static void items_clear(callgrind_items *all, size_t n_events)
{
    size_t n_cost_bytes = n_events * sizeof(uint64_t);
    big_array_free(all->lines, all->lines_capacity * sizeof *all->lines);
    big_array_free(all->line_costs, all->lines_capacity * n_cost_bytes);
    if (all->addresses != NULL)
        big_array_free(all->addresses, all->lines_capacity * sizeof *all->addresses);
    big_array_free(all->calls, all->calls_capacity * sizeof *all->calls);
    big_array_free(all->call_costs, all->calls_capacity * n_cost_bytes);
    big_array_free(all->sections, all->sections_capacity * sizeof *all->sections);
    *all = (callgrind_items){0};
}

/* From here on lines have addresses. */
static void begin_addresses(callgrind_model *m)
{
    if (m->all.addresses == NULL)
        m->all.addresses = grow(NULL, 0, m->all.lines_capacity, sizeof *m->all.addresses);
}

callgrind_model *callgrind_model_new(store *s, size_t n_events, size_t n_bytes)
{
    callgrind_model *m = g_new0(callgrind_model, 1);
    m->store = s;
    m->n_events = m->all.n_events = n_events;
    store_reserve(s, n_bytes / BYTES_A_FUNCTION);
    callgrind_functions_init(&m->functions, s, n_events,
                             FIRST_CAPACITY + n_bytes / BYTES_A_FUNCTION);
    callgrind_index_init(&m->line_index);
    callgrind_index_init(&m->call_index);
    m->open = CALLGRIND_NONE;
    size_t cost_bytes = BYTES_AN_EVENT * (n_events - 1);
    reserve_lines(m, FIRST_CAPACITY + n_bytes / (BYTES_A_LINE + cost_bytes));
    reserve_calls(m, FIRST_CAPACITY + n_bytes / (BYTES_A_CALL + cost_bytes));
    reserve_sections(m, FIRST_CAPACITY + n_bytes / BYTES_A_FUNCTION);
    return m;
}

void callgrind_model_free(callgrind_model *m)
{
    if (m == NULL)
        return;
    callgrind_functions_clear(&m->functions);
    items_clear(&m->all, m->n_events);
    callgrind_index_clear(&m->line_index);
    callgrind_index_clear(&m->call_index);
    g_free(m);
}

uint32_t callgrind_model_function(callgrind_model *m, const char *object, callgrind_file file,
                                  const char *name)
{
    return callgrind_functions_find(&m->functions, object, file, name);
}

/* ---- lines and calls of the open section ---- */

/* Puts an item that is not there. */
static void put_new(callgrind_index *t, uint32_t hash, size_t item, size_t n_items)
{
    size_t at = callgrind_index_start(t, hash);
    while (callgrind_index_next(t, hash, n_items, &at) != CALLGRIND_NONE)
        at++;
    callgrind_index_put(t, at, hash, item, n_items);
}

/* Puts those lines into the index that were appended without. */
static void index_lines(callgrind_model *m)
{
    const callgrind_items *all = &m->all;
    for (; m->n_indexed < all->n_lines; m->n_indexed++) {
        const callgrind_line *l = &all->lines[m->n_indexed];
        uint64_t place = l->line + callgrind_items_address(all, m->n_indexed);
        put_new(&m->line_index, callgrind_index_hash(l->file, place), m->n_indexed, all->n_lines);
    }
}

/* Costs of a new line; NULL if there are too many. */
static uint64_t *append_line(callgrind_model *m, uint32_t file, uint32_t line, uint64_t address)
{
    callgrind_items *all = &m->all;
    if (all->n_lines >= MAX_ITEMS)
        return NULL;
    if (all->n_lines + 1 == all->lines_capacity) /* one is left: callgrind_lines_at() looks there */
        reserve_lines(m, 2 * all->lines_capacity);
    if (address != 0)
        begin_addresses(m);
    if (all->addresses != NULL)
        all->addresses[all->n_lines] = address;
    all->lines[all->n_lines] = (callgrind_line){.line = line, .file = file};
    m->max_address = MAX(m->max_address, address);
    return all->line_costs + m->n_events * all->n_lines++;
}

/* True while the addresses of the open section ascend. */
static bool is_sorted(const callgrind_model *m)
{
    return m->max_address > 0 && m->n_indexed == m->line_index.first;
}

/* The line of that address, or the first one above, in a sorted section: that is where the one
 * before was, or one further, since pieces of code are come to again as a whole; else it is
 * searched for. */
static size_t search_address(const callgrind_model *m, uint64_t address)
{
    const uint64_t *addresses = m->all.addresses;
    size_t begin = m->line_index.first, end = m->all.n_lines;
    for (size_t i = m->found; i < end && i < m->found + 2; i++) {
        if (addresses[i] == address)
            return i;
    }
    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (addresses[middle] < address)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

uint64_t *callgrind_model_line(callgrind_model *m, uint32_t file, uint32_t line, uint64_t address)
{
    callgrind_items *all = &m->all;
    if (address > m->max_address)
        return append_line(m, file, line, address);
    if (is_sorted(m)) {
        m->found = search_address(m, address); /* there is one, since the greatest is not below */
        if (callgrind_items_is_line(all, m->found, file, line, address))
            return all->line_costs + m->n_events * m->found;
    }
    index_lines(m);
    uint32_t hash = callgrind_index_hash(file, line + address), index;
    size_t at = callgrind_index_start(&m->line_index, hash);
    while ((index = callgrind_index_next(&m->line_index, hash, all->n_lines, &at)) !=
           CALLGRIND_NONE) {
        if (callgrind_items_is_line(all, index, file, line, address))
            return all->line_costs + m->n_events * index;
        at++;
    }
    uint64_t *costs = append_line(m, file, line, address);
    if (costs != NULL)
        callgrind_index_put(&m->line_index, at, hash, m->n_indexed++, all->n_lines);
    return costs;
}

callgrind_lines callgrind_model_take_lines(callgrind_model *m, bool has_addresses)
{
    callgrind_items *all = &m->all;
    size_t room = MIN(all->lines_capacity - 1, MAX_ITEMS) - all->n_lines;
    if (has_addresses) {
        begin_addresses(m);
    } else {
        index_lines(m);
        if (all->addresses != NULL)
            room = 0; /* of other parts: rare enough for callgrind_model_line() */
        room = MIN(room, callgrind_index_room(&m->line_index));
    }
    return (callgrind_lines){.slots = m->line_index.slots,
                             .shift = 32 - m->line_index.bits,
                             .first = (uint32_t)m->line_index.first,
                             .n = (uint32_t)all->n_lines,
                             .limit = (uint32_t)(all->n_lines + room),
                             .lines = all->lines,
                             .costs = all->line_costs,
                             .addresses = all->addresses,
                             .max_address = m->max_address};
}

void callgrind_model_give_lines(callgrind_model *m, callgrind_lines l)
{
    if (l.max_address == m->max_address) { /* it was callgrind_lines_at() that added some */
        m->line_index.n_used += l.n - m->all.n_lines;
        m->n_indexed += l.n - m->all.n_lines;
    }
    m->all.n_lines = l.n;
    m->max_address = l.max_address;
}

uint64_t *callgrind_model_call(callgrind_model *m, uint32_t callee, uint32_t file, uint32_t line,
                               uint64_t calls)
{
    callgrind_items *all = &m->all;
    callgrind_index *t = &m->call_index;
    uint32_t hash = callgrind_call_hash(callee, file, line), index;
    size_t at = callgrind_index_start(t, hash);
    while ((index = callgrind_index_next(t, hash, all->n_calls, &at)) != CALLGRIND_NONE) {
        callgrind_call *c = &all->calls[index];
        if (c->callee == callee && c->line == line && c->file == file) {
            c->calls += calls;
            return all->call_costs + m->n_events * index;
        }
        at++;
    }
    if (all->n_calls >= MAX_ITEMS)
        return NULL;
    if (all->n_calls == all->calls_capacity)
        reserve_calls(m, 2 * all->calls_capacity);
    all->calls[all->n_calls] = (callgrind_call){m->open, callee, file, line, calls};
    uint64_t *costs = all->call_costs + m->n_events * all->n_calls++;
    callgrind_index_put(t, at, hash, all->n_calls - 1, all->n_calls);
    return costs;
}

/* ---- sections ---- */

static void end_section(callgrind_model *m)
{
    callgrind_items *all = &m->all;
    all->sections[all->n_sections] = (callgrind_section){.first_line = (uint32_t)all->n_lines,
                                                         .first_call = (uint32_t)all->n_calls};
    m->open = CALLGRIND_NONE;
}

static void merge(callgrind_model *m)
{
    callgrind_items_merge(&m->all, m->functions.n);
    m->has_repeats = false;
    m->n_repeated = 0;
}

void callgrind_model_open(callgrind_model *m, uint32_t function)
{
    callgrind_items *all = &m->all;
    if (m->n_repeated > MAX(MAX_REPEATED, (all->n_lines + all->n_calls) / 2))
        merge(m);
    bool is_repeat = m->functions.states[function].was_opened;
    m->is_repeat = is_repeat;
    if (is_repeat)
        m->has_repeats = true;
    if (all->n_sections + 1 == all->sections_capacity) /* the last one has an end, too */
        reserve_sections(m, 2 * all->sections_capacity);
    m->functions.states[function].was_opened = true;
    all->sections[all->n_sections++] =
        (callgrind_section){function, (uint32_t)all->n_lines, (uint32_t)all->n_calls};
    callgrind_index_begin(&m->line_index, all->n_lines);
    callgrind_index_begin(&m->call_index, all->n_calls);
    m->n_indexed = m->found = all->n_lines;
    m->max_address = 0;
    m->open = function;
}

void callgrind_model_close(callgrind_model *m, uint64_t *sums)
{
    const callgrind_items *all = &m->all;
    const callgrind_section *s = &all->sections[all->n_sections - 1];
    callgrind_function *f = &m->functions.items[s->function];
    uint64_t *self = (uint64_t *)(uintptr_t)f->self; /* it is ours: not const here */
    uint32_t own_file = m->functions.states[s->function].file;
    for (size_t i = s->first_line; i < all->n_lines; i++) {
        callgrind_line *l = &all->lines[i];
        l->function = s->function;
        if (l->file == own_file && l->line != 0 && (f->line == 0 || l->line < f->line))
            f->line = l->line;
    }
    for (size_t e = 0; e < m->n_events; e++) {
        uint64_t sum = 0;
        for (size_t i = s->first_line; i < all->n_lines; i++)
            sum += all->line_costs[m->n_events * i + e];
        self[e] += sum;
        sums[e] += sum;
    }
    if (m->is_repeat)
        m->n_repeated += all->n_lines - s->first_line + all->n_calls - s->first_call;
    end_section(m);
}

/* ---- the end ---- */

void callgrind_model_finish(callgrind_model *m, callgrind_profile *p, callgrind_sizes *ret_sizes)
{
    if (m->has_repeats)
        merge(m);
    callgrind_items *all = &m->all;
    uint64_t *totals = store_alloc(m->store, m->n_events * sizeof(uint64_t));
    size_t n_functions = m->functions.n;
    callgrind_function *functions = callgrind_functions_steal(&m->functions);
    for (size_t i = 0; i < n_functions; i++)
        callgrind_add_costs(totals, functions[i].self, m->n_events);
    size_t n_cost_bytes = m->n_events * sizeof(uint64_t);
    *ret_sizes = (callgrind_sizes){.functions = m->functions.capacity * sizeof *functions,
                                   .lines = all->lines_capacity * sizeof *all->lines,
                                   .line_costs = all->lines_capacity * n_cost_bytes,
                                   .line_addresses = all->lines_capacity * sizeof *all->addresses,
                                   .calls = all->calls_capacity * sizeof *all->calls,
                                   .call_costs = all->calls_capacity * n_cost_bytes};
    p->functions = functions;
    p->n_functions = n_functions;
    p->lines = g_steal_pointer(&all->lines);
    p->line_costs = g_steal_pointer(&all->line_costs);
    p->line_addresses = g_steal_pointer(&all->addresses);
    p->n_lines = all->n_lines;
    p->calls = g_steal_pointer(&all->calls);
    p->call_costs = g_steal_pointer(&all->call_costs);
    p->n_calls = all->n_calls;
    p->totals = totals;
    callgrind_inclusive_compute(p, functions);
    all->n_lines = all->lines_capacity = all->n_calls = all->calls_capacity = 0;
}
