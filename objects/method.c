#include "objects/method.h"

status method_bind(object *self, const name *n, object **ret_method)
{
    runtime *rt = self->type->rt;
    const type_method *function = type_find_method(self->type, n);
    if (function == NULL)
        return runtime_fail(rt, STATUS_ATTRIBUTE_ERROR, "'%s' object has no attribute '%s'",
                            self->type->name->text, n->text);
    object *o = object_new(rt->builtin[KIND_METHOD]);
    if (o == NULL)
        return runtime_fail(rt, STATUS_MEMORY_ERROR, "no memory for a method");
    self->refcount++;
    *(method_payload *)object_payload(o) = (method_payload){value_of_object(self), function};
    *ret_method = o;
    return STATUS_OK;
}

status method_call(const object *method, const value *arguments, size_t n_arguments,
                   value *ret_result)
{
    const method_payload *m = method_of(method);
    return m->function->run(value_to_object(m->self), arguments, n_arguments, ret_result);
}
