/*
 * subjects.h -- who can be measured on this machine, and who is absent and why.
 *
 *   subject    runs in               is
 *   objlab     objlab-bench-objects  our pool, and the three layouts on it
 *   malloc     objlab-bench-objects  the three layouts on glibc's malloc
 *   solution   objlab-bench-solution the homework's model solution; solution_malloc: on malloc
 *   glibc      objlab-bench-alloc    malloc as it is
 *   jemalloc, tcmalloc, mimalloc     the same with Debian's library preloaded
 *   cpython    objlab-bench-cpython  CPython's obmalloc and its objects, through its C API
 *   lua        objlab-bench-lua      tables of Lua 5.4, beside the layout dict
 *   gobject    objlab-bench-gobject  GLib's GObject, beside the layout slots
 *
 * Owns:    subjects_find()'s array owns its elements.
 * Threads: any.
 */
#ifndef HARNESS_BENCH_SUBJECTS_H
#define HARNESS_BENCH_SUBJECTS_H

#include <glib.h>
#include <stdbool.h>

typedef enum subjects_group {
    SUBJECTS_OBJECTS = 1,   /* the three layouts */
    SUBJECTS_ALLOCATORS = 2 /* blocks */
} subjects_group;

typedef struct bench_subject {
    char *name;
    char *program; /* worker; NULL: absent */
    char *preload; /* or NULL */
    char *absent;  /* NULL, or why it is absent and what would bring it */
    unsigned groups;
    bool is_rival; /* not ours */
} bench_subject;

/*
 * The subjects of the groups (a set of subjects_group), ours first, then the rivals if wanted.
 * Absent ones are in the list, with program NULL. Workers are looked for in $OBJLAB_LIBEXEC, beside
 * the running program, and where it is built or installed. Owner: the caller.
 */
GPtrArray *subjects_find(unsigned groups, bool with_rivals);

/* Path of a worker program, or NULL. Owner: the caller. */
char *subjects_worker(const char *name);

#endif
