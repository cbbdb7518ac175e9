#include "harness/profile/jump_targets.h"

#include "harness/profile/plain_text.h"

#include <string.h>

static void target_clear(gpointer data)
{
    g_free(((jump_target *)data)->file);
}

GArray *jump_targets_new(void)
{
    GArray *targets = g_array_new(FALSE, FALSE, sizeof(jump_target));
    g_array_set_clear_func(targets, target_clear);
    return targets;
}

void jump_targets_add(GArray *targets, const callgrind_jump *jump, jump_place place)
{
    uint64_t address = place == JUMP_TO_ADDRESS ? jump->target_address : 0;
    for (guint i = 0; i < targets->len; i++) {
        jump_target *t = &g_array_index(targets, jump_target, i);
        if (t->address != address || t->line != jump->target_line ||
            t->is_conditional != jump->is_conditional || strcmp(t->file, jump->target_file) != 0)
            continue;
        t->taken += jump->taken;
        t->executed += jump->executed;
        return;
    }
    jump_target target = {.file = g_strdup(jump->target_file),
                          .line = jump->target_line,
                          .address = address,
                          .taken = jump->taken,
                          .executed = jump->executed,
                          .is_conditional = jump->is_conditional};
    g_array_append_val(targets, target);
}

/* "line 14", or "b.c:14" of another file. */
static char *place_of(const jump_target *t, const char *from_file)
{
    if (strcmp(t->file, from_file) == 0)
        return g_strdup_printf("line %u", t->line);
    g_autofree char *base = g_path_get_basename(t->file);
    return g_strdup_printf("%s:%u", t->file[0] != '\0' ? base : "???", t->line);
}

void jump_targets_append(GString *text, const GArray *targets, const char *from_file,
                         const char *indent)
{
    for (guint i = 0; i < targets->len; i++) {
        const jump_target *t = &g_array_index(targets, jump_target, i);
        g_autofree char *place = place_of(t, from_file);
        g_autofree char *taken = plain_text_number(t->taken);
        g_autofree char *executed = plain_text_number(t->executed);
        g_string_append_printf(text, "%sjump to ", indent);
        if (t->address != 0 && t->line != 0)
            g_string_append_printf(text, "%" G_GINT64_MODIFIER "x (%s)", t->address, place);
        else if (t->address != 0)
            g_string_append_printf(text, "%" G_GINT64_MODIFIER "x", t->address);
        else
            g_string_append(text, place);
        if (t->is_conditional)
            g_string_append_printf(text, ": taken %s of %s times\n", taken, executed);
        else
            g_string_append_printf(text, ": %s time%s\n", taken, t->taken == 1 ? "" : "s");
    }
}

json_t *jump_targets_json(const GArray *targets)
{
    json_t *array = json_array();
    for (guint i = 0; i < targets->len; i++) {
        const jump_target *t = &g_array_index(targets, jump_target, i);
        g_autofree char *file = g_utf8_make_valid(t->file, -1);
        json_t *value = json_pack("{s:s, s:I, s:I, s:I, s:b}", "file", file, "line",
                                  (json_int_t)t->line, "taken", (json_int_t)t->taken, "executed",
                                  (json_int_t)t->executed, "conditional", (int)t->is_conditional);
        (void)json_array_append_new(array, value); /* fails without memory */
    }
    return array;
}
