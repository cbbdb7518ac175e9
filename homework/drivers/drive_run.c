/*
 * drive_run.c -- runs workload.c on pool.c and layouts.c: the program that is profiled.
 *
 * arguments: LAYOUT N ORDER SEED    LAYOUT: dict, slots, weakref or all; ORDER: 0, 1, 2 or all
 * Arenas are announced to valgrind: what is allocated, live and lost shows by line.
 * answers: r layout order status created first second weakrefs callbacks dead
 */
#include "drive.h"

#include "hw_workload.h"

#include <valgrind/valgrind.h>

static const char *const layout_names[] = {"dict", "slots", "weakref"};

void *hw_arena_map(void)
{
    void *arena = drive_map_arena();
    if (arena != NULL)
        VALGRIND_MALLOCLIKE_BLOCK(arena, HW_ARENA_BYTES, 0, 1);
    return arena;
}

void hw_arena_unmap(void *arena)
{
    VALGRIND_FREELIKE_BLOCK(arena, 0);
    (void)munmap(arena, HW_ARENA_BYTES); /* a foreign address leaves the arena mapped: it shows */
}

static void run_once(int layout, int order, size_t n_objects, uint64_t seed)
{
    hw_pool *pool = hw_pool_new();
    if (pool == NULL) {
        drive_answer("r %d %d %d", layout, order, (int)HW_NO_MEMORY);
        return;
    }
    hw_workload_report r = {0};
    hw_status status =
        hw_workload_run(pool, (hw_layout)layout, n_objects, seed, (hw_order)order, &r);
    drive_answer("r %d %d %d %llu %llu %llu %llu %llu %llu", layout, order, (int)status,
                 (unsigned long long)r.n_created, (unsigned long long)r.sum_first,
                 (unsigned long long)r.sum_second, (unsigned long long)r.n_weakrefs,
                 (unsigned long long)r.n_callbacks, (unsigned long long)r.n_dead);
    hw_pool_delete(pool);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        (void)fputs("usage: drive_run dict|slots|weakref|all N 0|1|2|all SEED\n", stderr);
        return DRIVE_EXIT_USAGE;
    }
    size_t n_objects = strtoull(argv[2], NULL, 10);
    uint64_t seed = strtoull(argv[4], NULL, 10);
    for (int layout = 0; layout < 3; layout++) {
        if (strcmp(argv[1], "all") != 0 && strcmp(argv[1], layout_names[layout]) != 0)
            continue;
        for (int order = 0; order < 3; order++) {
            if (strcmp(argv[3], "all") == 0 || argv[3][0] == '0' + order)
                run_once(layout, order, n_objects, seed);
        }
    }
    drive_end();
    return 0;
}
