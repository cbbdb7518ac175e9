#include "reports/gradescope.h"

#include "reports/figures.h"
#include "reports/json_text.h"
#include "reports/losses.h"
#include "reports/part_text.h"
#include "reports/text.h"

#include <string.h>

enum { N_ADVICE = 3 };

static json_t *part_to_json(const record *r, unsigned index)
{
    const record_part *part = r->parts->pdata[index];
    double awarded = part_text_awarded(r, part);
    g_autofree char *points = part_text_points(part);
    g_autofree char *feedback = part_text_feedback(part);
    g_autofree char *output = g_strconcat(points, "\n", feedback, NULL);
    g_autofree char *number = g_strdup_printf("%u", index + 1);
    return json_pack("{so sf sf ss so so ss ss}", "name", json_text(part->title), "score", awarded,
                     "max_score", part->max_score, "status",
                     awarded >= part->max_score ? "passed" : "failed", "number",
                     json_string(number), "output", json_text_lines(output), "output_format",
                     "text", "visibility", "visible");
}

/* What stands above the tests: the note, the verdict and what to do next. */
static char *summary(const record *r)
{
    GString *text = g_string_new(NULL);
    g_autofree char *score = text_number(r->score, 2);
    g_autofree char *max = text_number(r->max_score, 2);
    if (r->note[0] != '\0')
        g_string_append_printf(text, "%s\n", r->note);
    g_string_append_printf(text, "%s of %s points, %s\n", score, max,
                           record_verdict_name(r->verdict));
    g_autoptr(GPtrArray) advice = losses_advice(r, N_ADVICE);
    for (unsigned i = 0; i < advice->len; i++)
        g_string_append_printf(text, "%u. %s\n", i + 1, (const char *)advice->pdata[i]);
    return g_string_free(text, FALSE);
}

static bool is_deterministic(const record_figure *f)
{
    return strcmp(f->unit, "Ir") == 0 || strcmp(f->unit, "bytes") == 0;
}

static json_t *leaderboard(const record *r)
{
    json_t *rows = json_array();
    g_autoptr(figures_table) table = figures_table_new(r);
    for (unsigned i = 0; i < r->figures->len; i++) {
        const record_figure *f = r->figures->pdata[i];
        if (!is_deterministic(f) || strcmp(f->subject, table->subject) != 0)
            continue;
        g_autofree char *label = text_figure_label(f->name);
        g_autofree char *name =
            g_strdup_printf("%s%s%s, %s", label, f->layout[0] != '\0' ? ", " : "", f->layout,
                            strcmp(f->unit, "Ir") == 0 ? "instructions" : f->unit);
        json_array_append_new(rows, json_pack("{so sf ss}", "name", json_text(name), "value",
                                              f->median, "order", "asc"));
    }
    return rows;
}

char *gradescope_render(const record *r)
{
    json_t *tests = json_array();
    for (unsigned i = 0; i < r->parts->len; i++)
        json_array_append_new(tests, part_to_json(r, i));
    g_autofree char *output = summary(r);
    json_t *extra = json_pack("{so so so ss}", "submission", json_text(r->submission_name),
                              "sha256", json_text(r->submission_sha256), "rubric",
                              json_text(r->rubric), "verdict", record_verdict_name(r->verdict));
    return json_text_render(
        json_pack("{sf so ss ss ss so so so}", "score", r->score, "output", json_text_lines(output),
                  "output_format", "text", "visibility", "visible", "stdout_visibility", "hidden",
                  "tests", tests, "leaderboard", leaderboard(r), "extra_data", extra));
}
