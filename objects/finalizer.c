#include "objects/finalizer.h"

struct finalizer {
    runtime *rt;
    finalizer *newer, *older; /* in runtime.finalizers, while it is alive */
    weakref *w;               /* NULL: not alive any more */
    finalizer_function *run;
    void *argument;
    size_t n_references; /* the registry's and the callers' */
    bool atexit;
};

void finalizer_release(finalizer *f)
{
    if (f != NULL && --f->n_references == 0)
        mem_free_small(f);
}

/* Out of the registry: it is not alive any more. The registry's reference becomes the caller's. */
static void take_out(finalizer *f)
{
    weakref *w = f->w;
    if (f->newer != NULL)
        f->newer->older = f->older;
    else
        f->rt->finalizers = f->older;
    if (f->older != NULL)
        f->older->newer = f->newer;
    f->w = NULL;
    weakref_decref(w);
}

static void on_death(weakref *w, void *argument)
{
    (void)w;
    (void)finalizer_call(argument);
}

status finalizer_new(object *o, finalizer_function *run, void *argument, finalizer **ret_finalizer)
{
    runtime *rt = o->type->rt;
    finalizer *f = mem_alloc(rt->tables, sizeof(*f));
    if (f == NULL)
        return runtime_fail(rt, STATUS_MEMORY_ERROR, "no memory for a finalizer");
    *f = (finalizer){.rt = rt, .run = run, .argument = argument, .n_references = 2, .atexit = true};
    status s = weakref_new(o, on_death, f, &f->w);
    if (s != STATUS_OK) {
        mem_free_small(f);
        return s;
    }
    f->older = rt->finalizers;
    if (f->older != NULL)
        f->older->newer = f;
    rt->finalizers = f;
    *ret_finalizer = f;
    return STATUS_OK;
}

bool finalizer_is_alive(const finalizer *f)
{
    return f->w != NULL;
}

bool finalizer_call(finalizer *f)
{
    if (!finalizer_is_alive(f))
        return false;
    take_out(f);
    f->run(f->argument);
    finalizer_release(f);
    return true;
}

object *finalizer_peek(const finalizer *f)
{
    return finalizer_is_alive(f) ? weakref_get(f->w) : NULL;
}

object *finalizer_detach(finalizer *f)
{
    object *o = finalizer_peek(f);
    if (o == NULL)
        return NULL;
    take_out(f);
    finalizer_release(f);
    return o;
}

bool finalizer_atexit(const finalizer *f)
{
    return finalizer_is_alive(f) && f->atexit;
}

void finalizer_set_atexit(finalizer *f, bool on)
{
    f->atexit = on;
}

void finalizers_run_all(runtime *rt)
{
    finalizer *f = rt->finalizers;
    while (f != NULL) {
        if (!f->atexit) {
            f = f->older;
            continue;
        }
        (void)finalizer_call(f);
        f = rt->finalizers; /* it may have made or called others */
    }
}
