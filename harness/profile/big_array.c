#include "harness/profile/big_array.h"

#include <glib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

static size_t mapped_bytes(size_t n_bytes)
{
    return (n_bytes + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
}

/* n_bytes, a multiple of a huge page, at the beginning of one: what is too much is unmapped. */
static void *map(size_t n_bytes)
{
    char *whole =
        mmap(NULL, n_bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED)
        g_error("no memory for %zu bytes", n_bytes);
    size_t n_before = (HUGE_PAGE - (size_t)((guintptr)whole & (HUGE_PAGE - 1))) & (HUGE_PAGE - 1);
    char *begin = whole + n_before;
    if (n_before > 0)
        (void)munmap(whole, n_before); /* a part of our own mapping: cannot fail */
    (void)munmap(begin + n_bytes, HUGE_PAGE - n_before);
    (void)madvise(begin, n_bytes, MADV_HUGEPAGE); /* without, it is only slower */
    return begin;
}

/* From one mapping to a larger one: pages are moved, not copied. */
static void *grow_mapping(void *array, size_t old_bytes, size_t new_bytes)
{
    void *target = map(mapped_bytes(new_bytes));
    size_t n_old = mapped_bytes(old_bytes);
    if (mremap(array, n_old, n_old, MREMAP_MAYMOVE | MREMAP_FIXED, target) != target)
        g_error("cannot move %zu bytes", n_old);
    return target;
}

void *big_array_resize(void *array, size_t old_bytes, size_t new_bytes)
{
    if (old_bytes >= BIG_ARRAY_BYTES && new_bytes > old_bytes)
        return grow_mapping(array, old_bytes, new_bytes);
    void *new_array =
        new_bytes < BIG_ARRAY_BYTES ? g_malloc0(new_bytes) : map(mapped_bytes(new_bytes));
    if (array != NULL)
        memcpy(new_array, array, MIN(old_bytes, new_bytes));
    big_array_free(array, old_bytes);
    return new_array;
}

void big_array_free(void *array, size_t n_bytes)
{
    if (array == NULL)
        return; /* munmap() would take whatever is there */
    if (n_bytes < BIG_ARRAY_BYTES)
        g_free(array);
    else
        (void)munmap(array, mapped_bytes(n_bytes)); /* our own mapping: cannot fail */
}
