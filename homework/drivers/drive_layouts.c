/*
 * drive_layouts.c -- executes a tape on layouts.c, over an allocator of its own.
 *
 * Every block comes from malloc, so that memcheck sees each one, and is recorded.
 *
 * stdin: operations, each a letter and its operands; c, o, w: slots of classes, objects, weakrefs
 *   C c layout n      class with n names, n0, n1, ...; if the slot is in use: delete it, once it
 *                     has no instances
 *   N o c             new instance;     I o  incref;     R o  decref
 *   S o name value:8  set;  G o name  get;  D o name  unset;  E o  list all attributes
 *   W o w kind        weakref into a free slot: kind 0 plain, 1 with a callback, 2 with one that
 *                     releases its own weakref, 3 with one that releases the weakref
 *                     in the slot before, if there is one
 *   T w               ask the weakref;  V w  release it;  K o  count the weakrefs
 *   F n               the n-th allocation of the next operation fails
 *   M layout          makes 64 objects with 8 attributes set and destroys them: bytes
 * Operations that do not apply (empty slot ...) are skipped and answer "-".
 * answers: the letter and what was observed; in between
 *   x                 an allocation was made to fail
 *   c w dead          the callback of a weakref ran; whether the weakref was dead by then
 *   ! what            the driver saw the allocator misused
 */
#include "drive.h"

#include "hw_layouts.h"

enum { N_CLASSES = 8, N_OBJECTS = 64, N_WEAKREFS = 64, N_NAMES = 128, N_MEASURED = 64 };

static hw_class *classes[N_CLASSES];
static unsigned class_users[N_CLASSES];
static hw_object *objects[N_OBJECTS];
static unsigned object_refs[N_OBJECTS], object_class[N_OBJECTS];
static hw_weakref *weakrefs[N_WEAKREFS];

/* ---- the allocator: malloc, with a record in front of each block ---- */

struct hw_pool {
    size_t n_blocks, n_bytes;
};

typedef struct record {
    uint64_t mark;
    size_t n_bytes;
} record;

#define MARK_LIVE 0x6c6976656c697665U

static hw_pool the_pool;
static size_t fail_in; /* 0: no allocation fails */

void *hw_pool_alloc(hw_pool *pool, size_t n_bytes)
{
    if (fail_in > 0 && --fail_in == 0) {
        drive_answer("x");
        return NULL;
    }
    if (pool != &the_pool || n_bytes > ((size_t)1 << 24)) {
        drive_answer("! alloc");
        return NULL;
    }
    record *r = malloc(sizeof(*r) + n_bytes);
    if (r == NULL)
        return NULL;
    *r = (record){MARK_LIVE, n_bytes};
    pool->n_blocks++;
    pool->n_bytes += n_bytes;
    return r + 1;
}

void hw_pool_free(hw_pool *pool, void *block)
{
    if (block == NULL)
        return;
    record *r = (record *)block - 1;
    if (pool != &the_pool || r->mark != MARK_LIVE) {
        drive_answer("! free");
        return;
    }
    r->mark = 0;
    pool->n_blocks--;
    pool->n_bytes -= r->n_bytes;
    free(r);
}

/* ---- operations ---- */

/* The n-th name, in memory of its own each time: names are equal by content, not by address. */
static const char *name_of(unsigned n)
{
    static char texts[4][40];
    static unsigned next;
    char *text = texts[next++ % 4];
    static const char *const forms[] = {"n%u", "name_%u", "a_rather_long_attribute_%u"};
    (void)snprintf(text, sizeof(texts[0]), forms[n % 3], n % N_NAMES); /* always fits */
    return text;
}

static hw_class *make_class(unsigned layout, unsigned n_names)
{
    static char texts[48][40];
    static const char *names[48];
    for (unsigned i = 0; i < n_names; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "%s", name_of(i));
        names[i] = texts[i];
    }
    hw_class *cls = hw_class_new(&the_pool, (hw_layout)layout, names, n_names);
    memset(texts, '?', sizeof(texts)); /* the class must have copied them */
    for (unsigned i = 0; i < n_names; i++)
        texts[i][0] = '\0';
    return cls;
}

