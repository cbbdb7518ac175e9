#include "harness/profile/callgrind_reader.h"

/* The end of the line at p: its newline, or the end of the piece. */
static inline const char *line_end(const callgrind_reader *r, const char *p)
{
    const char *newline = memchr(p, '\n', (size_t)(r->piece->end - p));
    return newline == NULL ? r->piece->end : newline;
}

/* The place behind the line that ends at newline (or at the end of the piece). */
static inline const char *behind_line(const callgrind_reader *r, const char *newline)
{
    return newline < r->piece->end ? newline + 1 : newline;
}

/* ---- names ---- */

/* Reads the name at p, behind "fn=" and the like. Returns the place behind the line. */
static const char *read_name(callgrind_reader *r, callgrind_names *names, const char *p,
                             callgrind_name *plain, callgrind_name **ret_name)
{
    uint64_t id;
    if (p[0] == '(' && scan_is_digit(p[1])) { /* nearly all are "(12)" and nothing more */
        const char *behind = scan_number(p + 1, &id);
        callgrind_name *name = callgrind_names_at(names, id);
        if (behind[0] == ')' && behind[1] == '\n' && name != NULL && name->name != NULL) {
            *ret_name = name;
            return behind + 2;
        }
    }
    const char *newline = line_end(r, p);
    const char *end = newline > p && newline[-1] == '\r' ? newline - 1 : newline;
    callgrind_name *name = callgrind_names_read(names, p, end, plain);
    if (name->name == NULL) {
        callgrind_reader_damage(r, p, "the id %.*s has no name yet", (int)MIN(end - p, 40), p);
        name->name = names->unknown;
        name->index = CALLGRIND_NONE;
    }
    *ret_name = name;
    return behind_line(r, newline);
}

static const char *read_plain_name(callgrind_reader *r, callgrind_names *names, const char *p,
                                   const char **ret_name)
{
    callgrind_name plain, *name;
    p = read_name(r, names, p, &plain, &name);
    *ret_name = name->name;
    return p;
}

static const char *read_file_name(callgrind_reader *r, const char *p, callgrind_file *ret_file)
{
    callgrind_name plain, *name;
    p = read_name(r, &r->files, p, &plain, &name);
    *ret_file = callgrind_reader_file(r, name);
    return p;
}

/* ---- sections ---- */

void callgrind_body_close_section(callgrind_reader *r)
{
    if (!r->is_open)
        return;
    callgrind_model_close(r->model, r->part_self);
    r->is_open = false;
    r->has_unchecked = true;
}

static void open_section(callgrind_reader *r)
{
    if (r->function == NULL) {
        r->plain_function = (callgrind_name){.name = r->functions.unknown, .index = CALLGRIND_NONE};
        r->function = &r->plain_function;
    }
    r->open_function = callgrind_body_resolve(r, r->function, r->object, r->section_file);
    callgrind_model_open(r->model, r->open_function);
    r->is_open = true;
}

static void forget_callee(callgrind_reader *r)
{
    r->callee_object = r->callee_file.name = NULL;
    r->callee = NULL;
}

static const char *begin_function(callgrind_reader *r, const char *p)
{
    callgrind_body_close_section(r);
    r->file = r->section_file;
    forget_callee(r);
    return read_name(r, &r->functions, p, &r->plain_function, &r->function);
}

/* ---- lines of numbers ---- */

/* "12", "0xc", "+3", "-3" or "*", perhaps a range "12:15" of which the first counts.
 * Returns the place behind it, or NULL if there is none. */
static inline const char *read_position(const char *p, uint64_t base, uint64_t *ret_position)
{
    bool is_minus = *p == '-', is_same = *p == '*', is_relative = is_minus || *p == '+';
    p += is_relative || is_same;
    uint64_t value;
    const char *behind = scan_number(p, &value);
    if (behind == p && !is_same)
        return NULL;
    uint64_t sum = is_minus ? base - value : base + value;
    *ret_position = is_relative || is_same ? sum : value;
    if (__builtin_expect(*behind == ':', 0)) {
        behind++;
        behind += *behind == '+' || *behind == '-' || *behind == '*';
        behind = scan_number(behind, &value);
    }
    return behind;
}

static inline const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* Reads all positions of a line into position[], which holds those they are relative to. */
static inline const char *read_positions(const callgrind_reader *r, const char *p,
                                         uint64_t *position)
{
    for (size_t i = 0; i < r->n_kinds; i++) {
        uint64_t *one = &position[r->kinds[i]];
        p = read_position(p, *one, one);
        if (p == NULL)
            return NULL;
        p = skip_blanks(p);
    }
    return p;
}

const char *callgrind_body_read_costs(callgrind_reader *r, const char *p, uint64_t *costs,
                                      size_t first)
{
    for (size_t i = first; i < r->n_columns; i++) {
        uint64_t value;
        p = skip_blanks(p);
        const char *behind = scan_number(p, &value);
        if (behind == p)
            break;
        costs[r->event_of[i]] += value;
        p = behind;
    }
    p = skip_blanks(p);
    if (*p == '\n')
        return p + 1;
    if (p == r->piece->end)
        return p;
    if (*p == '\r' && (p[1] == '\n' || p + 1 == r->piece->end))
        return behind_line(r, p + 1);
    callgrind_reader_damage(r, p, "expected %s",
                            scan_is_digit(*p) ? "no more costs than there are events"
                                              : "a number or the end of the line");
    return behind_line(r, line_end(r, p));
}

