#include "harness/profile/callgrind_names.h"

#include "harness/profile/scan.h"

void callgrind_names_init(callgrind_names *names, store *s, const char *unknown)
{
    *names = (callgrind_names){.store = s,
                               .pages = g_new0(callgrind_name *, CALLGRIND_N_PAGES),
                               .sparse = g_hash_table_new(g_int64_hash, g_int64_equal),
                               .unknown = store_intern(s, unknown, strlen(unknown))};
}

void callgrind_names_clear(callgrind_names *names)
{
    g_free(names->pages);
    g_hash_table_unref(names->sparse);
    *names = (callgrind_names){0};
}

static callgrind_name *sparse_entry(callgrind_names *names, uint64_t id)
{
    callgrind_name *entry = g_hash_table_lookup(names->sparse, &id);
    if (entry == NULL) {
        entry = store_alloc(names->store, sizeof *entry);
        uint64_t *key = store_alloc(names->store, sizeof *key);
        *key = id;
        g_hash_table_insert(names->sparse, key, entry);
    }
    return entry;
}

static callgrind_name *entry_of(callgrind_names *names, uint64_t id)
{
    if (id >= CALLGRIND_N_PAGES * CALLGRIND_PAGE_NAMES)
        return sparse_entry(names, id);
    callgrind_name **page = &names->pages[id / CALLGRIND_PAGE_NAMES];
    if (*page == NULL)
        *page = store_alloc(names->store, CALLGRIND_PAGE_NAMES * sizeof(callgrind_name));
    return &(*page)[id % CALLGRIND_PAGE_NAMES];
}

/* "(123)" at p: the place behind it, or NULL if there is no id here. */
static const char *read_id(const char *p, const char *end, uint64_t *ret_id)
{
    if (end - p < 3 || p[0] != '(' || !scan_is_digit(p[1]))
        return NULL;
    const char *behind = scan_number(p + 1, ret_id);
    return behind < end && *behind == ')' ? behind + 1 : NULL;
}

/* A name within a context: quotes of its own would look like the separators. */
static void append_part(GString *text, const char *name)
{
    for (; *name != '\0'; name++)
        g_string_append_c(text, (gchar)(*name == '\'' ? '`' : *name));
}

/* The name with each id in it replaced. Only a name that begins with an id has any. */
static const char *expand(callgrind_names *names, const char *begin, const char *end)
{
    uint64_t id;
    if (end - begin == 3 && memcmp(begin, "???", 3) == 0)
        return names->unknown;
    if (read_id(begin, end, &id) == NULL)
        return store_intern(names->store, begin, (size_t)(end - begin));
    g_autoptr(GString) text = g_string_new(NULL);
    for (const char *p = begin; p < end;) {
        const char *behind = p == begin || p[-1] == '\'' ? read_id(p, end, &id) : NULL;
        if (behind == NULL) {
            g_string_append_c(text, *p++);
            continue;
        }
        const char *name = entry_of(names, id)->name;
        if (name != NULL)
            append_part(text, name);
        else
            g_string_append_len(text, p, behind - p);
        p = behind;
    }
    return store_intern(names->store, text->str, text->len);
}

callgrind_name *callgrind_names_read(callgrind_names *names, const char *begin, const char *end,
                                     callgrind_name *plain)
{
    while (begin < end && (*begin == ' ' || *begin == '\t'))
        begin++;
    uint64_t id;
    const char *behind = read_id(begin, end, &id);
    if (behind == NULL) {
        *plain = (callgrind_name){
            .name = expand(names, begin, end),
            .index = UINT32_MAX,
        };
        return plain;
    }
    callgrind_name *entry = entry_of(names, id);
    while (behind < end && (*behind == ' ' || *behind == '\t'))
        behind++;
    if (behind < end)
        *entry = (callgrind_name){.name = expand(names, behind, end), .index = UINT32_MAX};
    return entry;
}
