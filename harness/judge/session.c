#include "harness/judge/session.h"

#include "harness/judge/files.h"

G_DEFINE_QUARK(objlab - session - error, session_error)

#define MIB (1024.0 * 1024.0)

/* Compilers and linters are ours, their input is not: generous, but an end. */
#define TOOL_CPU_S      30.0
#define TOOL_WALL_S     60.0
#define TOOL_MEMORY_MIB 2048.0

sandbox_limits session_run_limits(const session *s)
{
    return (sandbox_limits){.cpu_s = s->r->cpu_s,
                            .wall_s = s->r->wall_s,
                            .memory_bytes = (uint64_t)(s->r->memory_mib * MIB),
                            .output_bytes = (uint64_t)(s->r->output_mib * MIB),
                            .may_fork = false};
}

sandbox_limits session_valgrind_limits(const session *s)
{
    sandbox_limits limits = session_run_limits(s);
    limits.cpu_s *= s->r->slowdown;
    limits.wall_s *= s->r->slowdown;
    limits.memory_bytes *= 2; /* valgrind's own shadow memory */
    return limits;
}

sandbox_limits session_tool_limits(const session *s)
{
    sandbox_limits limits = session_run_limits(s);
    limits.cpu_s = TOOL_CPU_S;
    limits.wall_s = TOOL_WALL_S;
    limits.memory_bytes = (uint64_t)(TOOL_MEMORY_MIB * MIB);
    limits.may_fork = true;
    return limits;
}

jobs_item *session_job(session *s, const char *name, sandbox_limits limits)
{
    jobs_item *j = jobs_item_new(evidence_add_job(s->e, name), &limits);
    g_autofree char *out = g_strconcat(name, ".out", NULL);
    g_autofree char *err = g_strconcat(name, ".err", NULL);
    j->stdout_path = evidence_path(s->e, out);
    j->stderr_path = evidence_path(s->e, err);
    return j;
}

char *session_data_path(const session *s, const char *relative)
{
    return g_build_filename(s->data, relative, NULL);
}

bool session_folder(session *s, const char *relative, GError **error)
{
    return files_make_folder(s->e->folder, relative, error);
}

bool session_run(session *s, GPtrArray *jobs, const char *what, GError **error)
{
    if (s->progress != NULL)
        s->progress(what, 0, jobs->len, s->progress_argument);
    if (jobs_run(jobs, s->n_workers, s->progress, s->progress_argument, s->cancel))
        return true;
    g_set_error(error, SESSION_ERROR, SESSION_ERROR_CANCELLED, "interrupted while %s", what);
    return false;
}
