/*
 * Most of a file has few forms: lines of self cost "+3 12\n", with an address before and several
 * costs behind where there are such, calls with their callee as ids, changes of the file. They are
 * read here with the state in registers and without searching for the ends of lines; a line or call
 * is first looked at as a whole, and where anything in it is not so plain, nothing of it has been
 * done and callgrind_body.c takes it.
 */
#include "harness/profile/callgrind_reader.h"
#include "harness/profile/scan_block.h"

/* Returned in registers then, not in memory. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* What the lines of a part look like; known when the compiler makes a loop for it. */
typedef struct plain_form {
    bool has_addresses, has_one_cost;
} plain_form;

/* Of a line of numbers: its positions, and where its costs are. */
typedef struct plain_line {
    uint64_t line, address;
    const char *costs;
    const char *end; /* of a form of one cost: its newline */
    uint32_t cost;   /* of such a one */
} plain_line;

#define UNLIKELY(condition) __builtin_expect(condition, 0)

/* What the first character of a position makes of it. */
typedef struct plain_sign {
    uint64_t text;              /* exclusive-or: values of digits, 0 for a sign */
    uint64_t relative, minus;   /* all bits or none */
    uint32_t min_length, range; /* how long it is: between min_length and this more */
} plain_sign;

#define SIGN(character) (SCAN_ZEROS ^ '0' ^ (character))

/* By the lower four bits of it; any other character than it is for leaves what is no digit. */
static const plain_sign signs[16] = {
    [0 ... 9] = {SCAN_ZEROS, 0, 0, 1, 7},
    ['*' & 15] = {SIGN('*'), UINT64_MAX, 0, 1, 0},
    ['+' & 15] = {SIGN('+'), UINT64_MAX, 0, 2, 6},
    ['-' & 15] = {SIGN('-'), UINT64_MAX, UINT64_MAX, 2, 6},
};

/* A position as it stands: "+3", "-3", "*" or "3". */
typedef struct plain_position {
    const plain_sign *sign;
    uint64_t digits;
} plain_position;

/* The one of n characters at p. False if it is something else; whether its digits are some is not
 * looked at. */
ALWAYS_INLINE bool find_position(const char *p, size_t n, plain_position *ret_position)
{
    const plain_sign *sign = &signs[p[0] & 15];
    uint64_t word;
    memcpy(&word, p, sizeof word);
    *ret_position = (plain_position){sign, scan_align(word ^ sign->text, n)};
    return __builtin_expect(n - sign->min_length <= sign->range, 1);
}

ALWAYS_INLINE uint64_t moved(plain_position position, uint64_t value, uint64_t base)
{
    const plain_sign *sign = position.sign;
    return ((value ^ sign->minus) - sign->minus) + (base & sign->relative);
}

/* Where the first one is; what none of its users takes, if there is none. */
ALWAYS_INLINE size_t first_of(uint32_t found)
{
    return (size_t)__builtin_ctz(found | 1U << 31);
}

ALWAYS_INLINE uint32_t find(const char *p, plain_form form, char character)
{
    uint32_t found = scan_find(p, character);
    if (form.has_addresses)
        found |= scan_find(p + SCAN_BLOCK_BYTES, character) << SCAN_BLOCK_BYTES;
    return found;
}

/* Looks at the line at p, and reads its positions, and its cost if it has but one. base: the line
 * above. False if it is something else. */
