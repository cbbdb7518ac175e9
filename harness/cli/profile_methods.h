/*
 * profile_methods.h -- objlab profile compare: one program under all three profilers, side by side.
 *
 *   callgrind    instructions, exact, of everything that runs in user space
 *   instrument   elapsed time, of functions built with -finstrument-functions
 *   sample       processor time, of any program, as far as samples hit
 *
 * Every round runs the program once by itself and once under each method, in that order forwards
 * and backwards in turn: what a method costs is the ratio of its wall time to the plain run's of
 * the same round, with a 95 % interval over the rounds.
 */
#ifndef HARNESS_CLI_PROFILE_METHODS_H
#define HARNESS_CLI_PROFILE_METHODS_H

#include <stdbool.h>

enum { PROFILE_MIN_ROUNDS = 3, PROFILE_MAX_ROUNDS = 100, PROFILE_DEFAULT_ROUNDS = 5 };

typedef struct profile_methods_options {
    const char *instrumented; /* the program built for that; NULL: it is program[0] itself */
    unsigned n_rounds;
    unsigned limit; /* functions to show; 0: all */
    double time_limit_s;
    bool json;
} profile_methods_options;

/* program: NULL-ended. Prints; returns the command's exit code. */
int profile_methods_run(char **program, const profile_methods_options *options);

#endif
