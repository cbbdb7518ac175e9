/* score_memory.c -- memory safety: what memcheck saw in the submission's own files. */
#include "harness/judge/score.h"
#include "harness/profile/memcheck_xml.h"

#include <string.h>

#define MAX_XML ((size_t)64 << 20)

/* Memory safety is earned half by the pool, half by the layouts. */
static const check_kind watched[] = {CHECK_POOL, CHECK_LAYOUTS};

/* One kind of error at one place is one error, however it is come by. */
static double say_errors(record_part *part, const memcheck_report *report, const char *file,
                         double share, double per_error)
{
    g_autofree char *path = g_strdup_printf("submission/%s", file);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    double left = share;
    for (guint i = 0; i < report->errors->len; i++) {
        const memcheck_error *error = g_ptr_array_index(report->errors, i);
        const memcheck_frame *frame = memcheck_frame_in(error, path);
        /* a size that malloc refuses is a legal request: the contract says what comes of it */
        if (frame == NULL || strcmp(error->kind, "FishyValue") == 0 ||
            !g_hash_table_add(seen, g_strdup_printf("%u %s", frame->line, error->kind)))
            continue;
        double lost = MIN(per_error, left);
        left -= lost;
        (void)record_part_say(part, lost, file, frame->line, "%s in %s()", error->text,
                              frame->function);
    }
    return left;
}

/* Points that one driver's memcheck run leaves of its share. */
static double score_run(score *s, record_part *part, check_kind kind, double share)
{
    const correctness *found = s->found[kind];
    const char *file = submission_part_file(found->part);
    if (!found->eligible) {
        if (found->verdict == RECORD_HARNESS_FAULT) {
            part->verdict = RECORD_HARNESS_FAULT;
            return share;
        }
        (void)record_part_say(part, share, file, 0,
                              "memory safety of %s counts once its required checks pass", file);
        return 0;
    }
    g_autofree char *name =
        g_strdup_printf("valgrind/memcheck-%s", submission_part_name(found->part));
    g_autofree char *xml = g_strdup_printf("%s/memcheck.xml", name);
    g_autofree char *link = g_strdup_printf("evidence/%s", xml);
    record_part_add_evidence(part, link);
    const evidence_job *job = evidence_find_job(s->e, name);
    record_verdict verdict = correctness_verdict(job);
    g_autofree char *what = correctness_describe(job);
    if (verdict == RECORD_HARNESS_FAULT) {
        part->verdict = verdict;
        (void)record_part_say(part, 0, NULL, 0, "memcheck: %s", what);
        return share;
    }
    g_autoptr(GBytes) bytes = evidence_file(s->e, xml, MAX_XML);
    gsize n_bytes = 0;
    const char *text = bytes != NULL ? g_bytes_get_data(bytes, &n_bytes) : NULL;
    g_autoptr(memcheck_report) report =
        memcheck_parse(text != NULL ? text : "", n_bytes, xml, NULL);
    double left =
        report != NULL ? say_errors(part, report, file, share, s->r->memory_per_error) : share;
    if (verdict != RECORD_RIGHT || report == NULL || !report->complete) {
        if (verdict != RECORD_RIGHT)
            part->verdict = verdict;
        (void)record_part_say(part, left, file, 0, "under memcheck %s",
                              verdict != RECORD_RIGHT ? what : "its report was cut short");
        return 0;
    }
    return left;
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
        points += score_run(s, part, watched[i], part->max_score / G_N_ELEMENTS(watched));
    }
    if (n_missing == G_N_ELEMENTS(watched))
        part->verdict = RECORD_MISSING;
    score_close(part, points);
}
