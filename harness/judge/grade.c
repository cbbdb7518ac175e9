#include "harness/judge/grade.h"

#include "harness/judge/data.h"
#include "harness/judge/evidence.h"
#include "harness/judge/files.h"
#include "harness/judge/plan.h"
#include "harness/judge/rubric.h"
#include "harness/judge/score.h"
#include "harness/judge/session.h"
#include "harness/judge/submission.h"
#include "harness/measure/machine.h"
#include "harness/profile/valgrind.h"
#include "reports/html.h"
#include "reports/junit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

G_DEFINE_QUARK(objlab - grade - error, grade_error)

#define WORK_PREFIX    ".grading-"
#define DEFAULT_RUBRIC "homework/rubrics/default.ini"

char *grade_default_out(const char *folder)
{
    g_autofree char *real = g_canonicalize_filename(folder, NULL);
    g_autofree char *name = g_path_get_basename(real);
    return g_build_filename("build", "reports", name, NULL);
}

/* Turns whatever why is into an error of this module; takes it. */
static void fail(GError **error, grade_error code, GError *why)
{
    if (g_error_matches(why, SESSION_ERROR, SESSION_ERROR_CANCELLED))
        code = GRADE_ERROR_CANCELLED;
    g_set_error_literal(error, GRADE_ERROR, (int)code, why->message);
    g_error_free(why);
}

/* The same submission meets the same tapes, whoever grades it. */
static uint64_t seed_of(const grade_options *options, const char *sha256)
{
    if (options->has_seed)
        return options->seed;
    g_autofree char *head = g_strndup(sha256, 15);
    return g_ascii_strtoull(head, NULL, 16);
}

static void fill_head(evidence *e, const grade_options *options, const rubric *r,
                      const submission *s)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    e->name = g_strdup(s->name);
    e->sha256 = g_strdup(s->sha256);
    e->created = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    e->sandbox = g_strdup(sandbox_get_tier() == SANDBOX_FULL ? "full" : "limits");
    e->quick = options->quick;
    e->seed = seed_of(options, s->sha256);
    e->n_seeds = options->quick ? 1 : (unsigned)r->n_seeds;
    e->n_objects = (unsigned)r->n_objects;
    for (guint i = 0; i < s->remarks->len; i++)
        g_ptr_array_add(e->remarks, g_strdup(g_ptr_array_index(s->remarks, i)));
}

static void fill_fingerprint(evidence *e)
{
    static const char *const tools[] = {"gcc",          "valgrind", "clang-tidy",
                                        "clang-format", "cppcheck", NULL};
    record_fingerprint print = {.tools = g_ptr_array_new_with_free_func(g_free),
                                .environment = g_ptr_array_new_with_free_func(g_free)};
    machine_fingerprint(&print, tools, valgrind_environment(), e->sandbox);
    e->cpu = g_strdup(print.cpu);
    e->kernel = g_strdup(print.kernel);
    for (guint i = 0; i < print.tools->len; i++)
        g_ptr_array_add(e->tools, g_strdup(g_ptr_array_index(print.tools, i)));
    for (guint i = 0; i < print.environment->len; i++)
        g_ptr_array_add(e->environment, g_strdup(g_ptr_array_index(print.environment, i)));
    machine_fingerprint_clear(&print);
}

/* Removes what gradings that were killed outright left in out. */
static void remove_stale(const char *out)
{
    GDir *dir = g_dir_open(out, 0, NULL);
    const char *name = NULL;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        guint64 pid = 0;
        if (!g_str_has_prefix(name, WORK_PREFIX) ||
            !g_ascii_string_to_unsigned(name + strlen(WORK_PREFIX), 10, 1, G_MAXINT32, &pid,
                                        NULL) ||
            kill((pid_t)pid, 0) == 0 || errno != ESRCH)
            continue;
        g_autofree char *path = g_build_filename(out, name, NULL);
        (void)files_remove_tree(path, NULL); /* in nobody's way if it stays */
    }
    if (dir != NULL)
        g_dir_close(dir);
}

