#include "harness/judge/data.h"

#include <stdbool.h>
#include <stdlib.h>

G_DEFINE_QUARK(objlab - data - error, data_error)

/* Takes candidate (may be NULL); returns its real path if the contract headers are there. */
static char *accept(char *candidate, GString *tried)
{
    if (candidate == NULL)
        return NULL;
    g_string_append_printf(tried, "%s%s", tried->len > 0 ? ", " : "", candidate);
    g_autofree char *mark = g_build_filename(candidate, "homework", "contract", NULL);
    char *real = g_file_test(mark, G_FILE_TEST_IS_DIR) ? realpath(candidate, NULL) : NULL;
    g_free(candidate);
    if (real == NULL)
        return NULL;
    char *copy = g_strdup(real);
    free(real); /* realpath's memory is libc's, the caller's is GLib's */
    return copy;
}

static char *beside_program(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    if (self == NULL)
        return NULL;
    g_autofree char *bin = g_path_get_dirname(self);
    return g_build_filename(bin, "..", "share", "objlab", NULL);
}

char *data_root(GError **error)
{
    g_autoptr(GString) tried = g_string_new(NULL);
    char *root = accept(g_strdup(g_getenv("OBJLAB_DATA")), tried);
    if (root == NULL)
        root = accept(beside_program(), tried);
    if (root == NULL)
        root = accept(g_strdup(OBJLAB_SOURCE_DIR), tried);
    if (root == NULL)
        g_set_error(error, DATA_ERROR, DATA_ERROR_MISSING,
                    "the homework's files are in none of: %s (set OBJLAB_DATA)", tried->str);
    return root;
}
