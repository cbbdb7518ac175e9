/* check_layouts.c -- judges the answers of drive_layouts.c; its head lists operations and lines. */
#include "harness/judge/check_layouts.h"

#include "harness/judge/check_run.h"

#include <string.h>

/* hw_status */
enum { OK = 0, NO_ATTRIBUTE = 1, NO_MEMORY = 2, NOT_SUPPORTED = 3 };

enum { MEASURED_ATTRIBUTES = 8, MOST_LISTED = 2048, NAME_BYTES = 64 };

enum {
    CREATE,
    GET,
    NAMES,
    UNSET,
    ORDER,
    DISTINCT,
    COUNTS,
    FREES,
    MEMORY,
    WEAK_MAKE,
    WEAK_GET,
    WEAK_SHARED,
    WEAK_CALLBACK,
    WEAK_COUNT,
};

static const check_property properties[] = {
    [CREATE] = {"layouts", "create", "A new object has one reference and no attributes", true},
    [GET] = {"layouts", "get", "An attribute reads as what it was set to", true},
    [NAMES] = {"layouts", "names", "Slots refuse other names; a dictionary takes any", true},
    [UNSET] = {"layouts", "unset", "A deleted attribute is gone and can be set again", false},
    [ORDER] = {"layouts", "order", "Attributes are listed in the contract's order", false},
    [DISTINCT] = {"layouts", "distinct", "The three layouts are three", true},
    [COUNTS] = {"layouts", "refcount", "References are counted", true},
    [FREES] = {"layouts", "frees", "Destroying frees all memory, and nothing else", false},
    [MEMORY] = {"layouts", "no_memory", "Without memory nothing changes", false},
    [WEAK_MAKE] = {"weakrefs", "make", "Layouts take weak references, but for plain slots", true},
    [WEAK_GET] = {"weakrefs", "get", "A weakref gives its referent, and NULL once it is dead",
                  true},
    [WEAK_SHARED] = {"weakrefs", "shared", "The weakref without a callback is shared", false},
    [WEAK_CALLBACK] = {"weakrefs", "callbacks", "Callbacks run once, the latest weakref first",
                       false},
    [WEAK_COUNT] = {"weakrefs", "count", "Weak references are counted", false},
};

typedef struct layouts_check {
    check_run run;
    model_world world;
    GQueue callbacks;          /* slots whose callbacks are due, in order */
    bool may_fail, has_failed; /* an allocation of this operation */
    uint64_t bytes[3];         /* that the measured objects of each layout took; 0: not measured */
} layouts_check;

/* ---- lines between others ---- */

static void see_callback(layouts_check *c)
{
    int64_t w = check_signed(&c->run, 1);
    bool was_dead = check_signed(&c->run, 2) == 1;
    if (c->run.stopped)
        return;
    if (g_queue_is_empty(&c->callbacks))
        check_fail(&c->run, WEAK_CALLBACK, "a callback was called that was not due");
    else if ((int64_t)GPOINTER_TO_UINT(g_queue_pop_head(&c->callbacks)) != w)
        check_fail(&c->run, WEAK_CALLBACK,
                   "callbacks ran in another order, or with another "
                   "argument");
    if (!was_dead)
        check_fail(&c->run, WEAK_CALLBACK, "a weakref was not yet dead when its callback ran");
    if (w < 0 || w >= MODEL_N_WEAKREFS)
        return;
    const model_weakref *weakref = c->world.weakrefs[w];
    unsigned kind = weakref != NULL ? weakref->kind : MODEL_PLAIN;
    if (kind == MODEL_RELEASES_ITSELF) {
        model_release(&c->world, (unsigned)w);
    } else if (kind == MODEL_RELEASES_PREVIOUS) {
        unsigned other = ((unsigned)w + MODEL_N_WEAKREFS - 1) % MODEL_N_WEAKREFS;
        model_release(&c->world, other);
        (void)g_queue_remove(&c->callbacks, GUINT_TO_POINTER(other)); /* no longer due, if it was */
    }
}

static bool aside(check_run *run, void *model, const check_line *line)
{
    layouts_check *c = model;
    const char *word = line->words[0];
    if (strcmp(word, "c") == 0 && line->n_words == 3) {
        see_callback(c);
    } else if (strcmp(word, "x") == 0 && line->n_words == 1 && c->may_fail) {
        c->may_fail = false;
        c->has_failed = true;
    } else if (strcmp(word, "!") == 0 && line->n_words == 2) {
        check_fail(run, FREES, "hw_pool_%s was called with a wrong argument",
                   strcmp(line->words[1], "free") == 0 ? "free" : "alloc");
    } else if (strcmp(word, "-") == 0) {
        check_cut(run, "an operation was skipped: earlier ones went wrong");
    } else {
        return false;
    }
    return true;
}

