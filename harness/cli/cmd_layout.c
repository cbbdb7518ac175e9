/* cmd_layout.c -- objlab layout: every field of an object byte by byte, and the size classes. */
#include "harness/cli/commands.h"
#include "harness/cli/layout_pictures.h"
#include "objects/heap.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { N_LAYOUTS = 3 }; /* of an instance: what is drawn if nothing is asked for */

static void print_field(const layout_field *f)
{
    printf("  %6zu  %4zu  |%-18s|%s%s\n", f->offset, f->n_bytes, f->name,
           *f->what != '\0' ? "  " : "", f->what);
}

/* Prints what lies between the end of the fields so far and the next one. */
static void print_padding(size_t from, size_t to, const char *what)
{
    const layout_field padding = {"(padding)", what, from, to - from};
    if (to > from)
        print_field(&padding);
}

static void print_picture(const layout_picture *p)
{
    printf("%s -- %s\n\n  offset  size  field\n", p->name, p->python);
    size_t end = 0;
    for (size_t i = 0; i < p->n_fields; i++) {
        print_padding(end, p->fields[i].offset, "alignment of the next field");
        print_field(&p->fields[i]);
        end = p->fields[i].offset + p->fields[i].n_bytes;
    }
    print_padding(end, p->block_bytes, "the block is larger than the object");
    if (p->per_pool == 0)
        printf("\n  %zu bytes, more than a pool serves: from malloc\n\n", p->n_bytes);
    else
        printf("\n  %zu bytes in a block of %zu; %zu objects a pool, whose last %zu bytes are "
               "waste\n\n",
               p->n_bytes, p->block_bytes, p->per_pool,
               HEAP_POOL_BYTES - p->per_pool * p->block_bytes);
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

static json_t *picture_to_json(const layout_picture *p)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < p->n_fields; i++)
        json_array_append_new(fields, json_pack("{ss sI sI}", "name", p->fields[i].name, "offset",
                                                (json_int_t)p->fields[i].offset, "bytes",
                                                (json_int_t)p->fields[i].n_bytes));
    return json_pack("{ss so sI sI sI sI}", "layout", p->name, "fields", fields, "bytes",
                     (json_int_t)p->n_bytes, "padding_bytes", (json_int_t)layout_padding_bytes(p),
                     "block_bytes", (json_int_t)p->block_bytes, "per_pool",
                     (json_int_t)p->per_pool);
}

static int print_json(const layout_picture *pictures, size_t n)
{
    json_t *layouts = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(layouts, picture_to_json(&pictures[i]));
    json_t *classes = json_array();
    for (unsigned i = 0; i < HEAP_N_CLASSES; i++)
        json_array_append_new(classes, json_integer((json_int_t)heap_class_bytes(i)));
    json_t *whole = json_pack("{so so}", "layouts", layouts, "size_classes", classes);
    int failed = json_dumpf(whole, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    json_decref(whole);
    (void)putchar('\n');
    return failed == 0 ? CLI_OK : CLI_HARNESS;
}

/* Which pictures a word asks for: [first, end). NULL: the three layouts. */
static bool find_pictures(const char *word, size_t *ret_first, size_t *ret_end)
{
    *ret_first = 0;
    *ret_end = word == NULL ? N_LAYOUTS : layout_n_pictures();
    if (word == NULL || strcmp(word, "all") == 0)
        return true;
    for (size_t i = 0; i < layout_n_pictures(); i++) {
        if (strcmp(word, layout_picture_name(i)) == 0) {
            *ret_first = i;
            *ret_end = i + 1;
            return true;
        }
    }
    return false;
}

static int refuse(const char *word)
{
    g_autoptr(GString) known = g_string_new("all");
    for (size_t i = 0; i < layout_n_pictures(); i++)
        g_string_append_printf(known, ", %s", layout_picture_name(i));
    return cli_fail(CLI_USAGE, "layout: '%s' is none of %s", word, known->str);
}

static int show(size_t first, size_t end, bool json, bool with_classes)
{
    size_t n = end - first;
    g_autofree layout_picture *pictures = g_new(layout_picture, n);
    for (size_t i = 0; i < n; i++) {
        if (!layout_picture_take(first + i, &pictures[i]))
            return cli_fail(CLI_HARNESS, "no memory for a type");
    }
    if (json)
        return print_json(pictures, n);
    for (size_t i = 0; i < n; i++)
        print_picture(&pictures[i]);
    if (with_classes)
        print_classes();
    if (fflush(stdout) == EOF)
        return cli_fail(CLI_HARNESS, "standard output: %s", g_strerror(errno));
    return CLI_OK;
}

int cmd_layout(int argc, char **argv)
{
    gboolean json = FALSE;
    const GOptionEntry entries[] = {{"json", 0, 0, G_OPTION_ARG_NONE, &json, "as JSON", NULL},
                                    G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context =
        g_option_context_new("[dict|slots|weakref|...|all] - the three layouts, one kind of "
                             "block, or all that there are");
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        return cli_fail_error(CLI_USAGE, &error);
    size_t first = 0;
    size_t end = 0;
    const char *word = argc > 1 ? argv[argc - 1] : NULL;
    if (argc > 2)
        return cli_fail(CLI_USAGE, "layout: expected one kind, not %d", argc - 1);
    if (!find_pictures(word, &first, &end))
        return refuse(word);
    bool with_classes = word == NULL || strcmp(word, "all") == 0;
    return show(first, end, json != FALSE, with_classes);
}
