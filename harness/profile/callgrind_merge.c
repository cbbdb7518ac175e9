/*
 * Functions that come again, as in every part of a file, have several sections, whose lines and
 * calls are mostly the same. Here they are made unique, in place: one look at each of theirs, by
 * the index of one function at a time, then all that is behind a gap moves up.
 */
#include "harness/profile/callgrind_items.h"

#include <string.h>

/* The sections by function, those of one in their order. Owner: the caller. */
static uint32_t *sections_by_function(const callgrind_items *all, size_t n_functions)
{
    uint32_t *first = g_new0(uint32_t, n_functions + 1);
    uint32_t *order = g_new0(uint32_t, all->n_sections + 1);
    for (size_t i = 0; i < all->n_sections; i++)
        first[all->sections[i].function + 1]++;
    for (size_t i = 0; i < n_functions; i++)
        first[i + 1] += first[i];
    for (size_t i = 0; i < all->n_sections; i++)
        order[first[all->sections[i].function]++] = (uint32_t)i;
    g_free(first);
    return order;
}

/* Of the functions with several sections: those of their lines, or calls, that stay. */
typedef struct merged {
    callgrind_index index; /* of places in items */
    uint32_t *items;
    size_t n;
} merged;

static void merge_line(callgrind_items *all, merged *to, uint32_t at)
{
    callgrind_line *l = &all->lines[at];
    uint64_t address = callgrind_items_address(all, at);
    uint32_t hash = callgrind_index_hash(l->file, l->line + address), found;
    size_t slot = callgrind_index_start(&to->index, hash);
    while ((found = callgrind_index_next(&to->index, hash, to->n, &slot)) != CALLGRIND_NONE) {
        uint32_t other = to->items[found];
        if (callgrind_items_is_line(all, other, l->file, l->line, address)) {
            callgrind_add_costs(all->line_costs + all->n_events * other,
                                all->line_costs + all->n_events * at, all->n_events);
            l->function = CALLGRIND_NONE;
            return;
        }
        slot++;
    }
    to->items[to->n++] = at;
    callgrind_index_put(&to->index, slot, hash, to->n - 1, to->n);
}

static void merge_call(callgrind_items *all, merged *to, uint32_t at)
{
    callgrind_call *c = &all->calls[at];
    uint32_t hash = callgrind_call_hash(c->callee, c->file, c->line), found;
    size_t slot = callgrind_index_start(&to->index, hash);
    while ((found = callgrind_index_next(&to->index, hash, to->n, &slot)) != CALLGRIND_NONE) {
        callgrind_call *other = &all->calls[to->items[found]];
        if (other->callee == c->callee && other->line == c->line && other->file == c->file) {
            other->calls += c->calls;
            callgrind_add_costs(all->call_costs + all->n_events * to->items[found],
                                all->call_costs + all->n_events * at, all->n_events);
            c->caller = CALLGRIND_NONE;
            return;
        }
        slot++;
    }
    to->items[to->n++] = at;
    callgrind_index_put(&to->index, slot, hash, to->n - 1, to->n);
}

/* Adds up what n sections of one function have in common; what was added to something else is
 * marked by having no function. */
static void merge_function(callgrind_items *all, const uint32_t *order, size_t n, merged *lines,
                           merged *calls)
{
    callgrind_index_begin(&lines->index, lines->n);
    callgrind_index_begin(&calls->index, calls->n);
    for (size_t i = 0; i < n; i++) {
        const callgrind_section *s = &all->sections[order[i]];
        for (uint32_t k = s[0].first_line; k < s[1].first_line; k++)
            merge_line(all, lines, k);
        for (uint32_t k = s[0].first_call; k < s[1].first_call; k++)
            merge_call(all, calls, k);
    }
}

static void move_line(callgrind_items *all, size_t to, size_t from)
{
    if (to == from)
        return;
    all->lines[to] = all->lines[from];
    memmove(all->line_costs + all->n_events * to, all->line_costs + all->n_events * from,
            all->n_events * sizeof(uint64_t));
    if (all->addresses != NULL)
        all->addresses[to] = all->addresses[from];
}

static void move_call(callgrind_items *all, size_t to, size_t from)
{
    if (to == from)
        return;
    all->calls[to] = all->calls[from];
    memmove(all->call_costs + all->n_events * to, all->call_costs + all->n_events * from,
            all->n_events * sizeof(uint64_t));
}

/* Closes the gaps where marked lines and calls are, and drops sections without any. */
static void close_gaps(callgrind_items *all)
{
    size_t n_lines = 0, n_calls = 0, n_sections = 0;
    for (size_t i = 0; i < all->n_sections; i++) {
        callgrind_section s = all->sections[i], next = all->sections[i + 1];
        callgrind_section kept = {s.function, (uint32_t)n_lines, (uint32_t)n_calls};
        for (size_t k = s.first_line; k < next.first_line; k++) {
            if (all->lines[k].function != CALLGRIND_NONE)
                move_line(all, n_lines++, k);
        }
        for (size_t k = s.first_call; k < next.first_call; k++) {
            if (all->calls[k].caller != CALLGRIND_NONE)
                move_call(all, n_calls++, k);
        }
        if (n_lines > kept.first_line || n_calls > kept.first_call)
            all->sections[n_sections++] = kept; /* not further on than i */
    }
    memset(all->line_costs + all->n_events * n_lines, 0,
           all->n_events * (all->n_lines - n_lines) * sizeof(uint64_t));
    memset(all->call_costs + all->n_events * n_calls, 0,
           all->n_events * (all->n_calls - n_calls) * sizeof(uint64_t));
    all->n_lines = n_lines;
    all->n_calls = n_calls;
    all->n_sections = n_sections;
    all->sections[n_sections] =
        (callgrind_section){.first_line = (uint32_t)n_lines, .first_call = (uint32_t)n_calls};
}

void callgrind_items_merge(callgrind_items *all, size_t n_functions)
{
    uint32_t *order = sections_by_function(all, n_functions);
    merged lines = {.items = g_new(uint32_t, all->n_lines + 1)};
    merged calls = {.items = g_new(uint32_t, all->n_calls + 1)};
    callgrind_index_init(&lines.index);
    callgrind_index_init(&calls.index);
    for (size_t i = 0, n; i < all->n_sections; i += n) {
        uint32_t function = all->sections[order[i]].function;
        n = 1;
        while (i + n < all->n_sections && all->sections[order[i + n]].function == function)
            n++;
        if (n > 1)
            merge_function(all, order + i, n, &lines, &calls);
    }
    callgrind_index_clear(&lines.index);
    callgrind_index_clear(&calls.index);
    g_free(lines.items);
    g_free(calls.items);
    g_free(order);
    close_gaps(all);
}
