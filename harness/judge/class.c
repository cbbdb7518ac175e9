#include "harness/judge/class.h"

#include "harness/judge/files.h"
#include "harness/judge/grade.h"
#include "harness/judge/submission.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void entry_free(void *data)
{
    class_entry *entry = data;
    g_free(entry->name);
    g_free(entry->why);
    record_free(entry->result);
    g_free(entry);
}

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
        class_entry *entry = g_new0(class_entry, 1);
        entry->name = g_strdup(item->d_name);
        g_ptr_array_add(entries, entry);
    }
    (void)closedir(dir); /* only read from */
    g_ptr_array_sort(entries, by_name);
    if (entries->len > 0)
        return true;
    g_set_error(error, GRADE_ERROR, GRADE_ERROR_USAGE,
                "%s: no submission in it: expected one subfolder a student", folder);
    return false;
}

/* A grading must not outlive the class that started it. */
static void die_with_parent(void *data)
{
    (void)data;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* if refused, the child merely ends later */
}

typedef struct crew {
    const class_options *options;
    const char *out;
    GMutex lock;
    unsigned n_done, n_total;
} crew;

/* A whole result of the same files under the same rubric, or NULL. */
static record *kept_result(const crew *c, const char *folder, const char *path)
{
    if (!c->options->resume)
        return NULL;
    g_autoptr(submission) s = submission_read(folder, NULL);
    record *old = s != NULL ? record_read(path, NULL) : NULL;
    if (old == NULL)
        return NULL;
    g_autofree char *rubric = c->options->rubric != NULL ? g_path_get_basename(c->options->rubric)
                                                         : g_strdup(old->rubric);
    if (strcmp(old->submission_sha256, s->sha256) == 0 && strcmp(old->rubric, rubric) == 0 &&
        old->verdict != RECORD_HARNESS_FAULT)
        return old;
    record_free(old);
    return NULL;
}

static void grade_entry(const crew *c, class_entry *entry, const char *folder, const char *out)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    for (const char *const *arg = c->options->grade_argv; *arg != NULL; arg++)
        g_ptr_array_add(argv, (void *)(gsize)*arg);
    const char *rubric = c->options->rubric;
    if (rubric != NULL) {
        g_ptr_array_add(argv, (void *)(gsize) "--rubric");
        g_ptr_array_add(argv, (void *)(gsize)rubric);
    }
    g_ptr_array_add(argv, (void *)(gsize) "--out");
    g_ptr_array_add(argv, (void *)(gsize)out);
    g_ptr_array_add(argv, (void *)(gsize) "--");
    g_ptr_array_add(argv, (void *)(gsize)folder);
    g_ptr_array_add(argv, NULL);
    g_autofree char *messages = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;
    if (!g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, die_with_parent,
                      NULL, NULL, &messages, &status, &error)) {
        entry->why = g_strdup(error->message);
        return;
    }
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    g_autofree char *path = g_build_filename(out, "result.json", NULL);
    if (code == 0 || code == 1 || code == 3)
        entry->result = record_read(path, NULL);
    if (entry->result != NULL)
        return;
    g_auto(GStrv) lines = g_strsplit(g_strchomp(messages), "\n", -1);
    guint n_lines = g_strv_length(lines);
    entry->why = n_lines > 0 ? g_utf8_make_valid(lines[n_lines - 1], -1)
                             : g_strdup_printf("the grading ended with status %d", status);
}

static void work(void *data, void *user_data)
{
    class_entry *entry = data;
    crew *c = user_data;
    if (c->options->cancel != NULL && g_atomic_int_get(c->options->cancel) != 0)
        return;
    g_autofree char *folder = g_build_filename(c->options->folder, entry->name, NULL);
    g_autofree char *out = g_build_filename(c->out, entry->name, NULL);
    g_autofree char *path = g_build_filename(out, "result.json", NULL);
    entry->result = kept_result(c, folder, path);
    entry->kept = entry->result != NULL;
    if (!entry->kept)
        grade_entry(c, entry, folder, out);
    g_mutex_lock(&c->lock);
    c->n_done++;
    if (c->options->progress != NULL)
        c->options->progress(entry->name, c->n_done, c->n_total, c->options->progress_argument);
    g_mutex_unlock(&c->lock);
}

static void grade_all(const class_options *options, class_result *result)
{
    crew c = {.options = options, .out = result->out, .n_total = result->entries->len};
    g_mutex_init(&c.lock);
    int n_workers = options->n_workers > 0 ? (int)options->n_workers : 2;
    GThreadPool *pool = g_thread_pool_new(work, &c, n_workers, FALSE, NULL);
    for (guint i = 0; i < result->entries->len; i++)
        (void)g_thread_pool_push(pool, g_ptr_array_index(result->entries, i), NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
    g_mutex_clear(&c.lock);
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
    result->entries = g_ptr_array_new_with_free_func(entry_free);
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
    grade_all(options, result);
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
