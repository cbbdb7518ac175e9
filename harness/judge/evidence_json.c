/* evidence_json.c -- evidence.json: writes and strictly reads what evidence.h holds. */
#include "harness/judge/evidence.h"

#include <jansson.h>
#include <string.h>

#define SCHEMA  "objlab/evidence"
#define VERSION 2

static json_t *strings_to_json(const GPtrArray *strings)
{
    json_t *array = json_array();
    for (guint i = 0; i < strings->len; i++)
        (void)json_array_append_new(array, json_string(g_ptr_array_index(strings, i)));
    return array;
}

static json_t *job_to_json(const evidence_job *job)
{
    const sandbox_result *r = &job->result;
    json_t *j =
        json_pack("{s:s s:o s:i s:i s:i s:i s:f s:f s:I}", "name", job->name, "argv",
                  strings_to_json(job->argv), "state", (int)job->state, "outcome", (int)r->outcome,
                  "exit_status", r->exit_status, "signal", r->signal, "cpu_s", r->cpu_s, "wall_s",
                  r->wall_s, "peak_rss_bytes", (json_int_t)r->peak_rss_bytes);
    (void)json_object_set_new(j, "outcome_name", json_string(sandbox_outcome_name(r->outcome)));
    (void)json_object_set_new(j, "detail", json_string(r->detail));
    (void)json_object_set_new(j, "fault", json_string(job->fault != NULL ? job->fault : ""));
    return j;
}

static json_t *part_to_json(const evidence_part *part, const char *name)
{
    json_t *problems = json_array();
    for (guint i = 0; i < part->problems->len; i++) {
        const evidence_problem *p = g_ptr_array_index(part->problems, i);
        (void)json_array_append_new(
            problems, json_pack("{s:s s:I}", "text", p->text, "line", (json_int_t)p->line));
    }
    return json_pack("{s:s s:i s:i s:o}", "name", name, "state", (int)part->state, "build",
                     (int)part->build, "problems", problems);
}

static json_t *time_to_json(const evidence_time *t)
{
    return json_pack("{s:s s:s s:s s:f s:f s:f s:I s:f s:f s:f}", "name", t->name, "layout",
                     t->layout, "subject", t->subject, "ns", t->ns, "low", t->low, "high", t->high,
                     "n", (json_int_t)t->n, "ratio", t->ratio, "ratio_low", t->ratio_low,
                     "ratio_high", t->ratio_high);
}

static json_t *to_json(const evidence *e)
{
    json_t *parts = json_array();
    for (int i = 0; i < SUBMISSION_N_PARTS; i++)
        (void)json_array_append_new(
            parts, part_to_json(&e->parts[i], submission_part_name((submission_part)i)));
    json_t *jobs = json_array();
    for (guint i = 0; i < e->jobs->len; i++)
        (void)json_array_append_new(jobs, job_to_json(g_ptr_array_index(e->jobs, i)));
    json_t *times = json_array();
    for (guint i = 0; i < e->times->len; i++)
        (void)json_array_append_new(times, time_to_json(g_ptr_array_index(e->times, i)));
    g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, e->seed);
    return json_pack("{s:s s:i s:s s:s s:s s:s s:s s:b s:i s:i s:s s:s s:o s:o s:o s:o s:o s:o}",
                     "schema", SCHEMA, "version", VERSION, "name", e->name, "sha256", e->sha256,
                     "created", e->created, "sandbox", e->sandbox, "seed", seed, "quick",
                     (int)e->quick, "n_seeds", (int)e->n_seeds, "n_objects", (int)e->n_objects,
                     "cpu", e->cpu, "kernel", e->kernel, "parts", parts, "remarks",
                     strings_to_json(e->remarks), "jobs", jobs, "times", times, "tools",
                     strings_to_json(e->tools), "environment", strings_to_json(e->environment));
}

bool evidence_write(const evidence *e, GError **error)
{
    json_t *root = to_json(e);
    char *text = root != NULL ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(root);
    if (text == NULL) {
        g_set_error(error, EVIDENCE_ERROR, 0, "%s: the evidence cannot be put into JSON",
                    e->folder);
        return false;
    }
    g_autofree char *path = evidence_path(e, "evidence.json");
    bool ok = g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
    free(text); /* jansson's memory is libc's */
    return ok;
}

static bool strings_from_json(const json_t *array, GPtrArray *strings)
{
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(array, i, item)
    {
        if (!json_is_string(item))
            return false;
        g_ptr_array_add(strings, g_strdup(json_string_value(item)));
    }
    return json_is_array(array);
}

static bool job_from_json(json_t *item, evidence *e)
{
    const char *name = NULL;
    const char *fault = NULL;
    const char *detail = NULL;
    json_t *argv = NULL;
    int state = 0;
    int outcome = 0;
    json_int_t rss = 0;
    sandbox_result r = {0};
    if (json_unpack(item, "{s:s s:o s:i s:i s:i s:i s:F s:F s:I s:s s:s}", "name", &name, "argv",
                    &argv, "state", &state, "outcome", &outcome, "exit_status", &r.exit_status,
                    "signal", &r.signal, "cpu_s", &r.cpu_s, "wall_s", &r.wall_s, "peak_rss_bytes",
                    &rss, "fault", &fault, "detail", &detail) != 0)
        return false;
    if (state < 0 || state > (int)EVIDENCE_FAULT || outcome < 0 || outcome > (int)SANDBOX_TAMPERING)
        return false;
    evidence_job *job = evidence_add_job(e, name);
    job->state = (evidence_state)state;
    job->result = r;
    job->result.outcome = (sandbox_outcome)outcome;
    job->result.peak_rss_bytes = (uint64_t)rss;
    (void)g_strlcpy(job->result.detail, detail, sizeof(job->result.detail));
    job->fault = *fault != '\0' ? g_strdup(fault) : NULL;
    return strings_from_json(argv, job->argv);
}

