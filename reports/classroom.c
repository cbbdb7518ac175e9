#include "reports/classroom.h"

#include "reports/json_text.h"
#include "reports/part_text.h"

#define CLASSROOM_VERSION 1

static const char *status_of(double score, double max_score, bool is_fault)
{
    if (is_fault)
        return "error";
    return score >= max_score ? "pass" : "fail";
}

/* The first place in the code that a part names, the one that cost points before a remark. */
static const record_feedback *place_of(const record_part *part)
{
    const record_feedback *place = NULL;
    for (unsigned i = 0; i < part->feedback->len; i++) {
        const record_feedback *f = part->feedback->pdata[i];
        if (f->file == NULL)
            continue;
        if (f->points_lost > 0)
            return f;
        if (place == NULL)
            place = f;
    }
    return place;
}

static json_t *part_to_json(const record *r, const record_part *part)
{
    double awarded = part_text_awarded(r, part);
    const record_feedback *place = place_of(part);
    g_autofree char *points = part_text_points(part);
    g_autofree char *feedback = part_text_feedback(part);
    g_autofree char *message = g_strconcat(points, "\n", feedback, NULL);
    return json_pack("{so ss sf sf so so sI si}", "name", json_text(part->title), "status",
                     status_of(awarded, part->max_score, part_text_is_void(part)), "score", awarded,
                     "max_score", part->max_score, "message", json_text_lines(message), "filename",
                     json_text(place == NULL ? "" : place->file), "line_no",
                     (json_int_t)(place == NULL ? 0 : place->line), "duration", 0);
}

char *classroom_render(const record *r)
{
    json_t *tests = json_array();
    for (unsigned i = 0; i < r->parts->len; i++)
        json_array_append_new(tests, part_to_json(r, r->parts->pdata[i]));
    return json_text_render(
        json_pack("{si ss sf so}", "version", CLASSROOM_VERSION, "status",
                  status_of(r->score, r->max_score, r->verdict == RECORD_HARNESS_FAULT),
                  "max_score", r->max_score, "tests", tests));
}
