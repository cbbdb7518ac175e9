/*
 * test_runtime_tapes.c -- tapes of the whole runtime: the fuzzer's kept ones, and generated ones,
 * of every operation in every kind of world. Its place is `make test-memcheck`, where each block of
 * a heap is watched; without valgrind it takes no time, and the invariants are asked all the same.
 */
#include "objects/tests/check.h"
#include "objects/tests/differential/operations.h"
#include "objects/tests/differential/runtime_tape.h"
#include "objects/tests/tape.h"

#include <stdio.h>

enum { N_BYTES = 6000, N_SEEDS = 64, N_WORLDS = 8, MAX_OPERATIONS = 256 };

static void test_generated(void **state)
{
    (void)state;
    static uint8_t bytes[N_BYTES];
    static size_t counts[MAX_OPERATIONS];
    for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
        tape_fill(bytes, N_BYTES, seed);
        bytes[0] = (uint8_t)(seed % N_WORLDS);
        const char *why = runtime_tape_run(bytes, N_BYTES, counts);
        if (why != NULL)
            fail_msg("seed %llu: %s", (unsigned long long)seed, why);
    }
    for (size_t i = 0; operations[i].name != NULL; i++) {
        assert_true(i < MAX_OPERATIONS);
        if (counts[i] < N_SEEDS)
            fail_msg("%s was run %zu times", operations[i].name, counts[i]);
    }
}

static void test_kept(void **state)
{
    (void)state;
    static const char *const names[] = {"seed1", "seed2"};
    static uint8_t bytes[1 << 16];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[512];
        (void)snprintf(path, sizeof(path), TEST_DIR "/tests/fuzz/runtime/%s", names[i]);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        size_t n_bytes = fread(bytes, 1, sizeof(bytes), file);
        assert_int_equal(fclose(file), 0);
        assert_in_range(n_bytes, 100, sizeof(bytes) - 1);
        const char *why = runtime_tape_run(bytes, n_bytes, NULL);
        if (why != NULL)
            fail_msg("%s: %s", names[i], why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generated),
        cmocka_unit_test(test_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
