#include "harness/judge/correctness.h"

#include <string.h>

#define MAX_ANSWERS  ((size_t)256 << 20)
#define MAX_TAPE     ((size_t)64 << 20)
#define MAX_FAILURES 3 /* kept a group: enough to find the fault, short enough to read */

static const struct {
    submission_part part;
} kinds[] = {
    [CHECK_POOL] = {SUBMISSION_POOL},
    [CHECK_LAYOUTS] = {SUBMISSION_LAYOUTS},
    [CHECK_WORKLOAD] = {SUBMISSION_WORKLOAD},
};

submission_part correctness_part(check_kind kind)
{
    return kinds[kind].part;
}

char *correctness_job_name(check_kind kind, unsigned n)
{
    return g_strdup_printf("answers/%s-%u", submission_part_name(correctness_part(kind)), n);
}

static void group_free(void *data)
{
    correctness_group *group = data;
    g_free(group->part);
    g_free(group->name);
    g_free(group->title);
    g_ptr_array_unref(group->failures);
    g_free(group);
}

void correctness_free(correctness *c)
{
    if (c == NULL)
        return;
    g_free(c->why);
    g_ptr_array_unref(c->groups);
    g_free(c);
}

record_verdict correctness_verdict(const evidence_job *job)
{
    if (job == NULL || job->state != EVIDENCE_DONE)
        return RECORD_HARNESS_FAULT;
    switch (job->result.outcome) {
    case SANDBOX_EXITED:
        return job->result.exit_status == 0 ? RECORD_RIGHT : RECORD_CRASHED;
    case SANDBOX_SIGNALLED:
        return RECORD_CRASHED;
    case SANDBOX_TIMED_OUT:
        return RECORD_TIMED_OUT;
    case SANDBOX_OUT_OF_MEMORY:
        return RECORD_OUT_OF_MEMORY;
    case SANDBOX_OUTPUT_LIMIT:
        return RECORD_OUTPUT_LIMIT;
    case SANDBOX_TAMPERING:
        return RECORD_TAMPERING;
    }
    return RECORD_HARNESS_FAULT;
}

char *correctness_describe(const evidence_job *job)
{
    if (job == NULL || job->state == EVIDENCE_SKIPPED)
        return g_strdup("it was not run");
    if (job->state == EVIDENCE_FAULT)
        return g_strdup_printf("the harness could not run it: %s", job->fault);
    const sandbox_result *r = &job->result;
    switch (r->outcome) {
    case SANDBOX_EXITED:
        return r->exit_status == 0
                   ? g_strdup("it ended")
                   : g_strdup_printf("it ended early, with exit status %d", r->exit_status);
    case SANDBOX_SIGNALLED:
        return g_strdup_printf("it crashed: signal %d (%s)", r->signal, g_strsignal(r->signal));
    case SANDBOX_TIMED_OUT:
        return g_strdup_printf("it was stopped after %.1f s: an endless loop, or far too slow",
                               r->wall_s);
    case SANDBOX_OUT_OF_MEMORY:
        return g_strdup("it used more memory than it may");
    case SANDBOX_OUTPUT_LIMIT:
        return g_strdup("it wrote more than it may");
    case SANDBOX_TAMPERING:
        return g_strdup_printf("it tried what only an attack does (%s)",
                               *r->detail != '\0' ? r->detail : "a system call");
    }
    return g_strdup("unknown outcome");
}

record_verdict correctness_part_verdict(const evidence *e, submission_part part)
{
    const evidence_part *p = &e->parts[part];
    if (p->state == EVIDENCE_ABSENT)
        return RECORD_MISSING;
    if (p->build == EVIDENCE_FAULT)
        return RECORD_HARNESS_FAULT;
    return p->state == EVIDENCE_REJECTED ? RECORD_REJECTED : RECORD_RIGHT;
}

/* How bad a verdict is: the worst of several runs is the part's. */
static int badness(record_verdict v)
{
    static const int order[RECORD_N_VERDICTS] = {
        [RECORD_RIGHT] = 0,     [RECORD_PARTIAL] = 1,       [RECORD_WRONG] = 2,
        [RECORD_CRASHED] = 3,   [RECORD_OUTPUT_LIMIT] = 4,  [RECORD_OUT_OF_MEMORY] = 5,
        [RECORD_TIMED_OUT] = 6, [RECORD_HARNESS_FAULT] = 7, [RECORD_TAMPERING] = 8,
    };
    return order[v];
}

