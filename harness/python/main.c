/*
 * objlab-python -- python3 whose objects live in our pools: CPython, embedded, on objects/heap.h.
 *
 * The command line is python3's. The environment says the rest, since tests of CPython start
 * further interpreters, which inherit it:
 *
 *   OBJLAB_PYTHON_ALLOCATOR  pool (default) or pymalloc, CPython's own
 *   OBJLAB_PYTHON_HOOKS      1: CPython's debug hooks on top: guard bytes, fill patterns, GIL check
 *   OBJLAB_PYTHON_DEFECT     KIND or KIND:PERIOD, see defect.h: a seeded defect below the hooks
 *
 * Exit status: python3's; 2 for a setting that is wrong.
 */
#include "harness/python/defect.h"
#include "harness/python/heap_module.h"
#include "harness/python/pool_hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct settings {
    bool pymalloc, debug_hooks;
    defect_kind kind;
    uint64_t period;
} settings;

static bool complain(const char *variable, const char *text, const char *expected)
{
    (void)fprintf(stderr, "objlab-python: %s=%s: expected %s\n", variable, text, expected);
    return false;
}

static bool read_defect(const char *text, settings *s)
{
    char kind[32] = "";
    const char *colon = strchr(text, ':');
    size_t n = colon == NULL ? strlen(text) : (size_t)(colon - text);
    if (n < sizeof(kind))
        memcpy(kind, text, n);
    char *end = NULL;
    bool known = defect_from_name(kind, &s->kind);
    s->period = colon == NULL ? defect_default_period(s->kind) : strtoull(colon + 1, &end, 10);
    if (!known || s->period == 0 || (end != NULL && *end != '\0'))
        return complain("OBJLAB_PYTHON_DEFECT", text,
                        "double-handout, realloc-loses-byte or pool-returned-in-use, "
                        "and :PERIOD if wanted");
    return true;
}

static bool read_settings(settings *s)
{
    const char *allocator = getenv("OBJLAB_PYTHON_ALLOCATOR");
    const char *hooks = getenv("OBJLAB_PYTHON_HOOKS");
    const char *seeded = getenv("OBJLAB_PYTHON_DEFECT");
    if (allocator != NULL && strcmp(allocator, "pool") != 0 && strcmp(allocator, "pymalloc") != 0)
        return complain("OBJLAB_PYTHON_ALLOCATOR", allocator, "pool or pymalloc");
    if (hooks != NULL && strcmp(hooks, "0") != 0 && strcmp(hooks, "1") != 0)
        return complain("OBJLAB_PYTHON_HOOKS", hooks, "0 or 1");
    s->pymalloc = allocator != NULL && strcmp(allocator, "pymalloc") == 0;
    s->debug_hooks = hooks != NULL && strcmp(hooks, "1") == 0;
    if (seeded == NULL)
        return true;
    if (s->pymalloc)
        return complain("OBJLAB_PYTHON_DEFECT", seeded, "no defect with pymalloc");
    return read_defect(seeded, s);
}

/* The allocators live as long as the process: CPython frees into them to the very end. */
static heap *install_allocator(const settings *s)
{
    static defect seeded;
    heap *h = heap_new(NULL); /* debug 0: see pool_hooks.h on threads */
    if (h == NULL)
        return NULL;
    PyMemAllocatorEx allocator = pool_hooks(h);
    if (s->kind != DEFECT_NONE) {
        seeded = (defect){.sound = allocator, .kind = s->kind, .period = s->period};
        allocator = defect_wrap(&seeded);
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
    settings s = {.kind = DEFECT_NONE};
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
    return Py_RunMain();
}
