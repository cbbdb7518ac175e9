#include "harness/cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

int cli_fail(cli_exit code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    g_autoptr(GString) line = g_string_new("objlab: ");
    for (const char *p = message; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            g_string_append_printf(line, "\\x%02x", (unsigned)(unsigned char)*p);
        else
            g_string_append_c(line, *p);
    }
    g_string_append_c(line, '\n');
    (void)fputs(line->str, stderr); /* nowhere left to report a failing stderr */
    return (int)code;
}

int cli_fail_error(cli_exit code, GError **error)
{
    int result = cli_fail(code, "%s", (*error)->message);
    g_clear_error(error);
    return result;
}
