#include "objects/tuple.h"

object *tuple_new(runtime *rt, const value *items, size_t n)
{
    type *t = rt->builtin[KIND_TUPLE];
    object_before_new(rt);
    size_t fixed_bytes = sizeof(object) + sizeof(tuple_payload);
    bool is_inline = n <= TUPLE_INLINE_ITEMS;
    if (n > SIZE_MAX / sizeof(value) / 2)
        return NULL;
    object *o = mem_alloc(rt->objects, fixed_bytes + (is_inline ? n * sizeof(value) : 0));
    if (o == NULL)
        return NULL;
    value *held = (value *)((char *)o + fixed_bytes);
    if (!is_inline && (held = mem_alloc(rt->tables, n * sizeof(value))) == NULL) {
        mem_free_small(o);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        held[i] = items[i];
        value_incref(items[i]);
    }
    if (n == 0) {
        object_init_untracked(o, t);
    } else {
        object_init_tracked(o, t);
        o->flags |= OBJECT_LAZY | OBJECT_HOLDS;
    }
    *tuple_of(o) = (tuple_payload){n, held};
    return o;
}

bool tuple_is_atomic(const object *o)
{
    const tuple_payload *t = tuple_of(o);
    for (size_t i = 0; i < t->n; i++) {
        if (value_may_cycle(t->items[i]))
            return false;
    }
    return true;
}

void tuple_free_items(object *o)
{
    const tuple_payload *t = tuple_of(o);
    if (t->n > TUPLE_INLINE_ITEMS)
        mem_free(o->type->rt->tables, t->items);
}
