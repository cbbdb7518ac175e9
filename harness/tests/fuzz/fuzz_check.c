/*
 * fuzz_check.c -- hostile answers, and for the layouts hostile tapes too.
 *
 * Input: kind:1 n:1, n bytes of a tape (layouts) or nothing but a seed (the others), answers.
 */
#include "harness/judge/check.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    check_kind kind = (check_kind)(data[0] % 3);
    size_t n_tape = MIN((size_t)data[1], size - 2);
    if (kind != CHECK_LAYOUTS)
        n_tape = 0;
    g_autoptr(GBytes) tape = kind == CHECK_LAYOUTS ? g_bytes_new(data + 2, n_tape)
                                                   : check_make_tape(kind, data[1] % 4, 1);
    const char *answers = (const char *)(data + 2 + n_tape);
    g_autoptr(check_result) result = check_answers(kind, tape, answers, size - 2 - n_tape);
    for (guint i = 0; i < result->groups->len; i++) {
        const check_group *group = g_ptr_array_index(result->groups, i);
        if (group->passed && !result->complete)
            abort();
    }
    return 0;
}
