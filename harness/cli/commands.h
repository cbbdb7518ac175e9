/* commands.h -- declares every command of commands.def. */
#ifndef HARNESS_CLI_COMMANDS_H
#define HARNESS_CLI_COMMANDS_H

#include "harness/cli/cli.h"

#define COMMAND(name, usage, summary) cli_command_fn cmd_##name;
#include "harness/cli/commands.def"
#undef COMMAND

#endif
