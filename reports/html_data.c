/* html_data.c -- the data of the charts: JSON, with nothing in it that could end a <script>. */
#include "reports/figures.h"
#include "reports/html_page.h"
#include "reports/json_text.h"
#include "reports/text.h"

#include <jansson.h>

enum { MAX_STACKS = 20000 };

static json_t *figure_to_json(const record_figure *f)
{
    return f != NULL ? json_pack("[fff]", f->median, f->low, f->high) : json_null();
}

static json_t *rows_to_json(const figures_table *table)
{
    json_t *rows = json_array();
    for (unsigned i = 0; i < table->rows->len; i++) {
        const figures_row *row = table->rows->pdata[i];
        g_autofree char *name = text_figure_label(row->name);
        json_t *mine = json_array();
        json_t *reference = json_array();
        for (unsigned k = 0; k < table->layouts->len; k++) {
            json_array_append_new(mine, figure_to_json(row->cells[k].mine));
            json_array_append_new(reference, figure_to_json(row->cells[k].reference));
        }
        json_array_append_new(rows,
                              json_pack("{so so so so}", "unit", json_text(row->unit), "name",
                                        json_text(name), "mine", mine, "reference", reference));
    }
    return rows;
}

static json_t *figures_to_json(const record *r)
{
    g_autoptr(figures_table) table = figures_table_new(r);
    json_t *layouts = json_array();
    for (unsigned i = 0; i < table->layouts->len; i++)
        json_array_append_new(layouts, json_text(table->layouts->pdata[i]));
    return json_pack("{so so so so}", "layouts", layouts, "subject", json_text(table->subject),
                     "reference", json_text(table->reference), "rows", rows_to_json(table));
}

static json_t *heap_to_json(const record_heap *heap)
{
    json_t *points = json_array();
    for (unsigned i = 0; i < heap->snapshots->len; i++) {
        const record_snapshot *s = &g_array_index(heap->snapshots, record_snapshot, i);
        uint64_t total = s->heap_bytes + s->extra_bytes + s->stack_bytes;
        json_array_append_new(points, json_pack("[II]", (json_int_t)s->time, (json_int_t)total));
    }
    return json_pack("{so so so sI}", "title", json_text(heap->title), "unit",
                     json_text(heap->time_unit), "points", points, "peak", (json_int_t)heap->peak);
}

static json_t *stacks_to_json(const record_calls *calls)
{
    json_t *stacks = json_array();
    for (unsigned i = 0; i < calls->stacks->len && i < MAX_STACKS; i++) {
        const record_stack *stack = calls->stacks->pdata[i];
        json_array_append_new(
            stacks, json_pack("[oI]", json_text(stack->frames), (json_int_t)stack->self_ir));
    }
    return stacks;
}

/* Within JSON these three stand in strings only, where \u003c says the same. */
static char *for_script(const char *json)
{
    GString *out = g_string_new(NULL);
    for (const char *p = json; *p != '\0'; p++) {
        if (*p == '<' || *p == '>' || *p == '&')
            g_string_append_printf(out, "\\u%04x", (unsigned)*p);
        else
            g_string_append_c(out, *p);
    }
    return g_string_free(out, FALSE);
}

char *html_data_json(const html_page *page)
{
    const record *r = page->r;
    json_t *heaps = json_array();
    for (unsigned i = 0; i < r->heaps->len; i++)
        json_array_append_new(heaps, heap_to_json(r->heaps->pdata[i]));
    json_t *root = json_pack("{so so so so}", "figures", figures_to_json(r), "heaps", heaps,
                             "stacks", r->calls != NULL ? stacks_to_json(r->calls) : json_array(),
                             "exhibits", html_exhibits_to_json(page->exhibits));
    char *json = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
    char *safe = for_script(json);
    free(json);
    json_decref(root);
    return safe;
}
