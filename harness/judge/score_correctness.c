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
        g_autofree char *path = g_strdup_printf("evidence/%s.txt", name);
        record_part_add_evidence(part, path);
    }
}

static void say_group(record_part *part, const correctness_group *group, const char *file,
                      double share)
{
    const char *first = group->failures->len > 0 ? g_ptr_array_index(group->failures, 0)
                                                 : "it ended before this was decided";
    (void)record_part_say(part, share, file, 0, "%s: %s", group->title, first);
    for (guint i = 1; i < group->failures->len; i++)
        (void)record_part_say(part, 0, file, 0, "%s: %s", group->title,
                              (const char *)g_ptr_array_index(group->failures, i));
}

/* A part that fails what it is there for is wrong, however many other checks pass. */
static double cap_required(record_part *part, const char *file, bool required_failed, double earned)
{
    double most = part->max_score / 2;
    if (!required_failed || earned <= most)
        return earned;
    (void)record_part_say(part, earned - most, file, 0,
                          "a required check failed: half of the points at the most");
    return most;
}

static void score_groups(record_part *part, const correctness *found)
{
    const char *file = submission_part_file(found->part);
    unsigned n_groups = 0;
    unsigned n_passed = 0;
    bool required_failed = false;
    for (guint i = 0; i < found->groups->len; i++) {
        const correctness_group *group = g_ptr_array_index(found->groups, i);
        n_groups += strcmp(group->part, part->name) == 0;
    }
    double share = n_groups > 0 ? part->max_score / n_groups : 0;
    if (found->why != NULL)
        (void)record_part_say(part, 0, file, 0, "%s: %s", file, found->why);
    for (guint i = 0; i < found->groups->len; i++) {
        const correctness_group *group = g_ptr_array_index(found->groups, i);
        if (strcmp(group->part, part->name) != 0)
            continue;
        n_passed += group->passed;
        required_failed = required_failed || (group->required && !group->passed);
        if (!group->passed)
            say_group(part, group, file, share);
    }
    /* WRONG of the driver may come from the other part that it checks */
    if (found->verdict != RECORD_WRONG && found->verdict != RECORD_RIGHT)
        part->verdict = found->verdict;
    else if (required_failed)
        part->verdict = RECORD_WRONG;
    if (part->verdict == RECORD_HARNESS_FAULT)
        score_close(part, part->max_score);
    else if (part->verdict == RECORD_TAMPERING || n_groups == 0)
        score_close(part, 0);
    else
        score_close(
            part, cap_required(part, file, required_failed, part->max_score * n_passed / n_groups));
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
        score_groups(part, found);
    }
}
