#include "objects/tests/differential/world.h"

#include "objects/dict_object.h"
#include "objects/list.h"
#include "objects/method.h"
#include "objects/scalar.h"
#include "objects/tuple.h"
#include "objects/weak_container.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHOWN_ITEMS = 6,
    SHOWN_DEPTH = 2,
    SHOWN_BYTES = 12,
    N_SLOT_KEYS = 5,
    N_MORE_KEYS = 2,
    N_WIDE_KEYS = 10
};

const char *const world_class_names[N_CLASSES] = {"Node",  "Leaf",      "Final",    "Equal",
                                                  "Slots", "SlotsRef",  "SlotsSub", "SlotsFinal",
                                                  "List",  "ListFinal", "Dict"};

const char *const world_attribute_names[WORLD_NAMES] = {
    "a", "b", "c", "d", "e", "g", "h", "i", "j", "k", "l", "m", "n",
    "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "none"};

/* ---- the transcript ---- */

/* The analyzer of clang 14 does not see that va_start() sets its list, here and in world_note(). */
static void append(world *w, const char *format, va_list arguments)
{
    size_t room = sizeof(w->line) - w->n_bytes;
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    int n = vsnprintf(w->line + w->n_bytes, room, format, arguments);
    w->n_bytes += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

void world_say(world *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append(w, format, arguments);
    va_end(arguments);
}

void world_note(world *w, const char *format, ...)
{
    if (w->out == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("  ", w->out);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vfprintf(w->out, format, arguments);
    (void)fputc('\n', w->out);
    va_end(arguments);
}

void world_finish_line(world *w, const char *operation)
{
    if (w->out != NULL)
        (void)fprintf(w->out, "%s:%s\n", operation, w->line);
    w->n_bytes = 0;
    w->line[0] = '\0';
}

/* ---- values ---- */

static int64_t label_of(const world *w, const object *o)
{
    value v = VALUE_NONE;
    return object_get_attr(o, w->label, &v) == STATUS_OK && value_is_int(v) ? value_to_int(v) : 0;
}

static bool is_class(const object *o)
{
    return object_is(o, KIND_INSTANCE) || o->type->base != NULL;
}

static void show_at(world *w, value v, unsigned depth);

static void show_items(world *w, const value *items, size_t n, unsigned depth)
{
    for (size_t i = 0; i < n && i < SHOWN_ITEMS; i++) {
        world_say(w, i > 0 ? ", " : "");
        show_at(w, items[i], depth + 1);
    }
    if (n > SHOWN_ITEMS)
        world_say(w, ", %zu more", n - SHOWN_ITEMS);
}

static void show_pairs(world *w, const object *o, unsigned depth)
{
    size_t at = 0;
    value key = VALUE_NONE;
    value v = VALUE_NONE;
    size_t n = dict_object_length(o);
    for (size_t i = 0; i < SHOWN_ITEMS && dict_object_next(o, &at, &key, &v); i++) {
        world_say(w, i > 0 ? ", " : "");
        show_at(w, key, depth + 1);
        world_say(w, ": ");
        show_at(w, v, depth + 1);
    }
    if (n > SHOWN_ITEMS)
        world_say(w, ", %zu more", n - SHOWN_ITEMS);
}

static void show_str(world *w, const object *o)
{
    const str_payload *s = str_of(o);
    world_say(w, "'%.*s'%zu", SHOWN_BYTES, s->text, s->n_bytes);
}

static void show_contents(world *w, const object *o, unsigned depth)
{
    const weakref *r = (const weakref *)(const void *)o;
    switch (o->type->kind) {
    case KIND_TUPLE:
        world_say(w, "(");
        show_items(w, tuple_of(o)->items, tuple_of(o)->n, depth);
        world_say(w, ")");
        break;
    case KIND_LIST:
        world_say(w, "[");
        show_items(w, list_of(o)->items, list_of(o)->n, depth);
        world_say(w, "]");
        break;
    case KIND_DICT:
        world_say(w, "{");
        show_pairs(w, o, depth);
        world_say(w, "}");
        break;
    case KIND_WEAKREF:
        world_say(w, "ref ");
        show_at(w, value_of_object(r->referent), SHOWN_DEPTH);
        break;
    case KIND_METHOD:
        world_say(w, "method %s of ", method_of(o)->function->name->text);
        show_at(w, method_of(o)->self, SHOWN_DEPTH);
        break;
    default:
        break;
    }
}

static void show_at(world *w, value v, unsigned depth)
{
    if (!value_is_object(v)) {
        if (v == VALUE_NONE)
            world_say(w, "nothing");
        else
            world_say(w, "%lld", (long long)value_to_int(v));
        return;
    }
    const object *o = value_to_object(v);
    if (is_class(o))
        world_say(w, "%s#%lld", o->type->name->text, (long long)label_of(w, o));
    if (object_is(o, KIND_PROXY) || kind_is_weak_container(o->type->kind))
        world_say(w, "weak");
    else if (object_is(o, KIND_FLOAT))
        world_say(w, "%.4f", float_number(o));
    else if (object_is(o, KIND_STR))
        show_str(w, o);
    else if (depth < SHOWN_DEPTH)
        show_contents(w, o, depth);
    else if (!is_class(o))
        world_say(w, "%s", o->type->name->text);
}

void world_show(world *w, value v)
{
    world_say(w, " ");
    show_at(w, v, 0);
}

void world_put(world *w, int64_t slot, value v)
{
    value old = w->slots[slot];
    w->slots[slot] = v;
    value_incref(v); /* a callback may empty the slot; the interpreter still has the operand */
    value_decref(old);
    value_decref(v);
}

/* ---- callbacks and finalizers ---- */

world_callback *world_callback_new(world *w, const object *o, int64_t number, int drops)
{
    world_callback *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return NULL;
    *c = (world_callback){.w = w, .next = w->callbacks, .number = number, .drops = drops};
    (void)snprintf(c->referent, sizeof(c->referent), "%s#%lld", o->type->name->text,
                   (long long)label_of(w, o)); /* fits */
    w->callbacks = c;
    return c;
}

void world_called(weakref *r, void *argument)
{
    world_callback *c = argument;
    object *referent = weakref_get(r);
    world_note(c->w, "%s callback %lld %s", c->referent, (long long)c->number,
               referent == NULL ? "dead" : "alive");
    object_decref(referent);
    if (c->drops >= 0)
        world_put(c->w, c->drops, VALUE_NONE);
}

void world_finalized(void *argument)
{
    const world_callback *c = argument;
    world_note(c->w, "%s finalized %lld", c->referent, (long long)c->number);
}

static void rescue(world *w, int64_t label, object *o)
{
    world_rescued *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return;
    object_incref(o);
    *r = (world_rescued){NULL, label, o};
    world_rescued **last = &w->rescued;
    while (*last != NULL)
        last = &(*last)->next;
    *last = r;
}

static void refer_to_self(world *w, object *self)
{
    int64_t label = label_of(w, self);
    weakref *r = NULL;
    world_callback *c = world_callback_new(w, self, -label, -1);
    if (c == NULL || weakref_new(self, world_called, c, &r) != STATUS_OK)
        return;
    rescue(w, label, &r->head);
    weakref_decref(r);
}

static void finalize(object *self, void *argument)
{
    world *w = argument;
    value mode = value_of_int(FINALIZER_TELLS);
    if (!w->is_done)
        (void)object_get_attr(self, w->mode, &mode); /* unset: tells */
    long long label = label_of(w, self);
    const char *class_name = self->type->name->text;
    world_note(w, "%s#%lld final %lld", class_name, label, (long long)value_to_int(mode));
    switch ((world_finalizer)value_to_int(mode)) {
    case FINALIZER_RESCUES:
        rescue(w, label, self);
        break;
    case FINALIZER_UNSETS:
        (void)object_unset_attr(self, w->names[0]); /* it may not be set */
        break;
    case FINALIZER_COLLECTS: {
        size_t n = collector_collect(w->rt, COLLECTOR_OLDEST);
        if (w->counts)
            world_note(w, "%s#%lld collected %zu", class_name, label, n);
        break;
    }
    case FINALIZER_REFERS:
        refer_to_self(w, self);
        break;
    default:
        break;
    }
}

/* ---- classes ---- */

static uint64_t hash_by_label(const object *o)
{
    const world *w = o->type->finalizer_argument;
    return (uint64_t)label_of(w, o) % 4;
}

static bool equal_by_label(const object *a, const object *b)
{
    return hash_by_label(a) == hash_by_label(b);
}

static status say_label(object *self, const value *arguments, size_t n_arguments, value *ret_result)
{
    (void)arguments;
    (void)n_arguments;
    const name *label = name_intern(&self->type->rt->names, "label");
    return object_get_attr(self, label, ret_result);
}

static bool make_class(world *w, world_class number, type_layout layout, const type *base)
{
    static const char *const slot_keys[N_SLOT_KEYS] = {"a", "b", "c", "f", "label"};
    static const char *const more_keys[N_MORE_KEYS] = {"d", "e"};
    static const char *const wide_keys[N_WIDE_KEYS] = {"label", "f", "a", "b", "c",
                                                       "d",     "e", "g", "h", "i"};
    type_spec spec = {.name = world_class_names[number], .layout = layout, .base = base};
    if (layout != LAYOUT_DICT && base == NULL) {
        spec.keys = slot_keys;
        spec.n_keys = N_SLOT_KEYS;
    } else if (layout == LAYOUT_DICT && w->is_wide && number != CLASS_LEAF) {
        spec.keys = wide_keys;
        spec.n_keys = N_WIDE_KEYS;
    } else if (number == CLASS_SLOTS_SUB) {
        spec.keys = more_keys;
        spec.n_keys = N_MORE_KEYS;
    }
    if (type_new(w->rt, &spec, &w->types[number]) != STATUS_OK)
        return false;
    return type_add_method(w->types[number], "tell", say_label) == STATUS_OK;
}

static bool make_classes(world *w)
{
    type *const *t = w->types;
    bool ok = make_class(w, CLASS_NODE, LAYOUT_DICT, NULL) &&
              make_class(w, CLASS_LEAF, LAYOUT_DICT, t[CLASS_NODE]) &&
              make_class(w, CLASS_FINAL, LAYOUT_DICT, NULL) &&
              make_class(w, CLASS_EQUAL, LAYOUT_DICT, NULL) &&
              make_class(w, CLASS_SLOTS, LAYOUT_SLOTS, NULL) &&
              make_class(w, CLASS_SLOTS_REF, LAYOUT_WEAKREF, NULL) &&
              make_class(w, CLASS_SLOTS_SUB, LAYOUT_WEAKREF, t[CLASS_SLOTS_REF]) &&
              make_class(w, CLASS_SLOTS_FINAL, LAYOUT_WEAKREF, t[CLASS_SLOTS_REF]) &&
              make_class(w, CLASS_LIST, LAYOUT_DICT, w->rt->builtin[KIND_LIST]) &&
              make_class(w, CLASS_LIST_FINAL, LAYOUT_DICT, w->rt->builtin[KIND_LIST]) &&
              make_class(w, CLASS_DICT, LAYOUT_DICT, w->rt->builtin[KIND_DICT]);
    if (!ok)
        return false;
    type_set_finalizer(t[CLASS_FINAL], finalize, w);
    type_set_finalizer(t[CLASS_SLOTS_FINAL], finalize, w);
    type_set_finalizer(t[CLASS_LIST_FINAL], finalize, w);
    type_set_finalizer(t[CLASS_EQUAL], NULL, w); /* equal_by_label() finds the world there */
    type_set_identity(t[CLASS_EQUAL], (type_identity){hash_by_label, equal_by_label});
    return true;
}

static bool make_names(world *w)
{
    bool ok = true;
    for (int i = 0; i < WORLD_NAMES; i++) {
        w->names[i] = name_intern(&w->rt->names, world_attribute_names[i]);
        ok = ok && w->names[i] != NULL;
    }
    w->label = name_intern(&w->rt->names, "label");
    w->mode = name_intern(&w->rt->names, "f");
    return ok && w->label != NULL && w->mode != NULL;
}

world *world_new(FILE *out, const world_options *options)
{
    world *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return NULL;
    w->out = out;
    w->counts = true;
    w->is_wide = options->is_wide;
    w->rt = runtime_new(options->heaps);
    if (w->rt == NULL || !make_names(w) || !make_classes(w)) {
        world_delete(w);
        return NULL;
    }
    const uint32_t never[COLLECTOR_GENERATIONS] = {0, 10, 10};
    collector_set_thresholds(w->rt, never);
    if (!options->is_listed)
        collector_disable(w->rt);
    return w;
}

/* ---- the end ---- */

static void drop_everything(world *w)
{
    for (int i = 0; i < WORLD_SLOTS; i++)
        world_put(w, i, VALUE_NONE);
    while (w->rescued != NULL) {
        world_rescued *r = w->rescued;
        w->rescued = r->next;
        object_decref(r->o);
        free(r);
    }
    for (int i = 0; i < WORLD_FINALIZERS; i++) {
        finalizer_release(w->finalizers[i]);
        w->finalizers[i] = NULL;
    }
    collector_save_all(w->rt, false);
    collector_drop_garbage(w->rt);
    collector_unfreeze(w->rt);
    (void)collector_collect(w->rt, COLLECTOR_OLDEST);
}

const char *world_end(world *w)
{
    const char *why = NULL;
    w->is_done = true;
    drop_everything(w);
    drop_everything(w); /* what a collection in a finalizer left */
    heap_stats objects;
    heap_stats tables;
    heap_get_stats(w->rt->objects, &objects);
    heap_get_stats(w->rt->tables, &tables);
    if (!collector_is_valid(w->rt, &why) || !heap_is_valid(w->rt->objects, &why) ||
        !heap_is_valid(w->rt->tables, &why))
        return why;
    if (objects.n_blocks_live != 0)
        return "objects are left";
    return tables.n_blocks_live + tables.n_large != 0 ? "tables are left" : NULL;
}

void world_delete(world *w)
{
    if (w == NULL)
        return;
    while (w->rescued != NULL) {
        world_rescued *next = w->rescued->next;
        free(w->rescued);
        w->rescued = next;
    }
    while (w->callbacks != NULL) {
        world_callback *next = w->callbacks->next;
        free(w->callbacks);
        w->callbacks = next;
    }
    runtime_delete(w->rt);
    free(w);
}
