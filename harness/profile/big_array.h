/*
 * big_array.h -- arrays that grow to hundreds of megabytes.
 *
 * From BIG_ARRAY_BYTES on they lie in mappings of their own, for which the kernel is asked for huge
 * pages: the first touch of memory in small pages takes as long as reading the text that fills it.
 */
#ifndef HARNESS_PROFILE_BIG_ARRAY_H
#define HARNESS_PROFILE_BIG_ARRAY_H

#include <stddef.h>

#define BIG_ARRAY_BYTES ((size_t)2 << 20)

/* Like g_realloc() for a block of old_bytes from this function (NULL, 0: none yet); what is new is
 * zero. Aborts without memory, as GLib does. */
void *big_array_resize(void *array, size_t old_bytes, size_t new_bytes);

/* n_bytes: as it was last given. NULL is fine. */
void big_array_free(void *array, size_t n_bytes);

#endif
