#include "reports/sarif.h"

#include "reports/json_text.h"
#include "reports/text.h"

#define SARIF_SCHEMA  "https://json.schemastore.org/sarif-2.1.0.json"
#define SARIF_VERSION "2.1.0"

/* The run while it is written. */
typedef struct run {
    json_t *rules, *results;
    GHashTable *rule_index; /* rule id -> index in rules, plus 1 */
} run;

/* What a result is made of. */
typedef struct finding {
    const char *rule, *description; /* of the rule */
    const char *level, *text;
    const char *file; /* relative to the submission */
    uint32_t line, column;
} finding;

static size_t rule_index(run *to, const char *id, const char *description)
{
    g_autofree char *safe = text_for_terminal(id);
    gpointer known = g_hash_table_lookup(to->rule_index, safe);
    if (known != NULL)
        return GPOINTER_TO_SIZE(known) - 1;
    json_array_append_new(to->rules, json_pack("{ss s{so}}", "id", safe, "shortDescription", "text",
                                               json_text(description)));
    size_t n_rules = json_array_size(to->rules);
    g_hash_table_insert(to->rule_index, g_steal_pointer(&safe), GSIZE_TO_POINTER(n_rules));
    return n_rules - 1;
}

static json_t *location_of(const finding *f)
{
    g_autofree char *uri = g_uri_escape_string(f->file, "/", FALSE);
    json_t *place = json_pack("{s{so ss}}", "artifactLocation", "uri", json_text(uri), "uriBaseId",
                              "%SRCROOT%");
    if (f->line != 0) {
        json_t *region = json_pack("{sI}", "startLine", (json_int_t)f->line);
        if (f->column != 0)
            json_object_set_new(region, "startColumn", json_integer(f->column));
        json_object_set_new(place, "region", region);
    }
    return json_pack("{so}", "physicalLocation", place);
}

/* The result, borrowed. */
static json_t *add_result(run *to, const finding *f)
{
    size_t index = rule_index(to, f->rule, f->description);
    json_t *result = json_pack("{so sI ss s{so} s[o]}", "ruleId", json_text(f->rule), "ruleIndex",
                               (json_int_t)index, "level", f->level, "message", "text",
                               json_text(f->text), "locations", location_of(f));
    json_array_append_new(to->results, result);
    return result;
}

static void add_finding(run *to, const record_finding *from)
{
    g_autofree char *rule = g_strdup_printf("%s/%s", from->tool, from->rule);
    g_autofree char *description = g_strdup_printf("%s of %s", from->rule, from->tool);
    finding f = {.rule = rule,
                 .description = description,
                 .level = "warning",
                 .text = from->text,
                 .file = from->file,
                 .line = from->line,
                 .column = from->column};
    json_t *result = add_result(to, &f);
    if (from->suppressed)
        json_object_set_new(result, "suppressions",
                            json_pack("[{ss ss ss}]", "kind", "inSource", "status", "rejected",
                                      "justification",
                                      "silenced in the source; it counts all the same"));
}

static void add_feedback(run *to, const record_part *part)
{
    g_autofree char *rule = g_strdup_printf("objlab/%s", part->name);
    for (unsigned i = 0; i < part->feedback->len; i++) {
        const record_feedback *said = part->feedback->pdata[i];
        if (said->file == NULL)
            continue;
        finding f = {.rule = rule,
                     .description = part->title,
                     .level = said->points_lost > 0 ? "error" : "note",
                     .text = said->text,
                     .file = said->file,
                     .line = said->line};
        json_t *result = add_result(to, &f);
        json_object_set_new(result, "properties",
                            json_pack("{sf}", "pointsLost", said->points_lost));
    }
}

char *sarif_render(const record *r)
{
    run to = {.rules = json_array(),
              .results = json_array(),
              .rule_index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
    for (unsigned i = 0; i < r->findings->len; i++)
        add_finding(&to, r->findings->pdata[i]);
    for (unsigned i = 0; i < r->parts->len; i++)
        add_feedback(&to, r->parts->pdata[i]);
    g_hash_table_unref(to.rule_index);
    json_t *properties =
        json_pack("{sf sf ss so}", "score", r->score, "maxScore", r->max_score, "verdict",
                  record_verdict_name(r->verdict), "submission", json_text(r->submission_name));
    json_t *one = json_pack("{s{s{ss so}} s[{sb}] s{s{s{ss}}} so so}", "tool", "driver", "name",
                            "objlab", "rules", to.rules, "invocations", "executionSuccessful",
                            r->verdict != RECORD_HARNESS_FAULT, "originalUriBaseIds", "%SRCROOT%",
                            "description", "text", "the submission's folder", "results", to.results,
                            "properties", properties);
    return json_text_render(
        json_pack("{ss ss s[o]}", "$schema", SARIF_SCHEMA, "version", SARIF_VERSION, "runs", one));
}
