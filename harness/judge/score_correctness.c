/* score_correctness.c -- pool, layouts, weakrefs, workload: points by groups of properties. */
#include "harness/judge/score.h"

#include <string.h>

static const struct {
    rubric_part part;
    check_kind kind; /* the driver that decides it */
} graded[] = {
    {RUBRIC_POOL, CHECK_POOL},
    {RUBRIC_LAYOUTS, CHECK_LAYOUTS},
    {RUBRIC_WEAKREFS, CHECK_LAYOUTS},
    {RUBRIC_WORKLOAD, CHECK_WORKLOAD},
};

static void add_evidence(score *s, record_part *part, check_kind kind)
{
    for (unsigned n = 1; n <= s->e->n_seeds; n++) {
        g_autofree char *name = correctness_job_name(kind, n);
        score_add_evidence(part, name, ".txt");
    }
}

/* What came of the groups of one part. */
typedef struct tally {
    unsigned n_groups, n_passed;
    unsigned n_undecided; /* nothing was seen to be wrong, but the run ended too early */
    bool required_failed;
} tally;

static bool is_undecided(const correctness_group *group)
{
    return !group->passed && group->failures->len == 0;
}

static tally count_groups(const record_part *part, const correctness *found)
{
    tally count = {0};
    for (guint i = 0; i < found->groups->len; i++) {
        const correctness_group *group = g_ptr_array_index(found->groups, i);
        if (strcmp(group->part, part->name) != 0)
            continue;
        count.n_groups++;
        count.n_passed += group->passed;
        count.n_undecided += is_undecided(group);
        count.required_failed = count.required_failed || (group->required && !group->passed);
    }
    return count;
}

static void say_group(record_part *part, const correctness_group *group, const char *file,
                      double share)
{
    for (guint i = 0; i < group->failures->len; i++)
        (void)record_part_say(part, i == 0 ? share : 0, file, 0, "%s: %s", group->title,
                              (const char *)g_ptr_array_index(group->failures, i));
    if (group->failures->len == 0)
        (void)record_part_say(part, share, file, 0, "%s: was never seen to hold", group->title);
}

#define MAX_PLACES 3 /* of memcheck's, as remarks */

/* Where memcheck saw a part that is wrong or crashes do what it may not; the line of the first
 * such place, or 0. */
static uint32_t say_places(const score *s, record_part *part, const correctness *found)
{
    if (found->verdict != RECORD_WRONG && found->verdict != RECORD_CRASHED)
        return 0;
    bool is_own = strcmp(part->name, submission_part_name(found->part)) == 0;
    g_autoptr(memcheck_report) report = score_read_memcheck(s, found->part);
    unsigned n_said = 0;
    uint32_t first = 0;
    for (guint i = 0; report != NULL && i < report->errors->len && n_said < MAX_PLACES; i++) {
        const memcheck_error *error = g_ptr_array_index(report->errors, i);
        const memcheck_frame *frame = score_memcheck_place(error, found->part);
        /* what is not freed after a crash is no fault of its own */
        if (frame == NULL || memcheck_is_leak(error))
            continue;
        first = n_said == 0 ? frame->line : first;
        n_said++;
        if (is_own)
            (void)record_part_say(part, 0, submission_part_file(found->part), frame->line,
                                  "memcheck: %s in %s()", error->text, frame->function);
    }
    return first;
}

/* An early end is told once, with all that it left open. */
static void say_groups(const score *s, record_part *part, const correctness *found,
                       const tally *count)
{
    uint32_t line = say_places(s, part, found);
    const char *file = submission_part_file(found->part);
    double share = count->n_groups > 0 ? part->max_score / count->n_groups : 0;
    bool ended_early = found->why != NULL;
    if (ended_early)
        (void)record_part_say(part, share * count->n_undecided, file, line,
                              "%s: %s; %u of %u properties stayed undecided", file, found->why,
                              count->n_undecided, count->n_groups);
    for (guint i = 0; i < found->groups->len; i++) {
        const correctness_group *group = g_ptr_array_index(found->groups, i);
        if (strcmp(group->part, part->name) == 0 && !group->passed &&
            !(ended_early && is_undecided(group)))
            say_group(part, group, file, share);
    }
}

static void score_groups(const score *s, record_part *part, const correctness *found)
{
    tally count = count_groups(part, found);
    /* WRONG of the driver may come from the other part that it checks */
    if (found->verdict != RECORD_WRONG && found->verdict != RECORD_RIGHT)
        part->verdict = found->verdict;
    else if (count.required_failed)
        part->verdict = RECORD_WRONG;
    if (part->verdict == RECORD_TAMPERING || count.n_groups == 0) {
        (void)record_part_say(part, part->max_score, submission_part_file(found->part), 0, "%s: %s",
                              submission_part_file(found->part),
                              found->why != NULL ? found->why : "nothing of it was checked");
        score_close(part, 0);
        return;
    }
    say_groups(s, part, found, &count);
    bool is_fault = part->verdict == RECORD_HARNESS_FAULT;
    score_close(part,
                is_fault ? part->max_score : part->max_score * count.n_passed / count.n_groups);
}

void score_correctness(score *s)
{
    for (size_t i = 0; i < G_N_ELEMENTS(graded); i++) {
        if (!s->r->graded[graded[i].part])
            continue;
        const correctness *found = s->found[graded[i].kind];
        record_part *part = score_add_part(s, graded[i].part);
        part->verdict = correctness_part_verdict(s->e, found->part);
        if (part->verdict == RECORD_MISSING || part->verdict == RECORD_REJECTED) {
            score_say_build(s, part, found->part, part->max_score);
            score_close(part, 0);
            continue;
        }
        if (part->verdict == RECORD_HARNESS_FAULT) {
            score_say_build(s, part, found->part, 0);
            score_close(part, part->max_score);
            continue;
        }
        add_evidence(s, part, graded[i].kind);
        score_groups(s, part, found);
    }
}
