/*
 * drive_workload.c -- runs workload.c over layouts and an allocator of its own, that count.
 *
 * A workload that only computes the sums makes no objects here, and that shows.
 *
 * stdin: runs, each  layout:1 order:1 n_objects:4 seed:8
 * answers, for each run
 *   w layout order n seed status created first second weakrefs callbacks dead
 *   k creates gets sets unsets weakrefs destroyed most_live digest left
 *     digest: over the creation numbers of the objects in the order of their destruction
 *     left:   objects, weakrefs, classes and blocks that were not given back
 */
#include "drive.h"

#include "hw_workload.h"

/* ---- counts of one run ---- */

typedef struct counts {
    uint64_t creates, gets, sets, unsets, weakrefs, destroyed, live, most_live, digest, left;
} counts;

static counts count;

/* ---- the allocator ---- */

struct hw_pool {
    int unused;
};

static hw_pool the_pool;

void *hw_pool_alloc(hw_pool *pool, size_t n_bytes)
{
    (void)pool;
    void *block = n_bytes > PTRDIFF_MAX ? NULL : malloc(n_bytes);
    count.left += block != NULL;
    return block;
}

void hw_pool_free(hw_pool *pool, void *block)
{
    (void)pool;
    count.left -= block != NULL;
    free(block);
}

void hw_pool_get_stats(const hw_pool *pool, hw_pool_stats *ret_stats)
{
    (void)pool;
    *ret_stats = (hw_pool_stats){.n_large_used = count.left};
}

hw_pool *hw_pool_new(void)
{
    return NULL; /* the workload is handed its allocator */
}

void hw_pool_delete(hw_pool *pool)
{
    (void)pool;
}

/* ---- the layouts: up to four attributes, one weakref a time is enough ---- */

enum { N_NAMES = 8, N_LETTERS = 8 };

struct hw_class {
    hw_layout layout;
    size_t n_names;
    char names[N_NAMES][N_LETTERS];
};

struct hw_object {
    const hw_class *cls;
    uint64_t number;
    size_t refcount;
    hw_weakref *weakrefs;
    unsigned n_set;
    unsigned char order[N_NAMES];
    bool set[N_NAMES];
    int64_t values[N_NAMES];
};

struct hw_weakref {
    size_t refcount;
    hw_object *referent;
    hw_callback *callback;
    void *argument;
    hw_weakref *next;
};

hw_class *hw_class_new(hw_pool *pool, hw_layout layout, const char *const *names, size_t n_names)
{
    if (pool != &the_pool || n_names > N_NAMES)
        return NULL;
    hw_class *cls = calloc(1, sizeof(*cls));
    if (cls == NULL)
        return NULL;
    cls->layout = layout;
    cls->n_names = n_names;
    for (size_t i = 0; i < n_names; i++)
        (void)snprintf(cls->names[i], N_LETTERS, "%s", names[i]); /* a cut name is not found */
    count.left++;
    return cls;
}

void hw_class_delete(hw_class *cls)
{
    count.left -= cls != NULL;
    free(cls);
}

hw_object *hw_object_new(hw_class *cls)
{
    hw_object *object = calloc(1, sizeof(*object));
    if (object == NULL)
        return NULL;
    object->cls = cls;
    object->refcount = 1;
    object->number = count.creates++;
    count.left++;
    if (++count.live > count.most_live)
        count.most_live = count.live;
    return object;
}

static int find_name(const hw_object *object, const char *name)
{
    for (size_t i = 0; i < object->cls->n_names; i++) {
        if (strcmp(object->cls->names[i], name) == 0)
            return (int)i;
    }
    return -1;
}

hw_status hw_object_get(const hw_object *object, const char *name, int64_t *ret_value)
{
    int i = find_name(object, name);
    if (i < 0 || !object->set[i])
        return HW_NO_ATTRIBUTE;
    count.gets++;
    *ret_value = object->values[i];
    return HW_OK;
}

hw_status hw_object_set(hw_object *object, const char *name, int64_t value)
{
    int i = find_name(object, name);
    if (i < 0)
        return HW_NO_ATTRIBUTE;
    count.sets++;
    if (!object->set[i])
        object->order[object->n_set++] = (unsigned char)i;
    object->set[i] = true;
    object->values[i] = value;
    return HW_OK;
}