/* The operation does not apply: the driver answers "-" and so does the model. */
static void expect_skip(layouts_check *c)
{
    if (check_read(&c->run) && strcmp(c->run.line.words[0], "-") != 0)
        check_cut(&c->run, "an operation was not skipped: earlier ones went wrong");
}

/* The next line with that word, whose number of words depends on what happened. */
static bool expect_any(layouts_check *c, const char *word)
{
    while (check_read(&c->run)) {
        if (strcmp(c->run.line.words[0], word) == 0)
            return true;
        if (!aside(&c->run, c, &c->run.line))
            check_forged(&c->run, "a line that the driver does not write here");
    }
    return false;
}

static bool is_word(const layouts_check *c, unsigned at, const char *word)
{
    return at < c->run.line.n_words && strcmp(c->run.line.words[at], word) == 0;
}

/* Something was refused: right only if an allocation failed. */
static void see_refusal(layouts_check *c, const char *what)
{
    if (!c->has_failed)
        check_fail(&c->run, MEMORY, "%s: no memory, although there is", what);
}

/* ---- operations ---- */

static void do_class(layouts_check *c)
{
    model_class *cls = &c->world.classes[check_take(&c->run, 1) % MODEL_N_CLASSES];
    unsigned layout = (unsigned)check_take(&c->run, 1) % 3;
    unsigned n_names = (unsigned)check_take(&c->run, 1) % 49;
    if (cls->there && cls->n_users > 0) {
        expect_skip(c);
        return;
    }
    if (!check_expect(&c->run, "C", 2))
        return;
    if (cls->there) {
        if (!is_word(c, 1, "deleted"))
            check_forged(&c->run, "a class was to be deleted");
        cls->there = false;
    } else if (check_number(&c->run, 1) == 1) {
        *cls = (model_class){true, layout, n_names, 0};
    } else {
        see_refusal(c, "hw_class_new");
    }
}

static void do_new(layouts_check *c)
{
    unsigned o = (unsigned)check_take(&c->run, 1) % MODEL_N_OBJECTS;
    model_class *cls = &c->world.classes[check_take(&c->run, 1) % MODEL_N_CLASSES];
    if (c->world.objects[o] != NULL || !cls->there) {
        expect_skip(c);
        return;
    }
    if (!expect_any(c, "N"))
        return;
    if (c->run.line.n_words == 2 && is_word(c, 1, "0")) {
        see_refusal(c, "hw_object_new");
        return;
    }
    check_seen(&c->run, CREATE);
    check_seen(&c->run, COUNTS);
    uint64_t refcount = check_number(&c->run, 2);
    uint64_t n_attributes = check_number(&c->run, 3);
    if (c->run.stopped)
        return;
    if (refcount != 1 || n_attributes != 0)
        check_fail(&c->run, CREATE,
                   "a new object has %" G_GUINT64_FORMAT " references and %" G_GUINT64_FORMAT
                   " attributes",
                   refcount, n_attributes);
    c->world.objects[o] = model_object_new(cls);
}

static void do_decref(layouts_check *c, unsigned o)
{
    model_object *object = c->world.objects[o];
    bool dies = --object->refcount == 0;
    uint64_t right = object->refcount;
    if (dies) {
        c->world.objects[o] = NULL;
        model_object_die(object, &c->callbacks);
    }
    if (!check_expect(&c->run, "R", 2))
        return;
    uint64_t told = check_number(&c->run, 1);
    if (told != right)
        check_fail(&c->run, COUNTS,
                   "%" G_GUINT64_FORMAT " references instead of %" G_GUINT64_FORMAT, told, right);
    if (!g_queue_is_empty(&c->callbacks))
        check_fail(&c->run, WEAK_CALLBACK, "%u callbacks were not called when the object died",
                   g_queue_get_length(&c->callbacks));
    g_queue_clear(&c->callbacks);
}

