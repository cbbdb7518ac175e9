#include "reports/losses.h"

#include "reports/text.h"

#include <string.h>

static int by_points(const void *a, const void *b)
{
    double x = ((const losses_item *)a)->feedback->points_lost;
    double y = ((const losses_item *)b)->feedback->points_lost;
    return (x < y) - (x > y);
}

GArray *losses_list(const record *r)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(losses_item));
    for (unsigned i = 0; i < r->parts->len; i++) {
        const record_part *part = r->parts->pdata[i];
        for (unsigned k = 0; k < part->feedback->len; k++) {
            losses_item item = {part, part->feedback->pdata[k]};
            g_array_append_val(list, item);
        }
    }
    g_array_sort(list, by_points); /* GLib's sort is stable */
    return list;
}

/* How soon a part wants attention: what hides other faults comes first. */
static int urgency(record_verdict v)
{
    switch (v) {
    case RECORD_REJECTED:
        return 0;
    case RECORD_CRASHED:
    case RECORD_TIMED_OUT:
    case RECORD_OUT_OF_MEMORY:
    case RECORD_OUTPUT_LIMIT:
        return 1;
    case RECORD_WRONG:
    case RECORD_TAMPERING:
        return 2;
    case RECORD_MISSING:
    case RECORD_PARTIAL:
        return 3;
    case RECORD_VOID:
    case RECORD_HARNESS_FAULT:
    case RECORD_RIGHT:
    case RECORD_GRADED:
    case RECORD_N_VERDICTS:
        break;
    }
    return 4;
}

/* What helps where a part is right but not the best, by the rubric's names. */
static const char *advice_for_cost(const char *part)
{
    static const char *const advice[][2] = {
        {"speed", "bring the cost down: the call table and the hottest lines say where it goes"},
        {"space", "make the objects smaller: objlab layout shows every field and its padding"},
        {"tests", "test more: each seeded bug that your tests expose earns points"},
        {"findings",
         "compare findings.ini with the profiles: the figures must be the measured ones"},
        {"lint", "clean it up: the report shows each finding at its line"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(advice); i++) {
        if (strcmp(part, advice[i][0]) == 0)
            return advice[i][1];
    }
    return "some checks fail: mend those that cost most";
}

static const char *advice_for(const record_part *part)
{
    switch (part->verdict) {
    case RECORD_REJECTED:
        return "make it build: nothing behind it can be graded before";
    case RECORD_CRASHED:
        return "find the crash: it hides the points behind it";
    case RECORD_TIMED_OUT:
        return "find the loop that does not end, or the step that is far too slow";
    case RECORD_OUT_OF_MEMORY:
        return "find what is allocated and never given back";
    case RECORD_OUTPUT_LIMIT:
        return "stop the output: nothing that is printed counts";
    case RECORD_WRONG:
    case RECORD_TAMPERING:
        return "make it right first: cost counts only for what is right";
    case RECORD_MISSING:
        return "write it: an early version already earns points";
    case RECORD_VOID:
    case RECORD_HARNESS_FAULT:
        return "could not be graded; it costs you nothing: ask for another run";
    case RECORD_PARTIAL:
    case RECORD_RIGHT:
    case RECORD_GRADED:
    case RECORD_N_VERDICTS:
        break;
    }
    return advice_for_cost(part->name);
}

/* Parts that are scored only for code that is right: the others come first. */
static bool is_cost(const record_part *part)
{
    static const char *const names[] = {"memory", "space", "speed", NULL};
    return g_strv_contains(names, part->name);
}

static int urgency_of(const record_part *part)
{
    return urgency(part->verdict) + (part->verdict == RECORD_WRONG && is_cost(part));
}

static int by_urgency(const void *a, const void *b)
{
    const record_part *x = *(const record_part *const *)a;
    const record_part *y = *(const record_part *const *)b;
    int difference = urgency_of(x) - urgency_of(y);
    if (difference != 0)
        return difference;
    double lost_x = x->max_score - x->score;
    double lost_y = y->max_score - y->score;
    return (lost_x < lost_y) - (lost_x > lost_y);
}

static const record_feedback *worst_feedback(const record_part *part)
{
    const record_feedback *worst = NULL;
    for (unsigned i = 0; i < part->feedback->len; i++) {
        const record_feedback *f = part->feedback->pdata[i];
        if (worst == NULL || f->points_lost > worst->points_lost)
            worst = f;
    }
    return worst;
}

static char *sentence(const record_part *part)
{
    GString *s = g_string_new(part->title);
    g_autofree char *lost = text_number(part->max_score - part->score, 2);
    g_string_append_printf(s, " (%s %s): %s", lost, g_str_equal(lost, "1") ? "point" : "points",
                           advice_for(part));
    const record_feedback *f = worst_feedback(part);
    if (f != NULL && f->file != NULL) {
        g_string_append_printf(s, "; start at %s", f->file);
        if (f->line != 0)
            g_string_append_printf(s, ":%u", f->line);
        if (part->verdict == RECORD_WRONG)
            g_string_append_printf(s, ", with this: %s", f->text);
    }
    g_string_append_c(s, '.');
    return g_string_free(s, FALSE);
}

GPtrArray *losses_advice(const record *r, unsigned n_max)
{
    GPtrArray *advice = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *open = g_ptr_array_new();
    for (unsigned i = 0; i < r->parts->len; i++) {
        const record_part *part = r->parts->pdata[i];
        if (part->score < part->max_score)
            g_ptr_array_add(open, r->parts->pdata[i]);
    }
    g_ptr_array_sort(open, by_urgency);
    if (r->verdict == RECORD_HARNESS_FAULT)
        g_ptr_array_add(advice, g_strdup("The harness failed, not you: tell the course staff."));
    else if (r->verdict == RECORD_TAMPERING)
        g_ptr_array_add(advice, g_strdup("Talk to the course staff about this submission."));
    for (unsigned i = 0; i < open->len && advice->len < n_max; i++)
        g_ptr_array_add(advice, sentence(open->pdata[i]));
    if (advice->len == 0)
        g_ptr_array_add(advice, g_strdup("Nothing: full marks."));
    g_ptr_array_unref(open);
    return advice;
}
