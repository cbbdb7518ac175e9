/*
 * proxy.h -- an object that stands for another without holding it.
 *
 * A proxy is a weakref of KIND_PROXY (weakref_new_proxy()); what is done to it is done to its
 * referent. It compares as its referent does and cannot be hashed.
 *
 * Errors: REFERENCE_ERROR "weakly-referenced object no longer exists", and those of the operation.
 * Source: semantics of CPython's weakref.proxy (no code taken).
 */
#ifndef OBJECTS_PROXY_H
#define OBJECTS_PROXY_H

#include "objects/weakref.h"

/* *ret_value is the caller's: the referent may die at any time. */
status proxy_get_attr(const weakref *proxy, const name *n, value *ret_value);
status proxy_set_attr(const weakref *proxy, const name *n, value v);
status proxy_unset_attr(const weakref *proxy, const name *n);

/* Calls a method of the referent, which is held meanwhile. */
status proxy_call(const weakref *proxy, const name *n, const value *arguments, size_t n_arguments,
                  value *ret_result);

#endif
