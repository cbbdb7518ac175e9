/* fuzz_massif.c -- any bytes as a massif file: a model that holds together, or an error. */
#include "harness/profile/massif.h"
#include "harness/profile/massif_print.h"
#include "harness/profile/profile_json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(massif_profile) p = massif_parse((const char *)data, n_bytes, "fuzz.out", &error);
    if (p == NULL) {
        if (error == NULL || strncmp(error->message, "fuzz.out:", 9) != 0)
            abort();
        return 0;
    }
    if (error != NULL || (!p->complete && p->warnings->len == 0) ||
        (p->n_snapshots > 0 && p->peak >= p->n_snapshots))
        abort();
    massif_print_options options = {.limit = 100};
    g_free(massif_print_chart(p, &options));
    g_free(massif_print_snapshots(p));
    g_free(massif_print_tree(p, &options));
    json_decref(profile_json_massif(p));
    return 0;
}
