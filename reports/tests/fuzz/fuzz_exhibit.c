/* Any bytes: either one clear error, or an exhibit whose table has whole rows. */
#include "reports/exhibit.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    exhibit *e = exhibit_parse((const char *)data, size, &error);
    if ((e == NULL) != (error != NULL))
        abort();
    if (e != NULL && e->cells->len % e->columns->len != 0)
        abort();
    exhibit_free(e);
    g_clear_error(&error);
    return 0;
}
