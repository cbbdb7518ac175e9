/* machine.h: fingerprints, warnings of made-up machines, tools that hang. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/measure/clock.h"
#include "harness/measure/machine.h"

#include <glib/gstdio.h>
#include <string.h>

/* A folder of its own for each test, removed with all its files. */
static int make_folder(void **state)
{
    *state = g_dir_make_tmp("objlab-machine-XXXXXX", NULL);
    return *state == NULL ? -1 : 0;
}

static void remove_tree(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    if (dir != NULL)
        g_dir_close(dir);
    (void)g_remove(path);
}

static int remove_folder(void **state)
{
    remove_tree(*state);
    g_free(*state);
    return 0;
}

static void put(const char *root, const char *path, const char *text)
{
    g_autofree char *full = g_build_filename(root, path, NULL);
    g_autofree char *folder = g_path_get_dirname(full);
    assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
    assert_true(g_file_set_contents(full, text, -1, NULL));
}

static bool warned(const GPtrArray *warnings, const char *word)
{
    for (guint i = 0; i < warnings->len; i++) {
        const machine_warning *w = warnings->pdata[i];
        assert_true(*w->what != '\0' && *w->remedy != '\0');
        if (strstr(w->what, word) != NULL)
            return true;
    }
    return false;
}

static void a_noisy_machine_is_warned_about(void **state)
{
    const char *root = *state;
    put(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    put(root, "sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
    put(root, "sys/devices/system/cpu/smt/active", "1\n");
    put(root, "proc/sys/kernel/randomize_va_space", "2\n");
    put(root, "sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
    put(root, "proc/loadavg", "3.20 1.00 0.50 3/100 4711\n");
    put(root, "proc/stat", "cpu  100 0 100 700 0 0 0 100 0 0\n");
    g_autoptr(GPtrArray) warnings = machine_warnings(root, 0);
    const char *const words[] = {"powersave", "turbo", "SMT", "ASLR", "huge", "3.2", "10.0 %"};
    assert_int_equal(warnings->len, G_N_ELEMENTS(words));
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        assert_true(warned(warnings, words[i]));
    g_autoptr(GPtrArray) later = machine_warnings(root, 90);
    assert_true(warned(later, "10 ticks"));
    g_autoptr(GPtrArray) none_since = machine_warnings(root, 100);
    assert_false(warned(none_since, "hypervisor"));
}

static void a_quiet_machine_is_not(void **state)
{
    const char *root = *state;
    put(root, "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
    put(root, "sys/devices/system/cpu/cpufreq/boost", "0\n");
    put(root, "sys/devices/system/cpu/smt/active", "0\n");
    put(root, "proc/sys/kernel/randomize_va_space", "0\n");
    put(root, "sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    put(root, "proc/loadavg", "0.10 0.10 0.10 1/100 4711\n");
    put(root, "proc/stat", "cpu  100 0 100 700 0 0 0 0 0 0\n");
    g_autoptr(GPtrArray) warnings = machine_warnings(root, 0);
    assert_int_equal(warnings->len, 0);
    g_autoptr(GPtrArray) unknown = machine_warnings("/nonexistent", 0);
    assert_int_equal(unknown->len, 0);
}

static void tools_are_named_absent_or_unknown(void **state)
{
    const char *folder = *state;
    put(folder, "hangs", "#!/bin/sh\nsleep 60 &\nsleep 60\n");
    put(folder, "floods", "#!/bin/sh\nexec head -c 1000000 /dev/zero\n");
    put(folder, "speaks", "#!/bin/sh\necho banner\necho release 4.2 >&2\n");
    const char *const names[] = {"hangs", "floods", "speaks"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        assert_int_equal(g_chmod(path, 0700), 0);
    }
    g_autofree char *old_path = g_strdup(g_getenv("PATH"));
    g_autofree char *new_path = g_strconcat(folder, ":", old_path, NULL);
    assert_true(g_setenv("PATH", new_path, TRUE));
    const char *const tools[] = {"hangs", "floods", "speaks", "no-such-tool", "sh", NULL};
    const char *const environment[] = {"LC_ALL=C", NULL};
    record_fingerprint print = {0};
    uint64_t before_ns = clock_now_ns();
    machine_fingerprint(&print, tools, environment, "full");
    assert_true(clock_now_ns() - before_ns < UINT64_C(30000000000)); /* not the 60 s it sleeps */
    assert_true(g_setenv("PATH", old_path, TRUE));
    assert_int_equal(print.tools->len, 5);
    assert_string_equal(print.tools->pdata[0], "hangs unknown");
    assert_string_equal(print.tools->pdata[1], "floods unknown");
    assert_string_equal(print.tools->pdata[2], "speaks: release 4.2");
    assert_string_equal(print.tools->pdata[3], "no-such-tool absent");
    assert_string_equal(print.environment->pdata[0], "LC_ALL=C");
    assert_string_equal(print.sandbox, "full");
    assert_non_null(strstr(print.kernel, "Linux"));
    assert_true(strlen(print.cpu) > 0);
    machine_fingerprint_clear(&print);
    assert_null(print.tools);
}

static void differences_are_named(void **state)
{
    (void)state;
    record_fingerprint a = {0};
    record_fingerprint b = {0};
    const char *const env_a[] = {"LC_ALL=C", NULL};
    const char *const env_b[] = {"LC_ALL=ru_RU.UTF-8", NULL};
    machine_fingerprint(&a, NULL, env_a, "full");
    machine_fingerprint(&b, NULL, env_a, "full");
    assert_null(machine_fingerprint_difference(&a, &b));
    machine_fingerprint(&b, NULL, env_b, "full");
    g_autofree char *environment = machine_fingerprint_difference(&a, &b);
    assert_non_null(strstr(environment, "ru_RU"));
    machine_fingerprint(&b, NULL, NULL, "full");
    g_autofree char *shorter = machine_fingerprint_difference(&a, &b);
    assert_non_null(strstr(shorter, "absent"));
    machine_fingerprint(&b, NULL, env_a, "limits");
    g_autofree char *sandbox = machine_fingerprint_difference(&a, &b);
    assert_non_null(strstr(sandbox, "limits"));
    machine_fingerprint_clear(&a);
    machine_fingerprint_clear(&b);
}

static void topology_is_plausible(void **state)
{
    (void)state;
    g_autoptr(GArray) caches = machine_caches();
    for (guint i = 0; i < caches->len; i++) {
        const machine_cache *c = &g_array_index(caches, machine_cache, i);
        assert_in_range(c->level, 1, 5);
        assert_true(c->type == 'D' || c->type == 'I' || c->type == 'U');
        assert_true(c->bytes >= 1024 && c->n_sharing >= 1);
    }
    assert_true(machine_available_bytes() > 0);
    assert_true(machine_n_cpus() >= 1);
    assert_true(machine_tlb_reach_bytes() % 4096 == 0);
    int cpu = machine_quiet_cpu();
    assert_true(machine_pin(cpu));
    assert_int_equal(machine_n_cpus(), 1);
    assert_int_equal(machine_quiet_cpu(), cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_noisy_machine_is_warned_about, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_quiet_machine_is_not, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(tools_are_named_absent_or_unknown, make_folder,
                                        remove_folder),
        cmocka_unit_test(differences_are_named),
        cmocka_unit_test(topology_is_plausible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
