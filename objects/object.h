/*
 * object.h -- objects: header, reference count, attributes by name.
 *
 *   0          4        6       8          16
 *   | refcount | listed | flags | type     | what the type's kind and layout say (type.h)
 *
 * A free block begins with the address of the next free one, whose two top bytes are 0: where the
 * flags of an object are, which are never 0. So the collector tells objects from free blocks as it
 * walks the pools.
 *
 * Ownership: object_new() and weakref_get() return strong references; arguments are borrowed; an
 *            attribute holds a strong reference to its value.
 * Lifetime:  the last object_decref() runs the finalizer (once in an object's life; it may bring
 *            the object back), kills the weak references, runs their callbacks, releases what the
 *            object holds and frees the block, at once. Cycles stay until the collector finds
 *            them (collector.h).
 * Limits:    2^32 - 1 references to one object.
 * Errors:    status, and a message in runtime_error().
 */
#ifndef OBJECTS_OBJECT_H
#define OBJECTS_OBJECT_H

#include "objects/dict.h"
#include "objects/type.h"
#include "objects/value.h"

typedef struct object {
    uint32_t refcount;
    uint16_t listed; /* its place in its generation's list, or OBJECT_UNLISTED */
    uint16_t flags;  /* OBJECT_LIVE, a rank, and more */
    type *type;
} object;

#define OBJECT_UNLISTED UINT16_MAX

enum {
    /* the rank, in the lowest three bits: the generation, or one of these */
    OBJECT_RANK = 7,
    OBJECT_PERMANENT = 6,
    OBJECT_UNTRACKED = 7,

    OBJECT_LIVE = 8,       /* set in every object */
    OBJECT_FINALIZED = 16, /* its finalizer has run */
    OBJECT_VISITED = 32,   /* marked in the last collection that it was part of */
    OBJECT_GARBAGE = 64,   /* unreachable, while a collection runs */
    OBJECT_SAVED = 128,    /* of the garbage: brought back to life */
    OBJECT_HASHED = 256,   /* a weakref whose hash is to be remembered */
    OBJECT_HOLDS = 1024,   /* may hold references: an instance that was given one, any container */
    OBJECT_LAZY = 512,     /* a tuple or plain dict: tracked only while it need be */
    OBJECT_CARE = 2048,    /* no plain instance; or one with a finalizer, or that was ever referred
                              to weakly or given a dict of its own */
    OBJECT_SHARES = 4096   /* the first of its weakrefs is the shared one */
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(void *) == 8,
               "the flags lie over the two top bytes of an address");

static inline unsigned object_rank(const object *o)
{
    return o->flags & OBJECT_RANK;
}

/* As wide as a value, but a type of its own, so that the compiler knows: to store a value does not
 * change the attributes. */
typedef unsigned long long object_attributes;

_Static_assert(sizeof(object_attributes) == sizeof(value), "a word");

/* What follows the header of LAYOUT_DICT and, in part, LAYOUT_WEAKREF. */
typedef struct object_words {
    object head;
    struct weakref *weakrefs;
    object_attributes attributes; /* LAYOUT_DICT */
} object_words;

/* The word `attributes`, see type.h. */
enum { OBJECT_COUNT_SHIFT = 4, OBJECT_ORDER_SHIFT = 8, OBJECT_INDEX_BITS = 4 };
#define OBJECT_CAPACITY_MASK ((object_attributes)15)

static inline unsigned object_n_inline_set(object_attributes attributes)
{
    return (unsigned)(attributes >> OBJECT_COUNT_SHIFT & 15);
}

/* The word after an attribute was set that was not. */
static inline object_attributes object_order_append(object_attributes attributes, unsigned index)
{
    unsigned shift = OBJECT_ORDER_SHIFT + OBJECT_INDEX_BITS * object_n_inline_set(attributes);
    return (attributes + ((object_attributes)1 << OBJECT_COUNT_SHIFT)) | (object_attributes)index
                                                                             << shift;
}

static inline object_words *object_words_of(const object *o)
{
    return (object_words *)(uintptr_t)o;
}

static inline value *object_values(const object *o)
{
    return (value *)((char *)(uintptr_t)o + o->type->values_offset);
}

/* What a kind adds to the header: list.h, tuple.h and others say what it is. */
static inline void *object_payload(const object *o)
{
    return (char *)(uintptr_t)o + o->type->payload_offset;
}

/* Puts a new object into the list of the youngest. object_before_new() has been asked. */
static inline void object_list_new(object *o, collector *c)
{
    if (c->is_enabled) {
        collector_list *list = &c->young[0];
        o->listed = (uint16_t)list->n_objects;
        list->objects[list->n_objects++] = o;
    }
}

