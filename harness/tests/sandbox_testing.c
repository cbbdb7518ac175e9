#include "harness/tests/sandbox_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static char *folder;
static GPtrArray *paths;

const char *testing_folder(void)
{
    if (folder == NULL) {
        folder = g_dir_make_tmp("objlab-test-XXXXXX", NULL);
        assert_non_null(folder);
        paths = g_ptr_array_new_with_free_func(g_free);
    }
    return folder;
}

void testing_done(void)
{
    if (folder == NULL)
        return;
    assert_true(sandbox_remove_tree(folder));
    g_ptr_array_unref(paths);
    g_clear_pointer(&folder, g_free);
}

const char *testing_path(const char *name)
{
    char *path = g_build_filename(testing_folder(), name, NULL);
    g_ptr_array_add(paths, path);
    return path;
}

const char *testing_make_folder(const char *name)
{
    const char *path = testing_path(name);
    assert_true(sandbox_remove_tree(path));
    assert_int_equal(g_mkdir_with_parents(path, 0755), 0);
    return path;
}

static void start(testing_job *t)
{
    memset(t, 0, sizeof *t);
    t->mounts[0] = (sandbox_mount){.host = ATTACK_DIR, .inside = "/attack", .writable = false};
    t->mounts[1] =
        (sandbox_mount){.host = testing_make_folder("work"), .inside = "/box", .writable = true};
    t->job = (sandbox_job){.argv = t->argv,
                           .cwd = "/box",
                           .mounts = t->mounts,
                           .n_mounts = 2,
                           .stdout_path = testing_path("stdout"),
                           .stderr_path = testing_path("stderr"),
                           .answers_path = testing_path("answers"),
                           .cpu = -1};
    t->job.limits = (sandbox_limits){
        .cpu_s = 10, .wall_s = 20, .memory_bytes = 256 << 20, .output_bytes = 1 << 20};
}

void testing_start(testing_job *t, const char *name, const char *argument)
{
    start(t);
    t->argv[0] = "/attack/objlab-attack";
    t->argv[1] = name;
    t->argv[2] = argument;
}

void testing_start_tool(testing_job *t, const char *const *argv)
{
    start(t);
    for (size_t i = 0; argv[i] != NULL; i++) {
        assert_true(i + 1 < G_N_ELEMENTS(t->argv));
        t->argv[i] = argv[i];
    }
    t->job.limits = (sandbox_limits){.cpu_s = 60,
                                     .wall_s = 120,
                                     .memory_bytes = UINT64_C(2) << 30,
                                     .output_bytes = 64 << 20,
                                     .may_fork = true};
}

void testing_run(testing_job *t)
{
    GError *error = NULL;
    if (!sandbox_run(&t->job, &t->result, &error))
        fail_msg("%s: %s", t->argv[1], error->message);
    assert_null(error);
}

char *testing_read(const char *path)
{
    char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

unsigned testing_count_processes(const char *text)
{
    unsigned n = 0;
    GDir *dir = g_dir_open("/proc", 0, NULL);
    assert_non_null(dir);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        if (!g_ascii_isdigit(name[0]) || g_ascii_strtoull(name, NULL, 10) == (guint64)getpid())
            continue;
        char *path = g_build_filename("/proc", name, "cmdline", NULL);
        char *line = NULL;
        gsize n_bytes = 0;
        if (g_file_get_contents(path, &line, &n_bytes, NULL) &&
            memmem(line, n_bytes, text, strlen(text)) != NULL)
            n++;
        g_free(line);
        g_free(path);
    }
    g_dir_close(dir);
    return n;
}

gboolean testing_wait_for_processes(const char *text, unsigned n, gboolean at_least)
{
    for (int i = 0; i < 3000; i++) {
        unsigned now = testing_count_processes(text);
        if (at_least ? now >= n : now <= n)
            return TRUE;
        g_usleep(10000);
    }
    return FALSE;
}

const char *testing_mark(void)
{
    static char mark[64];
    if (mark[0] == '\0')
        (void)g_snprintf(mark, sizeof mark, "objlab-mark-%d-%" G_GINT64_FORMAT, (int)getpid(),
                         g_get_monotonic_time());
    return mark;
}
