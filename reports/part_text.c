#include "reports/part_text.h"

#include "reports/text.h"

char *part_text_feedback(const record_part *part)
{
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < part->feedback->len; i++) {
        const record_feedback *f = part->feedback->pdata[i];
        if (f->file != NULL && f->line != 0)
            g_string_append_printf(text, "%s:%u: ", f->file, f->line);
        else if (f->file != NULL)
            g_string_append_printf(text, "%s: ", f->file);
        g_string_append(text, f->text);
        if (f->points_lost > 0) {
            g_autofree char *lost = text_number(f->points_lost, 2);
            g_string_append_printf(text, " (-%s)", lost);
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}

char *part_text_points(const record_part *part)
{
    g_autofree char *score = text_number(part->score, 2);
    g_autofree char *max = text_number(part->max_score, 2);
    return g_strdup_printf("%s of %s points: %s", score, max, record_verdict_name(part->verdict));
}

double part_text_awarded(const record *r, const record_part *part)
{
    return r->verdict == RECORD_TAMPERING ? 0 : part->score;
}

bool part_text_is_void(const record_part *part)
{
    return part->verdict == RECORD_HARNESS_FAULT || part->verdict == RECORD_VOID;
}
