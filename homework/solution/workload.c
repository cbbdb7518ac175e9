/*
 * workload.c -- the model solution of part "workload": the lecture's homework.
 */
#include "hw_workload.h"

#include <stdbool.h>

/* Everything that a run holds, so that one function can give it back. */
typedef struct run {
    hw_pool *pool;
    hw_class *cls;
    hw_object **objects;   /* [n_objects], NULL once destroyed */
    hw_weakref **weakrefs; /* [n_objects], or NULL where the layout takes none */
    size_t n_objects;
    uint64_t n_callbacks;
} run;

static const char *const names[] = {"a", "b", "c", "d"};
enum { N_NAMES = sizeof(names) / sizeof(names[0]) };

static void count_callback(hw_weakref *weakref, void *argument)
{
    run *r = argument;
    if (hw_weakref_get(weakref) == NULL)
        r->n_callbacks++;
}

/* An array of n pointers, all NULL. */
static void *new_pointers(hw_pool *pool, size_t n)
{
    void **pointers =
        n > SIZE_MAX / sizeof(void *) ? NULL : hw_pool_alloc(pool, n * sizeof(void *));
    for (size_t i = 0; pointers != NULL && i < n; i++)
        pointers[i] = NULL;
    return pointers;
}

static void run_end(run *r)
{
    for (size_t i = 0; r->objects != NULL && i < r->n_objects; i++)
        hw_object_decref(r->objects[i]);
    for (size_t i = 0; r->weakrefs != NULL && i < r->n_objects; i++)
        hw_weakref_decref(r->weakrefs[i]);
    hw_pool_free(r->pool, r->objects);
    hw_pool_free(r->pool, r->weakrefs);
    hw_class_delete(r->cls);
}

static hw_status create_one(run *r, size_t i, uint64_t seed)
{
    const uint64_t values[N_NAMES] = {i, 2 * (uint64_t)i, i + seed, i ^ seed};
    r->objects[i] = hw_object_new(r->cls);
    if (r->objects[i] == NULL)
        return HW_NO_MEMORY;
    for (size_t k = 0; k < N_NAMES; k++) {
        hw_status status = hw_object_set(r->objects[i], names[k], (int64_t)values[k]);
        if (status != HW_OK)
            return status;
    }
    return HW_OK;
}

/* Adds up every attribute of every object, read by name. */
static hw_status sum_all(const run *r, uint64_t *ret_sum)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < r->n_objects; i++) {
        for (size_t k = 0; k < N_NAMES; k++) {
            int64_t value = 0;
            hw_status status = hw_object_get(r->objects[i], names[k], &value);
            if (status != HW_OK)
                return status;
            sum += (uint64_t)value;
        }
    }
    *ret_sum = sum;
    return HW_OK;
}

/* d = a + b; c is deleted and set to the new d. */
static hw_status update_one(hw_object *object)
{
    int64_t a = 0;
    int64_t b = 0;
    hw_status status = hw_object_get(object, "a", &a);
    if (status == HW_OK)
        status = hw_object_get(object, "b", &b);
    int64_t d = (int64_t)((uint64_t)a + (uint64_t)b);
    if (status == HW_OK)
        status = hw_object_set(object, "d", d);
    if (status == HW_OK)
        status = hw_object_unset(object, "c");
    if (status == HW_OK)
        status = hw_object_set(object, "c", d);
    return status;
}

static hw_status make_weakrefs(run *r, uint64_t *ret_made)
{
    r->weakrefs = new_pointers(r->pool, r->n_objects);
    if (r->weakrefs == NULL)
        return HW_NO_MEMORY;
    for (size_t i = 0; i < r->n_objects; i++) {
        hw_status status = hw_weakref_new(r->objects[i], count_callback, r, &r->weakrefs[i]);
        if (status != HW_OK)
            return status;
    }
    *ret_made = r->n_objects;
    return HW_OK;
}

/* The next number of a linear congruential sequence (Knuth's MMIX constants), high bits. */
static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 33;
}

/* Fisher-Yates shuffle of the objects and, along with them, their weakrefs. */
static void shuffle(run *r, uint64_t seed)
{
    for (size_t i = r->n_objects; i > 1; i--) {
        size_t j = (size_t)(next_random(&seed) % i);
        hw_object *object = r->objects[i - 1];
        r->objects[i - 1] = r->objects[j];
        r->objects[j] = object;
        if (r->weakrefs != NULL) {
            hw_weakref *weakref = r->weakrefs[i - 1];
            r->weakrefs[i - 1] = r->weakrefs[j];
            r->weakrefs[j] = weakref;
        }
    }
}

/* Destroys every object; returns how many weakrefs are dead afterwards, and releases them. */
static uint64_t destroy_all(run *r, hw_order order, uint64_t seed)
{
    if (order == HW_RANDOM_ORDER)
        shuffle(r, seed);
    for (size_t i = 0; i < r->n_objects; i++) {
        size_t at = order == HW_REVERSE_ORDER ? r->n_objects - 1 - i : i;
        hw_object_decref(r->objects[at]);
        r->objects[at] = NULL;
    }
    uint64_t n_dead = 0;
    for (size_t i = 0; r->weakrefs != NULL && i < r->n_objects; i++) {
        n_dead += hw_weakref_get(r->weakrefs[i]) == NULL;
        hw_weakref_decref(r->weakrefs[i]);
        r->weakrefs[i] = NULL;
    }
    return n_dead;
}

static hw_status use_objects(run *r, hw_layout layout, uint64_t seed, hw_workload_report *report)
{
    hw_status status = HW_OK;
    for (size_t i = 0; status == HW_OK && i < r->n_objects; i++)
        status = create_one(r, i, seed);
    if (status == HW_OK)
        status = sum_all(r, &report->sum_first);
    for (size_t i = 0; status == HW_OK && i < r->n_objects; i++)
        status = update_one(r->objects[i]);
    if (status == HW_OK)
        status = sum_all(r, &report->sum_second);
    if (status == HW_OK && layout != HW_SLOTS)
        status = make_weakrefs(r, &report->n_weakrefs);
    return status;
}

hw_status hw_workload_run(hw_pool *pool, hw_layout layout, size_t n_objects, uint64_t seed,
                          hw_order order, hw_workload_report *ret_report)
{
    run r = {.pool = pool, .n_objects = n_objects};
    hw_workload_report report = {.n_created = n_objects};
    hw_status status = HW_NO_MEMORY;
    r.cls = hw_class_new(pool, layout, names, N_NAMES);
    if (r.cls != NULL)
        r.objects = new_pointers(pool, n_objects);
    if (r.objects != NULL)
        status = use_objects(&r, layout, seed, &report);
    if (status == HW_OK) {
        report.n_dead = destroy_all(&r, order, seed);
        report.n_callbacks = r.n_callbacks;
        *ret_report = report;
    }
    run_end(&r);
    return status;
}
