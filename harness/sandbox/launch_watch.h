/*
 * launch_watch.h -- what the launcher can see of the program's tree: processes and folders.
 *
 * Everything is read from /proc and from the file system; nothing is asked of the program. No
 * memory is taken from the heap.
 */
#ifndef HARNESS_SANDBOX_LAUNCH_WATCH_H
#define HARNESS_SANDBOX_LAUNCH_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* All descendants of the calling process that are not zombies. */
typedef struct launch_tree {
    unsigned n_tasks; /* threads */
    uint64_t rss_bytes;
    uint64_t cpu_ns; /* of the living and of what they have waited for */
} launch_tree;

/* Reads the tree once. only: the one descendant there can be, or 0 for any. False: no /proc. */
bool launch_tree_read(pid_t only, launch_tree *ret_tree);

/* SIGKILL to every descendant, until there is none. namespaces: the caller is process 1. */
void launch_tree_kill(bool namespaces);

/* Sum of all that is in a folder; unreadable folders in it are made readable first. */
typedef struct launch_usage {
    uint64_t n_bytes; /* on disk */
    uint64_t n_entries;
    bool too_deep; /* deeper than any program needs */
} launch_usage;

/* Stops counting behind max_entries: the program may be making more all the time. */
launch_usage launch_usage_read(const char *const *folders, unsigned n_folders,
                               uint64_t max_entries);

/* True if a private file system is full or holds far too many files. */
bool launch_storage_full(const char *folder);

#endif
