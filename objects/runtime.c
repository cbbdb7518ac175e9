#include "objects/runtime.h"

#include "objects/type.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

runtime *runtime_new(const heap_options *options)
{
    runtime *rt = calloc(1, sizeof(*rt));
    if (rt == NULL)
        return NULL;
    rt->objects = heap_new(options);
    rt->tables = heap_new(options);
    if (rt->objects == NULL || rt->tables == NULL || !collector_init(&rt->collector) ||
        !type_make_builtin(rt)) {
        runtime_delete(rt);
        return NULL;
    }
    return rt;
}

void runtime_delete(runtime *rt)
{
    if (rt == NULL)
        return;
    while (rt->types != NULL) {
        type *next = rt->types->next;
        type_free(rt->types);
        rt->types = next;
    }
    collector_release(&rt->collector);
    heap_delete(rt->objects);
    heap_delete(rt->tables);
    name_table_free(&rt->names);
    free(rt);
}

const char *runtime_error(const runtime *rt)
{
    return rt->error;
}

status runtime_fail(runtime *rt, status s, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    /* A long message is cut. The analyzer of clang 14 does not see that va_start() sets it.
     * NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    (void)vsnprintf(rt->error, sizeof(rt->error), format, arguments);
    va_end(arguments);
    return s;
}
