/*
 * store.h -- memory for a model that is built once and freed as a whole.
 *
 * Owns:       everything handed out; store_free() releases all of it.
 * Invariants: memory handed out is zeroed, 8-byte aligned and never moves.
 * Threads:    none.
 */
#ifndef HARNESS_PROFILE_STORE_H
#define HARNESS_PROFILE_STORE_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef struct store store;

store *store_new(void);
void store_free(store *s); /* NULL is fine */

/* n_bytes zeroed bytes, 8-byte aligned. Cost: a bump of a pointer. */
void *store_alloc(store *s, size_t n_bytes);

/* The same string is the same pointer: interned strings compare by address. Bytes of zero inside
 * are replaced by '?'. Cost: O(n_bytes). */
const char *store_intern(store *s, const char *bytes, size_t n_bytes);

/* Makes room for n strings more, so that interning them moves none. */
void store_reserve(store *s, size_t n);

/* The hash that store_intern() uses. */
uint64_t store_hash(const char *bytes, size_t n_bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(store, store_free)

#endif
