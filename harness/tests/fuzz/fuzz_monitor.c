/* fuzz_monitor.c -- any bytes as a recording of objlab top: samples that are written as they were
 * read, or an error. */
#include "harness/profile/monitor.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) samples = monitor_parse((const char *)data, n_bytes, "fuzz.top", &error);
    if (samples == NULL) {
        if (error == NULL || strncmp(error->message, "fuzz.top", 8) != 0)
            abort();
        return 0;
    }
    const monitor_print_options options = {.with_devices = true, .with_threads = true};
    const monitor_sample *previous = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < samples->len; i++) {
        const monitor_sample *sample = g_ptr_array_index(samples, i);
        g_free(monitor_print(previous, sample, &options));
        monitor_write(text, sample);
        previous = sample;
    }
    g_autoptr(GPtrArray) again = monitor_parse(text->str, text->len, "again.top", NULL);
    if (again == NULL || again->len != samples->len)
        abort();
    return 0;
}