/* One line "e status name value" of a listing. */
static bool list_one(layouts_check *c, const model_object *object, uint64_t at)
{
    do {
        if (!check_read(&c->run))
            return false;
    } while (!is_word(c, 0, "e") && aside(&c->run, c, &c->run.line));
    if (!is_word(c, 0, "e") || c->run.line.n_words != 4) {
        check_fail(&c->run, ORDER, "a listed name is not one that was set");
        check_cut(&c->run, "a listing cannot be read");
        return false;
    }
    check_seen(&c->run, ORDER);
    if (at >= object->attributes->len)
        return true; /* told already: their number is wrong */
    const model_attribute *right = &g_array_index(object->attributes, model_attribute, at);
    char name[NAME_BYTES];
    model_name(right->name, name, sizeof(name));
    int64_t value = check_signed(&c->run, 3);
    if (check_number(&c->run, 1) != OK || !is_word(c, 2, name) || value != right->value)
        check_fail(&c->run, ORDER,
                   "attribute %" G_GUINT64_FORMAT " is \"%s\" = %" G_GINT64_FORMAT
                   "; expected \"%s\" = %" G_GINT64_FORMAT,
                   at, c->run.line.words[2], value, name, right->value);
    return true;
}

static void do_list(layouts_check *c, const model_object *object)
{
    if (!check_expect(&c->run, "E", 2))
        return;
    uint64_t n = check_number(&c->run, 1);
    if (n != object->attributes->len)
        check_fail(&c->run, ORDER, "%" G_GUINT64_FORMAT " attributes are set instead of %u", n,
                   object->attributes->len);
    for (uint64_t i = 0; i < MIN(n, (uint64_t)MOST_LISTED); i++) {
        if (!list_one(c, object, i))
            return;
    }
    (void)check_expect(&c->run, "e", 2); /* beyond the last: the contract does not say */
}

static void do_set(layouts_check *c, model_object *object, unsigned name)
{
    int64_t value = (int64_t)check_take(&c->run, 8);
    if (!check_expect(&c->run, "S", 2))
        return;
    uint64_t status = check_number(&c->run, 1);
    bool takes = model_takes(object->cls, name);
    if (status == NO_MEMORY && takes)
        see_refusal(c, "hw_object_set");
    else if (status != (takes ? OK : NO_ATTRIBUTE))
        check_fail(&c->run, NAMES, "setting %s gives status %" G_GUINT64_FORMAT,
                   takes ? "an attribute" : "a name that is no slot", status);
    if (status == OK) {
        check_seen(&c->run, NAMES);
        check_seen(&c->run, FREES);
        check_seen(&c->run, MEMORY);
        model_set(object, name, value);
    }
}

static void do_get(layouts_check *c, const model_object *object, unsigned name)
{
    const model_attribute *right = model_find(object, name);
    unsigned property = right == NULL && object->deleted[name] ? UNSET : GET;
    if (!check_expect(&c->run, "G", 3))
        return;
    uint64_t status = check_number(&c->run, 1);
    int64_t value = check_signed(&c->run, 2);
    if (right != NULL)
        check_seen(&c->run, GET);
    if (status != (right != NULL ? OK : NO_ATTRIBUTE))
        check_fail(&c->run, property, "reading %s gives status %" G_GUINT64_FORMAT,
                   right != NULL           ? "an attribute that is set"
                   : object->deleted[name] ? "a deleted attribute"
                                           : "an attribute that is not set",
                   status);
    else if (right != NULL && value != right->value)
        check_fail(&c->run, GET, "%" G_GINT64_FORMAT " instead of %" G_GINT64_FORMAT, value,
                   right->value);
    else if (right == NULL && value != -1)
        check_fail(&c->run, GET, "*ret_value was changed on an error");
}

static void do_unset(layouts_check *c, model_object *object, unsigned name)
{
    bool is_set = model_find(object, name) != NULL;
    if (!check_expect(&c->run, "D", 2))
        return;
    uint64_t status = check_number(&c->run, 1);
    if (status != (is_set ? OK : NO_ATTRIBUTE))
        check_fail(&c->run, UNSET,
                   "deleting an attribute that is %s gives status %" G_GUINT64_FORMAT,
                   is_set ? "set" : "not set", status);
    if (status == OK) {
        check_seen(&c->run, UNSET);
        model_unset(object, name);
    }
}

