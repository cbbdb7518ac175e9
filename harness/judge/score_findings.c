/*
 * score_findings.c -- findings.ini: what the student read from the profiles, against what was
 * measured. Every key has the same share of the points.
 */
#include "harness/judge/cost.h"
#include "harness/judge/ini.h"
#include "harness/judge/measured.h"
#include "harness/judge/score.h"

#include <math.h>
#include <string.h>

typedef enum answer_kind { FUNCTION_NAME, NUMBER } answer_kind;

static const struct {
    const char *group, *key;
    answer_kind kind;
} asked[] = {
    {"calls", "hottest_function", FUNCTION_NAME},   {"calls", "calls_of_hw_object_get", NUMBER},
    {"memory", "bytes_per_object_dict", NUMBER},    {"memory", "bytes_per_object_slots", NUMBER},
    {"memory", "bytes_per_object_weakref", NUMBER}, {"memory", "peak_heap_bytes", NUMBER},
};

/* What was measured for a key, or a negative number. */
static double measured_number(const measured *m, const char *key)
{
    if (strcmp(key, "calls_of_hw_object_get") == 0)
        return m->calls_of_get;
    if (strcmp(key, "peak_heap_bytes") == 0)
        return m->peak_heap_bytes;
    return measured_bytes(m, key + strlen("bytes_per_object_"));
}

/* 1 if the answer is right, 0 if not; says which. */
static double judge_number(const score *s, record_part *part, const ini *file,
                           const ini_entry *entry, double truth, double share)
{
    double number = 0;
    g_autoptr(GError) error = NULL;
    if (!ini_number(file, entry, 0, 1e18, &number, &error)) {
        (void)record_part_say(part, share, "findings.ini", entry->line, "%s", error->message);
        return 0;
    }
    if (fabs(number - truth) <= s->r->findings_tolerance * truth)
        return 1;
    /* the truth is what the student is to find: only the direction is told */
    (void)record_part_say(part, share, "findings.ini", entry->line,
                          "%s = %s is too %s: read it from the profile again", entry->key,
                          entry->value, number < truth ? "small" : "large");
    return 0;
}

static double judge_name(const score *s, record_part *part, const measured *m,
                         const ini_entry *entry, double share)
{
    if (measured_is_hottest(m, entry->value, s->r->findings_tolerance))
        return 1;
    (void)record_part_say(part, share, "findings.ini", entry->line,
                          "%s = %s: another function has more instructions of its own", entry->key,
                          entry->value);
    return 0;
}

/* Share of the points, 0..1, of one key; a figure that could not be measured costs nothing. */
static double judge_key(const score *s, record_part *part, const ini *file, const measured *m,
                        size_t i, double share)
{
    const ini_entry *entry = ini_find(file, asked[i].group, asked[i].key);
    if (entry == NULL) {
        (void)record_part_say(part, share, "findings.ini", 0, "[%s] %s is missing", asked[i].group,
                              asked[i].key);
        return 0;
    }
    if (asked[i].kind == FUNCTION_NAME)
        return m->functions->len == 0 ? 1 : judge_name(s, part, m, entry, share);
    double truth = measured_number(m, asked[i].key);
    return truth < 0 ? 1 : judge_number(s, part, file, entry, truth, share);
}

void score_findings(score *s)
{
    if (!s->r->graded[RUBRIC_FINDINGS])
        return;
    record_part *part = score_add_part(s, RUBRIC_FINDINGS);
    part->verdict = correctness_part_verdict(s->e, SUBMISSION_FINDINGS);
    if (part->verdict != RECORD_RIGHT) {
        score_say_build(s, part, SUBMISSION_FINDINGS, part->max_score);
        score_close(part, 0);
        return;
    }
    g_autoptr(GBytes) bytes =
        evidence_file(s->e, "submission/findings.ini", SUBMISSION_MAX_FILE_BYTES);
    gsize n_bytes = 0;
    const char *text = bytes != NULL ? g_bytes_get_data(bytes, &n_bytes) : NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(ini) file = ini_parse(text != NULL ? text : "", n_bytes, "findings.ini", &error);
    if (file == NULL) {
        part->verdict = RECORD_REJECTED;
        (void)record_part_say(part, part->max_score, "findings.ini", 0, "%s", error->message);
        score_close(part, 0);
        return;
    }
    g_autoptr(measured) m = measured_read(s->e);
    double share = part->max_score / G_N_ELEMENTS(asked);
    double points = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(asked); i++)
        points += share * judge_key(s, part, file, m, i, share);
    score_add_evidence(part, "valgrind/calls", "/callgrind.out");
    score_close(part, points);
}
