/* collector.c -- when a collection is due, and a whole one. */
#include "objects/collector.h"

#include "objects/collector_internal.h"

#include <time.h>

/* How many objects the set can have. */
static size_t most_objects(const collection *k)
{
    if (!k->walks)
        return (size_t)2 * COLLECTOR_LIST_CAPACITY;
    heap_stats stats;
    heap_get_stats(k->rt->objects, &stats);
    return stats.n_blocks_live;
}

/* Counters that say when the next collection is due. */
static void count(const collection *k)
{
    collector *c = &k->rt->collector;
    unsigned g = k->generation;
    for (unsigned i = 1; i <= g; i++)
        c->counts[i] = 0;
    if (g < COLLECTOR_OLDEST)
        c->counts[g + 1]++;
    if (g == COLLECTOR_OLDEST - 1)
        c->n_old_pending += k->trace.n_marked;
    if (g != COLLECTOR_OLDEST)
        return;
    bool was_fruitful = k->trace.n_unreachable > k->trace.n_objects / 8;
    unsigned more = c->growth * 2 > COLLECTOR_GROWTH_MOST ? COLLECTOR_GROWTH_MOST : c->growth * 2;
    c->growth = was_fruitful ? COLLECTOR_GROWTH_LEAST : more;
    c->n_old = k->trace.n_marked;
    c->n_old_pending = 0;
}

static uint64_t now_ns(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static void run(collection *k)
{
    collector *c = &k->rt->collector;
    uint64_t start = now_ns();
    k->stack->n = 0;
    k->garbage->n = 0;
    collector_find_garbage(k);
    if (k->garbage->n > 0)
        collector_dispose(k);
    k->trace.ns = now_ns() - start;
    count(k);
    c->stats[k->generation].n_collections++;
}

static void set_limit(collector *c)
{
    const uint32_t threshold = c->thresholds[0];
    bool waits = c->is_collecting || threshold == 0 || c->young[0].n_objects >= threshold;
    c->young[0].limit = waits ? COLLECTOR_LIST_CAPACITY : threshold;
}

size_t collector_collect(runtime *rt, int generation)
{
    collector *c = &rt->collector;
    if (c->is_collecting || generation < 0 || generation > COLLECTOR_OLDEST)
        return 0;
    collection k = {.rt = rt,
                    .generation = (unsigned)generation,
                    .stack = &c->stack,
                    .garbage = &c->found,
                    .trace = {.number = c->n_traces + 1, .generation = generation}};
    k.walks = generation == COLLECTOR_OLDEST || c->young[0].has_unlisted ||
              (generation == 1 && c->young[1].has_unlisted);
    object_array stack = {0};
    object_array garbage = {0};
    if (k.walks) {
        size_t n = most_objects(&k);
        k.stack = &stack;
        k.garbage = &garbage;
        if (!object_array_map(&stack, n) || !object_array_map(&garbage, n)) {
            object_array_unmap(&stack);
            c->stats[generation].n_uncollectable += n;
            return 0;
        }
    }
    c->is_collecting = true;
    collector_notify(rt, COLLECTOR_START, &k.trace);
    run(&k);
    c->traces[k.trace.number % COLLECTOR_MAX_TRACES] = k.trace;
    c->n_traces = k.trace.number;
    collector_notify(rt, COLLECTOR_STOP, &k.trace);
    c->is_collecting = false;
    set_limit(c);
    object_array_unmap(&stack);
    object_array_unmap(&garbage);
    return k.trace.n_unreachable - k.trace.n_resurrected;
}

/* The oldest generation that is due; -1: none. */
static int due(const collector *c)
{
    if (c->thresholds[0] == 0 || c->young[0].n_objects < c->thresholds[0])
        return -1;
    size_t grown = c->n_old / 100 * c->growth;
    if (c->counts[2] > c->thresholds[2] && c->n_old_pending >= COLLECTOR_GROWTH_MIN &&
        c->n_old_pending >= grown)
        return 2;
    return c->counts[1] > c->thresholds[1] ? 1 : 0;
}

/* Objects of a full list become unlisted. */
static void spill(collector_list *list)
{
    for (uint32_t i = 0; i < list->n_objects; i++)
        list->objects[i]->listed = OBJECT_UNLISTED;
    list->n_objects = 0;
    list->has_unlisted = true;
}

void collector_step(runtime *rt)
{
    collector *c = &rt->collector;
    collector_list *list = &c->young[0];
    if (!c->is_collecting) {
        int generation = due(c);
        if (generation >= 0)
            (void)collector_collect(rt, generation);
    }
    if (list->n_objects == COLLECTOR_LIST_CAPACITY)
        spill(list);
    set_limit(c);
}
