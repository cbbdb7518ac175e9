/*
 * What valgrind writes goes beyond its manual's grammar; what is done about it, and where:
 *    1  "jump=" and "jcnd=" are followed by a line that holds positions only       (body)
 *    2  "jfi=" and "jfn=" may be the first to define an id; "frfn=", "rec=", "bb=", "ln=",
 *       "rcalls=", "positions: bb line", "arch:" and ranges as "1:3" occur          (body)
 *    3  ids last to the end of the file, and may be given a new name               (names)
 *    4  without "cfi=" the callee is in the current "fi="/"fe=" file, without "cob=" in the
 *       caller's object; both last for one call; "fn=" goes back to the last "fl="  (body)
 *    5  "calls=0" with a cost: the call spans two dumps                            (body)
 *    6  "summary:" is not "totals:": costs are added up and compared with both     (here, header)
 *    7  relative positions count from the last line of self cost, not from calls;
 *       addresses take 64 bits; any number may be hexadecimal                      (body)
 *    8  recursion                                                                  (inclusive)
 *    9  the first cost of "calls=" lines is the number of calls, the target follows (body)
 *   10  contexts, "a'b'2'c", with ids inside: "(9) (3)'2'(7)"                       (names)
 *   11  "positions: instr line"                                                    (header, body)
 *   12  parts may order their events differently; missing costs at the end of a line are 0
 *   13  a file of callgrind's own ends with "totals:", a truncated one does not    (here)
 *   14  "(" and a digit is an id, "(below main)" is a name                         (names)
 *   15  "creator: xtree-1" files have memory for events, else the same form
 */
#include "harness/profile/callgrind.h"

#include "harness/profile/big_array.h"
#include "harness/profile/callgrind_reader.h"

#include <stdarg.h>

#define MAX_WARNINGS 20

/* The profile with what it is kept in. */
typedef struct owned_profile {
    callgrind_profile profile; /* first: callgrind_free() gets its address */
    store *store;
    callgrind_sizes sizes;
} owned_profile;

G_DEFINE_QUARK(callgrind - error - quark, callgrind_error)

static void add_warning(callgrind_reader *r, const char *p, const char *format, va_list args)
{
    GPtrArray *warnings = r->profile->warnings;
    if (warnings->len > MAX_WARNINGS)
        return;
    if (warnings->len == MAX_WARNINGS) {
        g_ptr_array_add(warnings,
                        g_strdup_printf("%s: more than %d places", r->name, MAX_WARNINGS));
        return;
    }
    g_autofree char *what = g_strdup_vprintf(format, args);
    if (p == NULL) {
        g_ptr_array_add(warnings, g_strdup_printf("%s: %s", r->name, what));
        return;
    }
    size_t line, column;
    scan_place(r->text, r->piece->offset + (size_t)(p - r->piece->begin), &line, &column);
    g_ptr_array_add(warnings, g_strdup_printf("%s:%zu:%zu: %s", r->name, line, column, what));
}

void callgrind_reader_warn(callgrind_reader *r, const char *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_warning(r, p, format, args);
    va_end(args);
}

void callgrind_reader_damage(callgrind_reader *r, const char *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_warning(r, p, format, args);
    va_end(args);
    r->profile->complete = false;
    if (p != NULL)
        r->first_damage = MIN(r->first_damage, r->piece->offset + (size_t)(p - r->piece->begin));
}

callgrind_file callgrind_reader_file(callgrind_reader *r, callgrind_name *name)
{
    if (name->index == CALLGRIND_NONE) {
        gpointer file = (gpointer)(uintptr_t)name->name; /* the containers do not write to it */
        name->index = GPOINTER_TO_UINT(g_hash_table_lookup(r->file_index, file)) - 1;
        if (name->index == CALLGRIND_NONE) {
            name->index = r->file_list->len;
            g_ptr_array_add(r->file_list, file);
            g_hash_table_insert(r->file_index, file, GUINT_TO_POINTER(r->file_list->len));
        }
    }
    return (callgrind_file){name->index, name->name};
}

