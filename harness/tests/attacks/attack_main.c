#include "harness/tests/attacks/attack.h"

#include <string.h>

static attack_fn *find(const attack *list, const char *name)
{
    for (; list->name != NULL; list++) {
        if (strcmp(list->name, name) == 0)
            return list->run;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return ATTACK_UNKNOWN;
    attack_fn *run = find(attack_calls, argv[1]);
    if (run == NULL)
        run = find(attack_resources, argv[1]);
    return run != NULL ? run(argc > 2 ? argv[2] : "") : ATTACK_UNKNOWN;
}
