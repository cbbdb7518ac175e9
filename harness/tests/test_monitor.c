/* The process monitor: counters of a real process against getrusage(), recordings there and back,
 * rates from numbers that are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/profile/monitor.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const monitor_process *process_at(const monitor_sample *sample, guint i)
{
    return &g_array_index(sample->processes, monitor_process, i);
}

/* Our own process, after it has touched memory and spent time. */
static void counters_of_this_process(void **state)
{
    (void)state;
    const size_t n_bytes = (size_t)32 << 20;
    g_autoptr(monitor_sample) before = monitor_take(getpid());
    char *memory = g_malloc(n_bytes);
    memset(memory, 1, n_bytes);
    g_autoptr(monitor_sample) after = monitor_take(getpid());
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    assert_true(before->processes->len >= 1);
    const monitor_process *old = process_at(before, 0), *now = process_at(after, 0);
    assert_int_equal(now->pid, getpid());
    assert_int_equal(now->uid, getuid());
    assert_string_equal(now->name, "test_monitor");
    assert_true(now->resident_bytes >= old->resident_bytes + n_bytes / 4 * 3);
    assert_true(now->virtual_bytes >= now->resident_bytes);
    assert_true(now->minor_faults > old->minor_faults);
    assert_true(now->minor_faults <= (uint64_t)usage.ru_minflt);
    assert_true(now->cpu_us >= old->cpu_us);
    assert_true(after->time_us >= before->time_us);
    g_free(memory);
}

static void children_are_seen(void **state)
{
    (void)state;
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        (void)close(pipe_ends[1]);
        _exit((int)read(pipe_ends[0], &byte, 1)); /* until the parent is done */
    }
    (void)close(pipe_ends[0]);
    g_autoptr(monitor_sample) sample = monitor_take(getpid());
    bool is_seen = false;
    for (guint i = 0; i < sample->processes->len; i++)
        is_seen = is_seen || process_at(sample, i)->pid == child;
    (void)close(pipe_ends[1]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(is_seen);
    g_autoptr(monitor_sample) gone = monitor_take(child);
    assert_int_equal(gone->processes->len, 0);
}

static monitor_sample *made_sample(int64_t time_us, uint64_t factor)
{
    monitor_sample *sample = monitor_sample_new();
    sample->time_us = time_us;
    monitor_process p = {.pid = 70,
                         .uid = 0,
                         .state = 'R',
                         .virtual_bytes = 10 << 20,
                         .resident_bytes = 4 << 20,
                         .shared_bytes = 1 << 20,
                         .cpu_us = 500000 * factor,
                         .minor_faults = 20 * factor,
                         .major_faults = factor,
                         .voluntary_switches = 6 * factor,
                         .involuntary_switches = 4 * factor,
                         .read_bytes = 4096 * factor,
                         .write_bytes = 8192 * factor,
                         .read_calls = 3 * factor,
                         .write_calls = 2 * factor,
                         .n_threads = 2,
                         .name = "a_b"};
    monitor_thread t = {.pid = 70, .tid = 71, .cpu_us = 250000 * factor, .name = "worker"};
    monitor_device d = {.name = "vda",
                        .reads = 10 * factor,
                        .read_bytes = 5120 * factor,
                        .read_ms = 20 * factor,
                        .writes = 30 * factor,
                        .write_bytes = 10240 * factor,
                        .write_ms = 60 * factor,
                        .busy_ms = 500 * factor};
    g_array_append_val(sample->processes, p);
    g_array_append_val(sample->threads, t);
    g_array_append_val(sample->devices, d);
    return sample;
}

static void recordings_there_and_back(void **state)
{
    (void)state;
    g_autoptr(GString) text = g_string_new("# objlab top 1\n");
    g_autoptr(monitor_sample) first = made_sample(1000000, 1);
    g_autoptr(monitor_sample) second = made_sample(2000000, 3);
    monitor_write(text, first);
    gsize n_first = text->len;
    monitor_write(text, second);
    g_autoptr(GPtrArray) samples = monitor_parse(text->str, text->len, "test", NULL);
    assert_int_equal(samples->len, 2);
    const monitor_sample *read = g_ptr_array_index(samples, 1);
    assert_int_equal(read->time_us, 2000000);
    assert_int_equal(process_at(read, 0)->write_bytes, 3 * 8192);
    assert_string_equal(process_at(read, 0)->name, "a_b");
    g_autoptr(GString) again = g_string_new(NULL);
    monitor_write(again, read);
    assert_string_equal(again->str, text->str + n_first);
    for (gsize n = n_first; n < text->len; n++) { /* cut off anywhere: the first one is whole */
        g_autoptr(GPtrArray) cut = monitor_parse(text->str, n, "test", NULL);
        const monitor_sample *whole = g_ptr_array_index(cut, 0);
        assert_int_equal(whole->processes->len, 1);
        assert_int_equal(whole->devices->len, 1);
    }
    g_autoptr(GError) error = NULL;
    static const char damaged[] = "# objlab top 1\nS 1\nD vda 1 2 3 4 5 6 x\n";
    assert_null(monitor_parse(damaged, strlen(damaged), "test", &error));
    assert_non_null(strstr(error->message, "test:3:1: "));
    g_clear_error(&error);
    assert_null(monitor_parse("hello\nP 1 2\n", 12, "test", &error));
    assert_non_null(strstr(error->message, "not a recording"));
}

static void rates_and_totals(void **state)
{
    (void)state;
    g_autoptr(monitor_sample) first = made_sample(1000000, 1);
    g_autoptr(monitor_sample) second = made_sample(3000000, 3); /* two seconds later */
    monitor_print_options options = {.with_threads = true, .with_devices = true};
    g_autofree char *rates = monitor_print(first, second, &options);
    /* 1 s of processor time, 40 faults, 2 major, 20 switches, 8 and 16 KiB, 10 operations in 2 s */
    assert_non_null(strstr(rates, "  10.0M    4.0M    1.0M   50.0      20       1      10    4.0K"
                                  "    8.0K       5    2 a_b\n"));
    assert_non_null(strstr(rates, "  25.0  |- worker\n"));
    assert_non_null(
        strstr(rates, "vda               10      30    5.0K   10.0K      2.00   50.0\n"));
    options.is_accumulated = true;
    g_autofree char *totals = monitor_print(first, second, &options);
    assert_non_null(strstr(totals, "      60       3      30   12.0K   24.0K      15    2 a_b\n"));
    options.n_lines = 2;
    g_autofree char *cut = monitor_print(first, second, &options);
    assert_null(strstr(cut, "a_b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_of_this_process),
        cmocka_unit_test(children_are_seen),
        cmocka_unit_test(recordings_there_and_back),
        cmocka_unit_test(rates_and_totals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