/* Runs everything into out/.grading-PID, then puts it in the place of out/evidence. */
static evidence *gather(const grade_options *options, const char *out, const char *data,
                        const rubric *r, const submission *s, GError **error)
{
    g_autofree char *work = g_strdup_printf("%s/" WORK_PREFIX "%d", out, (int)getpid());
    g_autofree char *kept = g_build_filename(out, "evidence", NULL);
    evidence *e = evidence_new(work);
    session run = {.e = e,
                   .r = r,
                   .s = s,
                   .data = data,
                   .n_workers = options->n_workers > 0 ? options->n_workers : 2,
                   .progress = options->progress,
                   .progress_argument = options->progress_argument,
                   .cancel = options->cancel};
    remove_stale(out);
    fill_head(e, options, r, s);
    fill_fingerprint(e);
    if (files_make_folder(work, NULL, error) && plan_run(&run, error) && evidence_write(e, error) &&
        files_replace_folder(work, kept, error)) {
        g_free(e->folder);
        e->folder = g_strdup(kept);
        return e;
    }
    evidence_free(e);
    (void)files_remove_tree(work, NULL); /* the first error is the one to tell */
    return NULL;
}

static bool write_reports(const record *r, const char *out, GError **error)
{
    g_autofree char *json = g_build_filename(out, "result.json", NULL);
    g_autofree char *xml = g_build_filename(out, "report.junit.xml", NULL);
    g_autofree char *html = g_build_filename(out, "report.html", NULL);
    g_autofree char *web = html_find_web("/proc/self/exe");
    g_autofree char *page = html_render(r, web);
    g_autofree char *junit = junit_render(r);
    return record_write_file(html, page, strlen(page), error) &&
           record_write_file(xml, junit, strlen(junit), error) && record_write(r, json, error);
}

static evidence *gather_anew(const grade_options *options, const char *out, const rubric *r,
                             GError **error)
{
    GError *why = NULL;
    g_autoptr(submission) s = submission_read(options->folder, &why);
    if (s == NULL) {
        fail(error, GRADE_ERROR_USAGE, why);
        return NULL;
    }
    g_autofree char *data = data_root(&why);
    evidence *e = NULL;
    if (data != NULL && sandbox_probe(sandbox_get_tier(), &why))
        e = gather(options, out, data, r, s, &why);
    if (e == NULL)
        fail(error, GRADE_ERROR_HARNESS, why);
    return e;
}

static rubric *read_rubric(const grade_options *options, GError **error)
{
    if (options->rubric != NULL)
        return rubric_read(options->rubric, error);
    g_autofree char *data = data_root(error);
    if (data == NULL)
        return NULL;
    g_autofree char *path = g_build_filename(data, DEFAULT_RUBRIC, NULL);
    return rubric_read(path, error);
}

record *grade_run(const grade_options *options, GError **error)
{
    GError *why = NULL;
    g_autoptr(rubric) r = read_rubric(options, &why);
    if (r == NULL) {
        fail(error, GRADE_ERROR_USAGE, why);
        return NULL;
    }
    g_autofree char *out = options->out != NULL ? g_strdup(options->out)
                           : options->recompute ? g_strdup(options->folder)
                                                : grade_default_out(options->folder);
    evidence *e = NULL;
    if (options->recompute) {
        g_autofree char *kept = g_build_filename(options->folder, "evidence", NULL);
        e = evidence_read(kept, &why);
        if (e == NULL)
            fail(error, GRADE_ERROR_USAGE, why);
    } else {
        e = gather_anew(options, out, r, error);
    }
    if (e == NULL)
        return NULL;
    record *result = score_evidence(e, r);
    evidence_free(e);
    if (files_make_folder(out, NULL, &why) && write_reports(result, out, &why))
        return result;
    fail(error, GRADE_ERROR_HARNESS, why);
    record_free(result);
    return NULL;
}
