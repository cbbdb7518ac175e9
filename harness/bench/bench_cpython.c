/*
 * bench_cpython -- the worker in which CPython is measured through its C API, without interpreting.
 *
 * Objects of three classes, made by tp_new and stored to as CPython's own specialised
 * instructions do: dict-backed through PyObject_GenericSetAttr with interned names, slots through
 * the member's offset. Values are small integers that exist already. The collector is off but
 * where a figure says otherwise. Blocks come from PyObject_Malloc: obmalloc.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include "harness/bench/alloc_kernels.h"

static const char class_source[] =
    "class Dict: pass\n"
    "class Slots: __slots__ = ('a', 'b', 'c', 'd')\n"
    "class Weakref: __slots__ = ('a', 'b', 'c', 'd', '__weakref__')\n";

enum { N_LAYOUTS = 3, N_ATTRIBUTES = 4 };

/* Filled once by prepare(); everything lives as long as the process. */
static struct {
    PyTypeObject *types[N_LAYOUTS];
    PyObject *names[N_ATTRIBUTES];
    PyObject *values[128];
    PyObject *no_arguments;
    Py_ssize_t offsets[N_LAYOUTS][N_ATTRIBUTES];
} py;

static inline __attribute__((always_inline)) void *runtime_create(int layout, uint64_t i)
{
    PyTypeObject *type = py.types[layout];
    PyObject *object = type->tp_new(type, py.no_arguments, NULL);
    for (int a = 0; a < N_ATTRIBUTES && object != NULL; a++) {
        PyObject *value = py.values[(i + (uint64_t)a) & 127];
        if (layout == 0)
            (void)PyObject_GenericSetAttr(object, py.names[a], value);
        else
            *(PyObject **)((char *)object + py.offsets[layout][a]) = Py_NewRef(value);
    }
    return object;
}

static inline void runtime_destroy(void *object)
{
    Py_DECREF((PyObject *)object);
}

static inline uint64_t runtime_get(void *object, int attribute)
{
    PyObject *value = PyObject_GenericGetAttr(object, py.names[attribute]);
    uint64_t result = (uint64_t)(uintptr_t)value;
    Py_DECREF(value);
    return result;
}

static inline void runtime_set(void *object, int attribute, uint64_t value)
{
    (void)PyObject_GenericSetAttr(object, py.names[attribute], py.values[value & 127]);
}

static inline void runtime_unset(void *object, int attribute)
{
    (void)PyObject_GenericSetAttr(object, py.names[attribute], NULL);
}

static inline void *runtime_weakref(void *object)
{
    return PyWeakref_NewRef(object, NULL);
}

static inline void *runtime_deref(void *weakref)
{
    return PyWeakref_GET_OBJECT((PyObject *)weakref);
}

static inline void runtime_link(void *object, void *other)
{
    (void)PyObject_GenericSetAttr(object, py.names[N_ATTRIBUTES - 1], other);
}

static inline size_t runtime_collect(void)
{
    (void)PyGC_Enable(); /* PyGC_Collect() does nothing while it is off */
    Py_ssize_t n_found = PyGC_Collect();
    (void)PyGC_Disable();
    return (size_t)n_found;
}

static inline void runtime_collector(bool on)
{
    if (on)
        (void)PyGC_Enable();
    else
        (void)PyGC_Disable();
}

static inline void runtime_weakref_drop(void *weakref)
{
    Py_DECREF((PyObject *)weakref);
}

/* The kernels call the functions above. */
#include "harness/bench/collector_kernels.h"

ALLOC_KERNELS(obmalloc, PyObject_Malloc, PyObject_Free)
OBJECT_KERNELS(timed)
COLLECTOR_KERNELS(timed)

/* ---- set-up ---- */

static bool find_offsets(int layout)
{
    for (int a = 0; layout > 0 && a < N_ATTRIBUTES; a++) {
        PyObject *member = PyObject_GetAttr((PyObject *)py.types[layout], py.names[a]);
        if (member == NULL || Py_TYPE(member) != &PyMemberDescr_Type)
            return false;
        py.offsets[layout][a] = ((PyMemberDescrObject *)member)->d_member->offset;
    }
    return true;
}

static bool prepare(void)
{
    static const char *const class_names[N_LAYOUTS] = {"Dict", "Slots", "Weakref"};
    static const char *const attribute_names[N_ATTRIBUTES] = {"a", "b", "c", "d"};
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config.site_import = 0;
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status) != 0 || PyRun_SimpleString(class_source) != 0)
        return false;
    (void)PyGC_Disable();
    for (int a = 0; a < N_ATTRIBUTES; a++)
        py.names[a] = PyUnicode_InternFromString(attribute_names[a]);
    for (int i = 0; i < 128; i++)
        py.values[i] = PyLong_FromLong(i);
    py.no_arguments = PyTuple_New(0);
    PyObject *module = PyImport_AddModule("__main__");
    for (int layout = 0; layout < N_LAYOUTS; layout++) {
        PyObject *type = PyObject_GetAttrString(module, class_names[layout]);
        if (type == NULL)
            return false;
        py.types[layout] = (PyTypeObject *)type;
        if (!find_offsets(layout))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const worker_step steps[] = {
        ALLOC_STEPS(obmalloc),
        OBJECT_STEPS(timed, "dict", 0),
        COLLECTOR_STEPS(timed, "dict", 0),
        OBJECT_STEPS(timed, "slots", 1),
        COLLECTOR_STEPS(timed, "slots", 1),
        OBJECT_STEPS(timed, "weakref", 2),
        OBJECT_WEAKREF_STEPS(timed, "weakref", 2),
    };
    if (!prepare()) {
        (void)puts("fail CPython cannot be initialised");
        return 2;
    }
    return worker_main(argc, argv, steps, sizeof steps / sizeof steps[0]);
}
