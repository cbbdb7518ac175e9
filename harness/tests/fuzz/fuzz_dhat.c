/* fuzz_dhat.c -- any bytes as a DHAT file: a model that holds together, or an error. */
#include "harness/profile/dhat.h"
#include "harness/profile/profile_diff.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(dhat_profile) p = dhat_parse((const char *)data, n_bytes, "fuzz.out", &error);
    if (p == NULL) {
        if (error == NULL || strncmp(error->message, "fuzz.out:", 9) != 0)
            abort();
        return 0;
    }
    if (error != NULL || (!p->complete && p->warnings->len == 0))
        abort();
    g_free(dhat_print(p, 10));
    json_decref(dhat_json(p));
    g_autoptr(profile_diff) diff = profile_diff_dhat(p, p, NULL, PROFILE_DIFF_LINES, NULL);
    if (diff == NULL || diff->old_total != diff->new_total)
        abort();
    return 0;
}
