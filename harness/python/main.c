/*
 * objlab-python -- python3 whose objects live in our pools: CPython, embedded, on objects/heap.h.
 *
 * The command line is python3's. The environment says the rest, since tests of CPython start
 * further interpreters, which inherit it:
 *
 *   OBJLAB_PYTHON_ALLOCATOR  pool (default) or pymalloc, CPython's own
 *   OBJLAB_PYTHON_HOOKS      1: CPython's debug hooks on top: guard bytes, fill patterns, GIL check
 *   OBJLAB_PYTHON_DEFECT     KIND or KIND:FIRST, see defect.h: a seeded defect below the hooks
 *   OBJLAB_PYTHON_CHECK      1: when Python has finished, heap_is_valid() walks the heap
 *
 * Exit status: python3's; 2 for a setting that is wrong; 3 without memory, or where the heap is
 * found damaged at the end.
 */
#include "harness/python/defect.h"
#include "harness/python/heap_module.h"
#include "harness/python/pool_hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct settings {
    bool pymalloc, debug_hooks, check;
    defect seeded; /* lives on: CPython allocates through it */
} settings;

static bool complain(const char *variable, const char *text, const char *expected)
{
    (void)fprintf(stderr, "objlab-python: %s=%s: expected %s\n", variable, text, expected);
    return false;
}

/* A variable that is 0, 1 or absent. */
static bool read_switch(const char *variable, bool *ret_on)
{
    const char *text = getenv(variable);
    if (text != NULL && strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return complain(variable, text, "0 or 1");
    *ret_on = text != NULL && strcmp(text, "1") == 0;
    return true;
}

static bool read_defect(const char *text, defect *ret_seeded)
{
    char *name = strndup(text, strcspn(text, ":"));
    const char *first = strchr(text, ':');
    bool good = name != NULL && defect_from_name(name, ret_seeded);
    free(name);
    if (good && first != NULL) {
        char *end = NULL;
        ret_seeded->first = strtoull(first + 1, &end, 10);
        good = first[1] != '-' && ret_seeded->first > 0 && *end == '\0';
    }
    return good || complain("OBJLAB_PYTHON_DEFECT", text,
                            "double-handout, realloc-loses-byte or pool-returned-in-use, "
                            "and :FIRST if wanted");
}

static bool read_settings(settings *s)
{
    const char *allocator = getenv("OBJLAB_PYTHON_ALLOCATOR");
    const char *seeded = getenv("OBJLAB_PYTHON_DEFECT");
    if (allocator != NULL && strcmp(allocator, "pool") != 0 && strcmp(allocator, "pymalloc") != 0)
        return complain("OBJLAB_PYTHON_ALLOCATOR", allocator, "pool or pymalloc");
    if (!read_switch("OBJLAB_PYTHON_HOOKS", &s->debug_hooks) ||
        !read_switch("OBJLAB_PYTHON_CHECK", &s->check))
        return false;
    s->pymalloc = allocator != NULL && strcmp(allocator, "pymalloc") == 0;
    if (seeded == NULL)
        return true;
    if (s->pymalloc)
        return complain("OBJLAB_PYTHON_DEFECT", seeded, "no defect with pymalloc");
    return read_defect(seeded, &s->seeded);
}

/* Nobody deletes the heap: CPython frees into it to the very end. */
static heap *install_allocator(settings *s)
{
    heap *h = heap_new(NULL); /* debug 0: see pool_hooks.h on threads */
    if (h == NULL)
        return NULL;
    PyMemAllocatorEx allocator = pool_hooks(h);
    if (s->seeded.kind != DEFECT_NONE) {
        s->seeded.sound = allocator;
        allocator = defect_wrap(&s->seeded);
    }
    pool_hooks_install(&allocator);
    return h;
}

static PyStatus initialize(int argc, char **argv)
{
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    PyStatus status = PyConfig_SetBytesArgv(&config, argc, argv);
    if (PyStatus_Exception(status) == 0)
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return status;
}

int main(int argc, char **argv)
{
    static settings s;
    if (!read_settings(&s))
        return 2;
    PyPreConfig before;
    PyPreConfig_InitPythonConfig(&before);
    PyStatus status = Py_PreInitializeFromBytesArgs(&before, argc, argv);
    if (PyStatus_Exception(status) != 0)
        Py_ExitStatusException(status);
    heap *h = s.pymalloc ? NULL : install_allocator(&s);
    if ((h == NULL && !s.pymalloc) || !heap_module_install(h)) {
        (void)fputs("objlab-python: no memory\n", stderr);
        return 3;
    }
    if (s.debug_hooks)
        PyMem_SetupDebugHooks();
    status = initialize(argc, argv);
    if (PyStatus_Exception(status) != 0)
        Py_ExitStatusException(status);
    int result = Py_RunMain();
    const char *why = NULL;
    if (s.check && h != NULL && !heap_is_valid(h, &why)) {
        (void)fprintf(stderr, "objlab-python: after the end the heap is damaged: %s\n", why);
        return 3;
    }
    return result;
}
