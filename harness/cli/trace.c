/* trace.c -- the scenario, and what is noted of it. */
#include "harness/cli/trace.h"

#include "objects/object.h"
#include "objects/weakref.h"

#include <string.h>

enum { WEAK_EVERY = 10 };

typedef struct scenario {
    trace_log *log;
    runtime *rt;
    type *types[TRACE_LAYOUTS];
    object **objects; /* n of them, NULL once dropped */
    weakref **weakrefs;
    size_t n, n_weakrefs;
    GRand *random;
    bool is_asked;
    size_t live_before;
} scenario;

static size_t live_objects(const scenario *s)
{
    heap_stats stats;
    heap_get_stats(s->rt->objects, &stats);
    return stats.n_blocks_live;
}

/* ---- noting ---- */

static void note_collection(runtime *rt, collector_phase phase, const collector_trace *trace,
                            void *argument)
{
    (void)rt;
    scenario *s = argument;
    if (phase == COLLECTOR_START) {
        s->live_before = live_objects(s);
        return;
    }
    const trace_collection c = {*trace, s->is_asked, s->live_before, live_objects(s)};
    g_array_append_val(s->log->collections, c);
}

static bool note_pool(const heap_pool_view *view, void *argument)
{
    GArray *pools = argument;
    trace_pool pool = {0};
    if (view->state != HEAP_POOL_FREE)
        pool = (trace_pool){(unsigned)heap_class_bytes(view->size_class), view->n_live,
                            view->n_blocks};
    g_array_append_val(pools, pool);
    return true;
}

static void note_step(scenario *s, char *after)
{
    trace_step *step = g_new0(trace_step, 1);
    step->after = after;
    step->pools = g_array_new(FALSE, FALSE, sizeof(trace_pool));
    heap_walk(s->rt->objects, note_pool, step->pools);
    step->n_live = live_objects(s);
    step->n_arenas = step->pools->len / HEAP_N_POOLS;
    g_ptr_array_add(s->log->steps, step);
}

/* ---- steps ---- */

static bool create(scenario *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const value values[] = {value_of_int((int64_t)i), value_of_int(0)};
        s->objects[i] = object_make(s->types[i % TRACE_LAYOUTS], values, 2);
        if (s->objects[i] == NULL)
            return false;
    }
    note_step(s, g_strdup("create"));
    return true;
}

/* Each second pair of neighbours holds one another. */
static bool link_pairs(scenario *s)
{
    const name *partner = name_intern(&s->rt->names, "partner");
    if (partner == NULL)
        return false;
    for (size_t i = 0; i + 1 < s->n; i += 4) {
        if (object_set_attr(s->objects[i], partner, value_of_object(s->objects[i + 1])) !=
                STATUS_OK ||
            object_set_attr(s->objects[i + 1], partner, value_of_object(s->objects[i])) !=
                STATUS_OK)
            return false;
    }
    return true;
}

static bool refer_weakly(scenario *s)
{
    for (size_t i = 0; i < s->n; i += WEAK_EVERY) {
        object *o = s->objects[i];
        if (o->type->layout == LAYOUT_SLOTS)
            continue;
        if (weakref_share(o, &s->weakrefs[s->n_weakrefs]) != STATUS_OK)
            return false;
        s->n_weakrefs++;
    }
    note_step(s, g_strdup("link, refer weakly"));
    return true;
}

static void drop(scenario *s, size_t i)
{
    object *o = s->objects[i];
    s->objects[i] = NULL;
    object_decref(o);
}

/* A linked pair of which both are dropped, a quarter of them, waits for a collection. */
static void drop_half(scenario *s)
{
    for (size_t i = 0; i < s->n; i++) {
        if (g_rand_boolean(s->random))
            drop(s, i);
    }
    note_step(s, g_strdup("drop half, at random"));
}

static void collect_all(scenario *s)
{
    s->is_asked = true;
    for (int generation = 0; generation < COLLECTOR_GENERATIONS; generation++) {
        (void)collector_collect(s->rt, generation);
        note_step(s, g_strdup_printf("collect %d", generation));
    }
    s->is_asked = false;
}

static uintptr_t arena_of(const object *o)
{
    return (uintptr_t)o & ~(uintptr_t)(HEAP_ARENA_BYTES - 1);
}

/* What is left keeps its arena, and 255 of its 256 KiB. */
static void drop_all_but_one_an_arena(scenario *s)
{
    for (size_t i = 0; i < s->n_weakrefs; i++)
        weakref_decref(s->weakrefs[i]);
    GHashTable *kept = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (size_t i = 0; i < s->n; i++) {
        if (s->objects[i] != NULL && !g_hash_table_add(kept, (void *)arena_of(s->objects[i])))
            drop(s, i);
    }
    g_hash_table_unref(kept);
    note_step(s, g_strdup("drop all but one an arena"));
    collect_all(s); /* whose partners were dropped */
    heap_trim(s->rt->objects);
    note_step(s, g_strdup("trim: every arena is still needed"));
}

