#include "harness/judge/class_grade.h"

#include "harness/judge/submission.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* The command's exit code after a signal is this and its number, as a shell's. */
enum { BY_SIGNAL = 128 };

class_entry *class_entry_new(const char *name)
{
    class_entry *entry = g_new0(class_entry, 1);
    entry->name = g_strdup(name);
    return entry;
}

void class_entry_free(class_entry *entry)
{
    if (entry == NULL)
        return;
    g_free(entry->name);
    g_free(entry->why);
    record_free(entry->result);
    g_free(entry);
}

record *class_grade_kept(const char *folder, const char *rubric, const char *out)
{
    g_autofree char *path = g_build_filename(out, "result.json", NULL);
    g_autoptr(submission) s = submission_read(folder, NULL);
    record *old = s != NULL ? record_read(path, NULL) : NULL;
    if (old == NULL)
        return NULL;
    g_autofree char *name = rubric != NULL ? g_path_get_basename(rubric) : g_strdup(old->rubric);
    if (strcmp(old->submission_sha256, s->sha256) == 0 && strcmp(old->rubric, name) == 0 &&
        old->verdict != RECORD_HARNESS_FAULT)
        return old;
    record_free(old);
    return NULL;
}

/* A grading must not outlive the class that started it. */
static void die_with_parent(void *data)
{
    (void)data;
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* if refused, the child merely ends later */
}

bool class_grade_entry(class_entry *entry, const char *const *argv, const char *rubric,
                       const char *folder, const char *out)
{
    g_autoptr(GPtrArray) full = g_ptr_array_new();
    for (const char *const *arg = argv; *arg != NULL; arg++)
        g_ptr_array_add(full, (void *)(gsize)*arg);
    if (rubric != NULL) {
        g_ptr_array_add(full, (void *)(gsize) "--rubric");
        g_ptr_array_add(full, (void *)(gsize)rubric);
    }
    g_ptr_array_add(full, (void *)(gsize) "--out");
    g_ptr_array_add(full, (void *)(gsize)out);
    g_ptr_array_add(full, (void *)(gsize) "--");
    g_ptr_array_add(full, (void *)(gsize)folder);
    g_ptr_array_add(full, NULL);
    g_autofree char *messages = NULL;
    g_autoptr(GError) error = NULL;
    int status = 0;
    if (!g_spawn_sync(NULL, (char **)full->pdata, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, die_with_parent,
                      NULL, NULL, &messages, &status, &error)) {
        entry->why = g_strdup(error->message);
        return true;
    }
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    g_autofree char *path = g_build_filename(out, "result.json", NULL);
    if (code == 0 || code == 1 || code == 3)
        entry->result = record_read(path, NULL);
    if (entry->result != NULL)
        return true;
    g_auto(GStrv) lines = g_strsplit(g_strchomp(messages), "\n", -1);
    guint n_lines = g_strv_length(lines);
    entry->why = n_lines > 0 ? g_utf8_make_valid(lines[n_lines - 1], -1)
                             : g_strdup_printf("the grading ended with status %d", status);
    return code >= 0 && code < BY_SIGNAL;
}
