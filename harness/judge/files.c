#include "harness/judge/files.h"

#include "harness/sandbox/sandbox.h"

#include <errno.h>
#include <glib/gstdio.h>

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

bool files_remove_tree(const char *path, GError **error)
{
    return sandbox_remove_tree(path) || fail(error, "cannot remove", path);
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
