#include "harness/judge/cluster_plan.h"

#include "harness/judge/grade.h"

#define GROUP "plan"

cluster_plan *cluster_plan_new(void)
{
    cluster_plan *plan = g_new0(cluster_plan, 1);
    plan->names = g_ptr_array_new_with_free_func(g_free);
    return plan;
}

unsigned cluster_plan_tasks(const cluster_plan *plan)
{
    return (plan->names->len + plan->n_chunk - 1) / plan->n_chunk;
}

char *cluster_path(const char *out, const char *relative)
{
    return g_build_filename(out, ".cluster", relative, NULL);
}

void cluster_plan_free(cluster_plan *plan)
{
    if (plan == NULL)
        return;
    g_free(plan->folder);
    g_free(plan->rubric);
    g_strfreev(plan->argv);
    g_ptr_array_unref(plan->names);
    g_free(plan);
}

/* ---- the file ---- */

static void put_text(GKeyFile *file, const char *key, const char *text)
{
    g_autofree char *escaped = g_strescape(text, NULL);
    g_key_file_set_string(file, GROUP, key, escaped);
}

static void put_list(GKeyFile *file, const char *key, char *const *list, gsize n)
{
    g_autoptr(GPtrArray) escaped = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < n; i++)
        g_ptr_array_add(escaped, g_strescape(list[i], NULL));
    g_key_file_set_string_list(file, GROUP, key, (const char *const *)escaped->pdata, n);
}

bool cluster_plan_write(const cluster_plan *plan, const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    put_text(file, "folder", plan->folder);
    if (plan->rubric != NULL)
        put_text(file, "rubric", plan->rubric);
    put_list(file, "argv", plan->argv, g_strv_length(plan->argv));
    put_list(file, "names", (char *const *)plan->names->pdata, plan->names->len);
    g_key_file_set_integer(file, GROUP, "chunk", (int)plan->n_chunk);
    return g_key_file_save_to_file(file, path, error);
}

static char *take_text(GKeyFile *file, const char *key, GError **error)
{
    g_autofree char *escaped = g_key_file_get_string(file, GROUP, key, error);
    return escaped == NULL ? NULL : g_strcompress(escaped);
}

/* NULL-ended. */
static char **take_list(GKeyFile *file, const char *key, GError **error)
{
    gsize n = 0;
    g_auto(GStrv) escaped = g_key_file_get_string_list(file, GROUP, key, &n, error);
    if (escaped == NULL)
        return NULL;
    char **list = g_new0(char *, n + 1);
    for (gsize i = 0; i < n; i++)
        list[i] = g_strcompress(escaped[i]);
    return list;
}

/* Fills the plan from the file; *error is set unless all is there. */
static void take_plan(GKeyFile *file, cluster_plan *plan, GError **error)
{
    plan->folder = take_text(file, "folder", error);
    if (plan->folder == NULL)
        return;
    plan->argv = take_list(file, "argv", error);
    if (plan->argv == NULL)
        return;
    plan->rubric = take_text(file, "rubric", NULL); /* optional */
    char **names = take_list(file, "names", error);
    if (names == NULL)
        return;
    for (char **name = names; *name != NULL; name++)
        g_ptr_array_add(plan->names, *name);
    g_free(names);
    int n_chunk = g_key_file_get_integer(file, GROUP, "chunk", error);
    plan->n_chunk = n_chunk > 0 ? (unsigned)n_chunk : 0;
}

cluster_plan *cluster_plan_read(const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) why = NULL;
    cluster_plan *plan = cluster_plan_new();
    if (g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &why))
        take_plan(file, plan, &why);
    if (why == NULL && plan->n_chunk > 0 && plan->argv != NULL && plan->argv[0] != NULL)
        return plan;
    g_set_error(error, GRADE_ERROR, GRADE_ERROR_USAGE, "%s: not a plan of a class: %s", path,
                why != NULL ? why->message : "expected a command and a chunk of at least 1");
    cluster_plan_free(plan);
    return NULL;
}
