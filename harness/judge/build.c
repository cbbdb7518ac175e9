#include "harness/judge/build.h"

#include "harness/judge/lint.h"
#include "harness/judge/objscan.h"

#include <string.h>

#define MAX_ERRORS   3
#define MAX_MESSAGES ((size_t)4 << 20)
#define MAX_OBJECT   ((size_t)64 << 20)

/* As the handout names them: the same for every submission and for the solution. */
static const char *const compile_flags[] = {
    "-std=c11",    "-O2",   "-g",      "-fno-omit-frame-pointer",
    "-fno-common", "-Wall", "-Wextra", "-fdiagnostics-color=never",
    "-I/contract", NULL};

static void add_all(jobs_item *j, const char *const *flags)
{
    for (const char *const *flag = flags; flag != NULL && *flag != NULL; flag++)
        jobs_item_arguments(j, JOBS_ARGUMENTS(*flag));
}

/* A job whose build/NAME is "/out". */
static jobs_item *tool_job(session *s, const char *name, const char *step, GError **error)
{
    g_autofree char *folder = g_build_filename("build", name, NULL);
    if (!session_folder(s, folder, error))
        return NULL;
    g_autofree char *job_name = g_build_filename(folder, step, NULL);
    jobs_item *j = session_job(s, job_name, session_tool_limits(s));
    g_autofree char *out = evidence_path(s->e, folder);
    jobs_item_mount(j, out, "/out", true);
    jobs_item_arguments(j, JOBS_ARGUMENTS("/usr/bin/gcc"));
    return j;
}

jobs_item *build_compile_job(session *s, const build_unit *unit, GError **error)
{
    jobs_item *j = tool_job(s, unit->name, "compile", error);
    if (j == NULL)
        return NULL;
    g_autofree char *contract = session_data_path(s, "homework/contract");
    jobs_item_mount(j, contract, "/contract", false);
    jobs_item_mount(j, unit->folder, unit->inside, false);
    j->cwd = g_strdup(unit->inside);
    add_all(j, compile_flags);
    add_all(j, unit->flags);
    jobs_item_arguments(j, JOBS_ARGUMENTS("-c", unit->file, "-o", "/out/unit.o"));
    return j;
}

jobs_item *build_submission_job(session *s, submission_part part, GError **error)
{
    static const char *const keep_assembly[] = {"-save-temps=obj", NULL};
    g_autofree char *unit = build_submission_unit(part);
    g_autofree char *copy = evidence_path(s->e, "submission");
    const build_unit what = {unit, copy, "/submission", submission_part_file(part), keep_assembly};
    return build_compile_job(s, &what, error);
}

jobs_item *build_link_job(session *s, const char *name, const char *const *units,
                          const char *const *flags, GError **error)
{
    jobs_item *j = tool_job(s, name, "link", error);
    if (j == NULL)
        return NULL;
    g_autofree char *build = evidence_path(s->e, "build");
    jobs_item_mount(j, build, "/build", false);
    for (const char *const *unit = units; *unit != NULL; unit++) {
        g_autofree char *object = g_strdup_printf("/build/%s/unit.o", *unit);
        jobs_item_arguments(j, JOBS_ARGUMENTS(object));
    }
    add_all(j, flags);
    jobs_item_arguments(j, JOBS_ARGUMENTS("-lm", "-o", "/out/program"));
    return j;
}

bool build_compiled(const session *s, const char *unit)
{
    g_autofree char *name = g_strdup_printf("build/%s/compile", unit);
    return evidence_job_succeeded(evidence_find_job(s->e, name));
}

char *build_submission_unit(submission_part part)
{
    return g_strdup_printf("submission-%s", submission_part_name(part));
}

char *build_solution_unit(submission_part part)
{
    return g_strdup_printf("solution-%s", submission_part_name(part));
}

unsigned build_collect_errors(evidence *e, submission_part part, const char *output, size_t n_bytes,
                              unsigned n_max)
{
    const char *file = submission_part_file(part);
    g_autofree char *copy = g_strndup(output != NULL ? output : "", n_bytes);
    g_auto(GStrv) lines = g_strsplit(copy, "\n", -1);
    unsigned n_errors = 0;
    for (char **line = lines; *line != NULL && n_errors < n_max; line++) {
        lint_line found;
        if (!lint_parse_line(*line, &found) || strstr(found.severity, "error") == NULL)
            continue;
        n_errors++;
        if (strcmp(found.file, file) == 0) {
            evidence_add_problem(e, part, found.line, found.text);
            continue;
        }
        g_autofree char *text = g_strdup_printf("%s:%u: %s", found.file, found.line, found.text);
        evidence_add_problem(e, part, 0, text);
    }
    return n_errors;
}