static void drop_rest(scenario *s)
{
    for (size_t i = 0; i < s->n; i++)
        drop(s, i);
    s->is_asked = true;
    (void)collector_collect(s->rt, COLLECTOR_OLDEST); /* one that was kept may hold another */
    s->is_asked = false;
    note_step(s, g_strdup("drop the last"));
    heap_trim(s->rt->objects);
    note_step(s, g_strdup("trim"));
}

/* ---- running ---- */

static bool make_types(scenario *s)
{
    static const char *const keys[] = {"x", "y", "partner"};
    static const char *const names[] = {"Dict", "Slots", "Weakref"};
    for (int l = 0; l < TRACE_LAYOUTS; l++) {
        const type_spec spec = {names[l], (type_layout)l, keys, G_N_ELEMENTS(keys), NULL};
        if (type_new(s->rt, &spec, &s->types[l]) != STATUS_OK)
            return false;
    }
    return true;
}

static bool run_steps(scenario *s)
{
    s->objects = g_try_new0(object *, s->n);
    s->weakrefs = g_try_new0(weakref *, s->n / WEAK_EVERY + 1);
    if (s->objects == NULL || s->weakrefs == NULL || !make_types(s) ||
        !collector_add_callback(s->rt, note_collection, s) || !create(s) || !link_pairs(s) ||
        !refer_weakly(s))
        return false;
    drop_half(s);
    collect_all(s);
    drop_all_but_one_an_arena(s);
    drop_rest(s);
    return true;
}

static void step_free(void *step_or_null)
{
    trace_step *step = step_or_null;
    g_free(step->after);
    g_array_unref(step->pools);
    g_free(step);
}

trace_log *trace_run(size_t n, unsigned seed)
{
    trace_log *log = g_new0(trace_log, 1);
    log->n_objects = n;
    log->n_pools = HEAP_N_POOLS;
    log->collections = g_array_new(FALSE, FALSE, sizeof(trace_collection));
    log->steps = g_ptr_array_new_with_free_func(step_free);
    scenario s = {
        .log = log, .n = n, .rt = runtime_new(NULL), .random = g_rand_new_with_seed(seed)};
    bool ok = s.rt != NULL && run_steps(&s);
    runtime_delete(s.rt);
    g_free(s.objects);
    g_free(s.weakrefs);
    g_rand_free(s.random);
    if (ok)
        return log;
    trace_log_free(log);
    return NULL;
}

void trace_log_free(trace_log *log)
{
    if (log == NULL)
        return;
    g_array_unref(log->collections);
    g_ptr_array_unref(log->steps);
    g_free(log);
}

/* ---- JSON ---- */

static json_t *collection_to_json(const trace_collection *c)
{
    const collector_trace *t = &c->trace;
    return json_pack("{s:I, s:i, s:s, s:I, s:I, s:I, s:I, s:f, s:I, s:I}", "number",
                     (json_int_t)t->number, "generation", t->generation, "reason",
                     c->is_asked ? "asked" : "threshold", "roots", (json_int_t)t->n_roots,
                     "examined", (json_int_t)t->n_objects, "marked", (json_int_t)t->n_marked,
                     "freed", (json_int_t)(t->n_unreachable - t->n_resurrected), "seconds",
                     (double)t->ns * 1e-9, "live_before", (json_int_t)c->live_before, "live_after",
                     (json_int_t)c->live_after);
}

static json_t *arena_to_json(const trace_pool *pools, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(
            array, json_pack("{s:i, s:i, s:i}", "size", (int)pools[i].block_bytes, "used",
                             (int)pools[i].n_used, "capacity", (int)pools[i].capacity));
    return json_pack("{s:o}", "pools", array);
}

json_t *trace_to_json(const trace_log *log)
{
    json_t *collections = json_array();
    for (guint i = 0; i < log->collections->len; i++)
        (void)json_array_append_new(
            collections, collection_to_json(&g_array_index(log->collections, trace_collection, i)));
    json_t *occupancy = json_array();
    for (guint i = 0; i < log->steps->len; i++) {
        const trace_step *step = log->steps->pdata[i];
        json_t *arenas = json_array();
        for (size_t a = 0; a < step->n_arenas; a++)
            (void)json_array_append_new(
                arenas, arena_to_json(&g_array_index(step->pools, trace_pool, a * log->n_pools),
                                      log->n_pools));
        (void)json_array_append_new(
            occupancy, json_pack("{s:s, s:i, s:I, s:o}", "after", step->after, "step", (int)i,
                                 "live", (json_int_t)step->n_live, "arenas", arenas));
    }
    return json_pack("{s:s, s:i, s:I, s:o, s:o}", "schema", "objlab/trace", "version", 1, "objects",
                     (json_int_t)log->n_objects, "collections", collections, "occupancy",
                     occupancy);
}
