/* A known-wrong submission: it writes without end. */
#include "hw_workload.h"

#include <stdio.h>

hw_status hw_workload_run(hw_pool *pool, hw_layout layout, size_t n_objects, uint64_t seed,
                          hw_order order, hw_workload_report *ret_report)
{
    (void)pool;
    (void)layout;
    (void)seed;
    (void)order;
    *ret_report = (hw_workload_report){0};
    for (size_t i = 0; i < (size_t)1 << 40; i++)
        printf("object %zu of %zu\n", i, n_objects);
    return HW_OK;
}
