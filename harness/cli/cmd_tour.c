/* cmd_tour.c -- objlab tour: ten minutes through the lecture, live. */
#include "harness/cli/commands.h"
#include "harness/cli/tour.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BOLD   "\033[1m"
#define FAINT  "\033[2m"
#define CYAN   "\033[36m"
#define NORMAL "\033[0m"

void tour_say(const tour *t, const char *text)
{
    if (!t->json)
        (void)printf("%s\n\n", text);
}

void tour_show(tour *t, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *result = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (t->json)
        json_array_append_new(
            t->facts, json_pack("{ss ss ss}", "step", t->step, "code", code, "result", result));
    else if (t->colour)
        (void)printf("    " CYAN "%-44s" NORMAL " %s\n", code, result);
    else
        (void)printf("    %-44s %s\n", code, result);
}

void tour_draw(const tour *t, const char *picture)
{
    if (!t->json)
        (void)printf("\n%s\n", picture);
}

static bool begin(tour *t)
{
    static const char *const slots[] = {"x", "y"};
    t->rt = runtime_new(NULL);
    for (int i = 0; t->rt != NULL && i < TOUR_LAYOUTS; i++) {
        const type_spec spec = {"Point", (type_layout)i, slots, G_N_ELEMENTS(slots), NULL};
        if (type_new(t->rt, &spec, &t->types[i]) != STATUS_OK)
            return false;
    }
    if (t->rt == NULL)
        return false;
    t->x = name_intern(&t->rt->names, "x");
    t->y = name_intern(&t->rt->names, "y");
    return t->x != NULL && t->y != NULL;
}

static bool run_step(tour *t, const tour_step *step, unsigned number, unsigned n_steps)
{
    t->step = step->name;
    if (!t->json) {
        const char *on = t->colour ? BOLD : "";
        const char *faint = t->colour ? FAINT : "";
        const char *off = t->colour ? NORMAL : "";
        (void)printf("%s%u/%u  %s%s  %s(%s)%s\n\n", on, number, n_steps, step->title, off, faint,
                     step->lecture, off);
    }
    bool ok = begin(t) && step->run(t);
    runtime_delete(t->rt);
    t->rt = NULL;
    if (!t->json)
        (void)putchar('\n');
    return ok;
}

/* Waits for Enter; false on q or at the end of the input. */
static bool turn_page(void)
{
    char line[16];
    (void)fputs("-- Enter: next, q: quit -- ", stdout);
    (void)fflush(stdout);
    return fgets(line, sizeof(line), stdin) != NULL && line[0] != 'q';
}

static unsigned count_steps(void)
{
    unsigned n = 0;
    while (tour_steps[n].name != NULL)
        n++;
    return n;
}

static int list_steps(void)
{
    for (const tour_step *s = tour_steps; s->name != NULL; s++)
        (void)printf("%-12s %s (%s)\n", s->name, s->title, s->lecture);
    return CLI_OK;
}

/* Runs the steps that are wanted: all, or the one of that name. */
static int run_tour(tour *t, const char *only, bool pauses)
{
    unsigned n_steps = count_steps();
    bool is_found = false;
    for (unsigned i = 0; i < n_steps; i++) {
        if (only != NULL && strcmp(only, tour_steps[i].name) != 0)
            continue;
        if (is_found && pauses && !turn_page())
            break;
        is_found = true;
        if (!run_step(t, &tour_steps[i], i + 1, n_steps))
            return cli_fail(CLI_HARNESS, "tour: no memory for step '%s'", tour_steps[i].name);
    }
    if (!is_found)
        return cli_fail(CLI_USAGE, "tour: no step '%s'; --list names them", only);
    return CLI_OK;
}

int cmd_tour(int argc, char **argv)
{
    tour t = {0};
    gboolean list = FALSE;
    gboolean no_pause = FALSE;
    const GOptionEntry entries[] = {
        {"list", 0, 0, G_OPTION_ARG_NONE, &list, "names of the steps", NULL},
        {"no-pause", 0, 0, G_OPTION_ARG_NONE, &no_pause, "do not wait for Enter", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &t.json, "the results only, as JSON", NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new("[STEP]");
    g_option_context_set_summary(context, "Replays the lecture's examples on the runtime of this "
                                          "project, live, in about ten minutes.");
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        return cli_fail_error(CLI_USAGE, &error);
    if (argc > 2)
        return cli_fail(CLI_USAGE, "tour: expected one step, not '%s'", argv[2]);
    if (list)
        return list_steps();
    bool is_screen = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    t.colour = isatty(STDOUT_FILENO) == 1 && g_getenv("NO_COLOR") == NULL;
    t.facts = json_array();
    int code = run_tour(&t, argc == 2 ? argv[1] : NULL, is_screen && !no_pause && !t.json);
    if (code == CLI_OK && t.json) {
        if (json_dumpf(t.facts, stdout, JSON_INDENT(2)) != 0)
            code = cli_fail(CLI_HARNESS, "standard output cannot be written");
        (void)putchar('\n');
    }
    json_decref(t.facts);
    return code;
}