static void do_object(layouts_check *c, uint64_t letter)
{
    unsigned o = (unsigned)check_take(&c->run, 1) % MODEL_N_OBJECTS;
    model_object *object = c->world.objects[o];
    bool has_name = letter == 'S' || letter == 'G' || letter == 'D';
    unsigned name = has_name ? (unsigned)check_take(&c->run, 1) : 0;
    if (object == NULL) {
        if (letter == 'S')
            (void)check_take(&c->run, 8); /* its operand */
        expect_skip(c);
    } else if (letter == 'S') {
        do_set(c, object, name);
    } else if (letter == 'G') {
        do_get(c, object, name);
    } else if (letter == 'D') {
        do_unset(c, object, name);
    } else if (letter == 'R') {
        do_decref(c, o);
    } else if (letter == 'E') {
        do_list(c, object);
    } else {
        if (letter == 'I')
            object->refcount++;
        const char *word = letter == 'I' ? "I" : "K";
        uint64_t right = letter == 'I' ? object->refcount : object->weakrefs->len;
        if (check_expect(&c->run, word, 2) && check_number(&c->run, 1) != right)
            check_fail(&c->run, letter == 'I' ? COUNTS : WEAK_COUNT,
                       "%s instead of %" G_GUINT64_FORMAT, c->run.line.words[1], right);
    }
}

/* ---- weak references ---- */

/* A weakref was made in slot w; same_as: the slot that holds the same one, or -1. */
static void see_made(layouts_check *c, model_object *object, unsigned kind, unsigned w, int same_as)
{
    for (unsigned property = WEAK_MAKE; property <= WEAK_COUNT; property++)
        check_seen(&c->run, property);
    model_weakref *shared = kind == MODEL_PLAIN ? model_shared(object) : NULL;
    int right = shared != NULL ? model_slot_of(&c->world, shared, w) : -1;
    if (same_as != right)
        check_fail(&c->run, WEAK_SHARED, "%s",
                   right >= 0 ? "a second weakref without a callback is not the first one"
                              : "a weakref is one that there was already");
    model_weakref *same = same_as >= 0 ? c->world.weakrefs[same_as] : NULL;
    if (same == NULL) {
        (void)model_weakref_new(&c->world, object, kind, w); /* it is in slot w */
    } else {
        same->refcount++;
        c->world.weakrefs[w] = same;
    }
}

static void do_weakref(layouts_check *c)
{
    model_object *object = c->world.objects[check_take(&c->run, 1) % MODEL_N_OBJECTS];
    unsigned w = (unsigned)check_take(&c->run, 1) % MODEL_N_WEAKREFS;
    unsigned kind = (unsigned)check_take(&c->run, 1) % MODEL_N_KINDS;
    if (object == NULL || c->world.weakrefs[w] != NULL) {
        expect_skip(c);
        return;
    }
    if (!check_expect(&c->run, "W", 3))
        return;
    uint64_t status = check_number(&c->run, 1);
    int64_t same_as = check_signed(&c->run, 2);
    if (same_as < -1 || same_as >= MODEL_N_WEAKREFS)
        check_forged(&c->run, "there is no such slot");
    if (c->run.stopped)
        return;
    bool takes = object->cls->layout != MODEL_SLOTS;
    if (status == NO_MEMORY && takes)
        see_refusal(c, "hw_weakref_new");
    else if (status != (takes ? OK : NOT_SUPPORTED))
        check_fail(&c->run, WEAK_MAKE,
                   "a weak reference to an object %s weak references gives "
                   "status %" G_GUINT64_FORMAT,
                   takes ? "that takes" : "of plain slots, without", status);
    if (status == OK)
        see_made(c, object, kind, w, (int)same_as);
}

static void do_ask(layouts_check *c, const model_weakref *weakref)
{
    if (!check_expect(&c->run, "T", 4))
        return;
    const model_object *referent = weakref->referent;
    int64_t right = -1;
    for (int o = 0; o < MODEL_N_OBJECTS && referent != NULL; o++) {
        if (c->world.objects[o] == referent)
            right = o;
    }
    bool alive = check_number(&c->run, 1) == 1;
    int64_t found = check_signed(&c->run, 2);
    uint64_t refcount = check_number(&c->run, 3);
    if (alive != (referent != NULL) || found != right)
        check_fail(&c->run, WEAK_GET, "a weakref whose referent is %s gives %s",
                   referent != NULL ? "alive" : "dead",
                   !alive             ? "NULL"
                   : referent != NULL ? "another object"
                                      : "an object");
    else if (referent != NULL && refcount != referent->refcount + 1)
        check_fail(&c->run, WEAK_GET,
                   "the object that it gave has %" G_GUINT64_FORMAT
                   " references instead of %" G_GUINT64_FORMAT,
                   refcount, referent->refcount + 1);
}

