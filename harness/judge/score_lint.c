/* score_lint.c -- points lost per finding of compiler, linters and formatter. */
#include "harness/judge/lint.h"
#include "harness/judge/score.h"

#include <string.h>

#define MAX_OUTPUT ((size_t)16 << 20)
#define MAX_SAID   10 /* findings repeated as feedback; all are in the record */

static const struct {
    const char *tool;
    const char *stream; /* where the tool prints its findings */
} linters[] = {{"clang-tidy", "out"}, {"clang-format", "err"}, {"cppcheck", "err"}};

/* Output in which there is a finding is the part's evidence. */
static void collect_file(score *s, record_part *part, const char *name, const char *tool,
                         const char *file)
{
    guint n_before = s->record->findings->len;
    g_autoptr(GBytes) output = evidence_file(s->e, name, MAX_OUTPUT);
    gsize n_bytes = 0;
    const char *text = output != NULL ? g_bytes_get_data(output, &n_bytes) : NULL;
    lint_collect(s->record, tool, file, text, n_bytes);
    if (s->record->findings->len > n_before)
        score_add_evidence(part, name, "");
}

/* False if one of the linters could not be run. */
static bool collect_part(score *s, record_part *part, submission_part which)
{
    const char *file = submission_part_file(which);
    const char *name = submission_part_name(which);
    g_autofree char *compiler = g_strdup_printf("build/submission-%s/compile.err", name);
    collect_file(s, part, compiler, "compiler", file);
    bool ok = true;
    for (size_t i = 0; i < G_N_ELEMENTS(linters); i++) {
        g_autofree char *job = g_strdup_printf("lint/%s-%s", linters[i].tool, name);
        g_autofree char *output = g_strdup_printf("%s.%s", job, linters[i].stream);
        record_verdict verdict = correctness_verdict(evidence_find_job(s->e, job));
        if (verdict == RECORD_HARNESS_FAULT) {
            (void)record_part_say(part, 0, file, 0, "%s could not be run", linters[i].tool);
            ok = false;
        }
        collect_file(s, part, output, linters[i].tool, file);
    }
    g_autofree char *source = g_strdup_printf("submission/%s", file);
    g_autoptr(GBytes) bytes = evidence_file(s->e, source, SUBMISSION_MAX_FILE_BYTES);
    gsize n_bytes = 0;
    const char *text = bytes != NULL ? g_bytes_get_data(bytes, &n_bytes) : NULL;
    lint_suppressions(s->record, file, text, n_bytes);
    return ok;
}

static double say_findings(score *s, record_part *part)
{
    double left = part->max_score;
    const GPtrArray *findings = s->record->findings;
    for (guint i = 0; i < findings->len; i++) {
        const record_finding *finding = g_ptr_array_index(findings, i);
        double lost = MIN(s->r->lint_per_finding, left);
        left -= lost;
        if (i < MAX_SAID)
            (void)record_part_say(part, lost, finding->file, finding->line, "%s: %s%s%s%s",
                                  finding->tool, finding->text, *finding->rule != '\0' ? " [" : "",
                                  finding->rule, *finding->rule != '\0' ? "]" : "");
    }
    if (findings->len > MAX_SAID)
        (void)record_part_say(part, 0, NULL, 0, "and %u findings more", findings->len - MAX_SAID);
    return left;
}

void score_lint(score *s)
{
    record_part *part = s->r->graded[RUBRIC_LINT] ? score_add_part(s, RUBRIC_LINT) : NULL;
    if (part == NULL)
        return;
    bool ok = true;
    unsigned n_linted = 0;
    for (int i = 0; i < SUBMISSION_FINDINGS; i++) {
        if (s->e->parts[i].state != EVIDENCE_BUILT)
            continue;
        n_linted++;
        ok = collect_part(s, part, (submission_part)i) && ok;
    }
    if (n_linted == 0) {
        part->verdict = RECORD_MISSING;
        (void)record_part_say(part, part->max_score, NULL, 0, "no source file could be linted");
        score_close(part, 0);
        return;
    }
    double points = say_findings(s, part);
    if (!ok)
        part->verdict = RECORD_HARNESS_FAULT;
    score_close(part, ok ? points : part->max_score);
}
