/* check_run.c -- reading of tapes and answers, and the record of what was found false. */
#include "harness/judge/check_run.h"

#include <string.h>

enum { MAX_FAILURES = 5 }; /* kept a property */

static void group_free(void *data)
{
    check_group *group = data;
    g_ptr_array_unref(group->failures);
    g_free(group);
}

void check_result_free(check_result *result)
{
    if (result == NULL)
        return;
    g_free(result->why);
    g_ptr_array_unref(result->groups);
    g_free(result);
}

void check_run_begin(check_run *run, const check_property *properties, size_t n, GBytes *tape,
                     const char *answers, size_t n_bytes)
{
    memset(run, 0, sizeof(*run));
    run->result = g_new0(check_result, 1);
    run->result->groups = g_ptr_array_new_with_free_func(group_free);
    for (size_t i = 0; i < n; i++) {
        check_group *group = g_new0(check_group, 1);
        group->part = properties[i].part;
        group->name = properties[i].name;
        group->title = properties[i].title;
        group->required = properties[i].required;
        group->passed = true;
        group->failures = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(run->result->groups, group);
    }
    run->tape = g_bytes_get_data(tape, &run->n_tape);
    run->text = answers;
    run->n_text = n_bytes;
}

static void stop(check_run *run, const char *why)
{
    if (!run->stopped && run->result->why == NULL)
        run->result->why = g_strdup_printf("answer %" G_GUINT64_FORMAT ": %s", run->n_lines, why);
    run->stopped = true;
}

void check_cut(check_run *run, const char *why)
{
    stop(run, why);
}

void check_forged(check_run *run, const char *why)
{
    if (!run->stopped)
        run->result->tampering = true;
    stop(run, why);
}

bool check_has_more(const check_run *run)
{
    return run->tape_at < run->n_tape;
}

uint64_t check_take(check_run *run, unsigned n_bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < n_bytes; i++) {
        uint64_t byte = run->tape_at < run->n_tape ? run->tape[run->tape_at] : 0;
        run->tape_at++;
        value |= byte << (8 * i);
    }
    return value;
}

static void split(check_line *line)
{
    line->n_words = 0;
    char *at = line->text;
    while (line->n_words < CHECK_MAX_WORDS) {
        line->words[line->n_words++] = at;
        at = strchr(at, ' ');
        if (at == NULL)
            break;
        *at++ = '\0';
    }
}

bool check_read(check_run *run)
{
    if (run->stopped)
        return false;
    const char *start = run->text + run->text_at;
    size_t left = run->n_text - run->text_at;
    const char *end = left > 0 ? memchr(start, '\n', left) : NULL;
    if (end == NULL) {
        check_cut(run, "the answers end here");
        return false;
    }
    size_t length = (size_t)(end - start);
    run->text_at += length + 1;
    run->n_lines++;
    if (length >= CHECK_MAX_LINE || memchr(start, '\0', length) != NULL) {
        check_forged(run, "not a line that the driver writes");
        return false;
    }
    if (length > 0)
        memcpy(run->line.text, start, length);
    run->line.text[length] = '\0';
    split(&run->line);
    return true;
}

bool check_expect(check_run *run, const char *word, unsigned n_words)
{
    while (check_read(run)) {
        const check_line *line = &run->line;
        if (strcmp(line->words[0], word) == 0 && line->n_words == n_words)
            return true;
        if (run->aside != NULL && run->aside(run, run->model, line))
            continue;
        check_forged(run, "a line that the driver does not write here");
    }
    return false;
}

void check_seen(check_run *run, unsigned property)
{
    run->seen |= (uint64_t)1 << property;
}

void check_fail(check_run *run, unsigned property, const char *format, ...)
{
    check_group *group = g_ptr_array_index(run->result->groups, property);
    group->passed = false;
    if (group->failures->len >= MAX_FAILURES)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_ptr_array_add(group->failures, g_strdup_vprintf(format, arguments));
    va_end(arguments);
}

static uint64_t number(check_run *run, unsigned word, unsigned base)
{
    guint64 value = 0;
    if (word < run->line.n_words &&
        g_ascii_string_to_unsigned(run->line.words[word], base, 0, G_MAXUINT64, &value, NULL))
        return value;
    check_forged(run, "a number was expected");
    return 0;
}

uint64_t check_number(check_run *run, unsigned word)
{
    return number(run, word, 10);
}

uint64_t check_hex(check_run *run, unsigned word)
{
    return number(run, word, 16);
}

int64_t check_signed(check_run *run, unsigned word)
{
    gint64 value = 0;
    if (word < run->line.n_words &&
        g_ascii_string_to_signed(run->line.words[word], 10, G_MININT64, G_MAXINT64, &value, NULL))
        return value;
    check_forged(run, "a number was expected");
    return 0;
}

uint64_t check_digest_byte(uint64_t digest, unsigned byte)
{
    return (digest ^ (byte & 0xff)) * CHECK_DIGEST_PRIME;
}

uint64_t check_digest_word(uint64_t digest, uint64_t word)
{
    for (unsigned i = 0; i < 8; i++)
        digest = check_digest_byte(digest, (unsigned)(word >> (8 * i)));
    return digest;
}

check_result *check_run_end(check_run *run)
{
    if (check_expect(run, "end", 2)) {
        uint64_t n_lines = check_number(run, 1);
        if (n_lines != run->n_lines - 1 || run->text_at != run->n_text)
            check_forged(run, "the closing line is not the driver's");
    }
    check_result *result = run->result;
    result->complete = !run->stopped;
    for (guint i = 0; !run->stopped && i < result->groups->len; i++) {
        const check_group *group = g_ptr_array_index(result->groups, i);
        if (group->passed && (run->seen >> i & 1) == 0)
            check_fail(run, i, "the submission never got far enough to show it");
    }
    for (guint i = 0; run->stopped && i < result->groups->len; i++)
        ((check_group *)g_ptr_array_index(result->groups, i))->passed = false;
    run->result = NULL;
    return result;
}
