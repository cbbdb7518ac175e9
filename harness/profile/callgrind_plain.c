/*
 * Most of a file has few forms: lines of self cost "+3 12\n" by line number and one event, calls
 * with their callee as ids, changes of the file. They are read here with the state in registers and
 * without searching for the ends of lines; a line or call is first read as a whole, and where
 * anything in it is not so plain, nothing of it has been done and callgrind_body.c takes it.
 */
#include "harness/profile/callgrind_reader.h"
#include "harness/profile/scan_block.h"

/* Returned in registers then, not in memory. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* A line of self cost in the plain form. */
typedef struct plain_line {
    uint64_t line, cost;
    unsigned n_bytes; /* 0: it is something else */
} plain_line;

/* Reads one at p; base: the line above. The two numbers have up to 7 digits. */
ALWAYS_INLINE plain_line read_plain_line(const char *p, uint64_t base)
{
    scan_block block = scan_block_read(p);
    uint32_t others = ~block.digits & (block.newlines - 1) & ~block.newlines; /* before its end */
    unsigned is_minus = *p == '-', is_same = *p == '*', is_sign = others & 1;
    uint32_t spaces = others - is_sign;
    unsigned end = scan_first(block.newlines), space = scan_first(spaces);
    unsigned n_place = space - is_sign, n_cost = end - space - 1;
    if (__builtin_expect(p[space] != ' ' || (spaces & (spaces - 1)) != 0 || n_cost - 1 >= 7 ||
                             n_place >= 8 || (n_place == 0) != is_same ||
                             (is_minus | is_same | (*p == '+')) != is_sign,
                         0))
        return (plain_line){0, 0, 0};
    uint64_t place_word, cost_word;
    memcpy(&place_word, p + is_sign, sizeof place_word);
    memcpy(&cost_word, p + space + 1, sizeof cost_word);
    uint64_t place = scan_value(place_word, n_place);
    uint64_t moved = (place ^ -(uint64_t)is_minus) + is_minus + (base & -(uint64_t)is_sign);
    return (plain_line){moved, scan_value(cost_word, n_cost), end + 1};
}

/* "(12)\n" at p: the place behind it, or NULL if it is not of that form or not known. */
static inline const char *read_id(const callgrind_names *names, const char *p,
                                  callgrind_name **ret_name)
{
    uint64_t word;
    memcpy(&word, p + 1, sizeof word);
    unsigned n = scan_digits(word);
    if (p[0] != '(' || n == 0 || n == 8 || p[n + 1] != ')' || p[n + 2] != '\n')
        return NULL;
    *ret_name = callgrind_names_at(names, scan_value(word, n));
    return *ret_name != NULL && (*ret_name)->name != NULL ? p + n + 3 : NULL;
}

static inline bool begins_with(const char *p, const char *word, size_t n)
{
    return memcmp(p, word, n) == 0;
}

/* A call as a whole. */
typedef struct plain_call {
    const char *object, *file; /* NULL: not given */
    callgrind_name *callee;
    uint64_t n_calls;
    plain_line at;
} plain_call;

/* "cob=(1)", "cfi=(2)", "cfn=(3)", "calls=4 +5", "+6 7": the place behind it, or NULL. */
static inline const char *read_call(const callgrind_reader *r, const char *p, uint64_t base,
                                    plain_call *ret_call)
{
    callgrind_name *name;
    *ret_call = (plain_call){.object = NULL};
    if (begins_with(p, "cob=", 4)) {
        if ((p = read_id(&r->objects, p + 4, &name)) == NULL)
            return NULL;
        ret_call->object = name->name;
    }
    if (begins_with(p, "cfi=", 4) || begins_with(p, "cfl=", 4)) {
        if ((p = read_id(&r->files, p + 4, &name)) == NULL)
            return NULL;
        ret_call->file = name->name;
    }
    if (!begins_with(p, "cfn=", 4) ||
        (p = read_id(&r->functions, p + 4, &ret_call->callee)) == NULL ||
        !begins_with(p, "calls=", 6))
        return NULL;
    uint64_t word;
    p += 6;
    memcpy(&word, p, sizeof word);
    unsigned n = scan_digits(word);
    scan_block block = scan_block_read(p); /* what it holds behind the number is not needed */
    if (n == 0 || n == 8 || p[n] != ' ' || block.newlines == 0)
        return NULL;
    ret_call->n_calls = scan_value(word, n);
    p += scan_first(block.newlines) + 1;
    ret_call->at = read_plain_line(p, base);
    if (ret_call->at.n_bytes == 0 || ret_call->at.line > UINT32_MAX)
        return NULL;
    return p + ret_call->at.n_bytes;
}

/* Reads a call at p. Returns the place behind it, or NULL. */
static const char *add_call(callgrind_reader *r, const char *p, uint64_t base)
{
    plain_call call;
    if (r->piece->end - p < CALLGRIND_PLAIN_CALL || r->callee != NULL || r->callee_file != NULL ||
        r->callee_object != NULL)
        return NULL;
    p = read_call(r, p, base, &call);
    if (p == NULL)
        return NULL;
    uint32_t callee =
        callgrind_body_resolve(r, call.callee, call.object != NULL ? call.object : r->object,
                               call.file != NULL ? call.file : r->file);
    uint64_t *costs =
        callgrind_model_call(r->model, callee, r->file, (uint32_t)call.at.line, call.n_calls);
    if (costs == NULL)
        return NULL;
    costs[r->event_of[0]] += call.at.cost;
    return p;
}

/* Reads lines of self cost at p: as many as there are, or can be added to the lines. */
static const char *add_lines(callgrind_reader *r, const char *p, callgrind_lines *lines)
{
    callgrind_lines l = *lines;
    const char *end = r->piece->end;
    uint64_t line = r->position[CALLGRIND_LINE], sum = 0;
    while (p < end) {
        plain_line now = read_plain_line(p, line);
        if (now.n_bytes == 0 || now.line > UINT32_MAX)
            break;
        uint64_t *costs = callgrind_lines_at(&l, (uint32_t)now.line, 1);
        if (__builtin_expect(costs == NULL, 0))
            break;
        *costs += now.cost;
        sum += now.cost;
        line = now.line;
        p += now.n_bytes;
    }
    r->position[CALLGRIND_LINE] = line;
    r->self[r->event_of[0]] += sum;
    *lines = l;
    return p;
}

const char *callgrind_plain_read(callgrind_reader *r, const char *p)
{
    callgrind_lines lines = callgrind_model_take_lines(r->model, r->file);
    for (;;) {
        const char *behind;
        p = add_lines(r, p, &lines);
        if (*p == 'c') {
            behind = add_call(r, p, r->position[CALLGRIND_LINE]);
            if (behind == NULL)
                break;
        } else if (p[0] == 'f' && (p[1] == 'i' || p[1] == 'e') && p[2] == '=') {
            callgrind_name *file;
            behind = read_id(&r->files, p + 3, &file);
            if (behind == NULL || behind > r->piece->end)
                break;
            callgrind_model_give_lines(r->model, lines);
            r->file = file->name;
            lines = callgrind_model_take_lines(r->model, r->file);
        } else {
            break;
        }
        p = behind;
    }
    callgrind_model_give_lines(r->model, lines);
    return p;
}
