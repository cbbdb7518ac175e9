/* score_memory.c -- memory safety: what memcheck saw in the submission's own files. */
#include "harness/judge/score.h"

#include <string.h>

#define MAX_XML ((size_t)64 << 20) /* of any file of such a run */

/* Memory safety is earned half by the pool, half by the layouts; errors in the workload lose
 * points of the whole. */
static const check_kind watched[] = {CHECK_POOL, CHECK_LAYOUTS};

memcheck_report *score_read_memcheck(const score *s, submission_part part)
{
    g_autofree char *xml =
        g_strdup_printf("valgrind/memcheck-%s/memcheck.xml", submission_part_name(part));
    g_autoptr(GBytes) bytes = evidence_file(s->e, xml, MAX_XML);
    gsize n_bytes = 0;
    const char *text = bytes != NULL ? g_bytes_get_data(bytes, &n_bytes) : NULL;
    return text != NULL ? memcheck_parse(text, n_bytes, xml, NULL) : NULL;
}

const memcheck_frame *score_memcheck_place(const memcheck_error *error, submission_part part)
{
    g_autofree char *path = g_strdup_printf("submission/%s", submission_part_file(part));
    return strcmp(error->kind, "FishyValue") == 0 ? NULL : memcheck_frame_in(error, path);
}

/* One kind of error at one place is one error, however it is come by. */
static double say_errors(record_part *part, const memcheck_report *report, submission_part which,
                         double share, double per_error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    double left = share;
    for (guint i = 0; i < report->errors->len; i++) {
        const memcheck_error *error = g_ptr_array_index(report->errors, i);
        const memcheck_frame *frame = score_memcheck_place(error, which);
        if (frame == NULL ||
            !g_hash_table_add(seen, g_strdup_printf("%u %s", frame->line, error->kind)))
            continue;
        double lost = MIN(per_error, left);
        left -= lost;
        (void)record_part_say(part, lost, submission_part_file(which), frame->line, "%s in %s()",
                              error->text, frame->function);
    }
    return left;
}

typedef struct memory_run {
    record_verdict verdict;
    char *what;              /* of the verdict, as a sentence */
    memcheck_report *report; /* NULL: unreadable */
    bool same_answers;       /* what the part did under memcheck is right, too */
} memory_run;

static void memory_run_clear(memory_run *run)
{
    g_free(run->what);
    memcheck_free(run->report);
}

/* Reads what memcheck left of a driver's run over the first tape. */
static memory_run read_run(const score *s, check_kind kind, record_part *part)
{
    const char *name = submission_part_name(correctness_part(kind));
    g_autofree char *job_name = g_strdup_printf("valgrind/memcheck-%s", name);
    g_autofree char *answers_name = g_strconcat(job_name, ".txt", NULL);
    g_autofree char *tape_job = correctness_job_name(kind, 1);
    g_autofree char *tape_name = g_strconcat(tape_job, ".tape", NULL);
    const evidence_job *job = evidence_find_job(s->e, job_name);
    memory_run run = {.verdict = correctness_verdict(job), .what = correctness_describe(job)};
    score_add_evidence(part, job_name, "/memcheck.xml");
    run.report = score_read_memcheck(s, correctness_part(kind));
    gsize n_bytes = 0;
    g_autoptr(GBytes) tape = evidence_file(s->e, tape_name, MAX_XML);
    g_autoptr(GBytes) answers = evidence_file(s->e, answers_name, MAX_XML);
    run.same_answers = tape == NULL; /* nothing to compare with is not the student's fault */
    if (tape == NULL || answers == NULL)
        return run;
    const char *said = g_bytes_get_data(answers, &n_bytes);
    g_autoptr(check_result) checked = check_answers(kind, tape, said != NULL ? said : "", n_bytes);
    run.same_answers = checked->complete && !checked->tampering;
    for (guint i = 0; i < checked->groups->len; i++) {
        const check_group *group = g_ptr_array_index(checked->groups, i);
        run.same_answers = run.same_answers && (group->passed || !group->required);
    }
    return run;
}

/* Points of a share that one driver's memcheck run leaves. */
static double score_run(score *s, record_part *part, check_kind kind, double share)
{
    const char *file = submission_part_file(correctness_part(kind));
    memory_run run = read_run(s, kind, part);
    double left = share;
    if (run.verdict == RECORD_HARNESS_FAULT) {
        part->verdict = RECORD_HARNESS_FAULT;
        (void)record_part_say(part, 0, NULL, 0, "memcheck: %s", run.what);
        memory_run_clear(&run);
        return share;
    }
    if (run.report != NULL)
        left = say_errors(part, run.report, correctness_part(kind), share, s->r->memory_per_error);
    const char *why = NULL;
    if (run.verdict != RECORD_RIGHT)
        why = run.what;
    else if (run.report == NULL || !run.report->complete)
        why = "memcheck's report was cut short";
    else if (!run.same_answers)
        why = "it answers otherwise than without";
    if (why != NULL) {
        if (run.verdict != RECORD_RIGHT)
            part->verdict = run.verdict;
        (void)record_part_say(part, left, file, 0, "under memcheck %s", why);
        left = 0;
    }
    memory_run_clear(&run);
    return left;
}

static double score_watched(score *s, record_part *part, check_kind kind, double share)
{
    const correctness *found = s->found[kind];
    const char *file = submission_part_file(found->part);
    if (found->eligible)
        return score_run(s, part, kind, share);
    if (found->verdict == RECORD_HARNESS_FAULT) {
        part->verdict = RECORD_HARNESS_FAULT;
        return share;
    }
    if (found->verdict == RECORD_MISSING)
        (void)record_part_say(part, share, NULL, 0, "%s is not in the submission", file);
    else
        (void)record_part_say(part, share, file, 0,
                              "memory safety of %s counts once its required checks pass", file);
    return 0;
}

void score_memory(score *s)
{
    if (!s->r->graded[RUBRIC_MEMORY])
        return;
    record_part *part = score_add_part(s, RUBRIC_MEMORY);
    double points = 0;
    unsigned n_missing = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(watched); i++) {
        n_missing += s->found[watched[i]]->verdict == RECORD_MISSING;
        points += score_watched(s, part, watched[i], part->max_score / G_N_ELEMENTS(watched));
    }
    if (points > 0 && s->found[CHECK_WORKLOAD]->eligible)
        points = score_run(s, part, CHECK_WORKLOAD, points);
    if (n_missing == G_N_ELEMENTS(watched))
        part->verdict = RECORD_MISSING;
    score_close(part, points);
}
