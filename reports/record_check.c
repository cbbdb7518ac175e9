/* record_check.c -- the invariants of a record; the first that fails is named by its path. */
#include "reports/record.h"

#include <math.h>
#include <string.h>

static bool refuse(char **ret_why, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool refuse(char **ret_why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (ret_why != NULL)
        *ret_why = g_strdup_vprintf(format, args);
    va_end(args);
    return false;
}

static bool is_points(double x)
{
    return isfinite(x) && x >= 0 && x <= RECORD_MAX_POINTS;
}

static bool is_count(uint64_t n)
{
    return n <= INT64_MAX;
}

static bool is_whole_verdict(record_verdict v)
{
    return v == RECORD_GRADED || v == RECORD_TAMPERING || v == RECORD_REJECTED ||
           v == RECORD_HARNESS_FAULT;
}

static bool part_is_valid(const record_part *p, unsigned i, char **ret_why)
{
    if (!is_points(p->score) || !is_points(p->max_score))
        return refuse(ret_why, "parts[%u]: points are between 0 and %d", i, RECORD_MAX_POINTS);
    if (p->score > p->max_score)
        return refuse(ret_why, "parts[%u].score: %g is above max_score %g", i, p->score,
                      p->max_score);
    if ((unsigned)p->verdict >= RECORD_N_VERDICTS || p->verdict == RECORD_GRADED)
        return refuse(ret_why, "parts[%u].verdict: not a verdict of a part", i);
    for (unsigned k = 0; k < p->feedback->len; k++) {
        const record_feedback *f = p->feedback->pdata[k];
        if (!is_points(f->points_lost))
            return refuse(ret_why, "parts[%u].feedback[%u].points_lost: not between 0 and %d", i, k,
                          RECORD_MAX_POINTS);
        if (f->file == NULL && f->line != 0)
            return refuse(ret_why, "parts[%u].feedback[%u].line: a line without a file", i, k);
    }
    return true;
}

static bool interval_is_valid(double low, double median, double high)
{
    return isfinite(low) && isfinite(median) && isfinite(high) && low <= median && median <= high;
}

static bool figure_is_valid(const record_figure *f, unsigned i, char **ret_why)
{
    if (!interval_is_valid(f->low, f->median, f->high))
        return refuse(ret_why, "measurements[%u]: low <= median <= high does not hold", i);
    if (f->ratio_to != NULL && !interval_is_valid(f->ratio_low, f->ratio_median, f->ratio_high))
        return refuse(ret_why, "measurements[%u].ratio: low <= median <= high does not hold", i);
    if (!is_count(f->n))
        return refuse(ret_why, "measurements[%u].n: above 2^63 - 1", i);
    return true;
}

static bool calls_are_valid(const record_calls *c, char **ret_why)
{
    bool ok = is_count(c->total_ir) && is_count(c->n_calls) && is_count(c->n_primitive_calls);
    for (unsigned i = 0; ok && i < c->functions->len; i++) {
        const record_function *f = c->functions->pdata[i];
        if (f->primitive_calls > f->calls)
            return refuse(ret_why, "calls.functions[%u]: more primitive calls than calls", i);
        ok = is_count(f->calls) && is_count(f->self_ir) && is_count(f->inclusive_ir);
    }
    for (unsigned i = 0; ok && i < c->lines->len; i++) {
        const record_line *line = c->lines->pdata[i];
        if (line->hits < -1)
            return refuse(ret_why, "calls.lines[%u].hits: below -1", i);
        for (int k = 0; k < RECORD_N_LINE_COSTS; k++) {
            if (line->costs[k] < -1)
                return refuse(ret_why, "calls.lines[%u].%s: below -1", i,
                              record_line_cost_key((record_line_cost)k));
        }
        ok = is_count(line->self_ir) && is_count(line->inclusive_ir);
    }
    for (unsigned i = 0; ok && i < c->stacks->len; i++)
        ok = is_count(((const record_stack *)c->stacks->pdata[i])->self_ir);
    return ok || refuse(ret_why, "calls: a count above 2^63 - 1");
}

static bool tree_is_valid(const record_heap_node *node, unsigned depth)
{
    if (depth > RECORD_MAX_DEPTH || !is_count(node->bytes))
        return false;
    for (unsigned i = 0; i < node->children->len; i++) {
        if (!tree_is_valid(node->children->pdata[i], depth + 1))
            return false;
    }
    return true;
}

static bool heap_is_valid(const record_heap *h, unsigned i, char **ret_why)
{
    if (h->snapshots->len == 0 ? h->peak != 0 : h->peak >= h->snapshots->len)
        return refuse(ret_why, "heap[%u].peak: %u is not the index of a snapshot", i, h->peak);
    for (unsigned k = 0; k < h->snapshots->len; k++) {
        const record_snapshot *s = &g_array_index(h->snapshots, record_snapshot, k);
        if (!is_count(s->time) || !is_count(s->heap_bytes) || !is_count(s->extra_bytes) ||
            !is_count(s->stack_bytes))
            return refuse(ret_why, "heap[%u].snapshots[%u]: a count above 2^63 - 1", i, k);
    }
    if (h->peak_tree != NULL && !tree_is_valid(h->peak_tree, 1))
        return refuse(ret_why, "heap[%u].peak_tree: deeper than %d levels, or a count too high", i,
                      RECORD_MAX_DEPTH);
    return true;
}

static bool tests_are_valid(const record *r, char **ret_why)
{
    for (unsigned i = 0; i < r->tests->len; i++) {
        const record_test *t = r->tests->pdata[i];
        if (strcmp(t->kind, "test") != 0 && strcmp(t->kind, "mutant") != 0)
            return refuse(ret_why, "tests[%u].kind: neither \"test\" nor \"mutant\"", i);
    }
    return true;
}

bool record_is_valid(const record *r, char **ret_why)
{
    if (!is_points(r->score) || !is_points(r->max_score))
        return refuse(ret_why, "score, max_score: points are between 0 and %d", RECORD_MAX_POINTS);
    if (r->score > r->max_score)
        return refuse(ret_why, "score: %g is above max_score %g", r->score, r->max_score);
    if (!is_whole_verdict(r->verdict))
        return refuse(ret_why, "verdict: not a verdict of a whole submission");
    for (unsigned i = 0; i < r->parts->len; i++) {
        if (!part_is_valid(r->parts->pdata[i], i, ret_why))
            return false;
    }
    for (unsigned i = 0; i < r->figures->len; i++) {
        if (!figure_is_valid(r->figures->pdata[i], i, ret_why))
            return false;
    }
    for (unsigned i = 0; i < r->heaps->len; i++) {
        if (!heap_is_valid(r->heaps->pdata[i], i, ret_why))
            return false;
    }
    return tests_are_valid(r, ret_why) && (r->calls == NULL || calls_are_valid(r->calls, ret_why));
}
