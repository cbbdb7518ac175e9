/*
 * attack.h -- one program that holds every attack of the catalogue that a sandbox must stop.
 *
 *   attack NAME [ARGUMENT]
 *
 * An attack that is refused and lives to tell it ends with ATTACK_REFUSED, one that succeeds with
 * ATTACK_SUCCEEDED. Most are expected to do neither.
 */
#ifndef HARNESS_TESTS_ATTACKS_ATTACK_H
#define HARNESS_TESTS_ATTACKS_ATTACK_H

#include <stddef.h>

enum { ATTACK_REFUSED = 0, ATTACK_SUCCEEDED = 10, ATTACK_UNKNOWN = 11 };

typedef int attack_fn(const char *argument); /* argument: "" if none is given */

typedef struct attack {
    const char *name;
    attack_fn *run;
} attack;

extern const attack attack_calls[];     /* system calls; the last has no name */
extern const attack attack_resources[]; /* time, memory, output, files, processes */

#endif