static void do_held(layouts_check *c, uint64_t letter)
{
    unsigned w = (unsigned)check_take(&c->run, 1) % MODEL_N_WEAKREFS;
    if (c->world.weakrefs[w] == NULL) {
        expect_skip(c);
    } else if (letter == 'T') {
        do_ask(c, c->world.weakrefs[w]);
    } else {
        model_release(&c->world, w);
        (void)check_expect(&c->run, "V", 1); /* stops the run if not */
    }
}

/* ---- the three layouts ---- */

static void do_measure(layouts_check *c)
{
    unsigned layout = (unsigned)check_take(&c->run, 1) % 3;
    if (!check_expect(&c->run, "M", 4))
        return;
    uint64_t n_objects = check_number(&c->run, 2);
    uint64_t n_bytes = check_number(&c->run, 3);
    if (check_number(&c->run, 1) != layout || n_objects == 0 || n_objects > 4096)
        check_forged(&c->run, "not what was measured");
    else if (!c->has_failed)
        c->bytes[layout] = MAX(n_bytes / n_objects, 1);
}

static void check_distinct(layouts_check *c)
{
    enum { ATTRIBUTE_BYTES = MEASURED_ATTRIBUTES * 8, WEAKREF_BYTES = 16 };
    uint64_t dict = c->bytes[MODEL_DICT];
    uint64_t slots = c->bytes[MODEL_SLOTS];
    uint64_t weakref = c->bytes[MODEL_WEAKREF];
    if (dict == 0 || slots == 0 || weakref == 0)
        return; /* the tape asks for less */
    check_seen(&c->run, DISTINCT);
    if (slots < ATTRIBUTE_BYTES)
        check_fail(&c->run, DISTINCT, "%" G_GUINT64_FORMAT " bytes cannot hold %d attributes",
                   slots, MEASURED_ATTRIBUTES);
    if (slots >= dict)
        check_fail(&c->run, DISTINCT,
                   "with %d attributes, slots take %" G_GUINT64_FORMAT " bytes and a dictionary "
                   "%" G_GUINT64_FORMAT,
                   MEASURED_ATTRIBUTES, slots, dict);
    if (weakref < slots || weakref > slots + WEAKREF_BYTES)
        check_fail(&c->run, DISTINCT,
                   "weakrefs make slots of %" G_GUINT64_FORMAT " bytes %" G_GUINT64_FORMAT
                   "; one word is to be added",
                   slots, weakref);
}

/* ---- the tape ---- */

static void do_operation(layouts_check *c, uint64_t letter)
{
    if (letter == 'C')
        do_class(c);
    else if (letter == 'N')
        do_new(c);
    else if (letter == 'M')
        do_measure(c);
    else if (letter == 'W')
        do_weakref(c);
    else if (letter == 'T' || letter == 'V')
        do_held(c, letter);
    else if (letter != 0 && strchr("IRSGDEK", (int)letter) != NULL)
        do_object(c, letter);
}

static void do_tape(layouts_check *c)
{
    uint64_t fail_next = 0;
    while (!c->run.stopped && check_has_more(&c->run)) {
        uint64_t letter = check_take(&c->run, 1);
        if (letter == 'F') {
            fail_next = check_take(&c->run, 1);
            continue;
        }
        c->may_fail = fail_next > 0;
        c->has_failed = false;
        fail_next = 0;
        do_operation(c, letter);
    }
    c->may_fail = false;
    for (unsigned o = 0; o < MODEL_N_OBJECTS; o++) {
        while (!c->run.stopped && c->world.objects[o] != NULL)
            do_decref(c, o);
    }
}

check_result *check_layouts(GBytes *tape, const char *answers, size_t n_bytes)
{
    layouts_check *c = g_new0(layouts_check, 1);
    check_run *run = &c->run;
    check_run_begin(run, properties, G_N_ELEMENTS(properties), tape, answers, n_bytes);
    run->aside = aside;
    run->model = c;
    g_queue_init(&c->callbacks);
    do_tape(c);
    check_distinct(c);
    if (check_expect(run, "left", 3)) {
        uint64_t n_blocks = check_number(run, 1);
        if (n_blocks != 0)
            check_fail(run, FREES, "%" G_GUINT64_FORMAT " blocks of %s bytes were not freed",
                       n_blocks, run->line.words[2]);
    }
    check_result *result = check_run_end(run);
    model_world_clear(&c->world);
    g_queue_clear(&c->callbacks);
    g_free(c);
    return result;
}
