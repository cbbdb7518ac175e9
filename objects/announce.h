/*
 * announce.h -- tells valgrind and AddressSanitizer which bytes of an arena are blocks in use.
 *
 * Without either tool, and outside of valgrind, all of it costs nothing: the heap asks once, when
 * it is made, whether it is watched (announce_is_watched), and takes its slow paths only then.
 */
#ifndef OBJECTS_ANNOUNCE_H
#define OBJECTS_ANNOUNCE_H

#include <stdbool.h>
#include <stddef.h>

#include <valgrind/memcheck.h>

#if defined(__SANITIZE_ADDRESS__)
#define ANNOUNCE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ANNOUNCE_ASAN 1
#endif
#endif

#ifdef ANNOUNCE_ASAN
#include <sanitizer/asan_interface.h>
#define ANNOUNCE_POISON(address, n_bytes)   __asan_poison_memory_region((address), (n_bytes))
#define ANNOUNCE_UNPOISON(address, n_bytes) __asan_unpoison_memory_region((address), (n_bytes))
#define ANNOUNCE_HAS_ASAN                   true
#else
#define ANNOUNCE_POISON(address, n_bytes)   ((void)(address), (void)(n_bytes))
#define ANNOUNCE_UNPOISON(address, n_bytes) ((void)(address), (void)(n_bytes))
#define ANNOUNCE_HAS_ASAN                   false
#endif

/* True where somebody looks on: under valgrind, or in a build with AddressSanitizer. */
static inline bool announce_is_watched(void)
{
#ifdef OBJECTS_UNWATCHED /* built to be counted by valgrind as it runs alone */
    return ANNOUNCE_HAS_ASAN;
#else
    return ANNOUNCE_HAS_ASAN || RUNNING_ON_VALGRIND != 0;
#endif
}

/* The bytes are a block in use from now on, its contents undefined. */
static inline void announce_alloc(void *block, size_t n_bytes)
{
    ANNOUNCE_UNPOISON(block, n_bytes);
    VALGRIND_MALLOCLIKE_BLOCK(block, n_bytes, 0, 0);
}

/* The block is freed: no access is right until it is handed out again. */
static inline void announce_free(void *block, size_t n_bytes)
{
    VALGRIND_FREELIKE_BLOCK(block, 0);
    ANNOUNCE_POISON(block, n_bytes);
}

/* The allocator itself is about to read or write these bytes of a block that is not in use. */
static inline void announce_open(void *bytes, size_t n_bytes)
{
    ANNOUNCE_UNPOISON(bytes, n_bytes);
    (void)VALGRIND_MAKE_MEM_DEFINED(bytes, n_bytes);
}

/* Done: nobody may touch them. */
static inline void announce_close(void *bytes, size_t n_bytes)
{
    (void)VALGRIND_MAKE_MEM_NOACCESS(bytes, n_bytes);
    ANNOUNCE_POISON(bytes, n_bytes);
}

#endif
