/* objlab -- finds the command named by the first argument and runs it. */
#include "harness/cli/cli.h"
#include "harness/cli/commands.h"

#include <stdio.h>
#include <string.h>

typedef struct command {
    const char *name;
    cli_command_fn *run;
    const char *usage;
    const char *summary;
} command;

static const command commands[] = {
#define COMMAND(name, usage, summary) {#name, cmd_##name, usage, summary},
#include "harness/cli/commands.def"
#undef COMMAND
    {NULL, NULL, NULL, NULL},
};

static void print_help(FILE *out)
{
    (void)fputs("objlab: what does an object cost, and why?\n\nusage: objlab COMMAND ...\n\n", out);
    for (const command *c = commands; c->name != NULL; c++)
        (void)fprintf(out, "  %-9s %s\n            objlab %s %s\n", c->name, c->summary, c->name,
                      c->usage);
    (void)fputs("\nEach command explains its options with --help.\n"
                "Exit codes: 0 fine, 1 the thing judged fell short, 2 wrong usage or unreadable "
                "input, 3 the harness itself failed.\n",
                out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return CLI_OK;
    }
    if (strcmp(argv[1], "--version") == 0)
        return printf("objlab %s\n", OBJLAB_VERSION) > 0 ? CLI_OK : CLI_HARNESS;
    for (const command *c = commands; c->name != NULL; c++) {
        if (strcmp(argv[1], c->name) == 0)
            return c->run(argc - 1, argv + 1);
    }
    return cli_fail(CLI_USAGE, "unknown command '%s': see objlab --help", argv[1]);
}
