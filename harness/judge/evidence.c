#include "harness/judge/evidence.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(objlab - evidence - error, evidence_error)

static void job_free(void *data)
{
    evidence_job *job = data;
    g_free(job->name);
    g_ptr_array_unref(job->argv);
    g_free(job->fault);
    g_free(job);
}

static void problem_free(void *data)
{
    evidence_problem *problem = data;
    g_free(problem->text);
    g_free(problem);
}

static void time_free(void *data)
{
    evidence_time *time = data;
    g_free(time->name);
    g_free(time->layout);
    g_free(time->subject);
    g_free(time);
}

evidence *evidence_new(const char *folder)
{
    evidence *e = g_new0(evidence, 1);
    e->folder = g_strdup(folder);
    for (int i = 0; i < SUBMISSION_N_PARTS; i++)
        e->parts[i].problems = g_ptr_array_new_with_free_func(problem_free);
    e->remarks = g_ptr_array_new_with_free_func(g_free);
    e->jobs = g_ptr_array_new_with_free_func(job_free);
    e->times = g_ptr_array_new_with_free_func(time_free);
    e->tools = g_ptr_array_new_with_free_func(g_free);
    e->environment = g_ptr_array_new_with_free_func(g_free);
    return e;
}

void evidence_free(evidence *e)
{
    if (e == NULL)
        return;
    for (int i = 0; i < SUBMISSION_N_PARTS; i++)
        g_ptr_array_unref(e->parts[i].problems);
    g_ptr_array_unref(e->remarks);
    g_ptr_array_unref(e->jobs);
    g_ptr_array_unref(e->times);
    g_ptr_array_unref(e->tools);
    g_ptr_array_unref(e->environment);
    g_free(e->folder);
    g_free(e->name);
    g_free(e->sha256);
    g_free(e->created);
    g_free(e->sandbox);
    g_free(e->cpu);
    g_free(e->kernel);
    g_free(e);
}

evidence_job *evidence_add_job(evidence *e, const char *name)
{
    evidence_job *job = g_new0(evidence_job, 1);
    job->name = g_strdup(name);
    job->argv = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(e->jobs, job);
    return job;
}

const evidence_job *evidence_find_job(const evidence *e, const char *name)
{
    for (guint i = 0; i < e->jobs->len; i++) {
        const evidence_job *job = g_ptr_array_index(e->jobs, i);
        if (strcmp(job->name, name) == 0)
            return job;
    }
    return NULL;
}

bool evidence_job_succeeded(const evidence_job *job)
{
    return job != NULL && job->state == EVIDENCE_DONE && job->result.outcome == SANDBOX_EXITED &&
           job->result.exit_status == 0;
}

void evidence_add_problem(evidence *e, submission_part part, uint32_t line, const char *text)
{
    evidence_problem *problem = g_new0(evidence_problem, 1);
    problem->text = g_utf8_make_valid(text, -1);
    problem->line = line;
    g_ptr_array_add(e->parts[part].problems, problem);
}

char *evidence_path(const evidence *e, const char *relative)
{
    return g_build_filename(e->folder, relative, NULL);
}

GBytes *evidence_file(const evidence *e, const char *relative, size_t max_bytes)
{
    g_autofree char *path = evidence_path(e, relative);
    /* a judged process may have left anything under a name that it was given */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct stat st;
    GBytes *result = NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size <= max_bytes) {
        guint8 *data = g_malloc((size_t)st.st_size + 1);
        size_t n_bytes = 0;
        ssize_t n = 0;
        while (n_bytes < (size_t)st.st_size &&
               (n = read(fd, data + n_bytes, (size_t)st.st_size - n_bytes)) > 0)
            n_bytes += (size_t)n;
        if (n >= 0)
            result = g_bytes_new_take(data, n_bytes);
        else
            g_free(data);
    }
    (void)close(fd); /* only read from */
    return result;
}
