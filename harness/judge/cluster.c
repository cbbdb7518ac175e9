#include "harness/judge/cluster.h"

#include "harness/judge/cluster_plan.h"
#include "harness/judge/data.h"
#include "harness/judge/files.h"
#include "harness/judge/grade.h"

#include <string.h>

enum {
    MAX_TASKS = 1000,      /* Slurm's default limit of an array is 1001 */
    POLL_US = 1000 * 1000, /* between two looks at the queue */
    MAX_END_POLLS = 60,    /* Slurm kills what does not end within its KillWait, 30 s */
    MAX_SILENT_POLLS = 300 /* the controller may be restarted meanwhile */
};

/* Runs a command; its output, chomped, is the caller's. NULL if it failed: *error says how. */
static char *ask(const char *const *argv, GError **error)
{
    g_autofree char *output = NULL;
    g_autofree char *messages = NULL;
    g_autoptr(GError) why = NULL;
    int status = 0;
    if (!g_spawn_sync(NULL, (char **)(gsize)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                      &messages, &status, &why)) {
        g_set_error(error, GRADE_ERROR, GRADE_ERROR_HARNESS, "Slurm: %s", why->message);
        return NULL;
    }
    if (g_spawn_check_wait_status(status, &why))
        return g_strchomp(g_steal_pointer(&output));
    g_set_error(error, GRADE_ERROR, GRADE_ERROR_HARNESS, "%s: %s", argv[0],
                messages[0] != '\0' ? g_strchomp(messages) : why->message);
    return NULL;
}

/* True while tasks wait or run. *n_silent counts how often Slurm did not answer in a row. */
static bool is_queued(const char *job, unsigned *n_silent)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *output =
        ask(JOBS_ARGUMENTS("squeue", "--noheader", "--format=%i", "--jobs", job), &error);
    if (output != NULL) {
        *n_silent = 0;
        return output[0] != '\0';
    }
    if (error != NULL && strstr(error->message, "Invalid job id") != NULL)
        return false; /* ended a while ago */
    return ++*n_silent < MAX_SILENT_POLLS;
}

/* Cancels a job and waits until its tasks are gone: they write where we are going to look. */
static void end_job(const char *job)
{
    g_free(ask(JOBS_ARGUMENTS("scancel", job), NULL)); /* it may have ended */
    unsigned n_silent = 0;
    for (unsigned i = 0; i < MAX_END_POLLS && is_queued(job, &n_silent) && n_silent == 0; i++)
        g_usleep(POLL_US);
}

/* ---- results ---- */

static char *done_path(const char *out, const char *name)
{
    g_autofree char *done = cluster_path(out, "done");
    return g_build_filename(done, name, NULL);
}

/* Puts a result in its place. One that is none stays where it is: what was there before is worth
 * more. */
static bool collect(const char *out, const char *name, bool *ret_found, GError **error)
{
    g_autofree char *done = done_path(out, name);
    g_autofree char *result = g_build_filename(done, "result.json", NULL);
    g_autofree char *place = g_build_filename(out, name, NULL);
    bool found = g_file_test(result, G_FILE_TEST_IS_REGULAR);
    if (found && !files_replace_folder(done, place, error))
        return false;
    *ret_found = found;
    return true;
}

/* Why there is no result: what the task wrote, or where to look. */
static char *explain(const char *out, const char *name, unsigned task)
{
    g_autofree char *done = done_path(out, name);
    g_autofree char *path = g_build_filename(done, cluster_why_name, NULL);
    g_autofree char *log = g_strdup_printf("task-%u.log", task);
    g_autofree char *log_path = cluster_path(out, log);
    char *why = NULL;
    if (g_file_get_contents(path, &why, NULL, NULL))
        return why;
    return g_strdup_printf("its task ended without a result: see %s", log_path);
}

static bool collect_entry(class_entry *entry, const char *out, unsigned task, GError **error)
{
    bool found = false;
    if (!collect(out, entry->name, &found, error))
        return false;
    g_autoptr(GError) why = NULL;
    g_autofree char *path = g_build_filename(out, entry->name, "result.json", NULL);
    if (found)
        entry->result = record_read(path, &why);
    if (entry->result == NULL)
        entry->why = found ? g_strdup(why->message) : explain(out, entry->name, task);
    return true;
}

/* The logs of the tasks stay if there is something to look for in them. */
static bool collect_entries(const char *out, const GPtrArray *entries, unsigned n_chunk,
                            GError **error)
{
    bool complete = true;
    for (guint i = 0; i < entries->len; i++) {
        class_entry *entry = entries->pdata[i];
        if (!collect_entry(entry, out, i / n_chunk, error))
            return false;
        complete = complete && entry->result != NULL;
    }
    g_autofree char *folder = cluster_path(out, NULL);
    return !complete || files_remove_tree(folder, error);
}

