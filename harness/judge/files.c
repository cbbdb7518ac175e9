#include "harness/judge/files.h"

#include "harness/sandbox/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 64 /* of a tree that is looked through */

static bool fail(GError **error, const char *what, const char *path)
{
    int code = errno;
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code), "%s %s: %s", what, path,
                g_strerror(code));
    return false;
}

bool files_make_folder(const char *base, const char *relative, GError **error)
{
    g_autofree char *path =
        relative != NULL ? g_build_filename(base, relative, NULL) : g_strdup(base);
    if (g_mkdir_with_parents(path, 0755) == 0)
        return true;
    return fail(error, "cannot make the folder", path);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static DIR *open_folder(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
        fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    DIR *dir = fdopendir(fd);
    if (dir == NULL)
        (void)close(fd); /* nothing was written */
    return dir;
}

bool files_remove_tree(const char *path, GError **error)
{
    return sandbox_remove_tree(path) || fail(error, "cannot remove", path);
}

/* Depth is bounded by MAX_DEPTH. */
static unsigned remove_special_at(int parent, const char *name, unsigned depth)
{
    struct stat st;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISREG(st.st_mode))
        return 0;
    if (!S_ISDIR(st.st_mode))
        return unlinkat(parent, name, 0) == 0;
    DIR *dir = depth < MAX_DEPTH ? open_folder(parent, name) : NULL;
    unsigned n_removed = 0;
    const struct dirent *entry = NULL;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (!is_dots(entry->d_name))
            n_removed += remove_special_at(dirfd(dir), entry->d_name, depth + 1);
    }
    if (dir != NULL)
        (void)closedir(dir); /* only read from */
    return n_removed;
}

unsigned files_remove_special(const char *path)
{
    return remove_special_at(AT_FDCWD, path, 0);
}

bool files_replace_folder(const char *from, const char *to, GError **error)
{
    if (g_rename(from, to) == 0)
        return true;
    /* the new folder stays whole under its own name until the old one is out of the way */
    if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR)
        return fail(error, "cannot put in place", to);
    if (!files_remove_tree(to, error))
        return false;
    return g_rename(from, to) == 0 || fail(error, "cannot put in place", to);
}