static const char *bad_line(callgrind_reader *r, const char *p, const char *expected)
{
    callgrind_reader_damage(r, p, "expected %s", expected);
    return behind_line(r, line_end(r, p));
}

static const char *read_self_line(callgrind_reader *r, const char *p)
{
    const char *begin = p;
    p = read_positions(r, p, r->position);
    if (p == NULL)
        return bad_line(r, begin, "the position of a cost");
    if (!r->is_open)
        open_section(r);
    uint64_t line = r->position[CALLGRIND_LINE];
    if (__builtin_expect(line > UINT32_MAX, 0)) {
        callgrind_reader_damage(r, begin, "no such line number");
        r->position[CALLGRIND_LINE] = line = 0;
    }
    uint64_t *costs = callgrind_model_line(r->model, r->file.index, (uint32_t)line,
                                           r->position[CALLGRIND_ADDRESS]);
    if (costs == NULL)
        return bad_line(r, begin, "fewer lines");
    return callgrind_body_read_costs(r, p, costs, 0);
}

static const char *read_call_line(callgrind_reader *r, const char *p)
{
    const char *begin = p;
    r->next = CALLGRIND_NEXT_SELF;
    if (r->callee == NULL)
        return bad_line(r, begin, "'cfn=' before the call");
    uint64_t position[CALLGRIND_N_POSITIONS];
    memcpy(position, r->position, sizeof position);
    p = read_positions(r, p, position);
    if (p == NULL || position[CALLGRIND_LINE] > UINT32_MAX)
        return bad_line(r, begin, "the position of a call");
    if (!r->is_open)
        open_section(r);
    uint32_t callee = callgrind_body_resolve(
        r, r->callee, r->callee_object != NULL ? r->callee_object : r->object,
        r->callee_file.name != NULL ? r->callee_file : r->file);
    uint64_t *costs = callgrind_model_call(r->model, callee, r->file.index,
                                           (uint32_t)position[CALLGRIND_LINE], r->n_calls);
    forget_callee(r);
    if (costs == NULL)
        return bad_line(r, begin, "fewer calls");
    return callgrind_body_read_costs(r, p, costs, 0);
}

/* ---- jumps ---- */

/* "3 +7" of "jump=", "4/9 20" of "jcnd=" (taken of executed), p behind "=". */
static const char *read_jump(callgrind_reader *r, const char *p, bool is_conditional)
{
    uint64_t taken = 0, executed = 0, position[CALLGRIND_N_POSITIONS];
    const char *digits = skip_blanks(p);
    const char *q = scan_number(digits, &taken);
    if (q == digits)
        return bad_line(r, digits, "a number of jumps");
    executed = taken;
    if (is_conditional && *q == '/') {
        digits = q + 1;
        q = scan_number(digits, &executed);
        if (q == digits)
            return bad_line(r, digits, "how often the jump was come to");
    }
    memcpy(position, r->position, sizeof position);
    q = skip_blanks(q);
    if (read_positions(r, q, position) == NULL)
        return bad_line(r, q, "the place that is jumped to");
    r->jump = (callgrind_jump){.target_line = (uint32_t)MIN(position[CALLGRIND_LINE], UINT32_MAX),
                               .target_address = position[CALLGRIND_ADDRESS],
                               .target_file = r->jump_file != NULL ? r->jump_file : r->file.name,
                               .taken = taken,
                               .executed = executed,
                               .is_conditional = is_conditional};
    r->jump_file = NULL;
    r->next = CALLGRIND_NEXT_JUMP;
    return behind_line(r, line_end(r, q));
}

/* The line after it: the place that jumps, which does not become the last position. */
static const char *read_jump_place(callgrind_reader *r, const char *p)
{
    uint64_t position[CALLGRIND_N_POSITIONS];
    memcpy(position, r->position, sizeof position);
    r->next = CALLGRIND_NEXT_SELF;
    if (read_positions(r, p, position) == NULL)
        return bad_line(r, p, "the place of the jump");
    if (!r->is_open)
        open_section(r);
    r->jump.function = r->open_function;
    r->jump.file = r->file.name;
    r->jump.line = (uint32_t)MIN(position[CALLGRIND_LINE], UINT32_MAX);
    r->jump.address = position[CALLGRIND_ADDRESS];
    g_array_append_val(r->jumps, r->jump);
    return behind_line(r, line_end(r, p));
}

static const char *read_numbers(callgrind_reader *r, const char *p)
{
    if (r->model == NULL)
        return bad_line(r, p, "an 'events:' line before the first cost");
    if (r->next == CALLGRIND_NEXT_JUMP)
        return read_jump_place(r, p);
    p = r->next == CALLGRIND_NEXT_SELF ? read_self_line(r, p) : read_call_line(r, p);
    return r->is_plain && r->is_open ? callgrind_plain_read(r, p) : p;
}

