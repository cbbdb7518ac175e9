#include "harness/python/pool_hooks.h"

static void *hook_malloc(void *context, size_t n_bytes)
{
    return mem_alloc(context, n_bytes);
}

static void *hook_calloc(void *context, size_t n, size_t n_bytes)
{
    return mem_calloc(context, n, n_bytes);
}

static void *hook_realloc(void *context, void *block, size_t n_bytes)
{
    return mem_realloc(context, block, n_bytes);
}

static void hook_free(void *context, void *block)
{
    mem_free(context, block);
}

PyMemAllocatorEx pool_hooks(heap *h)
{
    return (PyMemAllocatorEx){.ctx = h,
                              .malloc = hook_malloc,
                              .calloc = hook_calloc,
                              .realloc = hook_realloc,
                              .free = hook_free};
}

void pool_hooks_install(const PyMemAllocatorEx *allocator)
{
    PyMemAllocatorEx copy = *allocator; /* CPython copies it; it only asks for no const */
    PyMem_SetAllocator(PYMEM_DOMAIN_MEM, &copy);
    PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &copy);
}
