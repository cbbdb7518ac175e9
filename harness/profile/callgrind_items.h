/*
 * callgrind_items.h -- the lines and calls that a callgrind_model has, by sections; private to
 * callgrind_model.c, which adds them, and callgrind_merge.c, which makes them unique.
 */
#ifndef HARNESS_PROFILE_CALLGRIND_ITEMS_H
#define HARNESS_PROFILE_CALLGRIND_ITEMS_H

#include "harness/profile/callgrind_model.h"

typedef struct callgrind_section {
    uint32_t function;
    uint32_t first_line, first_call; /* up to those of the next section */
} callgrind_section;

/* What grows with the lines and calls of a file. */
typedef struct callgrind_items {
    size_t n_events;
    callgrind_line *lines;
    uint64_t *line_costs, *addresses; /* addresses: NULL before the first one */
    callgrind_call *calls;
    uint64_t *call_costs;
    callgrind_section *sections; /* and one more, where the last one ends */
    size_t n_lines, lines_capacity, n_calls, calls_capacity, n_sections, sections_capacity;
} callgrind_items;

static inline uint64_t callgrind_items_address(const callgrind_items *all, size_t line)
{
    return all->addresses == NULL ? 0 : all->addresses[line];
}

static inline bool callgrind_items_is_line(const callgrind_items *all, size_t at, uint32_t file,
                                           uint32_t line, uint64_t address)
{
    return all->lines[at].line == line && all->lines[at].file == file &&
           callgrind_items_address(all, at) == address;
}

/* For an index of calls. */
static inline uint32_t callgrind_call_hash(uint32_t callee, uint32_t file, uint32_t line)
{
    return callgrind_index_hash(callee, line + ((uint64_t)file << 16));
}

static inline void callgrind_add_costs(uint64_t *sums, const uint64_t *costs, size_t n_events)
{
    for (size_t e = 0; e < n_events; e++)
        sums[e] += costs[e];
}

/* Adds up what sections of the same function have in common. The first of equal lines or calls
 * stays, and the order of what stays. n_functions: that there are. */
void callgrind_items_merge(callgrind_items *all, size_t n_functions);

#endif