ALWAYS_INLINE bool read_plain_line(const char *p, plain_form form, const plain_line *base,
                                   plain_line *ret_line)
{
    uint32_t blanks = find(p, form, ' ');
    plain_position address, line;
    size_t begin = 0, blank = first_of(blanks);
    if (form.has_addresses) {
        if (!find_position(p, blank, &address))
            return false;
        begin = blank + 1;
        blank = first_of(blanks & (blanks - 1));
    }
    if (!find_position(p + begin, blank - begin, &line))
        return false;
    plain_line l = {.costs = p + blank + 1};
    uint64_t cost = 0;
    if (form.has_one_cost) {
        size_t newline = first_of(find(p, form, '\n')), n = newline - blank - 1;
        memcpy(&cost, l.costs, sizeof cost);
        cost = scan_align(cost ^ SCAN_ZEROS, n);
        l.end = p + newline;
        if (UNLIKELY(n - 1 > 7))
            return false;
    }
    uint32_t value;
    if (UNLIKELY(!scan_two(line.digits, cost, &value, &l.cost)))
        return false;
    l.line = moved(line, value, base->line);
    if (form.has_addresses) {
        if (UNLIKELY(!scan_eight(address.digits, &value)))
            return false;
        l.address = moved(address, value, base->address);
    }
    if (UNLIKELY(l.line > UINT32_MAX))
        return false;
    *ret_line = l;
    return true;
}

/* "1 2 0 0 " or "1 2 0 0\n" at p: adds the four numbers. False if it is something else. */
ALWAYS_INLINE bool add_four(const char *p, uint64_t *costs)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    uint64_t digits = word ^ 0x2030203020302030U; /* 0 to 9, 0, ...: the last blank apart */
    uint64_t over = (digits | (digits + 0x0006000600060006U)) & 0x00F0FFF0FFF0FFF0U;
    if (over != 0 || (p[7] != ' ' && p[7] != '\n'))
        return false;
    for (unsigned i = 0; i < 4; i++)
        costs[i] += digits >> (16 * i) & 0xF;
    return true;
}

/* Adds the costs of a line to costs[]. Returns the place behind the line. */
ALWAYS_INLINE const char *add_costs(callgrind_reader *r, plain_form form, const plain_line *l,
                                    uint64_t *costs)
{
    const char *p = l->costs;
    size_t i = 0, n = r->n_columns;
    if (form.has_one_cost) {
        costs[0] += l->cost;
        return l->end + 1;
    }
    while (!form.has_one_cost && i < n) {
        if (i + 4 <= n && add_four(p, costs + i)) {
            i += 4;
            p += 8;
        } else {
            uint64_t word;
            memcpy(&word, p, sizeof word);
            unsigned digits = scan_digits(word);
            if (digits - 1 >= 7 || (p[digits] != ' ' && p[digits] != '\n'))
                break;
            costs[i++] += scan_value(word, digits);
            p += digits + 1;
        }
        if (p[-1] == '\n')
            return p;
    }
    return callgrind_body_read_costs(r, p, costs, i);
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
    const char *object;   /* NULL: not given */
    callgrind_name *file; /* likewise */
    callgrind_name *callee;
    uint64_t n_calls;
} plain_call;

/* "cob=(1)", "cfi=(2)", "cfn=(3)", "calls=4 +5": the place of the line of its cost, or NULL. */
static inline const char *read_call(const callgrind_reader *r, const char *p, plain_call *ret_call)
{
    callgrind_name *name;
    *ret_call = (plain_call){.object = NULL};
    if (begins_with(p, "cob=", 4)) {
        if ((p = read_id(&r->objects, p + 4, &name)) == NULL)
            return NULL;
        ret_call->object = name->name;
    }
    if (begins_with(p, "cfi=", 4) || begins_with(p, "cfl=", 4)) {
        if ((p = read_id(&r->files, p + 4, &ret_call->file)) == NULL)
            return NULL;
    }
    if (!begins_with(p, "cfn=", 4) ||
        (p = read_id(&r->functions, p + 4, &ret_call->callee)) == NULL ||
        !begins_with(p, "calls=", 6))
        return NULL;
    uint64_t word;
    p += 6;
    memcpy(&word, p, sizeof word);
    unsigned n = scan_digits(word);
    if (n == 0 || n == 8 || p[n] != ' ')
        return NULL;
    ret_call->n_calls = scan_value(word, n);
    const char *newline = memchr(p, '\n', 64); /* what is behind the number is not needed */
    return newline != NULL ? newline + 1 : NULL;
}

