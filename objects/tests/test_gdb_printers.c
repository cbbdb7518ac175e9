/* The pretty-printers, in gdb's batch mode: what it prints of gdb_sample is what gdb_sample says.
 */
#include "objects/tests/check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_BYTES = 1 << 20 };

/* All of a stream, terminated: the caller's. */
static char *read_all(FILE *stream)
{
    char *text = malloc(MAX_BYTES);
    assert_non_null(text);
    size_t n = fread(text, 1, MAX_BYTES - 1, stream);
    text[n] = '\0';
    return text;
}

/* gdb with the printers, then commands, in a shell's words; ret_status: its exit status. */
static char *run_gdb(const char *commands, int *ret_status)
{
    char command[4096];
    int n = snprintf(command, sizeof(command), "'%s' -nx -batch -ex 'source %s' %s 2>&1", GDB,
                     PRINTERS, commands);
    assert_in_range(n, 1, sizeof(command) - 1);
    FILE *stream = popen(command, "r");
    assert_non_null(stream);
    char *text = read_all(stream);
    *ret_status = pclose(stream);
    return text;
}

static void gdb_prints_what_the_program_says(void **state)
{
    (void)state;
    char path[] = "/tmp/objlab-gdb-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    char commands[2048];
    int n = snprintf(commands, sizeof(commands), "-x '%s/tests/gdb_sample.gdb' --args '%s' %s",
                     TEST_DIR, GDB_SAMPLE, path);
    assert_in_range(n, 1, sizeof(commands) - 1);
    int status = 0;
    char *output = run_gdb(commands, &status);
    FILE *stream = fdopen(fd, "r");
    assert_non_null(stream);
    char *expected = read_all(stream);
    (void)fclose(stream);
    (void)unlink(path);
    const char *printed = strstr(output, "\n---\n");
    if (status != 0 || printed == NULL)
        fail_msg("gdb did not come to the marker (status %d):\n%s", status, output);
    assert_true(strlen(expected) > 0);
    assert_string_equal(printed + strlen("\n---\n"), expected);
    free(output);
    free(expected);
}

static void a_command_says_what_it_wants(void **state)
{
    (void)state;
    static const char *const commands[][2] = {
        {"-ex objlab-heap", "objlab-heap wants a heap, as in: objlab-heap rt->objects"},
        {"-ex objlab-block", "objlab-block wants an address"},
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        int status = 0;
        char *output = run_gdb(commands[i][0], &status);
        if (strstr(output, commands[i][1]) == NULL)
            fail_msg("\"%s\" is missing in:\n%s", commands[i][1], output);
        free(output);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gdb_prints_what_the_program_says),
        cmocka_unit_test(a_command_says_what_it_wants),
    };
    return cmocka_run_group_tests_name("gdb_printers", tests, NULL, NULL);
}
