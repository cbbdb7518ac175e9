/*
 * cli.h -- the commands of objlab and what they share.
 *
 * Each command is one file, cmd_NAME.c, with one function cmd_NAME(); main.c
 * finds it by name. Only this folder prints to the terminal and decides exit codes.
 */
#ifndef HARNESS_CLI_CLI_H
#define HARNESS_CLI_CLI_H

#include <glib.h>

/* Exit codes: a contract with CI. */
typedef enum cli_exit {
    CLI_OK = 0,     /* fine */
    CLI_SHORT = 1,  /* the thing judged fell short */
    CLI_USAGE = 2,  /* wrong usage or unreadable input */
    CLI_HARNESS = 3 /* the harness itself failed */
} cli_exit;

/* argv[0] is the command's own name. */
typedef int cli_command_fn(int argc, char **argv);

/* "objlab: <message>" on stderr, one line whatever the message holds (control
 * characters are shown as \xNN). Returns code, so that a command can `return cli_fail(...)`. */
int cli_fail(cli_exit code, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* cli_fail() with the error's message, which is freed and cleared. */
int cli_fail_error(cli_exit code, GError **error);

#endif
