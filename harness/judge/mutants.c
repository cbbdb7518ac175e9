#include "harness/judge/mutants.h"

#include "harness/judge/ini.h"

#include <string.h>

static void mutant_free(void *data)
{
    mutant *m = data;
    g_free(m->name);
    g_free(m->title);
    g_free(m->file);
    g_free(m);
}

void mutants_free(mutants *m)
{
    if (m == NULL)
        return;
    g_ptr_array_unref(m->correct);
    g_ptr_array_unref(m->seeded);
    g_free(m);
}

static void add(GPtrArray *list, const char *name, const char *title, const char *file)
{
    mutant *m = g_new0(mutant, 1);
    m->name = g_strdup(name);
    m->title = g_strdup(title);
    m->file = g_strdup(file);
    g_ptr_array_add(list, m);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const mutant *const *)a)->name, (*(const mutant *const *)b)->name);
}

/* Other correct implementations; a homework may have none. */
static void add_variants(mutants *m, const char *data)
{
    g_autofree char *path = g_build_filename(data, "homework", "correct", NULL);
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name = NULL;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *variant = g_build_filename(path, name, NULL);
        if (g_file_test(variant, G_FILE_TEST_IS_DIR))
            add(m->correct, name, "", NULL);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_ptr_array_sort(m->correct, by_name);
    add(m->correct, "solution", "", NULL);
    g_ptr_array_insert(m->correct, 0, g_ptr_array_steal_index(m->correct, m->correct->len - 1));
}

static bool add_seeded(mutants *m, const ini *file, GError **error)
{
    for (guint i = 0; i < file->entries->len; i++) {
        const ini_entry *entry = g_ptr_array_index(file->entries, i);
        if (entry->key != NULL)
            continue;
        const ini_entry *title = ini_find(file, entry->group, "title");
        const ini_entry *source = ini_find(file, entry->group, "file");
        if (title == NULL || source == NULL) {
            ini_complain(file, entry->line, error, "[%s] needs title and file", entry->group);
            return false;
        }
        add(m->seeded, entry->group, title->value, source->value);
    }
    return true;
}

mutants *mutants_read(const char *data, GError **error)
{
    g_autofree char *path = g_build_filename(data, "homework", "mutants", "mutants.ini", NULL);
    g_autoptr(ini) file = ini_read(path, error);
    if (file == NULL)
        return NULL;
    mutants *m = g_new0(mutants, 1);
    m->correct = g_ptr_array_new_with_free_func(mutant_free);
    m->seeded = g_ptr_array_new_with_free_func(mutant_free);
    add_variants(m, data);
    if (add_seeded(m, file, error))
        return m;
    mutants_free(m);
    return NULL;
}