bool cluster_recover(const char *out, bool resume, GError **error)
{
    g_autofree char *folder = cluster_path(out, NULL);
    g_autofree char *job_path = cluster_path(out, "job");
    g_autofree char *done = cluster_path(out, "done");
    g_autofree char *job = NULL;
    if (g_file_get_contents(job_path, &job, NULL, NULL))
        end_job(job);
    g_autoptr(GDir) dir = resume ? g_dir_open(done, 0, NULL) : NULL;
    const char *name = NULL;
    g_autoptr(GError) why = NULL;
    bool ok = true;
    while (ok && dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        bool found = false;
        ok = collect(out, name, &found, &why);
    }
    if (ok && files_remove_tree(folder, &why))
        return true;
    g_set_error_literal(error, GRADE_ERROR, GRADE_ERROR_HARNESS, why->message);
    return false;
}

/* ---- the job ---- */

static unsigned chunk_of(const class_options *options, unsigned n_entries)
{
    unsigned least = (n_entries + MAX_TASKS - 1) / MAX_TASKS;
    return MAX(options->n_chunk, least);
}

/* Writes the plan and makes the folders that the tasks share. Its path is the caller's. */
static char *prepare(const class_options *options, const char *out, const GPtrArray *entries,
                     GError **error)
{
    g_autoptr(cluster_plan) plan = cluster_plan_new();
    plan->folder = g_canonicalize_filename(options->folder, NULL);
    plan->rubric = options->rubric != NULL ? g_canonicalize_filename(options->rubric, NULL) : NULL;
    plan->argv = g_strdupv((char **)(gsize)options->grade_argv);
    plan->n_chunk = chunk_of(options, entries->len);
    for (guint i = 0; i < entries->len; i++)
        g_ptr_array_add(plan->names, g_strdup(((const class_entry *)entries->pdata[i])->name));
    g_autofree char *path = cluster_path(out, "plan");
    g_autofree char *folder = cluster_path(out, NULL);
    if (!files_make_folder(folder, "work", error) || !files_make_folder(folder, "done", error) ||
        !cluster_plan_write(plan, path, error))
        return NULL;
    return g_canonicalize_filename(path, NULL);
}

/* Hands the job in; its number is the caller's. */
static char *submit(const class_options *options, const char *plan, unsigned n_tasks,
                    GError **error)
{
    g_autofree char *root = data_root(error);
    if (root == NULL)
        return NULL;
    g_autofree char *script = g_build_filename(root, "scripts", "class.slurm", NULL);
    g_autofree char *folder = g_path_get_dirname(plan);
    g_autofree char *array = g_strdup_printf("--array=0-%u", n_tasks - 1);
    g_autofree char *answer =
        ask(JOBS_ARGUMENTS("sbatch", "--parsable", "--requeue", array, "--chdir", folder,
                           "--output=task-%a.log", script, options->grade_argv[0], plan),
            error);
    if (answer == NULL)
        return NULL;
    answer[strcspn(answer, ";")] = '\0'; /* "number;cluster" */
    g_autofree char *job_path = g_build_filename(folder, "job", NULL);
    if (g_file_set_contents(job_path, answer, -1, error))
        return g_steal_pointer(&answer);
    end_job(answer);
    return NULL;
}

static unsigned count_done(const char *out, const GPtrArray *entries)
{
    unsigned n = 0;
    for (guint i = 0; i < entries->len; i++) {
        g_autofree char *done = done_path(out, ((const class_entry *)entries->pdata[i])->name);
        n += g_file_test(done, G_FILE_TEST_EXISTS);
    }
    return n;
}

/* Until no task waits or runs. */
static bool wait_for(const char *job, const class_options *options, const char *out,
                     const GPtrArray *entries, GError **error)
{
    g_autofree char *text = g_strdup_printf("Slurm job %s", job);
    unsigned n_silent = 0;
    unsigned n_done = UINT_MAX; /* unlike any */
    while (is_queued(job, &n_silent)) {
        if (options->cancel != NULL && g_atomic_int_get(options->cancel) != 0) {
            end_job(job);
            return true;
        }
        unsigned now_done = count_done(out, entries);
        if (options->progress != NULL && now_done != n_done)
            options->progress(text, now_done, entries->len, options->progress_argument);
        n_done = now_done;
        g_usleep(POLL_US);
    }
    if (n_silent < MAX_SILENT_POLLS)
        return true;
    g_set_error(error, GRADE_ERROR, GRADE_ERROR_HARNESS,
                "Slurm does not answer; job %s may go on: --resume collects it", job);
    return false;
}

bool cluster_grade(const class_options *options, const char *out, GPtrArray *entries,
                   GError **error)
{
    g_autoptr(GError) why = NULL;
    unsigned n_chunk = chunk_of(options, entries->len);
    unsigned n_tasks = (entries->len + n_chunk - 1) / n_chunk;
    g_autofree char *plan = prepare(options, out, entries, &why);
    g_autofree char *job = plan != NULL ? submit(options, plan, n_tasks, &why) : NULL;
    if (job != NULL && wait_for(job, options, out, entries, &why) &&
        collect_entries(out, entries, n_chunk, &why))
        return true;
    g_set_error_literal(error, GRADE_ERROR, GRADE_ERROR_HARNESS, why->message);
    return false;
}
