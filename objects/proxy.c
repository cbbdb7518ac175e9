#include "objects/proxy.h"

/* A strong reference to the referent. */
static status open_proxy(const weakref *proxy, object **ret_referent)
{
    *ret_referent = weakref_get(proxy);
    if (*ret_referent != NULL)
        return STATUS_OK;
    return runtime_fail(proxy->head.type->rt, STATUS_REFERENCE_ERROR,
                        "weakly-referenced object no longer exists");
}

status proxy_get_attr(const weakref *proxy, const name *n, value *ret_value)
{
    object *referent = NULL;
    status s = open_proxy(proxy, &referent);
    if (s != STATUS_OK)
        return s;
    value v = VALUE_NONE;
    s = object_get_attr(referent, n, &v);
    if (s == STATUS_OK) {
        value_incref(v);
        *ret_value = v;
    }
    object_decref(referent);
    return s;
}

status proxy_set_attr(const weakref *proxy, const name *n, value v)
{
    object *referent = NULL;
    status s = open_proxy(proxy, &referent);
    if (s == STATUS_OK)
        s = object_set_attr(referent, n, v);
    object_decref(referent);
    return s;
}

status proxy_unset_attr(const weakref *proxy, const name *n)
{
    object *referent = NULL;
    status s = open_proxy(proxy, &referent);
    if (s == STATUS_OK)
        s = object_unset_attr(referent, n);
    object_decref(referent);
    return s;
}

status proxy_call(const weakref *proxy, const name *n, const value *arguments, size_t n_arguments,
                  value *ret_result)
{
    object *referent = NULL;
    status s = open_proxy(proxy, &referent);
    if (s != STATUS_OK)
        return s;
    const type_method *method = type_find_method(referent->type, n);
    if (method == NULL)
        s = runtime_fail(referent->type->rt, STATUS_ATTRIBUTE_ERROR,
                         "'%s' object has no attribute '%s'", referent->type->name->text, n->text);
    else
        s = method->run(referent, arguments, n_arguments, ret_result);
    object_decref(referent);
    return s;
}
