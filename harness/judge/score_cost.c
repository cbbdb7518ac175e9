/* score_cost.c -- speed and space: what the submission's parts cost over what the solution's do. */
#include "harness/judge/cost.h"
#include "harness/judge/score.h"

#include <math.h>
#include <string.h>

typedef struct scale {
    const char *unit; /* "Ir", "bytes" */
    double full_ratio, zero_ratio;
} scale;

static const correctness *found_of(const score *s, submission_part part)
{
    return s->found[part == SUBMISSION_POOL ? CHECK_POOL : CHECK_LAYOUTS];
}

bool score_is_measured(const score *s)
{
    return found_of(s, SUBMISSION_POOL)->eligible || found_of(s, SUBMISSION_LAYOUTS)->eligible;
}

static void add_figures(score *s, const cost_item *item, const char *unit)
{
    if (item->solution >= 0)
        (void)record_add_figure(s->record, item->name, item->layout, "solution", unit,
                                item->solution);
    if (item->mine < 0 || item->work != COST_WORK_DONE || !score_is_measured(s))
        return;
    record_figure *figure =
        record_add_figure(s->record, item->name, item->layout, "submission", unit, item->mine);
    if (item->solution <= 0)
        return;
    record_set_text(&figure->ratio_to, "solution");
    figure->ratio_median = item->mine / item->solution;
    figure->ratio_low = figure->ratio_median;
    figure->ratio_high = figure->ratio_median;
}

/* What is wrong with work that has no cost. */
static const char *undone(cost_work work)
{
    switch (work) {
    case COST_WORK_LEFT:
        return "with many objects, not every block was given back";
    case COST_WORK_ONLY_UNWATCHED:
        return "under the profiler, what is read back is not what was written";
    default:
        return "with many objects, what is read back is not what was written";
    }
}

/* Share of one figure's points, 0..1; says what was lost. */
static double score_item(score *s, record_part *part, const cost_item *item, const scale *by,
                         double share)
{
    const correctness *found = found_of(s, item->part);
    const char *file = submission_part_file(item->part);
    if (item->solution <= 0 || found->verdict == RECORD_HARNESS_FAULT)
        return 1; /* not the student's fault */
    if (!found->eligible)
        return 0;
    if (item->mine < 0) {
        (void)record_part_say(part, share, file, 0,
                              "%s%s%s could not be measured: it did not end "
                              "well under the profiler",
                              item->layout, *item->layout != '\0' ? " " : "", item->name);
        return 0;
    }
    if (item->work != COST_WORK_DONE) {
        (void)record_part_say(part, share, file, 0, "%s%s%s does not count: %s", item->layout,
                              *item->layout != '\0' ? " " : "", item->name, undone(item->work));
        return 0;
    }
    /* a slope of nothing or less is no cost, and no honest object has none */
    double ratio = item->mine / item->solution;
    double earned = score_of_ratio(MAX(ratio, 1e-9), by->full_ratio, by->zero_ratio);
    if (earned < 1)
        (void)record_part_say(part, share * (1 - earned), file, 0,
                              "%s%s%s: %.1f %s an object, %.2f times the solution's %.1f (full "
                              "points up to %g times)",
                              item->layout, *item->layout != '\0' ? " " : "", item->name,
                              item->mine, by->unit, ratio, item->solution, by->full_ratio);
    return earned;
}

/* Says once for each part that is not eligible what that costs. */
static void say_ineligible(score *s, record_part *part, const cost *c, double share)
{
    static const submission_part whose[] = {SUBMISSION_POOL, SUBMISSION_LAYOUTS};
    for (size_t i = 0; i < G_N_ELEMENTS(whose); i++) {
        const correctness *found = found_of(s, whose[i]);
        double lost = 0;
        for (guint j = 0; j < c->items->len; j++)
            lost +=
                ((const cost_item *)g_ptr_array_index(c->items, j))->part == whose[i] ? share : 0;
        if (found->eligible || lost <= 0 || found->verdict == RECORD_HARNESS_FAULT)
            continue;
        const char *file = submission_part_file(whose[i]);
        (void)record_part_say(part, lost, found->verdict == RECORD_MISSING ? NULL : file, 0,
                              found->verdict == RECORD_MISSING
                                  ? "%s is not in the submission"
                                  : "what %s costs counts once its required checks pass",
                              file);
    }
}

/* True if memcheck saw nothing that could make the part behave otherwise under valgrind. */
static bool is_clean(const score *s, submission_part part)
{
    g_autoptr(memcheck_report) report = score_read_memcheck(s, part);
    return report != NULL && report->complete && report->errors->len == 0;
}

/* The work is done unless the profiler counts it, at N and at 2N, and no use of undefined or
 * foreign memory explains that: the submission looks who is watching. */
static bool is_tampering(const score *s, const cost *c)
{
    for (guint i = 0; i < c->items->len; i++) {
        const cost_item *item = g_ptr_array_index(c->items, i);
        if (item->mine >= 0 && item->work == COST_WORK_ONLY_UNWATCHED &&
            found_of(s, item->part)->eligible && is_clean(s, item->part))
            return true;
    }
    return false;
}

/* NULL: the rubric has no such part, or nothing could be measured. */
static record_part *score_cost(score *s, rubric_part which, const cost *c, const scale *by)
{
    for (guint i = 0; i < c->items->len; i++)
        add_figures(s, g_ptr_array_index(c->items, i), by->unit);
    if (!s->r->graded[which])
        return NULL;
    record_part *part = score_add_part(s, which);
    if (c->fault != NULL || c->items->len == 0) {
        part->verdict = RECORD_HARNESS_FAULT;
        (void)record_part_say(part, 0, NULL, 0, "%s",
                              c->fault != NULL ? c->fault : "nothing was measured");
        score_close(part, part->max_score);
        return NULL;
    }
    double share = part->max_score / c->items->len;
    double points = 0;
    say_ineligible(s, part, c, share);
    for (guint i = 0; i < c->items->len; i++)
        points += share * score_item(s, part, g_ptr_array_index(c->items, i), by, share);
    if (is_tampering(s, c)) {
        part->verdict = RECORD_TAMPERING;
        (void)record_part_say(part, points, NULL, 0,
                              "it does its work except where the profiler counts it, and memcheck "
                              "sees nothing that explains that");
        points = 0;
    }
    if (found_of(s, SUBMISSION_POOL)->verdict == RECORD_MISSING &&
        found_of(s, SUBMISSION_LAYOUTS)->verdict == RECORD_MISSING)
        part->verdict = RECORD_MISSING;
    score_close(part, points);
    return part;
}

void score_speed(score *s)
{
    const scale by = {"Ir", s->r->speed_full_ratio, s->r->speed_zero_ratio};
    g_autoptr(cost) c = cost_instructions(s->e);
    record_part *part = score_cost(s, RUBRIC_SPEED, c, &by);
    for (unsigned factor = 1; part != NULL && factor <= 2; factor++) {
        g_autofree char *job = cost_job_name("submission", factor);
        score_add_evidence(part, job, "/callgrind.out");
    }
}

void score_space(score *s)
{
    const scale by = {"bytes", s->r->space_full_ratio, s->r->space_zero_ratio};
    g_autoptr(cost) c = cost_bytes(s->e);
    record_part *part = score_cost(s, RUBRIC_SPACE, c, &by);
    for (const char *const *layout = cost_layouts; part != NULL && *layout != NULL; layout++) {
        for (unsigned factor = 1; factor <= 2; factor++) {
            g_autofree char *job = cost_space_job_name(*layout, "submission", factor);
            score_add_evidence(part, job, ".txt");
        }
    }
}