hw_status hw_object_unset(hw_object *object, const char *name)
{
    int i = find_name(object, name);
    if (i < 0 || !object->set[i])
        return HW_NO_ATTRIBUTE;
    count.unsets++;
    object->set[i] = false;
    unsigned at = 0;
    while (object->order[at] != i)
        at++;
    for (object->n_set--; at < object->n_set; at++)
        object->order[at] = object->order[at + 1];
    return HW_OK;
}

size_t hw_object_n_attributes(const hw_object *object)
{
    return object->n_set;
}

hw_status hw_object_attribute(const hw_object *object, size_t index, const char **ret_name,
                              int64_t *ret_value)
{
    if (index >= object->n_set)
        return HW_NO_ATTRIBUTE;
    count.gets++;
    *ret_name = object->cls->names[object->order[index]];
    *ret_value = object->values[object->order[index]];
    return HW_OK;
}

void hw_object_incref(hw_object *object)
{
    object->refcount++;
}

size_t hw_object_refcount(const hw_object *object)
{
    return object->refcount;
}

hw_status hw_weakref_new(hw_object *object, hw_callback *callback, void *argument,
                         hw_weakref **ret_weakref)
{
    if (object->cls->layout == HW_SLOTS)
        return HW_NOT_SUPPORTED;
    hw_weakref *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return HW_NO_MEMORY;
    *made = (hw_weakref){1, object, callback, argument, object->weakrefs};
    object->weakrefs = made;
    count.weakrefs++;
    count.left++;
    *ret_weakref = made;
    return HW_OK;
}

hw_object *hw_weakref_get(hw_weakref *weakref)
{
    if (weakref->referent != NULL)
        weakref->referent->refcount++;
    return weakref->referent;
}

void hw_weakref_decref(hw_weakref *weakref)
{
    if (weakref == NULL || --weakref->refcount > 0)
        return;
    if (weakref->referent != NULL) {
        hw_weakref **link = &weakref->referent->weakrefs;
        while (*link != weakref)
            link = &(*link)->next;
        *link = weakref->next;
    }
    count.left--;
    free(weakref);
}

size_t hw_weakref_count(const hw_object *object)
{
    size_t n = 0;
    for (const hw_weakref *w = object->weakrefs; w != NULL; w = w->next)
        n++;
    return n;
}

void hw_object_decref(hw_object *object)
{
    if (object == NULL || --object->refcount > 0)
        return;
    count.destroyed++;
    count.live--;
    count.left--;
    count.digest = drive_digest_word(count.digest, object->number);
    hw_weakref *list = object->weakrefs;
    for (hw_weakref *w = list; w != NULL; w = w->next) {
        w->referent = NULL;
        w->refcount++;
    }
    while (list != NULL) {
        hw_weakref *w = list;
        list = w->next;
        if (w->callback != NULL && w->refcount > 1)
            w->callback(w, w->argument);
        hw_weakref_decref(w);
    }
    free(object);
}

/* ---- the runs ---- */

int main(void)
{
    drive_read_tape();
    while (drive_has_more()) {
        unsigned layout = (unsigned)drive_take(1) % 3;
        unsigned order = (unsigned)drive_take(1) % 3;
        size_t n_objects = (size_t)drive_take(4);
        uint64_t seed = drive_take(8);
        count = (counts){.digest = DRIVE_DIGEST_START};
        hw_workload_report r = {0};
        hw_status status =
            hw_workload_run(&the_pool, (hw_layout)layout, n_objects, seed, (hw_order)order, &r);
        drive_answer("w %u %u %zu %llu %d %llu %llu %llu %llu %llu %llu", layout, order, n_objects,
                     (unsigned long long)seed, (int)status, (unsigned long long)r.n_created,
                     (unsigned long long)r.sum_first, (unsigned long long)r.sum_second,
                     (unsigned long long)r.n_weakrefs, (unsigned long long)r.n_callbacks,
                     (unsigned long long)r.n_dead);
        drive_answer("k %llu %llu %llu %llu %llu %llu %llu %llx %lld",
                     (unsigned long long)count.creates, (unsigned long long)count.gets,
                     (unsigned long long)count.sets, (unsigned long long)count.unsets,
                     (unsigned long long)count.weakrefs, (unsigned long long)count.destroyed,
                     (unsigned long long)count.most_live, (unsigned long long)count.digest,
                     (long long)count.left);
    }
    drive_end();
    free(drive_tape);
    return 0;
}