/* The header of a new object that the collector follows. object_before_new() has been asked. */
static inline void object_init_tracked(object *o, type *t)
{
    *o = (object){1, OBJECT_UNLISTED, OBJECT_LIVE | OBJECT_CARE, t}; /* rank: generation 0 */
    object_list_new(o, &t->rt->collector);
}

/* The header of one that can be part of no cycle. */
static inline void object_init_untracked(object *o, type *t)
{
    *o = (object){1, OBJECT_UNLISTED, OBJECT_LIVE | OBJECT_CARE | OBJECT_UNTRACKED, t};
}

/* Asked before a block is taken for a tracked object: a collection may be due. */
static inline void object_before_new(runtime *rt)
{
    collector *c = &rt->collector;
    if (c->is_enabled && __builtin_expect(c->young[0].n_objects >= c->young[0].limit, 0))
        collector_step(rt);
}

/* The first n_bytes of a new instance, in whole units: at least one. */
static inline void object_copy_image(object *o, const type *t, size_t n_bytes)
{
    const type_unit *image = t->image;
    type_unit *unit = (type_unit *)(void *)o;
    const type_unit *end = (const type_unit *)(const void *)((const char *)image + n_bytes);
    do {
        *unit++ = *image++;
        __asm__("" : "+r"(unit)); /* no code: a few copies, not a call of memcpy() */
    } while (image < end);
}

/* A new instance without attributes: a copy of its type's image. Errors: NULL without memory.
 * Owner: the caller. */
static inline object *object_new(type *t)
{
    object_before_new(t->rt);
    object *o = heap_alloc_class(t->rt->objects, t->size_class);
    if (__builtin_expect(o == NULL, 0))
        return NULL;
    object_copy_image(o, t, heap_class_bytes(t->size_class));
    object_list_new(o, &t->rt->collector);
    return o;
}

/* The refcount fell to 0. Cost: of a plain instance, a call; object_decref() saves it. */
void object_destroy(object *o);

/* True if destroying it is no more than giving its block back: it was never given a reference, none
 * ever referred to it weakly, and it is in no list. Cost: its header is read. */
static inline bool object_is_plain(const object *o)
{
    return (o->flags & (OBJECT_HOLDS | OBJECT_CARE)) == 0 && o->listed == OBJECT_UNLISTED;
}

static inline void object_incref(object *o)
{
    o->refcount++;
}

/* NULL is fine. */
static inline void object_decref(object *o)
{
    if (o == NULL || --o->refcount != 0)
        return;
    if (__builtin_expect(object_is_plain(o), 1))
        mem_free_small(o);
    else
        object_destroy(o);
}

static inline void value_incref(value v)
{
    if (value_is_object(v))
        value_to_object(v)->refcount++;
}

/* An object that held no reference until now. Not inlined: it happens to it once. */
void object_start_holding(object *o);

/* Takes a reference to v for an object that is to hold it. */
static inline void object_hold(object *o, value v)
{
    if (value_is_object(v)) {
        if ((o->flags & OBJECT_HOLDS) == 0)
            object_start_holding(o);
        value_to_object(v)->refcount++;
    }
}

static inline void object_put(object *o, value *place, value v)
{
    object_hold(o, v);
    *place = v;
}

/* For an object just made: it is young. */
static inline void object_put_first(object *o, value *place, value v)
{
    if (value_is_object(v)) {
        o->flags |= OBJECT_HOLDS;
        value_to_object(v)->refcount++;
    }
    *place = v;
}

/* object_make() knows the order of so many attributes: index i in the place of the i-th. */
#define OBJECT_ORDER_OF_KEYS UINT64_C(0xEDCBA9876543210)

/* A new instance of which the first n keys are set, as C(a, b, ...) does: no name is looked up.
 * values: n of them, n <= t->n_keys and n <= t->n_inline; integers or objects, of which it takes a
 * reference each. Errors: NULL without memory. Owner: the caller. */
static inline __attribute__((always_inline)) object *object_make(type *t, const value *values,
                                                                 unsigned n)
{
    object_before_new(t->rt);
    object *o = heap_alloc_class(t->rt->objects, t->size_class);
    if (__builtin_expect(o == NULL, 0))
        return NULL;
    object_copy_image(o, t, t->values_offset);
    if (t->layout == LAYOUT_DICT) {
        uint64_t order = OBJECT_ORDER_OF_KEYS & ((UINT64_C(1) << (OBJECT_INDEX_BITS * n)) - 1);
        object_words_of(o)->attributes |= order << OBJECT_ORDER_SHIFT | n << OBJECT_COUNT_SHIFT;
    }
    value *places = (value *)((char *)o + t->values_offset);
    switch (
        n) { /* a loop only for many: so a compiler that knows n and the values can do its part */
    default:
        for (unsigned i = 4; i < n; i++)
            object_put_first(o, &places[i], values[i]);
        __attribute__((fallthrough));
    case 4:
        object_put_first(o, &places[3], values[3]);
        __attribute__((fallthrough));
    case 3:
        object_put_first(o, &places[2], values[2]);
        __attribute__((fallthrough));
    case 2:
        object_put_first(o, &places[1], values[1]);
        __attribute__((fallthrough));
    case 1:
        object_put_first(o, &places[0], values[0]);
        __attribute__((fallthrough));
    case 0:
        break;
    }
    for (unsigned i = n; i < t->n_inline; i++)
        places[i] = VALUE_NONE;
    object_list_new(o, &t->rt->collector);
    return o;
}

