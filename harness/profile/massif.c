#include "harness/profile/massif.h"

#include "harness/profile/massif_tree.h"
#include "harness/profile/scan.h"

#define MAX_WARNINGS 20

/* The profile with what it is kept in. */
typedef struct owned_profile {
    massif_profile profile; /* first: massif_free() gets its address */
    store *store;
    GArray *snapshots; /* of massif_snapshot */
} owned_profile;

typedef struct reader {
    const char *text, *name;
    const scan_piece *piece;
    owned_profile *owned;
    massif_tree *tree;
    massif_snapshot *snapshot; /* being read; NULL before the first */
    bool is_in_tree;           /* lines of the heap tree follow */
    bool has_heap;             /* the snapshot's heap bytes were given */
    bool is_massif;            /* something of the format was seen */
    size_t first_damage;
} reader;

G_DEFINE_QUARK(massif - error - quark, massif_error)

static void damage(reader *r, const char *p, const char *what)
{
    massif_profile *profile = &r->owned->profile;
    profile->complete = false;
    size_t offset = p == NULL ? r->first_damage : r->piece->offset + (size_t)(p - r->piece->begin);
    r->first_damage = MIN(r->first_damage, offset);
    if (profile->warnings->len > MAX_WARNINGS)
        return;
    size_t line, column;
    char *warning;
    if (profile->warnings->len == MAX_WARNINGS) {
        warning = g_strdup_printf("%s: more than %d places", r->name, MAX_WARNINGS);
    } else if (p == NULL) {
        warning = g_strdup_printf("%s: %s", r->name, what);
    } else {
        scan_place(r->text, offset, &line, &column);
        warning = g_strdup_printf("%s:%zu:%zu: expected %s", r->name, line, column, what);
    }
    g_ptr_array_add(profile->warnings, warning);
}

/* Ends the tree of the snapshot, if one is being read. */
static void finish_tree(reader *r)
{
    if (!r->is_in_tree)
        return;
    size_t n_missing;
    r->is_in_tree = false;
    r->snapshot->tree = massif_tree_finish(r->tree, &n_missing);
    if (n_missing > 0) {
        g_autofree char *what =
            g_strdup_printf("the heap tree of snapshot %u lacks %zu of the nodes that it announces",
                            r->snapshot->index, n_missing);
        damage(r, NULL, what);
    }
}

static void begin_snapshot(reader *r, uint64_t index)
{
    finish_tree(r);
    massif_snapshot snapshot = {.index = (uint32_t)MIN(index, UINT32_MAX)};
    g_array_append_val(r->owned->snapshots, snapshot);
    r->snapshot =
        &g_array_index(r->owned->snapshots, massif_snapshot, r->owned->snapshots->len - 1);
    r->has_heap = false;
    r->is_massif = true;
}

/* The value of "key=" if the line begins with it, else NULL. */
static const char *value_of(const char *p, const char *end, const char *key)
{
    size_t n = strlen(key);
    return (size_t)(end - p) >= n && memcmp(p, key, n) == 0 ? p + n : NULL;
}

static bool read_number(reader *r, const char *p, const char *end, uint64_t *ret_value)
{
    uint64_t value;
    const char *behind = scan_number(p, &value);
    if (behind == p || behind > end) {
        damage(r, p, "a number");
        return false;
    }
    *ret_value = value;
    if (behind < end)
        damage(r, behind, "the end of the line");
    return true;
}

static void begin_tree(reader *r, const char *value, const char *end)
{
    r->snapshot->is_peak = value_of(value, end, "peak") != NULL;
    r->is_in_tree = r->snapshot->is_peak || value_of(value, end, "detailed") != NULL;
    if (!r->is_in_tree && value_of(value, end, "empty") == NULL)
        damage(r, value, "'empty', 'detailed' or 'peak'");
}

static void read_snapshot_line(reader *r, const char *p, const char *end)
{
    const char *value;
    if ((value = value_of(p, end, "time=")) != NULL)
        (void)read_number(r, value, end, &r->snapshot->time); /* reported there */
    else if ((value = value_of(p, end, "mem_heap_B=")) != NULL)
        r->has_heap = read_number(r, value, end, &r->snapshot->heap_bytes);
    else if ((value = value_of(p, end, "mem_heap_extra_B=")) != NULL)
        (void)read_number(r, value, end, &r->snapshot->extra_bytes);
    else if ((value = value_of(p, end, "mem_stacks_B=")) != NULL)
        (void)read_number(r, value, end, &r->snapshot->stack_bytes);
    else if ((value = value_of(p, end, "heap_tree=")) != NULL)
        begin_tree(r, value, end);
    else
        damage(r, p, "a line of a snapshot");
}

static const char *text_value(const reader *r, const char *p, const char *end)
{
    while (p < end && *p == ' ')
        p++;
    return store_intern(r->owned->store, p, (size_t)(end - p));
}

static void read_header_line(reader *r, const char *p, const char *end)
{
    massif_profile *profile = &r->owned->profile;
    const char *value;
    if ((value = value_of(p, end, "desc:")) != NULL)
        profile->description = text_value(r, value, end);
    else if ((value = value_of(p, end, "cmd:")) != NULL)
        profile->command = text_value(r, value, end);
    else if ((value = value_of(p, end, "time_unit:")) != NULL)
        profile->time_unit = text_value(r, value, end);
    else
        damage(r, p, "'desc:', 'cmd:', 'time_unit:' or 'snapshot='");
}

