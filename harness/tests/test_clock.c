/* clock.h, window.h: what a timer and a window must do whatever the time is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/measure/window.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void names_round_trip(void **state)
{
    (void)state;
    for (int kind = 0; kind < CLOCK_N_KINDS; kind++) {
        clock_kind back = CLOCK_N_KINDS;
        assert_true(clock_kind_from_name(clock_kind_name((clock_kind)kind), &back));
        assert_int_equal(back, kind);
    }
    clock_kind untouched = CLOCK_OS;
    assert_false(clock_kind_from_name("sundial", &untouched));
    assert_int_equal(untouched, CLOCK_OS);
}

static void every_kind_opens_valid_or_says_why(void **state)
{
    (void)state;
    for (int kind = 0; kind < CLOCK_N_KINDS; kind++) {
        clock_source clock;
        const char *why = NULL;
        if (!clock_open((clock_kind)kind, &clock, &why)) {
            assert_non_null(why);
            assert_non_null(strstr(why, clock_kind_name((clock_kind)kind)));
            assert_true(kind != CLOCK_AUTO && kind != CLOCK_OS); /* these exist everywhere */
            continue;
        }
        assert_true(clock_is_valid(&clock));
        assert_true(kind == CLOCK_AUTO || clock.kind == (clock_kind)kind);
        uint32_t cpu = 0;
        uint64_t last = clock_start(&clock);
        for (int i = 0; i < 1000; i++) {
            uint64_t now = clock_stop(&clock, &cpu);
            assert_true(now >= last);
            last = now;
        }
        clock_close(&clock);
        assert_int_equal(clock.perf_fd, -1);
    }
}

/* Only a counter of core cycles may be called so. */
static void ticks_are_named_honestly(void **state)
{
    (void)state;
    for (int kind = 0; kind < CLOCK_N_KINDS; kind++) {
        bool says_cycles = strstr(clock_tick_name((clock_kind)kind), "cycle") != NULL;
        assert_true(says_cycles == (kind == CLOCK_PERF));
    }
}

/* Two clocks over the same stretch: the calibrated one must agree with the reference by
 * the error that it states itself and what lies between the readings. */
static void calibration_agrees_with_the_reference(void **state)
{
    (void)state;
    clock_source clock;
    const char *why = NULL;
    assert_true(clock_open(CLOCK_AUTO, &clock, &why));
    assert_true(clock.calibration_error >= 0 && clock.calibration_error < 0.01);
    uint64_t ns_before = clock_now_ns();
    uint64_t start = clock_start(&clock);
    (void)usleep(20000);
    uint32_t cpu = 0;
    uint64_t stop = clock_stop(&clock, &cpu);
    uint64_t ns_after = clock_now_ns();
    double ns = (double)(stop - start) * clock.ns_per_tick;
    assert_true(ns <= (double)(ns_after - ns_before) * 1.02);
    clock_close(&clock);
}

static void overhead_is_subtracted_never_silently_below_zero(void **state)
{
    (void)state;
    clock_source clock = {.kind = CLOCK_OS, .overhead_ticks = 30, .ns_per_tick = 1};
    bool below = false;
    assert_int_equal(clock_elapsed(&clock, 1000, 1100, &below), 70);
    assert_false(below);
    assert_int_equal(clock_elapsed(&clock, 1000, 1030, &below), 0);
    assert_false(below);
    assert_int_equal(clock_elapsed(&clock, 1000, 1029, &below), 0);
    assert_true(below);
}

static void a_known_rate_is_taken_over(void **state)
{
    (void)state;
    clock_source clock;
    const char *why = NULL;
    assert_true(clock_open(CLOCK_AUTO, &clock, &why));
    clock_source second;
    assert_true(clock_open_with_rate(clock.kind, 0.375, &second, &why));
    assert_true(clock.kind == CLOCK_OS || second.ns_per_tick == 0.375);
    assert_true(clock_drift_ppm(&second) == 0.0); /* no calibration of its own */
    clock_close(&second);
    clock_close(&clock);
}

static void windows_add_up_and_faults_are_seen(void **state)
{
    (void)state;
    clock_source clock;
    const char *why = NULL;
    assert_true(clock_open(CLOCK_AUTO, &clock, &why));
    window_timer timer;
    window_timer_open(&timer, &clock);
    enum { N_CHUNKS = 20, N_PAGES = 4 };
    const size_t page_bytes = 4096;
    for (int rule = WINDOW_ANY_FAULTS; rule <= WINDOW_NO_FAULTS; rule++) {
        window w;
        window_begin(&timer, &w, (window_rule)rule);
        for (int i = 0; i < N_CHUNKS; i++) {
            char *pages = mmap(NULL, N_PAGES * page_bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            assert_true(pages != MAP_FAILED);
            window_chunk_begin(&timer);
            for (size_t page = 0; page < N_PAGES; page++)
                ((volatile char *)pages)[page * page_bytes] = 1;
            window_chunk_end(&timer, &w, 10);
            assert_int_equal(munmap(pages, N_PAGES * page_bytes), 0);
        }
        window_end(&timer, &w, rule == WINDOW_ANY_FAULTS);
        assert_int_equal(w.n_chunks + window_n_dropped(&w), N_CHUNKS);
        assert_int_equal(w.n_ops, w.n_chunks * 10);
        assert_true(w.n_faults >= N_CHUNKS); /* at least one a chunk, however large pages are */
        if (rule == WINDOW_NO_FAULTS) {
            assert_int_equal(w.n_chunks, 0);
            assert_true(w.n_dropped_faulted > 0);
            assert_int_equal(w.ticks, 0);
        } else {
            assert_int_equal(w.n_dropped_faulted, 0);
        }
    }
    window_timer_close(&timer);
    clock_close(&clock);
}

/* A child competes for the one processor that both may use: a long window must not contain the
 * time that it got. */
static void waiting_is_not_counted_in_long_windows(void **state)
{
    (void)state;
    clock_source clock;
    const char *why = NULL;
    assert_true(clock_open(CLOCK_OS, &clock, &why));
    cpu_set_t before;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    pid_t child = fork();
    if (child == 0) {
        for (;;)
            CLOCK_CLOBBER();
    }
    assert_true(child > 0);
    window_timer timer;
    window_timer_open(&timer, &clock);
    window w;
    window_begin(&timer, &w, WINDOW_LONG);
    uint64_t start_ns = clock_now_ns();
    window_chunk_begin(&timer);
    while (clock_now_ns() - start_ns < 200000000)
        CLOCK_CLOBBER();
    window_chunk_end(&timer, &w, 1);
    window_end(&timer, &w, false);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    if (timer.schedstat_fd >= 0 && w.n_switches > 2) { /* it was there, and the kernel told */
        /* dropped if the hypervisor gave the processor to another machine meanwhile */
        assert_int_equal(w.n_chunks + w.n_dropped_stolen, 1);
        assert_true(w.ns < 200e6);
    }
    window_timer_close(&timer);
    clock_close(&clock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_round_trip),
        cmocka_unit_test(every_kind_opens_valid_or_says_why),
        cmocka_unit_test(ticks_are_named_honestly),
        cmocka_unit_test(calibration_agrees_with_the_reference),
        cmocka_unit_test(overhead_is_subtracted_never_silently_below_zero),
        cmocka_unit_test(a_known_rate_is_taken_over),
        cmocka_unit_test(waiting_is_not_counted_in_long_windows),
        cmocka_unit_test(windows_add_up_and_faults_are_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