static void reader_init(callgrind_reader *r, callgrind_profile *profile, store *s,
                        GPtrArray *events)
{
    const char *text = r->text, *name = r->name;
    size_t n_bytes = r->n_bytes;
    *r = (callgrind_reader){.text = text,
                            .n_bytes = n_bytes,
                            .name = name,
                            .profile = profile,
                            .first_damage = n_bytes,
                            .events = events,
                            .jumps = g_array_new(FALSE, FALSE, sizeof(callgrind_jump)),
                            .file_list = g_ptr_array_new(),
                            .file_index = g_hash_table_new(NULL, NULL),
                            .kinds = {CALLGRIND_LINE},
                            .n_kinds = 1};
    callgrind_names_init(&r->objects, s, "");
    callgrind_names_init(&r->files, s, "");
    callgrind_names_init(&r->functions, s, "???");
    callgrind_name unknown = {.name = r->files.unknown, .index = CALLGRIND_NONE};
    r->file = r->section_file = callgrind_reader_file(r, &unknown);
    r->object = profile->command = profile->creator = r->file.name;
    profile->complete = true;
    g_ptr_array_set_size(profile->warnings, 0);
}

static void reader_clear(callgrind_reader *r)
{
    callgrind_names_clear(&r->objects);
    callgrind_names_clear(&r->files);
    callgrind_names_clear(&r->functions);
    g_clear_pointer(&r->model, callgrind_model_free);
    g_array_unref(r->jumps);
    g_ptr_array_unref(r->file_list);
    g_hash_table_unref(r->file_index);
}

/* What can only be told at the end of the file. */
static void check_end(callgrind_reader *r)
{
    const char *end = r->piece->end;
    if (r->next != CALLGRIND_NEXT_SELF)
        callgrind_reader_damage(r, end, "truncated: expected the cost of the call above");
    else if (end == r->piece->begin || end[-1] != '\n')
        callgrind_reader_damage(r, end, "truncated: expected the end of the line");
    else if (r->has_unchecked && g_str_has_prefix(r->profile->creator, "callgrind-"))
        callgrind_reader_damage(r, end, "truncated: expected a 'totals:' line");
}

static void check_summary(callgrind_reader *r)
{
    if (!r->has_summary)
        return;
    size_t n_bytes = r->events->len * sizeof(uint64_t);
    uint64_t *summary = store_alloc(r->functions.store, n_bytes);
    memcpy(summary, r->summary, n_bytes);
    r->profile->summary = summary;
    for (unsigned e = 0; e < r->events->len; e++) {
        if (summary[e] != r->profile->totals[e])
            callgrind_reader_warn(
                r, NULL,
                "the summary says %" G_GUINT64_FORMAT " %s, the lines add up to %" G_GUINT64_FORMAT,
                summary[e], (const char *)g_ptr_array_index(r->events, e), r->profile->totals[e]);
    }
}

static void set_events(callgrind_reader *r)
{
    size_t n = r->events->len;
    const char **events = store_alloc(r->functions.store, (n + 1) * sizeof(char *));
    for (size_t e = 0; e < n; e++)
        events[e] = g_ptr_array_index(r->events, e);
    r->profile->n_events = n;
    r->profile->events = events;
}

static void set_files(const callgrind_reader *r)
{
    size_t n = r->file_list->len;
    const char **files = store_alloc(r->functions.store, n * sizeof(char *));
    for (size_t i = 0; i < n; i++)
        files[i] = g_ptr_array_index(r->file_list, i);
    r->profile->n_files = n;
    r->profile->files = files;
}

static void set_jumps(const callgrind_reader *r)
{
    size_t n_bytes = r->jumps->len * sizeof(callgrind_jump);
    callgrind_jump *jumps = store_alloc(r->functions.store, MAX(n_bytes, 1));
    if (n_bytes > 0)
        memcpy(jumps, r->jumps->data, n_bytes);
    r->profile->jumps = jumps;
    r->profile->n_jumps = r->jumps->len;
}

/* One pass. False if a part has events that were not known when it began. */
static bool read_all(callgrind_reader *r, scan_text *pieces)
{
    const scan_piece *piece;
    scan_text_rewind(pieces);
    while (!r->must_restart && (piece = scan_text_next(pieces)) != NULL)
        callgrind_body_read(r, piece);
    if (r->must_restart)
        return false;
    callgrind_body_close_section(r);
    return true;
}