static void read_line(reader *r, const char *p, const char *end)
{
    uint64_t index;
    const char *value;
    if (r->is_in_tree && p < end && (*p == ' ' || *p == 'n')) {
        const char *place;
        const char *expected = massif_tree_line(r->tree, p, end, &place);
        if (expected != NULL)
            damage(r, place, expected);
    } else if (p == end || *p == '#') {
        finish_tree(r);
    } else if ((value = value_of(p, end, "snapshot=")) != NULL) {
        if (read_number(r, value, end, &index))
            begin_snapshot(r, index);
    } else if (r->snapshot != NULL) {
        read_snapshot_line(r, p, end);
    } else {
        read_header_line(r, p, end);
    }
}

static void read_piece(reader *r, const scan_piece *piece)
{
    r->piece = piece;
    for (const char *p = piece->begin; p < piece->end;) {
        const char *newline = memchr(p, '\n', (size_t)(piece->end - p));
        const char *stop = newline == NULL ? piece->end : newline;
        read_line(r, p, stop > p && stop[-1] == '\r' ? stop - 1 : stop);
        p = newline == NULL ? piece->end : newline + 1;
    }
}

uint64_t massif_total(const massif_snapshot *snapshot)
{
    return snapshot->heap_bytes + snapshot->extra_bytes + snapshot->stack_bytes;
}

/* Index of the greatest total; of equal ones, one with a tree. */
static size_t find_peak(const massif_snapshot *snapshots, size_t n)
{
    size_t peak = 0;
    for (size_t i = 1; i < n; i++) {
        uint64_t total = massif_total(&snapshots[i]), best = massif_total(&snapshots[peak]);
        if (total > best ||
            (total == best && snapshots[i].tree != NULL && snapshots[peak].tree == NULL))
            peak = i;
    }
    return peak;
}

/* Ends the reading. False if nothing was there to read. */
static bool finish(reader *r, const char *text, size_t n_bytes)
{
    massif_profile *profile = &r->owned->profile;
    finish_tree(r);
    GArray *snapshots = r->owned->snapshots;
    if (!r->is_massif)
        return false;
    if (n_bytes == 0 || text[n_bytes - 1] != '\n')
        damage(r, r->piece->end, "the end of the line: truncated");
    if (!r->has_heap) { /* nothing is known of the last snapshot */
        g_array_set_size(snapshots, snapshots->len - 1);
        damage(r, r->piece->end, "the figures of the last snapshot: truncated");
    }
    profile->snapshots = (const massif_snapshot *)(const void *)snapshots->data;
    profile->n_snapshots = snapshots->len;
    profile->peak = find_peak(profile->snapshots, snapshots->len);
    return true;
}

static owned_profile *profile_new(void)
{
    owned_profile *owned = g_new0(owned_profile, 1);
    owned->store = store_new();
    owned->snapshots = g_array_new(FALSE, FALSE, sizeof(massif_snapshot));
    massif_profile *profile = &owned->profile;
    profile->warnings = g_ptr_array_new_with_free_func(g_free);
    profile->complete = true;
    profile->description = profile->command = store_intern(owned->store, "", 0);
    profile->time_unit = store_intern(owned->store, "i", 1);
    return owned;
}

static massif_profile *parse(const char *text, size_t n_bytes, const char *name, bool is_mapped,
                             GError **error)
{
    owned_profile *owned = profile_new();
    reader r = {.text = text, .name = name, .owned = owned, .first_damage = n_bytes};
    r.tree = massif_tree_new(owned->store);
    scan_text pieces;
    scan_text_init(&pieces, text, n_bytes, is_mapped);
    for (const scan_piece *piece; (piece = scan_text_next(&pieces)) != NULL;)
        read_piece(&r, piece);
    bool is_read = finish(&r, text, n_bytes);
    if (!is_read) {
        size_t line, column;
        scan_place(text, r.first_damage, &line, &column);
        g_set_error(error, MASSIF_ERROR, MASSIF_ERROR_FORMAT,
                    "%s:%zu:%zu: not a massif file: expected a 'snapshot=' line", name, line,
                    column);
    }
    massif_tree_free(r.tree);
    scan_text_clear(&pieces);
    if (is_read)
        return &owned->profile;
    massif_free(&owned->profile);
    return NULL;
}

massif_profile *massif_parse(const char *text, size_t n_bytes, const char *name, GError **error)
{
    return parse(text, n_bytes, name, false, error);
}

massif_profile *massif_read(const char *path, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, NULL);
    if (file != NULL)
        return parse(g_mapped_file_get_contents(file), g_mapped_file_get_length(file), path, true,
                     error);
    g_autofree char *text = NULL; /* a pipe cannot be mapped */
    gsize n_bytes;
    if (!g_file_get_contents(path, &text, &n_bytes, error))
        return NULL;
    return massif_parse(text, n_bytes, path, error);
}

void massif_free(massif_profile *profile)
{
    if (profile == NULL)
        return;
    owned_profile *owned = (owned_profile *)profile;
    g_array_unref(owned->snapshots);
    g_ptr_array_unref(profile->warnings);
    store_free(owned->store);
    g_free(owned);
}
