/* fuzz_bench.c -- any bytes as a stored benchmark result: a valid result that survives being
 * written and read again, or an error with a name. */
#include "harness/bench/bench_diff.h"
#include "harness/bench/bench_result.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(bench_result) result =
        bench_result_parse((const char *)data, n_bytes, "fuzz.json", &error);
    if (result == NULL) {
        if (error == NULL || strncmp(error->message, "fuzz.json", 9) != 0)
            abort();
        return 0;
    }
    g_autofree char *why = NULL;
    if (error != NULL || !bench_result_is_valid(result, &why))
        abort();
    g_autofree char *text = bench_result_to_json(result);
    g_autoptr(bench_result) again = bench_result_parse(text, strlen(text), "again", NULL);
    g_autofree char *text_again = again == NULL ? NULL : bench_result_to_json(again);
    if (g_strcmp0(text, text_again) != 0 || !bench_diff_recognises(text, strlen(text)))
        abort();
    g_autoptr(bench_diff) diff = bench_diff_new(result, again, NULL, NULL);
    if (diff == NULL || diff->n_improved + diff->n_regressed != 0)
        abort();
    g_autofree char *table = bench_diff_to_table(diff, false);
    if (!g_str_has_suffix(table, "\n"))
        abort();
    return 0;
}