static void set_error(const callgrind_reader *r, GError **error)
{
    size_t line, column;
    scan_place(r->text, r->first_damage, &line, &column);
    g_set_error(error, CALLGRIND_ERROR, CALLGRIND_ERROR_FORMAT,
                "%s:%zu:%zu: not a callgrind file: expected an 'events:' line", r->name, line,
                column);
}

static callgrind_profile *parse(const char *text, size_t n_bytes, const char *name, bool is_mapped,
                                GError **error)
{
    owned_profile *owned = g_new0(owned_profile, 1);
    callgrind_profile *profile = &owned->profile;
    owned->store = store_new();
    profile->warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) events = g_ptr_array_new();
    callgrind_reader r = {.text = text, .n_bytes = n_bytes, .name = name};
    scan_text pieces;
    scan_text_init(&pieces, text, n_bytes, is_mapped);
    reader_init(&r, profile, owned->store, events);
    if (!read_all(&r, &pieces)) {
        callgrind_header_collect_events(&r);
        reader_clear(&r);
        reader_init(&r, profile, owned->store, events);
        (void)read_all(&r, &pieces); /* all events are known: it goes through */
    }
    bool is_read = r.model != NULL;
    if (is_read) {
        check_end(&r);
        set_events(&r);
        set_files(&r);
        set_jumps(&r);
        callgrind_model_finish(r.model, profile, &owned->sizes);
        check_summary(&r);
    } else {
        set_error(&r, error);
    }
    reader_clear(&r);
    scan_text_clear(&pieces);
    if (is_read)
        return profile;
    callgrind_free(profile);
    return NULL;
}

callgrind_profile *callgrind_parse(const char *text, size_t n_bytes, const char *name,
                                   GError **error)
{
    return parse(text, n_bytes, name, false, error);
}

callgrind_profile *callgrind_read(const char *path, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    if (file != NULL)
        return parse(g_mapped_file_get_contents(file), g_mapped_file_get_length(file), path, true,
                     error);
    g_autofree char *text = NULL; /* a pipe cannot be mapped */
    gsize n_bytes;
    if (!g_file_get_contents(path, &text, &n_bytes, error))
        return NULL;
    return callgrind_parse(text, n_bytes, path, error);
}

void callgrind_free(callgrind_profile *profile)
{
    if (profile == NULL)
        return;
    owned_profile *owned = (owned_profile *)profile;
    const callgrind_sizes *sizes = &owned->sizes;
    /* these arrays are the profile's own: const for its users only */
    big_array_free((void *)(uintptr_t)profile->functions, sizes->functions);
    big_array_free((void *)(uintptr_t)profile->lines, sizes->lines);
    big_array_free((void *)(uintptr_t)profile->line_costs, sizes->line_costs);
    if (profile->line_addresses != NULL)
        big_array_free((void *)(uintptr_t)profile->line_addresses, sizes->line_addresses);
    big_array_free((void *)(uintptr_t)profile->calls, sizes->calls);
    big_array_free((void *)(uintptr_t)profile->call_costs, sizes->call_costs);
    g_ptr_array_unref(profile->warnings);
    store_free(owned->store);
    g_free(owned);
}

int callgrind_event(const callgrind_profile *profile, const char *name)
{
    for (size_t e = 0; e < profile->n_events; e++) {
        if (strcmp(profile->events[e], name) == 0)
            return (int)e;
    }
    return -1;
}

const char *callgrind_event_unit(const char *event)
{
    static const struct {
        const char *event, *unit;
    } units[] = {
        {"ns", "nanoseconds"},       {"Ir", "instructions"},         {"Dr", "data reads"},
        {"Dw", "data writes"},       {"Bc", "conditional branches"}, {"Bcm", "mispredictions"},
        {"totB", "bytes allocated"}, {"curB", "bytes in use"},       {"totBk", "blocks allocated"},
        {"curBk", "blocks in use"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (strcmp(units[i].event, event) == 0)
            return units[i].unit;
    }
    return event;
}

const callgrind_function *callgrind_find(const callgrind_profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->n_functions; i++) {
        if (strcmp(profile->functions[i].name, name) == 0)
            return &profile->functions[i];
    }
    return NULL;
}
