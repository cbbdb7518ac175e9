#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "harness/python/heap_module.h"

static const heap *heap_shown; /* set once, before the interpreter starts */

static PyObject *heap_dict(PyObject *self, PyObject *no_arguments)
{
    (void)self;
    (void)no_arguments;
    if (heap_shown == NULL)
        Py_RETURN_NONE;
    heap_stats stats;
    heap_get_stats(heap_shown, &stats);
    return Py_BuildValue("{s:n,s:n,s:n,s:n,s:n}", "arenas", (Py_ssize_t)stats.n_arenas,
                         "pools_used", (Py_ssize_t)stats.n_pools_used, "blocks_live",
                         (Py_ssize_t)stats.n_blocks_live, "live_bytes",
                         (Py_ssize_t)stats.live_bytes, "large", (Py_ssize_t)stats.n_large);
}

static PyObject *heap_has(PyObject *self, PyObject *object)
{
    (void)self;
    return PyBool_FromLong(heap_owns(object));
}

static PyMethodDef methods[] = {
    {"heap", heap_dict, METH_NOARGS, "Figures of the heap, or None on pymalloc."},
    {"owns", heap_has, METH_O, "True if the object's memory starts in an arena of the heap."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "_objlab", .m_size = 0, .m_methods = methods};

static PyObject *make_module(void)
{
    return PyModuleDef_Init(&module);
}

bool heap_module_install(const heap *h)
{
    heap_shown = h;
    return PyImport_AppendInittab("_objlab", make_module) == 0;
}