static GBytes *output_of(const session *s, const char *unit, const char *name, size_t max_bytes)
{
    g_autofree char *path = g_build_filename("build", unit, name, NULL);
    return evidence_file(s->e, path, max_bytes);
}

/* Why a part that did not compile is rejected. */
static void explain_failure(session *s, submission_part part, const char *unit)
{
    g_autofree char *name = g_strdup_printf("build/%s/compile", unit);
    const evidence_job *job = evidence_find_job(s->e, name);
    g_autoptr(GBytes) messages = output_of(s, unit, "compile.err", MAX_MESSAGES);
    gsize n_bytes = 0;
    const char *text = messages != NULL ? g_bytes_get_data(messages, &n_bytes) : NULL;
    if (build_collect_errors(s->e, part, text, n_bytes, MAX_ERRORS) > 0)
        return;
    g_autofree char *what = job->result.outcome == SANDBOX_EXITED
                                ? g_strdup("the compiler failed")
                                : g_strdup_printf("the compiler was stopped: %s",
                                                  sandbox_outcome_name(job->result.outcome));
    evidence_add_problem(s->e, part, 0, what);
}

static void take_findings(session *s, submission_part part, GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++)
        evidence_add_problem(s->e, part, 0, g_ptr_array_index(findings, i));
    g_ptr_array_unref(findings);
}

static void scan_part(session *s, submission_part part, const char *unit)
{
    g_autoptr(GBytes) object = output_of(s, unit, "unit.o", MAX_OBJECT);
    g_autoptr(GBytes) assembly = output_of(s, unit, "unit.s", MAX_OBJECT);
    if (object == NULL || assembly == NULL) {
        evidence_add_problem(s->e, part, 0, "its object is missing or far too large");
        return;
    }
    gsize n_bytes = 0;
    const void *bytes = g_bytes_get_data(object, &n_bytes);
    take_findings(s, part, objscan_object(part, bytes, n_bytes));
    gsize n_text = 0;
    const char *text = g_bytes_get_data(assembly, &n_text);
    take_findings(s, part, objscan_assembly(text, n_text));
}

static void judge_part(session *s, submission_part part)
{
    const submission_file *file = &s->s->files[part];
    evidence_part *judged = &s->e->parts[part];
    judged->state = EVIDENCE_ABSENT;
    judged->build = EVIDENCE_DONE;
    if (!file->present)
        return;
    if (file->problem != NULL) {
        evidence_add_problem(s->e, part, 0, file->problem);
    } else if (part != SUBMISSION_FINDINGS) {
        g_autofree char *unit = build_submission_unit(part);
        g_autofree char *name = g_strdup_printf("build/%s/compile", unit);
        const evidence_job *job = evidence_find_job(s->e, name);
        if (job == NULL || job->state != EVIDENCE_DONE)
            judged->build = EVIDENCE_FAULT;
        else if (!evidence_job_succeeded(job))
            explain_failure(s, part, unit);
        else
            scan_part(s, part, unit);
        if (judged->build == EVIDENCE_FAULT)
            evidence_add_problem(s->e, part, 0, "the harness could not compile it");
    }
    judged->state = judged->problems->len > 0 ? EVIDENCE_REJECTED : EVIDENCE_BUILT;
}

void build_judge_parts(session *s)
{
    for (int i = 0; i < SUBMISSION_N_PARTS; i++)
        judge_part(s, (submission_part)i);
}

/* True if a job works on nothing of the submission. */
static bool is_own(const evidence_job *job)
{
    if (!g_str_has_prefix(job->name, "build/") || g_str_has_prefix(job->name, "build/submission-"))
        return false;
    for (guint i = 0; i < job->argv->len; i++) {
        const char *argument = g_ptr_array_index(job->argv, i);
        if (g_str_has_prefix(argument, "/build/submission-") ||
            g_str_has_prefix(argument, "/submission/"))
            return false;
    }
    return true;
}

bool build_check_own(const session *s, GError **error)
{
    for (guint i = 0; i < s->e->jobs->len; i++) {
        const evidence_job *job = g_ptr_array_index(s->e->jobs, i);
        if (!is_own(job) || evidence_job_succeeded(job))
            continue;
        g_autofree char *path = g_strconcat(job->name, ".err", NULL);
        g_autoptr(GBytes) messages = evidence_file(s->e, path, MAX_MESSAGES);
        gsize n_bytes = 0;
        const char *text = messages != NULL ? g_bytes_get_data(messages, &n_bytes) : NULL;
        g_autofree char *first = g_strndup(text != NULL ? text : "", MIN(n_bytes, 300));
        g_set_error(error, SESSION_ERROR, SESSION_ERROR_HARNESS, "the homework's own %s failed: %s",
                    job->name, job->fault != NULL ? job->fault : g_strstrip(first));
        return false;
    }
    return true;
}
