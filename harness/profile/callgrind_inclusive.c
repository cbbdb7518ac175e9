/*
 * Inclusive cost under recursion. Adding up call edges counts the inner activations of a
 * recursive function again, so the call graph is reduced to its strongly connected components
 * first: what a component costs inclusively is the self cost of its members plus the edges that
 * leave it, and every member is shown with it. Calls within a component are not primitive.
 *
 * Source: R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972);
 * with an explicit stack, since call chains are deeper than this program's own.
 */
#include "harness/profile/callgrind_model.h"

typedef struct search {
    const callgrind_call *calls;
    uint32_t *next_call; /* of the same caller; CALLGRIND_NONE: none */
    uint32_t *number;    /* order of discovery + 1; 0: not seen */
    uint32_t *low;
    uint32_t *next_edge; /* of each node: the call to go on with; before: its first */
    uint32_t *path;      /* nodes being visited */
    uint32_t *stack;     /* nodes without a component yet */
    size_t n_path, n_stack;
    uint32_t n_seen;
    uint32_t *component; /* CALLGRIND_NONE: none yet */
    uint32_t n_components;
} search;

static void enter(search *s, uint32_t node)
{
    s->number[node] = s->low[node] = ++s->n_seen;
    s->path[s->n_path++] = node;
    s->stack[s->n_stack++] = node;
}

static void close_component(search *s, uint32_t root)
{
    uint32_t node;
    do {
        node = s->stack[--s->n_stack];
        s->component[node] = s->n_components;
    } while (node != root);
    s->n_components++;
}

/* One step of the search at the last node of the path. */
static void step(search *s)
{
    uint32_t node = s->path[s->n_path - 1];
    uint32_t edge = s->next_edge[node];
    if (edge != CALLGRIND_NONE) {
        uint32_t target = s->calls[edge].callee;
        s->next_edge[node] = s->next_call[edge];
        if (s->number[target] == 0)
            enter(s, target);
        else if (s->component[target] == CALLGRIND_NONE)
            s->low[node] = MIN(s->low[node], s->number[target]);
        return;
    }
    s->n_path--;
    if (s->n_path > 0) {
        uint32_t parent = s->path[s->n_path - 1];
        s->low[parent] = MIN(s->low[parent], s->low[node]);
    }
    if (s->low[node] == s->number[node])
        close_component(s, node);
}

/* component[i] of every node. Owner: the caller. */
static uint32_t *find_components(const callgrind_profile *p, uint32_t *ret_n_components)
{
    size_t n = p->n_functions;
    search s = {.calls = p->calls,
                .next_call = g_new(uint32_t, p->n_calls),
                .number = g_new0(uint32_t, n),
                .low = g_new(uint32_t, n),
                .next_edge = g_new(uint32_t, n),
                .path = g_new(uint32_t, n),
                .stack = g_new(uint32_t, n),
                .component = g_new(uint32_t, n)};
    for (size_t i = 0; i < n; i++)
        s.component[i] = s.next_edge[i] = CALLGRIND_NONE;
    for (size_t i = p->n_calls; i-- > 0;) { /* backwards: the first one comes first */
        s.next_call[i] = s.next_edge[p->calls[i].caller];
        s.next_edge[p->calls[i].caller] = (uint32_t)i;
    }
    for (size_t i = 0; i < n; i++) {
        if (s.number[i] != 0)
            continue;
        enter(&s, (uint32_t)i);
        while (s.n_path > 0)
            step(&s);
    }
    g_free(s.number);
    g_free(s.low);
    g_free(s.next_edge);
    g_free(s.next_call);
    g_free(s.path);
    g_free(s.stack);
    *ret_n_components = s.n_components;
    return s.component;
}

static void add(uint64_t *sum, const uint64_t *costs, size_t n_events)
{
    for (size_t e = 0; e < n_events; e++)
        sum[e] += costs[e];
}

void callgrind_inclusive_compute(const callgrind_profile *p, callgrind_function *functions)
{
    size_t n_events = p->n_events;
    uint32_t n_components;
    uint32_t *component = find_components(p, &n_components);
    uint64_t *costs = g_new0(uint64_t, (size_t)n_components * n_events + 1);
    for (size_t i = 0; i < p->n_functions; i++)
        add(costs + component[i] * n_events, functions[i].self, n_events);
    for (size_t i = 0; i < p->n_calls; i++) {
        const callgrind_call *call = &p->calls[i];
        callgrind_function *callee = &functions[call->callee];
        callee->calls += call->calls;
        if (component[call->caller] == component[call->callee])
            continue;
        callee->primitive_calls += call->calls;
        add(costs + component[call->caller] * n_events, callgrind_call_inclusive(p, call),
            n_events);
    }
    for (size_t i = 0; i < p->n_functions; i++)
        add((uint64_t *)(uintptr_t)functions[i].inclusive, costs + component[i] * n_events,
            n_events);
    g_free(costs);
    g_free(component);
}
