/* fuzz_callgrind.c -- any bytes as a callgrind file: a model that holds together, or an error. */
#include "harness/profile/callgrind.h"
#include "harness/profile/pstats.h"
#include "harness/profile/stacks.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static void check_sums(const callgrind_profile *p)
{
    for (size_t e = 0; e < p->n_events; e++) {
        uint64_t lines = 0, functions = 0;
        for (size_t i = 0; i < p->n_lines; i++)
            lines += callgrind_line_self(p, &p->lines[i])[e];
        for (size_t i = 0; i < p->n_functions; i++)
            functions += p->functions[i].self[e];
        if (lines != p->totals[e] || functions != p->totals[e])
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(callgrind_profile) p =
        callgrind_parse((const char *)data, n_bytes, "fuzz.out", &error);
    if (p == NULL) {
        if (error == NULL || strncmp(error->message, "fuzz.out:", 9) != 0)
            abort();
        return 0;
    }
    if (error != NULL || (!p->complete && p->warnings->len == 0))
        abort();
    check_sums(p);
    for (size_t i = 0; i < p->n_calls; i++) {
        if (p->calls[i].caller >= p->n_functions || p->calls[i].callee >= p->n_functions)
            abort();
    }
    g_autoptr(pstats_table) table = pstats_new(p, 0);
    pstats_options options = {.strip_dirs = true};
    g_free(pstats_print(table, &options, NULL));
    g_free(pstats_print_callers(table, &options, NULL));
    g_autoptr(GPtrArray) stacks = stacks_from_callgrind(p, 0);
    g_free(stacks_folded(stacks));
    return 0;
}
