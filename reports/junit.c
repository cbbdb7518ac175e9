#include "reports/junit.h"

#include "reports/part_text.h"
#include "reports/text.h"

#include <string.h>

/* A suite while it is written: its cases, and how many of them there are. */
typedef struct suite {
    GString *cases;
    unsigned n_tests, n_failures, n_errors, n_skipped;
} suite;

typedef struct report {
    GString *suites;
    unsigned n_tests, n_failures, n_errors;
} report;

static void append_attribute(GString *out, const char *name, const char *value)
{
    g_string_append_printf(out, " %s=\"", name);
    g_autofree char *line = g_strdelimit(g_strdup(value), "\n\r\t", ' ');
    text_append_markup(out, line);
    g_string_append_c(out, '"');
}

static void open_case(suite *s, const char *class_name, const char *name, const char *file,
                      uint32_t line)
{
    s->n_tests++;
    g_string_append(s->cases, "    <testcase");
    append_attribute(s->cases, "classname", class_name);
    append_attribute(s->cases, "name", name);
    if (file != NULL && file[0] != '\0')
        append_attribute(s->cases, "file", file);
    if (line != 0)
        g_string_append_printf(s->cases, " line=\"%u\"", line);
}

static void close_passed(suite *s)
{
    g_string_append(s->cases, "/>\n");
}

/* kind: "failure", "error" or "skipped" */
static void close_with(suite *s, const char *kind, const char *type, const char *message,
                       const char *body)
{
    if (strcmp(kind, "failure") == 0)
        s->n_failures++;
    else if (strcmp(kind, "error") == 0)
        s->n_errors++;
    else
        s->n_skipped++;
    g_string_append_printf(s->cases, ">\n      <%s", kind);
    append_attribute(s->cases, "message", message);
    if (strcmp(kind, "skipped") != 0)
        append_attribute(s->cases, "type", type);
    g_string_append_c(s->cases, '>');
    text_append_markup(s->cases, body);
    g_string_append_printf(s->cases, "</%s>\n    </testcase>\n", kind);
}

static void add_suite(report *to, const char *name, suite *s)
{
    if (s->n_tests != 0) {
        g_string_append(to->suites, "  <testsuite");
        append_attribute(to->suites, "name", name);
        g_string_append_printf(
            to->suites, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"0\">\n",
            s->n_tests, s->n_failures, s->n_errors, s->n_skipped);
        g_string_append(to->suites, s->cases->str);
        g_string_append(to->suites, "  </testsuite>\n");
    }
    to->n_tests += s->n_tests;
    to->n_failures += s->n_failures;
    to->n_errors += s->n_errors;
    g_string_free(s->cases, TRUE);
}

static suite suite_new(void)
{
    return (suite){.cases = g_string_new(NULL)};
}

static void add_part(report *to, const record_part *part)
{
    suite s = suite_new();
    g_autofree char *class_name = g_strconcat("objlab.", part->name, NULL);
    g_autofree char *message = part_text_points(part);
    g_autofree char *body = part_text_feedback(part);
    open_case(&s, class_name, part->title, NULL, 0);
    if (part->score >= part->max_score)
        close_passed(&s);
    else if (part_text_is_void(part))
        close_with(&s, "error", record_verdict_name(part->verdict), message, body);
    else
        close_with(&s, "failure", record_verdict_name(part->verdict), message, body);
    for (unsigned i = 0; i < part->feedback->len; i++) {
        const record_feedback *f = part->feedback->pdata[i];
        if (f->points_lost <= 0)
            continue;
        g_autofree char *lost = text_number(f->points_lost, 2);
        g_autofree char *cost = g_strdup_printf("%s points lost", lost);
        open_case(&s, class_name, f->text, f->file, f->line);
        close_with(&s, "failure", record_verdict_name(part->verdict), cost, f->text);
    }
    add_suite(to, part->title, &s);
}

static void add_tests(report *to, const record *r)
{
    suite s = suite_new();
    for (unsigned i = 0; i < r->tests->len; i++) {
        const record_test *t = r->tests->pdata[i];
        bool is_mutant = strcmp(t->kind, "mutant") == 0;
        open_case(&s, is_mutant ? "objlab.tests.seeded_bug" : "objlab.tests.test", t->name, t->file,
                  t->line);
        if (t->passed)
            close_passed(&s);
        else
            close_with(&s, "failure", t->kind,
                       is_mutant ? "no test exposes this seeded bug"
                                 : "fails on a correct implementation",
                       t->detail);
    }
    add_suite(to, "Tests and seeded bugs", &s);
}

static void add_findings(report *to, const record *r)
{
    suite s = suite_new();
    for (unsigned i = 0; i < r->findings->len; i++) {
        const record_finding *f = r->findings->pdata[i];
        g_autofree char *class_name = g_strconcat("objlab.lint.", f->tool, NULL);
        g_autofree char *name = g_strdup_printf("%s %s:%u", f->rule, f->file, f->line);
        open_case(&s, class_name, name, f->file, f->line);
        close_with(&s, "failure", f->rule,
                   f->suppressed ? "silenced; it counts all the same" : f->text, f->text);
    }
    add_suite(to, "Lint", &s);
}

char *junit_render(const record *r)
{
    report to = {.suites = g_string_new(NULL)};
    for (unsigned i = 0; i < r->parts->len; i++)
        add_part(&to, r->parts->pdata[i]);
    add_tests(&to, r);
    add_findings(&to, r);
    g_autofree char *score = text_number(r->score, 2);
    g_autofree char *max = text_number(r->max_score, 2);
    g_autofree char *name = g_strdup_printf("%s: %s of %s points, %s", r->submission_name, score,
                                            max, record_verdict_name(r->verdict));
    GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    append_attribute(out, "name", name);
    g_string_append_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\">\n", to.n_tests,
                           to.n_failures, to.n_errors);
    g_string_append(out, to.suites->str);
    g_string_append(out, "</testsuites>\n");
    g_string_free(to.suites, TRUE);
    return g_string_free(out, FALSE);
}
