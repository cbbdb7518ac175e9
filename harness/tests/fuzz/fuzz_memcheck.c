/* fuzz_memcheck.c -- any bytes as memcheck's XML: a report that holds together, or an error. */
#include "harness/profile/memcheck_xml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(memcheck_report) r = memcheck_parse((const char *)data, n_bytes, "fuzz.xml", &error);
    if (r == NULL) {
        if (error == NULL || strncmp(error->message, "fuzz.xml:", 9) != 0)
            abort();
        return 0;
    }
    if (error != NULL)
        abort();
    for (guint i = 0; i < r->errors->len; i++) {
        const memcheck_error *e = g_ptr_array_index(r->errors, i);
        if (e->kind == NULL || e->text == NULL || e->count == 0)
            abort();
        (void)memcheck_frame_in(e, "/a/b.c");
    }
    return 0;
}
