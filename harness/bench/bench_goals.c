#include "harness/bench/bench_goals.h"

#include <string.h>

typedef struct target {
    const char *layout, *figure;
    double ours, cpython; /* in the figure's unit, of one object */
} target;

static const target targets[] = {
    {"dict", "create", 22, 71},
    {"slots", "create", 20, 42.7},
    {"dict", "batch", 8, 48.8},
    {"slots", "batch", 8, 30.7},
    {"dict", "destroy_fifo", 8, 27.7},
    {"slots", "destroy_fifo", 8, 21.9},
    {"weakref", "destroy_fifo", 8, 23.3},
    {"dict", "destroy_random", 70, 395},
    {"slots", "destroy_random", 70, 330},
    {"weakref", "destroy_random", 70, 349},
    {"weakref", "weakref_create", 45, 92.7},
    {"weakref", "weakref_destroy", 20, 37.2},
    {"weakref", "weakref_reuse", 5, 14.3},
    {"weakref", "deref", 1, 1.2},
    {"dict", "get", 2, 9.4},
    {"slots", "get", 2, 9.5},
    {"dict", "set", 2.5, 11.4},
    {"slots", "set", 2.5, 10.8},
    {"dict", "bytes_per_object", 66, 110},
    {"slots", "bytes_per_object", 50, 62},
    {"weakref", "bytes_per_object", 66, 78},
    {"weakref", "bytes_per_object_weakref", 115, 159},
    {"dict", "collect_live", 15, 84},
    {"slots", "collect_live", 15, 64},
    {"dict", "collect_live_random", 45, 174},
    {"slots", "collect_live_random", 45, 187},
    {"dict", "collect_garbage", 35, 196},
    {"slots", "collect_garbage", 35, 151},
};

#define COLLECTED_GOAL 1.5

const char *bench_outcome_name(bench_outcome outcome)
{
    static const char *const names[] = {"met", "undecided", "missed"};
    return names[outcome];
}

static bench_outcome decide(const bench_goal *g)
{
    if (g->ratio.high <= g->goal)
        return BENCH_GOAL_MET;
    return g->ratio.low > g->goal ? BENCH_GOAL_MISSED : BENCH_GOAL_UNDECIDED;
}

/* Both were measured in the same processes, but not in the same windows: the widest ratio. */
static stats_interval widest_ratio(const stats_interval *x, const stats_interval *y)
{
    return (stats_interval){x->value / y->value, x->low / y->high, x->high / y->low};
}

static bool with_collector(const bench_result *result, const bench_figure *f, bench_goal *g)
{
    const bench_figure *off = bench_result_find(result, "create", f->layout, f->subject);
    if (off == NULL || off->n == 0 || !(off->value.low > 0))
        return false;
    g->goal = COLLECTED_GOAL;
    g->ratio = widest_ratio(&f->value, &off->value);
    g->to = off->name;
    return true;
}

static const target *target_of(const bench_figure *f)
{
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        if (strcmp(targets[i].layout, f->layout) == 0 && strcmp(targets[i].figure, f->name) == 0)
            return &targets[i];
    }
    return NULL;
}

bool bench_goal_of(const bench_result *result, const bench_figure *f, bench_goal *ret_goal)
{
    bench_goal g = {.ratio = f->ratio, .to = f->ratio_to};
    if (f->n == 0 || strcmp(f->subject, "objlab") != 0)
        return false;
    if (strcmp(f->name, "create_collected") == 0) {
        if (!with_collector(result, f, &g))
            return false;
    } else if (f->ratio_to == NULL || strcmp(f->name, "bytes_kept_resident") == 0) {
        return false; /* resident is what nobody needed so far: bytes_kept has the goal */
    } else if (*f->layout == '\0') {
        g.goal = 1;
    } else {
        const target *t = target_of(f);
        if (t == NULL || strcmp(f->ratio_to, "cpython") != 0)
            return false;
        g.goal = t->ours / t->cpython;
    }
    g.outcome = decide(&g);
    *ret_goal = g;
    return true;
}
