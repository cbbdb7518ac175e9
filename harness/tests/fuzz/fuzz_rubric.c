/* fuzz_rubric.c -- any bytes as a rubric: a rubric that holds together, or an error with a name. */
#include "harness/judge/rubric.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(rubric) r = rubric_parse((const char *)data, n_bytes, "fuzz.ini", &error);
    if (r == NULL) {
        if (error == NULL || strncmp(error->message, "fuzz.ini", 8) != 0)
            abort();
        return 0;
    }
    double max = rubric_max_score(r);
    if (error != NULL || !(max > 0) || r->pass_points > max ||
        r->speed_zero_ratio <= r->speed_full_ratio || r->space_zero_ratio <= r->space_full_ratio)
        abort();
    return 0;
}
