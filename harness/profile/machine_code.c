#include "harness/profile/machine_code.h"

#include "harness/profile/jump_targets.h"
#include "harness/profile/plain_text.h"

#include <string.h>

#define JUMP_INDENT           "                                     " /* under the instruction */
#define MAX_INSTRUCTION_BYTES 15 /* of x86-64: how far the last one may reach */

G_DEFINE_QUARK(machine - code - error - quark, machine_code_error)

static const callgrind_function *choose_function(const callgrind_profile *profile, size_t event,
                                                 const char *name)
{
    if (name != NULL)
        return callgrind_find(profile, name);
    const callgrind_function *hottest = NULL;
    for (size_t i = 0; i < profile->n_functions; i++) {
        const callgrind_function *f = &profile->functions[i];
        if (f->object[0] != '\0' && (hottest == NULL || f->self[event] > hottest->self[event]))
            hottest = f;
    }
    return hottest;
}

/* Costs of one function by address, over all its recursion levels and contexts. */
typedef struct code {
    GHashTable *costs; /* address -> uint64_t */
    GHashTable *jumps; /* address -> GArray of jump_target */
    const char *file;  /* of the function */
    uint64_t first, last;
    uint64_t total;
} code;

static bool is_same_function(const callgrind_function *f, const callgrind_function *other)
{
    if (f->object != other->object || f->file != other->file)
        return false;
    size_t n = strcspn(other->name, "'");
    return strncmp(f->name, other->name, n) == 0 && (f->name[n] == '\0' || f->name[n] == '\'');
}

static void add_cost(code *c, uint64_t address, uint64_t cost)
{
    uint64_t *sum = g_hash_table_lookup(c->costs, &address);
    if (sum == NULL) {
        sum = g_new0(uint64_t, 1);
        g_hash_table_insert(c->costs, g_memdup2(&address, sizeof address), sum);
    }
    *sum += cost;
    c->total += cost;
    c->first = MIN(c->first, address);
    c->last = MAX(c->last, address);
}

static void free_targets(gpointer data)
{
    g_array_unref(data);
}

static void add_jump(code *c, const callgrind_jump *jump)
{
    GArray *targets = g_hash_table_lookup(c->jumps, &jump->address);
    if (targets == NULL) {
        targets = jump_targets_new();
        g_hash_table_insert(c->jumps, g_memdup2(&jump->address, sizeof jump->address), targets);
    }
    jump_targets_add(targets, jump, JUMP_TO_ADDRESS);
}

static void code_clear(code *c)
{
    g_hash_table_unref(c->costs);
    g_hash_table_unref(c->jumps);
}

static void collect(code *c, const callgrind_profile *profile, size_t event,
                    const callgrind_function *function)
{
    *c = (code){.first = UINT64_MAX,
                .file = function->file,
                .costs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
                .jumps = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_targets)};
    for (size_t i = 0; i < profile->n_lines; i++) {
        const callgrind_line *line = &profile->lines[i];
        uint64_t address = callgrind_line_address(profile, line);
        uint64_t cost = callgrind_line_self(profile, line)[event];
        if (address != 0 && cost > 0 &&
            is_same_function(&profile->functions[line->function], function))
            add_cost(c, address, cost);
    }
    for (size_t i = 0; i < profile->n_jumps; i++) {
        const callgrind_jump *jump = &profile->jumps[i];
        if (jump->address != 0 && is_same_function(&profile->functions[jump->function], function))
            add_jump(c, jump);
    }
}

static char *disassemble(const code *c, const char *object, GError **error)
{
    g_autofree char *start = g_strdup_printf("--start-address=0x%" G_GINT64_MODIFIER "x", c->first);
    g_autofree char *stop = g_strdup_printf("--stop-address=0x%" G_GINT64_MODIFIER "x",
                                            c->last + MAX_INSTRUCTION_BYTES);
    char *argv[] = {(char *)(uintptr_t) "objdump",
                    (char *)(uintptr_t) "-d",
                    (char *)(uintptr_t) "-l",
                    (char *)(uintptr_t) "--no-show-raw-insn",
                    start,
                    stop,
                    (char *)(uintptr_t) "--",
                    (char *)(uintptr_t)object,
                    NULL}; /* only read */
    char *output = NULL;
    g_autofree char *errors = NULL;
    int status;
    if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &errors, &status,
                      error))
        return NULL;
    if (g_spawn_check_wait_status(status, NULL))
        return output;
    g_strchomp(errors);
    g_set_error(error, MACHINE_CODE_ERROR, MACHINE_CODE_ERROR_OBJDUMP, "%s", errors);
    g_free(output);
    return NULL;
}

/* "  401136:\tpush   %rbp": its address; 0: another line. */
static uint64_t instruction_address(const char *line)
{
    while (*line == ' ')
        line++;
    char *end;
    uint64_t address = g_ascii_strtoull(line, &end, 16);
    return end > line && end[0] == ':' && end[1] == '\t' ? address : 0;
}

static void append_instruction(GString *text, const code *c, uint64_t address, const char *line)
{
    const uint64_t *cost = g_hash_table_lookup(c->costs, &address);
    const char *instruction = strchr(line, '\t') + 1;
    if (cost != NULL) {
        g_autofree char *number = plain_text_number(*cost);
        g_string_append_printf(text, "%16s %5.1f%%", number,
                               100.0 * (double)*cost / (double)MAX(c->total, 1));
    } else {
        g_string_append_printf(text, "%16s %6s", ".", "");
    }
    g_string_append_printf(text, "  %8" G_GINT64_MODIFIER "x  %s\n", address, instruction);
    const GArray *targets = g_hash_table_lookup(c->jumps, &address);
    if (targets != NULL)
        jump_targets_append(text, targets, c->file, JUMP_INDENT);
}

/* "/src/m.c:12": objdump -l says so before the instructions of a line. */
static bool is_source_line(const char *line)
{
    const char *colon = strrchr(line, ':');
    return line[0] == '/' && colon != NULL && g_ascii_isdigit(colon[1]);
}

char *machine_code_print(const callgrind_profile *profile, size_t event, const char *name,
                         GError **error)
{
    const callgrind_function *function = choose_function(profile, event, name);
    if (function == NULL) {
        g_set_error(error, MACHINE_CODE_ERROR, MACHINE_CODE_ERROR_NO_FUNCTION,
                    "no function '%s' in the profile", name != NULL ? name : "");
        return NULL;
    }
    code c;
    collect(&c, profile, event, function);
    g_autofree char *listing = NULL;
    if (c.total == 0)
        g_set_error(error, MACHINE_CODE_ERROR, MACHINE_CODE_ERROR_NO_ADDRESSES,
                    "no instruction addresses for '%s': profile with --asm", function->name);
    else
        listing = disassemble(&c, function->object, error);
    if (listing == NULL) {
        code_clear(&c);
        return NULL;
    }
    g_autofree char *total = plain_text_number(c.total);
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s in %s: %s %s\n\n", function->name, function->object, total,
                           profile->events[event]);
    g_auto(GStrv) lines = g_strsplit(listing, "\n", -1);
    const char *source = NULL; /* waits for its first instruction */
    for (char **line = lines; *line != NULL; line++) {
        uint64_t address = instruction_address(*line);
        if (address == 0)
            source = is_source_line(*line) ? *line : source;
        if (address == 0 || address > c.last)
            continue;
        if (source != NULL)
            g_string_append_printf(text, "%s\n", source);
        source = NULL;
        append_instruction(text, &c, address, *line);
    }
    code_clear(&c);
    return g_string_free(text, FALSE);
}