static inline void value_decref(value v)
{
    if (value_is_object(v) && --value_to_object(v)->refcount == 0)
        object_destroy(value_to_object(v));
}

/* False for what can never be part of a cycle: numbers, strs, and tuples that are not tracked any
 * more. A dict that is not tracked may be later. */
static inline bool value_may_cycle(value v)
{
    if (!value_is_object(v))
        return false;
    const object *o = value_to_object(v);
    switch (o->type->kind) {
    case KIND_FLOAT:
    case KIND_STR:
        return false;
    case KIND_TUPLE:
        return object_rank(o) != OBJECT_UNTRACKED;
    default:
        return true;
    }
}

/* ---- attributes ---- */

/* Reads an attribute: *ret_value is borrowed, and left alone on error. ATTRIBUTE_ERROR. */
status object_get_attr(const object *o, const name *n, value *ret_value);

/* Sets one; v: an integer or an object. Slots refuse unknown names. ATTRIBUTE_ERROR, MEMORY_ERROR.
 */
status object_set_attr(object *o, const name *n, value v);

/* Deletes one. ATTRIBUTE_ERROR. */
status object_unset_attr(object *o, const name *n);

size_t object_n_attributes(const object *o);

/* The i-th attribute, 0 <= i < n: DICT in the order of insertion, slots in theirs. */
void object_attribute(const object *o, size_t i, const name **ret_name, value *ret_value);

/*
 * A place in a program where one attribute is used: it remembers where the last type kept it, so
 * that objects of that type are served without a search. Start with the name; the rest is 0.
 */
typedef struct object_site {
    const name *name;
    const type *type;
    uint16_t offset; /* of the value in an instance */
    uint16_t index;
    bool is_slot;
} object_site;

/* Fills the site for the type of an object, if that type has the name as a key. */
void object_site_learn(object_site *site, const object *o);

/* True if the value lies in the object where the site says. */
static inline bool object_site_fits(const object_site *site, const object *o)
{
    return o->type == site->type &&
           (site->is_slot || (object_words_of(o)->attributes & OBJECT_CAPACITY_MASK) > site->index);
}

static inline value *object_site_value(const object_site *site, const object *o)
{
    return (value *)((char *)(uintptr_t)o + site->offset);
}

/* object_get_attr() at a site. Cost when the site fits: two comparisons and a load. */
static inline status object_get_at(object_site *site, const object *o, value *ret_value)
{
    if (__builtin_expect(object_site_fits(site, o), 1)) {
        value v = *object_site_value(site, o);
        if (__builtin_expect(v != VALUE_NONE, 1)) {
            *ret_value = v;
            return STATUS_OK;
        }
    } else {
        object_site_learn(site, o);
    }
    return object_get_attr(o, site->name, ret_value);
}

/* object_set_at() where the site does not fit: it learns. */
status object_set_at_new(object_site *site, object *o, value v);

/* object_set_attr() at a site. Cost when the site fits and the attribute is set: as
 * object_get_at(). */
static inline status object_set_at(object_site *site, object *o, value v)
{
    if (__builtin_expect(!object_site_fits(site, o), 0))
        return object_set_at_new(site, o, v);
    value *held = object_site_value(site, o);
    value old = *held;
    if (old == VALUE_NONE && !site->is_slot) {
        object_attributes *attributes = &object_words_of(o)->attributes;
        *attributes = object_order_append(*attributes, site->index);
    }
    object_put(o, held, v);
    value_decref(old);
    return STATUS_OK;
}

/* Checks that the order, the values and the keys of an instance agree. */
bool object_is_valid(const object *o);

/* ---- what an object holds ---- */

/* Places of references: n values, `stride` words apart. Those that are no object count for nothing.
 */
typedef struct value_span {
    value *first;
    size_t n, stride;
} value_span;

enum { OBJECT_MAX_SPANS = 3 };

/* Every place where the object can hold a reference to another. Returns the number of spans. */
unsigned object_spans(const object *o, value_span ret_spans[OBJECT_MAX_SPANS]);

/* Releases all that it holds; it stays a valid, empty object (a tuple: of no items). */
void object_clear(object *o);

/* True if the type has a finalizer that has not run; false once it has. */
bool object_finalize(object *o);

#endif
