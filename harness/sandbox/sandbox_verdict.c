#include "harness/sandbox/sandbox_verdict.h"

#include "harness/sandbox/sandbox_seccomp.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

const char *sandbox_outcome_name(sandbox_outcome outcome)
{
    static const char *const names[] = {"exited",        "signalled",    "timed out",
                                        "out of memory", "output limit", "tampering"};
    return names[outcome];
}

static void set_detail(sandbox_result *result, sandbox_outcome outcome, const char *detail)
{
    result->outcome = outcome;
    (void)g_strlcpy(result->detail, detail, sizeof result->detail);
}

static void judge_status(int status, sandbox_result *result)
{
    if (WIFEXITED(status)) {
        set_detail(result, SANDBOX_EXITED, "");
        result->exit_status = WEXITSTATUS(status);
        return;
    }
    result->signal = WTERMSIG(status);
    if (result->signal == SIGXCPU)
        set_detail(result, SANDBOX_TIMED_OUT, "processor time");
    else if (result->signal == SIGXFSZ)
        set_detail(result, SANDBOX_OUTPUT_LIMIT, "size of a file");
    else
        set_detail(result, SANDBOX_SIGNALLED,
                   result->signal == SIGSYS ? "forbidden system call" : "");
}

static void judge_call(int call_nr, sandbox_result *result)
{
    g_autofree char *name = sandbox_seccomp_name(call_nr);
    set_detail(result, SANDBOX_TAMPERING, name);
}

/* What came of it, from the launcher's report. False: it could not start the program. */
static bool judge_report(const launch_report *report, const char *program, sandbox_result *result,
                         GError **error)
{
    static const char *const steps[] = {
        "nothing",          "the configuration",      "a new process",      "the limits",
        "the processor",    "the system call filter", "the working folder", "the program",
        "the process table"};
    switch ((launch_end)report->end) {
    case LAUNCH_ENDED:
        judge_status(report->wait_status, result);
        return true;
    case LAUNCH_CPU_TIME:
        set_detail(result, SANDBOX_TIMED_OUT, "processor time");
        return true;
    case LAUNCH_WALL_TIME:
        set_detail(result, SANDBOX_TIMED_OUT, "wall time");
        return true;
    case LAUNCH_MEMORY:
        set_detail(result, SANDBOX_OUT_OF_MEMORY, "resident memory");
        return true;
    case LAUNCH_STORAGE:
        set_detail(result, SANDBOX_OUTPUT_LIMIT, "files");
        return true;
    case LAUNCH_CALL:
        judge_call(report->call_nr, result);
        return true;
    case LAUNCH_SURVIVORS:
        set_detail(result, SANDBOX_TAMPERING, "process left behind");
        return true;
    case LAUNCH_TASKS:
        result->signal = SIGKILL;
        set_detail(result, SANDBOX_SIGNALLED, "too many processes");
        return true;
    case LAUNCH_STOPPED:
        set_detail(result, SANDBOX_OUTPUT_LIMIT, "");
        return true;
    case LAUNCH_FAULT:
        break;
    }
    g_set_error(error, SANDBOX_ERROR,
                report->step == LAUNCH_STEP_FILTER ? SANDBOX_ERROR_REFUSED : SANDBOX_ERROR_JOB,
                "%s cannot start: %s: %s", program,
                report->step < G_N_ELEMENTS(steps) ? steps[report->step] : "?",
                g_strerror(report->error));
    return false;
}

bool sandbox_verdict(const sandbox_watched *w, const char *program, sandbox_result *ret_result,
                     GError **error)
{
    static const char *const names[SANDBOX_N_STREAMS] = {"standard output", "standard error",
                                                         "answers"};
    sandbox_result result;
    memset(&result, 0, sizeof result);
    if (!w->reported) {
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_REFUSED, "the sandbox does not start: %s",
                    w->complaint[0] != '\0' ? w->complaint : "no report from objlab-launch");
        return false;
    }
    if (!judge_report(&w->report, program, &result, error))
        return false;
    for (int i = 0; i < SANDBOX_N_STREAMS; i++) {
        if (w->streams[i].exceeded && result.outcome != SANDBOX_TAMPERING)
            set_detail(&result, SANDBOX_OUTPUT_LIMIT, names[i]);
    }
    result.cpu_s = (double)w->report.cpu_ns / 1e9;
    result.wall_s = (double)w->report.wall_ns / 1e9;
    result.peak_rss_bytes = w->report.peak_rss_bytes;
    *ret_result = result;
    return true;
}
