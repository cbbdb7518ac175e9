/*
 * Removes a tree without ever going deeper than one level: folders found inside a folder are moved
 * up to the top, where they wait for their turn. So a tree of any depth costs two descriptors.
 */
#include "harness/sandbox/sandbox_clean.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_dot(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Opens a folder whatever its permissions, never through a link. NULL with errno. */
static DIR *open_folder(int parent, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    struct stat st;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return NULL;
    if (!S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return NULL;
    }
    if ((st.st_mode & S_IRWXU) != S_IRWXU && fchmodat(parent, name, S_IRWXU, 0) != 0)
        return NULL;
    int fd = openat(parent, name, flags);
    if (fd < 0)
        return NULL;
    DIR *dir = fdopendir(fd);
    if (dir == NULL)
        (void)close(fd); /* errno is fdopendir's */
    return dir;
}

/* Empties the folder name of top: files are removed, folders move up into top. */
static bool empty_folder(int top, const char *name, unsigned long *n_moved)
{
    DIR *dir = open_folder(top, name);
    if (dir == NULL)
        return false;
    bool fine = true;
    int fd = dirfd(dir);
    for (struct dirent *e = readdir(dir); e != NULL && fine; e = readdir(dir)) {
        if (is_dot(e->d_name) || unlinkat(fd, e->d_name, 0) == 0 ||
            unlinkat(fd, e->d_name, AT_REMOVEDIR) == 0)
            continue;
        /* Moving a folder rewrites its "..", which needs the right to write to it. */
        fine = fchmodat(fd, e->d_name, S_IRWXU, 0) == 0;
        bool moved = false;
        while (fine && !moved) {
            char target[48];
            (void)snprintf(target, sizeof target, ".objlab-rm-%lu", (*n_moved)++);
            moved = renameat2(fd, e->d_name, top, target, RENAME_NOREPLACE) == 0;
            fine = moved || errno == EEXIST;
        }
    }
    int error = errno;
    (void)closedir(dir); /* opened for reading: nothing to lose */
    errno = error;
    return fine;
}

/* One pass over the top folder. Returns entries seen, or -1 with errno. */
static long remove_pass(DIR *dir, unsigned long *n_moved)
{
    long n_seen = 0;
    int top = dirfd(dir);
    rewinddir(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (is_dot(e->d_name))
            continue;
        n_seen++;
        if (unlinkat(top, e->d_name, 0) == 0 || unlinkat(top, e->d_name, AT_REMOVEDIR) == 0)
            continue;
        if (!empty_folder(top, e->d_name, n_moved) || unlinkat(top, e->d_name, AT_REMOVEDIR) != 0)
            return -1;
    }
    return n_seen;
}

bool sandbox_remove_tree(const char *path)
{
    DIR *dir = open_folder(AT_FDCWD, path);
    if (dir == NULL)
        return errno == ENOENT;
    unsigned long n_moved = 0;
    long n_seen = 1;
    while (n_seen > 0)
        n_seen = remove_pass(dir, &n_moved);
    int error = errno;
    (void)closedir(dir); /* opened for reading: nothing to lose */
    errno = error;
    return n_seen == 0 && rmdir(path) == 0;
}
