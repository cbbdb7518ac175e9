#include "harness/judge/jobs.h"

typedef struct crew {
    GMutex lock;
    unsigned n_done, n_total;
    jobs_progress *progress;
    void *argument;
    const int *cancel;
} crew;

static void mount_free(void *data)
{
    sandbox_mount *mount = data;
    g_free((char *)(gsize)mount->host);
    g_free((char *)(gsize)mount->inside);
    g_free(mount);
}

jobs_item *jobs_item_new(evidence_job *outcome, const sandbox_limits *limits)
{
    jobs_item *j = g_new0(jobs_item, 1);
    j->outcome = outcome;
    j->mounts = g_ptr_array_new_with_free_func(mount_free);
    j->limits = *limits;
    j->cpu = -1;
    return j;
}

void jobs_item_free(jobs_item *j)
{
    if (j == NULL)
        return;
    g_ptr_array_unref(j->mounts);
    g_free(j->cwd);
    g_free(j->stdin_path);
    g_free(j->stdout_path);
    g_free(j->stderr_path);
    g_free(j->answers_path);
    g_free(j);
}

bool jobs_add(GPtrArray *jobs, jobs_item *j)
{
    if (j != NULL)
        g_ptr_array_add(jobs, j);
    return j != NULL;
}

void jobs_item_arguments(jobs_item *j, const char *const *arguments)
{
    for (const char *const *text = arguments; *text != NULL; text++)
        g_ptr_array_add(j->outcome->argv, g_strdup(*text));
}

void jobs_item_mount(jobs_item *j, const char *host, const char *inside, bool writable)
{
    sandbox_mount *mount = g_new0(sandbox_mount, 1);
    mount->host = g_strdup(host);
    mount->inside = g_strdup(inside);
    mount->writable = writable;
    g_ptr_array_add(j->mounts, mount);
}

void jobs_run_one(jobs_item *j)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    for (guint i = 0; i < j->outcome->argv->len; i++)
        g_ptr_array_add(argv, g_ptr_array_index(j->outcome->argv, i));
    g_ptr_array_add(argv, NULL);
    g_autoptr(GArray) mounts = g_array_new(FALSE, FALSE, sizeof(sandbox_mount));
    for (guint i = 0; i < j->mounts->len; i++)
        g_array_append_vals(mounts, g_ptr_array_index(j->mounts, i), 1);
    sandbox_job request = {.argv = (const char *const *)argv->pdata,
                           .cwd = j->cwd,
                           .env = j->env,
                           .mounts = (const sandbox_mount *)(const void *)mounts->data,
                           .n_mounts = mounts->len,
                           .stdin_path = j->stdin_path,
                           .stdout_path = j->stdout_path,
                           .stderr_path = j->stderr_path,
                           .answers_path = j->answers_path,
                           .limits = j->limits,
                           .cpu = j->cpu};
    g_autoptr(GError) error = NULL;
    if (sandbox_run(&request, &j->outcome->result, &error)) {
        j->outcome->state = EVIDENCE_DONE;
        return;
    }
    j->outcome->state = EVIDENCE_FAULT;
    j->outcome->fault = g_strdup(error != NULL ? error->message : "unknown fault");
}

static bool is_cancelled(const int *cancel)
{
    return cancel != NULL && g_atomic_int_get(cancel) != 0;
}

static void work(void *data, void *user_data)
{
    jobs_item *j = data;
    crew *c = user_data;
    if (is_cancelled(c->cancel))
        return;
    jobs_run_one(j);
    g_mutex_lock(&c->lock);
    c->n_done++;
    if (c->progress != NULL)
        c->progress(j->outcome->name, c->n_done, c->n_total, c->argument);
    g_mutex_unlock(&c->lock);
}

bool jobs_run(GPtrArray *jobs, unsigned n_workers, jobs_progress *progress, void *argument,
              const int *cancel)
{
    crew c = {.n_total = jobs->len, .progress = progress, .argument = argument, .cancel = cancel};
    g_mutex_init(&c.lock);
    GThreadPool *pool =
        g_thread_pool_new(work, &c, (int)(n_workers > 0 ? n_workers : 1), FALSE, NULL);
    for (guint i = 0; i < jobs->len; i++)
        (void)g_thread_pool_push(pool, g_ptr_array_index(jobs, i), NULL); /* fails for no reason */
    g_thread_pool_free(pool, FALSE, TRUE);
    g_mutex_clear(&c.lock);
    return !is_cancelled(cancel);
}