static void worsen(correctness *c, record_verdict v, const char *why)
{
    if (badness(v) <= badness(c->verdict))
        return;
    c->verdict = v;
    g_free(c->why);
    c->why = g_strdup(why);
}

static correctness_group *group_of(correctness *c, const check_group *checked)
{
    for (guint i = 0; i < c->groups->len; i++) {
        correctness_group *group = g_ptr_array_index(c->groups, i);
        if (strcmp(group->part, checked->part) == 0 && strcmp(group->name, checked->name) == 0)
            return group;
    }
    correctness_group *group = g_new0(correctness_group, 1);
    group->part = g_strdup(checked->part);
    group->name = g_strdup(checked->name);
    group->title = g_strdup(checked->title);
    group->required = checked->required;
    group->passed = true;
    group->failures = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(c->groups, group);
    return group;
}

static void merge_group(correctness *c, const check_group *checked)
{
    correctness_group *group = group_of(c, checked);
    group->passed = group->passed && checked->passed;
    for (guint i = 0; i < checked->failures->len && group->failures->len < MAX_FAILURES; i++) {
        const char *text = g_ptr_array_index(checked->failures, i);
        if (!g_ptr_array_find_with_equal_func(group->failures, text, g_str_equal, NULL))
            g_ptr_array_add(group->failures, g_utf8_make_valid(text, -1));
    }
}

static void judge_tape(correctness *c, const evidence *e, check_kind kind, unsigned n)
{
    g_autofree char *name = correctness_job_name(kind, n);
    const evidence_job *job = evidence_find_job(e, name);
    g_autofree char *what = correctness_describe(job);
    record_verdict verdict = correctness_verdict(job);
    bool seen_wrong = false;
    g_autofree char *tape_name = g_strconcat(name, ".tape", NULL);
    g_autofree char *answers_name = g_strconcat(name, ".txt", NULL);
    g_autoptr(GBytes) tape = evidence_file(e, tape_name, MAX_TAPE);
    g_autoptr(GBytes) answers = evidence_file(e, answers_name, MAX_ANSWERS);
    if (tape == NULL) {
        worsen(c, RECORD_HARNESS_FAULT, "its operation tape is not among the evidence");
        return;
    }
    gsize n_bytes = 0;
    const char *text = answers != NULL ? g_bytes_get_data(answers, &n_bytes) : "";
    g_autoptr(check_result) result = check_answers(kind, tape, text != NULL ? text : "", n_bytes);
    bool passed = true;
    for (guint i = 0; i < result->groups->len; i++) {
        const check_group *group = g_ptr_array_index(result->groups, i);
        merge_group(c, group);
        passed = passed && group->passed;
        seen_wrong = seen_wrong || (!group->passed && group->failures->len > 0);
    }
    if (verdict == RECORD_RIGHT && !result->complete) {
        verdict = RECORD_CRASHED;
        g_free(what);
        what = g_strdup(result->why != NULL ? result->why
                                            : "it ended before it had answered everything");
    }
    if (result->tampering)
        worsen(c, RECORD_TAMPERING, result->why);
    else if (verdict == RECORD_CRASHED && seen_wrong)
        worsen(c, RECORD_WRONG, what); /* what was seen before the crash says more than it */
    else if (verdict != RECORD_RIGHT)
        worsen(c, verdict, what);
    else if (!passed)
        worsen(c, RECORD_WRONG, NULL);
}

correctness *correctness_of(const evidence *e, check_kind kind)
{
    correctness *c = g_new0(correctness, 1);
    c->part = correctness_part(kind);
    c->groups = g_ptr_array_new_with_free_func(group_free);
    c->verdict = correctness_part_verdict(e, c->part);
    if (c->verdict != RECORD_RIGHT)
        return c;
    for (unsigned n = 1; n <= e->n_seeds; n++)
        judge_tape(c, e, kind, n);
    c->eligible = c->verdict == RECORD_RIGHT || c->verdict == RECORD_WRONG;
    for (guint i = 0; i < c->groups->len; i++) {
        const correctness_group *group = g_ptr_array_index(c->groups, i);
        c->eligible = c->eligible && (group->passed || !group->required);
    }
    return c;
}
