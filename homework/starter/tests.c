/*
 * tests.c -- part "tests": your tests of pool.c and layouts.c. How they are run is in hw_tests.h.
 *
 * They are run on correct implementations, where all must pass, and on implementations with one
 * seeded bug each: the more bugs your tests expose, the better. Two to begin with:
 */
#include "hw_tests.h"

static void small_blocks_are_counted(void)
{
    hw_pool *pool = hw_pool_new();
    void *block = hw_pool_alloc(pool, 40);
    HW_CHECK(block != NULL);
    hw_pool_stats stats;
    hw_pool_get_stats(pool, &stats);
    HW_CHECK(stats.n_blocks_used == 1);
    hw_pool_free(pool, block);
    hw_pool_delete(pool);
}

static void slots_hold_values(void)
{
    static const char *const names[] = {"x", "y"};
    hw_pool *pool = hw_pool_new();
    hw_class *point = hw_class_new(pool, HW_SLOTS, names, 2);
    hw_object *object = hw_object_new(point);
    int64_t value = 0;
    HW_CHECK(hw_object_set(object, "y", 7) == HW_OK);
    HW_CHECK(hw_object_get(object, "y", &value) == HW_OK);
    HW_CHECK(value == 7);
    hw_object_decref(object);
    hw_class_delete(point);
    hw_pool_delete(pool);
}

const hw_test hw_tests[] = {
    {"small_blocks_are_counted", small_blocks_are_counted},
    {"slots_hold_values", slots_hold_values},
    {NULL, NULL},
};