static void do_class(void)
{
    unsigned c = (unsigned)drive_take(1) % N_CLASSES;
    unsigned layout = (unsigned)drive_take(1) % 3;
    unsigned n_names = (unsigned)drive_take(1) % 49;
    if (classes[c] == NULL) {
        classes[c] = make_class(layout, n_names);
        drive_answer("C %d", classes[c] != NULL);
    } else if (class_users[c] == 0) {
        hw_class_delete(classes[c]);
        classes[c] = NULL;
        drive_answer("C deleted");
    } else {
        drive_answer("-");
    }
}

static void do_new(void)
{
    unsigned o = (unsigned)drive_take(1) % N_OBJECTS;
    unsigned c = (unsigned)drive_take(1) % N_CLASSES;
    if (objects[o] != NULL || classes[c] == NULL) {
        drive_answer("-");
        return;
    }
    objects[o] = hw_object_new(classes[c]);
    if (objects[o] == NULL) {
        drive_answer("N 0");
        return;
    }
    object_refs[o] = 1;
    object_class[o] = c;
    class_users[c]++;
    drive_answer("N 1 %zu %zu", hw_object_refcount(objects[o]), hw_object_n_attributes(objects[o]));
}

static void do_decref(unsigned o)
{
    hw_object *object = objects[o];
    if (--object_refs[o] == 0) {
        objects[o] = NULL;
        class_users[object_class[o]]--;
        hw_object_decref(object);
        drive_answer("R 0");
    } else {
        hw_object_decref(object);
        drive_answer("R %zu", hw_object_refcount(object));
    }
}

static void do_list(const hw_object *object)
{
    size_t n = hw_object_n_attributes(object);
    drive_answer("E %zu", n);
    for (size_t i = 0; i < n && i < 2048; i++) {
        const char *name = "";
        int64_t value = 0;
        hw_status status = hw_object_attribute(object, i, &name, &value);
        drive_answer("e %d %.60s %lld", (int)status, name, (long long)value);
    }
    const char *name = NULL;
    int64_t value = 0;
    drive_answer("e %d", (int)hw_object_attribute(object, n, &name, &value));
}

/* Operations on one object, that is there. */
static void do_object(unsigned letter, unsigned o)
{
    hw_object *object = objects[o];
    int64_t value = -1;
    if (letter == 'I') {
        hw_object_incref(object);
        object_refs[o]++;
        drive_answer("I %zu", hw_object_refcount(object));
    } else if (letter == 'R') {
        do_decref(o);
    } else if (letter == 'E') {
        do_list(object);
    } else if (letter == 'K') {
        drive_answer("K %zu", hw_weakref_count(object));
    } else {
        const char *name = name_of((unsigned)drive_take(1));
        if (letter == 'S') {
            value = (int64_t)drive_take(8);
            drive_answer("S %d", (int)hw_object_set(object, name, value));
        } else if (letter == 'G') {
            hw_status status = hw_object_get(object, name, &value);
            drive_answer("G %d %lld", (int)status, (long long)value);
        } else {
            drive_answer("D %d", (int)hw_object_unset(object, name));
        }
    }
}

static void on_death(hw_weakref *weakref, void *argument)
{
    hw_weakref **slot = argument;
    hw_object *referent = hw_weakref_get(weakref);
    drive_answer("c %d %d", (int)(slot - weakrefs), referent == NULL && *slot == weakref);
}

static void on_death_release(hw_weakref *weakref, void *argument)
{
    hw_weakref **slot = argument;
    on_death(weakref, argument);
    *slot = NULL;
    hw_weakref_decref(weakref);
}

static void on_death_release_previous(hw_weakref *weakref, void *argument)
{
    hw_weakref **slot = argument;
    on_death(weakref, argument);
    hw_weakref **previous = &weakrefs[(slot - weakrefs + N_WEAKREFS - 1) % N_WEAKREFS];
    hw_weakref *released = *previous;
    *previous = NULL;
    hw_weakref_decref(released);
}

