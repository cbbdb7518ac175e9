#include "harness/cli/run.h"

#include "harness/cli/cli.h"
#include "harness/sandbox/sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Set by the signal handler, read by the workers: lock-free, as g_atomic_int is on x86-64. */
static int caught;

static void on_signal(int number)
{
    g_atomic_int_set(&caught, number);
    sandbox_kill_all();
}

const int *run_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask); /* cannot fail on a valid set */
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        (void)sigaction(numbers[i], &action, NULL); /* cannot fail for these numbers */
    return &caught;
}

int run_signal(void)
{
    return g_atomic_int_get(&caught);
}

int run_interrupted(const char *what_is_left)
{
    int number = run_signal();
    return cli_fail(CLI_HARNESS, "interrupted (%s): %s", g_strsignal(number), what_is_left) -
           (int)CLI_HARNESS + 128 + number;
}

void run_show_progress(const char *text, unsigned done, unsigned total, void *argument)
{
    (void)argument;
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r\033[K[%u/%u] %.60s", done, total, text); /* only decoration */
    else if (done == 0)
        (void)fprintf(stderr, "%s (%u)\n", text, total);
}

void run_end_progress(void)
{
    if (isatty(STDERR_FILENO))
        (void)fputs("\r\033[K", stderr); /* only decoration */
}
