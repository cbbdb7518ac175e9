#include "reports/exhibit_profilers.h"

#include "reports/text.h"

#include <string.h>

enum { MAX_BARS = 10, PERCENT = 100 };

static const char *const methods[] = {"callgrind", "instrument", "sample"};

typedef struct target {
    exhibit *e;
    exhibit_chart *overhead, *shares;
    GString *lead;
    unsigned n_functions;
} target;

static double read_share(json_reader *in, const json_t *o, const char *key)
{
    double share = json_reader_real(in, o, key);
    if (in->error == NULL && !(share >= 0 && share <= 1))
        json_reader_fail(in, "%s: a share is 0 to 1", key);
    return share;
}

/* A method: a dot with its interval, and a sentence of the lead. */
static void read_method(json_reader *in, const json_t *o, void *into)
{
    const target *t = into;
    g_autofree char *name = NULL;
    g_autofree char *absent = NULL;
    json_reader_text(in, o, "name", &name);
    json_reader_text_if_any(in, o, "absent", &absent);
    if (in->error != NULL)
        return;
    if (absent != NULL) {
        g_string_append_printf(t->lead, " %s is absent: %s.", name, absent);
        return;
    }
    const json_t *ratio = json_reader_object(in, o, "ratio");
    gsize length = json_reader_enter(in, "ratio");
    double median = json_reader_real(in, ratio, "median");
    double low = json_reader_real(in, ratio, "low");
    double high = json_reader_real(in, ratio, "high");
    if (in->error == NULL && !(low > 0 && low <= median && median <= high))
        json_reader_fail(in, "expected 0 < low <= median <= high");
    json_reader_leave(in, length);
    uint64_t n_functions = json_reader_count(in, o, "functions");
    uint64_t n_missed = json_reader_count(in, o, "missed");
    double missed = read_share(in, o, "missed_share");
    if (in->error != NULL)
        return;
    exhibit_add_interval(exhibit_series_of(t->overhead, "overhead"),
                         exhibit_category_of(t->overhead, name), median, low, high);
    g_string_append_printf(t->lead,
                           " %s saw %" G_GUINT64_FORMAT " functions and missed %" G_GUINT64_FORMAT
                           ", up to %.1f\u00a0%% of another's cost.",
                           name, n_functions, n_missed, PERCENT * missed);
}

static void add_absent(exhibit *e)
{
    exhibit_add_text(e, "\u2013");
}

/* What one method says of a function: a bar, if there is room, and two cells. */
static void read_view(json_reader *in, const json_t *o, const char *method, const char *function,
                      target *t)
{
    if (!json_reader_has(o, method)) {
        add_absent(t->e);
        add_absent(t->e);
        return;
    }
    const json_t *view = json_reader_object(in, o, method);
    gsize length = json_reader_enter(in, method);
    double self = read_share(in, view, "self");
    uint64_t calls = json_reader_count(in, view, "calls");
    json_reader_leave(in, length);
    if (in->error != NULL)
        return;
    if (t->n_functions < MAX_BARS)
        exhibit_add_point(exhibit_series_of(t->shares, method),
                          exhibit_category_of(t->shares, function), PERCENT * self);
    exhibit_add_number(t->e, PERCENT * self);
    if (calls > 0)
        exhibit_add_number(t->e, (double)calls);
    else
        add_absent(t->e);
}

static void read_function(json_reader *in, const json_t *o, void *into)
{
    target *t = into;
    g_autofree char *name = NULL;
    g_autofree char *file = NULL;
    json_reader_text(in, o, "name", &name);
    json_reader_text(in, o, "file", &file);
    if (in->error != NULL)
        return;
    exhibit_add_text(t->e, name);
    exhibit_add_text(t->e, file);
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
        read_view(in, o, methods[i], name, t);
    t->n_functions++;
}

void exhibit_read_profilers(json_reader *in, const json_t *root, exhibit *e)
{
    static const char *const columns[] = {"function",      "file",  "callgrind, %", "calls",
                                          "instrument, %", "calls", "sample, %",    "calls"};
    g_autofree char *command = NULL;
    json_reader_text(in, root, "command", &command);
    double kernel = read_share(in, root, "kernel_share");
    if (in->error != NULL)
        return;
    g_autoptr(GString) lead = g_string_new(NULL);
    g_string_append_printf(
        lead,
        "%s: exact instructions, elapsed time of instrumented functions, and "
        "samples of processor time. Of that, %.1f\u00a0%% is the kernel's, which "
        "callgrind does not see.",
        command, PERCENT * kernel);
    target t = {.e = e, .lead = lead};
    t.overhead = exhibit_add_chart(e, EXHIBIT_DOTS, "Times as slow as by itself", "", "");
    t.shares = exhibit_add_chart(e, EXHIBIT_BARS, "Share of its own cost", "", "%");
    exhibit_set_columns(e, columns, G_N_ELEMENTS(columns));
    json_reader_array(in, root, "methods", read_method, &t);
    json_reader_array(in, root, "functions", read_function, &t);
    g_free(e->lead);
    e->lead = g_strdup(lead->str);
}