static void do_weakref(unsigned o)
{
    unsigned w = (unsigned)drive_take(1) % N_WEAKREFS;
    unsigned kind = (unsigned)drive_take(1) % 4;
    if (objects[o] == NULL || weakrefs[w] != NULL) {
        drive_answer("-");
        return;
    }
    static hw_callback *const callbacks[] = {NULL, on_death, on_death_release,
                                             on_death_release_previous};
    hw_weakref *made = NULL;
    hw_status status = hw_weakref_new(objects[o], callbacks[kind], &weakrefs[w], &made);
    if (status == HW_OK)
        weakrefs[w] = made;
    int same_as = -1; /* the first other slot that holds the same weakref */
    for (int i = 0; i < N_WEAKREFS && made != NULL && same_as < 0; i++) {
        if (i != (int)w && weakrefs[i] == made)
            same_as = i;
    }
    drive_answer("W %d %d", (int)status, same_as);
}

static void do_ask(unsigned w)
{
    hw_object *referent = hw_weakref_get(weakrefs[w]);
    int found = -1;
    for (int o = 0; o < N_OBJECTS && referent != NULL && found < 0; o++) {
        if (objects[o] == referent)
            found = o;
    }
    drive_answer("T %d %d %zu", referent != NULL, found,
                 referent == NULL ? 0 : hw_object_refcount(referent));
    hw_object_decref(referent);
}

static void do_measure(void)
{
    unsigned layout = (unsigned)drive_take(1) % 3;
    static hw_object *made[N_MEASURED];
    hw_class *cls = make_class(layout, 8);
    size_t before = the_pool.n_bytes;
    for (int i = 0; i < N_MEASURED && cls != NULL; i++) {
        made[i] = hw_object_new(cls);
        for (unsigned k = 0; k < 8 && made[i] != NULL; k++)
            (void)hw_object_set(made[i], name_of(k), i); /* shows in the bytes */
    }
    size_t held = the_pool.n_bytes - before;
    for (int i = 0; i < N_MEASURED && cls != NULL; i++)
        hw_object_decref(made[i]);
    hw_class_delete(cls);
    drive_answer("M %u %d %zu", layout, N_MEASURED, held);
}

static void run_operation(unsigned letter)
{
    if (letter == 'C') {
        do_class();
    } else if (letter == 'N') {
        do_new();
    } else if (letter == 'M') {
        do_measure();
    } else if (letter == 'W') {
        do_weakref((unsigned)drive_take(1) % N_OBJECTS);
    } else if (letter == 'T' || letter == 'V') {
        unsigned w = (unsigned)drive_take(1) % N_WEAKREFS;
        if (weakrefs[w] == NULL) {
            drive_answer("-");
        } else if (letter == 'T') {
            do_ask(w);
        } else {
            hw_weakref *released = weakrefs[w];
            weakrefs[w] = NULL;
            hw_weakref_decref(released);
            drive_answer("V");
        }
    } else if (letter != 0 && strchr("IRSGDEK", (int)letter) != NULL) {
        unsigned o = (unsigned)drive_take(1) % N_OBJECTS;
        if (objects[o] != NULL) {
            do_object(letter, o);
            return;
        }
        (void)drive_take(letter == 'S' ? 1 : letter == 'G' || letter == 'D'); /* its operands */
        if (letter == 'S')
            (void)drive_take(8);
        drive_answer("-");
    }
}

/* Releases everything that the tape left. */
static void drop_all(void)
{
    for (unsigned o = 0; o < N_OBJECTS; o++) {
        while (objects[o] != NULL)
            do_decref(o);
    }
    for (unsigned w = 0; w < N_WEAKREFS; w++) {
        hw_weakref *released = weakrefs[w];
        weakrefs[w] = NULL;
        hw_weakref_decref(released);
    }
    for (unsigned c = 0; c < N_CLASSES; c++) {
        hw_class_delete(classes[c]);
        classes[c] = NULL;
    }
}

int main(void)
{
    drive_read_tape();
    size_t fail_next = 0;
    while (drive_has_more()) {
        unsigned letter = (unsigned)drive_take(1);
        if (letter == 'F') {
            fail_next = (size_t)drive_take(1);
            continue;
        }
        fail_in = fail_next;
        fail_next = 0;
        run_operation(letter);
        fail_in = 0;
    }
    drop_all();
    drive_answer("left %zu %zu", the_pool.n_blocks, the_pool.n_bytes);
    drive_end();
    free(drive_tape);
    return 0;
}
