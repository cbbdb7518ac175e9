/* Any bytes: either one clear error, or a record that is written and read back the same. */
#include "reports/record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    record *r = record_parse((const char *)data, size, &error);
    if ((r == NULL) != (error != NULL))
        abort();
    if (r == NULL) {
        if (error->message[0] == '\0')
            abort();
        g_error_free(error);
        return 0;
    }
    g_autofree char *once = record_to_json(r);
    record_free(r);
    r = once != NULL ? record_parse(once, strlen(once), NULL) : NULL;
    g_autofree char *twice = r != NULL ? record_to_json(r) : NULL;
    record_free(r);
    if (twice == NULL || strcmp(once, twice) != 0)
        abort();
    return 0;
}