static bool part_from_json(json_t *item, evidence *e, submission_part which)
{
    const char *name = NULL;
    json_t *problems = NULL;
    int state = 0;
    int build = 0;
    if (json_unpack(item, "{s:s s:i s:i s:o}", "name", &name, "state", &state, "build", &build,
                    "problems", &problems) != 0 ||
        strcmp(name, submission_part_name(which)) != 0 || state < 0 ||
        state > (int)EVIDENCE_REJECTED || build < 0 || build > (int)EVIDENCE_FAULT)
        return false;
    e->parts[which].state = (evidence_part_state)state;
    e->parts[which].build = (evidence_state)build;
    size_t i = 0;
    json_t *problem = NULL;
    json_array_foreach(problems, i, problem)
    {
        const char *text = NULL;
        json_int_t line = 0;
        if (json_unpack(problem, "{s:s s:I}", "text", &text, "line", &line) != 0)
            return false;
        evidence_add_problem(e, which, (uint32_t)line, text);
    }
    return true;
}

static bool time_from_json(json_t *item, evidence *e)
{
    evidence_time t = {0};
    const char *name = NULL;
    const char *layout = NULL;
    const char *subject = NULL;
    json_int_t n = 0;
    if (json_unpack(item, "{s:s s:s s:s s:F s:F s:F s:I s:F s:F s:F}", "name", &name, "layout",
                    &layout, "subject", &subject, "ns", &t.ns, "low", &t.low, "high", &t.high, "n",
                    &n, "ratio", &t.ratio, "ratio_low", &t.ratio_low, "ratio_high",
                    &t.ratio_high) != 0)
        return false;
    t.name = g_strdup(name);
    t.layout = g_strdup(layout);
    t.subject = g_strdup(subject);
    t.n = (uint64_t)n;
    g_ptr_array_add(e->times, g_memdup2(&t, sizeof(t)));
    return true;
}

static bool lists_from_json(json_t *root, evidence *e)
{
    size_t i = 0;
    json_t *item = NULL;
    const json_t *parts = json_object_get(root, "parts");
    if (json_array_size(parts) != SUBMISSION_N_PARTS)
        return false;
    json_array_foreach(parts, i, item)
    {
        if (!part_from_json(item, e, (submission_part)i))
            return false;
    }
    json_array_foreach(json_object_get(root, "jobs"), i, item)
    {
        if (!job_from_json(item, e))
            return false;
    }
    json_array_foreach(json_object_get(root, "times"), i, item)
    {
        if (!time_from_json(item, e))
            return false;
    }
    return strings_from_json(json_object_get(root, "remarks"), e->remarks) &&
           strings_from_json(json_object_get(root, "tools"), e->tools) &&
           strings_from_json(json_object_get(root, "environment"), e->environment);
}

static bool from_json(json_t *root, evidence *e)
{
    const char *schema = NULL;
    const char *name = NULL;
    const char *sha256 = NULL;
    const char *created = NULL;
    const char *sandbox = NULL;
    const char *seed = NULL;
    const char *cpu = NULL;
    const char *kernel = NULL;
    int version = 0;
    int quick = 0;
    int n_seeds = 0;
    int n_objects = 0;
    if (json_unpack(root, "{s:s s:i s:s s:s s:s s:s s:s s:b s:i s:i s:s s:s}", "schema", &schema,
                    "version", &version, "name", &name, "sha256", &sha256, "created", &created,
                    "sandbox", &sandbox, "seed", &seed, "quick", &quick, "n_seeds", &n_seeds,
                    "n_objects", &n_objects, "cpu", &cpu, "kernel", &kernel) != 0 ||
        strcmp(schema, SCHEMA) != 0 || version != VERSION || n_seeds < 0 || n_objects < 0 ||
        !g_ascii_string_to_unsigned(seed, 10, 0, G_MAXUINT64, &e->seed, NULL))
        return false;
    e->name = g_strdup(name);
    e->sha256 = g_strdup(sha256);
    e->created = g_strdup(created);
    e->sandbox = g_strdup(sandbox);
    e->cpu = g_strdup(cpu);
    e->kernel = g_strdup(kernel);
    e->quick = quick != 0;
    e->n_seeds = (unsigned)n_seeds;
    e->n_objects = (unsigned)n_objects;
    return lists_from_json(root, e);
}

evidence *evidence_read(const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, "evidence.json", NULL);
    json_error_t why;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (root == NULL) {
        if (why.line < 0) /* it could not be opened */
            g_set_error(error, EVIDENCE_ERROR, 0, "%s", why.text);
        else
            g_set_error(error, EVIDENCE_ERROR, 0, "%s:%d:%d: %s", path, why.line, why.column,
                        why.text);
        return NULL;
    }
    evidence *e = evidence_new(folder);
    bool ok = from_json(root, e);
    json_decref(root);
    if (ok)
        return e;
    g_set_error(error, EVIDENCE_ERROR, 0, "%s: not evidence of version %d", path, VERSION);
    evidence_free(e);
    return NULL;
}
