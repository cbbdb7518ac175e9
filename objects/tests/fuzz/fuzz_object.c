/* fuzz_object.c -- libFuzzer drives the tape of object_tape.h. */
#include "objects/tests/object_tape.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    const char *why = object_tape_run(bytes, n_bytes, NULL);
    if (why != NULL) {
        (void)fprintf(stderr, "%s\n", why);
        abort();
    }
    return 0;
}
