#include "harness/judge/check.h"

#include "harness/judge/check_run.h"

const char *check_driver(check_kind kind)
{
    static const char *const names[] = {
        [CHECK_POOL] = "drive_pool",
        [CHECK_LAYOUTS] = "drive_layouts",
        [CHECK_WORKLOAD] = "drive_workload",
    };
    return names[kind];
}

check_result *check_answers(check_kind kind, GBytes *tape, const char *answers, size_t n_bytes)
{
    switch (kind) {
    case CHECK_POOL:
        return check_pool(tape, answers, n_bytes);
    case CHECK_LAYOUTS:
        return check_layouts(tape, answers, n_bytes);
    case CHECK_WORKLOAD:
        return check_workload(tape, answers, n_bytes);
    }
    g_return_val_if_reached(NULL);
}