/* ---- other lines ---- */

/* "calls=3 12", p behind "=". */
static const char *read_calls(callgrind_reader *r, const char *p)
{
    const char *digits = skip_blanks(p);
    if (scan_number(digits, &r->n_calls) == digits)
        return bad_line(r, digits, "a number of calls");
    r->next = CALLGRIND_NEXT_CALL;
    return behind_line(r, line_end(r, digits));
}

/* The two files and two objects of a call, which are forgotten when another call begins. */
static void begin_call(callgrind_reader *r)
{
    if (r->callee != NULL)
        forget_callee(r);
}

/* Lines with "=" that are frequent. Returns NULL if this is none. */
static const char *read_frequent(callgrind_reader *r, const char *p)
{
    if (p[0] == 'f' && p[2] == '=') {
        if (p[1] == 'n')
            return begin_function(r, p + 3);
        if (p[1] == 'i' || p[1] == 'e')
            return read_file_name(r, p + 3, &r->file);
        if (p[1] == 'l') {
            p = read_file_name(r, p + 3, &r->section_file);
            r->file = r->section_file;
            return p;
        }
    }
    if (p[0] == 'c' && p[1] == 'f' && p[2] == 'n' && p[3] == '=')
        return read_name(r, &r->functions, p + 4, &r->plain_callee, &r->callee);
    if (memcmp(p, "calls=", 6) == 0)
        return read_calls(r, p + 6);
    if (memcmp(p, "cfi=", 4) == 0 || memcmp(p, "cfl=", 4) == 0) {
        begin_call(r);
        return read_file_name(r, p + 4, &r->callee_file);
    }
    if (memcmp(p, "cob=", 4) == 0) {
        begin_call(r);
        return read_plain_name(r, &r->objects, p + 4, &r->callee_object);
    }
    if (memcmp(p, "ob=", 3) == 0)
        return read_plain_name(r, &r->objects, p + 3, &r->object);
    return NULL;
}

/* "ln=" is the line of what follows where costs have none of their own. */
static const char *read_line_number(callgrind_reader *r, const char *p)
{
    uint64_t line;
    bool has_lines = false;
    for (size_t i = 0; i < r->n_kinds; i++)
        has_lines = has_lines || r->kinds[i] == CALLGRIND_LINE;
    if (!has_lines && scan_number(p, &line) > p && line <= UINT32_MAX)
        r->position[CALLGRIND_LINE] = line;
    return behind_line(r, line_end(r, p));
}

/* Lines with "=" that are rare; names in them may define ids. Returns NULL if this is none. */
static const char *read_rare(callgrind_reader *r, const char *p)
{
    const char *ignored;
    if (memcmp(p, "jump=", 5) == 0 || memcmp(p, "jcnd=", 5) == 0)
        return read_jump(r, p + 5, p[1] == 'c');
    if (memcmp(p, "jfi=", 4) == 0)
        return read_plain_name(r, &r->files, p + 4, &r->jump_file);
    if (memcmp(p, "jfn=", 4) == 0)
        return read_plain_name(r, &r->functions, p + 4, &ignored);
    if (memcmp(p, "frfn=", 5) == 0)
        return read_plain_name(r, &r->functions, p + 5, &ignored);
    if (memcmp(p, "rcalls=", 7) == 0)
        return read_calls(r, p + 7);
    if (memcmp(p, "ln=", 3) == 0)
        return read_line_number(r, p + 3);
    return NULL;
}

/* "word=": of a kind that is not known, and tolerated. */
static bool is_specification(const char *p, const char *end)
{
    const char *q = p;
    while (q < end && g_ascii_isalpha(*q))
        q++;
    return q > p && q < end && *q == '=';
}

static const char *read_other(callgrind_reader *r, const char *p)
{
    if (*p == '\n')
        return p + 1;
    if (r->next != CALLGRIND_NEXT_SELF && *p != '#' && *p != '\r') {
        callgrind_reader_damage(r, p, "expected the cost of the call or jump above");
        r->next = CALLGRIND_NEXT_SELF;
    }
    const char *behind = read_frequent(r, p);
    if (behind == NULL)
        behind = read_rare(r, p);
    if (behind != NULL)
        return behind;
    const char *newline = line_end(r, p);
    const char *end = newline > p && newline[-1] == '\r' ? newline - 1 : newline;
    if (end > p && *p != '#' && skip_blanks(p) < end && !callgrind_header_line(r, p, end) &&
        !is_specification(p, end))
        callgrind_reader_damage(r, p, "expected 'key: value', 'fn=name' or a cost");
    return behind_line(r, newline);
}

void callgrind_body_read(callgrind_reader *r, const scan_piece *piece)
{
    r->piece = piece;
    const char *p = piece->begin;
    while (p < piece->end && !r->must_restart) {
        if (scan_is_digit(*p) || *p == '+' || *p == '-' || *p == '*')
            p = read_numbers(r, p);
        else
            p = read_other(r, p);
    }
}
