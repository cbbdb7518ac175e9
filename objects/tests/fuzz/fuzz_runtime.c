/* fuzz_runtime.c -- libFuzzer writes the tapes of runtime_tape.h. */
#include "objects/tests/differential/runtime_tape.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
    const char *why = runtime_tape_run(bytes, n_bytes, NULL);
    if (why != NULL) {
        (void)fprintf(stderr, "%s\n", why);
        abort();
    }
    return 0;
}
