#include "harness/profile/callgrind_reader.h"

/* A word of [*p, end), behind spaces. False at the end. */
static bool next_word(const char **p, const char *end, const char **ret_word, size_t *ret_n)
{
    while (*p < end && (**p == ' ' || **p == '\t'))
        (*p)++;
    const char *begin = *p;
    while (*p < end && **p != ' ' && **p != '\t')
        (*p)++;
    *ret_word = begin;
    *ret_n = (size_t)(*p - begin);
    return *p > begin;
}

static bool word_is(const char *word, size_t n, const char *other)
{
    return strlen(other) == n && memcmp(word, other, n) == 0;
}

/* Index of an event, which is added when it is new; -1 if there are too many. */
static int event_index(callgrind_reader *r, const char *word, size_t n)
{
    const char *event = store_intern(r->functions.store, word, n);
    for (unsigned i = 0; i < r->events->len; i++) {
        if (g_ptr_array_index(r->events, i) == event)
            return (int)i;
    }
    if (r->events->len >= CALLGRIND_MAX_EVENTS)
        return -1;
    g_ptr_array_add(r->events, (gpointer)(uintptr_t)event); /* the array is of const char * */
    return (int)r->events->len - 1;
}

void callgrind_header_set_plain(callgrind_reader *r)
{
    r->is_in_order = true;
    for (size_t i = 0; i < r->n_columns; i++)
        r->is_in_order = r->is_in_order && r->event_of[i] == i;
    bool has_lines = r->n_kinds > 0 && r->kinds[r->n_kinds - 1] == CALLGRIND_LINE;
    r->has_addresses = r->n_kinds == 2 && r->kinds[0] == CALLGRIND_ADDRESS;
    r->is_plain =
        has_lines && (r->n_kinds == 1 || r->has_addresses) && r->is_in_order && r->n_columns > 0;
}

static void read_events(callgrind_reader *r, const char *p, const char *end)
{
    const char *word;
    size_t n;
    unsigned n_known = r->events->len;
    r->n_columns = 0;
    while (next_word(&p, end, &word, &n)) {
        int index = event_index(r, word, n);
        if (index < 0 || r->n_columns >= CALLGRIND_MAX_EVENTS) {
            callgrind_reader_damage(r, word, "more than %d events", CALLGRIND_MAX_EVENTS);
            break;
        }
        r->event_of[r->n_columns++] = (size_t)index;
    }
    if (r->events->len == 0)
        return;
    if (r->model == NULL)
        r->model = callgrind_model_new(r->functions.store, r->events->len, r->n_bytes);
    else if (r->events->len > n_known)
        r->must_restart = true;
    callgrind_header_set_plain(r);
}

void callgrind_header_collect_events(callgrind_reader *r)
{
    const char *end = r->text + r->n_bytes;
    for (const char *p = r->text; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline == NULL ? end : newline;
        const char *behind = stop > p && stop[-1] == '\r' ? stop - 1 : stop;
        if (behind - p > 7 && memcmp(p, "events:", 7) == 0) {
            const char *word;
            size_t n;
            for (const char *q = p + 7; next_word(&q, behind, &word, &n);)
                (void)event_index(r, word, n); /* too many: reported by the second pass */
        }
        p = stop + 1;
    }
}

static void read_positions(callgrind_reader *r, const char *p, const char *end)
{
    const char *word;
    size_t n;
    r->n_kinds = 0;
    while (next_word(&p, end, &word, &n)) {
        callgrind_position kind;
        if (word_is(word, n, "line"))
            kind = CALLGRIND_LINE;
        else if (word_is(word, n, "instr") || word_is(word, n, "addr"))
            kind = CALLGRIND_ADDRESS;
        else if (word_is(word, n, "bb"))
            kind = CALLGRIND_BLOCK;
        else {
            callgrind_reader_damage(r, word, "unknown position '%.*s': expected instr, bb or line",
                                    (int)MIN(n, 40), word);
            continue;
        }
        if (r->n_kinds < CALLGRIND_N_POSITIONS)
            r->kinds[r->n_kinds++] = kind;
    }
    callgrind_header_set_plain(r);
}

/* The costs of "summary:" or "totals:", by event. */
static void read_costs(const callgrind_reader *r, const char *p, const char *end, uint64_t *sums)
{
    const char *word;
    size_t n;
    for (size_t i = 0; i < r->n_columns && next_word(&p, end, &word, &n); i++) {
        uint64_t value;
        if (scan_number(word, &value) == word + n)
            sums[r->event_of[i]] += value;
    }
}

static void check_totals(callgrind_reader *r, const char *p, const char *end)
{
    callgrind_body_close_section(r);
    uint64_t totals[CALLGRIND_MAX_EVENTS] = {0};
    read_costs(r, p, end, totals);
    for (unsigned e = 0; e < r->events->len; e++) {
        if (totals[e] != r->part_self[e])
            callgrind_reader_damage(r, p,
                                    "the totals line says %" G_GUINT64_FORMAT
                                    " %s, the lines add up to %" G_GUINT64_FORMAT,
                                    totals[e], (const char *)g_ptr_array_index(r->events, e),
                                    r->part_self[e]);
    }
    memset(r->part_self, 0, sizeof r->part_self);
    r->has_unchecked = false;
}

static const char *text_value(const callgrind_reader *r, const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return store_intern(r->functions.store, p, (size_t)(end - p));
}

static void read_version(callgrind_reader *r, const char *p, const char *end)
{
    const char *word;
    size_t n;
    uint64_t version;
    if (next_word(&p, end, &word, &n) && scan_number(word, &version) > word && version > 1)
        callgrind_reader_damage(r, word, "version %" G_GUINT64_FORMAT " is newer than version 1",
                                version);
}

bool callgrind_header_line(callgrind_reader *r, const char *p, const char *end)
{
    const char *colon = p;
    while (colon < end && (g_ascii_isalnum(*colon) || *colon == '_' || *colon == '-'))
        colon++;
    if (colon == p || colon == end || *colon != ':')
        return false;
    size_t n = (size_t)(colon - p);
    const char *value = colon + 1;
    if (word_is(p, n, "events"))
        read_events(r, value, end);
    else if (word_is(p, n, "positions"))
        read_positions(r, value, end);
    else if (word_is(p, n, "summary")) {
        read_costs(r, value, end, r->summary);
        r->has_summary = true;
    } else if (word_is(p, n, "totals"))
        check_totals(r, value, end);
    else if (word_is(p, n, "cmd"))
        r->profile->command = text_value(r, value, end);
    else if (word_is(p, n, "creator"))
        r->profile->creator = text_value(r, value, end);
    else if (word_is(p, n, "version"))
        read_version(r, value, end);
    return true; /* other keys, known or not, change no cost */
}
