#include "harness/judge/score.h"

#include <math.h>
#include <string.h>

#define MAX_LEFT ((size_t)256 << 20) /* bytes of a file of a profiler or gcov */

/* Points are shown to a hundredth: sums of shares must not miss the maximum by rounding. */
static double rounded(double points)
{
    return round(points * 100) / 100;
}

double score_of_ratio(double ratio, double full_ratio, double zero_ratio)
{
    if (!(ratio > 0) || !isfinite(ratio) || ratio >= zero_ratio)
        return 0;
    if (ratio <= full_ratio)
        return 1;
    return log(zero_ratio / ratio) / log(zero_ratio / full_ratio);
}

GBytes *score_left_by(const score *s, const char *job, const char *file, const char **ret_text,
                      gsize *ret_n_bytes)
{
    if (!evidence_job_succeeded(evidence_find_job(s->e, job)))
        return NULL;
    GBytes *bytes = evidence_file(s->e, file, MAX_LEFT);
    const char *text = bytes != NULL ? g_bytes_get_data(bytes, ret_n_bytes) : NULL;
    *ret_text = text != NULL ? text : "";
    return bytes;
}

record_part *score_add_part(score *s, rubric_part part)
{
    record_part *added = record_add_part(s->record, rubric_part_name(part), rubric_part_title(part),
                                         s->r->points[part]);
    added->verdict = RECORD_RIGHT;
    return added;
}

void score_add_evidence(record_part *part, const char *name, const char *ending)
{
    g_autofree char *path = g_strdup_printf("evidence/%s%s", name, ending);
    record_part_add_evidence(part, path);
}

void score_close(record_part *part, double points)
{
    part->score = rounded(CLAMP(points, 0, part->max_score));
    if (part->verdict != RECORD_RIGHT)
        return;
    if (part->score <= 0 && part->max_score > 0)
        part->verdict = RECORD_WRONG;
    else if (part->score < part->max_score)
        part->verdict = RECORD_PARTIAL;
}

void score_say_build(score *s, record_part *part, submission_part which, double points_lost)
{
    const evidence_part *p = &s->e->parts[which];
    const char *file = submission_part_file(which);
    if (p->state == EVIDENCE_ABSENT) {
        (void)record_part_say(part, points_lost, NULL, 0, "%s is not in the submission", file);
        return;
    }
    for (guint i = 0; i < p->problems->len; i++) {
        const evidence_problem *problem = g_ptr_array_index(p->problems, i);
        (void)record_part_say(part, i == 0 ? points_lost : 0, file, problem->line, "%s",
                              problem->text);
    }
    if (p->problems->len == 0)
        (void)record_part_say(part, points_lost, file, 0, "%s was rejected", file);
}

static void fill_head(record *out, const evidence *e, const rubric *r)
{
    record_set_text(&out->submission_name, e->name);
    record_set_text(&out->submission_sha256, e->sha256);
    record_set_text(&out->rubric, r->name);
    record_set_text(&out->created, e->created);
    for (int i = 0; i < SUBMISSION_N_PARTS; i++) {
        if (e->parts[i].state != EVIDENCE_ABSENT)
            g_ptr_array_add(out->submission_parts,
                            g_strdup(submission_part_name((submission_part)i)));
    }
    g_autoptr(GString) note = g_string_new(NULL);
    if (strcmp(e->sandbox, "full") != 0)
        g_string_append(note, "Graded in a weaker sandbox (limits only, no namespaces). ");
    if (e->quick)
        g_string_append(note, "Quick grading: fewer tapes, no timing. ");
    for (guint i = 0; i < e->remarks->len; i++)
        g_string_append_printf(note, "%s. ", (const char *)g_ptr_array_index(e->remarks, i));
    g_strchomp(note->str);
    record_set_text(&out->note, note->str);
}

static void fill_fingerprint(record *out, const evidence *e)
{
    record_set_text(&out->fingerprint.cpu, e->cpu);
    record_set_text(&out->fingerprint.kernel, e->kernel);
    record_set_text(&out->fingerprint.sandbox, e->sandbox);
    for (guint i = 0; i < e->tools->len; i++)
        g_ptr_array_add(out->fingerprint.tools, g_strdup(g_ptr_array_index(e->tools, i)));
    for (guint i = 0; i < e->environment->len; i++)
        g_ptr_array_add(out->fingerprint.environment,
                        g_strdup(g_ptr_array_index(e->environment, i)));
}

/* The submission's verdict and sum from its parts'. */
static void add_up(record *out, const evidence *e)
{
    bool tampering = false;
    bool fault = false;
    unsigned n_built = 0;
    for (int i = 0; i < SUBMISSION_N_PARTS; i++)
        n_built += e->parts[i].state == EVIDENCE_BUILT;
    double sum = 0;
    double max = 0;
    for (guint i = 0; i < out->parts->len; i++) {
        const record_part *part = g_ptr_array_index(out->parts, i);
        tampering = tampering || part->verdict == RECORD_TAMPERING;
        fault = fault || part->verdict == RECORD_HARNESS_FAULT;
        sum += part->score;
        max += part->max_score;
    }
    out->max_score = rounded(max);
    out->score = tampering ? 0 : rounded(sum);
    if (tampering)
        out->verdict = RECORD_TAMPERING;
    else if (fault)
        out->verdict = RECORD_HARNESS_FAULT;
    else
        out->verdict = n_built == 0 ? RECORD_REJECTED : RECORD_GRADED;
}

record *score_evidence(const evidence *e, const rubric *r)
{
    score s = {.e = e, .r = r, .record = record_new()};
    fill_head(s.record, e, r);
    fill_fingerprint(s.record, e);
    for (int kind = 0; kind < SCORE_N_KINDS; kind++)
        s.found[kind] = correctness_of(e, (check_kind)kind);
    score_correctness(&s);
    score_memory(&s);
    score_space(&s);
    score_speed(&s);
    score_tests(&s);
    score_findings(&s);
    score_lint(&s);
    score_profiles(&s);
    add_up(s.record, e);
    for (int kind = 0; kind < SCORE_N_KINDS; kind++)
        correctness_free(s.found[kind]);
    return s.record;
}
