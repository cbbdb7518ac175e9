/* plan_lint.c -- clang-tidy, clang-format and cppcheck over the submission, with our own rules. */
#include "harness/judge/plan_steps.h"

static jobs_item *lint_job(session *s, const char *tool, submission_part part)
{
    g_autofree char *name = g_strdup_printf("lint/%s-%s", tool, submission_part_name(part));
    g_autofree char *source = evidence_path(s->e, "submission");
    g_autofree char *contract = session_data_path(s, "homework/contract");
    g_autofree char *tidy = session_data_path(s, ".clang-tidy");
    g_autofree char *format = session_data_path(s, ".clang-format");
    g_autofree char *program = g_strconcat("/usr/bin/", tool, NULL);
    jobs_item *j = session_job(s, name, session_tool_limits(s));
    jobs_item_mount(j, source, "/submission", false);
    jobs_item_mount(j, contract, "/contract", false);
    jobs_item_mount(j, tidy, "/rules/clang-tidy", false);
    jobs_item_mount(j, format, "/rules/clang-format", false);
    j->cwd = g_strdup("/submission");
    jobs_item_arguments(j, JOBS_ARGUMENTS(program));
    return j;
}

bool plan_lint(session *s, GPtrArray *jobs, GError **error)
{
    if (!session_folder(s, "lint", error))
        return false;
    for (int i = 0; i < SUBMISSION_FINDINGS; i++) {
        submission_part part = (submission_part)i;
        if (s->s->files[i].bytes == NULL)
            continue;
        const char *file = submission_part_file(part);
        jobs_item *tidy = lint_job(s, "clang-tidy", part);
        jobs_item_arguments(tidy, JOBS_ARGUMENTS("--quiet", "--config-file=/rules/clang-tidy", file,
                                                 "--", "-std=c11", "-I/contract"));
        jobs_item *format = lint_job(s, "clang-format", part);
        jobs_item_arguments(format,
                            JOBS_ARGUMENTS("--dry-run", "--style=file:/rules/clang-format", file));
        jobs_item *cppcheck = lint_job(s, "cppcheck", part);
        jobs_item_arguments(
            cppcheck,
            JOBS_ARGUMENTS(
                "--quiet", "--std=c11", "-I/contract", "--enable=warning,performance,portability",
                "--template={file}:{line}:{column}: {severity}: {message} [{id}]", file));
        g_ptr_array_add(jobs, tidy);
        g_ptr_array_add(jobs, format);
        g_ptr_array_add(jobs, cppcheck);
    }
    return true;
}
