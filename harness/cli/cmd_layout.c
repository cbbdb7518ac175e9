/* cmd_layout.c -- objlab layout: every field of an object byte by byte, and the size classes. */
#include "harness/cli/commands.h"
#include "objects/object.h"
#include "objects/weakref.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { N_ATTRIBUTES = 4, N_PICTURES = 3, MAX_FIELDS = 12 };

typedef struct field {
    const char *name, *what;
    size_t offset, n_bytes;
} field;

/* One layout of a class with the attributes a, b, c, d. */
typedef struct picture {
    const char *name, *python;
    field fields[MAX_FIELDS];
    size_t n_fields;
    size_t n_bytes;     /* used by fields */
    size_t block_bytes; /* what the allocator gives */
    size_t per_pool;    /* objects in one pool */
} picture;

static const char *const names[N_ATTRIBUTES] = {"a", "b", "c", "d"};
static const char *const kinds[N_PICTURES] = {"dict", "slots", "weakref"};

static void add(picture *p, const char *label, const char *what, size_t offset, size_t n_bytes)
{
    p->fields[p->n_fields++] = (field){label, what, offset, n_bytes};
    p->n_bytes += n_bytes;
}

/* Reads the offsets off a real type, so that the picture cannot differ from the runtime. */
static bool take(picture *p, type_layout kind)
{
    static const char *const python[N_PICTURES] = {
        "class Point: pass", "__slots__ = ('a', 'b', 'c', 'd')",
        "__slots__ = ('a', 'b', 'c', 'd', '__weakref__')"};
    runtime *rt = runtime_new(NULL);
    const type_spec spec = {"Point", kind, names, N_ATTRIBUTES, NULL};
    type *t = NULL;
    if (rt == NULL || type_new(rt, &spec, &t) != STATUS_OK) {
        runtime_delete(rt);
        return false;
    }
    *p = (picture){.name = kinds[kind], .python = python[kind]};
    add(p, "refcount", "how many hold it", offsetof(object, refcount), sizeof(uint32_t));
    add(p, "listed", "its place in the collector's list", offsetof(object, listed),
        sizeof(uint16_t));
    add(p, "flags", "its generation, and marks", offsetof(object, flags), sizeof(uint16_t));
    add(p, "type", "its class", offsetof(object, type), sizeof(type *));
    if (kind != LAYOUT_SLOTS)
        add(p, "weakrefs", "list of weak references", offsetof(object_words, weakrefs),
            sizeof(weakref *));
    if (kind == LAYOUT_DICT)
        add(p, "attributes", "order of the values, or a dict", offsetof(object_words, attributes),
            sizeof(uintptr_t));
    for (size_t i = 0; i < N_ATTRIBUTES; i++)
        add(p, names[i], kind == LAYOUT_DICT ? "value, inline" : "slot",
            t->values_offset + i * sizeof(value), sizeof(value));
    p->block_bytes = heap_class_bytes(t->size_class);
    p->per_pool = HEAP_POOL_BYTES / p->block_bytes;
    runtime_delete(rt);
    return true;
}

static void print_picture(const picture *p)
{
    printf("%s -- %s\n\n  offset  size  field\n", p->name, p->python);
    for (size_t i = 0; i < p->n_fields; i++) {
        const field *f = &p->fields[i];
        printf("  %6zu  %4zu  |%-12s|  %s\n", f->offset, f->n_bytes, f->name, f->what);
    }
    size_t waste = p->block_bytes - p->n_bytes;
    if (waste > 0)
        printf("  %6zu  %4zu  |%-12s|  the block is larger than the object\n", p->n_bytes, waste,
               "(padding)");
    printf(
        "\n  %zu bytes in a block of %zu; %zu objects a pool, whose last %zu bytes are waste\n\n",
        p->n_bytes, p->block_bytes, p->per_pool, HEAP_POOL_BYTES - p->per_pool * p->block_bytes);
}

static void print_classes(void)
{
    printf("size classes: request -> block, %zu bytes apart; over %zu bytes: malloc\n\n"
           "  class  request      block  blocks a pool  tail waste\n",
           HEAP_ALIGNMENT, HEAP_SMALL_MAX_BYTES);
    for (unsigned i = 0; i < HEAP_N_CLASSES; i++) {
        size_t block = heap_class_bytes(i);
        size_t n = HEAP_POOL_BYTES / block;
        printf("  %5u  %3zu..%-3zu  %9zu  %13zu  %10zu\n", i,
               i == 0 ? (size_t)0 : heap_class_bytes(i - 1) + 1, block, block, n,
               HEAP_POOL_BYTES - n * block);
    }
}

static json_t *picture_to_json(const picture *p)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < p->n_fields; i++)
        json_array_append_new(fields, json_pack("{ss sI sI}", "name", p->fields[i].name, "offset",
                                                (json_int_t)p->fields[i].offset, "bytes",
                                                (json_int_t)p->fields[i].n_bytes));
    return json_pack("{ss so sI sI sI}", "layout", p->name, "fields", fields, "bytes",
                     (json_int_t)p->n_bytes, "block_bytes", (json_int_t)p->block_bytes, "per_pool",
                     (json_int_t)p->per_pool);
}

static int print_json(const picture *pictures, const bool *wanted)
{
    json_t *layouts = json_array();
    for (size_t i = 0; i < N_PICTURES; i++) {
        if (wanted[i])
            json_array_append_new(layouts, picture_to_json(&pictures[i]));
    }
    json_t *classes = json_array();
    for (unsigned i = 0; i < HEAP_N_CLASSES; i++)
        json_array_append_new(classes, json_integer((json_int_t)heap_class_bytes(i)));
    json_t *whole = json_pack("{so so}", "layouts", layouts, "size_classes", classes);
    int failed = json_dumpf(whole, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    json_decref(whole);
    (void)putchar('\n');
    return failed;
}

int cmd_layout(int argc, char **argv)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &json, "as JSON", NULL},
                                    G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new("[dict|slots|weakref]");
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        return cli_fail_error(CLI_USAGE, &error);
    bool wanted[N_PICTURES] = {argc == 1, argc == 1, argc == 1};
    for (size_t i = 0; argc == 2 && i < N_PICTURES; i++)
        wanted[i] = strcmp(argv[1], kinds[i]) == 0;
    if (argc > 2 || !(wanted[0] || wanted[1] || wanted[2]))
        return cli_fail(CLI_USAGE, "layout: expected dict, slots or weakref, not '%s'",
                        argv[argc - 1]);
    picture pictures[N_PICTURES];
    for (size_t i = 0; i < N_PICTURES; i++) {
        if (!take(&pictures[i], (type_layout)i))
            return cli_fail(CLI_HARNESS, "no memory for a type");
    }
    if (json)
        return print_json(pictures, wanted) == 0 ? CLI_OK : CLI_HARNESS;
    for (size_t i = 0; i < N_PICTURES; i++) {
        if (wanted[i])
            print_picture(&pictures[i]);
    }
    if (argc == 1)
        print_classes();
    if (fflush(stdout) == EOF)
        return cli_fail(CLI_HARNESS, "standard output: %s", g_strerror(errno));
    return CLI_OK;
}
