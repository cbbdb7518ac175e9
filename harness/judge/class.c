#include "harness/judge/class.h"

#include "harness/judge/class_grade.h"
#include "harness/judge/cluster.h"
#include "harness/judge/files.h"
#include "harness/judge/grade.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

void class_result_free(class_result *result)
{
    if (result == NULL)
        return;
    g_ptr_array_unref(result->entries);
    g_free(result->out);
    g_free(result);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    const class_entry *x = *(const class_entry *const *)a;
    const class_entry *y = *(const class_entry *const *)b;
    return strcmp(x->name, y->name);
}

/* Adds an entry for every real subfolder that is not hidden. */
static bool list(const char *folder, GPtrArray *entries, GError **error)
{
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        g_set_error(error, GRADE_ERROR, GRADE_ERROR_USAGE, "%s: %s", folder,
                    errno == ENOENT ? "no such folder" : g_strerror(errno));
        return false;
    }
    const struct dirent *item = NULL;
    while ((item = readdir(dir)) != NULL) {
        struct stat st;
        if (item->d_name[0] == '.' ||
            fstatat(dirfd(dir), item->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISDIR(st.st_mode))
            continue;
        g_ptr_array_add(entries, class_entry_new(item->d_name));
    }
    (void)closedir(dir); /* only read from */
    g_ptr_array_sort(entries, by_name);
    if (entries->len > 0)
        return true;
    g_set_error(error, GRADE_ERROR, GRADE_ERROR_USAGE,
                "%s: no submission in it: expected one subfolder a student", folder);
    return false;
}

typedef struct crew {
    const class_options *options;
    const char *out;
    GMutex lock;
    unsigned n_done, n_total;
} crew;

static void tell(crew *c, const class_entry *entry)
{
    g_mutex_lock(&c->lock);
    c->n_done++;
    if (c->options->progress != NULL)
        c->options->progress(entry->name, c->n_done, c->n_total, c->options->progress_argument);
    g_mutex_unlock(&c->lock);
}

static void work(void *data, void *user_data)
{
    class_entry *entry = data;
    crew *c = user_data;
    if (c->options->cancel != NULL && g_atomic_int_get(c->options->cancel) != 0)
        return;
    g_autofree char *folder = g_build_filename(c->options->folder, entry->name, NULL);
    g_autofree char *out = g_build_filename(c->out, entry->name, NULL);
    (void)class_grade_entry(entry, c->options->grade_argv, c->options->rubric, folder, out);
    tell(c, entry);
}

static void grade_here(crew *c, const GPtrArray *pending)
{
    int n_workers = c->options->n_workers > 0 ? (int)c->options->n_workers : 2;
    GThreadPool *pool = g_thread_pool_new(work, c, n_workers, FALSE, NULL);
    for (guint i = 0; i < pending->len; i++)
        (void)g_thread_pool_push(pool, pending->pdata[i], NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
}

/* Keeps what need not be graded again; the others are returned: the entries are borrowed. */
static GPtrArray *keep_results(crew *c, const class_result *result)
{
    GPtrArray *pending = g_ptr_array_new();
    for (guint i = 0; i < result->entries->len; i++) {
        class_entry *entry = result->entries->pdata[i];
        g_autofree char *folder = g_build_filename(c->options->folder, entry->name, NULL);
        g_autofree char *out = g_build_filename(c->out, entry->name, NULL);
        if (c->options->resume)
            entry->result = class_grade_kept(folder, c->options->rubric, out);
        entry->kept = entry->result != NULL;
        if (entry->kept)
            tell(c, entry);
        else
            g_ptr_array_add(pending, entry);
    }
    return pending;
}

static bool grade_all(const class_options *options, class_result *result, GError **error)
{
    if (!cluster_recover(result->out, options->resume, error))
        return false;
    crew c = {.options = options, .out = result->out, .n_total = result->entries->len};
    g_mutex_init(&c.lock);
    g_autoptr(GPtrArray) pending = keep_results(&c, result);
    bool ok = true;
    if (options->slurm)
        ok = pending->len == 0 || cluster_grade(options, result->out, pending, error);
    else
        grade_here(&c, pending);
    g_mutex_clear(&c.lock);
    return ok;
}

static bool write_tables(const class_result *result, GError **error)
{
    g_autofree char *book = class_gradebook(result);
    g_autofree char *page = class_html(result);
    g_autofree char *book_path = g_build_filename(result->out, "gradebook.csv", NULL);
    g_autofree char *page_path = g_build_filename(result->out, "class.html", NULL);
    g_autoptr(GError) why = NULL;
    if (record_write_file(book_path, book, strlen(book), &why) &&
        record_write_file(page_path, page, strlen(page), &why))
        return true;
    g_set_error_literal(error, GRADE_ERROR, GRADE_ERROR_HARNESS, why->message);
    return false;
}

class_result *class_run(const class_options *options, GError **error)
{
    class_result *result = g_new0(class_result, 1);
    result->entries = g_ptr_array_new_with_free_func((GDestroyNotify)class_entry_free);
    g_autofree char *real = g_canonicalize_filename(options->folder, NULL);
    g_autofree char *base = g_path_get_basename(real);
    g_autofree char *name = g_strconcat("class-", base, NULL);
    result->out = options->out != NULL ? g_strdup(options->out)
                                       : g_build_filename("build", "reports", name, NULL);
    g_autoptr(GError) why = NULL;
    if (!list(options->folder, result->entries, error)) {
        class_result_free(result);
        return NULL;
    }
    if (!files_make_folder(result->out, NULL, &why)) {
        g_set_error_literal(error, GRADE_ERROR, GRADE_ERROR_HARNESS, why->message);
        class_result_free(result);
        return NULL;
    }
    if (!grade_all(options, result, error)) {
        class_result_free(result);
        return NULL;
    }
    for (guint i = 0; i < result->entries->len; i++) {
        const class_entry *entry = g_ptr_array_index(result->entries, i);
        result->n_failed += entry->result == NULL || entry->result->verdict == RECORD_HARNESS_FAULT;
    }
    if (options->cancel != NULL && g_atomic_int_get(options->cancel) != 0) {
        g_set_error_literal(error, GRADE_ERROR, GRADE_ERROR_CANCELLED,
                            "interrupted: go on with --resume");
    } else if (write_tables(result, error)) {
        return result;
    }
    class_result_free(result);
    return NULL;
}