/* The line of self cost that was read last. */
ALWAYS_INLINE plain_line position_of(const callgrind_reader *r)
{
    return (plain_line){.line = r->position[CALLGRIND_LINE],
                        .address = r->position[CALLGRIND_ADDRESS]};
}

/* Reads a call at p. Returns the place behind it, or NULL. */
ALWAYS_INLINE const char *add_call(callgrind_reader *r, const char *p, plain_form form)
{
    plain_call call;
    if (r->piece->end - p < CALLGRIND_PLAIN_CALL || r->callee != NULL ||
        r->callee_file.name != NULL || r->callee_object != NULL)
        return NULL;
    p = read_call(r, p, &call);
    if (p == NULL)
        return NULL;
    plain_line base = position_of(r), at;
    if (!read_plain_line(p, form, &base, &at))
        return NULL;
    uint32_t callee =
        callgrind_body_resolve(r, call.callee, call.object != NULL ? call.object : r->object,
                               call.file != NULL ? callgrind_reader_file(r, call.file) : r->file);
    uint64_t *costs =
        callgrind_model_call(r->model, callee, r->file.index, (uint32_t)at.line, call.n_calls);
    if (costs == NULL)
        return NULL;
    return add_costs(r, form, &at, costs);
}

/* Reads lines of self cost at p: as many as there are of the plain form. */
ALWAYS_INLINE const char *add_lines(callgrind_reader *r, const char *p, plain_form form,
                                    callgrind_lines *l)
{
    const char *end = r->piece->end;
    size_t n_events = form.has_one_cost ? 1 : r->events->len;
    uint32_t file = r->file.index;
    plain_line now = position_of(r);
    while (p < end && read_plain_line(p, form, &now, &now)) {
        uint32_t at;
        uint64_t *costs;
        bool is_there = form.has_addresses
                            ? callgrind_lines_append(l, file, (uint32_t)now.line, now.address, &at)
                            : callgrind_lines_at(l, file, (uint32_t)now.line, &at);
        if (__builtin_expect(is_there, 1)) {
            costs = l->costs + n_events * at;
        } else {
            callgrind_model_give_lines(r->model, *l);
            costs = callgrind_model_line(r->model, file, (uint32_t)now.line, now.address);
            *l = callgrind_model_take_lines(r->model, form.has_addresses);
            if (costs == NULL)
                return p;
        }
        p = add_costs(r, form, &now, costs);
        r->position[CALLGRIND_LINE] = now.line;
        r->position[CALLGRIND_ADDRESS] = now.address;
    }
    return p;
}

ALWAYS_INLINE const char *read_form(callgrind_reader *r, const char *p, plain_form form)
{
    callgrind_lines lines = callgrind_model_take_lines(r->model, form.has_addresses);
    const char *behind;
    for (;;) {
        if (p[0] == 'c') {
            behind = add_call(r, p, form);
        } else if (p[0] == 'f' && (p[1] == 'i' || p[1] == 'e') && p[2] == '=') {
            callgrind_name *file;
            behind = read_id(&r->files, p + 3, &file);
            if (behind != NULL && behind <= r->piece->end)
                r->file = callgrind_reader_file(r, file);
            else
                behind = NULL;
        } else {
            behind = add_lines(r, p, form, &lines);
        }
        if (behind == NULL || behind == p)
            break;
        p = behind;
    }
    callgrind_model_give_lines(r->model, lines);
    return p;
}

const char *callgrind_plain_read(callgrind_reader *r, const char *p)
{
    bool has_one_cost = r->events->len == 1;
    if (r->has_addresses && has_one_cost)
        return read_form(r, p, (plain_form){.has_addresses = true, .has_one_cost = true});
    if (r->has_addresses)
        return read_form(r, p, (plain_form){.has_addresses = true});
    if (has_one_cost)
        return read_form(r, p, (plain_form){.has_one_cost = true});
    return read_form(r, p, (plain_form){.has_addresses = false});
}
