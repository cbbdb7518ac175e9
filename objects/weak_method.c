#include "objects/weak_method.h"

#include "objects/scalar.h"

status weak_method_init(weak_method *m, const object *method, weakref_function *run, void *argument)
{
    if (!object_is(method, KIND_METHOD))
        return runtime_fail(method->type->rt, STATUS_TYPE_ERROR,
                            "argument should be a bound method, not '%s'",
                            method->type->name->text);
    const method_payload *bound = method_of(method);
    weakref *self = NULL;
    status s = weakref_new(value_to_object(bound->self), run, argument, &self);
    if (s == STATUS_OK)
        *m = (weak_method){self, bound->function};
    return s;
}

void weak_method_release(weak_method *m)
{
    weakref_decref(m->self);
    m->self = NULL;
}

status weak_method_get(const weak_method *m, object **ret_method)
{
    object *self = weakref_get(m->self);
    *ret_method = NULL;
    if (self == NULL)
        return STATUS_OK;
    status s = method_bind(self, m->function->name, ret_method);
    object_decref(self);
    return s;
}

bool weak_method_equal(const weak_method *a, const weak_method *b)
{
    if (!weak_method_is_alive(a) || !weak_method_is_alive(b))
        return a == b;
    return a->function == b->function &&
           value_equal(value_of_object(a->self->referent), value_of_object(b->self->referent));
}
